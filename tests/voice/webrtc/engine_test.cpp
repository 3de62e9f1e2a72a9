// SPDX-License-Identifier: Apache-2.0
// Goal: a browser's leg connects, talks and ends as it must, over a real loopback socket.
#include "voice/webrtc/engine.hpp"

#include <gmock/gmock.h>

#include <string>

#include "voice/webrtc/dtls.hpp"
#include "voice/webrtc/engine_fixture.hpp"

namespace hotline::voice::webrtc {
namespace {

using namespace std::chrono_literals;

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
