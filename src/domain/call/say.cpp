// SPDX-License-Identifier: Apache-2.0
// Reads the values that are to be spoken, and hands them to the language's rules.
#include "domain/call/say.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "domain/call/say_words.hpp"

namespace hotline::call {

namespace {

constexpr const char* kMandarin = "cmn";
constexpr std::size_t kNumberDigitsMax = 16;

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  if (!all_digits(text)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  if (text.size() > kNumberDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}

void each_digit(Words& out, std::string_view value, const char* one) {
  for (const char c : value) {
    if (c >= '0' && c <= '9') out.emplace_back(c == '1' ? one : digit_word(static_cast<std::uint64_t>(c - '0')));
  }
}

std::optional<Words> number(std::string_view text, void (*rule)(Words&, std::uint64_t)) {
  Words out;
  if (text.starts_with('-')) {
    out.emplace_back("number/minus");
    text.remove_prefix(1);
  }
  const auto point = text.find('.');
  const auto whole = whole_number(text.substr(0, point));
  if (!whole) return std::nullopt;
  rule(out, *whole);
  if (point != std::string_view::npos) {
    const auto fraction = text.substr(point + 1);
    if (!all_digits(fraction)) return std::nullopt;
    out.emplace_back("number/point");
    each_digit(out, fraction, digit_word(1));
  }
  return out;
}

std::optional<SayDate> date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = whole_number(text.substr(0, 4)), month = whole_number(text.substr(5, 2)),
             day = whole_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day valid{std::chrono::year{static_cast<int>(*year)},
                                          std::chrono::month{static_cast<unsigned>(*month)},
                                          std::chrono::day{static_cast<unsigned>(*day)}};
  if (!valid.ok()) return std::nullopt;
  return SayDate{static_cast<std::uint32_t>(*year), static_cast<std::uint32_t>(*month),
                 static_cast<std::uint32_t>(*day)};
}

}  // namespace

std::vector<std::string> say(SayKind kind, const std::string& value, const Language& language) {
  const bool mandarin = language == kMandarin;
  const auto digits = [&] {
    Words out;
    each_digit(out, value, kind == SayKind::phone && mandarin ? "digits_phone/1" : digit_word(1));
    return out;
  };
  if (!mandarin && language != "en") return digits();
  switch (kind) {
    case SayKind::number: {
      auto words = number(value, mandarin ? mandarin_number : english_number);
      return words ? *std::move(words) : digits();
    }
    case SayKind::money: {
      if (value.find('.') != std::string::npos) return digits();  // cents are whole
      auto words = number(value, mandarin ? mandarin_money : english_money);
      return words ? *std::move(words) : digits();
    }
    case SayKind::date: {
      const auto parsed = date(value);
      if (!parsed) return digits();
      Words out;
      (mandarin ? mandarin_date : english_date)(out, *parsed);
      return out;
    }
    case SayKind::digits:
    case SayKind::phone:
      break;
  }
  return digits();
}

std::vector<std::string> say_vocabulary(const Language& language) {
  if (language == kMandarin) return mandarin_vocabulary();
  if (language == "en") return english_vocabulary();
  Words out;
  each_digit(out, "0123456789", digit_word(1));
  return out;
}

std::vector<std::string> say_waiting(std::optional<std::uint32_t> position, std::optional<Duration> wait,
                                     const Language& language) {
  std::vector<std::string> keys;
  const auto number = [&](std::int64_t value) {
    for (auto& word : say(SayKind::number, std::to_string(value), language)) keys.push_back(std::move(word));
  };
  if (position) {
    keys.emplace_back("queue_place");
    number(*position);
    keys.emplace_back("queue_place_end");
  }
  if (wait) {  // minutes, rounded up: nobody minds being served earlier
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(*wait).count();
    keys.emplace_back(minutes <= 1 ? "queue_wait_short" : "queue_wait");
    if (minutes > 1) {
      number(minutes);
      keys.emplace_back("queue_wait_minutes");
    }
  }
  for (std::string& key : keys) key = language + "/" + key;
  return keys;
}

}  // namespace hotline::call
