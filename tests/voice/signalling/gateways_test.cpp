// SPDX-License-Identifier: Apache-2.0
// Which gateway is asked first (RFC 2782), when one is down and up again, and a trunk's channels.
#include "voice/signalling/gateways.hpp"

#include <gtest/gtest.h>

#include <map>

#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {
namespace {

Gateway gateway(const std::string& host, std::uint32_t priority, std::uint32_t weight) {
  return {.host = host, .priority = priority, .weight = weight};
}
const auto kFirst = [](std::uint32_t) { return 0U; };

TEST(Gateways, PriorityGoesBeforeWeight) {
  const Gateways list({gateway("c", 2, 1'000), gateway("a", 1, 1), gateway("d", 3, 1), gateway("b", 1, 1)});
  for (std::uint32_t draw = 0; draw < 8; ++draw) {
    const auto order = list.order([&](std::uint32_t bound) { return draw % bound; });
    ASSERT_EQ(order.size(), 4U);
    EXPECT_EQ(list.at(order[0]).priority, 1U);
    EXPECT_EQ(list.at(order[1]).priority, 1U);
    EXPECT_EQ(list.at(order[2]).host, "c");
    EXPECT_EQ(list.at(order[3]).host, "d");
  }
}

TEST(Gateways, CallsAreSharedByWeight) {
  const Gateways list({gateway("a", 1, 1), gateway("b", 1, 3), gateway("never", 1, 0)});
  std::map<std::string, int> first;
  std::uint32_t state = 1;
  for (int i = 0; i < 40'000; ++i) {
    const auto order = list.order([&](std::uint32_t bound) {
      state = state * 1'664'525U + 1'013'904'223U;
      return (state >> 8U) % bound;
    });
    ++first[list.at(order[0]).host];
  }
  // Draws of 0..4 (RFC 2782: both ends included): 0 the one of weight 0, 1 a, 2 to 4 b.
  EXPECT_NEAR(first["a"], 8'000, 400);
  EXPECT_NEAR(first["b"], 24'000, 600);
  EXPECT_NEAR(first["never"], 8'000, 400);
}

TEST(Gateways, DownAfterSoManyFailuresInARowAndUpWithTheFirstAnswer) {
  Gateways list({gateway("a", 1, 1), gateway("b", 2, 1)}, 3);
  EXPECT_FALSE(list.failed(0));
  EXPECT_FALSE(list.failed(0));
  EXPECT_FALSE(list.heard(0));
  EXPECT_FALSE(list.failed(0)) << "an answer between: counted anew";
  EXPECT_FALSE(list.failed(0));
  EXPECT_TRUE(list.failed(0));
  EXPECT_FALSE(list.up(0));
  EXPECT_EQ(list.order(kFirst), (std::vector<std::size_t>{1, 0})) << "tried last, not never";
  EXPECT_TRUE(list.heard(0));
  EXPECT_EQ(list.order(kFirst), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(list.failures(0), 5U);
}

TEST(TrunkChannels, EachDirectionHasItsLimitBesidesTheCommonOne) {
  auto trunk = Trunk::make({.name = "t", .channels_max = 3, .channels_in_max = 2, .channels_out_max = 2}, {}).value();
  EXPECT_TRUE(trunk.acquire(Direction::in));
  EXPECT_TRUE(trunk.acquire(Direction::in));
  EXPECT_FALSE(trunk.acquire(Direction::in));
  EXPECT_TRUE(trunk.acquire(Direction::out));
  EXPECT_FALSE(trunk.acquire(Direction::out)) << "the common limit";
  trunk.release(Direction::in);
  EXPECT_TRUE(trunk.acquire(Direction::out));
  EXPECT_EQ(trunk.use().in, 1U);
  EXPECT_EQ(trunk.use().out, 2U);
  EXPECT_EQ(trunk.use().refused, 2U);
}

}  // namespace
}  // namespace hotline::voice::signalling
