// SPDX-License-Identifier: Apache-2.0
// Streams of chance: the same for the same seed, unrelated otherwise, and with the moments they promise.
#include "sim/random.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "sim/timeline.hpp"

namespace hotline::sim {
namespace {

TEST(Stream, OneMoreDrawOfAnotherStreamShiftsNothing) {
  Stream alone(7, "patience", 3);
  Stream beside(7, "patience", 3), other(7, "patience", 4);
  for (int i = 0; i < 100; ++i) {
    (void)other.next();
    if (i % 3 == 0) (void)other.next();
    EXPECT_EQ(alone.next(), beside.next());
  }
}

TEST(Stream, SeedsNamesAndIndexesAreApart) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t index = 0; index < 100; ++index) {
      firsts.insert(Stream(seed, "arrivals", index).next());
      firsts.insert(Stream(seed, "patience", index).next());
    }
  }
  EXPECT_EQ(firsts.size(), 20'000U);
}

TEST(Stream, MomentsAreThoseAskedFor) {
  constexpr int draws = 200'000;
  double uniform = 0, exponential = 0, lognormal = 0, lognormal_squared = 0;
  Stream stream(1, "moments");
  for (int i = 0; i < draws; ++i) {
    uniform += stream.uniform();
    exponential += stream.exponential(3.0);
    const double value = stream.lognormal(5.0, 0.8);
    lognormal += value;
    lognormal_squared += value * value;
  }
  EXPECT_NEAR(uniform / draws, 0.5, 0.003);
  EXPECT_NEAR(exponential / draws, 3.0, 0.03);
  EXPECT_NEAR(lognormal / draws, 5.0, 0.04);
  const double mean = lognormal / draws;
  EXPECT_NEAR(std::sqrt(lognormal_squared / draws - mean * mean) / mean, 0.8, 0.02);
}

TEST(Stream, BelowIsEven) {
  std::vector<int> counts(7);
  Stream stream(2, "below");
  for (int i = 0; i < 70'000; ++i) ++counts[stream.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Timeline, EventsOfOneMomentHappenInTheOrderTheyWerePlanned) {
  Timeline time(TimePoint{});
  std::vector<int> seen;
  time.after(Duration{5}, [&] { seen.push_back(2); });
  time.after(Duration{5}, [&] { seen.push_back(3); });
  time.after(Duration{1}, [&] {
    seen.push_back(1);
    time.after(Duration{4}, [&] { seen.push_back(4); });
    time.at(TimePoint{}, [&] { seen.push_back(10); });  // not before now
  });
  while (time.step(TimePoint{Duration{100}})) {
  }
  EXPECT_EQ(seen, (std::vector<int>{1, 10, 2, 3, 4}));
  EXPECT_EQ(time.now(), TimePoint{Duration{5}});
}

}  // namespace
}  // namespace hotline::sim
