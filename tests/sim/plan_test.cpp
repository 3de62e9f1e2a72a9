// SPDX-License-Identifier: Apache-2.0
// The capacity planner: reads forecasts, and tells what the formulas tell where they hold.
#include "sim/plan.hpp"

#include <gtest/gtest.h>

namespace hotline::sim {
namespace {

TEST(Plan, SimulationAndErlangAAgreeOnASteadyDay) {
  PlanInput input;
  input.wrap_up = Duration{60'000};
  input.patience = Duration{300'000};
  for (int i = 0; i < 8; ++i) input.rows.push_back({"", 360, 50});
  const PlanResult result = *plan(input, {});
  ASSERT_EQ(result.rows.size(), 8U);
  const PlanResult::Row& late = result.rows.back();  // the day begins empty
  EXPECT_NEAR(late.simulated.abandoned, late.erlang_a.abandoned, 0.015);
  EXPECT_NEAR(late.simulated.service_level, late.erlang_a.service_level, 0.06);
  EXPECT_NEAR(late.simulated.occupancy, late.erlang_a.occupancy, 0.03);
  EXPECT_NEAR(late.erlang_a.abandoned, 0.0366, 0.0001);
  EXPECT_GT(result.trunks, 38);  // 0.2 calls a second for about 190 s
  EXPECT_LT(result.trunks, 60);
  EXPECT_GE(result.trunks_max, 45U);
}

TEST(Plan, MoreAgentsServeBetter) {
  PlanInput input;
  input.rows = {{"09:00", 300, 34}, {"09:30", 300, 34}};
  const double few = plan(input, {})->day.service_level;
  for (PlanRow& row : input.rows) row.agents = 40;
  EXPECT_GT(plan(input, {})->day.service_level, few + 0.05);
}

TEST(Plan, FindsTheLeastStaffForAServiceLevel) {
  PlanInput input;
  input.patience = Duration{0};
  input.handling = Duration{240'000};
  input.wrap_up = Duration{0};
  input.threshold = Duration{15'000};
  // 55 agents reach 84.6 % (erlang_test.cpp).
  EXPECT_EQ(agents_for(input, 360, 0.84), 55U);
  EXPECT_EQ(agents_for(input, 0, 0.8), 0U);
}

TEST(Forecast, ReadsTimesAndAveragesDays) {
  Duration interval{};
  const auto rows = read_forecast(
      "datetime,calls\n2003-03-03T07:00:00,100\n2003-03-03T07:05:00,50\r\n"
      "2003-03-04T07:00:00,200\n2003-03-04T07:05:00,70\n",
      interval);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].time, "07:00");
  EXPECT_EQ((*rows)[0].calls, 150);
  EXPECT_EQ((*rows)[1].calls, 60);
  EXPECT_EQ(interval, std::chrono::minutes{5});
  const auto staffed = read_forecast("time,calls,agents\n09:00,120,14\n", interval);
  ASSERT_TRUE(staffed);
  EXPECT_EQ(staffed->front().agents, 14U);
}

TEST(Forecast, SaysWhatIsWrongAndWhere) {
  Duration interval{};
  for (const char* text : {"time,calls\n09:00,-3\n", "time,calls\n09:00,many\n", "time,calls\n09:00,1,2,3\n"})
    EXPECT_EQ(read_forecast(text, interval).error().what.substr(0, 6), "line 2") << text;
  EXPECT_EQ(read_forecast("time,calls\n25:00,3\n", interval).error().what.substr(0, 6), "line 2");
  EXPECT_FALSE(read_forecast("time,calls\n", interval));
}

}  // namespace
}  // namespace hotline::sim
