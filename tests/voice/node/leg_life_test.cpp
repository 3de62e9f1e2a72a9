// SPDX-License-Identifier: Apache-2.0
// Goal: every way a leg can come, change and go, as the ports are used and as the core is told.
#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

constexpr const char* incoming_7 =
    R"(incoming { leg: 7 trunk: "pstn" from_user: "13800138000" from_display: "Li" to_user: "1000" sip_call_id: "abc" source: "192.0.2.7:5060" })";

std::string ended(std::uint64_t leg, const std::string& rest) {
  return fmt::format(
      "ended {{ leg: {} {} media {{ packets_received: 100 packets_sent: 99 packets_lost: 1 jitter_ms: 7 codec: "
      "\"PCMA\" }} }}",
      leg, rest);
}

using LegLifeTest = NodeTest;

TEST_F(LegLifeTest, an_incoming_call_is_offered_rung_answered_and_ended_by_the_caller) {
  incoming(7);
  EXPECT_EQ(asked(), Calls{"media open 7 near 0"});
  EXPECT_EQ(told(), Calls{incoming_7});
  command([](auto& m) {
    m.mutable_progress()->set_leg(7);
    m.mutable_progress()->set_sip_status(180);
  });
  EXPECT_EQ(asked(), Calls{"sip progress 7 180"});
  answer(7);
  EXPECT_EQ(asked(), (Calls{"media remote 7 send true receive true", "sip accept 7"}));
  EXPECT_NE(sip.last_sdp.find("m=audio 20000 RTP/AVP 8"), std::string::npos);
  EXPECT_EQ(told(), Calls{}) << "answered only when the ACK is there";
  node.on_answered(LegId{7}, "");
  EXPECT_EQ(told(), Calls{R"(answered { leg: 7 codec: "PCMA" })"});
  node.on_ended(LegId{7}, signalling::EndCause::normal, 200, true);
  EXPECT_EQ(asked(), Calls{"media close 7"});
  EXPECT_EQ(told(), Calls{ended(7, "cause: CAUSE_NORMAL sip_status: 200 by_remote: true")});
  node.on_ended(LegId{7}, signalling::EndCause::normal, 200, true);
  EXPECT_EQ(told(), Calls{}) << "the end is told once";
  EXPECT_EQ(node.leg_count(), 0U);
}

TEST_F(LegLifeTest, a_delayed_offer_gets_ours_in_the_200_and_takes_the_answer_from_the_ack) {
  incoming(7, std::nullopt);
  answer(7);
  EXPECT_EQ(asked(), (Calls{"media open 7 near 0", "sip accept 7"}));
  EXPECT_NE(sip.last_sdp.find("RTP/AVP 8 0 101"), std::string::npos);
  told();
  node.on_answered(LegId{7}, phone_sdp("0 101"));
  EXPECT_EQ(asked(), Calls{"media remote 7 send true receive true"});
  EXPECT_EQ(told(), Calls{R"(answered { leg: 7 codec: "PCMU" })"});
}

TEST_F(LegLifeTest, an_offer_without_a_codec_of_ours_gets_488_and_no_event) {
  incoming(7, phone_sdp("3 18"));
  EXPECT_EQ(asked(), (Calls{"media open 7 near 0", "media close 7", "sip reject 7 488 retry 0"}));
  node.on_ended(LegId{7}, signalling::EndCause::rejected, 488, false);
  EXPECT_EQ(told(), Calls{});
}

std::string phone_sdp_over_ipv6() {
  return "v=0\r\no=- 1 1 IN IP6 2001:db8::7\r\ns=-\r\nc=IN IP6 2001:db8::7\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n";
}

