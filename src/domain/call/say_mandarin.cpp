// SPDX-License-Identifier: Apache-2.0
// Mandarin: numbers go by four digits (萬, 億), 零 stands for any gap inside, 一十 is 十 at the beginning, and 2 is 兩
// before 千, 萬, 億 and before the units of money.
#include "domain/call/say_words.hpp"

namespace hotline::call {

namespace {

constexpr const char* kLiang = "number/liang";

void append(Words& to, Words more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// 1 to 9,999. `first`: nothing was said before it.
Words four_digits(std::uint64_t value, bool first) {
  struct Place {
    std::uint64_t size;
    const char* word;
  };
  constexpr Place kPlaces[] = {{1000, "number/thousand"}, {100, "number/hundred"}, {10, "number/ten"}, {1, nullptr}};
  Words out;
  bool gap = false;
  for (const auto& place : kPlaces) {
    const auto digit = value / place.size % 10;
    if (digit == 0) {
      gap = !out.empty();
      continue;
    }
    if (gap) out.push_back(digit_word(0));
    gap = false;
    const bool bare_ten = place.size == 10 && digit == 1 && first && out.empty();
    if (!bare_ten) out.push_back(place.size == 1000 && digit == 2 ? kLiang : digit_word(digit));
    if (place.word != nullptr) out.emplace_back(place.word);
  }
  return out;
}

Words quantity(std::uint64_t value, bool first) {
  return value == 2 ? Words{kLiang} : four_digits(value, first);
}

/// 1 to 99,999,999.
Words eight_digits(std::uint64_t value, bool first) {
  const auto high = value / 10'000, low = value % 10'000;
  Words out;
  if (high > 0) {
    out = quantity(high, first);
    out.emplace_back("number/ten_thousand");
    if (low > 0 && low < 1000) out.push_back(digit_word(0));
  }
  if (low > 0) append(out, four_digits(low, first && out.empty()));
  return out;
}

/// Before a unit of money, where two is always 兩.
Words amount(std::uint64_t value, const char* unit) {
  Words out = value == 2 ? Words{kLiang} : mandarin_number(value);
  out.emplace_back(unit);
  return out;
}

}  // namespace

Words mandarin_number(std::uint64_t value) {
  if (value == 0) return {digit_word(0)};
  const auto high = value / 100'000'000, low = value % 100'000'000;
  Words out;
  if (high > 0) {
    out = high == 2 ? Words{kLiang} : eight_digits(high, true);
    out.emplace_back("number/hundred_million");
    if (low > 0 && low < 10'000'000) out.push_back(digit_word(0));
  }
  if (low > 0) append(out, eight_digits(low, out.empty()));
  return out;
}

Words mandarin_money(std::uint64_t cents) {
  const auto yuan = cents / 100, jiao = cents / 10 % 10, fen = cents % 10;
  Words out;
  if (yuan > 0 || cents == 0) out = amount(yuan, "money/yuan");
  if (jiao > 0) append(out, amount(jiao, "money/jiao"));
  if (fen > 0) {
    if (yuan > 0 && jiao == 0) out.push_back(digit_word(0));
    append(out, amount(fen, "money/fen"));
  }
  return out;
}

Words mandarin_date(const SayDate& date) {
  Words out;
  for (std::uint32_t place = 1000; place > 0; place /= 10) out.push_back(digit_word(date.year / place % 10));
  out.emplace_back("date/year");
  append(out, mandarin_number(date.month));
  out.emplace_back("date/month");
  append(out, mandarin_number(date.day));
  out.emplace_back("date/day");
  return out;
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
  for (std::uint64_t digit = 0; digit <= 9; ++digit) out.push_back(digit_word(digit));
  return out;
}

}  // namespace hotline::call
