// SPDX-License-Identifier: Apache-2.0
// Goal: what is forged, replayed, stale or too much gets nothing, and disturbs no one.
#include <gmock/gmock.h>

#include <string>

#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/engine_fixture.hpp"

namespace hotline::voice::webrtc {
namespace {

using namespace std::chrono_literals;

class HostileEngineTest : public EngineTest {};

constexpr LegId leg{7};

TEST_F(HostileEngineTest, ACertificateOtherThanTheOffersIsRefused) {
  open();
  browser_.wrong_fingerprint = true;
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  EXPECT_FALSE(browser_.connect());
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::wrong_fingerprint));
  EXPECT_EQ(seen_.waiting(), 0U) << "connected must never be said";
}

TEST_F(HostileEngineTest, UnauthenticatedChecksGetNoAnswerAtAll) {
  open();
  accept(leg, browser_);
  browser_.send_check({.password = "another-password-22chars"});
  browser_.send_check({.username = "nobody:brow"});
  browser_.send_check({.username = browser_.engine_ufrag() + ":else"});
  browser_.send_check({.fingerprint = false});
  browser_.send_check({.integrity = false});
  // The socket keeps its order: the first answer is the good check's, so the others had none.
  EXPECT_TRUE(browser_.check());
  EXPECT_EQ(stats().stun_refused, 5U);
  EXPECT_EQ(stats().stun_answered, 1U);
}

TEST_F(HostileEngineTest, DtlsFromAnAddressWithoutACheckGetsNoAnswer) {
  open();
  accept(leg, browser_);
  browser_.send_client_hello();
  ASSERT_TRUE(browser_.check());
  EXPECT_EQ(stats().unknown_source, 1U);
  EXPECT_EQ(stats().handshakes, 0U);
}

TEST_F(HostileEngineTest, AReplayedPacketIsHeardOnce) {
  open();
  connect(leg, browser_);
  const Bytes packet = browser_.send_rtp(1, Bytes(160, 1));
  ASSERT_TRUE(browser_.next_rtp());
  browser_.send(packet);
  expect_echo(browser_, 2);  // the next echo is that of packet 2, not a second one of packet 1
  EXPECT_EQ(close(leg).replayed, 1U);
}

TEST_F(HostileEngineTest, ReorderedPacketsWithinTheWindowAreTaken) {
  open();
  connect(leg, browser_);
  const Bytes too_late = browser_.make_rtp(2000 - 1100, Bytes(160));
  const Bytes late = browser_.make_rtp(2000 - 1000, Bytes(160));
  expect_echo(browser_, 2000);
  browser_.send(late);
  const auto echo = browser_.next_rtp();
  ASSERT_TRUE(echo);
  EXPECT_EQ(read_u16(echo->data() + 2), 2000 - 1000);
  browser_.send(too_late);
  expect_echo(browser_, 2001);
  EXPECT_EQ(close(leg).replayed, 1U) << "older than 1024 packets";
}

TEST_F(HostileEngineTest, ForgedPacketsAreCountedAndDropped) {
  open();
  connect(leg, browser_);
  Bytes forged(12 + 160 + 16, 0x55);
  forged[0] = 0x80;
  forged[1] = 8;
  for (int i = 0; i < 20; ++i) browser_.send(forged);
  forged[1] = 200;  // RTCP
  browser_.send(forged);
  expect_echo(browser_, 1);
  EXPECT_EQ(close(leg).refused, 21U);
}

TEST_F(HostileEngineTest, NewSsrcsCannotGrowTheLegWithoutBound) {
  open();
  connect(leg, browser_);
  for (std::uint16_t ssrc = 1; ssrc <= SrtpSession::remote_ssrcs_max; ++ssrc) {
    browser_.send_rtp(ssrc, Bytes(160), ssrc);
    ASSERT_TRUE(browser_.next_rtp());
  }
  browser_.send_rtp(98, Bytes(160), 99);
  browser_.send_rtp(99, Bytes(160), 1);
  const auto packet = browser_.next_rtp();
  ASSERT_TRUE(packet);
  EXPECT_EQ(read_u16(packet->data() + 2), 99) << "the ninth stream has no echo";
}

