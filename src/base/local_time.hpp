// SPDX-License-Identifier: Apache-2.0
// Local days and times of day as calendars, shifts and opening hours have them: a day is a number since 1970-01-01, a
// time of day is minutes, 0 to 1440. Written "2026-10-01", "08:30", "08:30-11:30". Pure; any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"

namespace hotline {

/// The day of a moment where the clock is ahead of UTC by `utc_offset`.
[[nodiscard]] inline std::int64_t local_day(TimePoint at, std::chrono::minutes utc_offset) {
  return std::chrono::floor<std::chrono::days>(at + utc_offset).time_since_epoch().count();
}
/// The day's first moment, in UTC.
[[nodiscard]] inline TimePoint midnight_of(std::int64_t day, std::chrono::minutes utc_offset) {
  return TimePoint{std::chrono::days{day}} - utc_offset;
}
/// 0 Monday … 6 Sunday.
[[nodiscard]] constexpr int weekday_of(std::int64_t day) {
  return static_cast<int>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}

/// What `calendar` has for a day: `days` (by date) instead of the `week` (by weekday); empty when neither names it.
template <class Calendar>
[[nodiscard]] const auto& spans_of(const Calendar& calendar, std::int64_t day) {
  static const typename decltype(calendar.week)::mapped_type none;
  if (const auto own = calendar.days.find(day); own != calendar.days.end()) return own->second;
  const auto usual = calendar.week.find(weekday_of(day));
  return usual == calendar.week.end() ? none : usual->second;
}

/// Digits alone: no sign, no blank.
[[nodiscard]] inline std::optional<int> digits_from(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && !text.starts_with('-');
  return whole ? std::optional(value) : std::nullopt;
}

/// A date there is.
[[nodiscard]] inline std::optional<std::int64_t> day_from(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_from(text.substr(0, 4)), month = digits_from(text.substr(5, 2)),
             day = digits_from(text.substr(8));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count();
}
/// Of the years 0 to 9999.
[[nodiscard]] inline std::string day_text(std::int64_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const auto padded = [](unsigned value, std::size_t width) {
    const std::string text = std::to_string(value);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
  };
  return padded(static_cast<unsigned>(static_cast<int>(date.year())), 4) + "-" +
         padded(static_cast<unsigned>(date.month()), 2) + "-" + padded(static_cast<unsigned>(date.day()), 2);
}

/// "00:00" to "24:00".
[[nodiscard]] inline std::optional<int> minute_from(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = digits_from(text.substr(0, 2)), minutes = digits_from(text.substr(3));
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 1440) return std::nullopt;
  return *hours * 60 + *minutes;
}
/// Whether it ends after it begins is its user's to say.
[[nodiscard]] inline std::optional<std::pair<int, int>> span_from(std::string_view text) {
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  const auto from = minute_from(text.substr(0, 5)), to = minute_from(text.substr(6));
  if (!from || !to) return std::nullopt;
  return std::pair(*from, *to);
}

}  // namespace hotline
