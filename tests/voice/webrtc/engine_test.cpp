// SPDX-License-Identifier: Apache-2.0
// Goal: a browser's leg connects, talks and ends as it must, over a real loopback socket; what is forged, replayed or
// stale gets nothing.
#include "voice/webrtc/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <numeric>

#include "voice/webrtc/bytes.hpp"
#include "voice/webrtc/dtls.hpp"
#include "voice/webrtc/fake_browser.hpp"
#include "voice/webrtc/test_loop.hpp"

namespace hotline::voice::webrtc {
namespace {

using namespace std::chrono_literals;

/// Sends every packet back to its leg.
class Echo final : public Sink {
 public:
  void on_rtp(LegId leg, std::span<std::uint8_t> packet) override {
    std::array<std::uint8_t, 2048> buffer;
    std::copy(packet.begin(), packet.end(), buffer.begin());
    engine->send_rtp(leg, std::span{buffer}.first(packet.size()), buffer.size() - packet.size());
  }
  Engine* engine = nullptr;
};

class EngineTest : public testing::Test {
 protected:
  void open(Config config = {}) {
    auto opened = Engine::open(std::move(config), loop_, echo_, seen_);
    ASSERT_TRUE(opened) << opened.error().what;
    engine_ = std::move(*opened);
    echo_.engine = engine_.get();
  }

  void accept(LegId leg, FakeBrowser& browser) {
    const auto accepted = engine_->accept(leg, browser.offer());
    ASSERT_TRUE(accepted) << accepted.error().what;
    ASSERT_TRUE(browser.take_answer(accepted->answer_sdp)) << accepted->answer_sdp;
  }

  void connect(LegId leg, FakeBrowser& browser) {
    accept(leg, browser);
    ASSERT_TRUE(browser.check());
    ASSERT_TRUE(browser.connect());
    ASSERT_EQ(seen_.next(), Recorder::connected(leg));
  }

  /// Voice there and back; the echo keeps sequence number and payload.
  void expect_echo(FakeBrowser& browser, std::uint16_t sequence) {
    Bytes payload(160);
    std::iota(payload.begin(), payload.end(), static_cast<std::uint8_t>(sequence));
    browser.send_rtp(sequence, payload);
    const auto packet = browser.next_rtp();
    ASSERT_TRUE(packet) << "no echo of packet " << sequence;
    EXPECT_EQ(read_u16(packet->data() + 2), sequence);
    EXPECT_EQ(Bytes(packet->begin() + 12, packet->end()), payload);
  }

  EngineStats stats() {
    loop_.pass_tick();  // each tick publishes
    loop_.pass_tick();
    return engine_->stats();
  }

  std::optional<LegStats> leg_stats(LegId leg) {
    std::promise<std::optional<LegStats>> told;
    engine_->leg_stats(leg, [&told](std::optional<LegStats> stats) { told.set_value(stats); });
    return told.get_future().get();
  }

  LegStats close(LegId leg) {
    std::promise<LegStats> told;
    engine_->close(leg, [&told](LegStats stats) { told.set_value(stats); });
    return told.get_future().get();
  }

  TestLoop loop_;
  Recorder seen_;
  Echo echo_;
  FakeBrowser browser_;
  std::unique_ptr<Engine> engine_;  // last: it lets go of the rest first
};

constexpr LegId leg{7};

TEST_F(EngineTest, AVoicePacketGoesThereAndBack) {
  open();
  connect(leg, browser_);
  EXPECT_EQ(browser_.profile(), SrtpProfile::aead_aes_128_gcm) << "the cheapest first";
  for (std::uint16_t sequence = 65530; sequence != 10; ++sequence) expect_echo(browser_, sequence);
  const LegStats end = close(leg);
  EXPECT_EQ(end.packets_received, 16U);
  EXPECT_EQ(end.packets_sent, 16U);
  EXPECT_EQ(end.packets_lost, 0U);
  EXPECT_TRUE(browser_.closed_by_engine());
  EXPECT_EQ(stats().legs, 0U);
  EXPECT_EQ(stats().connected, 0U);
}

TEST_F(EngineTest, CounterModeIsTakenWhereThereIsNoGcm) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  ASSERT_TRUE(browser_.connect("SRTP_AES128_CM_SHA1_80"));
  EXPECT_EQ(browser_.profile(), SrtpProfile::aes128_cm_sha1_80);
  expect_echo(browser_, 1);
}

TEST_F(EngineTest, NoCommonSrtpProfileFails) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  EXPECT_FALSE(browser_.connect("SRTP_AES128_CM_SHA1_32"));
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::handshake));
  EXPECT_EQ(stats().legs, 0U);
}

