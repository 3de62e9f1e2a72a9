// SPDX-License-Identifier: Apache-2.0
// The capacity planner's port: a forecast and a staff, or a goal, in; what they lead to, out. Whoever computes it
// (sim/plan.hpp) takes seconds of CPU: never on the live strand.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hotline::app {

struct PlanRow {
  std::string time;  ///< for people: "09:30"
  double calls = 0;  ///< expected in the interval
  std::uint32_t agents = 0;
};

struct PlanInput {
  std::vector<PlanRow> rows;
  Duration interval{1'800'000};
  Duration handling{180'000}, wrap_up{30'000};  ///< means of talk and of the work after it
  double handling_variation = 0;                ///< 0: exponential, as the formulas assume
  Duration patience{180'000};                   ///< mean; 0: endless
  Duration threshold{20'000};
  double goal = 0;          ///< service level for which the least agents are found (Erlang); 0: the rows say how many
  double blocking = 0.01;   ///< share of calls that may find no trunk
  std::uint32_t days = 20;  ///< simulated, and averaged
  std::uint64_t seed = 1;
};

struct PlanFigures {
  double service_level = 1, abandoned = 0, occupancy = 0;
  double mean_wait_s = 0;  ///< infinite where a queue grows without end
};

struct PlanResult {
  struct Row {
    PlanRow plan;  ///< with the agents that were asked for or found
    PlanFigures simulated, erlang_a, erlang_c;
    double trunks_busy = 0;   ///< mean, simulated: waiting and talking
    std::int64_t trunks = 0;  ///< needed by Erlang B for them
  };
  std::vector<Row> rows;
  PlanFigures day;               ///< simulated; weighted by calls
  std::int64_t trunks = 0;       ///< of the busiest row
  std::uint32_t trunks_max = 0;  ///< most at once in all simulated days
};

/// Asked now and then during the computation; true: it is not wanted any more.
using PlanStop = std::function<bool()>;
/// nullopt: stopped. Any thread; several at once do not know of each other.
using Planner = std::function<std::optional<PlanResult>(const PlanInput&, const PlanStop&)>;

}  // namespace hotline::app
