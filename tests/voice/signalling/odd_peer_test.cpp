// SPDX-License-Identifier: Apache-2.0
// Goal: lost, repeated, crossing, forked and malformed messages end in the state RFC 3261 says, and never in a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "node.hpp"
#include "raw_peer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::string_view_literals;

void nothing(SipStack&, const IncomingCall&) {}
void accept_only(SipStack& stack, const IncomingCall& call) {
  stack.accept(call.leg, sdp());
}

/// Brings a call from `peer` up to its ACK and returns our tag.
std::string establish(RawPeer& peer, Node& node, const std::string& call) {
  peer.send(peer.request("INVITE", call, 1, "", sdp()));
  const auto ok = peer.expect("SIP/2.0 200");
  const auto tag = RawPeer::tag(ok, "To");
  peer.send(peer.request("ACK", call, 1, tag));
  node.wait("answered");
  return tag;
}

TEST(OddPeer, TheAnswerIsRepeatedUntilTheAckAndNotAfterwards) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "lost-ack", 1, "", sdp()));
  const auto first = peer.expect("SIP/2.0 200");
  EXPECT_EQ(peer.expect("SIP/2.0 200"), first);
  EXPECT_EQ(peer.expect("SIP/2.0 200"), first);
  EXPECT_EQ(node.count("answered"), 0U);
  peer.send(peer.request("ACK", "lost-ack", 1, RawPeer::tag(first, "To")));
  node.wait("answered");
  peer.send(peer.request("OPTIONS", "lost-ack", 2, RawPeer::tag(first, "To")));
  peer.expect("SIP/2.0 200");  // of OPTIONS, or a last repetition that crossed the ACK
  while (peer.receive(std::chrono::milliseconds(100)).find("CSeq: 1 INVITE") != std::string::npos) {
  }
  EXPECT_EQ(peer.receive(std::chrono::milliseconds(100)), "");
}

TEST(OddPeer, WithoutAnyAckTheCallEndsWithBye) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "no-ack", 1, "", sdp()));
  const auto bye = peer.expect("BYE ");  // after 64 T1 = 1.28 s here
  EXPECT_EQ(RawPeer::header(bye, "Call-ID"), "no-ack");
  const auto ended = node.wait("ended");
  EXPECT_EQ(ended.cause, EndCause::error);
  EXPECT_EQ(ended.status, 408U);
  EXPECT_EQ(node.trunk_use().at(0).in_use, 0U);
}

TEST(OddPeer, HangUpBeforeTheAckHoldsTheByeBack) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "early-hangup", 1, "", sdp()));
  const auto ok = peer.expect("SIP/2.0 200");
  const auto leg = node.wait("incoming").leg;
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
  EXPECT_THAT(peer.receive(), StartsWith("SIP/2.0 200")) << "still repeated, no BYE before the ACK";
  peer.send(peer.request("ACK", "early-hangup", 1, RawPeer::tag(ok, "To")));
  peer.send(peer.response(peer.expect("BYE "), "200 OK", ""));
}

TEST(OddPeer, ARepeatedInviteIsOneCall) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  const auto invite = peer.request("INVITE", "twice", 1, "", sdp());
  for (int i = 0; i < 3; ++i) peer.send(invite);
  const auto leg = node.wait("incoming").leg;
  peer.expect("SIP/2.0 100");
  node.run([&](SipStack& stack) { stack.progress(leg, 180); });
  peer.expect("SIP/2.0 180");
  peer.send(invite);
  peer.expect("SIP/2.0 180");
  node.run([&](SipStack& stack) { stack.reject(leg, 486); });
  peer.expect("SIP/2.0 486");
  peer.send(peer.request("ACK", "twice", 1));
  EXPECT_EQ(node.count("incoming"), 0U);
}

