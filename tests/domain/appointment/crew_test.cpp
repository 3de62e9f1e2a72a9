// SPDX-License-Identifier: Apache-2.0
// Goal: the customer is shown exactly the windows that a fitting crew still has room in.
#include "domain/appointment/crew.hpp"

#include <gmock/gmock.h>

namespace hotline::appointment {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

// Monday, 2001-07-02, midnight in a city eight hours east of Greenwich.
const TimePoint monday = TimePoint{days{11'505}} - hours{8};
TimePoint at(int day, int hour) {
  return monday + days{day} + hours{hour};
}

Crew crew(std::uint64_t id, int capacity = 2) {
  Crew one{CrewId{id}, "crew " + std::to_string(id), {"east"}, {"install", "repair"}};
  for (int weekday = 0; weekday < 5; ++weekday) one.week[weekday] = {{510, 690, capacity}, {810, 1020, capacity}};
  return one;
}
Search search(int from_day, int to_day) {
  return {{"east", {"install"}}, at(from_day, 0), at(to_day, 0)};
}

TEST(FreeSlots, AreTheWindowsOfTheShiftsInOrder) {
  const auto offers = free_slots({crew(1)}, {}, search(0, 2), at(0, 0));
  ASSERT_EQ(offers.size(), 4u);
  EXPECT_EQ(offers[0].begins, monday + minutes{510});
  EXPECT_EQ(offers[0].ends, monday + minutes{690});
  EXPECT_EQ(offers[0].free, 2);
  EXPECT_EQ(offers[3].slot, (Slot{CrewId{1}, 11'506, 810}));
}

TEST(FreeSlots, EndWithTheWeekend) {
  EXPECT_TRUE(free_slots({crew(1)}, {}, search(5, 7), at(0, 0)).empty());
}

TEST(FreeSlots, FollowADayOfItsOwn) {
  Crew working_saturday = crew(1);
  working_saturday.days[11'510] = {{600, 720, 1}};
  working_saturday.days[11'505] = {};  // a holiday
  EXPECT_TRUE(free_slots({working_saturday}, {}, search(0, 1), at(-1, 0)).empty());
  EXPECT_EQ(free_slots({working_saturday}, {}, search(5, 6), at(0, 0)).size(), 1u);
}

TEST(FreeSlots, LeaveOutWhatIsFull) {
  const auto offers = free_slots({crew(1)}, {{Slot{CrewId{1}, 11'505, 510}, 2}, {Slot{CrewId{1}, 11'505, 810}, 1}},
                                 search(0, 1), at(0, 0));
  ASSERT_EQ(offers.size(), 1u);
  EXPECT_EQ(offers[0].slot.from, 810);
  EXPECT_EQ(offers[0].free, 1);
}

TEST(FreeSlots, OfferAWindowOnceByTheCrewWithMostRoom) {
  const auto offers =
      free_slots({crew(1), crew(2), crew(3, 1)}, {{Slot{CrewId{1}, 11'505, 510}, 1}}, search(0, 1), at(0, 0));
  ASSERT_EQ(offers.size(), 2u);
  EXPECT_EQ(offers[0].slot.crew, CrewId{2});
  EXPECT_EQ(offers[1].slot.crew, CrewId{1});  // as much room as the second: the lower id
}

TEST(FreeSlots, LeaveTheCrewTimeToLearnOfIt) {
  EXPECT_EQ(free_slots({crew(1)}, {}, search(0, 1), monday + minutes{451}).size(), 1u);
  EXPECT_EQ(free_slots({crew(1)}, {}, search(0, 1), monday + minutes{450}).size(), 2u);
}

TEST(FreeSlots, NeedAreaAndAllSkills) {
  Search other = search(0, 1);
  other.need.skills = {"install", "fibre"};
  EXPECT_TRUE(free_slots({crew(1)}, {}, other, at(0, 0)).empty());
  other = search(0, 1);
  other.need.area = "west";
  EXPECT_TRUE(free_slots({crew(1)}, {}, other, at(0, 0)).empty());
}

TEST(FreeSlots, AreBoundedInNumberAndDays) {
  Search far = search(0, 10'000);
  EXPECT_EQ(free_slots({crew(1)}, {}, far, at(0, 0)).size(), 50u);
  far.most = 10'000;
  const auto offers = free_slots({crew(1)}, {}, far, at(0, 0));
  EXPECT_LE(offers.back().begins, at(63, 0));
}

TEST(CrewShifts, AreRefusedWithTheWindowThatIsWrong) {
  const auto problem = [](std::vector<Window> windows) {
    Crew wrong = crew(1);
    wrong.week[2] = std::move(windows);
    return problem_of(wrong).value_or("");
  };
  EXPECT_EQ(problem_of(crew(1)), std::nullopt);
  EXPECT_THAT(problem({{510, 690, 2}, {600, 800, 2}}), HasSubstr("minute 600 begins before"));
  EXPECT_THAT(problem({{510, 520, 2}}), HasSubstr("15 minutes"));
  EXPECT_THAT(problem({{1400, 1450, 2}}), HasSubstr("0 to 1440"));
  EXPECT_THAT(problem({{510, 690, 0}}), HasSubstr("1 to 200"));
  Crew eighth = crew(1);
  eighth.week[7] = {{510, 690, 2}};
  EXPECT_THAT(problem_of(eighth).value_or(""), HasSubstr("weekday"));
}

}  // namespace
}  // namespace hotline::appointment
