// SPDX-License-Identifier: Apache-2.0
// Goal: transfers by REFER, blind and attended, in both roles, and Replaces against live and early dialogs (RFC 3515,
// 3891, 3892, 4488).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void accept_only(SipStack& stack, const IncomingCall& call) {
  stack.accept(call.leg, sdp());
}
void nothing(SipStack&, const IncomingCall&) {}

class Transfer : public ::testing::Test {
 protected:
  /// A call from the peer up to its ACK: our tag and leg.
  std::pair<std::string, LegId> establish(RawPeer& peer, const std::string& call) {
    peer.send(peer.request("INVITE", call, 1, "", sdp()));
    const auto tag = RawPeer::tag(peer.expect("SIP/2.0 200"), "To");
    peer.send(peer.request("ACK", call, 1, tag));
    node_.wait("answered");
    return {tag, node_.wait("incoming").leg};
  }
  Node node_{Node::config(), accept_only};
  RawPeer peer_{node_.udp()}, other_{node_.udp()};
};

TEST_F(Transfer, AttendedTransferNamesTheLegToReplace) {
  const auto [tag, leg] = establish(peer_, "customer");
  const auto [consult_tag, consult_leg] = establish(peer_, "consultation");
  peer_.send(peer_.request("REFER", "customer", 2, tag, "",
                           "Refer-To: <sip:1001@127.0.0.1?Replaces=consultation%3Bto-tag%3D" + consult_tag +
                               "%3Bfrom-tag%3Dme&Require=replaces>\r\nReferred-By: <sip:8001@desk.invalid>\r\n"));
  peer_.expect("SIP/2.0 202");
  const auto request = node_.wait("transfer").transfer;
  EXPECT_EQ(request.leg, leg);
  EXPECT_EQ(request.replaces_leg, consult_leg);
  EXPECT_EQ(request.target_user, "1001");
  EXPECT_EQ(request.referred_by, "8001");
  auto notify = peer_.expect("NOTIFY ");
  EXPECT_EQ(RawPeer::header(notify, "Event"), "refer");
  peer_.send(peer_.response(notify, "200 OK", ""));
  node_.run([&](SipStack& stack) {
    stack.transfer_result(leg, 200);
    stack.hangup(leg, EndCause::normal);
  });
  EXPECT_THAT(peer_.expect("NOTIFY "), HasSubstr("SIP/2.0 200 OK"));
  peer_.expect("BYE ");
}

TEST_F(Transfer, AReplacesThatFitsNoDialogHereIsToldBy481) {
  const auto [tag, leg] = establish(peer_, "unknown");
  for (const std::string replaces : {"nobody%3Bto-tag%3Da%3Bfrom-tag%3Db", "unknown%3Bto-tag%3Da%3Bfrom-tag%3Dme"}) {
    static unsigned cseq = 1;
    peer_.send(peer_.request("REFER", "unknown", ++cseq, tag, "", "Refer-To: <sip:1@h?Replaces=" + replaces + ">\r\n"));
    peer_.expect("SIP/2.0 202");
    peer_.send(peer_.response(peer_.expect("NOTIFY "), "200 OK", ""));
    const auto last = peer_.expect("NOTIFY ");
    EXPECT_THAT(last, HasSubstr("SIP/2.0 481"));
    EXPECT_THAT(RawPeer::header(last, "Subscription-State"), StartsWith("terminated"));
    EXPECT_EQ(RawPeer::header(last, "Event"), cseq == 2 ? "refer" : fmt::format("refer;id={}", cseq));
    peer_.send(peer_.response(last, "200 OK", ""));
  }
  EXPECT_EQ(node_.count("transfer"), 0U);
}

TEST_F(Transfer, RefersThatCannotBeFollowedAreRefused) {
  const auto [tag, leg] = establish(peer_, "bad");
  unsigned cseq = 1;
  const auto refused = [&](const std::string& header, const std::string& status) {
    peer_.send(peer_.request("REFER", "bad", ++cseq, tag, "", header));
    EXPECT_THAT(peer_.expect("SIP/2.0 "), StartsWith("SIP/2.0 " + status)) << header;
  };
  refused("", "400");
  refused("Refer-To: <sip:1@h>\r\nRefer-To: <sip:2@h>\r\n", "400");
  refused("Refer-To: <sip:1@h;method=BYE>\r\n", "403");
  refused("Refer-To: <sip:1@h?Replaces=x%3Bto-tag%3Da>\r\n", "400");
  refused("Refer-To: <sip:h>\r\n", "404");
  refused("Refer-To: <tel:+86-755-1234>\r\n", "202");
  EXPECT_EQ(node_.wait("transfer").text, "+867551234");
  refused("Refer-To: <sip:1@h>\r\n", "491");
}

