// SPDX-License-Identifier: Apache-2.0
// Goal: a foreign SIP implementation (SIPp) agrees with ours on every kind of call, over UDP and TCP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "sipp.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> mirror(const std::string& offer) {
  return sdp(offer.find("a=sendonly") != std::string::npos ? "recvonly" : "sendrecv");
}

TEST(SippCalls, ManyCallsOverUdpAndTcp) {
  Node node;
  for (const std::string transport : {"u1", "t1"}) {
    Sipp peer("uac_call", transport == "u1" ? node.udp() : node.tcp(), {"-t", transport, "-m", "200", "-r", "400"});
    EXPECT_EQ(peer.wait(), 0) << transport;
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(node.wait("ended").by_remote) << transport;
  }
  EXPECT_EQ(node.count("answered"), 400U);
  EXPECT_EQ(node.trunk_use().at(0).in_use, 0U);
}

TEST(SippCalls, CallerGivesUp) {
  Node node(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.progress(call.leg, 180); });
  Sipp peer("uac_cancel", node.udp());
  EXPECT_EQ(peer.wait(), 0);
  EXPECT_EQ(node.wait("ended").cause, EndCause::cancelled);
}

TEST(SippCalls, DelayedOffer) {
  Node node;
  Sipp peer("uac_delayed", node.udp());
  EXPECT_EQ(peer.wait(), 0);
  EXPECT_EQ(node.wait("incoming").call.offer, std::nullopt);
  EXPECT_THAT(node.wait("answered").text, HasSubstr("a=recvonly"));
}

TEST(SippCalls, HoldResumeInfoOptionsUpdate) {
  for (const std::string transport : {"u1", "t1"}) {
    Node node;
    node.on_offer(mirror);
    Sipp peer("uac_hold", transport == "u1" ? node.udp() : node.tcp(), {"-t", transport});
    EXPECT_EQ(peer.wait(), 0) << transport;
    EXPECT_THAT(node.wait("offer").text, HasSubstr("a=sendonly"));
    EXPECT_THAT(node.wait("offer").text, HasSubstr("a=sendrecv"));
    EXPECT_EQ(node.wait("digit").text, "7:160");
    EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
  }
}

TEST(SippCalls, FullTrunkSays503WithRetryAfter) {
  auto config = Node::config();
  config.trunks[0].channels_max = 0;
  Node node(config);
  Sipp peer("uac_full", node.udp());
  EXPECT_EQ(peer.wait(), 0);
  EXPECT_EQ(node.rejected(), 1U);
}

TEST(SippCalls, Transfer) {
  Node node;
  Sipp peer("uac_refer", node.udp());
  const auto leg = node.wait("transfer").leg;
  node.run([&](SipStack& stack) {
    stack.transfer_result(leg, 200);
    stack.hangup(leg, EndCause::normal);
  });
  EXPECT_EQ(peer.wait(), 0);
}

TEST(SippCalls, ReliableRinging) {
  for (const std::string transport : {"u1", "t1"}) {
    Node node;
    Sipp peer("uac_reliable", transport == "u1" ? node.udp() : node.tcp(), {"-t", transport});
    EXPECT_EQ(peer.wait(), 0) << transport;
    EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
  }
}

TEST(SippCalls, SessionTimer) {
  Node node;
  node.on_offer(mirror);
  Sipp peer("uac_timer", node.udp());
  EXPECT_EQ(peer.wait(), 0);
  EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
}

class SippCalled : public ::testing::Test {
 protected:
  /// Starts the scenario and calls it, however long its start takes: the INVITE is repeated until it listens.
  LegId call(const std::string& scenario, Duration ring = Duration{8'000}) {
    const auto port = std::to_string(Sipp::free_port());
    peer_ = std::make_unique<Sipp>(scenario, node_.udp(), std::vector<std::string>{"-p", port});
    return node_.call("sip:agent@127.0.0.1:" + port, sdp(), ring);
  }
  Node node_;
  std::unique_ptr<Sipp> peer_;
};

TEST_F(SippCalled, AnswersAndIsHungUp) {
  const auto leg = call("uas_answer");
  node_.wait("ringing");
  EXPECT_THAT(node_.wait("answered").text, HasSubstr("m=audio"));
  node_.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(peer_->wait(), 0);
  EXPECT_FALSE(node_.wait("ended").by_remote);
}

TEST_F(SippCalled, AnswersAndHangsUp) {
  call("uas_hangup");
  node_.wait("answered");
  EXPECT_TRUE(node_.wait("ended").by_remote);
  EXPECT_EQ(peer_->wait(), 0);
}

TEST_F(SippCalled, IsBusy) {
  call("uas_busy");
  EXPECT_EQ(node_.wait("ended").cause, EndCause::busy);
  EXPECT_EQ(peer_->wait(), 0);
}

TEST_F(SippCalled, DoesNotAnswer) {
  call("uas_rings", Duration{1'500});
  node_.wait("ringing");
  EXPECT_EQ(node_.wait("ended").cause, EndCause::no_answer);
  EXPECT_EQ(peer_->wait(), 0);
}

TEST_F(SippCalled, RefusesOurOfferOnceWithGlare) {
  const auto leg = call("uas_glare");
  node_.wait("answered");
  node_.run([&](SipStack& stack) { stack.reinvite(leg, sdp("sendonly")); });
  EXPECT_THAT(node_.wait("answer").text, HasSubstr("a=recvonly"));
  node_.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(peer_->wait(), 0);
}

TEST_F(SippCalled, RingsReliably) {
  const auto leg = call("uas_reliable");
  EXPECT_THAT(node_.wait("ringing").text, HasSubstr("m=audio"));
  EXPECT_THAT(node_.wait("answered").text, HasSubstr("m=audio"));
  node_.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(peer_->wait(), 0);
}

TEST_F(SippCalled, AsksForALongerSession) {
  const auto leg = call("uas_timer");
  node_.wait("answered");
  node_.run([&](SipStack& stack) {  // refreshed after one second of the two it agreed to
    stack.after(Duration{1'400}, [&stack, leg] { stack.hangup(leg, EndCause::normal); });
  });
  EXPECT_EQ(peer_->wait(), 0);
}

}  // namespace
}  // namespace hotline::voice::signalling
