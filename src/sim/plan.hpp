// SPDX-License-Identifier: Apache-2.0
// The capacity planner: a forecast and a staff in, what callers and agents will have of it out, simulated by the
// product's own routing and beside it Erlang B, C and A. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/ports/planner.hpp"
#include "base/result.hpp"
#include "sim/erlang.hpp"
#include "sim/traffic.hpp"

namespace hotline::sim {

using app::PlanFigures;
using app::PlanInput;
using app::PlanResult;
using app::PlanRow;

/// nullopt when `stop` said so.
[[nodiscard]] std::optional<PlanResult> plan(const PlanInput& input, const app::PlanStop& stop);
/// The least agents with whom Erlang A (C with endless patience) reaches this service level in a row.
[[nodiscard]] std::uint32_t agents_for(const PlanInput& input, double calls, double service_level);

/// Rows of "time,calls" or "time,calls,agents" after a heading; with dates in front ("2003-03-03T07:00:00") the mean of
/// all days. `interval` is set when two times tell it.
[[nodiscard]] Result<std::vector<PlanRow>, Problem> read_forecast(const std::string& text, Duration& interval);

}  // namespace hotline::sim