TEST_F(LegLifeTest, who_speaks_over_ipv6_is_answered_with_our_address_of_it) {
  config.other_media_address = "2001:db8::1";
  start();
  incoming(7, phone_sdp_over_ipv6());
  answer(7);
  EXPECT_EQ(asked(), (Calls{"media open 7 near 0 over IPv6", "media remote 7 send true receive true", "sip accept 7"}));
  EXPECT_NE(sip.last_sdp.find("c=IN IP6 2001:db8::1"), std::string::npos) << sip.last_sdp;
  incoming(8);
  EXPECT_EQ(asked(), Calls{"media open 8 near 0"});
  sip.family = AF_INET6;  // what the stack says of where the call is to go
  originate(9);
  EXPECT_EQ(asked().front(), "media open 9 near 0 over IPv6");
  EXPECT_NE(sip.last_sdp.find("c=IN IP6 2001:db8::1"), std::string::npos) << sip.last_sdp;
}

TEST_F(LegLifeTest, without_an_address_of_its_family_a_call_gets_488) {
  incoming(7, phone_sdp_over_ipv6());
  EXPECT_EQ(asked(), (Calls{"media open 7 near 0 over IPv6", "media close 7", "sip reject 7 488 retry 0"}));
}

TEST_F(LegLifeTest, our_hang_up_is_told_at_once_with_the_cause_of_the_core_and_the_later_report_passed_over) {
  talking(7);
  command([](auto& m) {
    m.mutable_hangup()->set_leg(7);
    m.mutable_hangup()->set_cause(link::CAUSE_BUSY);
  });
  EXPECT_EQ(asked(), (Calls{"sip hangup 7 cause 1", "media close 7"}));
  EXPECT_EQ(told(), Calls{ended(7, "cause: CAUSE_BUSY")});
  node.on_ended(LegId{7}, signalling::EndCause::busy, 0, false);
  hang_up(7);
  EXPECT_EQ(told(), Calls{});
}

TEST_F(LegLifeTest, a_reject_carries_status_and_retry_after) {
  incoming(7);
  forget();
  command([](auto& m) {
    m.mutable_reject()->set_leg(7);
    m.mutable_reject()->set_sip_status(503);
    m.mutable_reject()->set_retry_after_s(30);
  });
  EXPECT_EQ(asked(), (Calls{"sip reject 7 503 retry 30", "media close 7"}));
  EXPECT_EQ(told(), Calls{ended(7, "cause: CAUSE_CAPACITY sip_status: 503")});
}

TEST_F(LegLifeTest, an_outgoing_call_offers_the_near_legs_codec_first_and_is_answered) {
  incoming(7, phone_sdp("0 101"));
  answer(7);
  node.on_answered(LegId{7}, "");
  forget();
  originate(8, 7);
  EXPECT_EQ(asked(),
            (Calls{"media open 8 near 7", "sip invite 8 sip:agent@192.0.2.8:5060 from 13800138000 ring 30000"}));
  EXPECT_NE(sip.last_sdp.find("RTP/AVP 0 8 101"), std::string::npos);
  node.on_ringing(LegId{8}, std::nullopt);
  EXPECT_EQ(told(), Calls{"ringing { leg: 8 }"});
  node.on_answered(LegId{8}, phone_sdp("0 101"));
  EXPECT_EQ(asked(), Calls{"media remote 8 send true receive true"});
  EXPECT_EQ(told(), Calls{R"(answered { leg: 8 codec: "PCMU" })"});
}

TEST_F(LegLifeTest, early_media_of_a_183_is_let_in_and_told) {
  originate(8);
  forget();
  node.on_ringing(LegId{8}, phone_sdp());
  EXPECT_EQ(asked(), Calls{"media remote 8 send true receive true"});
  EXPECT_EQ(told(), Calls{"ringing { leg: 8 early_media: true }"});
}

TEST_F(LegLifeTest, an_answer_that_does_not_fit_ends_the_leg_as_an_error) {
  originate(8);
  forget();
  node.on_answered(LegId{8}, "nonsense");
  EXPECT_EQ(asked(), (Calls{"sip hangup 8 cause 7", "media close 8"}));
  EXPECT_EQ(told(), Calls{ended(8, "cause: CAUSE_ERROR sip_status: 488")});
}

