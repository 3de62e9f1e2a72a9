// SPDX-License-Identifier: Apache-2.0
// Goal: sessions are refreshed and ended as RFC 4028 says, whoever refreshes, and intervals that are too short settled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node.hpp"
#include "raw_peer.hpp"
#include "voice/signalling/session_timer.hpp"

namespace hotline::voice::signalling {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr SessionTimerPolicy kPolicy{.expires = 1'800, .min = 90};

SessionTimerWords asked(std::uint32_t expires, Refresher refresher, bool supported, std::uint32_t min = 0) {
  return {.expires = expires, .min = min, .refresher = refresher, .supported = supported};
}

TEST(SessionTimerRules, TheTableOfSection9) {
  struct Row {
    bool supported;
    Refresher asked;
    bool we_refresh;
  };
  for (const auto& row :
       {Row{false, Refresher::unsaid, true}, Row{false, Refresher::uas, true}, Row{true, Refresher::unsaid, false},
        Row{true, Refresher::uac, false}, Row{true, Refresher::uas, true}}) {
    const auto answer = answer_session_timer(asked(600, row.asked, row.supported), kPolicy);
    EXPECT_FALSE(answer.refusal);
    EXPECT_EQ(answer.timer.interval, 600U);
    EXPECT_EQ(answer.timer.we_refresh, row.we_refresh);
    EXPECT_EQ(answer.headers.find("Require: timer") != std::string::npos, row.supported);
    EXPECT_THAT(answer.headers, HasSubstr(row.we_refresh ? "600;refresher=uas" : "600;refresher=uac"));
  }
}

TEST(SessionTimerRules, IntervalsAreNeverLengthenedAndNeverTooShort) {
  EXPECT_EQ(answer_session_timer(asked(86'400, Refresher::unsaid, true), kPolicy).timer.interval, 1'800U);
  EXPECT_EQ(answer_session_timer(asked(86'400, Refresher::unsaid, true, 3'600), kPolicy).timer.interval, 3'600U)
      << "a proxy between needs more than we would choose";
  const auto refused = answer_session_timer(asked(60, Refresher::unsaid, true), kPolicy).refusal;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 422);
  EXPECT_EQ(refused->headers, "Min-SE: 90\r\n");
  EXPECT_FALSE(answer_session_timer(asked(60, Refresher::unsaid, false), kPolicy).refusal)
      << "a caller that knows no 422 must not get one";
}

TEST(SessionTimerRules, WithoutAnyWordOfItThereIsNone) {
  EXPECT_EQ(answer_session_timer(asked(0, Refresher::unsaid, false), kPolicy).timer.interval, 0U);
  EXPECT_EQ(answer_session_timer(asked(0, Refresher::unsaid, true), kPolicy).timer.interval, 1'800U) << "we ask for it";
  EXPECT_EQ(answer_session_timer(asked(0, Refresher::unsaid, true), {.expires = 0, .min = 90}).timer.interval, 0U);
  EXPECT_EQ(agreed_session_timer({}).interval, 0U);
}

TEST(SessionTimerRules, TheEndComes32SecondsOrAThirdBefore) {
  EXPECT_EQ((SessionTimer{.interval = 1'800}).end_after(), Duration{1'768'000});
  EXPECT_EQ((SessionTimer{.interval = 90}).end_after(), Duration{60'000});
  EXPECT_EQ((SessionTimer{.interval = 90}).refresh_after(), Duration{45'000});
}

/// Intervals of seconds: the least that RFC 4028 allows would make tests of minutes.
Config quick() {
  auto config = Node::config();
  config.session_expires_s = 2;
  config.session_expires_min_s = 1;
  return config;
}

void accept_only(SipStack& stack, const IncomingCall& call) {
  stack.accept(call.leg, sdp());
}

std::string establish(RawPeer& peer, Node& node, const std::string& call, const std::string& extra,
                      std::string* ok_out = nullptr) {
  peer.send(peer.request("INVITE", call, 1, "", sdp(), extra));
  const auto ok = peer.expect("SIP/2.0 200");
  if (ok_out) *ok_out = ok;
  const auto tag = RawPeer::tag(ok, "To");
  peer.send(peer.request("ACK", call, 1, tag));
  node.wait("answered");
  return tag;
}

TEST(SessionTimerCallee, TheCallerRefreshesAndIsEndedWhenItStops) {
  Node node(quick(), accept_only);
  RawPeer peer(node.udp());
  std::string ok;
  const auto tag = establish(peer, node, "refreshed", "Supported: timer\r\nSession-Expires: 2\r\n", &ok);
  EXPECT_EQ(RawPeer::header(ok, "Session-Expires"), "2;refresher=uac");
  EXPECT_EQ(RawPeer::header(ok, "Require"), "timer");
  peer.send(
      peer.request("UPDATE", "refreshed", 2, tag, "", "Supported: timer\r\nSession-Expires: 2;refresher=uac\r\n"));
  EXPECT_EQ(RawPeer::header(peer.expect("SIP/2.0 200"), "Session-Expires"), "2;refresher=uac");
  peer.send(peer.request("INVITE", "refreshed", 3, tag, sdp(), "Supported: timer\r\nSession-Expires: 2\r\n"));
  EXPECT_EQ(RawPeer::header(peer.expect("SIP/2.0 200"), "Session-Expires"), "2;refresher=uac");
  peer.send(peer.request("ACK", "refreshed", 3, tag));
  const auto bye = peer.expect("BYE ");  // 1.3 s after the last refresh
  EXPECT_THAT(RawPeer::header(bye, "Reason"), HasSubstr("Q.850;cause=102"));
  EXPECT_EQ(node.wait("ended").status, 408U);
}

TEST(SessionTimerCallee, WeRefreshWhenAskedToAndEndWhenItFails) {
  Node node(quick(), accept_only);
  RawPeer peer(node.udp());
  establish(peer, node, "ours", "Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 2;refresher=uas\r\n");
  auto refresh = peer.expect("UPDATE ");
  EXPECT_EQ(RawPeer::header(refresh, "Session-Expires"), "2;refresher=uac");
  EXPECT_EQ(RawPeer::body(refresh), "");
  peer.send(peer.response(refresh, "200 OK", "", "", "Require: timer\r\nSession-Expires: 2;refresher=uac\r\n"));
  refresh = peer.expect("UPDATE ");
  peer.send(peer.response(refresh, "422 Session Interval Too Small", "", "", "Min-SE: 3\r\n"));
  refresh = peer.expect("UPDATE ");
  EXPECT_EQ(RawPeer::header(refresh, "Session-Expires"), "3;refresher=uac");
  peer.send(peer.response(refresh, "481 Call/Transaction Does Not Exist", ""));
  peer.expect("BYE ");
  EXPECT_EQ(node.wait("ended").cause, EndCause::error);
}

TEST(SessionTimerCallee, WithoutUpdateWeRefreshByReinvite) {
  Node node(quick(), accept_only);
  RawPeer peer(node.udp());
  establish(peer, node, "reinvite", "Supported: timer\r\nAllow: INVITE, BYE\r\nSession-Expires: 2;refresher=uas\r\n");
  auto refresh = peer.expect("INVITE ");
  EXPECT_EQ(RawPeer::header(refresh, "Session-Expires"), "2;refresher=uac");
  EXPECT_EQ(RawPeer::body(refresh), sdp());
  peer.send(peer.response(refresh, "200 OK", "", sdp(), "Require: timer\r\nSession-Expires: 2;refresher=uas\r\n"));
  peer.expect("ACK ");
  EXPECT_THAT(peer.expect("BYE "), HasSubstr("Session timer expired")) << "the far end took it over and did nothing";
}

TEST(SessionTimerCallee, TooShortIsRefusedInInviteAndUpdate) {
  Node node(Node::config(), accept_only);
  RawPeer peer(node.udp());
  peer.send(peer.request("INVITE", "short", 1, "", sdp(), "Supported: timer\r\nSession-Expires: 60\r\n"));
  EXPECT_EQ(RawPeer::header(peer.expect("SIP/2.0 422"), "Min-SE"), "90");
  EXPECT_EQ(node.count("incoming"), 0U);
  const auto tag = establish(peer, node, "short2", "Supported: timer\r\nx: 90;refresher=uac\r\n");
  peer.send(peer.request("UPDATE", "short2", 2, tag, "", "Supported: timer\r\nSession-Expires: 89\r\n"));
  EXPECT_EQ(RawPeer::header(peer.expect("SIP/2.0 422"), "Min-SE"), "90");
}

TEST(SessionTimerCaller, WeAskRetryAfter422AndRefresh) {
  Node node(quick());
  RawPeer peer(node.udp());
  node.call(peer.uri());
  auto invite = peer.expect("INVITE ");
  EXPECT_THAT(RawPeer::header(invite, "Supported"), HasSubstr("timer"));
  EXPECT_EQ(RawPeer::header(invite, "Session-Expires"), "2");
  const auto call_id = RawPeer::header(invite, "Call-ID");
  peer.send(peer.response(invite, "422 Session Interval Too Small", "far", "", "Min-SE: 100\r\n"));
  peer.expect("ACK ");
  invite = peer.expect("INVITE ");
  EXPECT_EQ(RawPeer::header(invite, "Call-ID"), call_id);
  EXPECT_EQ(RawPeer::header(invite, "Session-Expires"), "100");
  EXPECT_EQ(RawPeer::header(invite, "Min-SE"), "100");
  peer.send(peer.response(invite, "200 OK", "far", sdp(),
                          "Require: timer\r\nAllow: UPDATE\r\nSession-Expires: 1;refresher=uac\r\n"));
  peer.expect("ACK ");
  node.wait("answered");
  EXPECT_EQ(RawPeer::tag(peer.expect("UPDATE "), "To"), "far");
}

TEST(SessionTimerCaller, TheSameMinimumTwiceIsAFailure) {
  Node node(quick());
  RawPeer peer(node.udp());
  node.call(peer.uri());
  for (int i = 0; i < 2; ++i) {
    peer.send(peer.response(peer.expect("INVITE "), "422 Session Interval Too Small", "far", "", "Min-SE: 100\r\n"));
    peer.expect("ACK ");
  }
  EXPECT_EQ(node.wait("ended").status, 422U);
}

TEST(SessionTimerCaller, AFarEndThatShouldRefreshAndDoesNotIsEnded) {
  Node node(quick());
  RawPeer peer(node.udp());
  node.call(peer.uri());
  const auto invite = peer.expect("INVITE ");
  peer.send(peer.response(invite, "200 OK", "far", sdp(), "Require: timer\r\nSession-Expires: 1;refresher=uas\r\n"));
  peer.expect("ACK ");
  peer.expect("BYE ");
  EXPECT_EQ(node.wait("ended").status, 408U);
}

TEST(SessionTimerCaller, WithoutSessionExpiresInTheAnswerTheCallLasts) {
  Node node(quick());
  RawPeer peer(node.udp());
  node.call(peer.uri());
  peer.send(peer.response(peer.expect("INVITE "), "200 OK", "far", sdp()));
  peer.expect("ACK ");
  node.wait("answered");
  EXPECT_EQ(peer.receive(std::chrono::milliseconds(1'500)), "");
}

}  // namespace
}  // namespace hotline::voice::signalling
