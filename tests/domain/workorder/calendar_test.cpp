// SPDX-License-Identifier: Apache-2.0
// Working calendars: open time is what a walk from minute to minute counts.
#include <gtest/gtest.h>

#include "domain/workorder/workorder_fixture.hpp"

namespace hotline::workorder::test {
namespace {

/// Minute by minute, by a rule written a second time.
bool open_at(const Calendar& calendar, TimePoint at) {
  if (calendar.round_the_clock()) return true;
  const std::int64_t local = std::chrono::floor<minutes>(at + calendar.utc_offset).time_since_epoch().count();
  const std::int64_t day = local / 1440, minute = local % 1440;
  const auto own = calendar.days.find(day);
  const auto week = calendar.week.find(static_cast<int>((day + 3) % 7));
  const DaySpans spans = own != calendar.days.end()    ? own->second
                         : week != calendar.week.end() ? week->second
                                                       : DaySpans{};
  for (const auto& [from, to] : spans)
    if (minute >= from && minute < to) return true;
  return false;
}

TEST(WorkCalendar, CountsWhatIsOpenAndNothingElse) {
  const Calendar calendar = business();
  EXPECT_EQ(open_between(calendar, monday, monday + hours{24}), hours{7} + minutes{30});
  EXPECT_EQ(open_between(calendar, monday, monday + hours{5}), hours{4}) << "the lunch hour is closed";
  EXPECT_EQ(open_between(calendar, monday + hours{48}, monday + hours{72}), Duration{}) << "a holiday";
  EXPECT_EQ(open_between(calendar, monday + hours{24 * 5}, monday + hours{24 * 6}), hours{2}) << "a working Saturday";
  EXPECT_EQ(open_between(calendar, monday + hours{1}, monday), Duration{});
  EXPECT_FALSE(is_open(calendar, monday + hours{4}));
  EXPECT_TRUE(is_open(calendar, monday));
}

TEST(WorkCalendar, FindsTheMomentWhenSoMuchOfItHasPassed) {
  const Calendar calendar = business();
  EXPECT_EQ(after_open(calendar, monday, hours{4}), monday + hours{4});
  EXPECT_EQ(after_open(calendar, monday, hours{5}), monday + hours{7});
  EXPECT_EQ(after_open(calendar, monday + hours{24}, hours{8}), monday + hours{24 * 3} + minutes{30})
      << "over the holiday";
  EXPECT_EQ(after_open(Calendar{"never", minutes{0}, {}, {{0, {}}}}, monday, hours{1}), std::nullopt);
  EXPECT_EQ(after_open(calendar, monday, Duration{}), monday);
}

TEST(WorkCalendar, RefusesSpansThatOverlap) {
  Calendar calendar = business();
  EXPECT_EQ(wrong_with(calendar), "");
  calendar.week[2] = {{60, 120}, {100, 200}};
  EXPECT_NE(wrong_with(calendar), "");
  EXPECT_NE(wrong_with(Calendar{"x", minutes{0}, {{1, {{0, 1441}}}}, {}}), "");
}

RC_GTEST_PROP(WorkCalendarProperty, AgreesWithAWalkFromMinuteToMinute, ()) {
  const Calendar calendar = *rc::gen::element(business(), long_day(), Calendar{kRoundTheClock});
  const TimePoint from = monday + minutes{*rc::gen::inRange(-3'000, 12'000)};
  const int length = *rc::gen::inRange(0, 6'000);
  Duration walked{};
  for (int i = 0; i < length; ++i) {
    const TimePoint at = from + minutes{i};
    RC_ASSERT(is_open(calendar, at) == open_at(calendar, at));
    if (open_at(calendar, at)) walked += minutes{1};
  }
  RC_ASSERT(open_between(calendar, from, from + minutes{length}) == walked);
  if (walked > Duration{}) {
    const auto at = after_open(calendar, from, walked);
    RC_ASSERT(at.has_value());
    RC_ASSERT(open_between(calendar, from, *at) == walked);
    RC_ASSERT(open_at(calendar, *at - minutes{1}));
  }
}

TEST(Departments, AreATreeWhosePositionsAndCalendarsAreInherited) {
  const Departments company = test::company();
  EXPECT_EQ(company.calendar_of("repair"), "long_day");
  EXPECT_EQ(company.calendar_of("market"), "business");
  EXPECT_EQ(company.calendar_of("nowhere"), kRoundTheClock);
  EXPECT_EQ(company.holders("repair", Position::head), std::vector{AgentId{31}});
  EXPECT_EQ(company.holders("repair", Position::service_supervisor), std::vector{AgentId{22}}) << "the one above";
  EXPECT_EQ(company.general_managers(), std::vector{AgentId{90}});
  EXPECT_TRUE(company.is_hotline(AgentId{1})) << "whoever is in no department";
  EXPECT_FALSE(company.is_hotline(AgentId{30}));
}

TEST(Departments, SayWhatIsWrongWithATree) {
  EXPECT_TRUE(wrong_with(std::vector<Department>{{"a", "", {}, "", false, {}}, {"b", "a", {}, "", false, {}}}).empty());
  EXPECT_EQ(wrong_with(std::vector<Department>{{"a", "b", {}, "", false, {}}, {"b", "a", {}, "", false, {}}}).size(),
            2U);
  EXPECT_EQ(wrong_with(std::vector<Department>{{"a", "c", {}, "", false, {}}}).size(), 1U);
  EXPECT_EQ(wrong_with(std::vector<Department>{{"A b", "", {}, "", false, {}}}).size(), 1U);
}

}  // namespace
}  // namespace hotline::workorder::test
