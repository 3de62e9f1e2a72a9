// SPDX-License-Identifier: Apache-2.0
// Goal: a recording is kept as long as the rule that says most about it wants, and never deleted by a rule about
// others.
#include "app/ledger/retention.hpp"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

std::optional<Duration> days(std::int64_t count) {
  return std::chrono::hours(24 * count);
}

const Retention retention{
    180, {{"112", "", 90}, {"", "complaint", 730}, {"112", "complaint", 1'000}, {"", "legal", 0}, {"114", "", 30}}};

TEST(Retention, TheRuleThatSaysMostHolds) {
  EXPECT_EQ(kept_for(retention, "180", "other"), days(180));
  EXPECT_EQ(kept_for(retention, "112", "other"), days(90));
  EXPECT_EQ(kept_for(retention, "112", ""), days(90)) << "no reason was written";
  EXPECT_EQ(kept_for(retention, "180", "complaint"), days(730));
  EXPECT_EQ(kept_for(retention, "114", "complaint"), days(730)) << "a reason says more than a line";
  EXPECT_EQ(kept_for(retention, "112", "complaint"), days(1'000));
  EXPECT_EQ(kept_for(retention, "114", "legal"), std::nullopt) << "for ever";
  EXPECT_EQ(kept_for({}, "112", "x"), std::nullopt) << "nothing said: for ever";
}

TEST(Retention, OfTwoRulesThatSayAsMuchTheLongerTimeHoldsInEitherOrder) {
  EXPECT_EQ(kept_for({1, {{"112", "", 10}, {"112", "", 20}}}, "112", ""), days(20));
  EXPECT_EQ(kept_for({1, {{"112", "", 20}, {"112", "", 10}}}, "112", ""), days(20));
  EXPECT_EQ(kept_for({1, {{"112", "", 0}, {"112", "", 10}}}, "112", ""), std::nullopt);
  EXPECT_EQ(kept_for({1, {{"112", "", 10}, {"112", "", 0}}}, "112", ""), std::nullopt);
  EXPECT_EQ(kept_for({100, {{"112", "", 10}}}, "112", ""), days(10)) << "shorter than the general time";
}

TEST(Retention, NothingIsLookedAtThatIsYoungerThanTheShortestTime) {
  EXPECT_EQ(kept_least(retention), days(30));
  EXPECT_EQ(kept_least({}), std::nullopt);
  EXPECT_EQ(kept_least({0, {{"", "x", 5}}}), days(5));
}

TEST(Retention, ExpiresExactlyWhenItsTimeIsOver) {
  const TimePoint start = from_unix_ms(1'000'000);
  EXPECT_FALSE(is_expired(retention, "114", "", start, start + *days(30) - Duration{1}));
  EXPECT_TRUE(is_expired(retention, "114", "", start, start + *days(30)));
  EXPECT_FALSE(is_expired(retention, "", "legal", start, start + *days(100'000)));
}

}  // namespace
}  // namespace hotline::app
