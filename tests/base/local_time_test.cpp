// SPDX-License-Identifier: Apache-2.0
// Goal: days, times of day and spans are read and written as people write them, and a calendar's own day beats its
// week.
#include "base/local_time.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace hotline {
namespace {

using std::chrono_literals::operator""min;

TEST(LocalTime, a_day_begins_at_its_own_midnight) {
  const auto day = day_from("2026-10-01");
  ASSERT_TRUE(day);
  const TimePoint midnight = midnight_of(*day, 480min);
  EXPECT_EQ(local_day(midnight, 480min), *day);
  EXPECT_EQ(local_day(midnight - Duration{1}, 480min), *day - 1);
  EXPECT_EQ(local_day(midnight, 0min), *day - 1) << "in Greenwich it is still the day before";
  EXPECT_EQ(weekday_of(*day), 3) << "a Thursday";
  EXPECT_EQ(weekday_of(-4), 6) << "a Sunday before 1970";
}

TEST(LocalTime, dates_are_read_and_written_alike) {
  for (const char* text : {"1970-01-01", "2026-02-28", "2028-02-29", "0001-01-01", "9999-12-31"})
    EXPECT_EQ(day_text(day_from(text).value()), text);
  for (const char* text : {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "2026/10/01", "26-10-01", "",
                           "-026-10-01", "2026-10-+1", "2026-10-01 ", "2026-10-1x"})
    EXPECT_FALSE(day_from(text)) << text;
}

TEST(LocalTime, times_of_day_and_spans_have_their_whole_form) {
  EXPECT_EQ(minute_from("00:00"), 0);
  EXPECT_EQ(minute_from("24:00"), 1440);
  for (const char* text : {"24:01", "8:30", "08:60", "0830", "-1:00", "08:3"}) EXPECT_FALSE(minute_from(text)) << text;
  EXPECT_EQ(span_from("08:30-11:30"), std::pair(510, 690));
  for (const char* text : {"08:30", "08:30-", "08:30 11:30", "08:30-25:00"}) EXPECT_FALSE(span_from(text)) << text;
}

TEST(LocalTime, a_date_of_its_own_replaces_the_weekday) {
  struct {
    std::map<int, std::vector<int>> week{{3, {1}}};
    std::map<std::int64_t, std::vector<int>> days{};
  } calendar;
  const std::int64_t thursday = 0;
  EXPECT_EQ(spans_of(calendar, thursday), std::vector{1});
  EXPECT_TRUE(spans_of(calendar, thursday + 1).empty());
  calendar.days[thursday] = {};
  EXPECT_TRUE(spans_of(calendar, thursday).empty()) << "a holiday";
}

}  // namespace
}  // namespace hotline
