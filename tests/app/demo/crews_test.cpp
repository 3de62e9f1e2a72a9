// SPDX-License-Identifier: Apache-2.0
// Goal: wherever a customer of the demonstration city lives, somebody can install and repair on any working day.
#include "app/demo/crews.hpp"

#include <gtest/gtest.h>

#include <set>

#include "app/demo/people.hpp"

namespace hotline::app::demo {
namespace {

TEST(DemoCrews, EveryDistrictHasWindowsForInstallationAndRepair) {
  std::vector<appointment::Crew> crews;
  std::set<appointment::CrewId> ids;
  for (CrewRow& row : make_crews()) {
    EXPECT_EQ(problem_of(row.crew), std::nullopt);
    EXPECT_TRUE(ids.insert(row.crew.id).second);
    crews.push_back(std::move(row.crew));
  }
  const TimePoint monday = appointment::moment({}, 20'514, 0);
  for (const District& district : districts()) {
    const std::string area(district.exchange);
    EXPECT_EQ(free_slots(crews, {}, {{area, {"install"}}, monday, monday + std::chrono::days{1}}, monday).size(), 2u);
    EXPECT_EQ(free_slots(crews, {}, {{area, {"repair"}}, monday, monday + std::chrono::days{1}}, monday).size(), 3u);
  }
}

}  // namespace
}  // namespace hotline::app::demo
