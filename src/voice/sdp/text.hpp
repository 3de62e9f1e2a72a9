// SPDX-License-Identifier: Apache-2.0
// Small text helpers shared by the parser and the negotiation. Pure; any thread.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace hotline::voice::sdp {

/// Takes the next word (run of characters without space or tab) off the front of `rest`; empty when there is none.
inline std::string_view take_word(std::string_view& rest) {
  const auto begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  const auto end = rest.find_first_of(" \t", begin);
  const auto word = rest.substr(begin, end == std::string_view::npos ? end : end - begin);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  return word;
}

/// A whole decimal number that fits `Number`, else nullopt.
template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// ASCII comparison without regard to case, as encoding names (RFC 8866 section 6.6) want.
inline bool same_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace hotline::voice::sdp