TEST_F(LegLifeTest, a_called_party_that_is_busy_or_does_not_answer_is_told_as_such) {
  originate(8);
  originate(9);
  forget();
  node.on_ended(LegId{8}, signalling::EndCause::busy, 486, true);
  node.on_ended(LegId{9}, signalling::EndCause::no_answer, 408, false);
  EXPECT_EQ(told(), (Calls{ended(8, "cause: CAUSE_BUSY sip_status: 486 by_remote: true"),
                           ended(9, "cause: CAUSE_NO_ANSWER sip_status: 408")}));
}

TEST_F(LegLifeTest, a_browser_is_answered_at_once_and_counts_as_answered_when_connected) {
  command([](auto& m) {
    m.mutable_accept_webrtc()->set_leg(5);
    m.mutable_accept_webrtc()->set_offer_sdp("offer");
  });
  EXPECT_EQ(asked(), (Calls{"media open_external 5", "webrtc accept 5", "media remote 5 send true receive true"}));
  EXPECT_EQ(told(), Calls{R"(webrtc_answer { leg: 5 sdp: "answer" })"});
  node.on_webrtc_connected(LegId{5});
  EXPECT_EQ(told(), Calls{R"(answered { leg: 5 codec: "PCMA" })"});
  node.on_webrtc_lost(LegId{5}, webrtc::Loss::closed);
  EXPECT_EQ(asked(), (Calls{"media close 5", "webrtc close 5"}))
      << "its session sends through the engine: closed first";
  EXPECT_EQ(told(), Calls{ended(5, "cause: CAUSE_NORMAL by_remote: true")});
}

TEST_F(LegLifeTest, a_browser_whose_offer_cannot_be_taken_is_closed_in_the_cores_books) {
  command([](auto& m) {
    m.mutable_accept_webrtc()->set_leg(5);
    m.mutable_accept_webrtc()->set_offer_sdp("bad");
  });
  EXPECT_EQ(told(), (Calls{R"(command_failed { leg: 5 command: "accept_webrtc" why: "no audio" })",
                           "ended { leg: 5 cause: CAUSE_ERROR sip_status: 488 }"}));
  EXPECT_EQ(node.leg_count(), 0U);
}

TEST_F(LegLifeTest, hold_by_the_far_end_stops_our_sound_and_resume_brings_it_back) {
  talking(7);
  ASSERT_TRUE(node.on_remote_offer(LegId{7}, phone_sdp("8 101", "a=sendonly\r\n")));
  EXPECT_EQ(asked(), Calls{"media remote 7 send false receive true"});
  EXPECT_EQ(told(), Calls{"hold_changed { leg: 7 held: true }"});
  node.on_media_timeout(LegId{7});
  EXPECT_EQ(told(), Calls{}) << "a phone that holds us may be silent";
  ASSERT_TRUE(node.on_remote_offer(LegId{7}, phone_sdp("8 101")));
  EXPECT_EQ(asked(), (Calls{"media remote 7 send true receive false", "media remote 7 send true receive true"}));
  EXPECT_EQ(told(), Calls{"hold_changed { leg: 7 }"});
}

TEST_F(LegLifeTest, hold_by_address_zero_keeps_the_address_for_the_resume) {
  talking(7);
  ASSERT_TRUE(node.on_remote_offer(LegId{7}, phone_sdp("8 101", "", "0.0.0.0")));
  EXPECT_FALSE(media.last_remote.send);
  EXPECT_EQ(media.last_remote.address.ss_family, AF_INET);
  EXPECT_EQ(told(), Calls{"hold_changed { leg: 7 held: true }"});
}

TEST_F(LegLifeTest, a_new_offer_that_does_not_fit_is_refused_and_changes_nothing) {
  talking(7);
  EXPECT_EQ(node.on_remote_offer(LegId{7}, phone_sdp("18")), std::nullopt);
  EXPECT_EQ(asked(), Calls{});
  EXPECT_EQ(told(), Calls{});
}

