// SPDX-License-Identifier: Apache-2.0
// Goal: who calls, by which way and why a call ended are read from what the network may say, and said by rule (RFC
// 3323, 3325, 3326, 3966, 5806, 7044).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void nothing(SipStack&, const IncomingCall&) {}

Config trusting(bool trusted) {
  auto config = Node::config();
  config.trunks[0].trusted_identity = trusted;
  return config;
}

class Identity : public ::testing::Test {
 protected:
  IncomingCall call(const std::string& extra, bool trusted = true) {
    auto& node = trusted ? trusted_ : plain_;
    RawPeer peer(node.udp());
    peer.send(peer.request("INVITE", fmt::format("identity{}", ++number_), 1, "", sdp(), extra));
    return node.wait("incoming").call;
  }
  Node trusted_{trusting(true), nothing}, plain_{trusting(false), nothing};
  int number_ = 0;
};

TEST_F(Identity, AnAssertedIdentityCountsOnATrustedTrunkAlone) {
  const std::string asserted = "P-Asserted-Identity: \"Li \\\"L\\\" Na\" <sip:+8613800138000@carrier.invalid>\r\n";
  auto in = call(asserted);
  EXPECT_EQ(in.from_user, "+8613800138000");
  EXPECT_EQ(in.from_display, "Li \"L\" Na");
  EXPECT_EQ(in.asserted_user, "+8613800138000");
  in = call(asserted, false);
  EXPECT_EQ(in.from_user, "139");
  EXPECT_EQ(in.asserted_user, "");
  EXPECT_EQ(call("P-Asserted-Identity: <tel:+86-755-1234-5678>, <sip:x@y>\r\n").from_user, "+8675512345678");
  EXPECT_EQ(call("P-Preferred-Identity: <sip:4711@x>\r\n").from_user, "139") << "a wish, not an assertion";
}

TEST_F(Identity, AWithheldNumberIsKeptApart) {
  for (const std::string privacy : {"id", "user;id", "header; id;critical", "user"}) {
    const auto in = call("P-Asserted-Identity: <sip:139001@x>\r\nPrivacy: " + privacy + "\r\n");
    EXPECT_EQ(in.from_user, "") << privacy;
    EXPECT_EQ(in.from_display, "") << privacy;
    EXPECT_EQ(in.asserted_user, "139001") << privacy;
  }
  EXPECT_EQ(call("P-Asserted-Identity: <sip:139001@x>\r\nPrivacy: none\r\n").from_user, "139001");
  EXPECT_EQ(call("Privacy: id\r\n", false).from_user, "") << "anybody may withhold his own number";
}

TEST_F(Identity, TheLastDiversionIsTold) {
  EXPECT_EQ(call("Diversion: <sip:95001@x>;reason=unconditional, <sip:95000@x>;reason=user-busy\r\n").diverted_from,
            "95001");
  EXPECT_EQ(call("Diversion: \"a, b\" <tel:+86-1>;reason=no-answer\r\nDiversion: <sip:2@x>\r\n").diverted_from, "+861");
  EXPECT_EQ(call("History-Info: <sip:95000@x>;index=1, <sip:95002@x?Reason=SIP%3Bcause%3D302>;index=1.1,"
                 " <sip:1000@y>;index=1.1.1\r\n")
                .diverted_from,
            "95002");
  EXPECT_EQ(call("History-Info: <sip:1000@y>;index=1\r\n").diverted_from, "");
  EXPECT_EQ(call("Diversion: nonsense <<\r\n").diverted_from, "");
  EXPECT_EQ(call("Referred-By: <sip:8001@x>\r\n").referred_by, "8001");
}

TEST_F(Identity, TelUrisStandWhereverSipUrisDo) {
  RawPeer peer(plain_.udp());
  auto invite = peer.request("INVITE", "tel", 1, "", sdp());
  const auto put = [&](const std::string& from, const std::string& to) {
    const auto at = invite.find(from);
    ASSERT_NE(at, std::string::npos);
    invite.replace(at, from.size(), to);
  };
  put("INVITE sip:1000@127.0.0.1 ", "INVITE tel:+86-755-(1000);phone-context=x ");
  put("<sip:139@127.0.0.1>", "<tel:+86.139>");
  put("<sip:1000@127.0.0.1>", "<tel:+867551000>");
  peer.send(invite);
  const auto in = plain_.wait("incoming").call;
  EXPECT_EQ(in.to_user, "+867551000");
  EXPECT_EQ(in.from_user, "+86139");
}

std::string invite_of(Node& node, RawPeer& peer, const OutgoingCall& call) {
  node.run([&](SipStack& stack) { stack.invite(call); });
  return peer.expect("INVITE ");
}

