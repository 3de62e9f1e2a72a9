// SPDX-License-Identifier: Apache-2.0
// The capacity planner: a forecast and a staff in, what callers and agents will have of it out, simulated by the
// product's own routing and beside it Erlang B, C and A. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "sim/erlang.hpp"
#include "sim/traffic.hpp"

namespace hotline::sim {

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
  double blocking = 0.01;   ///< share of calls that may find no trunk
  std::uint32_t days = 20;  ///< simulated, and averaged
  std::uint64_t seed = 1;
};

struct PlanFigures {
  double service_level = 1, abandoned = 0, occupancy = 0, mean_wait_s = 0;
};

struct PlanResult {
  struct Row {
    PlanRow plan;
    PlanFigures simulated, erlang_a, erlang_c;
    double trunks_busy = 0;   ///< mean, simulated: waiting and talking
    std::int64_t trunks = 0;  ///< needed by Erlang B for them
  };
  std::vector<Row> rows;
  PlanFigures day;               ///< simulated; weighted by calls
  std::int64_t trunks = 0;       ///< of the busiest row
  std::uint32_t trunks_max = 0;  ///< most at once in all simulated days
};

[[nodiscard]] PlanResult plan(const PlanInput& input);
/// The least agents with whom Erlang A (C with endless patience) reaches this service level in a row.
[[nodiscard]] std::uint32_t agents_for(const PlanInput& input, double calls, double service_level);

/// Rows of "time,calls" or "time,calls,agents" after a heading; with dates in front ("2003-03-03T07:00:00") the mean of
/// all days. `interval` is set when two times tell it.
[[nodiscard]] Result<std::vector<PlanRow>, Problem> read_forecast(const std::string& text, Duration& interval);

}  // namespace hotline::sim