TEST(OddPeer, AMergedInviteIsRefused) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "merged", 1, "", sdp()));
  node.wait("incoming");
  peer.send(peer.request("INVITE", "merged", 1, "", sdp()));  // same call and CSeq on another branch
  peer.expect("SIP/2.0 482");
  EXPECT_EQ(node.count("incoming"), 0U);
}

TEST(OddPeer, CancelAndByeBeforeTheAnswerEndTheCall) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "cancelled", 1, "", sdp()));
  const auto leg = node.wait("incoming").leg;
  peer.send(peer.request("CANCEL", "cancelled", 1));
  peer.expect("SIP/2.0 487");
  EXPECT_EQ(node.wait("ended").cause, EndCause::cancelled);
  node.run([&](SipStack& stack) { stack.accept(leg, sdp()); });  // too late: ignored
  peer.send(peer.request("ACK", "cancelled", 1));

  peer.send(peer.request("INVITE", "bye-early", 1, "", sdp()));
  const auto second = node.wait("incoming").leg;
  node.run([&](SipStack& stack) { stack.progress(second, 180); });
  const auto tag = RawPeer::tag(peer.expect("SIP/2.0 180"), "To");
  peer.send(peer.request("BYE", "bye-early", 2, tag));
  peer.expect("SIP/2.0 487");
  EXPECT_EQ(node.wait("ended").cause, EndCause::cancelled);
  (void)peer.request("INVITE", "never-seen", 1);  // made, not sent
  peer.send(peer.request("CANCEL", "never-seen", 1));
  peer.expect("SIP/2.0 481");
}

TEST(OddPeer, ByesThatCrossAreBothAnswered) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto tag = establish(peer, node, "crossing");
  const auto leg = node.wait("incoming").leg;
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::normal); });
  const auto bye = peer.expect("BYE ");
  peer.send(peer.request("BYE", "crossing", 2, tag));
  EXPECT_THAT(peer.expect("SIP/2.0 200"), HasSubstr("CSeq: 2 BYE"));
  peer.send(peer.response(bye, "200 OK", ""));
  EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
  EXPECT_EQ(node.count("ended"), 0U);
}

TEST(OddPeer, AnswerCrossingOurCancelIsEnded) {
  Node node;
  RawPeer peer(node.udp());
  const auto leg = node.call(peer.uri());
  const auto invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "180 Ringing", "far"));
  node.wait("ringing");
  node.run([&](SipStack& stack) { stack.hangup(leg, EndCause::cancelled); });
  EXPECT_EQ(node.wait("ended").cause, EndCause::cancelled);
  const auto cancel = peer.expect("CANCEL ");
  peer.send(peer.response(invite, "200 OK", "far", sdp()));
  peer.send(peer.response(cancel, "200 OK", "far"));
  EXPECT_EQ(RawPeer::tag(peer.expect("ACK "), "To"), "far");
  const auto bye = peer.expect("BYE ");
  EXPECT_EQ(RawPeer::tag(bye, "To"), "far");
  peer.send(peer.response(bye, "200 OK", ""));
  EXPECT_EQ(node.count("answered"), 0U);
}

TEST(OddPeer, AForkedSecondAnswerIsEndedAndTheFirstGoesOn) {
  Node node;
  RawPeer peer(node.udp());
  node.call(peer.uri());
  const auto invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "183 Session Progress", "one", sdp("recvonly")));
  EXPECT_EQ(node.wait("ringing").text, sdp("recvonly"));
  peer.send(peer.response(invite, "180 Ringing", "two"));
  peer.send(peer.response(invite, "200 OK", "two", sdp()));
  EXPECT_EQ(RawPeer::tag(peer.expect("ACK "), "To"), "two");
  EXPECT_EQ(node.wait("answered").text, sdp());
  peer.send(peer.response(invite, "200 OK", "one", sdp()));
  EXPECT_EQ(RawPeer::tag(peer.expect("ACK "), "To"), "one");
  const auto bye = peer.expect("BYE ");
  EXPECT_EQ(RawPeer::tag(bye, "To"), "one");
  peer.send(peer.response(bye, "200 OK", ""));
  peer.send(peer.response(invite, "200 OK", "two", sdp()));  // repeated: the ACK was lost
  EXPECT_EQ(RawPeer::tag(peer.expect("ACK "), "To"), "two");
  EXPECT_EQ(node.count("ended"), 0U);
}

