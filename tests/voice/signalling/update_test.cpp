// SPDX-License-Identifier: Apache-2.0
// Goal: UPDATE changes a session before and after the answer, and offers that cross are settled (RFC 3311).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void nothing(SipStack&, const IncomingCall&) {}
constexpr const char* kAble = "Allow: INVITE, UPDATE, PRACK\r\nSupported: 100rel\r\n";

TEST(Update, InAnEarlyDialogOfAnIncomingCall) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "early", 1, "", sdp(), kAble));
  const auto leg = node.wait("incoming").leg;
  node.run([&](SipStack& stack) { stack.progress(leg, 180); });
  const auto tag = RawPeer::tag(peer.expect("SIP/2.0 180"), "To");
  peer.send(peer.request("UPDATE", "early", 2, tag, sdp("sendonly")));
  EXPECT_FALSE(RawPeer::header(peer.expect("SIP/2.0 500"), "Retry-After").empty())
      << "the first offer has no answer yet";
  peer.send(peer.request("UPDATE", "early", 3, tag));
  EXPECT_THAT(peer.expect("SIP/2.0 200"), HasSubstr("CSeq: 3 UPDATE")) << "without SDP it is no offer";

  node.run([&](SipStack& stack) { stack.progress(leg, 183, sdp()); });
  const auto early = peer.expect("SIP/2.0 183");
  peer.send(peer.request("PRACK", "early", 4, tag, "", "RAck: " + RawPeer::header(early, "RSeq") + " 1 INVITE\r\n"));
  peer.expect("SIP/2.0 200");
  peer.send(peer.request("UPDATE", "early", 5, tag, sdp("sendonly")));
  EXPECT_EQ(RawPeer::body(peer.expect("SIP/2.0 200")), sdp());
  EXPECT_EQ(node.wait("offer").text, sdp("sendonly"));

  node.run([&](SipStack& stack) { stack.reinvite(leg, sdp("inactive")); });
  const auto update = peer.expect("UPDATE ");
  EXPECT_EQ(RawPeer::body(update), sdp("inactive"));
  peer.send(peer.request("UPDATE", "early", 6, tag, sdp("recvonly")));
  peer.expect("SIP/2.0 491");  // ours is under way
  peer.send(peer.response(update, "200 OK", "", sdp("recvonly")));
  EXPECT_EQ(node.wait("answer").text, sdp("recvonly"));
}

TEST(Update, InAnEarlyDialogOfACallOfOurs) {
  Node node;
  RawPeer peer(node.udp());
  const auto leg = node.call(peer.uri());
  const auto invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "180 Ringing", "far"));
  node.wait("ringing");
  peer.send(peer.request_back(invite, "UPDATE", 1, "far", sdp("sendonly")));
  peer.expect("SIP/2.0 491");  // our first offer is not answered
  peer.send(peer.response(invite, "183 Session Progress", "far", sdp(),
                          "Require: 100rel\r\nRSeq: 1\r\nAllow: INVITE, UPDATE\r\n"));
  peer.send(peer.response(peer.expect("PRACK "), "200 OK", ""));
  node.wait("ringing");
  peer.send(peer.request_back(invite, "UPDATE", 2, "far", sdp("sendonly")));
  EXPECT_EQ(RawPeer::body(peer.expect("SIP/2.0 200")), sdp());
  node.run([&](SipStack& stack) { stack.reinvite(leg, sdp("recvonly")); });
  const auto update = peer.expect("UPDATE ");
  EXPECT_EQ(RawPeer::tag(update, "To"), "far");
  peer.send(peer.response(update, "200 OK", "", sdp("sendonly")));
  EXPECT_EQ(node.wait("answer").text, sdp("sendonly"));
}

TEST(Update, OursIsSentAgainAfterGlare) {
  auto config = Node::config();
  Node node(config, nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "glare", 1, "", sdp(), kAble));
  const auto leg = node.wait("incoming").leg;
  node.run([&](SipStack& stack) { stack.progress(leg, 183, sdp()); });
  const auto early = peer.expect("SIP/2.0 183");
  peer.send(peer.request("PRACK", "glare", 2, RawPeer::tag(early, "To"), "",
                         "RAck: " + RawPeer::header(early, "RSeq") + " 1 INVITE\r\n"));
  peer.expect("SIP/2.0 200");
  node.run([&](SipStack& stack) { stack.reinvite(leg, sdp("sendonly")); });
  auto update = peer.expect("UPDATE ");
  peer.send(peer.response(update, "491 Request Pending", ""));
  update = peer.expect("UPDATE ");  // within 2 s: the far end made the Call-ID
  EXPECT_EQ(RawPeer::body(update), sdp("sendonly"));
  peer.send(peer.response(update, "488 Not Acceptable Here", ""));
  EXPECT_EQ(node.wait("answer").text, "") << "refused: what was agreed before holds";
}

TEST(Update, InAConfirmedCallItIsAnsweredOrRefused) {
  Node node(Node::config(), [](SipStack& stack, const IncomingCall& call) { stack.accept(call.leg, sdp()); });
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "confirmed", 1, "", sdp()));
  const auto tag = RawPeer::tag(peer.expect("SIP/2.0 200"), "To");
  peer.send(peer.request("ACK", "confirmed", 1, tag));
  node.wait("answered");
  peer.send(peer.request("UPDATE", "confirmed", 2, tag, sdp("sendonly")));
  EXPECT_EQ(RawPeer::body(peer.expect("SIP/2.0 200")), sdp());
  node.on_offer([](const std::string&) { return std::nullopt; });
  peer.send(peer.request("UPDATE", "confirmed", 3, tag, sdp("inactive")));
  peer.expect("SIP/2.0 488");
  peer.send(peer.request("UPDATE", "confirmed", 2, tag));
  peer.expect("SIP/2.0 500");  // older than one that was served
}

}  // namespace
}  // namespace hotline::voice::signalling