TEST_F(EngineTest, SentPacketsCarryTheAnnouncedSsrc) {
  open();
  const auto accepted = engine_->accept(leg, browser_.offer());
  ASSERT_TRUE(accepted);
  ASSERT_TRUE(browser_.take_answer(accepted->answer_sdp));
  const auto at = accepted->answer_sdp.find("a=ssrc:");
  ASSERT_NE(at, std::string::npos);
  const std::uint32_t announced = static_cast<std::uint32_t>(std::stoul(accepted->answer_sdp.substr(at + 7)));
  ASSERT_TRUE(browser_.check());
  ASSERT_TRUE(browser_.connect());
  browser_.send_rtp(1, Bytes(160));
  const auto packet = browser_.next_rtp();
  ASSERT_TRUE(packet);
  EXPECT_EQ(read_u32(packet->data() + 8), announced);
}

TEST_F(EngineTest, ACertificateOtherThanTheOffersIsRefused) {
  open();
  browser_.wrong_fingerprint = true;
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  EXPECT_FALSE(browser_.connect());
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::wrong_fingerprint));
  EXPECT_EQ(seen_.waiting(), 0U) << "connected must never be said";
}

TEST_F(EngineTest, UnauthenticatedChecksGetNoAnswerAtAll) {
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

TEST_F(EngineTest, DtlsFromAnAddressWithoutACheckGetsNoAnswer) {
  open();
  accept(leg, browser_);
  browser_.send_client_hello();
  ASSERT_TRUE(browser_.check());
  EXPECT_EQ(stats().unknown_source, 1U);
  EXPECT_EQ(stats().handshakes, 0U);
}

TEST_F(EngineTest, TheHandshakeMayComeBeforeTheNomination) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check(false));
  ASSERT_TRUE(browser_.connect());
  EXPECT_EQ(seen_.next(), Recorder::connected(leg));
  expect_echo(browser_, 1);
}

TEST_F(EngineTest, ABrowserInOurRoleIsToldToChangeIt) {
  open();
  accept(leg, browser_);
  const std::uint32_t transaction = browser_.send_check({.controlled = true});
  const auto packet = browser_.next_stun();
  ASSERT_TRUE(packet);
  const auto answer = stun::parse(*packet);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, stun::Class::error);
  EXPECT_EQ(answer->error_code, 487);
  EXPECT_EQ(read_u32(answer->transaction.data()), transaction);
}

TEST_F(EngineTest, AReplayedPacketIsHeardOnce) {
  open();
  connect(leg, browser_);
  const Bytes packet = browser_.send_rtp(1, Bytes(160, 1));
  ASSERT_TRUE(browser_.next_rtp());
  browser_.send(packet);
  expect_echo(browser_, 2);  // the next echo is that of packet 2, not a second one of packet 1
  EXPECT_EQ(close(leg).replayed, 1U);
}

TEST_F(EngineTest, ReorderedPacketsWithinTheWindowAreTaken) {
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

TEST_F(EngineTest, ForgedPacketsAreCountedAndDropped) {
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

TEST_F(EngineTest, NewSsrcsCannotGrowTheLegWithoutBound) {
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

TEST_F(EngineTest, ANewNominationIsFollowed) {
  open();
  connect(leg, browser_);
  expect_echo(browser_, 1);
  const std::uint16_t before = browser_.local_port();
  browser_.move();
  ASSERT_NE(browser_.local_port(), before);
  ASSERT_TRUE(browser_.check(true));
  expect_echo(browser_, 2);
  EXPECT_EQ(seen_.waiting(), 0U) << "the leg goes on";
}

TEST_F(EngineTest, AnotherLegCannotTakeALivingAddress) {
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

TEST_F(EngineTest, MoreAddressesThanALegMayHavePushOutTheOldest) {
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

TEST_F(EngineTest, SilenceForTheConsentTimeIsALostLeg) {
  open();
  connect(leg, browser_);
  loop_.advance(14s);
  expect_echo(browser_, 1);  // media counts as a sign of life
  loop_.advance(14s);
  ASSERT_TRUE(browser_.check());  // and so does a consent check
  loop_.advance(14s);
  expect_echo(browser_, 2);
  EXPECT_EQ(seen_.waiting(), 0U);
  loop_.advance(15s);
  EXPECT_EQ(seen_.next(), Recorder::lost(leg, Loss::silence));
  EXPECT_EQ(stats().legs, 0U);
  EXPECT_EQ(close(leg).packets_received, 0U) << "closing what is gone does nothing";
}

TEST_F(EngineTest, ClosingTheConnectionIsALostLegAtOnce) {
  open();
  connect(leg, browser_);
  browser_.send_close_notify();
  EXPECT_EQ(seen_.next(), Recorder::lost(leg, Loss::closed));
}

TEST_F(EngineTest, ALegNoBrowserComesForFails) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check()) << "checks alone make no connection";
  loop_.advance(30s);
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::unreachable));
}

TEST_F(EngineTest, AHandshakeThatStopsHalfWayTimesOut) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  browser_.send_client_hello();
  ASSERT_TRUE(browser_.next_dtls());
  loop_.advance(10s);
  EXPECT_EQ(seen_.next(), Recorder::failed(leg, Failure::handshake_timeout));
  EXPECT_EQ(stats().handshakes, 0U);
}

