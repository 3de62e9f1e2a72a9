// SPDX-License-Identifier: Apache-2.0
// What the languages' rules share; private to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotline::call {

using Words = std::vector<std::string>;

/// `digit`: 0 to 9.
inline const char* digit_word(std::uint64_t digit) {
  constexpr const char* kDigits[] = {"digits/0", "digits/1", "digits/2", "digits/3", "digits/4",
                                     "digits/5", "digits/6", "digits/7", "digits/8", "digits/9"};
  return kDigits[digit];
}

struct SayDate {
  std::uint32_t year, month, day;
};

// Each rule adds its words to `out`.
void mandarin_number(Words& out, std::uint64_t value);  ///< below 10^16
void mandarin_money(Words& out, std::uint64_t cents);
void mandarin_date(Words& out, const SayDate& date);
Words mandarin_vocabulary();

void english_number(Words& out, std::uint64_t value);  ///< below 10^16
void english_money(Words& out, std::uint64_t cents);
void english_date(Words& out, const SayDate& date);
Words english_vocabulary();

}  // namespace hotline::call
