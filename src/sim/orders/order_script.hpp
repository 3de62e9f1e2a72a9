// SPDX-License-Identifier: Apache-2.0
// What a simulated world of work orders is made of: the volume, who works where, and how people behave. A seed gives
// the rest. Nothing here happens by itself.
#pragma once

#include <cstdint>
#include <string>

#include "app/ports/orders.hpp"
#include "domain/workorder/chain.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::sim {

/// Chances are of one occasion, times are means of open time.
struct OrderHabits {
  double solved_at_once = 0.15, tested_first = 0.5, co_handled = 0.12, waits_for_customer = 0.03;
  double rejected = 0.04, transferred = 0.03, extension_asked = 0.06, given_back = 0.04, noted = 0.04;
  double unsatisfied = 0.06, unreached = 0.15, not_passed = 0.05, reopened = 0.015, withdrawn = 0.03;
  double chased = 0.05, repeated = 0.03, handed_over = 0.02;
  double late = 0.08;        ///< of a department's acts: takes six times as long
  double thinks_long = 0.2;  ///< reads the order, and acts on what it was some minutes later
  Duration hotline_acts{600'000}, department_accepts{3'600'000}, department_works{5 * 3'600'000};
};

/// What may go wrong.
struct OrderFaults {
  bool departments = false;  ///< crash: everything in hand and not acknowledged is lost; they come back hours later
  bool core = false;         ///< dies before or after a commit, and loses all that was not committed
  bool store = false;        ///< fails; the outcome of a commit may be unknown
  bool races = false;        ///< two people act on one order in the same moment
  [[nodiscard]] bool any() const { return departments || core || store || races; }
};
[[nodiscard]] inline OrderFaults every_order_fault() {
  return {true, true, true, true};
}

struct OrderScript {
  std::uint64_t seed = 1;
  TimePoint begins{};  ///< a local midnight
  std::chrono::days days{30};
  /// The seed's month: 18,000 orders, 12,000 fault reports, 3,000 complaints. `others`: of each further type.
  std::size_t product_orders = 18'000, fault_reports = 12'000, complaints = 3'000, others = 20;
  std::chrono::days settles_within{90};  ///< after the last order came
  std::uint64_t agents = 60, supervisors = 6, quality = 6;
  Duration department_crashes_every{3 * 86'400'000LL}, core_dies_every{4 * 3'600'000};
  double race = 0.01, store_fails = 0.002;  ///< of commits
  OrderHabits habits;
  app::Organisation organisation;
  workorder::TypeBook types;
  workorder::HashFunction sha256;
};

/// The month with the demonstration city's departments; public holidays fall into it.
[[nodiscard]] OrderScript order_month(workorder::TypeBook types, workorder::HashFunction sha256);
/// Ten days and a few hundred orders of every type, in which everything that is rare happens often.
[[nodiscard]] OrderScript small_order_world(std::uint64_t seed, workorder::TypeBook types,
                                            workorder::HashFunction sha256);

}  // namespace hotline::sim
