// SPDX-License-Identifier: Apache-2.0
// English: groups of three digits, "and" before the tens and units (one thousand and five), years in pairs.
#include "domain/call/say_words.hpp"

namespace hotline::call {

namespace {

constexpr const char* kAnd = "number/and";

void append(Words& to, const Words& more) {
  to.insert(to.end(), more.begin(), more.end());
}

std::string teen_or_tens(std::uint64_t value) {
  return "number/" + std::to_string(value);
}

Words two_digits(std::uint64_t value) {
  if (value < 10) return {digit_word(value)};
  if (value < 20 || value % 10 == 0) return {teen_or_tens(value)};
  return {teen_or_tens(value / 10 * 10), digit_word(value % 10)};
}

Words three_digits(std::uint64_t value) {
  Words out;
  if (value >= 100) {
    out = {digit_word(value / 100), "number/hundred"};
    if (value % 100 > 0) out.emplace_back(kAnd);
  }
  if (value % 100 > 0) append(out, two_digits(value % 100));
  return out;
}

}  // namespace

Words english_number(std::uint64_t value) {
  if (value == 0) return {digit_word(0)};
  struct Group {
    std::uint64_t size;
    const char* word;
  };
  constexpr Group kGroups[] = {{1'000'000'000'000, "number/trillion"},
                               {1'000'000'000, "number/billion"},
                               {1'000'000, "number/million"},
                               {1'000, "number/thousand"}};
  Words out;
  for (const auto& group : kGroups) {
    if (value < group.size) continue;
    append(out, english_number(value / group.size));
    out.emplace_back(group.word);
    value %= group.size;
  }
  if (value > 0) {
    if (!out.empty() && value < 100) out.emplace_back(kAnd);
    append(out, three_digits(value));
  }
  return out;
}

Words english_money(std::uint64_t cents) {
  const auto yuan = cents / 100, fen = cents % 100;
  Words out;
  if (yuan > 0 || cents == 0) {
    out = english_number(yuan);
    out.emplace_back("money/yuan");
  }
  if (fen > 0) {
    if (!out.empty()) out.emplace_back(kAnd);
    append(out, english_number(fen));
    out.emplace_back("money/fen");
  }
  return out;
}

Words english_date(const SayDate& date) {
  Words out{"date/month_" + std::to_string(date.month), "date/day_" + std::to_string(date.day)};
  const auto century = date.year / 100, rest = date.year % 100;
  if (century < 10 || (century % 10 == 0 && rest < 10)) {  // 2005: two thousand and five; 804: eight hundred and four
    append(out, english_number(date.year));
  } else {
    append(out, two_digits(century));
    if (rest == 0) {
      out.emplace_back("number/hundred");
    } else {
      if (rest < 10) out.push_back(digit_word(0));
      append(out, two_digits(rest));
    }
  }
  return out;
}

Words english_vocabulary() {
  Words out{kAnd,           "number/hundred", "number/thousand", "number/million", "number/billion", "number/trillion",
            "number/minus", "number/point",   "money/yuan",      "money/fen"};
  for (std::uint64_t digit = 0; digit <= 9; ++digit) out.push_back(digit_word(digit));
  for (std::uint64_t value = 10; value < 20; ++value) out.push_back(teen_or_tens(value));
  for (std::uint64_t value = 20; value < 100; value += 10) out.push_back(teen_or_tens(value));
  for (int month = 1; month <= 12; ++month) out.push_back("date/month_" + std::to_string(month));
  for (int day = 1; day <= 31; ++day) out.push_back("date/day_" + std::to_string(day));
  return out;
}

}  // namespace hotline::call
