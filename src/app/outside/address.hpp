// SPDX-License-Identifier: Apache-2.0
// Whether a text can be a mail address: local@domain in ASCII (RFC 5321 section 4.1.2, without quoted and international
// forms), so that it can stand in a header without more ado. Pure.
#pragma once

#include <algorithm>
#include <string_view>

namespace hotline::app {

[[nodiscard]] inline bool is_mail_address(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || at + 1 == text.size() || text.size() > 254) return false;
  const auto fits = [](std::string_view part, std::string_view marks) {
    if (part.front() == '.' || part.back() == '.' || part.find("..") != std::string_view::npos) return false;
    return std::all_of(part.begin(), part.end(), [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
             marks.find(c) != std::string_view::npos;
    });
  };
  return fits(text.substr(0, at), "!#$%&'*+-/=?^_`{|}~") && fits(text.substr(at + 1), "-");
}

}  // namespace hotline::app
