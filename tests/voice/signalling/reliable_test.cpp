// SPDX-License-Identifier: Apache-2.0
// Goal: provisional responses are acknowledged as RFC 3262 says, in both roles, with offers and answers inside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kRequire = "Require: 100rel\r\n";
constexpr const char* kSupport = "Supported: 100rel\r\n";

void nothing(SipStack&, const IncomingCall&) {}

std::string rack(const std::string& response, const std::string& cseq = "1 INVITE") {
  return "RAck: " + RawPeer::header(response, "RSeq") + " " + cseq + "\r\n";
}

std::string reliable(unsigned rseq) {
  return fmt::format("Require: 100rel\r\nRSeq: {}\r\nAllow: INVITE, UPDATE, PRACK\r\n", rseq);
}

class Callee : public ::testing::Test {
 protected:
  LegId begin(const std::string& call, const std::string& extra, const std::string& offer = sdp()) {
    peer_.send(peer_.request("INVITE", call, 1, "", offer, extra));
    return node_.wait("incoming").leg;
  }
  void progress(LegId leg, unsigned status, const std::string& description = "") {
    node_.run([&](SipStack& stack) { stack.progress(leg, status, description); });
  }
  Node node_{Node::config(), nothing};
  RawPeer peer_{node_.udp()};
};

TEST_F(Callee, ARequiredReliableResponseIsRepeatedUntilItsPrack) {
  const auto leg = begin("required", kRequire);
  progress(leg, 180);
  const auto first = peer_.expect("SIP/2.0 180");
  EXPECT_EQ(RawPeer::header(first, "Require"), "100rel");
  EXPECT_FALSE(RawPeer::header(first, "RSeq").empty());
  EXPECT_EQ(peer_.expect("SIP/2.0 180"), first);
  const auto tag = RawPeer::tag(first, "To");
  peer_.send(peer_.request("PRACK", "required", 2, tag, "", rack(first)));
  EXPECT_THAT(peer_.expect("SIP/2.0 200"), HasSubstr("CSeq: 2 PRACK"));
  EXPECT_EQ(peer_.receive(std::chrono::milliseconds(150)), "") << "repeated after its PRACK";
}

TEST_F(Callee, SdpGoesReliablyWhenTheCallerKnowsHowAndTheAnswerWaitsForThePrack) {
  const auto leg = begin("early-media", kSupport);
  progress(leg, 180);
  EXPECT_EQ(RawPeer::header(peer_.expect("SIP/2.0 180"), "RSeq"), "") << "nothing in it that must not get lost";
  progress(leg, 183, sdp());
  node_.run([&](SipStack& stack) { stack.accept(leg, sdp()); });
  const auto early = peer_.expect("SIP/2.0 183");
  EXPECT_EQ(RawPeer::body(early), sdp());
  EXPECT_THAT(peer_.receive(), StartsWith("SIP/2.0 183")) << "no 200 before the PRACK";
  const auto tag = RawPeer::tag(early, "To");
  peer_.send(peer_.request("PRACK", "early-media", 2, tag, "", rack(early)));
  peer_.expect("SIP/2.0 200");
  const auto ok = peer_.expect("SIP/2.0 200");
  EXPECT_THAT(ok, HasSubstr("CSeq: 1 INVITE"));
  EXPECT_EQ(RawPeer::body(ok), "") << "the answer was given already";
  peer_.send(peer_.request("ACK", "early-media", 1, tag));
  node_.wait("answered");
}

TEST_F(Callee, WithoutTheExtensionSdpGoesUnreliablyAndAgainInTheAnswer) {
  const auto leg = begin("plain", "");
  progress(leg, 183, sdp());
  EXPECT_THAT(peer_.expect("SIP/2.0 183"), Not(HasSubstr("RSeq")));
  node_.run([&](SipStack& stack) { stack.accept(leg, sdp()); });
  EXPECT_EQ(RawPeer::body(peer_.expect("SIP/2.0 200")), sdp());
}

