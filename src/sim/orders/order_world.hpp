// SPDX-License-Identifier: Apache-2.0
// A month of work orders in virtual time: the real app::OrderDesk and domain/workorder, everything around them scripted
// (docs/adr/0032). One seed, one world, one trace.
#pragma once

#include <memory>

#include "sim/orders/order_people.hpp"

namespace hotline::sim {

struct OrderViolation {
  std::uint64_t seed = 0, step = 0;
  Duration at{};  ///< since the beginning
  std::string what;
};

struct OrderRun {
  std::uint64_t steps = 0, hash = 0;
  OrderChecks::Figures orders;
  OrderCore::Figures core;
  OrderPeople::Figures people;
  std::chrono::days days{};                 ///< until the last order was closed
  std::optional<OrderViolation> violation;  ///< the first one; the run ends there
};

/// Runs to the end, or to the first rule that is broken. `line` gets every event, `watch` every commit, when set.
[[nodiscard]] OrderRun run_orders(const OrderScript& script, const OrderFaults& faults, Trace::Line line = {},
                                  std::function<void(const app::OrderCommit&)> watch = {});

}  // namespace hotline::sim
