// SPDX-License-Identifier: Apache-2.0
// Working calendars: a week of spans, and days of their own (holidays, shortened days, working weekends). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace hotline::workorder {

/// From and to (exclusive) in minutes of the local day, 0 to 1440; rising, not overlapping. A night is two spans.
using DaySpans = std::vector<std::pair<int, int>>;

/// Without week and days: round the clock.
struct Calendar {
  std::string code;
  std::chrono::minutes utc_offset{480};
  std::map<int, DaySpans> week{};           ///< 0 Monday … 6 Sunday; a day not listed is closed
  std::map<std::int64_t, DaySpans> days{};  ///< by days since 1970-01-01, local: instead of the week's; empty: closed
  [[nodiscard]] bool round_the_clock() const { return week.empty() && days.empty(); }
  friend bool operator==(const Calendar&, const Calendar&) = default;
};

inline constexpr const char* kRoundTheClock = "round_the_clock";

/// By code. A clock whose calendar is unknown runs round the clock: it can only be early, never forgotten.
class Calendars {
 public:
  Calendars() = default;
  explicit Calendars(std::vector<Calendar> list);
  [[nodiscard]] const Calendar& of(const std::string& code) const;
  [[nodiscard]] bool has(const std::string& code) const { return code == kRoundTheClock || by_code_.contains(code); }
  [[nodiscard]] const std::map<std::string, Calendar>& all() const { return by_code_; }

 private:
  std::map<std::string, Calendar> by_code_;
};

/// Empty when spans rise, do not overlap and stay within the day; else what is wrong.
[[nodiscard]] std::string wrong_with(const Calendar& calendar);

[[nodiscard]] bool is_open(const Calendar& calendar, TimePoint at);
/// Open time in [from, to); zero when to <= from.
[[nodiscard]] Duration open_between(const Calendar& calendar, TimePoint from, TimePoint to);
/// The first moment at which `open` of open time has passed since `from`; `from` itself when `open` is not positive.
/// nullopt: the calendar is not open that much within ten years.
[[nodiscard]] std::optional<TimePoint> after_open(const Calendar& calendar, TimePoint from, Duration open);

}  // namespace hotline::workorder
