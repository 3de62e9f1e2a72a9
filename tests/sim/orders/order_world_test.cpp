// SPDX-License-Identifier: Apache-2.0
// Small worlds of work orders, with and without faults: every rule holds after every step, everything that can happen
// to an order happens in them, and a seed gives one run.
#include "sim/orders/order_worlds.hpp"

namespace hotline::sim {
namespace {

using std::chrono::hours;

TEST(OrderWorld, HoldsItsRulesWithoutFaults) {
  const OrderRun run = run_small(1, {});
  EXPECT_FALSE(run.violation) << run.violation->what << " at step " << run.violation->step;
  EXPECT_EQ(run.core.deaths, 0U);
  EXPECT_EQ(run.people.repeated_commands, 0U);
}

TEST(OrderWorld, HoldsItsRulesWhateverFails) {
  OrderRun all;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const OrderRun run = run_small(seed, every_order_fault());
    ASSERT_FALSE(run.violation) << "seed " << seed << " step " << run.violation->step << ": " << run.violation->what;
    EXPECT_GE(run.orders.closed, run.orders.orders) << "each is closed in the end, some more than once";
    all.core.deaths += run.core.deaths;
    all.core.store_failures += run.core.store_failures;
    all.core.races += run.core.races;
    all.people.department_crashes += run.people.department_crashes;
    all.people.lost_in_hand += run.people.lost_in_hand;
    all.people.repeated_commands += run.people.repeated_commands;
    all.orders.reopened += run.orders.reopened;
    all.orders.merged += run.orders.merged;
    all.orders.extensions += run.orders.extensions;
    all.orders.co_handled += run.orders.co_handled;
    all.orders.returned += run.orders.returned;
    all.orders.arbitrated += run.orders.arbitrated;
    all.orders.waits += run.orders.waits;
    all.orders.escalations += run.orders.escalations;
  }
  // A world in which these do not happen shows nothing about them.
  for (const std::uint64_t count :
       {all.core.deaths, all.core.store_failures, all.core.races, all.people.department_crashes,
        all.people.lost_in_hand, all.people.repeated_commands, all.orders.reopened, all.orders.merged,
        all.orders.extensions, all.orders.co_handled, all.orders.returned, all.orders.arbitrated, all.orders.waits,
        all.orders.escalations})
    EXPECT_GT(count, 0U);
}

TEST(OrderWorld, IsTheSameForTheSameSeed) {
  const OrderRun first = run_small(7, every_order_fault()), again = run_small(7, every_order_fault());
  EXPECT_EQ(first.hash, again.hash);
  EXPECT_EQ(first.steps, again.steps);
  EXPECT_NE(run_small(8, every_order_fault()).hash, first.hash);
}

/// The checks' measure of open time and the engine's were written apart.
TEST(OpenTime, AgreesWithTheEnginesMeasure) {
  const OrderScript script = order_month(shipped_types(), vault::sha256_hex);
  Stream chance(5, "open time");
  for (const workorder::Calendar& calendar : script.organisation.calendars) {
    const OpenTime open(calendar, script.begins, std::chrono::days{60});
    for (int i = 0; i < 500; ++i) {
      const TimePoint from = script.begins + chance.between(Duration{0}, hours{20 * 24});
      const TimePoint to = from + chance.between(Duration{0}, hours{15 * 24});
      EXPECT_EQ(open.between(from, to), workorder::open_between(calendar, from, to));
      const Duration wanted = chance.between(Duration{1}, hours{60});
      EXPECT_EQ(open.after(from, wanted), workorder::after_open(calendar, from, wanted));
    }
  }
}

}  // namespace
}  // namespace hotline::sim
