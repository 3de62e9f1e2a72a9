// SPDX-License-Identifier: Apache-2.0
// Bugs planted on purpose, one at a time, in the one test program that is built with HOTLINE_PLANTED_BUGS
// (tests/sim/planted): it shows that the simulator's checks find them. Everywhere else is_planted() is false at compile
// time and nothing of them is left.
#pragma once

#include <cstdint>

namespace hotline {

enum class PlantedBug : std::uint8_t {
  none,
  // calls
  offer_to_busy_agent,
  lost_call,
  lost_call_back,
  counted_twice,
  // work orders
  asked_too_seldom,      ///< one attempt to reach the customer counts as asked
  closed_time_counted,   ///< clocks count nights and holidays too
  escalated_again,       ///< each escalation is given once more
  escalation_swallowed,  ///< the deadline of an order that was chased is forgotten
  repeat_forgotten,      ///< a merged order does not get the main order's result
  update_lost,           ///< what came too late is said to be done
  inbox_forgets,         ///< an accepted order is not in the department's inbox any more
  chain_broken,          ///< a line's hash does not cover the lines before it
  state_beside_history,  ///< the stored state has something that no line says
  nobody_may             ///< a rejected order is nobody's to arbitrate
};

#ifdef HOTLINE_PLANTED_BUGS
extern PlantedBug planted_bug;  ///< set by the test
// static: this and the other definition must never be taken for one function.
static inline bool is_planted(PlantedBug bug) {
  return planted_bug == bug;
}
#else
static constexpr bool is_planted(PlantedBug /*bug*/) {
  return false;
}
#endif

}  // namespace hotline
