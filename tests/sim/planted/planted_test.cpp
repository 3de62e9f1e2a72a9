// SPDX-License-Identifier: Apache-2.0
// The checks of the simulator are worth something: bugs, planted one at a time, are found, and without them the
// same worlds are clean.
#include "base/planted.hpp"

#include <gtest/gtest.h>

#include "sim/simulate.hpp"

namespace hotline {
PlantedBug planted_bug = PlantedBug::none;
}

namespace hotline::sim {
namespace {

/// What was found in the first of a few worlds in which something was.
std::optional<Violation> found_with(PlantedBug bug, const FaultKinds& faults) {
  planted_bug = bug;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const RunResult result = run(small_hotline(seed), faults);
    if (result.violation) return result.violation;
  }
  return std::nullopt;
}

class Planted : public testing::TestWithParam<FaultKinds> {};

TEST_P(Planted, NothingIsFoundWhereNothingIs) {
  const auto found = found_with(PlantedBug::none, GetParam());
  EXPECT_FALSE(found) << found->what;
}

TEST_P(Planted, AnOfferToABusyAgentIsFound) {
  const auto found = found_with(PlantedBug::offer_to_busy_agent, GetParam());
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find("agent"), std::string::npos) << found->what;
}

TEST_P(Planted, ALostCallIsFound) {
  const auto found = found_with(PlantedBug::lost_call, GetParam());
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find("wait"), std::string::npos) << found->what;
}

TEST_P(Planted, ALostCallBackIsFound) {
  const auto found = found_with(PlantedBug::lost_call_back, GetParam());
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find("call-back promised"), std::string::npos) << found->what;
}

TEST_P(Planted, ACallCountedTwiceIsFound) {
  const auto found = found_with(PlantedBug::counted_twice, GetParam());
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find("offered"), std::string::npos) << found->what;
}

INSTANTIATE_TEST_SUITE_P(Calm, Planted, testing::Values(FaultKinds{}));
INSTANTIATE_TEST_SUITE_P(EveryFault, Planted, testing::Values(FaultKinds{true, true, true, true, true, true}));

}  // namespace
}  // namespace hotline::sim
