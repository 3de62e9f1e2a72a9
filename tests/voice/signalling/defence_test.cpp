// SPDX-License-Identifier: Apache-2.0
// Goal: a few questions of a stranger are answered, a flood is not, and neither costs more than a bounded table.
#include "voice/signalling/defence.hpp"

#include <gtest/gtest.h>

namespace hotline::voice::signalling {
namespace {

constexpr Duration second{1'000};

class DefenceTest : public ::testing::Test {
 protected:
  [[nodiscard]] unsigned answered(std::string_view source, unsigned requests, bool proven = false) {
    unsigned count = 0;
    for (unsigned i = 0; i < requests; ++i) count += defence_.answer(source, "phone", proven, now_) ? 1 : 0;
    return count;
  }
  DefenceConfig config_{.answers_per_source = 10,
                        .answers_max = 50,
                        .failures_max = 3,
                        .failure_window = Duration{60'000},
                        .silence = Duration{600'000},
                        .sources_max = 100};
  Defence defence_{config_};
  Duration now_{1'000'000};
};

TEST_F(DefenceTest, OneSourceIsAnsweredTwoSecondsWorthThenByTheSecond) {
  EXPECT_EQ(answered("192.0.2.1", 500), 20U);
  EXPECT_EQ(defence_.stats().dropped, 480U);
  now_ += second;
  EXPECT_EQ(answered("192.0.2.1", 500), 10U);
  EXPECT_EQ(answered("192.0.2.2", 5), 5U) << "another has his own";
}

TEST_F(DefenceTest, AllTogetherAreAnsweredSoOftenButTheProvenBesides) {
  unsigned count = 0;
  for (int i = 0; i < 90; ++i) count += answered("198.51.100." + std::to_string(i), 5);
  EXPECT_EQ(count, 100U);
  EXPECT_EQ(answered("203.0.113.9", 3, true), 3U);
}

TEST_F(DefenceTest, WrongCredentialsBringSilenceForAWhile) {
  EXPECT_FALSE(defence_.failed("192.0.2.1", now_));
  EXPECT_FALSE(defence_.failed("192.0.2.1", now_));
  EXPECT_TRUE(defence_.failed("192.0.2.1", now_));
  EXPECT_EQ(answered("192.0.2.1", 5, true), 0U);
  now_ += config_.silence;
  EXPECT_EQ(answered("192.0.2.1", 5), 5U);
  EXPECT_EQ(defence_.stats().silenced, 1U);
  EXPECT_EQ(defence_.stats().failures, 3U);
}

TEST_F(DefenceTest, FailuresFarApartOrBeforeASuccessDoNotAddUp) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(defence_.failed("192.0.2.1", now_));
    now_ += config_.failure_window + second;
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(defence_.failed("192.0.2.2", now_));
    defence_.succeeded("192.0.2.2");
  }
}

TEST_F(DefenceTest, AScannerIsNeverAnswered) {
  EXPECT_FALSE(defence_.answer("192.0.2.1", "Friendly-Scanner", false, now_));
  EXPECT_FALSE(defence_.answer("192.0.2.1", "phone", true, now_)) << "nor under another name";
  EXPECT_TRUE(is_scanner("sipcli/v1.8"));
  EXPECT_FALSE(is_scanner("Yealink SIP-T46S"));
  EXPECT_FALSE(is_scanner(""));
}

TEST_F(DefenceTest, TheTableIsBoundedAndTheLongestUnheardGoesFirst) {
  for (int i = 0; i < 3; ++i) (void)defence_.failed("192.0.2.1", now_);
  for (int i = 0; i < 10'000; ++i) {
    (void)defence_.answer("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256), "", false, now_);
    if (i % 50 == 0) {
      EXPECT_FALSE(defence_.answer("192.0.2.1", "", false, now_)) << i;
    }
  }
  EXPECT_EQ(defence_.remembered(), 100U);
}

TEST_F(DefenceTest, AnIpv6OwnerHasOneNetworkAndAMappedAddressIsIpv4) {
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
  EXPECT_NE(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
  EXPECT_EQ(network_of("fe80::1%eth0"), "fe80::");
  EXPECT_EQ(network_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(network_of("nonsense"), "nonsense");
}

TEST_F(DefenceTest, AClockThatStandsOrGoesBackGivesNothingAway) {
  EXPECT_EQ(answered("192.0.2.1", 100), 20U);
  now_ -= second;
  EXPECT_EQ(answered("192.0.2.1", 100), 0U);
}

}  // namespace
}  // namespace hotline::voice::signalling
