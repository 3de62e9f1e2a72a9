// SPDX-License-Identifier: Apache-2.0
// Goal: our clock never goes back nor jumps, whatever is done to the wall clock, and finds back to it.
#include "runtime/clock.hpp"

#include <gtest/gtest.h>

namespace hotline::runtime {
namespace {

std::int64_t wall = 0;
std::int64_t steady = 0;
std::int64_t read_wall() {
  return wall;
}
std::int64_t read_steady() {
  return steady;
}

class MonotoneClockTest : public ::testing::Test {
 protected:
  MonotoneClockTest() {
    wall = 1'000'000;
    steady = 5'000;
  }
  static void pass(std::int64_t ms) {
    wall += ms;
    steady += ms;
  }
};

TEST_F(MonotoneClockTest, follows_the_wall_clock_while_that_is_not_touched) {
  const MonotoneClock clock({.wall_ms = read_wall, .steady_ms = read_steady});
  for (int i = 0; i < 100; ++i) {
    pass(777);
    EXPECT_EQ(to_unix_ms(clock.now()), wall);
  }
}

TEST_F(MonotoneClockTest, a_step_back_of_an_hour_neither_turns_it_back_nor_bends_a_length_by_more_than_one_percent) {
  const MonotoneClock clock({.wall_ms = read_wall, .steady_ms = read_steady});
  const TimePoint before = clock.now();
  wall -= 3'600'000;
  TimePoint last = before;
  for (int i = 0; i < 600; ++i) {
    pass(100);
    const TimePoint now = clock.now();
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_NEAR(static_cast<double>((last - before).count()), 60'000.0, 601.0);
}

TEST_F(MonotoneClockTest, is_drawn_to_a_stepped_wall_clock_in_both_directions) {
  for (const std::int64_t step : {std::int64_t{5'000}, std::int64_t{-5'000}}) {
    const MonotoneClock clock({.wall_ms = read_wall, .steady_ms = read_steady});
    wall += step;
    for (int i = 0; i < 600; ++i) {
      pass(1'000);
      (void)clock.now();
    }
    EXPECT_LE(std::abs(to_unix_ms(clock.now()) - wall), 10) << "after a step of " << step;
  }
}

}  // namespace
}  // namespace hotline::runtime
