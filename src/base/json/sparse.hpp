// SPDX-License-Identifier: Apache-2.0
// JSON of described structs without what is as in a fresh value of theirs: for state that is written again at every
// step and in which most members have nothing to say yet. Read by read() with Limits::missing_ok. Pure; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/json/mapper.hpp"

namespace hotline::jsonmap {
namespace detail {

/// A described member's name as it stands in the text, with the comma before it.
template <class Member>
inline constexpr auto key_text = [] {
  constexpr std::string_view name = Member::name;
  std::array<char, name.size() + 4> out{',', '"'};
  for (std::size_t i = 0; i < name.size(); ++i) out[i + 2] = name[i];
  out[name.size() + 2] = '"';
  out[name.size() + 3] = ':';
  return out;
}();

/// Reading gives the same when the member is not there: nothing for an optional, else what a fresh struct has.
template <class T>
bool may_be_missing(const T& value, const T& fresh) {
  if constexpr (is_a<std::optional, T>)
    return !value;
  else if constexpr (requires { value == fresh; })
    return value == fresh;
  else
    return false;
}

template <class T>
void append_sparse_value(std::string& out, const T& value);

/// `fresh`: what a reader has before it reads this one, which inside another struct need not be a T{}.
template <class T>
void append_sparse_struct(std::string& out, const T& value, const T& fresh) {
  out += '{';
  bool first = true;
  using Members = boost::describe::describe_members<T, boost::describe::mod_any_access>;
  boost::mp11::mp_for_each<Members>([&](auto member) {
    const auto& item = value.*member.pointer;
    const auto& fresh_item = fresh.*member.pointer;
    if (may_be_missing(item, fresh_item)) return;
    const auto& key = key_text<decltype(member)>;
    const std::size_t comma = std::exchange(first, false) ? 1 : 0;
    out.append(key.data() + comma, key.size() - comma);
    if constexpr (is_struct<std::remove_cvref_t<decltype(item)>>)
      append_sparse_struct(out, item, fresh_item);
    else
      append_sparse_value(out, item);
  });
  out += '}';
}

template <class T>
void append_sparse_value(std::string& out, const T& value) {
  if constexpr (is_a<std::optional, T>) {
    if (value)
      append_sparse_value(out, *value);
    else
      out += "null";
  } else if constexpr (is_a<std::vector, T>) {
    out += '[';
    bool first = true;
    for (const auto& item : value) {
      if (!std::exchange(first, false)) out += ',';
      append_sparse_value<typename T::value_type>(out, item);  // of vector<bool> too
    }
    out += ']';
  } else if constexpr (is_map<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value) {
      if (!std::exchange(first, false)) out += ',';
      append_string(out, key);
      out += ':';
      append_sparse_value(out, item);
    }
    out += '}';
  } else if constexpr (is_struct<T>) {
    static const T fresh{};
    append_sparse_struct(out, value, fresh);
  } else {
    append_value(out, value);
  }
}

}  // namespace detail

/// Puts `value` behind `out`, without the members that read() with missing_ok makes the same of when they are missing.
template <class T>
void append_sparse(std::string& out, const T& value) {
  detail::append_sparse_value(out, value);
}

}  // namespace hotline::jsonmap
