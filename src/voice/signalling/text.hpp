// SPDX-License-Identifier: Apache-2.0
// Small text helpers shared by what reads SIP headers and bodies. ASCII only, whatever the locale. Pure; any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace hotline::voice::signalling {

/// The white space of headers and bodies, folded lines included (RFC 3261 section 7.3.1).
inline constexpr std::string_view kSpace = " \t\r\n";

/// Without white space at either end.
inline std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

/// Equal without regard to case.
inline bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace hotline::voice::signalling
