// SPDX-License-Identifier: Apache-2.0
// Each rule that the worlds of work orders are checked for can fail: a bug that breaks it, planted alone, is found and
// named, and without it the same worlds are clean.
#include "base/planted.hpp"
#include "sim/orders/order_worlds.hpp"

namespace hotline {
PlantedBug planted_bug = PlantedBug::none;
}

namespace hotline::sim {
namespace {

/// What was found in the first of a few worlds in which something was.
std::optional<OrderViolation> found_with(PlantedBug bug) {
  planted_bug = bug;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const OrderRun run = run_small(seed, every_order_fault());
    if (run.violation) return run.violation;
  }
  return std::nullopt;
}

TEST(NothingPlantedInOrders, NothingIsFound) {
  const auto found = found_with(PlantedBug::none);
  EXPECT_FALSE(found) << found->what;
}

struct Bug {
  const char* name;
  PlantedBug bug;
  const char* said;
  friend void PrintTo(const Bug& bug, std::ostream* out) { *out << bug.name; }
};
class PlantedInOrders : public testing::TestWithParam<Bug> {};

TEST_P(PlantedInOrders, IsFound) {
  const auto found = found_with(GetParam().bug);
  ASSERT_TRUE(found);
  EXPECT_NE(found->what.find(GetParam().said), std::string::npos) << found->what;
  EXPECT_GT(found->step, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    , PlantedInOrders,
    testing::Values(Bug{"AskedTooSeldom", PlantedBug::asked_too_seldom, "without the customer told and asked"},
                    Bug{"ClosedTimeCounted", PlantedBug::closed_time_counted, "its calendar was open for"},
                    Bug{"EscalatedAgain", PlantedBug::escalated_again, "was given twice"},
                    Bug{"EscalationSwallowed", PlantedBug::escalation_swallowed, "its deadline is not when"},
                    Bug{"RepeatForgotten", PlantedBug::repeat_forgotten,
                        "was merged into an order that has its result"},
                    Bug{"UpdateLost", PlantedBug::update_lost, "told it is done, and it is not stored"},
                    Bug{"InboxForgets", PlantedBug::inbox_forgets, "inbox does not have"},
                    Bug{"ChainBroken", PlantedBug::chain_broken, "does not follow from the hash"},
                    Bug{"StateBesideHistory", PlantedBug::state_beside_history, "is not what its history says"},
                    Bug{"NobodyMay", PlantedBug::nobody_may, "is stuck in \"disputed\""}),
    [](const auto& bug) { return std::string(bug.param.name); });

}  // namespace
}  // namespace hotline::sim
