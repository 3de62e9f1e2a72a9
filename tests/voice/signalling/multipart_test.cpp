// SPDX-License-Identifier: Apache-2.0
// Goal: calls whose INVITE has more in it than SDP are taken (RFC 5621), and a recording session (RFC 7866) is asked
// for in the words it needs, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;

void accept_only(SipStack& stack, const IncomingCall& call) {
  stack.accept(call.leg, sdp());
}

constexpr const char* kMixed = "Content-Type: multipart/mixed;boundary=\"xy\"\r\nMIME-Version: 1.0\r\n";

std::string with_isup(const std::string& handling, bool has_sdp = true) {
  std::string body = "--xy\r\nContent-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal" +
                     handling + "\r\n\r\n\x01\x10\r\n";
  if (has_sdp) body += "--xy\r\nContent-Type: application/sdp\r\n\r\n" + sdp() + "\r\n";
  return body + "--xy--\r\n";
}

TEST(Multipart, AnInviteWithSdpAndSomethingElseIsTaken) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  for (const auto* handling : {";handling=optional", ""}) {
    const std::string call = std::string("mixed") + handling;
    peer.send(peer.request("INVITE", call, 1, "", with_isup(handling), kMixed));
    const auto ok = peer.expect("SIP/2.0 200");
    EXPECT_EQ(node.wait("incoming").text, sdp());
    peer.send(peer.request("ACK", call, 1, RawPeer::tag(ok, "To")));
    node.wait("answered");
  }
}

TEST(Multipart, APartThatMustBeUnderstoodIsRefused) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "must", 1, "", with_isup(";handling=required"), kMixed));
  EXPECT_THAT(peer.expect("SIP/2.0 415"), HasSubstr("Accept: application/sdp"));
}

TEST(Multipart, WithoutSdpWeOfferWhereTheRestIsOptional) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "no-sdp", 1, "", with_isup(";handling=optional", false), kMixed));
  EXPECT_EQ(RawPeer::body(peer.expect("SIP/2.0 200")), sdp());
  EXPECT_FALSE(node.wait("incoming").call.offer);
  peer.send(peer.request("INVITE", "no-sdp-2", 1, "", with_isup("", false), kMixed));
  for (;;) {  // the 200 of the first call is repeated: nobody acknowledges it
    const auto answer = peer.receive();
    ASSERT_FALSE(answer.empty());
    if (RawPeer::header(answer, "Call-ID") != "no-sdp-2") continue;
    EXPECT_THAT(answer, HasSubstr("SIP/2.0 415"));
    break;
  }
}

TEST(Multipart, WhoShowsRecordingIsKnown) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "aware", 1, "", sdp(), "Supported: timer, record-aware\r\n"));
  peer.expect("SIP/2.0 200");
  EXPECT_TRUE(node.wait("incoming").call.record_aware);
}

class RecordingSession : public ::testing::Test {
 protected:
  RecordingSession() {
    auto config = Node::config();
    config.trunks.push_back(
        {.name = "siprec", .gateways = {{.address = peer.address()}}, .ping = Duration{0}, .takes_calls = false});
    node = std::make_unique<Node>(config, accept_only);
    peer.aim(node->udp());
    node->run([&](SipStack& stack) {
      stack.invite({.leg = leg,
                    .uri = "record",
                    .trunk = "siprec",
                    .from_user = "hotline",
                    .offer = "--b\r\nContent-Type: application/sdp\r\n\r\n" + sdp() + "\r\n--b--\r\n",
                    .offer_type = "multipart/mixed;boundary=b",
                    .headers = "Require: siprec\r\n",
                    .contact_parameters = ";+sip.src"});
    });
    invite = peer.expect("INVITE ");
    peer.send(peer.response(invite, "200 OK", "srs", sdp("recvonly"), "Allow: INVITE, ACK, BYE\r\n"));
    peer.expect("ACK ");
    EXPECT_EQ(node->wait("answered").text, sdp("recvonly"));
  }
  const LegId leg{4'711};
  RawPeer peer{"127.0.0.1:9"};
  std::unique_ptr<Node> node;
  std::string invite;
};

TEST_F(RecordingSession, IsAskedForAndChanged) {
  EXPECT_THAT(invite, HasSubstr("INVITE sip:record@" + peer.address()));
  EXPECT_EQ(RawPeer::header(invite, "Require"), "siprec");
  EXPECT_EQ(RawPeer::header(invite, "Content-Type"), "multipart/mixed;boundary=b");
  EXPECT_THAT(RawPeer::header(invite, "Contact"), ::testing::EndsWith(">;+sip.src"));
  node->run([&](SipStack& stack) { stack.reinvite(leg, "--b\r\nchanged", "multipart/mixed;boundary=b"); });
  const auto again = peer.expect("INVITE ");
  EXPECT_EQ(RawPeer::header(again, "Require"), "siprec");
  EXPECT_EQ(RawPeer::header(again, "Content-Type"), "multipart/mixed;boundary=b");
  EXPECT_THAT(RawPeer::header(again, "Contact"), ::testing::EndsWith(">;+sip.src"));
  EXPECT_EQ(RawPeer::body(again), "--b\r\nchanged");
  peer.send(peer.response(again, "200 OK", "", sdp("recvonly")));
  peer.expect("ACK ");
  EXPECT_EQ(node->wait("answer").text, sdp("recvonly"));
}

TEST_F(RecordingSession, TheRecorderMayAskForMetadataAndHold) {
  peer.send(peer.request_back(invite, "UPDATE", 1, "srs", "<requestsnapshot/>",
                              "Content-Type: application/rs-metadata-request\r\n"));
  peer.expect("SIP/2.0 200");
  EXPECT_EQ(node->wait("metadata").leg, leg);
  peer.send(peer.request_back(invite, "INVITE", 2, "srs", sdp("inactive")));
  const auto ok = peer.expect("SIP/2.0 200");
  EXPECT_EQ(node->wait("offer").text, sdp("inactive"));
  EXPECT_THAT(RawPeer::header(ok, "Contact"), ::testing::EndsWith(">;+sip.src"));
  EXPECT_EQ(RawPeer::header(ok, "Content-Type"), "application/sdp");
  EXPECT_EQ(node->count("metadata"), 0U);
}

TEST_F(RecordingSession, TheRecorderCannotCallUs) {
  auto config = Node::config();
  config.trunks = {
      {.name = "siprec", .gateways = {{.address = peer.address()}}, .ping = Duration{0}, .takes_calls = false}};
  Node strict(config, accept_only);
  RawPeer caller(strict.udp());
  caller.send(caller.request("INVITE", "from-recorder", 1, "", sdp()));
  caller.expect("SIP/2.0 403");
  EXPECT_EQ(strict.count("incoming"), 0U);
  bool down = true;
  node->run([&](SipStack& stack) { down = stack.gateway_down(leg); });
  EXPECT_FALSE(down);
}

}  // namespace
}  // namespace hotline::voice::signalling
