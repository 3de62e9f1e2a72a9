// SPDX-License-Identifier: Apache-2.0
// Goal: new calls are refused while the node is overloaded, not at a hiccup, and taken again once it is easy.
#include "voice/node/overload.hpp"

#include <gmock/gmock.h>

#include "fakes.hpp"

namespace hotline::voice::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Overload::Sample easy{.signalling_busy = 0.3, .packets_sent = 30'000, .packets_late = 0};
constexpr Overload::Sample busy{.signalling_busy = 0.99, .packets_sent = 30'000, .packets_late = 0};
constexpr Overload::Sample full{.signalling_busy = 0.9, .packets_sent = 30'000, .packets_late = 0};
constexpr Overload::Sample late{.signalling_busy = 0.3, .packets_sent = 30'000, .packets_late = 3'000};

TEST(Overload, OneBadSecondIsAHiccup) {
  Overload overload;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(overload.take(i % 2 == 0 ? busy : easy)) << i;
}

TEST(Overload, TwoAreOverloadUntilTwoEasyOnes) {
  for (const auto& bad : {busy, late}) {
    Overload overload;
    EXPECT_FALSE(overload.take(bad));
    EXPECT_TRUE(overload.take(bad));
    EXPECT_TRUE(overload.take(full)) << "between the bounds nothing changes";
    EXPECT_TRUE(overload.take(easy));
    EXPECT_TRUE(overload.take(bad)) << "one easy second does not end it";
    EXPECT_TRUE(overload.take(easy));
    EXPECT_FALSE(overload.take(easy));
  }
}

TEST(Overload, AFewLatePacketsOfAFewSayNothing) {
  Overload overload;
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(overload.take({.signalling_busy = 0.1, .packets_sent = 100, .packets_late = 40}));
}

using OverloadedNode = test::NodeTest;

TEST_F(OverloadedNode, RefusesNewCallsWhileItsThreadHasNoPause) {
  loop.advance(Duration{1'000});
  forget();
  for (int i = 0; i < 2; ++i) {
    signalling_cpu += std::chrono::milliseconds(990);
    loop.advance(Duration{1'000});
  }
  EXPECT_THAT(asked(), ElementsAre("sip shedding true"));
  loop.advance(Duration{2'000});
  EXPECT_THAT(asked(), ElementsAre("sip shedding false"));
  EXPECT_THAT(link.unkept.back(), HasSubstr("sip_dropped: 5"));
}

TEST_F(OverloadedNode, MayBeToldNotTo) {
  config.shed = false;
  start();
  forget();
  for (int i = 0; i < 4; ++i) {
    signalling_cpu += std::chrono::seconds(1);
    loop.advance(Duration{1'000});
  }
  EXPECT_THAT(asked(), IsEmpty());
}

}  // namespace
}  // namespace hotline::voice::node
