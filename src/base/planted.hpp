// SPDX-License-Identifier: Apache-2.0
// Bugs planted on purpose, one at a time, in the one test program that is built with HOTLINE_PLANTED_BUGS
// (tests/sim/planted): it shows that the simulator's checks find them. Everywhere else is_planted() is false at compile
// time and nothing of them is left.
#pragma once

#include <cstdint>

namespace hotline {

enum class PlantedBug : std::uint8_t { none, offer_to_busy_agent, lost_call, lost_call_back, counted_twice };

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
