// SPDX-License-Identifier: Apache-2.0
// The order of a service line's stages, and what it must have shown before it is taken in.
#include "domain/service_line/life_cycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::service_line {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const Conditions conditions{Duration{1000}, 100, 0.8, 0.05};

TEST(LifeCycle, a_line_is_perfected_first_then_tried_then_taken_in) {
  const Measured good{200, 190, 170, 10};
  EXPECT_THAT(obstacles(Stage::standalone, Stage::trial, conditions, {}), IsEmpty());
  EXPECT_THAT(obstacles(Stage::standalone, Stage::integrated, conditions, good), SizeIs(1));
  EXPECT_THAT(obstacles(Stage::trial, Stage::integrated, conditions, good), IsEmpty());
  EXPECT_THAT(obstacles(Stage::integrated, Stage::integrated, conditions, {}), IsEmpty());
  EXPECT_THAT(obstacles(Stage::retired, Stage::integrated, conditions, good), SizeIs(1));
}

TEST(LifeCycle, each_condition_that_is_not_met_is_named) {
  EXPECT_THAT(obstacles(Stage::trial, Stage::integrated, conditions, {}), SizeIs(2)) << "no calls, no level";
  EXPECT_THAT(obstacles(Stage::trial, Stage::integrated, conditions, {99, 99, 99, 0}), SizeIs(1));
  EXPECT_THAT(obstacles(Stage::trial, Stage::integrated, conditions, {100, 100, 79, 0}), SizeIs(1));
  const auto found = obstacles(Stage::trial, Stage::integrated, conditions, {100, 94, 94, 6});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0], "6.0 % of its callers gave up; at most 5.0 % may.");
  EXPECT_THAT(obstacles(Stage::trial, Stage::integrated, conditions, {100, 95, 80, 5}), IsEmpty()) << "just so";
}

TEST(LifeCycle, names_read_back_and_joined_lines_share) {
  for (const Stage stage : {Stage::standalone, Stage::trial, Stage::integrated, Stage::outsourced, Stage::retired}) {
    EXPECT_EQ(stage_from(to_string(stage)), stage);
    EXPECT_EQ(is_joined(stage), stage == Stage::trial || stage == Stage::integrated);
  }
  EXPECT_FALSE(stage_from("asleep"));
}

}  // namespace
}  // namespace hotline::service_line
