// SPDX-License-Identifier: Apache-2.0
// Goal: each command does what the link promises, twice does no harm, and what cannot be done is answered with the
// reason.
#include "voice/node/fakes.hpp"
#include "voice/node/translate.hpp"

namespace hotline::voice::node::test {
namespace {

using CommandsTest = NodeTest;

TEST_F(CommandsTest, a_play_runs_and_its_end_is_told_with_the_reason) {
  talking(7);
  play(7, 21);
  EXPECT_EQ(asked(), Calls{"media play 7 id 21 items 1 loop false"});
  EXPECT_EQ(node.snapshot().legs(0).play(), 21U);
  node.on_play_done(LegId{7}, PlayId{21}, media::PlayEnd::finished, "");
  EXPECT_EQ(told(), Calls{"play_done { leg: 7 play: 21 }"});
  EXPECT_EQ(node.snapshot().legs(0).play(), 0U);
  play(7, 22);
  told();
  node.on_play_done(LegId{7}, PlayId{22}, media::PlayEnd::missing, "cmn/welcome");
  EXPECT_EQ(told(), Calls{R"(play_done { leg: 7 play: 22 reason: PLAY_MISSING missing_prompt: "cmn/welcome" })"});
}

TEST_F(CommandsTest, the_end_of_a_replaced_play_does_not_end_the_new_one) {
  talking(7);
  play(7, 21);
  play(7, 22);
  node.on_play_done(LegId{7}, PlayId{21}, media::PlayEnd::stopped, "");
  EXPECT_EQ(told(), Calls{"play_done { leg: 7 play: 21 reason: PLAY_STOPPED }"});
  EXPECT_EQ(node.snapshot().legs(0).play(), 22U);
}

TEST_F(CommandsTest, a_digit_by_info_breaks_in_like_one_by_rtp) {
  talking(7);
  play(7, 21, true);
  asked();
  node.on_info_digit(LegId{7}, '5', Duration{120});
  EXPECT_EQ(asked(), Calls{"media stop_play 7"});
  node.on_play_done(LegId{7}, PlayId{21}, media::PlayEnd::stopped, "");
  EXPECT_EQ(told(), (Calls{R"(digit { leg: 7 digit: "5" duration_ms: 120 })",
                           "play_done { leg: 7 play: 21 reason: PLAY_DIGIT }"}));
}

TEST_F(CommandsTest, a_phone_that_sends_a_digit_both_ways_is_heard_once) {
  talking(7);
  node.on_digit(LegId{7}, '5', Duration{100});
  node.on_info_digit(LegId{7}, '5', Duration{100});
  EXPECT_EQ(told(), Calls{R"(digit { leg: 7 digit: "5" duration_ms: 100 })"});
}

TEST_F(CommandsTest, what_cannot_be_played_is_answered_with_the_reason) {
  incoming(7);
  forget();
  play(7, 21);
  EXPECT_EQ(told(), Calls{R"(command_failed { leg: 7 command: "play" why: "the leg is not answered" })"});
  play(99, 21);
  EXPECT_EQ(told(), Calls{R"(command_failed { leg: 99 command: "play" why: "no such leg" })"});
  answer(7);
  node.on_answered(LegId{7}, "");
  forget();
  command([](auto& m) {
    m.mutable_play()->set_leg(7);
    m.mutable_play()->add_items()->set_tone("trumpet");
  });
  EXPECT_EQ(
      told(),
      Calls{
          R"(command_failed { leg: 7 command: "play" why: "no tone \'trumpet\': use ringback, busy, congestion, dial or beep" })"});
}

TEST_F(CommandsTest, a_bridge_is_made_once_moved_and_undone) {
  talking(1);
  talking(2);
  talking(3);
  bridge(1, 2);
  bridge(1, 2);
  bridge(2, 1);
  EXPECT_EQ(asked(), Calls{"media bridge 1 2"}) << "idempotent";
  bridge(1, 3);
  EXPECT_EQ(asked(), Calls{"media bridge 1 3"});
  const auto snapshot = node.snapshot();
  EXPECT_EQ(snapshot.legs(0).bridged_to(), 3U);
  EXPECT_EQ(snapshot.legs(1).bridged_to(), 0U);
  EXPECT_EQ(snapshot.legs(2).bridged_to(), 1U);
  const auto unbridge = [&] { command([](auto& m) { m.mutable_unbridge()->set_leg(3); }); };
  unbridge();
  unbridge();
  EXPECT_EQ(asked(), Calls{"media unbridge 3"});
  bridge(1, 1);
  bridge(1, 44);
  EXPECT_EQ(told(), (Calls{R"(command_failed { leg: 1 command: "bridge" why: "a leg cannot be bridged to itself" })",
                           R"(command_failed { leg: 44 command: "bridge" why: "no such leg" })"}));
}

TEST_F(CommandsTest, a_mix_is_said_whole_each_time_and_a_leg_is_in_one_thing_at_a_time) {
  for (const std::uint64_t leg : {7, 8, 9}) talking(leg);
  const auto mix = [&](std::vector<std::vector<std::uint64_t>> members) {
    command([&](auto& m) {
      m.mutable_mix()->set_mix(5);
      for (const auto& named : members) {
        auto& member = *m.mutable_mix()->add_members();
        member.set_leg(named[0]);
        for (std::size_t i = 1; i < named.size(); ++i) member.add_not_heard(named[i]);
      }
    });
  };
  bridge(7, 8);
  forget();
  mix({{7, 9}, {8}, {9}});
  EXPECT_EQ(asked(), Calls{"media mix 5 7-9 8 9"});
  const auto all = node.snapshot();
  for (const auto& leg : all.legs()) {
    EXPECT_EQ(leg.mix(), 5U);
    EXPECT_EQ(leg.bridged_to(), 0U);
  }
  mix({{7, 9}, {8}, {9}});
  EXPECT_EQ(asked(), Calls{"media mix 5 7-9 8 9"}) << "the media plane knows that nothing changes";
  EXPECT_TRUE(told().empty());
  bridge(7, 8);
  EXPECT_EQ(asked(), Calls{"media bridge 7 8"});
  EXPECT_EQ(node.snapshot().legs(0).mix(), 0U);
  EXPECT_EQ(node.snapshot().legs(2).mix(), 5U);
  hang_up(9);
  told();
  mix({{7}, {8}, {9}});
  EXPECT_EQ(told(), Calls{R"(command_failed { leg: 9 command: "mix" why: "no such leg" })"});
  EXPECT_EQ(asked().back(), "media mix 5 7 8") << "those who are there talk";
  command([&](auto& m) { m.mutable_unmix()->set_mix(5); });
  EXPECT_EQ(asked(), Calls{"media mix 5"});
  EXPECT_EQ(node.snapshot().legs(0).mix(), 0U);
  command([&](auto& m) { m.mutable_mix()->add_members()->set_leg(7); });
  EXPECT_EQ(told(), Calls{R"(command_failed { command: "mix" why: "no mix id" })"});
}

TEST_F(CommandsTest, digits_go_as_rfc_4733_where_agreed_and_as_info_one_after_the_other_elsewhere) {
  talking(7);
  incoming(8, phone_sdp("8"));
  answer(8);
  node.on_answered(LegId{8}, "");
  forget();
  const auto send = [&](std::uint64_t leg, const char* digits) {
    command([&](auto& m) {
      m.mutable_send_digits()->set_leg(leg);
      m.mutable_send_digits()->set_digits(digits);
    });
  };
  send(7, "12#");
  EXPECT_EQ(asked(), Calls{"media digits 7 12# 160 100"});
  send(8, "12");
  EXPECT_EQ(asked(), Calls{"sip info 8 1 160"});
  loop.advance(Duration{259});
  EXPECT_EQ(asked(), Calls{});
  loop.advance(Duration{1});
  EXPECT_EQ(asked(), Calls{"sip info 8 2 160"});
  send(7, "12x");
  EXPECT_EQ(
      told(),
      Calls{R"(command_failed { leg: 7 command: "send_digits" why: "digits must be 1 to 64 of 0-9, *, #, A-D" })"});
}

TEST_F(CommandsTest, a_recording_lies_in_the_folder_of_its_day_and_its_end_is_told) {
  talking(7);
  const auto record = [&](std::uint64_t recording) {
    command([&](auto& m) {
      m.mutable_start_recording()->set_leg(7);
      m.mutable_start_recording()->set_recording(recording);
      m.mutable_start_recording()->set_call(9);
    });
  };
  record(5);
  record(5);
  EXPECT_EQ(asked(), Calls{"media record 7 5 2024/04/30/5.wav"});
  EXPECT_EQ(node.snapshot().legs(0).recording(), 5U);
  EXPECT_EQ(node.snapshot().legs(0).call(), 9U);
  command([](auto& m) { m.mutable_stop_recording()->set_leg(7); });
  EXPECT_EQ(asked(), Calls{"media stop_recording 7"});
  node.on_recording_done({.id = RecordingId{5},
                          .leg = LegId{7},
                          .path = "2024/04/30/5.wav",
                          .started_at = from_unix_ms(1'000),
                          .ended_at = from_unix_ms(3'000),
                          .frames = 16'000,
                          .bytes = 32'058,
                          .problem = ""});
  EXPECT_EQ(
      told(),
      Calls{
          R"(recording_done { recording: 5 leg: 7 path: "2024/04/30/5.wav" started_at_ms: 1000 ended_at_ms: 3000 frames: 16000 bytes: 32058 })"});
  EXPECT_EQ(node.snapshot().legs(0).recording(), 0U);
}

TEST_F(CommandsTest, a_recording_is_paused_and_goes_on_and_does_so_by_itself_when_no_core_says_so) {
  talking(7);
  command([](auto& m) {
    m.mutable_start_recording()->set_leg(7);
    m.mutable_start_recording()->set_recording(5);
  });
  asked();
  const auto pause = [&](std::uint64_t recording) {
    command([&](auto& m) {
      m.mutable_pause_recording()->set_leg(7);
      m.mutable_pause_recording()->set_recording(recording);
      m.mutable_pause_recording()->set_limit_ms(60'000);
    });
  };
  pause(4);
  EXPECT_EQ(asked(), Calls{}) << "another recording than the running one";
  pause(5);
  EXPECT_EQ(asked(), Calls{"media pause_recording 7 true"});
  EXPECT_TRUE(node.snapshot().legs(0).recording_paused());
  command([](auto& m) {
    m.mutable_resume_recording()->set_leg(7);
    m.mutable_resume_recording()->set_recording(5);
  });
  EXPECT_EQ(asked(), Calls{"media pause_recording 7 false"});
  pause(5);
  asked();
  loop.advance(Duration{61'000});
  EXPECT_EQ(asked(), Calls{}) << "the core's own limit comes first";
  loop.advance(Duration{3'000});
  EXPECT_EQ(asked(), Calls{"media pause_recording 7 false"});
  EXPECT_FALSE(node.snapshot().legs(0).recording_paused());
}

TEST_F(CommandsTest, what_the_ledger_wants_done_with_files_is_passed_on_and_its_outcome_told) {
  command([](auto& m) {
    m.mutable_archive_recording()->set_recording(5);
    m.mutable_archive_recording()->set_path("2024/04/30/5.wav");
  });
  command([](auto& m) {
    m.mutable_delete_recording_file()->set_recording(5);
    m.mutable_delete_recording_file()->set_path("5.wav");
    m.mutable_delete_recording_file()->set_kept_as("5.opus");
  });
  EXPECT_EQ(asked(), (Calls{"files archive 5 2024/04/30/5.wav", "files remove 5 5.wav kept as '5.opus'"}));
  archive::Archived archived;
  archived.id = RecordingId{5};
  archived.path = "5.opus";
  archived.key = "k";
  archived.sha256 = "ab";
  archived.bytes = 9;
  archived.frames = 8;
  node.on_archived(archived);
  node.on_deleted({RecordingId{5}, "5.wav", "busy"});
  EXPECT_EQ(
      told(),
      (Calls{
          R"(recording_archived { recording: 5 path: "5.opus" format: "opus" key: "k" sha256: "ab" bytes: 9 frames: 8 })",
          R"(recording_file_deleted { recording: 5 path: "5.wav" problem: "busy" })"}));
  node.on_recording_settled(7);
  EXPECT_EQ(asked(), Calls{"media settled 7"});
}

TEST_F(CommandsTest, an_answer_said_twice_before_the_ack_is_given_once) {
  incoming(7);
  answer(7);
  asked();
  answer(7);
  EXPECT_EQ(asked(), Calls{});
  command([](auto& m) { m.mutable_reject()->set_leg(7); });
  EXPECT_EQ(asked(), Calls{}) << "a 200 is not taken back";
}

TEST_F(CommandsTest, commands_that_do_not_fit_the_leg_are_answered) {
  talking(7);
  answer(7);
  command([](auto& m) { m.mutable_reject()->set_leg(7); });
  command([](auto& m) { m.mutable_progress()->set_leg(7); });
  originate(7);
  link::FromCore unknown;
  node.on_command(unknown);
  EXPECT_EQ(told().size(), 5U);
  EXPECT_EQ(asked(), Calls{});
}

TEST_F(CommandsTest, the_snapshot_says_where_each_leg_is) {
  incoming(1);
  talking(2);
  originate(3);
  node.on_ringing(LegId{3}, std::nullopt);
  const auto snapshot = node.snapshot();
  ASSERT_EQ(snapshot.legs_size(), 3);
  EXPECT_EQ(snapshot.legs(0).ShortDebugString(), R"(leg: 1 state: LEG_OFFERED incoming: true trunk: "pstn")");
  EXPECT_EQ(snapshot.legs(1).ShortDebugString(),
            R"(leg: 2 state: LEG_ANSWERED incoming: true trunk: "pstn" answered_at_ms: 1714479000000)");
  EXPECT_EQ(snapshot.legs(2).ShortDebugString(), "leg: 3 call: 9 state: LEG_RINGING");
}

TEST_F(CommandsTest, the_quality_of_legs_in_a_call_goes_out_every_five_seconds) {
  talking(7);
  talking(8);
  command([&](auto& m) {
    m.mutable_answer()->set_leg(7);
    m.mutable_answer()->set_call(9);
  });
  media.qualities = {{LegId{7}, {.packets_received = 250, .loss_x100 = 120, .rtt_ms = 40, .mos_x100 = 410}},
                     {LegId{8}, {}},
                     {LegId{99}, {}}};
  loop.advance(Duration{6'000});
  std::vector<std::string> qualities;
  for (const auto& message : link.unkept)
    if (message.find("quality") != std::string::npos) qualities.push_back(message);
  ASSERT_EQ(qualities.size(), 1U);
  EXPECT_NE(qualities[0].find("leg: 7 media { packets_received: 250 loss_x100: 120 rtt_ms: 40 mos_x100: 410"),
            std::string::npos)
      << qualities[0];
  EXPECT_EQ(qualities[0].find("leg: 8"), std::string::npos) << "a leg no call has";
}

TEST_F(CommandsTest, long_silence_is_told_and_ends_the_leg_where_that_is_wanted) {
  talking(7);
  node.on_long_silence(LegId{7}, Duration{60'000});
  EXPECT_EQ(told(), Calls{"silence { leg: 7 silent_ms: 60000 }"});
  config.silence_ends = true;
  start();
  node.on_core_connected(2);
  forget();
  node.on_long_silence(LegId{7}, Duration{60'000});
  EXPECT_EQ(told().size(), 2U);
  EXPECT_EQ(asked().front(), "sip hangup 7 cause 0");
}

TEST_F(CommandsTest, a_phone_that_refuses_keys_as_an_option_is_offered_nothing_else_once) {
  config.srtp_phones = sdp::SrtpPolicy::offered;
  start();
  originate(8);
  EXPECT_NE(sip.last_sdp.find("RTP/AVP"), std::string::npos) << sip.last_sdp;
  forget();
  node.on_ended(LegId{8}, signalling::EndCause::rejected, 488, true);
  EXPECT_EQ(asked(), Calls{"sip invite 8 sip:agent@192.0.2.8:5060 from 13800138000 ring 30000"});
  EXPECT_EQ(told(), Calls{}) << "the leg goes on";
  EXPECT_NE(sip.last_sdp.find("RTP/SAVP"), std::string::npos) << sip.last_sdp;
  node.on_ended(LegId{8}, signalling::EndCause::rejected, 488, true);
  EXPECT_EQ(asked(), Calls{"media close 8"});
  EXPECT_EQ(node.leg_count(), 0U);
}

TEST_F(CommandsTest, srtp_follows_the_policy_of_the_trunk) {
  config.srtp_by_trunk["pstn"] = sdp::SrtpPolicy::required;
  start();
  node.on_core_connected(2);
  incoming(7);
  EXPECT_EQ(asked().back(), "sip reject 7 488 retry 0") << "plain RTP on a trunk that wants SRTP";
  incoming(8,
           "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 40000 RTP/SAVP 8\r\n"
           "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n");
  answer(8);
  EXPECT_NE(sip.last_sdp.find("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), std::string::npos);
  ASSERT_TRUE(media.last_remote.srtp);
  EXPECT_EQ(media.last_remote.srtp->profile, media::SrtpProfile::aes128_cm_sha1_80);
  EXPECT_EQ(media.last_remote.srtp->client[0], 'w');
}

TEST_F(CommandsTest, a_phone_that_sends_info_and_tones_is_heard_once) {
  incoming(7, phone_sdp("8 0"));
  answer(7);
  node.on_answered(LegId{7}, "");
  forget();
  EXPECT_TRUE(media.last_remote.inband_digits);
  node.on_info_digit(LegId{7}, '5', Duration{100});
  node.on_digit(LegId{7}, '5', Duration{100});
  EXPECT_EQ(told(), Calls{R"(digit { leg: 7 digit: "5" duration_ms: 100 })"});
}

TEST_F(CommandsTest, the_order_of_codecs_follows_the_leg_next_to_it) {
  using media::Codec;
  const std::vector<Codec> all{Codec::pcma, Codec::pcmu, Codec::g722, Codec::opus};
  EXPECT_EQ(codec_order(all, std::nullopt), all);
  EXPECT_EQ(codec_order(all, Codec::pcmu), (std::vector{Codec::pcmu, Codec::pcma}));
  EXPECT_EQ(codec_order(all, Codec::opus), (std::vector{Codec::opus, Codec::g722, Codec::pcma, Codec::pcmu}));
  EXPECT_EQ(codec_order({Codec::pcma}, Codec::opus), (std::vector{Codec::pcma, Codec::pcmu}));
}

TEST_F(CommandsTest, stats_go_out_every_two_seconds) {
  talking(2);
  loop.advance(Duration{4'000});
  ASSERT_EQ(link.unkept.size(), 2U);
  EXPECT_EQ(
      link.unkept[0],
      R"(stats { trunks { name: "pstn" in_use: 3 channels_max: 300 } legs: 1 rtp_received: 12 sip_rejected: 4 archive_waiting: 5 sip_dropped: 5 sip_wrong_credentials: 6 sip_silenced: 7 calls: 1 legs_answered: 1 started_at_ms: 1714479000000 })");
}

TEST(Translate, a_recordings_path_follows_the_utc_date) {
  EXPECT_EQ(recording_path(RecordingId{12}, from_unix_ms(951'782'399'999)), "2000/02/28/12.wav");
  EXPECT_EQ(recording_path(RecordingId{12}, from_unix_ms(951'782'400'000)), "2000/02/29/12.wav");
}

TEST(Translate, every_end_cause_survives_the_way_to_the_link_and_back) {
  using signalling::EndCause;
  for (int cause = 0; cause <= static_cast<int>(EndCause::shutdown); ++cause)
    EXPECT_EQ(to_signalling(to_link(static_cast<EndCause>(cause))), static_cast<EndCause>(cause));
}

}  // namespace
}  // namespace hotline::voice::node::test
