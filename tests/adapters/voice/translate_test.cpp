// SPDX-License-Identifier: Apache-2.0
// Between the app's voice values and the protocol: nothing is lost or mixed up on the way.
#include "adapters/voice/translate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::voice_adapter {
namespace {

const CallId call{40};

template <class Command>
link::FromCore message_of(Command command) {
  return to_message(call, call::VoiceCommand{std::move(command)}, "carrier");
}

TEST(Translate, CommandsForLegs) {
  const auto answer = message_of(call::AnswerLeg{LegId{1}});
  EXPECT_EQ(answer.answer().leg(), 1U);
  EXPECT_EQ(answer.answer().call(), 40U);
  const auto reject = message_of(call::RejectLeg{LegId{1}, 503, 10});
  EXPECT_EQ(reject.reject().leg(), 1U);
  EXPECT_EQ(reject.reject().sip_status(), 503U);
  EXPECT_EQ(reject.reject().retry_after_s(), 10U);
  EXPECT_EQ(message_of(call::StopPlay{LegId{3}}).stop_play().leg(), 3U);
  EXPECT_EQ(message_of(call::UnbridgeLeg{LegId{3}}).unbridge().leg(), 3U);
  const auto bridge = message_of(call::BridgeLegs{LegId{1}, LegId{2}});
  EXPECT_EQ(bridge.bridge().a(), 1U);
  EXPECT_EQ(bridge.bridge().b(), 2U);
  const auto digits = message_of(call::SendDigits{LegId{1}, "12#"});
  EXPECT_EQ(digits.send_digits().digits(), "12#");
  EXPECT_GT(digits.send_digits().digit_ms(), 0U);
  const auto recording = message_of(call::StartRecording{LegId{1}, RecordingId{6}});
  EXPECT_EQ(recording.start_recording().recording(), 6U);
  EXPECT_EQ(recording.start_recording().call(), 40U);
}

TEST(Translate, TheOutsideRecorder) {
  const auto message = message_of(call::RecordOutside{
      LegId{1},
      RecordingId{6},
      "112",
      "inbound",
      {{1, "customer", "5550100", "Li", {}, true}, {7, "agent", "8001", "Kim", AgentId{5}, false}}});
  const auto& outside = message.record_outside();
  EXPECT_EQ(outside.leg(), 1U);
  EXPECT_EQ(outside.recording(), 6U);
  EXPECT_EQ(outside.call(), 40U);
  EXPECT_EQ(outside.service_line(), "112");
  EXPECT_EQ(outside.direction(), "inbound");
  ASSERT_EQ(outside.participants_size(), 2);
  EXPECT_EQ(outside.participants(0).number(), "5550100");
  EXPECT_EQ(outside.participants(0).agent(), "");
  EXPECT_TRUE(outside.participants(0).talks());
  EXPECT_EQ(outside.participants(1).id(), 7U);
  EXPECT_EQ(outside.participants(1).role(), "agent");
  EXPECT_EQ(outside.participants(1).name(), "Kim");
  EXPECT_EQ(outside.participants(1).agent(), "5");
  EXPECT_FALSE(outside.participants(1).talks());

  link::FromNode changed;
  changed.set_seq(3);
  changed.mutable_outside_recording_changed()->set_leg(1);
  changed.mutable_outside_recording_changed()->set_problem("no recorder answers");
  const auto event = to_event(changed);
  ASSERT_TRUE(event);
  const auto& report = std::get<app::OutsideRecordingChanged>(event->report);
  EXPECT_EQ(report.leg, LegId{1});
  EXPECT_FALSE(report.taken);
  EXPECT_EQ(report.problem, "no recorder answers");
}

TEST(Translate, Originate) {
  const auto trunk =
      message_of(call::OriginateSip{LegId{1}, "5550122", true, "5550100", "Kim", Duration{40'000}, LegId{2}});
  EXPECT_EQ(trunk.originate_sip().uri(), "5550122");
  EXPECT_EQ(trunk.originate_sip().trunk(), "carrier");
  EXPECT_EQ(trunk.originate_sip().from_user(), "5550100");
  EXPECT_EQ(trunk.originate_sip().from_display(), "Kim");
  EXPECT_EQ(trunk.originate_sip().ring_timeout_ms(), 40'000U);
  EXPECT_EQ(trunk.originate_sip().near_leg(), 2U);
  EXPECT_EQ(trunk.originate_sip().call(), 40U);
  const auto phone =
      message_of(call::OriginateSip{LegId{1}, "sip:8001@192.0.2.9", false, "", "", Duration{-5}, LegId{}});
  EXPECT_EQ(phone.originate_sip().trunk(), "");
  EXPECT_GE(phone.originate_sip().ring_timeout_ms(), 1'000U) << "a deadline that has passed is no time-out of 49 days";
}

TEST(Translate, BrowserAndPlay) {
  const auto browser = message_of(call::AcceptBrowser{LegId{1}, "v=0", LegId{2}});
  EXPECT_EQ(browser.accept_webrtc().offer_sdp(), "v=0");
  EXPECT_EQ(browser.accept_webrtc().near_leg(), 2U);
  EXPECT_EQ(browser.accept_webrtc().call(), 40U);
  const auto play = message_of(call::PlayTo{LegId{1}, PlayId{8}, {"cmn/welcome", "cmn/menu"}, true, true});
  EXPECT_EQ(play.play().play(), 8U);
  ASSERT_EQ(play.play().items_size(), 2);
  EXPECT_EQ(play.play().items(1).prompt(), "cmn/menu");
  EXPECT_TRUE(play.play().loop());
  EXPECT_TRUE(play.play().stop_on_digit());
}

TEST(Translate, EveryCauseComesBackAsItWent) {
  using call::Cause;
  for (const Cause cause :
       {Cause::normal, Cause::busy, Cause::no_answer, Cause::rejected, Cause::cancelled, Cause::unreachable,
        Cause::media_timeout, Cause::node_lost, Cause::capacity, Cause::error, Cause::shutdown}) {
    const auto hangup = message_of(call::HangUpLeg{LegId{1}, cause});
    link::FromNode ended;
    ended.set_seq(1);
    ended.mutable_ended()->set_cause(hangup.hangup().cause());
    const auto event = to_event(ended);
    ASSERT_TRUE(event);
    EXPECT_EQ(std::get<app::LegEnded>(event->report).cause, cause) << call::to_string(cause);
  }
}

TEST(Translate, Events) {
  link::FromNode message;
  message.set_seq(12);
  message.set_at_ms(1'700'000'000'123);
  auto* incoming = message.mutable_incoming();
  incoming->set_leg(1);
  incoming->set_trunk("carrier");
  incoming->set_from_user("5550100");
  incoming->set_from_display("Kim");
  incoming->set_to_user("1000");
  incoming->set_sip_call_id("abc");
  incoming->set_source("192.0.2.1:5060");
  const auto event = to_event(message);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->seq, 12U);
  EXPECT_EQ(to_unix_ms(event->at), 1'700'000'000'123);
  const auto& leg = std::get<app::IncomingLeg>(event->report);
  EXPECT_EQ(leg.leg, LegId{1});
  EXPECT_EQ(leg.trunk + leg.from_user + leg.from_display + leg.to_user + leg.sip_call_id + leg.source,
            "carrier5550100Kim1000abc192.0.2.1:5060");
}

TEST(Translate, TheEndOfALegAndOfARecording) {
  link::FromNode message;
  auto* ended = message.mutable_ended();
  ended->set_leg(1);
  ended->set_sip_status(486);
  ended->set_by_remote(true);
  ended->mutable_media()->set_packets_received(10);
  ended->mutable_media()->set_packets_sent(20);
  ended->mutable_media()->set_packets_lost(3);
  ended->mutable_media()->set_jitter_ms(4);
  const auto leg = std::get<app::LegEnded>(to_event(message)->report);
  EXPECT_EQ(leg.cause, call::Cause::error) << "an unknown cause";
  EXPECT_EQ(leg.sip_status, 486U);
  EXPECT_TRUE(leg.by_remote);
  EXPECT_EQ(leg.media.packets_received, 10);
  EXPECT_EQ(leg.media.packets_sent, 20);
  EXPECT_EQ(leg.media.packets_lost, 3);
  EXPECT_EQ(leg.media.jitter_ms, 4);

  auto* done = message.mutable_recording_done();
  done->set_recording(6);
  done->set_leg(1);
  done->set_path("2026/6.wav");
  done->set_started_at_ms(1000);
  done->set_ended_at_ms(3000);
  done->set_frames(16'000);
  done->set_bytes(64'044);
  done->set_problem("disk full");
  const auto recording = std::get<app::RecordingDone>(to_event(message)->report);
  EXPECT_EQ(recording.recording, RecordingId{6});
  EXPECT_EQ(recording.path, "2026/6.wav");
  EXPECT_EQ(recording.ended_at - recording.started_at, Duration{2000});
  EXPECT_EQ(recording.frames, 16'000);
  EXPECT_EQ(recording.bytes, 64'044);
  EXPECT_EQ(recording.problem, "disk full");
}

TEST(Translate, TheSmallEvents) {
  link::FromNode message;
  message.mutable_ringing()->set_leg(2);
  EXPECT_EQ(std::get<app::LegRinging>(to_event(message)->report).leg, LegId{2});
  message.mutable_answered()->set_leg(3);
  EXPECT_EQ(std::get<app::LegAnswered>(to_event(message)->report).leg, LegId{3});
  message.mutable_webrtc_answer()->set_sdp("v=0");
  EXPECT_EQ(std::get<app::WebrtcAnswer>(to_event(message)->report).sdp, "v=0");
  message.mutable_digit()->set_digit("#");
  EXPECT_EQ(std::get<app::DigitHeard>(to_event(message)->report).digit, '#');
  message.mutable_play_done()->set_play(8);
  EXPECT_EQ(std::get<app::PlayEnded>(to_event(message)->report).play, PlayId{8});
  message.mutable_hold_changed()->set_held(true);
  EXPECT_TRUE(std::get<app::HoldChanged>(to_event(message)->report).held);
  message.mutable_transfer_requested()->set_target("8002");
  EXPECT_EQ(std::get<app::TransferRequested>(to_event(message)->report).target, "8002");
  message.mutable_command_failed()->set_why("no such leg");
  EXPECT_EQ(std::get<app::CommandFailed>(to_event(message)->report).why, "no such leg");
}

TEST(Translate, WhatIsNotUnderstoodIsNoEvent) {
  link::FromNode message;
  EXPECT_FALSE(to_event(message));
  message.mutable_digit()->set_digit("12");
  EXPECT_FALSE(to_event(message));
  message.mutable_digit()->set_digit("");
  EXPECT_FALSE(to_event(message));
}

TEST(Translate, SnapshotAndHello) {
  link::Snapshot snapshot;
  auto* leg = snapshot.add_legs();
  leg->set_leg(1);
  leg->set_call(40);
  leg->set_state(link::LEG_ANSWERED);
  leg->set_bridged_to(2);
  leg->set_play(8);
  leg->set_recording(6);
  snapshot.add_legs()->set_leg(2);
  const auto legs = to_snapshot(snapshot);
  ASSERT_EQ(legs.size(), 2U);
  const auto& first = legs.at(LegId{1});
  EXPECT_EQ(first.call, call);
  EXPECT_TRUE(first.report.present);
  EXPECT_TRUE(first.report.answered);
  EXPECT_EQ(first.report.bridged_to, LegId{2});
  EXPECT_EQ(first.report.play, PlayId{8});
  EXPECT_EQ(first.report.recording, RecordingId{6});
  EXPECT_FALSE(legs.at(LegId{2}).report.answered);

  link::HelloReply hello;
  hello.set_node("voice1");
  hello.set_boot_id(9);
  hello.set_sip_udp("192.0.2.1:5060");
  hello.set_calls_max(300);
  auto* trunk = hello.add_trunks();
  trunk->set_name("carrier");
  trunk->set_in_use(3);
  trunk->set_channels_max(30);
  const auto info = to_info(hello);
  EXPECT_EQ(info.name, "voice1");
  EXPECT_EQ(info.boot_id, 9U);
  EXPECT_EQ(info.sip_udp, "192.0.2.1:5060");
  EXPECT_EQ(info.calls_max, 300U);
  EXPECT_THAT(info.trunks, testing::ElementsAre(app::TrunkStatus{"carrier", 3, 30}));
}

}  // namespace
}  // namespace hotline::voice_adapter