TEST_F(Transfer, ASubscriptionMayBeEndedAndOthersAreRefused) {
  const auto [tag, leg] = establish(peer_, "subscribe");
  peer_.send(peer_.request("SUBSCRIBE", "subscribe", 2, tag, "", "Event: presence\r\n"));
  EXPECT_EQ(RawPeer::header(peer_.expect("SIP/2.0 489"), "Allow-Events"), "refer");
  peer_.send(peer_.request("SUBSCRIBE", "subscribe", 3, tag, "", "Event: refer\r\n"));
  peer_.expect("SIP/2.0 481");
  peer_.send(peer_.request("REFER", "subscribe", 4, tag, "", "Refer-To: <sip:1@h>\r\n"));
  peer_.send(peer_.response(peer_.expect("NOTIFY "), "200 OK", ""));
  peer_.send(peer_.request("SUBSCRIBE", "subscribe", 5, tag, "", "Event: refer\r\nExpires: 0\r\n"));
  const auto last = peer_.expect("NOTIFY ");
  EXPECT_THAT(RawPeer::header(last, "Subscription-State"), StartsWith("terminated"));
}

TEST_F(Transfer, QuietRefersGetNoNotify) {
  const auto [tag, leg] = establish(peer_, "quiet");
  peer_.send(peer_.request("REFER", "quiet", 2, tag, "", "Refer-To: <sip:1@h>\r\nRefer-Sub: false\r\n"));
  EXPECT_EQ(RawPeer::header(peer_.expect("SIP/2.0 202"), "Refer-Sub"), "false");
  node_.wait("transfer");
  EXPECT_EQ(peer_.receive(std::chrono::milliseconds(100)), "");
}

TEST_F(Transfer, WeAskForATransferAndHearHowItWent) {
  const auto [tag, leg] = establish(peer_, "ours");
  node_.run([leg = leg](SipStack& stack) { stack.refer(leg, "10086"); });
  const auto refer = peer_.expect("REFER ");
  EXPECT_THAT(RawPeer::header(refer, "Refer-To"), HasSubstr("10086@"));
  EXPECT_THAT(RawPeer::header(refer, "Referred-By"), HasSubstr("hotline@"));
  peer_.send(peer_.response(refer, "202 Accepted", ""));
  const auto notify = [&](unsigned cseq, const std::string& state, const std::string& status) {
    peer_.send(peer_.request("NOTIFY", "ours", cseq, tag, "SIP/2.0 " + status + "\r\n",
                             "Event: refer\r\nContent-Type: message/sipfrag\r\nSubscription-State: " + state + "\r\n"));
    peer_.expect("SIP/2.0 200");
    return node_.wait("refer").status;
  };
  EXPECT_EQ(notify(2, "active;expires=60", "180 Ringing"), 180U);
  EXPECT_EQ(notify(3, "terminated;reason=noresource", "200 OK"), 200U);
  peer_.send(peer_.request("NOTIFY", "ours", 4, tag, "", "Event: refer\r\nSubscription-State: active\r\n"));
  peer_.expect("SIP/2.0 481");  // it is over
  peer_.send(peer_.request("NOTIFY", "ours", 5, tag, "", "Event: dialog\r\nSubscription-State: active\r\n"));
  peer_.expect("SIP/2.0 489");
}

TEST_F(Transfer, OursMayBeAttendedOrRefused) {
  const auto [tag, leg] = establish(peer_, "first");
  const auto [other_tag, other_leg] = establish(other_, "second");
  node_.run([leg = leg, other_leg = other_leg](SipStack& stack) { stack.refer(leg, "", other_leg); });
  const auto refer = peer_.expect("REFER ");
  EXPECT_EQ(RawPeer::header(refer, "Refer-To"),
            "<sip:raw@" + other_.address() + "?Replaces=second%3Bto-tag%3Dme%3Bfrom-tag%3D" + other_tag + ">");
  peer_.send(peer_.response(refer, "603 Decline", ""));
  EXPECT_EQ(node_.wait("refer").status, 603U);
}

std::string replaces(const std::string& call, const std::string& our_tag, const std::string& more = "") {
  return "Require: replaces\r\nReplaces: " + call + ";to-tag=" + our_tag + ";from-tag=me" + more + "\r\n";
}

TEST_F(Transfer, AnInviteWithReplacesTakesOverTheLeg) {
  const auto [tag, leg] = establish(peer_, "old");
  other_.send(other_.request("INVITE", "new", 1, "", sdp("sendonly"), replaces("old", tag)));
  const auto ok = other_.expect("SIP/2.0 200");
  const auto replaced = node_.wait("replaced");
  EXPECT_EQ(replaced.leg, leg);
  EXPECT_EQ(replaced.text, sdp("sendonly"));
  const auto bye = peer_.expect("BYE ");
  peer_.send(peer_.response(bye, "200 OK", ""));
  const auto new_tag = RawPeer::tag(ok, "To");
  other_.send(other_.request("ACK", "new", 1, new_tag));
  EXPECT_EQ(node_.wait("answered").leg, leg);
  EXPECT_EQ(node_.count("incoming"), 0U) << "no new call";
  EXPECT_EQ(node_.count("ended"), 0U);
  EXPECT_EQ(node_.trunk_use().at(0).in_use, 1U) << "the channel goes with the leg";
  other_.send(other_.request("BYE", "new", 2, new_tag));
  other_.expect("SIP/2.0 200");
  EXPECT_EQ(node_.wait("ended").leg, leg);
  EXPECT_EQ(node_.trunk_use().at(0).in_use, 0U);
  other_.send(other_.request("INVITE", "late", 1, "", sdp(), replaces("old", tag)));
  EXPECT_THAT(other_.expect("SIP/2.0 "), ::testing::AnyOf(StartsWith("SIP/2.0 481"), StartsWith("SIP/2.0 603")));
}

