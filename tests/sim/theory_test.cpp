// SPDX-License-Identifier: Apache-2.0
// The routing core under the textbook's assumptions against the textbook: Poisson arrivals, exponential handling times
// and patience. Twelve settings, each figure within its confidence interval (99.9 %, batch means, fixed seeds).
#include <gtest/gtest.h>

#include <cmath>

#include "sim/erlang.hpp"
#include "sim/traffic.hpp"

namespace hotline::sim {
namespace {

struct Setting {
  const char* name;
  double arrivals_s, handling_s, patience_s;  ///< patience 0: endless
  std::uint32_t agents, trunks;
  std::size_t batches = 40;
};

constexpr std::uint32_t plenty = 1'000'000;

/// A ratio of two sums over batches, with half the width of its interval (ratio estimator; Student's t for 39).
class Ratio {
 public:
  template <class Numerator, class Denominator>
  Ratio(const std::vector<TrafficFigures>& batches, Numerator numerator, Denominator denominator) {
    double n = 0, d = 0;
    for (const TrafficFigures& batch : batches) n += numerator(batch), d += denominator(batch);
    value = n / d;
    double squares = 0;
    for (const TrafficFigures& batch : batches) {
      const double off = numerator(batch) - value * denominator(batch);
      squares += off * off;
    }
    const auto count = static_cast<double>(batches.size());
    half = 3.56 * std::sqrt(squares / (count * (count - 1))) / (d / count);
  }
  double value = 0, half = 0;
};

std::vector<TrafficFigures> simulated(const Setting& setting) {
  TrafficScript script;
  script.seed = 2026;
  script.flows = direct_flow();
  script.flow = "direct";
  script.queues = {plain_queue()};
  for (std::uint64_t id = 1; id <= setting.agents; ++id) script.agents.push_back({AgentId{id}, {QueueId{1}}, {}, {}});
  script.trunks = setting.trunks;
  script.handling = Duration{static_cast<std::int64_t>(setting.handling_s * 1000)};
  script.patience = Duration{static_cast<std::int64_t>(setting.patience_s * 1000)};
  // Batches of a thousand calls and more: much longer than a busy period lasts.
  script.interval = Duration{static_cast<std::int64_t>(100'000 / setting.arrivals_s)};
  script.batch_intervals = 10;
  script.calls.assign((setting.batches + 2) * script.batch_intervals, 100);
  Traffic traffic(std::move(script));
  for (std::size_t i = 0; i < (setting.batches + 2) * 10; ++i) EXPECT_TRUE(traffic.run_interval());
  EXPECT_TRUE(traffic.violations().empty());
  std::vector<TrafficFigures> batches = traffic.batches();
  batches.erase(batches.begin(), batches.begin() + 2);  // begins empty: not the steady state
  return batches;
}

double offered(const TrafficFigures& f) {
  return static_cast<double>(f.service.answered + f.service.abandoned);
}

class Theory : public testing::TestWithParam<Setting> {};

TEST_P(Theory, IsMet) {
  const Setting& setting = GetParam();
  const auto batches = simulated(setting);
  const auto near = [&](const char* what, const Ratio& ratio, double expected) {
    EXPECT_NEAR(ratio.value, expected, ratio.half) << setting.name << ": " << what;
    EXPECT_LT(ratio.half, 0.6 * expected + 0.02) << setting.name << ": " << what << " says too little";
  };
  if (setting.trunks != plenty) {  // nobody answers: who gets a trunk holds it for the "patience"
    const Ratio blocked(
        batches, [](const TrafficFigures& f) { return static_cast<double>(f.blocked); },
        [](const TrafficFigures& f) { return static_cast<double>(f.calls); });
    return near("blocking", blocked, erlang_b(setting.trunks, setting.arrivals_s * setting.patience_s));
  }
  const QueueLoad load{setting.arrivals_s, 1 / setting.handling_s, setting.patience_s > 0 ? 1 / setting.patience_s : 0,
                       setting.agents};
  const QueueFigures expected = setting.patience_s > 0 ? erlang_a(load, 20) : erlang_c(load, 20);
  near("share that waits",
       Ratio(
           batches, [](const TrafficFigures& f) { return static_cast<double>(f.waited); }, offered),
       expected.waits);
  near("mean wait",
       Ratio(
           batches, [](const TrafficFigures& f) { return f.wait_s; }, offered),
       expected.mean_wait);
  near("service level",
       Ratio(
           batches, [](const TrafficFigures& f) { return static_cast<double>(f.service.answered_in_time); }, offered),
       expected.service_level);
  near("occupancy",
       Ratio(
           batches, [](const TrafficFigures& f) { return f.talk_s; },
           [](const TrafficFigures& f) { return f.staffed_s; }),
       expected.occupancy);
  if (setting.patience_s > 0) {
    near("abandoned",
         Ratio(
             batches, [](const TrafficFigures& f) { return static_cast<double>(f.service.abandoned); }, offered),
         expected.abandons);
  }
}

INSTANTIATE_TEST_SUITE_P(ErlangB, Theory,
                         testing::Values(Setting{"25 erlangs, 30 trunks", 0.25, 1, 100, 0, 30},
                                         Setting{"10 erlangs, 18 trunks", 0.1, 1, 100, 0, 18, 80},
                                         Setting{"84 erlangs, 100 trunks", 0.84064, 1, 100, 0, 100, 40},
                                         Setting{"200 erlangs, 190 trunks", 2, 1, 100, 0, 190}));
INSTANTIATE_TEST_SUITE_P(ErlangC, Theory,
                         testing::Values(Setting{"360 calls in 30 minutes, 55 agents", 0.2, 240, 0, 55, plenty, 60},
                                         Setting{"one agent", 0.005, 120, 0, 1, plenty, 40},
                                         Setting{"10 agents at 80 %", 0.0444444444, 180, 0, 10, plenty, 40},
                                         Setting{"100 agents at 88 %", 0.49, 180, 0, 100, plenty, 120}));
INSTANTIATE_TEST_SUITE_P(ErlangA, Theory,
                         testing::Values(Setting{"0.2 calls/s, 50 agents, patience 300 s", 0.2, 240, 300, 50, plenty},
                                         Setting{"overloaded by 20 %", 0.2, 240, 120, 40, plenty},
                                         Setting{"impatient, small", 0.02, 180, 30, 4, plenty},
                                         Setting{"patient, large", 0.8, 180, 600, 145, plenty, 40}));

}  // namespace
}  // namespace hotline::sim