TEST(OddPeer, NobodyThereAndAnswersThatCannotBeUsed) {
  Node node;
  RawPeer peer(node.udp());
  node.call(peer.uri(), sdp(), Duration{100});  // says nothing at all
  EXPECT_EQ(node.wait("ended").cause, EndCause::unreachable);
  peer.expect("INVITE ");

  node.call(peer.uri());
  auto invite = peer.expect("INVITE ");
  while (RawPeer::header(invite, "Call-ID").empty()) invite = peer.expect("INVITE ");
  auto no_contact = peer.response(invite, "200 OK", "x", sdp());
  no_contact.erase(no_contact.find("Contact:"),
                   no_contact.find("\r\n", no_contact.find("Contact:")) + 2 - no_contact.find("Contact:"));
  peer.send(no_contact);
  EXPECT_EQ(node.wait("ended").cause, EndCause::error);

  node.call(peer.uri());
  invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "200 OK", "x"));  // no SDP, although we offered
  peer.expect("ACK ");
  peer.expect("BYE ");
  EXPECT_EQ(node.wait("ended").status, 488U);
}

TEST(OddPeer, InDialogRequestsAreServed) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto tag = establish(peer, node, "dialog");
  unsigned cseq = 2;
  const auto ask = [&](const std::string& method, const std::string& body = "", const std::string& extra = "") {
    peer.send(peer.request(method, "dialog", cseq++, tag, body, extra));
    return peer.expect("SIP/2.0 ").substr(8, 3);
  };
  EXPECT_EQ(ask("INFO", "Signal= 5\r\nDuration= 160\r\n", "Content-Type: application/dtmf-relay\r\n"), "200");
  EXPECT_EQ(node.wait("digit").text, "5:160");
  EXPECT_EQ(ask("INFO", "11", "Content-Type: application/dtmf\r\n"), "200");
  EXPECT_EQ(node.wait("digit").text, "#:250");
  EXPECT_EQ(ask("INFO", "Signal=x", "Content-Type: application/dtmf-relay\r\n"), "400");
  EXPECT_EQ(ask("INFO", "<x/>", "Content-Type: application/media_control+xml\r\n"), "415");
  EXPECT_EQ(ask("INFO"), "200");
  EXPECT_EQ(ask("OPTIONS"), "200");
  EXPECT_EQ(ask("UPDATE"), "200");
  EXPECT_EQ(ask("UPDATE", sdp("sendonly")), "200");
  EXPECT_EQ(node.wait("offer").text, sdp("sendonly"));
  EXPECT_EQ(ask("MESSAGE", "hi", "Content-Type: text/plain\r\n"), "405");
  EXPECT_EQ(ask("INFO", "", "Require: telepathy\r\n"), "420");
  peer.send(peer.request("INFO", "dialog", 1, tag));  // CSeq goes back
  peer.expect("SIP/2.0 500");
  peer.send(peer.request("BYE", "dialog", 90, "wrong-tag"));
  peer.expect("SIP/2.0 481");
  EXPECT_EQ(node.count("ended"), 0U);
  EXPECT_EQ(ask("BYE"), "200");
  EXPECT_EQ(node.wait("ended").cause, EndCause::normal);
}

