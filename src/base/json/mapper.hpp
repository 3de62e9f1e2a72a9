// SPDX-License-Identifier: Apache-2.0
// Struct <-> JSON by Boost.Describe. Reading reports every error with its path and what was expected. Pure functions.
//
//   struct NewNote { std::string text; std::optional<AgentId> author; };
//   BOOST_DESCRIBE_STRUCT(NewNote, (), (text, author))
//   auto note = jsonmap::read<NewNote>(request.body);          // Result<NewNote, Errors>
//   response.body = jsonmap::write(*note);
//
// C++                          JSON
// bool, integers, floating     boolean, number (integers within ±(2^53-1), what JavaScript keeps exactly)
// std::string                  string, valid UTF-8 without NUL
// Id<Tag>                      string of decimal digits, "1".."18446744073709551615" ("0" is written for none, never
// read) TimePoint, Duration          integer milliseconds (Unix epoch, UTC) described enum               string, the
// enumerator's name std::optional<T>             null or absent when empty; written as null std::vector<T> array
// std::map<std::string, T>     object (also std::unordered_map)
// described struct             object; a missing or an unknown member is an error
// boost::json::value           itself (its strings are checked for NUL too)
//
// Rules on values: give the struct's namespace `void validate(const T&, jsonmap::Report&)`; it runs when all members
// were read.
#pragma once

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/json/limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::jsonmap {

namespace detail {

template <template <class...> class Wanted, class T>
inline constexpr bool is_a = false;
template <template <class...> class Wanted, class... Args>
inline constexpr bool is_a<Wanted, Wanted<Args...>> = true;

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<Id<Tag>> = true;

template <class T>
inline constexpr bool is_map = is_a<std::map, T> || is_a<std::unordered_map, T>;
template <class T>
inline constexpr bool is_struct = std::is_class_v<T>&& boost::describe::has_describe_members<T>::value;
template <class T>
concept Validated = requires(const T& value, Report& report) {
  validate(value, report);
};
template <class T>
inline constexpr bool unsupported = false;

/// "'a', 'b' or 'c'" of a described enum, for messages.
template <class E>
std::string enum_names() {
  std::vector<std::string_view> names;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) { names.push_back(d.name); });
  return one_of(names);
}

template <class Struct>
std::string member_names() {
  std::vector<std::string_view> names;
  boost::mp11::mp_for_each<boost::describe::describe_members<Struct, boost::describe::mod_any_access>>(
      [&](auto d) { names.push_back(d.name); });
  return one_of(names);
}

template <class T>
void read_value(const boost::json::value& in, T& out, Report& report);

template <class E>
void read_enum(const boost::json::value& in, E& out, Report& report) {
  const auto* text = in.if_string();
  if (text == nullptr || !boost::describe::enum_from_string(std::string(*text).c_str(), out) ||
      text->find('\0') != boost::json::string::npos)
    report.add("one of " + enum_names<E>());
}

template <class T>
void read_array(const boost::json::value& in, T& out, Report& report) {
  const auto* array = report.array(in);
  if (array == nullptr) return;
  out.clear();
  out.reserve(array->size());
  for (std::size_t i = 0; i < array->size() && !report.full(); ++i) {
    const auto step = report.enter(i);
    typename T::value_type item{};
    read_value((*array)[i], item, report);
    out.push_back(std::move(item));
  }
}

template <class T>
void read_map(const boost::json::value& in, T& out, Report& report) {
  const auto* object = report.object(in);
  if (object == nullptr) return;
  out.clear();
  for (const auto& [key, value] : *object) {
    if (report.full()) return;
    const auto step = report.enter(key);
    if (!report.key(key)) continue;
    read_value(value, out[std::string(key)], report);
  }
}

template <class T>
void read_struct(const boost::json::value& in, T& out, Report& report) {
  const auto* object = report.object(in);
  if (object == nullptr) return;
  const auto errors_before = report.count();
  std::size_t known = 0;
  using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    using Value = std::remove_cvref_t<decltype(out.*member.pointer)>;
    const auto* found = object->if_contains(member.name);
    if (found != nullptr) ++known;
    const auto step = report.enter(std::string_view(member.name));
    if (found != nullptr)
      read_value(*found, out.*member.pointer, report);
    else if constexpr (is_a<std::optional, Value>)
      (out.*member.pointer).reset();
    else if (!report.missing_ok())
      report.add("a value (it is missing)");
  });
  if (known != object->size()) {
    for (const auto& [key, value] : *object) {
      bool is_member = false;
      const std::string_view name = key;  // a structured binding cannot be captured (clang 14)
      boost::mp11::mp_for_each<Members>([&](auto member) { is_member = is_member || name == member.name; });
      if (is_member) continue;
      const auto step = report.enter(key);
      report.add("no such member; known are " + member_names<T>());
    }
  }
  if constexpr (Validated<T>)
    if (report.count() == errors_before) validate(static_cast<const T&>(out), report);
}