TEST_F(EngineTest, ALostFlightIsSentAgain) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  browser_.send_client_hello();
  // The flight ends with a certificate's worth of datagrams; without an answer the first of them, a ServerHello
  // (handshake type 2 behind the record header), comes again.
  int server_hellos = 0;
  while (server_hellos < 2) {
    const auto packet = browser_.next_dtls();
    ASSERT_TRUE(packet) << "no retransmission";
    ASSERT_LE(packet->size(), static_cast<std::size_t>(DtlsSession::mtu));
    if (packet->at(0) == 22 && packet->at(13) == 2) ++server_hellos;
  }
}

TEST_F(EngineTest, TheLastFlightIsSentAgainAlthoughTheEngineIsDone) {
  open();
  accept(leg, browser_);
  ASSERT_TRUE(browser_.check());
  browser_.lose_last_flight = true;
  ASSERT_TRUE(browser_.connect()) << "the repeated Finished must be answered";
  EXPECT_FALSE(browser_.lose_last_flight) << "it was lost";
  EXPECT_EQ(seen_.next(), Recorder::connected(leg));
  expect_echo(browser_, 1);
}

TEST_F(EngineTest, HandshakesOverTheLimitWait) {
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

TEST_F(EngineTest, GarbageInTheHandshakeEndsTheLegAndNothingElse) {
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

TEST_F(EngineTest, LegsOverTheLimitAreRefused) {
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

TEST_F(EngineTest, AnOfferForALegThatExistsReplacesIt) {
  Config config;
  config.legs_max = 2;
  open(config);
  connect(leg, browser_);
  FakeBrowser again;
  connect(leg, again);
  expect_echo(again, 1);
  EXPECT_TRUE(browser_.closed_by_engine());
  EXPECT_EQ(stats().legs, 1U);
}

TEST_F(EngineTest, ReportsAreSentAndRead) {
  open();
  connect(leg, browser_);
  expect_echo(browser_, 1);
  expect_echo(browser_, 3);
  loop_.advance(5s);
  const auto report = browser_.next_rtcp();
  ASSERT_TRUE(report);
  const auto read = read_report(*report, 0x1234, loop_.now());
  EXPECT_TRUE(read.about_us) << "a block on the stream we sent";
  EXPECT_EQ(read.lost, 1);
  ASSERT_TRUE(read.sender_compact) << "the echo was sent: a sender report";

  // We answer with a receiver report on the engine's stream: 3 of 12 lost, sent 100 ms after its report came.
  loop_.advance(140ms);
  Bytes rr(32);
  rr[0] = 0x81;
  rr[1] = 201;
  rr[3] = 7;
  write_u32(rr.data() + 4, 0x1234);
  write_u32(rr.data() + 8, read_u32(report->data() + 4));
  write_u32(rr.data() + 12, 3);
  rr[12] = 64;
  write_u32(rr.data() + 24, *read.sender_compact);
  write_u32(rr.data() + 28, 65536 / 10);
  browser_.send_rtcp(rr);
  expect_echo(browser_, 4);  // behind it, so the report has been read
  const auto stats = leg_stats(leg);
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->remote_lost, 3);
  EXPECT_DOUBLE_EQ(stats->remote_fraction_lost, 0.25);
  ASSERT_TRUE(stats->round_trip);
  EXPECT_NEAR(static_cast<double>(stats->round_trip->count()), 40, 1);
}

TEST_F(EngineTest, ManyLegsShareThePortWithoutMixingUp) {
  open();
  std::array<FakeBrowser, 8> browsers;
  for (std::size_t i = 0; i < browsers.size(); ++i) connect(LegId{100 + i}, browsers[i]);
  for (std::uint16_t sequence = 1; sequence <= 5; ++sequence) {
    for (auto& browser : browsers) expect_echo(browser, static_cast<std::uint16_t>(sequence * 10));
  }
  EXPECT_EQ(stats().connected, browsers.size());
}

TEST_F(EngineTest, UnknownLegsAreIgnored) {
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

TEST_F(EngineTest, APortInUseIsNamed) {
  open();
  Config same;
  same.port = engine_->port();
  const auto second = Engine::open(same, loop_, echo_, seen_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().what, testing::HasSubstr(std::to_string(same.port)));
}

TEST_F(EngineTest, AWildcardCannotBeAdvertised) {
  for (const char* address : {"0.0.0.0", "::", "voice.example.org"}) {
    Config config;
    config.bind_address = "127.0.0.1";
    config.advertised_address = address;
    EXPECT_FALSE(Engine::open(config, loop_, echo_, seen_)) << address;
  }
}

TEST_F(EngineTest, ADualStackSocketServesIpv4) {
  Config config;
  config.bind_address = "::";
  config.advertised_address = "127.0.0.1";
  auto opened = Engine::open(config, loop_, echo_, seen_);
  if (!opened) GTEST_SKIP() << "no IPv6 on this machine: " << opened.error().what;
  engine_ = std::move(*opened);
  echo_.engine = engine_.get();
  connect(leg, browser_);  // check() insists on the IPv4 form of its address
  expect_echo(browser_, 1);
}

}  // namespace
}  // namespace hotline::voice::webrtc