TEST(OddPeer, ReinviteWithoutOfferGetsOursAndItsAckBringsTheAnswer) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto tag = establish(peer, node, "reoffer");
  node.on_offer([](const std::string& offer) { return offer.empty() ? sdp("sendonly") : sdp(); });
  peer.send(peer.request("INVITE", "reoffer", 2, tag));
  EXPECT_THAT(peer.expect("SIP/2.0 200"), HasSubstr("a=sendonly"));
  peer.send(peer.request("INVITE", "reoffer", 3, tag, sdp()));  // before the ACK
  peer.expect("SIP/2.0 491");
  peer.send(peer.request("ACK", "reoffer", 2, tag, sdp("recvonly")));
  EXPECT_EQ(node.wait("answer").text, sdp("recvonly"));
}

TEST(OddPeer, ReferIsAcceptedReportedAndItsOutcomeNotified) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto tag = establish(peer, node, "refer");
  const auto leg = node.wait("incoming").leg;
  peer.send(peer.request("REFER", "refer", 2, tag));
  peer.expect("SIP/2.0 400");
  peer.send(peer.request("REFER", "refer", 3, tag, "", "Refer-To: <sip:114%23@hotline.invalid>\r\n"));
  peer.expect("SIP/2.0 202");
  EXPECT_EQ(node.wait("transfer").text, "114#");
  auto notify = peer.expect("NOTIFY ");
  EXPECT_THAT(notify, HasSubstr("SIP/2.0 100 Trying"));
  EXPECT_THAT(RawPeer::header(notify, "Subscription-State"), StartsWith("active"));
  peer.send(peer.response(notify, "200 OK", ""));
  node.run([&](SipStack& stack) { stack.transfer_result(leg, 200); });
  notify = peer.expect("NOTIFY ");
  EXPECT_THAT(notify, HasSubstr("SIP/2.0 200 OK\r\n"));
  EXPECT_THAT(RawPeer::header(notify, "Subscription-State"), StartsWith("terminated"));
}

TEST(OddPeer, MultipartOffersAreUnwrapped) {
  Node node(Node::config(), nothing);
  RawPeer peer(node.udp());
  const std::string body =
      "--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b1\r\nContent-Type: application/sdp\r\n\r\n" + sdp() +
      "\r\n--b1--\r\n";
  peer.send(peer.request("INVITE", "multipart", 1, "", body, "Content-Type: multipart/mixed;boundary=\"b1\"\r\n"));
  EXPECT_EQ(node.wait("incoming").call.offer, sdp());
  peer.send(peer.request("INVITE", "xml", 1, "", "<x/>", "Content-Type: application/xml\r\n"));
  peer.expect("SIP/2.0 415");
}

TEST(OddPeer, NumbersAreTakenFromWhereTheyStand) {
  auto config = Node::config();
  config.trunks[0].trusted_identity = true;
  Node node(config, nothing);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "pai", 1, "", sdp(), "P-Asserted-Identity: <tel:+8675512345678>\r\n"));
  EXPECT_EQ(node.wait("incoming").call.from_user, "+8675512345678");
  peer.send(peer.request("INVITE", "private", 1, "", sdp(), "P-Asserted-Identity: <sip:139@x>\r\nPrivacy: id\r\n"));
  EXPECT_EQ(node.wait("incoming").call.from_user, "");
  auto garbled = peer.request("INVITE", "garbled", 1, "", sdp());
  garbled.replace(garbled.find("\"Raw\""), 5, "\"\xff\xfe\x41\"");
  peer.send(garbled);
  EXPECT_EQ(node.wait("incoming").call.from_display, "??A");
}

/// Sends `text`, then checks that the stack still answers.
void survives(Node& node, const std::string& text, const std::string& name) {
  RawPeer peer(node.udp());
  peer.send(text);
  peer.send(peer.request("OPTIONS", "alive", 1));
  bool answered = false;
  for (int i = 0; i < 10 && !answered; ++i) {
    answered = peer.receive().find("CSeq: 1 OPTIONS") != std::string::npos;
  }
  EXPECT_TRUE(answered) << name;
}

