// SPDX-License-Identifier: Apache-2.0
// Takes typed values out of a TOML table, and reports what has the wrong type or nobody asked for, with its line.
// Any thread.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_problem.hpp"
#include "base/time.hpp"

namespace hotline::toml_reader {

/// Where problems of one file go.
struct ProblemSink {
  std::string file;
  FileProblems& problems;
  void add(std::uint32_t line, std::string what, std::string remedy) {
    problems.push_back({file, line, std::move(what), std::move(remedy)});
  }
};

/// "a string", "an integer": what a node is, for messages.
[[nodiscard]] std::string type_name(const toml::node& node);
[[nodiscard]] inline std::uint32_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

class TableReader {
 public:
  /// `where` begins the messages, as in `node "menu"`; empty at the top of a file.
  TableReader(const toml::table& table, std::string where, ProblemSink& sink)
      : table_(table), where_(std::move(where)), sink_(sink) {}

  // Each gives nullopt when the key is not there or wrong (and then says so).
  std::optional<std::string> string(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  /// Seconds as an integer or a decimal fraction.
  std::optional<Duration> seconds(std::string_view key);
  const toml::table* table(std::string_view key);
  /// A list; a single value counts as a list of one.
  std::vector<const toml::node*> list(std::string_view key);
  /// A table of strings, as in { en = "node" }.
  std::map<std::string, std::string> strings(std::string_view key);
  /// A table of integers.
  std::map<std::string, int> integers(std::string_view key);
  /// The key must be there.
  std::string required_string(std::string_view key);

  /// Whether the key is there, of whatever type.
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  void problem(const toml::node& at, std::string what, std::string remedy);
  void problem_here(std::string what, std::string remedy) { problem(table_, std::move(what), std::move(remedy)); }
  /// At the line of `key`, which is there.
  void problem_of(std::string_view key, std::string what, std::string remedy);
  void missing(std::string_view key, std::string remedy);
  /// Reports every key that was not asked for.
  void finish();
  [[nodiscard]] std::uint32_t line() const { return line_of(table_); }
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] ProblemSink& sink() { return sink_; }
  /// The path of a key inside this table, for messages.
  [[nodiscard]] std::string inside(std::string_view key) const;

 private:
  const toml::node* take(std::string_view key);
  void wrong_type(std::string_view key, const toml::node& node, std::string_view wanted);

  const toml::table& table_;
  std::string where_;
  ProblemSink& sink_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace hotline::toml_reader
