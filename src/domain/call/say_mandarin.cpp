// SPDX-License-Identifier: Apache-2.0
// Mandarin: numbers go by four digits (萬, 億), 零 stands for any gap inside, 一十 is 十 at the beginning, and 2 is 兩
// before 千, 萬, 億 and before the units of money.
#include "domain/call/say_words.hpp"

namespace hotline::call {

namespace {

constexpr const char* kLiang = "number/liang";

/// 1 to 9,999. `first`: nothing of the number was said before it.
void four_digits(Words& out, std::uint64_t value, bool first) {
  struct Place {
    std::uint64_t size;
    const char* word;
  };
  constexpr Place kPlaces[] = {{1000, "number/thousand"}, {100, "number/hundred"}, {10, "number/ten"}, {1, nullptr}};
  bool said = false, gap = false;
  for (const auto& place : kPlaces) {
    const auto digit = value / place.size % 10;
    if (digit == 0) {
      gap = said;
      continue;
    }
    if (gap) out.emplace_back(digit_word(0));
    gap = false;
    const bool bare_ten = place.size == 10 && digit == 1 && first && !said;
    if (!bare_ten) out.emplace_back(place.size == 1000 && digit == 2 ? kLiang : digit_word(digit));
    if (place.word != nullptr) out.emplace_back(place.word);
    said = true;
  }
}

void eight_digits(Words& out, std::uint64_t value, bool first);

/// 1 to 99,999,999, before 萬 and 億, where two is 兩.
void quantity(Words& out, std::uint64_t value, bool first) {
  if (value == 2) {
    out.emplace_back(kLiang);
  } else {
    eight_digits(out, value, first);
  }
}

/// 1 to 99,999,999.
void eight_digits(Words& out, std::uint64_t value, bool first) {
  const auto high = value / 10'000, low = value % 10'000;
  if (high > 0) {
    quantity(out, high, first);
    out.emplace_back("number/ten_thousand");
    if (low > 0 && low < 1000) out.emplace_back(digit_word(0));
  }
  if (low > 0) four_digits(out, low, first && high == 0);
}

/// Before a unit of money, where two is always 兩.
void amount(Words& out, std::uint64_t value, const char* unit) {
  if (value == 2) {
    out.emplace_back(kLiang);
  } else {
    mandarin_number(out, value);
  }
  out.emplace_back(unit);
}

}  // namespace

void mandarin_number(Words& out, std::uint64_t value) {
  if (value == 0) out.emplace_back(digit_word(0));
  const auto high = value / 100'000'000, low = value % 100'000'000;
  if (high > 0) {
    quantity(out, high, true);
    out.emplace_back("number/hundred_million");
    if (low > 0 && low < 10'000'000) out.emplace_back(digit_word(0));
  }
  if (low > 0) eight_digits(out, low, high == 0);
}

void mandarin_money(Words& out, std::uint64_t cents) {
  const auto yuan = cents / 100, jiao = cents / 10 % 10, fen = cents % 10;
  if (yuan > 0 || cents == 0) amount(out, yuan, "money/yuan");
  if (jiao > 0) amount(out, jiao, "money/jiao");
  if (fen > 0) {
    if (yuan > 0 && jiao == 0) out.emplace_back(digit_word(0));
    amount(out, fen, "money/fen");
  }
}

void mandarin_date(Words& out, const SayDate& date) {
  for (std::uint32_t place = 1000; place > 0; place /= 10) out.emplace_back(digit_word(date.year / place % 10));
  out.emplace_back("date/year");
  mandarin_number(out, date.month);
  out.emplace_back("date/month");
  mandarin_number(out, date.day);
  out.emplace_back("date/day");
}

Words mandarin_vocabulary() {
  Words out{"digits_phone/1",
            kLiang,
            "number/ten",
            "number/hundred",
            "number/thousand",
            "number/ten_thousand",
            "number/hundred_million",
            "number/minus",
            "number/point",
            "money/yuan",
            "money/jiao",
            "money/fen",
            "date/year",
            "date/month",
            "date/day"};
  for (std::uint64_t digit = 0; digit <= 9; ++digit) out.emplace_back(digit_word(digit));
  return out;
}

}  // namespace hotline::call
