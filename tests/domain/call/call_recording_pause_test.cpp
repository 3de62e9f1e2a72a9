// SPDX-License-Identifier: Apache-2.0
// Goal: an agent can keep a card number out of the recording, and no pause lasts longer than it should: not past its
// limit, not past the agent, not past a restart of the core.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

class RecordingPauseTest : public CallTest {
 protected:
  void pause() {
    ASSERT_EQ(ask([&](CallStep& s) { return s.pause_recording(agent); }), Refusal::none);
  }
};

TEST_F(RecordingPauseTest, TheAgentPausesAndResumes) {
  talks_to_browser();
  pause();
  ASSERT_NE(command<PauseRecording>(), nullptr);
  EXPECT_EQ(command<PauseRecording>()->recording, call.recording);
  EXPECT_EQ(command<PauseRecording>()->limit, limits.recording_pause_max);
  EXPECT_TRUE(told("recording_paused"));
  EXPECT_EQ(next_due(call), now + limits.recording_pause_max);
  EXPECT_EQ(ask([&](CallStep& s) { return s.pause_recording(agent); }), Refusal::none);
  EXPECT_TRUE(out.empty()) << "paused already";

  EXPECT_EQ(ask([&](CallStep& s) { return s.resume_recording(agent); }), Refusal::none);
  EXPECT_NE(command<ResumeRecording>(), nullptr);
  EXPECT_TRUE(told("recording_resumed"));
  EXPECT_EQ(call.recording_paused_until, std::nullopt);
}

TEST_F(RecordingPauseTest, OnlyTheAgentWhoTalksMayPause) {
  in_queue();
  EXPECT_EQ(ask([&](CallStep& s) { return s.pause_recording(agent); }), Refusal::not_your_call);
  rings_at_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.pause_recording(agent); }), Refusal::wrong_stage);
}

TEST_F(RecordingPauseTest, APauseEndsAtItsLimit) {
  talks_to_browser();
  pause();
  now += limits.recording_pause_max;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_NE(command<ResumeRecording>(), nullptr);
  EXPECT_TRUE(told("recording_resumed"));
  EXPECT_EQ(next_due(call), std::nullopt);
}

TEST_F(RecordingPauseTest, APauseEndsWhenTheAgentLeavesTheCall) {
  talks_to_browser();
  pause();
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550199"); }), Refusal::none);
  EXPECT_NE(command<ResumeRecording>(), nullptr);
  EXPECT_EQ(call.recording_paused_until, std::nullopt);
}

TEST_F(RecordingPauseTest, APauseEndsWithTheCallWithoutAWord) {
  talks_to_browser();
  pause();
  step([&](CallStep& s) { s.customer_hangs_up(); });
  EXPECT_EQ(command<ResumeRecording>(), nullptr);
  EXPECT_EQ(call.recording_paused_until, std::nullopt);
}

TEST_F(RecordingPauseTest, ResyncSaysThePauseAgainWithTheTimeThatIsLeft) {
  talks_to_browser();
  pause();
  auto legs = as_it_should_be();
  now += Duration{10'000};
  step([&](CallStep& s) { s.resync(legs); });
  ASSERT_NE(command<PauseRecording>(), nullptr);
  EXPECT_EQ(command<PauseRecording>()->limit, limits.recording_pause_max - Duration{10'000});
}

TEST_F(RecordingPauseTest, ResyncEndsAPauseThatTheCoreHasEnded) {
  talks_to_browser();
  auto legs = as_it_should_be();
  legs[customer].recording_paused = true;
  step([&](CallStep& s) { s.resync(legs); });
  EXPECT_NE(command<ResumeRecording>(), nullptr);
  EXPECT_FALSE(told("recording_resumed"));
}

}  // namespace
}  // namespace hotline::call