TEST_F(Transfer, ReplacesIsRefusedAsRfc3891Says) {
  const auto [tag, leg] = establish(peer_, "target");
  const auto refused = [&](const std::string& call, const std::string& header, const std::string& status) {
    other_.send(other_.request("INVITE", call, 1, "", sdp(), header));
    EXPECT_THAT(other_.expect("SIP/2.0 "), StartsWith("SIP/2.0 " + status)) << header;
  };
  refused("r1", replaces("target", "wrong"), "481");
  refused("r2", replaces("elsewhere", tag), "481");
  refused("r3", replaces("target", tag, ";early-only"), "486");
  refused("r4", "Replaces: target;to-tag=" + tag + "\r\n", "400");
  refused("r5", replaces("target", tag) + "Replaces: x;to-tag=a;from-tag=b\r\n", "400");
  refused("r6", replaces("target", tag) + "Join: x;to-tag=a;from-tag=b\r\n", "400");
  node_.takes_replacements = false;
  refused("r7", replaces("target", tag), "488");
  EXPECT_EQ(node_.count("ended"), 0U) << "the call goes on";
  EXPECT_EQ(node_.trunk_use().at(0).in_use, 1U);
}

TEST_F(Transfer, ARingingCallOfOursIsPickedUp) {
  const auto leg = node_.call(peer_.uri());
  const auto invite = peer_.expect("INVITE ");
  peer_.send(peer_.response(invite, "180 Ringing", "far"));
  node_.wait("ringing");
  // Our call goes over no trunk, the pick-up comes over one: it may not take it.
  other_.send(other_.request("INVITE", "stranger", 1, "", sdp(),
                             "Replaces: " + RawPeer::header(invite, "Call-ID") +
                                 ";to-tag=" + RawPeer::tag(invite, "From") + ";from-tag=far;early-only\r\n"));
  other_.expect("SIP/2.0 403");
  EXPECT_EQ(node_.count("ended"), 0U);
  node_.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
}

TEST(TransferPickUp, AnAgentsPhoneTakesARingingCall) {
  auto config = Node::config();
  config.trunks.clear();
  config.agent_contacts = {"127.0.0.1"};
  Node node(config, nothing);
  RawPeer ringing(node.udp()), picking(node.udp());
  const auto leg = node.call(ringing.uri());
  const auto invite = ringing.expect("INVITE ");
  ringing.send(ringing.response(invite, "180 Ringing", "far"));
  node.wait("ringing");
  picking.send(picking.request("INVITE", "pick-up", 1, "", sdp(),
                               "Replaces: " + RawPeer::header(invite, "Call-ID") +
                                   ";to-tag=" + RawPeer::tag(invite, "From") + ";from-tag=far;early-only\r\n"));
  const auto ok = picking.expect("SIP/2.0 200");
  const auto cancel = ringing.expect("CANCEL ");
  EXPECT_THAT(RawPeer::header(cancel, "Reason"), StartsWith("SIP;cause=200"));
  EXPECT_EQ(RawPeer::header(cancel, "Via"), RawPeer::header(invite, "Via"));
  ringing.send(ringing.response(cancel, "200 OK", "far"));
  ringing.send(ringing.response(invite, "487 Request Terminated", "far"));
  ringing.expect("ACK ");
  picking.send(picking.request("ACK", "pick-up", 1, RawPeer::tag(ok, "To")));
  EXPECT_EQ(node.wait("answered").leg, leg);
  EXPECT_EQ(node.count("ended"), 0U);
}

TEST_F(Transfer, AnUnansweredIncomingCallCannotBeReplaced) {
  Node node(Node::config(), nothing);
  peer_.aim(node.udp());
  other_.aim(node.udp());
  peer_.send(peer_.request("INVITE", "early", 1, "", sdp()));
  const auto leg = node.wait("incoming").leg;
  node.run([leg](SipStack& stack) { stack.progress(leg, 180); });
  const auto tag = RawPeer::tag(peer_.expect("SIP/2.0 180"), "To");
  other_.send(other_.request("INVITE", "taker", 1, "", sdp(), replaces("early", tag)));
  other_.expect("SIP/2.0 481");
}

}  // namespace
}  // namespace hotline::voice::signalling
