// SPDX-License-Identifier: Apache-2.0
#include "base/json/limits.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace hotline::jsonmap {
namespace {

bool is_plain_word(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
      return false;
  return true;
}

}  // namespace

std::string to_string(const Errors& errors) {
  std::string text;
  for (const auto& error : errors) {
    if (!text.empty()) text += "; ";
    if (!error.path.empty()) text += error.path + ": ";
    text += "expected " + error.expected;
  }
  return text;
}

void Report::add(std::string expected) {
  if (!full()) errors_.push_back({path_, std::move(expected)});
}

void Report::require(bool holds, std::string_view member, std::string expected) {
  if (holds) return;
  const auto step = enter(member);
  add(std::move(expected));
}

Report::Step Report::enter(std::string_view member) {
  const auto before = path_.size();
  if (is_plain_word(member)) {
    if (!path_.empty()) path_ += '.';
    // A stranger's member name goes into the answer: keep it short.
    path_ += member.substr(0, 100);
  } else {
    path_ += '[';
    path_ += boost::json::serialize(boost::json::string(member.size() <= 100 ? member : std::string_view("...")));
    path_ += ']';
  }
  return {*this, before};
}

Report::Step Report::enter(std::size_t index) {
  const auto before = path_.size();
  path_ += fmt::format("[{}]", index);
  return {*this, before};
}

bool Report::boolean(const boost::json::value& in, bool& out) {
  if (const auto* flag = in.if_bool()) {
    out = *flag;
    return true;
  }
  add("true or false");
  return false;
}

bool Report::integer(const boost::json::value& in, std::int64_t low, std::int64_t high, std::int64_t& out) {
  if (const auto* number = in.if_int64(); number != nullptr && *number >= low && *number <= high) {
    out = *number;
    return true;
  }
  // The parser keeps only numbers above int64's range as unsigned, but a value made by to_value may hold small ones.
  if (const auto* number = in.if_uint64(); number != nullptr && high >= 0 &&
                                           *number <= static_cast<std::uint64_t>(high) &&
                                           (low <= 0 || *number >= static_cast<std::uint64_t>(low))) {
    out = static_cast<std::int64_t>(*number);
    return true;
  }
  add(fmt::format("an integer from {} to {}", low, high));
  return false;
}

bool Report::number(const boost::json::value& in, double& out) {
  if (in.is_number()) {
    boost::system::error_code error;
    const auto number = in.to_number<double>(error);
    if (!error && std::isfinite(number)) {
      out = number;
      return true;
    }
  }
  add("a number");
  return false;
}

bool Report::text_is_good(std::string_view text) {
  if (text.size() > limits_.string_max) {
    add(fmt::format("at most {} bytes of text", limits_.string_max));
    return false;
  }
  if (text.find('\0') != std::string_view::npos) {
    add("text without the character U+0000");
    return false;
  }
  return true;
}

bool Report::string(const boost::json::value& in, std::string& out) {
  const auto* text = in.if_string();
  if (text == nullptr) {
    add("a string");
    return false;
  }
  if (!text_is_good(*text)) return false;
  out.assign(text->data(), text->size());
  return true;
}

bool Report::id(const boost::json::value& in, std::uint64_t& out) {
  if (const auto* text = in.if_string(); text != nullptr && !text->empty()) {
    if (limits_.none_ids && *text == "0") {
      out = 0;
      return true;
    }
    if (text->front() == '0') {
      add("an id: a string of decimal digits");
      return false;
    }
    const auto* end = text->data() + text->size();
    std::uint64_t number = 0;
    const auto [stopped, error] = std::from_chars(text->data(), end, number);
    if (error == std::errc{} && stopped == end) {
      out = number;
      return true;
    }
  }
  add("an id: a string of decimal digits");
  return false;
}

bool Report::key(std::string_view name) {
  return text_is_good(name);
}

bool Report::any(const boost::json::value& in) {
  const auto before = count();
  if (const auto* text = in.if_string()) {
    text_is_good(*text);
  } else if (in.is_double() && !std::isfinite(in.get_double())) {
    add("a number within the range of a double");  // 1e999 parses as infinity, which JSON cannot say
  } else if (in.is_array()) {
    if (const auto* items = array(in))
      for (std::size_t i = 0; i < items->size() && !full(); ++i) {
        const auto step = enter(i);
        any((*items)[i]);
      }
  } else if (in.is_object()) {
    if (const auto* members = object(in))
      for (const auto& [name, value] : *members) {
        if (full()) break;
        const auto step = enter(name);
        if (key(name)) any(value);
      }
  }
  return count() == before;
}

const boost::json::array* Report::array(const boost::json::value& in) {
  const auto* items = in.if_array();
  if (items == nullptr) {
    add("an array");
  } else if (items->size() > limits_.items_max) {
    add(fmt::format("at most {} elements", limits_.items_max));
    return nullptr;
  }
  return items;
}

const boost::json::object* Report::object(const boost::json::value& in) {
  const auto* members = in.if_object();
  if (members == nullptr) {
    add("an object");
  } else if (members->size() > limits_.items_max) {
    add(fmt::format("at most {} members", limits_.items_max));
    return nullptr;
  }
  return members;
}

Result<boost::json::value, Errors> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.text_max)
    return fail(Errors{{"", fmt::format("at most {} bytes of JSON", limits.text_max)}});
  boost::json::parse_options options;
  options.max_depth = limits.depth_max;
  boost::json::parser parser({}, options);
  boost::system::error_code error;
  const auto read = parser.write_some(text.data(), text.size(), error);
  // Only blanks may follow the value; write_some has taken them.
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error == boost::json::error::too_deep)
    return fail(Errors{{"", fmt::format("at most {} nested arrays and objects", limits.depth_max)}});
  if (!error) return parser.release();
  return fail(Errors{{"", fmt::format("valid JSON ({} at byte {})", error.message(), read)}});
}

namespace detail {

std::string one_of(const std::vector<std::string_view>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0) text += i + 1 == names.size() ? " or " : ", ";
    text += '\'';
    text += names[i];
    text += '\'';
  }
  return text;
}

void append_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // what has not been copied begins there
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\f':
        out += 'f';
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out.append(text.substr(plain));
  out += '"';
}

const char* checked_enum_name(const char* name) {
  if (name == nullptr) std::abort();
  return name;
}

}  // namespace detail
}  // namespace hotline::jsonmap
