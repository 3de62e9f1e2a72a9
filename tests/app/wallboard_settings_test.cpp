// SPDX-License-Identifier: Apache-2.0
// Goal: a limit colours what is beyond it and nothing else, the special one goes before the general one, and what
// cannot be meant is refused.
#include "app/wallboard_settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/day_figures.hpp"

namespace hotline::app {
namespace {

TEST(WallboardSettings, AFigureIsJudgedByItsDirection) {
  const BoardLimit wait{"longest_wait_s", "", 20, 60, false};
  EXPECT_STREQ(judge(wait, 20), "");
  EXPECT_STREQ(judge(wait, 20.1), "warn");
  EXPECT_STREQ(judge(wait, 61), "bad");
  const BoardLimit level{"service_level", "", 0.8, 0.7, false};
  EXPECT_STREQ(judge(level, 0.8), "");
  EXPECT_STREQ(judge(level, 0.79), "warn");
  EXPECT_STREQ(judge(level, 0.69), "bad");
}

TEST(WallboardSettings, AScopesOwnLimitGoesBeforeTheGeneralOne) {
  const std::vector<BoardLimit> limits{{"waiting", "", 5, 10, false}, {"waiting", "vip", 1, 2, true}};
  EXPECT_EQ(limit_of(limits, "waiting", "vip")->bad, 2);
  EXPECT_EQ(limit_of(limits, "waiting", "general")->bad, 10);
  EXPECT_EQ(limit_of(limits, "ready", "general"), nullptr);
}

TEST(WallboardSettings, WhatIsStoredIsReadAgain) {
  WallboardSettings settings;
  settings.formula = "abandons_left_out";
  settings.limits = {{"waiting", "vip", 1, 2, true}};
  const WallboardSettings again = settings_from(jsonmap::write(settings));
  EXPECT_EQ(again.formula, "abandons_left_out");
  ASSERT_EQ(again.limits.size(), 1U);
  EXPECT_TRUE(again.limits[0].alarm);
  EXPECT_EQ(settings_from("").formula, "abandons_are_failures");
  EXPECT_EQ(settings_from("{broken").limits.size(), 0U);
}

TEST(WallboardSettings, WhatCannotBeMeantIsRefused) {
  const auto refused = [](const char* json) { return !jsonmap::read<WallboardSettings>(json).has_value(); };
  EXPECT_FALSE(refused(R"({"formula":"abandons_left_out","limits":[]})"));
  EXPECT_TRUE(refused(R"({"formula":"best","limits":[]})"));
  EXPECT_TRUE(refused(
      R"({"formula":"abandons_left_out","limits":[{"figure":"mood","scope":"","warn":1,"bad":2,"alarm":false}]})"));
  EXPECT_TRUE(refused(
      R"({"formula":"abandons_left_out","limits":[{"figure":"waiting","scope":"","warn":3,"bad":2,"alarm":false}]})"));
  EXPECT_TRUE(refused(
      R"({"formula":"abandons_left_out","limits":[{"figure":"ready","scope":"","warn":1,"bad":2,"alarm":false}]})"));
}

TEST(WallboardSettings, EachFigureAndFormulaHasItsName) {
  for (const BoardLimit& limit : usual_limits())
    EXPECT_NE(std::find(board_figures().begin(), board_figures().end(), limit.figure), board_figures().end());
  for (const char* name :
       {"abandons_are_failures", "abandons_in_time_are_served", "abandons_left_out", "early_abandons_left_out"})
    EXPECT_STREQ(to_string(*formula_from(name)), name);
}

/// The published example (kpi_service_level_vector.json), counted as the wallboard counts.
TEST(DayFigures, TheFourFormulasOfTheWallboardAreThePublishedOnes) {
  DayFigures day;
  for (int i = 0; i < 1000; ++i) ++day.answered;
  day.answered_in_time = 860;
  for (int i = 0; i < 60; ++i)
    count_end(day, std::string("abandoned"), Duration{i < 20 ? 10'000 : 30'000}, {}, {}, Duration{20'000});
  using Formula = ServiceLevelFormula;
  EXPECT_NEAR(service_level(day.service(), Formula::abandons_in_time_are_served), 0.830189, 5e-7);
  EXPECT_NEAR(service_level(day.service(), Formula::abandons_left_out), 0.86, 5e-7);
  EXPECT_NEAR(service_level(day.service(), Formula::abandons_are_failures), 0.811321, 5e-7);
  EXPECT_NEAR(service_level(day.service(), Formula::early_abandons_left_out), 0.826923, 5e-7);
}

}  // namespace
}  // namespace hotline::app
