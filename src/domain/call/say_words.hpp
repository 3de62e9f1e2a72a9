// SPDX-License-Identifier: Apache-2.0
// What the languages' rules share; private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotline::call {

using Words = std::vector<std::string>;

inline std::string digit_word(std::uint64_t digit) {
  return "digits/" + std::to_string(digit);
}

struct SayDate {
  std::uint32_t year, month, day;
};

Words mandarin_number(std::uint64_t value);  ///< below 10^16
Words mandarin_money(std::uint64_t cents);
Words mandarin_date(const SayDate& date);
Words mandarin_vocabulary();

Words english_number(std::uint64_t value);  ///< below 10^16
Words english_money(std::uint64_t cents);
Words english_date(const SayDate& date);
Words english_vocabulary();

}  // namespace hotline::call