TEST(OddPeer, MalformedPacketsAreRefusedOrPassedOver) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto refused = [&](const std::string& drop, const std::string& put, const std::string& status) {
    static int number = 0;
    auto text = peer.request("INVITE", fmt::format("bad{}", ++number), 1, "", sdp());
    const auto at = text.find(drop);
    ASSERT_NE(at, std::string::npos) << drop;
    text.replace(at, drop.size(), put);
    peer.send(text);
    EXPECT_THAT(peer.expect("SIP/2.0 "), StartsWith("SIP/2.0 " + status)) << put;
  };
  refused("Contact: <sip:raw@" + peer.address() + ">", "Contact: <tel:123>", "400");
  refused("Contact: <sip:raw@" + peer.address() + ">", "Contact: *", "400");
  refused("Contact: <sip:raw@" + peer.address() + ">\r\n", "", "400");
  refused("Contact:", "Record-Route: <tel:1>\r\nContact:", "400");
  refused(";tag=me", "", "400");
  refused("CSeq: 1 INVITE", "CSeq: 1 BYE", "400");
  refused("Max-Forwards: 70", "Max-Forwards: many", "400");
  refused("Content-Length: ", "Content-Length: 9", "400");
  refused("Content-Length: ", "Content-Length: -", "400");
  refused("sip:1000@127.0.0.1 SIP", "mailto:1000 SIP", "416");
  refused("Contact:", "Require: 199\r\nContact:", "420");
  refused("Contact:", "Content-Encoding: gzip\r\nContact:", "415");
  refused("Contact:", "To: <sip:b@c>\r\nContact:", "400");
  EXPECT_EQ(node.count("incoming"), 0U);
  for (const std::string text :
       {"", "\r\n\r\n", "INVITE", "INVITE sip:a SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
        "SIP/2.0 99999999999 OK\r\nVia: x\r\n\r\n", "\0\0\0\0\0\0", "A B SIP/2.0\r\n: \r\n\r\n",
        "CSeq: 14398234 INVITE\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nl: 0\r\n\r\n"}) {
    survives(node, text, text);
  }
  survives(node, std::string(65'000, 'A'), "65,000 times A");
  survives(node, "INVITE sip:1000@h SIP/2.0\r\n" + std::string(60'000, ','), "commas");
}

TEST(OddPeer, DamagedMessagesNeverStopIt) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  const auto tag = establish(peer, node, "damaged");
  std::mt19937 random(20'061);  // always the same damage
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
  constexpr std::string_view kBytes = "\r\n\t ,;:<>\"@=%/\\*0aZ\x00\xff"sv;
  for (int i = 0; i < 3'000; ++i) {
    const std::string methods[] = {"INVITE", "BYE", "INFO",  "REFER",     "UPDATE", "OPTIONS",
                                   "CANCEL", "ACK", "PRACK", "SUBSCRIBE", "NOTIFY", "REGISTER"};
    const auto& method = methods[pick(std::size(methods))];
    const auto extra = pick(2) ? std::string("Refer-To: <sip:1@h>\r\nRecord-Route: <sip:h;lr>, <sip:g;lr>\r\n")
                               : std::string("Content-Type: multipart/mixed;boundary=b\r\n");
    auto text = peer.request(method, fmt::format("damaged{}", pick(3) ? "" : std::to_string(i)),
                             static_cast<unsigned>(2 + pick(9)), pick(2) && method != "BYE" ? tag : "",
                             pick(2) ? sdp() : "", extra);
    for (auto times = 1 + pick(6); times > 0; --times) {
      const auto at = pick(text.size()), length = std::min(pick(40), text.size() - at);
      switch (pick(4)) {
        case 0:
          text[at] = kBytes[pick(kBytes.size())];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(at, text.substr(pick(text.size()), length));
          break;
        default:
          text.insert(at, length, kBytes[pick(kBytes.size())]);
          break;
      }
      if (text.empty()) text = "x";
    }
    peer.send(text);
    if (i % 100 == 99) survives(node, text, text);
  }
}

}  // namespace
}  // namespace hotline::voice::signalling
