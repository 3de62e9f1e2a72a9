// SPDX-License-Identifier: Apache-2.0
// Admission by trunks, and callers of the last hour.
#include "domain/acd/admission.hpp"

#include <gtest/gtest.h>

#include "domain/acd/recent_callers.hpp"

namespace hotline::acd {
namespace {

using Shares = std::map<std::string, TrunkShare>;

TEST(Admission, reserved_trunks_are_kept_for_their_line) {
  Shares lines{{"112", {.reserved = 3}}, {"114", {}}};
  for (int i = 0; i < 7; ++i, ++lines["114"].in_use) EXPECT_EQ(admit(10, lines, "114"), Admission::admitted) << i;
  EXPECT_EQ(admit(10, lines, "114"), Admission::trunks_full);
  for (int i = 0; i < 3; ++i, ++lines["112"].in_use) EXPECT_EQ(admit(10, lines, "112"), Admission::admitted) << i;
  EXPECT_EQ(admit(10, lines, "112"), Admission::trunks_full) << "there are no more";
  --lines["114"].in_use;
  EXPECT_EQ(admit(10, lines, "112"), Admission::admitted) << "beyond its reserve it takes what is free";
  EXPECT_EQ(admit(10, lines, "114"), Admission::admitted);
}

TEST(Admission, a_line_has_no_more_than_it_may_whatever_is_free) {
  Shares lines{{"112", {.reserved = 0, .most = 2, .in_use = 2}}};
  EXPECT_EQ(admit(100, lines, "112"), Admission::line_full);
  EXPECT_EQ(admit(0, lines, "112"), Admission::line_full);
  EXPECT_EQ(admit(0, lines, "114"), Admission::admitted) << "trunks unknown, line unknown";
}

TEST(RecentCallers, who_called_within_the_time_is_known_with_their_agents) {
  RecentCallers callers;
  const TimePoint start{};
  const Duration hour{3'600'000};
  callers.ended("1", start, AgentId{7});
  callers.ended("1", start + Duration{1000}, AgentId{8});
  callers.ended("1", start + Duration{2000}, std::nullopt);
  const auto* known = callers.find("1", start + Duration{5000}, hour);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->owner, AgentId{7});
  EXPECT_EQ(known->agent, AgentId{8});
  EXPECT_EQ(callers.find("2", start, hour), nullptr);
  EXPECT_EQ(callers.find("1", start + hour + Duration{2001}, hour), nullptr);
  EXPECT_EQ(callers.size(), 0U) << "and forgotten";
}

TEST(RecentCallers, no_more_are_kept_than_agreed) {
  RecentCallers callers(100);
  for (int i = 0; i < 1000; ++i) callers.ended(std::to_string(i), TimePoint{} + Duration{i}, std::nullopt);
  EXPECT_EQ(callers.size(), 100U);
  EXPECT_NE(callers.find("999", TimePoint{} + Duration{1000}, Duration{3'600'000}), nullptr);
}

}  // namespace
}  // namespace hotline::acd
