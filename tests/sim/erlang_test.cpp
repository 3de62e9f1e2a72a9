// SPDX-License-Identifier: Apache-2.0
// The formulas against published and recomputed values. Sources: the Erlang tables of P. Dordal (Loyola University) and
// of the Mathematica documentation; "The Erlang-C Formula", a worked example; call centre textbooks for the four
// service-level formulas (callcentrehelper.com, "Service Level Threshold Calculations").
#include "sim/erlang.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "app/service_level.hpp"

namespace hotline::sim {
namespace {

struct Published {
  double load;
  std::int64_t trunks;
  double blocking;
};

TEST(ErlangB, RefusesAsPublished) {
  EXPECT_NEAR(erlang_b(30, 25), 0.05260317222814062, 1e-15);
  for (const auto& [load, trunks, most] : {Published{10, 18, 0.01},
                                           {20, 30, 0.01},
                                           {50, 64, 0.01},
                                           {180, 201, 0.01},
                                           {200, 221, 0.01},
                                           {1000, 1029, 0.01}}) {
    EXPECT_LE(erlang_b(trunks, load), most) << load;
    EXPECT_GT(erlang_b(trunks - 1, load), most) << load;
    EXPECT_EQ(trunks_for(load, most), trunks);
  }
  // Two published cells are wrong by one trunk (118 and 526).
  EXPECT_EQ(trunks_for(100, 0.01), 117);
  EXPECT_EQ(trunks_for(500, 0.01), 527);
}

TEST(ErlangB, CarriesThePublishedLoadAtOnePercent) {
  for (const auto& [load, trunks, blocking] :
       {Published{4.461, 10, 0.01}, {12.031, 20, 0.01}, {20.337, 30, 0.01}, {37.901, 50, 0.01}, {84.064, 100, 0.01}}) {
    EXPECT_NEAR(erlang_b(trunks, load), blocking, 2e-5) << trunks;
  }
}

TEST(ErlangB, StaysExactAtTheEdges) {
  EXPECT_EQ(erlang_b(0, 5), 1);
  EXPECT_EQ(erlang_b(5, 0), 0);
  EXPECT_EQ(erlang_b(2000, 0.001), 0);  // beyond the range of doubles
  const double servers = 100'000;       // B(N, N) = 1 / (sqrt(pi N / 2) + 2/3 + O(1 / sqrt(N)))
  EXPECT_NEAR(erlang_b(100'000, servers), 1 / (std::sqrt(M_PI * servers / 2) + 2.0 / 3), 1e-8);
  EXPECT_EQ(trunks_for(0, 0.01), 0);
}

TEST(ErlangC, WaitsAsInTheWorkedExample) {
  const QueueFigures figures = erlang_c({360.0 / 1800, 1.0 / 240, 0, 55}, 15);
  EXPECT_NEAR(figures.occupancy, 0.8727272727, 1e-10);
  EXPECT_NEAR(figures.waits, 0.2387009363740111, 1e-9);
  EXPECT_NEAR(figures.mean_wait, 8.184032104388884, 1e-9);
  EXPECT_NEAR(figures.service_level, 0.8458830921705804, 1e-9);
}

TEST(ErlangC, AnOverloadedQueueServesNobodyInTime) {
  const QueueFigures figures = erlang_c({1, 0.1, 0, 10}, 20);
  EXPECT_EQ(figures.waits, 1);
  EXPECT_EQ(figures.service_level, 0);
  EXPECT_TRUE(std::isinf(figures.mean_wait));
}

TEST(ErlangA, AbandonsAsRecomputed) {
  const QueueFigures figures = erlang_a({0.2, 1.0 / 240, 1.0 / 300, 50}, 20);
  EXPECT_NEAR(figures.waits, 0.42576675677778913, 1e-9);
  EXPECT_NEAR(figures.abandons, 0.03664072830131126, 1e-9);
  EXPECT_NEAR(figures.mean_wait, 10.992218490393377, 1e-6);
}

TEST(ErlangA, BecomesErlangCWithEndlessPatience) {
  const QueueFigures a = erlang_a({0.2, 1.0 / 240, 1e-9, 55}, 15);
  const QueueFigures c = erlang_c({0.2, 1.0 / 240, 0, 55}, 15);
  EXPECT_NEAR(a.waits, c.waits, 1e-4);
  EXPECT_NEAR(a.mean_wait, c.mean_wait, 1e-2);
  EXPECT_NEAR(a.service_level, c.service_level, 1e-4);
}

TEST(ErlangA, BecomesErlangBWithoutPatience) {
  const QueueFigures a = erlang_a({1, 1.0 / 25, 1e9, 30}, 20);
  EXPECT_NEAR(a.abandons, erlang_b(30, 25), 1e-6);
}

TEST(ErlangA, TenTimesTooFewAgentsStillHaveAnAnswer) {
  const QueueFigures figures = erlang_a({100, 0.01, 0.001, 1000}, 20);  // the queue balances at 90,000 callers
  EXPECT_NEAR(figures.abandons, 0.9, 1e-9);
  EXPECT_NEAR(figures.mean_wait, 900, 1e-6);
  EXPECT_NEAR(figures.service_level, 0, 1e-9);
}

TEST(ServiceLevel, FollowsTheFourPublishedFormulas) {
  const app::ServiceCounts counts{.answered = 1000, .answered_in_time = 860, .abandoned = 60, .abandoned_in_time = 20};
  using Formula = app::ServiceLevelFormula;
  EXPECT_NEAR(service_level(counts, Formula::abandons_in_time_are_served), 0.830189, 5e-7);
  EXPECT_NEAR(service_level(counts, Formula::abandons_left_out), 0.86, 5e-7);
  EXPECT_NEAR(service_level(counts, Formula::abandons_are_failures), 0.811321, 5e-7);
  EXPECT_NEAR(service_level(counts, Formula::early_abandons_left_out), 0.826923, 5e-7);
  EXPECT_EQ(service_level({}, Formula::abandons_left_out), 1);
}

}  // namespace
}  // namespace hotline::sim