TEST(IdentityOut, ATrustedTrunkIsToldTheNumberAndOthersTheDisplay) {
  RawPeer peer("127.0.0.1:9");
  for (const bool trusted : {true, false}) {
    auto config = Node::config();
    config.trunks = {{.name = "out", .peers = {peer.address()}}};
    config.trunks[0].trusted_identity = trusted;
    Node node(config, nothing);
    auto invite = invite_of(node, peer,
                            {.leg = LegId{1},
                             .uri = "10086",
                             .trunk = "out",
                             .from_user = "95000",
                             .from_display = "Hotline",
                             .offer = sdp()});
    EXPECT_THAT(RawPeer::header(invite, "From"), StartsWith("\"Hotline\" <sip:95000@"));
    EXPECT_EQ(RawPeer::header(invite, "P-Asserted-Identity"), trusted ? "<sip:95000@127.0.0.1>" : "");
    EXPECT_EQ(RawPeer::header(invite, "Privacy"), "");
    auto withheld = invite_of(node, peer,
                              {.leg = LegId{2},
                               .uri = "10086",
                               .trunk = "out",
                               .from_user = "",
                               .from_display = "Hidden",
                               .offer = sdp(),
                               .asserted_user = "95000",
                               .referred_by = "8001"});
    EXPECT_THAT(RawPeer::header(withheld, "From"), StartsWith("\"Anonymous\" <sip:anonymous@anonymous.invalid>"));
    EXPECT_EQ(RawPeer::header(withheld, "P-Asserted-Identity"), trusted ? "<sip:95000@127.0.0.1>" : "");
    EXPECT_EQ(RawPeer::header(withheld, "Privacy"), "id");
    EXPECT_THAT(RawPeer::header(withheld, "Referred-By"), HasSubstr("8001"));
    EXPECT_THAT(withheld, Not(HasSubstr("Hidden")));
  }
}

TEST(Reasons, AreReadFromByeCancelAndRefusals) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "reason", 1, "", sdp()));
  node.wait("incoming");
  peer.send(peer.request("CANCEL", "reason", 1, "", "",
                         "Reason: SIP;cause=200;text=\"Call completed elsewhere\", Q.850;cause=26\r\n"));
  EXPECT_EQ(node.wait("reason").text, "Q.850 26, SIP 200 (Call completed elsewhere)");
  EXPECT_EQ(node.wait("ended").cause, EndCause::cancelled);

  node.call(peer.uri());
  auto invite = peer.expect("INVITE ");
  peer.send(
      peer.response(invite, "480 Temporarily Unavailable", "far", "", "Reason: Q.850 ;cause=20;text=\"Absent\"\r\n"));
  EXPECT_EQ(node.wait("reason").text, "Q.850 20 (Absent)");
  node.wait("ended");
  node.call(peer.uri());
  invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "486 Busy Here", "far", "", "Reason: Q.850;cause=99999, X;cause=1\r\n"));
  EXPECT_EQ(node.wait("ended").cause, EndCause::busy);
  EXPECT_EQ(node.count("reason"), 0U) << "no such cause";
}

TEST(Reasons, AreSentWithRefusalsCancelAndBye) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "busy", 1, "", sdp()));
  const auto leg = node.wait("incoming").leg;
  node.run([leg](SipStack& stack) { stack.reject(leg, 486); });
  EXPECT_EQ(RawPeer::header(peer.expect("SIP/2.0 486"), "Reason"), "Q.850;cause=17");
  peer.send(peer.request("ACK", "busy", 1));

  for (const auto cause : {EndCause::elsewhere, EndCause::no_answer}) {
    const auto out = node.call(peer.uri());
    const auto invite = peer.expect("INVITE ");
    node.run([&](SipStack& stack) { stack.hangup(out, cause); });
    EXPECT_EQ(peer.receive(std::chrono::milliseconds(50)), "") << "no CANCEL before anything was heard";
    peer.send(peer.response(invite, "180 Ringing", "far"));
    const auto cancel = peer.expect("CANCEL ");
    EXPECT_EQ(RawPeer::header(cancel, "Reason"),
              cause == EndCause::elsewhere ? "SIP;cause=200;text=\"Call completed elsewhere\"" : "");
    EXPECT_EQ(RawPeer::header(cancel, "Via"), RawPeer::header(invite, "Via"));
    EXPECT_EQ(RawPeer::header(cancel, "From"), RawPeer::header(invite, "From"));
    EXPECT_EQ(peer.expect("CANCEL "), cancel) << "repeated until it is answered";
    peer.send(peer.response(cancel, "200 OK", "far"));
    peer.send(peer.response(invite, "487 Request Terminated", "far"));
    peer.expect("ACK ");
    node.wait("ended");
  }
}

}  // namespace
}  // namespace hotline::voice::signalling
