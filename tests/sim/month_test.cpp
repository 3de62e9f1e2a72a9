// SPDX-License-Identifier: Apache-2.0
// The month in small: one day of it through the routing core, every call accounted for, and the same again by its seed.
#include "sim/month.hpp"

#include <gtest/gtest.h>

namespace hotline::sim {
namespace {

MonthOptions one_day() {
  MonthOptions options;
  options.days = 1;
  options.calls = 43'866;
  return options;
}

TEST(Month, EveryCallOfADayEndsOnceAndTheRulesHoldThroughout) {
  Traffic traffic(month_script(one_day()));
  while (traffic.run_interval()) {
    const auto broken = traffic.violations();
    ASSERT_TRUE(broken.empty()) << broken.front();
  }
  const TrafficFigures day = traffic.total();
  EXPECT_EQ(day.calls, 43'866);
  EXPECT_EQ(day.calls, day.blocked + day.self_service + day.refused + day.queued);
  EXPECT_EQ(day.queued, day.service.answered + day.service.abandoned + day.called_back);
  // Waiting callers hear their place, some are sent on, some are called back, and most of those are reached.
  EXPECT_GT(day.announcements, 0);
  EXPECT_GT(day.sent_on, day.called_back);
  EXPECT_GT(day.called_back, 0);
  EXPECT_EQ(day.call_backs_done, day.called_back);
  EXPECT_GT(day.call_backs_reached, day.called_back / 2);
  // A believable day: most are served by the flow, and nearly all of the others by an agent.
  EXPECT_GT(day.self_service, day.calls / 2);
  EXPECT_GT(day.service.answered, day.queued * 8 / 10);
  EXPECT_GT(day.no_answers, 0);
  EXPECT_LE(day.trunks_max, 300U);
}

TEST(Month, ASeedGivesTheSameDay) {
  MonthOptions options = one_day();
  options.calls = 3'000;
  const auto hash = [](const MonthOptions& of) {
    Traffic traffic(month_script(of));
    while (traffic.run_interval()) {
    }
    return traffic.hash();
  };
  const auto once = hash(options);
  EXPECT_EQ(once, hash(options));
  options.seed = 2;
  EXPECT_NE(once, hash(options));
}

}  // namespace
}  // namespace hotline::sim
