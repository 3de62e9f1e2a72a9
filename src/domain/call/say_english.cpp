// SPDX-License-Identifier: Apache-2.0
// English: groups of three digits, "and" before the tens and units (one thousand and five), years in pairs.
#include "domain/call/say_words.hpp"

namespace hotline::call {

namespace {

constexpr const char* kAnd = "number/and";

std::string teen_or_tens(std::uint64_t value) {
  return "number/" + std::to_string(value);
}

void two_digits(Words& out, std::uint64_t value) {
  if (value < 10) {
    out.emplace_back(digit_word(value));
  } else if (value < 20 || value % 10 == 0) {
    out.push_back(teen_or_tens(value));
  } else {
    out.push_back(teen_or_tens(value / 10 * 10));
    out.emplace_back(digit_word(value % 10));
  }
}

void three_digits(Words& out, std::uint64_t value) {
  if (value >= 100) {
    out.emplace_back(digit_word(value / 100));
    out.emplace_back("number/hundred");
    if (value % 100 > 0) out.emplace_back(kAnd);
  }
  if (value % 100 > 0) two_digits(out, value % 100);
}

}  // namespace

void english_number(Words& out, std::uint64_t value) {
  if (value == 0) out.emplace_back(digit_word(0));
  struct Group {
    std::uint64_t size;
    const char* word;
  };
  constexpr Group kGroups[] = {{1'000'000'000'000, "number/trillion"},
                               {1'000'000'000, "number/billion"},
                               {1'000'000, "number/million"},
                               {1'000, "number/thousand"}};
  bool said = false;
  for (const auto& group : kGroups) {
    if (value < group.size) continue;
    english_number(out, value / group.size);
    out.emplace_back(group.word);
    value %= group.size;
    said = true;
  }
  if (value > 0) {
    if (said && value < 100) out.emplace_back(kAnd);
    three_digits(out, value);
  }
}

void english_money(Words& out, std::uint64_t cents) {
  const auto yuan = cents / 100, fen = cents % 100;
  if (yuan > 0 || cents == 0) {
    english_number(out, yuan);
    out.emplace_back("money/yuan");
  }
  if (fen > 0) {
    if (yuan > 0) out.emplace_back(kAnd);
    english_number(out, fen);
    out.emplace_back("money/fen");
  }
}

void english_date(Words& out, const SayDate& date) {
  out.push_back("date/month_" + std::to_string(date.month));
  out.push_back("date/day_" + std::to_string(date.day));
  const auto century = date.year / 100, rest = date.year % 100;
  if (century < 10 || (century % 10 == 0 && rest < 10)) {  // 2005: two thousand and five; 804: eight hundred and four
    english_number(out, date.year);
  } else {
    two_digits(out, century);
    if (rest == 0) {
      out.emplace_back("number/hundred");
    } else {
      if (rest < 10) out.emplace_back(digit_word(0));
      two_digits(out, rest);
    }
  }
}

Words english_vocabulary() {
  Words out{kAnd,           "number/hundred", "number/thousand", "number/million", "number/billion", "number/trillion",
            "number/minus", "number/point",   "money/yuan",      "money/fen"};
  for (std::uint64_t digit = 0; digit <= 9; ++digit) out.emplace_back(digit_word(digit));
  for (std::uint64_t value = 10; value < 20; ++value) out.push_back(teen_or_tens(value));
  for (std::uint64_t value = 20; value < 100; value += 10) out.push_back(teen_or_tens(value));
  for (int month = 1; month <= 12; ++month) out.push_back("date/month_" + std::to_string(month));
  for (int day = 1; day <= 31; ++day) out.push_back("date/day_" + std::to_string(day));
  return out;
}

}  // namespace hotline::call
