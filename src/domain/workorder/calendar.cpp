// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "domain/workorder/calendar.hpp"

#include <algorithm>

#include "base/local_time.hpp"
#include "base/planted.hpp"

namespace hotline::workorder {
namespace {

using std::chrono::minutes;
constexpr std::int64_t kDaysMost = 3'660;

std::string wrong_with(const DaySpans& spans) {
  int last = 0;
  for (const auto& [from, to] : spans) {
    if (from < last || to <= from || to > 24 * 60)
      return "the spans of a day must rise, not overlap, and end at 24:00 at the latest";
    last = to;
  }
  return {};
}

}  // namespace

Calendars::Calendars(std::vector<Calendar> list) {
  for (Calendar& calendar : list) {
    std::string code = calendar.code;
    by_code_.insert_or_assign(std::move(code), std::move(calendar));
  }
}

const Calendar& Calendars::of(const std::string& code) const {
  static const Calendar always{kRoundTheClock};
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? always : found->second;
}

std::string wrong_with(const Calendar& calendar) {
  for (const auto& [weekday, spans] : calendar.week) {
    if (weekday < 0 || weekday > 6) return "a week has the days 0 to 6";
    if (auto wrong = wrong_with(spans); !wrong.empty()) return wrong;
  }
  for (const auto& [day, spans] : calendar.days)
    if (auto wrong = wrong_with(spans); !wrong.empty()) return wrong;
  return {};
}

bool is_open(const Calendar& calendar, TimePoint at) {
  if (calendar.round_the_clock()) return true;
  const std::int64_t day = local_day(at, calendar.utc_offset);
  const Duration since = at - midnight_of(day, calendar.utc_offset);
  const DaySpans& spans = spans_of(calendar, day);
  return std::any_of(spans.begin(), spans.end(),
                     [&](const auto& span) { return minutes{span.first} <= since && since < minutes{span.second}; });
}

Duration open_between(const Calendar& calendar, TimePoint from, TimePoint to) {
  if (to <= from) return {};
  if (calendar.round_the_clock() || is_planted(PlantedBug::closed_time_counted)) return to - from;
  Duration sum{};
  for (std::int64_t day = local_day(from, calendar.utc_offset); midnight_of(day, calendar.utc_offset) < to; ++day) {
    const TimePoint begin = midnight_of(day, calendar.utc_offset);
    for (const auto& [first, last] : spans_of(calendar, day)) {
      const TimePoint open = std::max(from, begin + minutes{first}), close = std::min(to, begin + minutes{last});
      if (close > open) sum += close - open;
    }
  }
  return sum;
}

std::optional<TimePoint> after_open(const Calendar& calendar, TimePoint from, Duration open) {
  if (open <= Duration{}) return from;
  if (calendar.round_the_clock()) return from + open;
  const std::int64_t first_day = local_day(from, calendar.utc_offset);
  for (std::int64_t day = first_day; day < first_day + kDaysMost; ++day) {
    const TimePoint begin = midnight_of(day, calendar.utc_offset);
    for (const auto& [first, last] : spans_of(calendar, day)) {
      const TimePoint opens = std::max(from, begin + minutes{first}), closes = begin + minutes{last};
      if (closes <= opens) continue;
      if (closes - opens >= open) return opens + open;
      open -= closes - opens;
    }
  }
  return std::nullopt;
}

}  // namespace hotline::workorder