TEST_F(Callee, ADelayedOfferGoesIntoTheFirstReliableResponseAndThePrackAnswers) {
  const auto leg = begin("delayed", kRequire, "");
  progress(leg, 180);
  const auto ringing = peer_.expect("SIP/2.0 180");
  EXPECT_EQ(node_.wait("offer").text, "");
  EXPECT_EQ(RawPeer::body(ringing), sdp());
  const auto tag = RawPeer::tag(ringing, "To");
  peer_.send(peer_.request("PRACK", "delayed", 2, tag, sdp("recvonly"), rack(ringing)));
  peer_.expect("SIP/2.0 200");
  EXPECT_EQ(node_.wait("answer").text, sdp("recvonly"));
  peer_.send(peer_.request("PRACK", "delayed", 3, tag, "", rack(ringing)));
  EXPECT_THAT(peer_.expect("SIP/2.0 "), StartsWith("SIP/2.0 481")) << "acknowledged once";
  node_.run([&](SipStack& stack) { stack.accept(leg, sdp()); });
  EXPECT_EQ(RawPeer::body(peer_.expect("SIP/2.0 200")), "");
  peer_.send(peer_.request("ACK", "delayed", 1, tag));
  EXPECT_EQ(node_.wait("answered").text, "");
}

TEST_F(Callee, AnOfferInThePrackIsAnsweredInItsResponse) {
  const auto leg = begin("offer-in-prack", kSupport);
  progress(leg, 183, sdp());
  const auto early = peer_.expect("SIP/2.0 183");
  peer_.send(peer_.request("PRACK", "offer-in-prack", 2, RawPeer::tag(early, "To"), sdp("sendonly"), rack(early)));
  EXPECT_EQ(RawPeer::body(peer_.expect("SIP/2.0 200")), sdp());
  EXPECT_EQ(node_.wait("offer").text, sdp("sendonly"));
}

TEST_F(Callee, ResponsesBehindAnUnacknowledgedOneWaitAndKeepTheirOrder) {
  const auto leg = begin("queue", kRequire);
  progress(leg, 180);
  progress(leg, 183, sdp());
  const auto first = peer_.expect("SIP/2.0 18");
  EXPECT_THAT(first, StartsWith("SIP/2.0 180"));
  peer_.send(peer_.request("PRACK", "queue", 2, RawPeer::tag(first, "To"), "", rack(first)));
  const auto second = peer_.expect("SIP/2.0 183");
  EXPECT_EQ(std::stoul(RawPeer::header(second, "RSeq")), std::stoul(RawPeer::header(first, "RSeq")) + 1);
}

TEST_F(Callee, WrongPracksAreRefused) {
  const auto leg = begin("wrong", kRequire);
  progress(leg, 180);
  const auto ringing = peer_.expect("SIP/2.0 180");
  const auto tag = RawPeer::tag(ringing, "To");
  const auto refused = [&](unsigned cseq, const std::string& header, const std::string& status) {
    peer_.send(peer_.request("PRACK", "wrong", cseq, tag, "", header));
    auto answer = peer_.receive();
    while (answer.find("PRACK") == std::string::npos && !answer.empty()) answer = peer_.receive();
    EXPECT_THAT(answer, StartsWith("SIP/2.0 " + status)) << header;
  };
  refused(2, "RAck: 1 1 INVITE\r\n", "481");
  refused(3, rack(ringing, "2 INVITE"), "481");
  refused(4, rack(ringing, "1 UPDATE"), "481");
  refused(5, "RAck: many\r\n", "400");
  refused(6, "", "400");
  refused(7, rack(ringing), "200");
}

TEST_F(Callee, WithoutAnyPrackTheCallIsRefused) {
  const auto leg = begin("no-prack", kRequire);
  progress(leg, 180);
  peer_.expect("SIP/2.0 504");  // after 64 T1 = 1.28 s here
  const auto ended = node_.wait("ended");
  EXPECT_EQ(ended.leg, leg);
  EXPECT_EQ(ended.status, 504U);
}

TEST_F(Callee, UnknownExtensionsAreNamed) {
  peer_.send(peer_.request("INVITE", "unknown", 1, "", sdp(), "Require: 100rel, precondition, timer\r\n"));
  EXPECT_EQ(RawPeer::header(peer_.expect("SIP/2.0 420"), "Unsupported"), "precondition");
  EXPECT_EQ(node_.count("incoming"), 0U);
}

class Caller : public ::testing::Test {
 protected:
  std::string begin(const std::string& offer = sdp()) {
    leg_ = node_.call(peer_.uri(), offer);
    return peer_.expect("INVITE ");
  }
  Node node_;
  RawPeer peer_{node_.udp()};
  LegId leg_{};
};

