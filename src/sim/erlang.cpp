// SPDX-License-Identifier: Apache-2.0
#include "sim/erlang.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hotline::sim {

double erlang_b(std::int64_t servers, double load) {
  if (load <= 0) return servers == 0 ? 1 : 0;
  double inverse = 1;  // 1 / B(n), by B(n) = load B(n-1) / (n + load B(n-1)); may become infinite, B is 0 then
  for (std::int64_t n = 1; n <= servers; ++n) inverse = 1 + inverse * static_cast<double>(n) / load;
  return 1 / inverse;
}

std::int64_t trunks_for(double load, double blocking) {
  if (load <= 0) return 0;
  double inverse = 1;
  std::int64_t n = 0;
  while (1 / inverse > blocking) inverse = 1 + inverse * static_cast<double>(++n) / load;
  return n;
}

QueueFigures erlang_c(const QueueLoad& load, double threshold) {
  const double offered = load.arrivals / load.service;
  const auto agents = static_cast<double>(load.agents);
  QueueFigures out;
  out.mean_wait = std::numeric_limits<double>::infinity();
  if (offered <= 0) return {0, 0, 0, 1, 0};
  if (offered >= agents) return out;
  const double busy = offered / agents;
  const double b = erlang_b(load.agents, offered);
  const double spare = agents * load.service - load.arrivals;
  out.waits = b / (1 - busy * (1 - b));
  out.mean_wait = out.waits / spare;
  out.service_level = 1 - out.waits * std::exp(-spare * threshold);
  out.occupancy = busy;
  return out;
}

QueueFigures erlang_a(const QueueLoad& load, double threshold) {
  const double capacity = static_cast<double>(load.agents) * load.service;
  const double offered = load.arrivals / load.service;
  if (offered <= 0) return {0, 0, 0, 1, 0};
  // States relative to "all agents busy, nobody waits". `below` of them all with a free agent.
  double below = 1 / erlang_b(load.agents, offered) - 1;
  double waiting = 0, queue = 0, state = 1, scale = 1;
  for (double k = 0; state > 0; ++k) {
    waiting += state;
    queue += k * state;
    const double ratio = load.arrivals / (capacity + (k + 1) * load.patience);
    if (ratio < 1 && state * (k + 1) < 1e-17 * queue * (1 - ratio)) break;
    state *= ratio;
    if (state > 1e250) {
      for (double* value : {&below, &waiting, &queue, &state, &scale}) *value *= 1e-250;
    }
  }
  const double all = below + waiting;
  QueueFigures out;
  out.waits = waiting / all;
  out.abandons = load.patience * queue / all / load.arrivals;
  out.mean_wait = queue / all / load.arrivals;
  out.occupancy = load.agents == 0 ? 0 : offered * (1 - out.abandons) / static_cast<double>(load.agents);
  // The offered wait has the density arrivals pi(N-1) exp(arrivals (1 - e^(-patience x)) / patience - capacity x); who
  // is served at x has been patient so long. pi(N-1) = pi(N) capacity / arrivals. Simpson's rule.
  const double first =
      std::log(capacity * scale / all);  // a logarithm: of an overloaded queue it is far below a double
  const auto served_at = [&](double x) {
    const double spent = load.patience > 0 ? -std::expm1(-load.patience * x) / load.patience : x;
    return std::exp(first + load.arrivals * spent - (capacity + load.patience) * x);
  };
  constexpr int steps = 2000;
  const double h = threshold / steps;
  double sum = served_at(0) + served_at(threshold);
  for (int i = 1; i < steps; ++i) sum += served_at(i * h) * (i % 2 == 0 ? 2 : 4);
  out.service_level = 1 - out.waits + sum * h / 3;
  return out;
}

}  // namespace hotline::sim
