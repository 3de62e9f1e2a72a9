// SPDX-License-Identifier: Apache-2.0
// Bodies of the capacity planner, named as in openapi.yaml, with the limits that keep one plan within seconds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/api/wire.hpp"
#include "app/ports/planner.hpp"

namespace hotline::api {

struct PlanRowBody {
  std::string time;
  double calls = 0;
  std::int64_t agents = 0;
};
BOOST_DESCRIBE_STRUCT(PlanRowBody, (), (time, calls, agents))

struct PlanBody {
  std::vector<PlanRowBody> rows;
  Duration interval_ms{1'800'000}, handling_ms{180'000}, wrap_up_ms{30'000}, patience_ms{180'000}, threshold_ms{20'000};
  double handling_variation = 0;
  std::optional<double> goal;
  double blocking = 0.01;
  std::int64_t days = 20;
  std::int64_t seed = 1;
};
BOOST_DESCRIBE_STRUCT(PlanBody, (),
                      (rows, interval_ms, handling_ms, wrap_up_ms, patience_ms, threshold_ms, handling_variation, goal,
                       blocking, days, seed))
void validate(const PlanBody& value, jsonmap::Report& report);
[[nodiscard]] app::PlanInput input_of(const PlanBody& body);

struct PlanFiguresBody {
  double service_level = 0, abandoned = 0, occupancy = 0;
  std::optional<double> mean_wait_s;  ///< none: without end
};
BOOST_DESCRIBE_STRUCT(PlanFiguresBody, (), (service_level, abandoned, occupancy, mean_wait_s))

struct PlanResultRowBody {
  std::string time;
  double calls = 0;
  std::int64_t agents = 0;
  PlanFiguresBody simulated, erlang_a, erlang_c;
  double trunks_busy = 0;
  std::int64_t trunks = 0;
};
BOOST_DESCRIBE_STRUCT(PlanResultRowBody, (), (time, calls, agents, simulated, erlang_a, erlang_c, trunks_busy, trunks))

struct PlanResultBody {
  std::vector<PlanResultRowBody> rows;
  PlanFiguresBody day;
  std::int64_t trunks = 0, trunks_max = 0;
};
BOOST_DESCRIBE_STRUCT(PlanResultBody, (), (rows, day, trunks, trunks_max))
[[nodiscard]] PlanResultBody body_of(const app::PlanResult& result);

}  // namespace hotline::api
