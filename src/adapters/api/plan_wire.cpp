// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/plan_wire.hpp"

#include <algorithm>
#include <cmath>

namespace hotline::api {
namespace {

/// A day in intervals of five minutes.
constexpr std::size_t rows_max = 288;
constexpr double calls_a_row_max = 100'000;
constexpr std::int64_t agents_max = 5'000;
/// A few seconds of CPU (docs/benchmarks.md).
constexpr double simulated_calls_max = 1'000'000;

bool within(Duration value, Duration low, Duration high) {
  return value >= low && value <= high;
}
bool within(double value, double low, double high) {
  return value >= low && value <= high;  // not a number: false
}

PlanFiguresBody body_of(const app::PlanFigures& figures) {
  PlanFiguresBody body{figures.service_level, figures.abandoned, figures.occupancy, {}};
  if (std::isfinite(figures.mean_wait_s)) body.mean_wait_s = figures.mean_wait_s;
  return body;
}

}  // namespace

void validate(const PlanBody& value, jsonmap::Report& report) {
  double calls = 0;
  std::int64_t agents = 0;
  bool rows = !value.rows.empty() && value.rows.size() <= rows_max;
  for (const PlanRowBody& row : value.rows) {
    rows = rows && row.time.size() <= 32 && within(row.calls, 0, calls_a_row_max) && row.agents >= 0 &&
           row.agents <= agents_max;
    calls += row.calls;
    agents += row.agents;
  }
  report.require(rows, "rows", "1 to 288 intervals, each with 0 to 100000 calls and 0 to 5000 agents");
  constexpr Duration minute{60'000}, hour{3'600'000};
  report.require(within(value.interval_ms, minute, hour), "interval_ms", "60000 to 3600000");
  report.require(within(value.handling_ms, Duration{1'000}, 2 * hour), "handling_ms", "1000 to 7200000");
  report.require(within(value.wrap_up_ms, Duration{}, 2 * hour), "wrap_up_ms", "0 to 7200000");
  report.require(within(value.patience_ms, Duration{}, 2 * hour), "patience_ms",
                 "0 to 7200000; 0: callers wait without end");
  report.require(within(value.threshold_ms, Duration{}, hour), "threshold_ms", "0 to 3600000");
  report.require(within(value.handling_variation, 0, 5), "handling_variation", "0 to 5; 0: exponential");
  report.require(within(value.blocking, 1e-6, 0.5), "blocking", "0.000001 to 0.5");
  report.require(!value.goal || within(*value.goal, 0.01, 0.999), "goal", "0.01 to 0.999");
  report.require(value.goal || agents > 0, "rows", "give agents in some interval, or a goal");
  report.require(value.days >= 1 && value.days <= 200, "days", "1 to 200");
  report.require(value.seed >= 1, "seed", "1 or more");
  report.require(
      calls > 0 && calls * static_cast<double>(std::clamp<std::int64_t>(value.days, 1, 200)) <= simulated_calls_max,
      "days", "more than 0 and at most 1000000 calls in all days together: fewer days");
}

app::PlanInput input_of(const PlanBody& body) {
  app::PlanInput input;
  for (const PlanRowBody& row : body.rows)
    input.rows.push_back({row.time, row.calls, static_cast<std::uint32_t>(row.agents)});
  input.interval = body.interval_ms;
  input.handling = body.handling_ms;
  input.wrap_up = body.wrap_up_ms;
  input.handling_variation = body.handling_variation;
  input.patience = body.patience_ms;
  input.threshold = body.threshold_ms;
  input.goal = body.goal.value_or(0);
  input.blocking = body.blocking;
  input.days = static_cast<std::uint32_t>(body.days);
  input.seed = static_cast<std::uint64_t>(body.seed);
  return input;
}

PlanResultBody body_of(const app::PlanResult& result) {
  PlanResultBody body;
  for (const app::PlanResult::Row& row : result.rows)
    body.rows.push_back({row.plan.time, row.plan.calls, row.plan.agents, body_of(row.simulated), body_of(row.erlang_a),
                         body_of(row.erlang_c), row.trunks_busy, row.trunks});
  body.day = body_of(result.day);
  body.trunks = result.trunks;
  body.trunks_max = result.trunks_max;
  return body;
}

}  // namespace hotline::api
