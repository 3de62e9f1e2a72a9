// SPDX-License-Identifier: Apache-2.0
// How a section of the configuration file is read into its structure; and the readers that have a file of their own.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/toml/table_reader.hpp"
#include "main/config.hpp"

namespace hotline::main {

using toml_reader::ProblemSink;
using toml_reader::TableReader;
namespace fs = std::filesystem;

/// Reads one section into the configuration. Missing keys keep their defaults.
class Section {
 public:
  Section(TableReader& file, std::string_view name) {
    if (const toml::table* table = file.table(name))
      reader_.emplace(*table, "[" + std::string(name) + "]", file.sink());
  }
  Section(const toml::table& table, std::string where, ProblemSink& sink) {
    reader_.emplace(table, std::move(where), sink);
  }
  ~Section() {
    if (reader_) reader_->finish();
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  explicit operator bool() const { return reader_.has_value(); }
  TableReader* operator->() { return &*reader_; }

  void text(std::string_view key, std::string& out) {
    if (!reader_) return;
    if (auto value = reader_->string(key)) out = std::move(*value);
  }
  void choice(std::string_view key, std::string& out, const std::vector<std::string>& allowed) {
    if (!reader_) return;
    auto value = reader_->string(key);
    if (!value) return;
    std::string list;
    for (const std::string& one : allowed) {
      if (*value == one) {
        out = std::move(*value);
        return;
      }
      list += (list.empty() ? "\"" : ", \"") + one + "\"";
    }
    reader_->problem_of(key, std::string(key) + " is \"" + *value + "\"", "use one of " + list);
  }
  void flag(std::string_view key, bool& out) {
    if (!reader_) return;
    if (const auto value = reader_->boolean(key)) out = *value;
  }
  template <class T>
  void number(std::string_view key, T& out, std::int64_t least, std::int64_t most) {
    if (!reader_) return;
    if (const auto value = reader_->integer(key, least, most)) out = static_cast<T>(*value);
  }
  void port(std::string_view key, std::uint16_t& out) { number(key, out, 0, 65'535); }
  /// A port that may be switched off with false.
  void port_or_off(std::string_view key, std::optional<std::uint16_t>& out) {
    if (!reader_ || !reader_->has(key)) return;
    const auto value = reader_->integer(key, -1, 65'535);
    if (value) out = *value < 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(*value));
  }
  void duration(std::string_view key, Duration& out) {
    if (!reader_) return;
    if (const auto value = reader_->seconds(key)) out = *value;
  }
  /// Whole seconds up to a week.
  void long_duration(std::string_view key, Duration& out) {
    std::int64_t seconds = out.count() / 1'000;
    number(key, seconds, 1, 7 * 86'400);
    out = std::chrono::seconds(seconds);
  }
  void duration(std::string_view key, std::optional<Duration>& out) {
    if (!reader_) return;
    if (const auto value = reader_->seconds(key)) out = *value;
  }
  void path(std::string_view key, fs::path& out, const fs::path& base) {
    if (!reader_) return;
    if (auto value = reader_->string(key))
      out = fs::path(*value).is_absolute() ? fs::path(*value) : (base / *value).lexically_normal();
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    if (!reader_) return out;
    for (const toml::node* node : reader_->list(key)) {
      if (const auto value = node->value<std::string>()) {
        out.push_back(*value);
      } else {
        reader_->problem(*node, std::string(key) + " has an item that is no text", "put every item in quotes");
      }
    }
    return out;
  }

 private:
  std::optional<TableReader> reader_;
};

/// Calls `read` with each table of an array of tables.
template <class Read>
void each_table(TableReader& file, const std::string& name, Read&& read) {
  std::size_t index = 0;
  for (const toml::node* node : file.list(name)) {
    const std::string where = "[[" + name + "]] " + std::to_string(++index);
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      file.problem(*node, where + " is no table", "write [[" + name + "]] and its keys below");
      continue;
    }
    Section section(*table, where, file.sink());
    read(section);
  }
}

/// [siprec]: after the trunks, some of which it may name.
void read_siprec(TableReader& file, Config& config);

/// [tmf].
void read_tmf(TableReader& file, Config& config, const fs::path& base);
/// [mail], [push], [delivery], [[partner]].
void read_outside(TableReader& file, OutsideConfig& config, const fs::path& base);

/// [voice], [sip], [sip_tls], [[trunk]], [[gateway]], [[number_rule]], [media], [defence], [webrtc].
void read_voice(TableReader& file, Config& config, const fs::path& base);

}  // namespace hotline::main