template <class T>
void read_value(const boost::json::value& in, T& out, Report& report) {
  if constexpr (std::is_same_v<T, boost::json::value>) {
    if (report.any(in)) out = in;
  } else if constexpr (std::is_same_v<T, bool>) {
    report.boolean(in, out);
  } else if constexpr (std::is_integral_v<T>) {
    std::int64_t number = 0;
    // A 64-bit member takes what JavaScript takes; a narrower one what it can hold.
    constexpr auto low = std::is_signed_v<T> && sizeof(T) < 8 ? std::int64_t{std::numeric_limits<T>::min()}
                         : std::is_signed_v<T>                ? -safe_integer_max
                                                              : 0;
    constexpr auto high = sizeof(T) < 8 ? static_cast<std::int64_t>(std::numeric_limits<T>::max()) : safe_integer_max;
    if (report.integer(in, low, high, number)) out = static_cast<T>(number);
  } else if constexpr (std::is_floating_point_v<T>) {
    double number = 0;
    if (report.number(in, number)) out = static_cast<T>(number);
  } else if constexpr (std::is_same_v<T, std::string>) {
    report.string(in, out);
  } else if constexpr (is_id<T>) {
    std::uint64_t number = 0;
    if (report.id(in, number)) out = T{number};
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    std::int64_t number = 0;
    if (report.integer(in, -safe_integer_max, safe_integer_max, number)) out = from_unix_ms(number);
  } else if constexpr (std::is_same_v<T, Duration>) {
    std::int64_t number = 0;
    if (report.integer(in, -safe_integer_max, safe_integer_max, number)) out = Duration{number};
  } else if constexpr (std::is_enum_v<T>) {
    read_enum(in, out, report);
  } else if constexpr (is_a<std::optional, T>) {
    if (in.is_null())
      out.reset();
    else
      read_value(in, out.emplace(), report);
  } else if constexpr (is_a<std::vector, T>) {
    read_array(in, out, report);
  } else if constexpr (is_map<T>) {
    read_map(in, out, report);
  } else if constexpr (is_struct<T>) {
    read_struct(in, out, report);
  } else {
    static_assert(unsupported<T>, "describe this type with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM");
  }
}

}  // namespace detail

/// Maps a parsed value. The error list is never empty on failure.
template <class T>
[[nodiscard]] Result<T, Errors> from_value(const boost::json::value& value, const Limits& limits = {}) {
  Report report(limits);
  T out{};
  detail::read_value(value, out, report);
  if (report.count() != 0) return fail(std::move(report).take());
  return out;
}

/// Parses and maps. A syntax error is one error with an empty path that tells the byte where it is.
template <class T>
[[nodiscard]] Result<T, Errors> read(std::string_view text, const Limits& limits = {}) {
  auto value = parse(text, limits);
  if (!value) return fail(std::move(value.error()));
  return from_value<T>(*value, limits);
}

/// The JSON of a value; members in the order of their description.
template <class T>
[[nodiscard]] boost::json::value to_value(const T& value) {
  if constexpr (std::is_same_v<T, boost::json::value> || std::is_same_v<T, boost::json::object> ||
                std::is_same_v<T, boost::json::array>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T> || std::is_floating_point_v<T>) {
    return boost::json::value(value);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    return boost::json::value(boost::json::string(value));
  } else if constexpr (detail::is_id<T>) {
    return boost::json::value(boost::json::string(value.to_string()));
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    return boost::json::value(to_unix_ms(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    return boost::json::value(std::int64_t{value.count()});
  } else if constexpr (std::is_enum_v<T>) {
    return boost::json::value(
        boost::json::string(detail::checked_enum_name(boost::describe::enum_to_string(value, nullptr))));
  } else if constexpr (detail::is_a<std::optional, T>) {
    return value ? to_value(*value) : boost::json::value(nullptr);
  } else if constexpr (detail::is_a<std::vector, T>) {
    boost::json::array array;
    array.reserve(value.size());
    for (const auto& item : value) array.push_back(to_value<typename T::value_type>(item));
    return array;
  } else if constexpr (detail::is_map<T>) {
    boost::json::object object;
    for (const auto& [key, item] : value) object.emplace(key, to_value(item));
    return object;
  } else if constexpr (detail::is_struct<T>) {
    boost::json::object object;
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    object.reserve(boost::mp11::mp_size<Members>::value);
    boost::mp11::mp_for_each<Members>(
        [&](auto member) { object.emplace(member.name, to_value(value.*member.pointer)); });
    return object;
  } else {
    static_assert(detail::unsupported<T>, "describe this type with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM");
  }
}

namespace detail {

template <class T>
void append_value(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    append_integer(out, value);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
    append_string(out, value);
  } else if constexpr (is_id<T>) {
    out += '"';
    append_integer(out, value.value());
    out += '"';
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    append_integer(out, to_unix_ms(value));
  } else if constexpr (std::is_same_v<T, Duration>) {
    append_integer(out, value.count());
  } else if constexpr (std::is_enum_v<T>) {
    out += '"';
    out += checked_enum_name(boost::describe::enum_to_string(value, nullptr));
    out += '"';
  } else if constexpr (is_a<std::optional, T>) {
    if (value)
      append_value(out, *value);
    else
      out += "null";
  } else if constexpr (is_a<std::vector, T>) {
    out += '[';
    bool first = true;
    for (const auto& item : value) {
      if (!std::exchange(first, false)) out += ',';
      append_value<typename T::value_type>(out, item);  // of vector<bool> too
    }
    out += ']';
  } else if constexpr (is_map<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value) {
      if (!std::exchange(first, false)) out += ',';
      append_string(out, key);
      out += ':';
      append_value(out, item);
    }
    out += '}';
  } else if constexpr (is_struct<T>) {
    out += '{';
    bool first = true;
    using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    boost::mp11::mp_for_each<Members>([&](auto member) {
      out += std::exchange(first, false) ? "\"" : ",\"";
      out += member.name;
      out += "\":";
      append_value(out, value.*member.pointer);
    });
    out += '}';
  } else {  // floating point, and JSON itself
    out += boost::json::serialize(to_value(value));
  }
}

}  // namespace detail

/// Puts the same text as that of to_value() behind `out`, without making the value: live calls are written at every
/// step of theirs.
template <class T>
void append(std::string& out, const T& value) {
  detail::append_value(out, value);
}

template <class T>
[[nodiscard]] std::string write(const T& value) {
  std::string out;
  out.reserve(256);
  append(out, value);
  return out;
}

}  // namespace hotline::jsonmap
