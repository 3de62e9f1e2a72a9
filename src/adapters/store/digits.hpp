// SPDX-License-Identifier: Apache-2.0
// Forms of numbers and names that are stored beside them so that a search can use an index. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "app/records.hpp"

namespace hotline::store {

[[nodiscard]] inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

[[nodiscard]] inline bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// The digits of `number`, back to front: "ends with 4567" is then "begins with 7654". At most 32 digits.
[[nodiscard]] inline std::string reversed_digits(std::string_view number) {
  std::string out;
  for (std::size_t i = number.size(); i > 0 && out.size() < 32; --i)
    if (is_digit(number[i - 1])) out.push_back(number[i - 1]);
  return out;
}

/// The customer's side of a contact.
[[nodiscard]] inline const std::string& customer_number(const app::Contact& contact) {
  return contact.direction == "outbound" ? contact.to : contact.from;
}

/// Latin letters in lower case; the rest as it is.
[[nodiscard]] inline std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace hotline::store