TEST_F(HostileEngineTest, AnotherLegCannotTakeALivingAddress) {
  open();
  connect(leg, browser_);
  // A second leg is accepted and checked from the first one's socket, as with a forged source address.
  const auto other = engine_->accept(LegId{8}, browser_.offer());
  ASSERT_TRUE(other);
  FakeBrowser thief;
  ASSERT_TRUE(thief.take_answer(other->answer_sdp));
  const auto at = other->answer_sdp.find("a=ice-pwd:") + 10;
  browser_.send_check({.password = other->answer_sdp.substr(at, 24), .username = thief.engine_ufrag() + ":brow"});
  expect_echo(browser_, 1);
  EXPECT_EQ(stats().stun_answered, 1U) << "only the first leg's own check";
}

TEST_F(HostileEngineTest, MoreAddressesThanALegMayHavePushOutTheOldest) {
  open();
  accept(leg, browser_);
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(browser_.check(false));
    browser_.move();
    loop_.advance(1ms);
  }
  ASSERT_TRUE(browser_.check(true));
  ASSERT_TRUE(browser_.connect());
  EXPECT_EQ(seen_.next(), Recorder::connected(leg));
  expect_echo(browser_, 1);
}

TEST_F(HostileEngineTest, AHandshakeThatStopsHalfWayTimesOut) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  browser_.send_client_hello();
  ASSERT_TRUE(browser_.next_dtls());
  loop_.advance(10s);
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::handshake_timeout));
  EXPECT_EQ(stats().handshakes, 0U);
}

TEST_F(HostileEngineTest, HandshakesOverTheLimitWait) {
  Config config;
  config.handshakes_max = 1;
  open(config);
  accept(leg, browser_);
  FakeBrowser second;
  accept(LegId{8}, second);
  ASSERT_TRUE(browser_.check());
  ASSERT_TRUE(second.check());
  browser_.send_client_hello();
  ASSERT_TRUE(browser_.next_dtls());
  second.send_client_hello();
  EXPECT_EQ(stats().dtls_deferred, 1U);
  close(leg);
  ASSERT_TRUE(second.connect()) << "it repeats its ClientHello, and now there is room";
  EXPECT_EQ(seen_.next(), Recorder::connected(LegId{8}));
}

TEST_F(HostileEngineTest, GarbageInTheHandshakeEndsTheLegAndNothingElse) {
  open();
  FakeBrowser other;
  connect(LegId{8}, other);
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  for (unsigned seed = 0; seed < 200; ++seed) {
    // Records in order outside and nonsense inside.
    Bytes garbage(13 + 60);
    for (std::size_t i = 0; i < garbage.size(); ++i) garbage[i] = static_cast<std::uint8_t>(seed * 31 + i * 7);
    garbage[0] = 22;
    garbage[1] = 0xfe;
    garbage[2] = 0xfd;
    garbage[11] = 0;
    garbage[12] = 60;
    browser_.send(garbage);
  }
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::handshake));
  expect_echo(other, 1);
}

TEST_F(HostileEngineTest, LegsOverTheLimitAreRefused) {
  Config config;
  config.legs_max = 2;
  open(config);
  accept(LegId{1}, browser_);
  EXPECT_FALSE(engine_->accept(LegId{2}, "no offer")) << "a refused offer gives its room back";
  accept(LegId{2}, browser_);
  const auto third = engine_->accept(LegId{3}, browser_.offer());
  ASSERT_FALSE(third);
  EXPECT_THAT(third.error().what, testing::HasSubstr("in use"));
  close(LegId{1});
  accept(LegId{3}, browser_);
}

TEST_F(HostileEngineTest, UnknownLegsAreIgnored) {
  open();
  std::array<std::uint8_t, 256> packet{0x80, 8};
  std::promise<void> sent;
  loop_.run([&] {
    engine_->send_rtp(LegId{999}, std::span{packet}.first(172), 84);
    sent.set_value();
  });
  sent.get_future().wait();
  EXPECT_FALSE(leg_stats(LegId{999}));
  EXPECT_EQ(stats().rtp_sent, 0U);
}

}  // namespace
}  // namespace hotline::voice::webrtc