TEST_F(Caller, ReliableResponsesAreAcknowledgedOnceAndInOrder) {
  const auto invite = begin();
  EXPECT_THAT(RawPeer::header(invite, "Supported"), HasSubstr("100rel"));
  const auto first = peer_.response(invite, "180 Ringing", "far", "", reliable(700));
  peer_.send(first);
  const auto prack = peer_.expect("PRACK ");
  EXPECT_EQ(RawPeer::header(prack, "RAck"), "700 " + RawPeer::header(invite, "CSeq"));
  EXPECT_EQ(RawPeer::tag(prack, "To"), "far");
  peer_.send(first);  // our PRACK crossed it
  peer_.send(peer_.response(invite, "183 Session Progress", "far", sdp("recvonly"), reliable(702)));  // 701 is missing
  peer_.send(peer_.response(prack, "200 OK", ""));
  EXPECT_EQ(peer_.receive(std::chrono::milliseconds(100)), "");
  peer_.send(peer_.response(invite, "183 Session Progress", "far", sdp("sendonly"), reliable(701)));
  EXPECT_THAT(RawPeer::header(peer_.expect("PRACK "), "RAck"), StartsWith("701 "));
  peer_.send(peer_.response(invite, "200 OK", "far"));  // the 183 had the answer
  peer_.expect("ACK ");
  EXPECT_EQ(node_.wait("answered").text, sdp("sendonly"));
}

TEST_F(Caller, AnOfferInAReliableResponseIsAnsweredInThePrack) {
  const auto invite = begin("");
  peer_.send(peer_.response(invite, "183 Session Progress", "far", sdp("sendonly"), reliable(1)));
  const auto prack = peer_.expect("PRACK ");
  EXPECT_EQ(node_.wait("offer").text, sdp("sendonly"));
  EXPECT_EQ(RawPeer::body(prack), sdp());
  peer_.send(peer_.response(prack, "200 OK", ""));
  peer_.send(peer_.response(invite, "200 OK", "far"));
  EXPECT_EQ(RawPeer::body(peer_.expect("ACK ")), "");
  node_.wait("answered");
}

TEST_F(Caller, EachForkHasItsOwnDialogAndSdp) {
  const auto invite = begin();
  peer_.send(peer_.response(invite, "183 Session Progress", "one", sdp("sendonly"), reliable(10)));
  const auto one = peer_.expect("PRACK ");
  peer_.send(peer_.response(invite, "183 Session Progress", "two", sdp("inactive"), reliable(5)));
  const auto two = peer_.expect("PRACK ");
  EXPECT_EQ(RawPeer::tag(one, "To"), "one");
  EXPECT_EQ(RawPeer::tag(two, "To"), "two");
  for (const auto& prack : {one, two}) peer_.send(peer_.response(prack, "200 OK", ""));
  peer_.send(peer_.response(invite, "200 OK", "one"));
  EXPECT_EQ(RawPeer::tag(peer_.expect("ACK "), "To"), "one");
  EXPECT_EQ(node_.wait("answered").text, sdp("sendonly")) << "the answer of the branch that was taken";
  peer_.send(peer_.response(invite, "200 OK", "two"));
  EXPECT_EQ(RawPeer::tag(peer_.expect("ACK "), "To"), "two");
  const auto bye = peer_.expect("BYE ");
  EXPECT_EQ(RawPeer::tag(bye, "To"), "two");
  EXPECT_THAT(RawPeer::header(bye, "Reason"), HasSubstr("SIP;cause=200"));
}

TEST_F(Caller, TwoOfUsAgreeOverAReliable183) {
  Node callee(Node::config(), nothing);
  const auto leg = node_.call("sip:1000@" + callee.udp());
  const auto incoming = callee.wait("incoming").leg;
  callee.run([&](SipStack& stack) {
    stack.progress(incoming, 183, sdp("sendonly"));
    stack.accept(incoming, sdp("sendonly"));
  });
  EXPECT_EQ(node_.wait("ringing").text, sdp("sendonly"));
  EXPECT_EQ(node_.wait("answered").text, sdp("sendonly"));
  callee.wait("answered");
  node_.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(callee.wait("reason").text, "Q.850 16");
}

}  // namespace
}  // namespace hotline::voice::signalling
