// SPDX-License-Identifier: Apache-2.0
#include "adapters/toml/table_reader.hpp"

#include <fmt/format.h>

#include <cmath>

namespace hotline::toml_reader {

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a decimal fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

const toml::node* TableReader::take(std::string_view key) {
  asked_.emplace(key);
  return table_.get(key);
}

std::string TableReader::inside(std::string_view key) const {
  return where_.empty() ? std::string(key) : where_ + ": " + std::string(key);
}

void TableReader::problem(const toml::node& at, std::string what, std::string remedy) {
  sink_.add(line_of(at), where_.empty() ? std::move(what) : where_ + ": " + what, std::move(remedy));
}

void TableReader::problem_of(std::string_view key, std::string what, std::string remedy) {
  const auto* node = take(key);
  problem(node != nullptr ? *node : static_cast<const toml::node&>(table_), std::move(what), std::move(remedy));
}

void TableReader::missing(std::string_view key, std::string remedy) {
  problem(table_, fmt::format("{} is missing", key), std::move(remedy));
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) {
  problem(node, fmt::format("{} is {}", key, type_name(node)), fmt::format("give {}", wanted));
}

std::optional<std::string> TableReader::string(std::string_view key) {
  const auto* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_string()) return value->get();
  wrong_type(key, *node, "a string");
  return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const auto* node = take(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  wrong_type(key, *node, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const auto* node = take(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= least && value->get() <= most) return value->get();
  const auto wanted = fmt::format("an integer from {} to {}", least, most);
  if (value == nullptr) {
    wrong_type(key, *node, wanted);
  } else {
    problem(*node, fmt::format("{} is {}", key, value->get()), fmt::format("give {}", wanted));
  }
  return std::nullopt;
}

std::optional<Duration> TableReader::seconds(std::string_view key) {
  const auto* node = take(key);
  if (node == nullptr) return std::nullopt;
  constexpr double kMost = 3600;
  const auto value = node->value<double>();
  if (!node->is_number() || !value) {
    wrong_type(key, *node, "a number of seconds");
    return std::nullopt;
  }
  if (!(*value >= 0 && *value <= kMost)) {  // not a number, too
    problem(*node, fmt::format("{} is out of range", key), "give a number of seconds from 0 to 3600");
    return std::nullopt;
  }
  return Duration{std::llround(*value * 1000)};
}

const toml::table* TableReader::table(std::string_view key) {
  const auto* node = take(key);
  if (node == nullptr) return nullptr;
  if (const auto* value = node->as_table()) return value;
  wrong_type(key, *node, "a table, as in { key = \"value\" }");
  return nullptr;
}

std::vector<const toml::node*> TableReader::list(std::string_view key) {
  const auto* node = take(key);
  if (node == nullptr) return {};
  std::vector<const toml::node*> out;
  if (const auto* array = node->as_array()) {
    for (const auto& item : *array) out.push_back(&item);
  } else {
    out.push_back(node);
  }
  return out;
}

std::map<std::string, std::string> TableReader::strings(std::string_view key) {
  std::map<std::string, std::string> out;
  const auto* values = table(key);
  if (values == nullptr) return out;
  for (const auto& [name, node] : *values) {
    if (const auto* value = node.as_string()) {
      out[std::string(name.str())] = value->get();
    } else {
      wrong_type(fmt::format("{}.{}", key, name.str()), node, "a string");
    }
  }
  return out;
}

std::map<std::string, int> TableReader::integers(std::string_view key) {
  std::map<std::string, int> out;
  const auto* values = table(key);
  if (values == nullptr) return out;
  for (const auto& [name, node] : *values) {
    const auto* value = node.as_integer();
    if (value != nullptr && value->get() >= -1'000'000 && value->get() <= 1'000'000) {
      out[std::string(name.str())] = static_cast<int>(value->get());
    } else {
      wrong_type(fmt::format("{}.{}", key, name.str()), node, "an integer");
    }
  }
  return out;
}

std::string TableReader::required_string(std::string_view key) {
  if (table_.get(key) == nullptr) {
    asked_.emplace(key);
    missing(key, fmt::format("add {} = \"…\"", key));
    return {};
  }
  return string(key).value_or("");
}

void TableReader::finish() {
  for (const auto& [key, node] : table_) {
    if (asked_.contains(key.str())) continue;
    std::string known;
    for (const auto& name : asked_) known += (known.empty() ? "" : ", ") + name;
    const auto line = key.source().begin.line;
    const auto what = fmt::format("unknown key \"{}\"", key.str());
    sink_.add(line, where_.empty() ? what : where_ + ": " + what, "take it away, or use one of: " + known);
  }
}

}  // namespace hotline::toml_reader