TEST_F(LegLifeTest, a_re_invite_without_an_offer_gets_ours) {
  talking(7);
  const auto offer = node.on_remote_offer(LegId{7}, "");
  ASSERT_TRUE(offer);
  EXPECT_NE(offer->find("m=audio 20000"), std::string::npos);
  node.on_remote_answer(LegId{7}, phone_sdp("8 101", "a=inactive\r\n"));
  EXPECT_EQ(told(), Calls{"hold_changed { leg: 7 held: true }"});
}

TEST_F(LegLifeTest, silence_of_the_far_end_ends_the_leg) {
  talking(7);
  node.on_media_timeout(LegId{7});
  EXPECT_EQ(asked(), (Calls{"sip hangup 7 cause 0", "media close 7"}));
  EXPECT_EQ(told(), Calls{ended(7, "cause: CAUSE_MEDIA_TIMEOUT")});
}

TEST_F(LegLifeTest, a_transfer_asked_for_is_told_and_its_outcome_goes_back_when_the_core_ends_the_leg) {
  talking(7);
  node.on_transfer_requested({.leg = LegId{7}, .target_user = "8002"});
  EXPECT_EQ(told(), Calls{R"(transfer_requested { leg: 7 target: "8002" })"});
  hang_up(7);
  EXPECT_EQ(asked(), (Calls{"sip transfer_result 7 200", "sip hangup 7 cause 0", "media close 7"}));
}

TEST_F(LegLifeTest, at_capacity_new_calls_get_503_with_retry_after_and_originations_are_closed) {
  for (std::uint64_t leg = 1; leg <= 3; ++leg) incoming(leg);
  forget();
  incoming(4);
  EXPECT_EQ(asked(), Calls{"sip reject 4 503 retry 10"});
  for (std::uint64_t leg = 11; leg <= 13; ++leg) originate(leg);
  forget();
  originate(14);
  EXPECT_EQ(told(), (Calls{R"(command_failed { leg: 14 command: "originate_sip" why: "at capacity" })",
                           "ended { leg: 14 cause: CAUSE_CAPACITY sip_status: 503 }"}));
}

TEST_F(LegLifeTest, without_a_free_media_port_calls_are_refused_both_ways) {
  media.full = true;
  incoming(1);
  EXPECT_EQ(asked(), Calls{"sip reject 1 503 retry 10"});
  originate(2);
  EXPECT_EQ(told(), (Calls{R"(command_failed { leg: 2 command: "originate_sip" why: "no RTP port is free" })",
                           "ended { leg: 2 cause: CAUSE_CAPACITY sip_status: 503 }"}));
}

TEST_F(LegLifeTest, draining_refuses_new_calls_and_lets_the_others_go_on) {
  talking(7);
  command([](auto& m) { m.mutable_drain()->set_on(true); });
  incoming(8);
  EXPECT_EQ(asked(), (Calls{"sip draining true", "sip reject 8 503 retry 10"}));
  command([](auto& m) { m.mutable_drain()->set_on(false); });
  incoming(9);
  EXPECT_EQ(asked(), (Calls{"sip draining false", "media open 9 near 0"}));
  node.begin_shutdown();
  command([](auto& m) { m.mutable_drain()->set_on(false); });
  EXPECT_EQ(asked(), Calls{"sip draining true"}) << "a shutdown is not taken back";
  bool empty = false;
  node.when_empty([&] { empty = true; });
  node.end_all();
  loop.run_posted();
  EXPECT_TRUE(empty);
  const auto events = told();
  EXPECT_EQ(std::count_if(events.begin(), events.end(),
                          [](const auto& e) { return e.find("CAUSE_SHUTDOWN") != std::string::npos; }),
            2);
}

}  // namespace
}  // namespace hotline::voice::node::test
