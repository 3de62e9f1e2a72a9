// SPDX-License-Identifier: Apache-2.0
// Goal: requests and answers go where RFC 3261, RFC 3581 and redirections send them, also across address translation,
// and what goes round or is out of measure is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"
#include "voice/signalling/dialog.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void accept_only(SipStack& stack, const IncomingCall& call) {
  stack.accept(call.leg, sdp());
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

sa address(const std::string& text) {
  sa out{};
  sa_set_str(&out, text.c_str(), 5060);
  return out;
}

TEST(Nat, PrivateAddressesAreKnown) {
  for (const auto* inside :
       {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"}) {
    EXPECT_TRUE(is_private(address(inside))) << inside;
  }
  for (const auto* outside : {"127.0.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "8.8.8.8", "2001:db8::1"}) {
    EXPECT_FALSE(is_private(address(outside))) << outside;
  }
}

TEST(Nat, APhoneBehindItIsAnsweredAndCalledWhereItIsHeardFrom) {
  Node node(Node::config(), accept_only);
  RawPeer phone(node.udp());
  auto invite = phone.request("INVITE", "nat", 1, "", sdp());
  replace(invite, "SIP/2.0/UDP " + phone.address(), "SIP/2.0/UDP 192.168.1.20:5062");
  replace(invite, ";rport", "");  // knows nothing of RFC 3581
  replace(invite, "<sip:raw@" + phone.address() + ">", "<sip:raw@192.168.1.20:5062>");
  phone.send(invite);
  const auto ok = phone.expect("SIP/2.0 200");
  phone.send(phone.request("ACK", "nat", 1, RawPeer::tag(ok, "To")));
  const auto leg = node.wait("answered").leg;
  node.run([leg](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_THAT(phone.expect("BYE "), StartsWith("BYE sip:raw@192.168.1.20:5062 ")) << "the target stays the Contact";
}

TEST(Nat, TheAnswerToACallOfOursMayNameAPrivateContact) {
  Node node;
  RawPeer phone(node.udp());
  node.call(phone.uri());
  auto ok = phone.response(phone.expect("INVITE "), "200 OK", "far", sdp());
  replace(ok, "Contact: <sip:raw@" + phone.address() + ">", "Contact: <sip:raw@10.0.0.9:5060>");
  phone.send(ok);
  EXPECT_THAT(phone.expect("ACK "), StartsWith("ACK sip:raw@10.0.0.9:5060 "));
}

TEST(Nat, RportIsFilledIn) {
  Node node(Node::config(), accept_only);
  RawPeer phone(node.udp());
  phone.send(phone.request("OPTIONS", "rport", 1));
  const auto via = RawPeer::header(phone.expect("SIP/2.0 200"), "Via");
  EXPECT_THAT(via, HasSubstr("rport=" + phone.address().substr(phone.address().find(':') + 1)));
  EXPECT_THAT(via, HasSubstr("received=127.0.0.1"));
}

TEST(Routes, RecordRoutesAreFollowedLooselyAndStrictly) {
  for (const bool loose : {true, false}) {
    Node node(Node::config(), accept_only);
    RawPeer proxy(node.udp());
    const auto route = "<sip:" + proxy.address() + (loose ? ";lr>" : ">");
    auto invite = proxy.request("INVITE", "routed", 1, "", sdp(), "Record-Route: " + route + "\r\n");
    replace(invite, "Contact: <sip:raw@" + proxy.address() + ">", "Contact: <sip:raw@192.0.2.77>");
    proxy.send(invite);
    const auto ok = proxy.expect("SIP/2.0 200");
    EXPECT_EQ(RawPeer::header(ok, "Record-Route"), route);
    proxy.send(proxy.request("ACK", "routed", 1, RawPeer::tag(ok, "To")));
    const auto leg = node.wait("answered").leg;
    node.run([leg](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
    const auto bye = proxy.expect("BYE ");
    EXPECT_THAT(bye, StartsWith(loose ? "BYE sip:raw@192.0.2.77 " : "BYE sip:" + proxy.address() + " "));
    EXPECT_EQ(RawPeer::header(bye, "Route"), loose ? route : "<sip:raw@192.0.2.77>");
  }
}

class Redirected : public ::testing::Test {
 protected:
  void start(bool follow) {
    auto config = Node::config();
    config.trunks = {{.name = "out", .peers = {peer_.address()}}};
    config.trunks[0].follow_redirects = follow;
    node_.emplace(config, accept_only);
    peer_.aim(node_->udp());
    node_->run([](SipStack& stack) {
      stack.invite({.leg = LegId{1}, .uri = "10086", .trunk = "out", .from_user = "95000", .offer = sdp()});
    });
  }
  std::string redirect(const std::string& contacts) {
    const auto invite = peer_.expect("INVITE ");
    auto moved = peer_.response(invite, "302 Moved Temporarily", "gone");
    replace(moved, "Contact: <sip:raw@" + peer_.address() + ">", "Contact: " + contacts);
    peer_.send(moved);
    peer_.expect("ACK ");
    return invite;
  }
  RawPeer peer_{"127.0.0.1:9"};
  std::optional<Node> node_;
};

TEST_F(Redirected, ContactsAreTriedInTheirOrder) {
  start(true);
  const auto first = redirect("<sip:b@" + peer_.address() + ">;q=0.2, <mailto:x@y>, <sip:a@" + peer_.address() +
                              ">;q=0.9, <tel:+86-1>;q=0.1");
  const auto second = peer_.expect("INVITE sip:a@");
  EXPECT_EQ(RawPeer::header(second, "Call-ID"), RawPeer::header(first, "Call-ID"));
  EXPECT_EQ(RawPeer::header(second, "From"), RawPeer::header(first, "From"));
  EXPECT_NE(RawPeer::header(second, "CSeq"), RawPeer::header(first, "CSeq"));
  peer_.send(peer_.response(second, "486 Busy Here", "a"));
  const auto third = peer_.expect("INVITE sip:b@");
  peer_.send(peer_.response(third, "404 Not Found", "b"));
  const auto last = peer_.expect("INVITE sip:+861@" + peer_.address());
  peer_.send(peer_.response(last, "200 OK", "c", sdp()));
  peer_.expect("ACK ");
  node_->wait("answered");
}

TEST_F(Redirected, LoopsAndLongChainsEnd) {
  start(true);
  int invites = 0;
  for (; invites < 6; ++invites) {
    redirect(invites == 2 ? "<sip:10086@" + peer_.address() + ">, <sip:hop2@" + peer_.address() + ">"
                          : fmt::format("<sip:hop{}@{}>", invites, peer_.address()));
  }
  EXPECT_EQ(node_->wait("ended").status, 302U);
  EXPECT_EQ(peer_.receive(std::chrono::milliseconds(100)), "");
}

TEST_F(Redirected, ATrunkThatDoesNotAllowItFails) {
  start(false);
  redirect("<sip:b@" + peer_.address() + ">");
  const auto ended = node_->wait("ended");
  EXPECT_EQ(ended.status, 302U);
  EXPECT_EQ(ended.cause, EndCause::rejected);
}

class Limits : public ::testing::Test {
 protected:
  std::string answer(std::string request) {
    peer_.send(request);
    return peer_.expect("SIP/2.0 ");
  }
  Node node_{Node::config(), accept_only};
  RawPeer peer_{node_.udp()};
};

TEST_F(Limits, HeadersViasAndSizesAreHeld) {
  std::string many;
  for (int i = 0; i < 130; ++i) many += fmt::format("X-{}: y\r\n", i);
  EXPECT_THAT(answer(peer_.request("INVITE", "headers", 1, "", sdp(), many)),
              StartsWith("SIP/2.0 400 Too Many Headers"));
  std::string vias;
  for (int i = 0; i < 80; ++i) vias += fmt::format("Via: SIP/2.0/UDP 192.0.2.{};branch=z9hG4bK{}\r\n", i, i);
  EXPECT_THAT(answer(peer_.request("INVITE", "vias", 1, "", sdp(), vias)), StartsWith("SIP/2.0 400 Too Many Via"));
  const auto huge =
      answer(peer_.request("INVITE", "huge", 1, "", sdp(), "X-Big: " + std::string(40'000, 'x') + "\r\n"));
  EXPECT_THAT(huge, StartsWith("SIP/2.0 513"));
  EXPECT_EQ(RawPeer::header(huge, "Call-ID"), "huge");
  EXPECT_EQ(RawPeer::header(huge, "CSeq"), "1 INVITE");
  EXPECT_FALSE(RawPeer::tag(huge, "To").empty());
  EXPECT_THAT(answer(peer_.request("INVITE", "one", 1, "", sdp(), "X-Big: " + std::string(20'000, 'x') + "\r\n")),
              StartsWith("SIP/2.0 200"));
}

TEST_F(Limits, ACallThatMayGoNoFurtherOrComesBackIsRefused) {
  auto invite = peer_.request("INVITE", "hops", 1, "", sdp());
  replace(invite, "Max-Forwards: 70", "Max-Forwards: 0");
  EXPECT_THAT(answer(invite), StartsWith("SIP/2.0 483"));
  auto options = peer_.request("OPTIONS", "hops2", 1);
  replace(options, "Max-Forwards: 70", "Max-Forwards: 0");
  EXPECT_THAT(answer(options), StartsWith("SIP/2.0 200")) << "we are where it ends";

  node_.call(peer_.uri());
  auto own = peer_.expect("INVITE ");
  replace(own, "Via: ", "Via: SIP/2.0/UDP " + peer_.address() + ";branch=z9hG4bKproxy;rport\r\nVia: ");
  peer_.send(own);
  EXPECT_THAT(peer_.expect("SIP/2.0 "), StartsWith("SIP/2.0 482"));
  EXPECT_EQ(node_.count("incoming"), 0U);
}

TEST_F(Limits, MethodsAndBodiesOutOfPlaceAreNamed) {
  for (const std::string method : {"PRACK", "UPDATE", "INFO", "NOTIFY", "REFER"})
    EXPECT_THAT(answer(peer_.request(method, "no-dialog-" + method, 1)), StartsWith("SIP/2.0 481")) << method;
  EXPECT_THAT(answer(peer_.request("PUBLISH", "publish", 1)), HasSubstr("\r\nAllow: INVITE"));
  EXPECT_THAT(answer(peer_.request("DANCE", "dance", 1)), StartsWith("SIP/2.0 501"));
  EXPECT_THAT(answer(peer_.request("INVITE", "accept", 1, "", sdp(), "Accept: text/html\r\n")),
              StartsWith("SIP/2.0 406"));
  const auto options = answer(peer_.request("OPTIONS", "options", 1));
  EXPECT_THAT(RawPeer::header(options, "Supported"), HasSubstr("100rel"));
  EXPECT_THAT(RawPeer::header(options, "Accept"), HasSubstr("application/sdp"));
}

}  // namespace
}  // namespace hotline::voice::signalling
