// SPDX-License-Identifier: Apache-2.0
// The textbook formulas of call centres: Erlang B (trunks), C (patient callers), A (callers who give up). Pure; any
// thread. Stable for many thousands of servers: nothing but ratios of neighbouring states is ever computed.
//
// Units: rates per second, times in seconds; `load` in erlangs = arrival rate / service rate.
#pragma once

#include <cstdint>

namespace hotline::sim {

/// Probability that all `servers` are busy and a call is refused (A. K. Erlang 1917; ITU-T E.501). 1 with no servers.
[[nodiscard]] double erlang_b(std::int64_t servers, double load);
/// The least number of trunks that refuses at most `blocking` of the calls; 0 < blocking < 1.
[[nodiscard]] std::int64_t trunks_for(double load, double blocking);

struct QueueLoad {
  double arrivals = 0;  ///< calls a second
  double service = 0;   ///< calls one agent serves a second: 1 / mean handling time
  double patience = 0;  ///< rate at which a waiting caller gives up: 1 / mean patience; 0: never (Erlang C)
  std::int64_t agents = 0;
};

struct QueueFigures {
  double waits = 1;          ///< probability that a call waits at all
  double abandons = 0;       ///< probability that a caller gives up
  double mean_wait = 0;      ///< seconds, over all calls; infinite when the queue grows without end
  double service_level = 0;  ///< answered within the threshold, of all calls offered
  double occupancy = 1;      ///< of agents: share of their time in calls
};

/// Erlang C: M/M/N. With arrivals >= agents x service nobody is served in time.
[[nodiscard]] QueueFigures erlang_c(const QueueLoad& load, double threshold);
/// Erlang A: M/M/N+M (Palm 1957; Zeltyn and Mandelbaum 2005 for the distribution of the offered wait). Needs patience.
[[nodiscard]] QueueFigures erlang_a(const QueueLoad& load, double threshold);

}  // namespace hotline::sim
