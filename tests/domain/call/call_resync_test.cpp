// SPDX-License-Identifier: Apache-2.0
// A call after the voice node is back: in each stage, what the node has as it should be, and what is missing.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

TEST_F(CallTest, ResyncLeavesAloneWhatIsAsItShouldBe) {
  const auto unchanged = [&](const char* where) {
    const Call before = call;
    resync(as_it_should_be());
    EXPECT_TRUE(out.empty()) << where;
    EXPECT_EQ(call, before) << where;
  };
  in_menu();
  unchanged("menu");
  step([&](CallStep& s) { s.digit(customer, '1'); });
  step([&](CallStep& s) { s.queue_accepted(); });
  unchanged("queue");
  step([&](CallStep& s) { s.ring_agent(phone_agent(), Duration{20'000}); });
  unchanged("ringing");
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  unchanged("talking");
  (void)ask([&](CallStep& s) { return s.hold(agent); });
  unchanged("held");
  (void)ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); });
  unchanged("transferring");
  step([&](CallStep& s) { s.leg_answered(call.external->leg); });
  unchanged("outside");
}

TEST_F(CallTest, ResyncEndsACallWhoseCustomerIsGone) {
  for (const bool talking : {false, true}) {
    call.stage = Stage::arriving;
    call.customer_answered = false;
    if (talking)
      talks_to_phone();
    else
      in_queue();
    resync({});
    EXPECT_EQ(call.stage, Stage::ended);
    EXPECT_EQ(effect<AgentFinished>() != nullptr, talking);
    call = Call{};
    call.customer_leg = customer;
  }
}

TEST_F(CallTest, ResyncAnswersAnArrivalAgain) {
  step([&](CallStep& s) { s.arrive("entry"); });
  resync(as_it_should_be());
  EXPECT_NE(command<AnswerLeg>(), nullptr);
}

TEST_F(CallTest, ResyncRepeatsALostRecordingUnderTheSameId) {
  // Once a new id was taken, and the first recording's row ran for ever.
  in_menu();
  const RecordingId recording = call.recording;
  auto legs = as_it_should_be();
  legs[customer].recording = RecordingId{};
  resync(legs);
  ASSERT_NE(command<StartRecording>(), nullptr);
  EXPECT_EQ(command<StartRecording>()->recording, recording);
  EXPECT_EQ(effect<RecordingStarted>(), nullptr);
}

TEST_F(CallTest, ResyncBeginsANewRecordingAfterOneThatEndedEarly) {
  in_menu();
  const RecordingId recording = call.recording;
  call.recording = RecordingId{};
  resync(as_it_should_be());
  ASSERT_NE(command<StartRecording>(), nullptr);
  EXPECT_NE(command<StartRecording>()->recording, recording);
  EXPECT_NE(effect<RecordingStarted>(), nullptr);
}

TEST_F(CallTest, ResyncSpeaksAgainWhenThePlayWasLost) {
  in_menu();
  auto legs = as_it_should_be();
  legs[customer].play = PlayId{};
  resync(legs);
  EXPECT_NE(command<PlayTo>(), nullptr);
  EXPECT_EQ(call.position.node, "menu");
}

TEST_F(CallTest, ResyncPlaysTheMusicOfTheQueueAgain) {
  in_queue();
  auto legs = as_it_should_be();
  legs[customer].play = PlayId{};
  resync(legs);
  EXPECT_TRUE(music_plays());
  EXPECT_TRUE(call.queued);
}

TEST_F(CallTest, ResyncCallsAPhoneAgainThatTheNodeNeverHeardOf) {
  // Once this counted as a broken phone: after each core crash agents with phones were unavailable.
  rings_at_phone();
  const LegId leg = call.agent->leg;
  now += std::chrono::seconds{5};
  auto legs = as_it_should_be();
  legs.erase(leg);
  resync(legs);
  EXPECT_EQ(effect<OfferFailed>(), nullptr);
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->leg, leg);
  EXPECT_EQ(command<OriginateSip>()->ring_timeout, Duration{15'000});
}

TEST_F(CallTest, ResyncCallsAnOutsideNumberAgainThatTheNodeNeverHeardOf) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); });
  auto legs = as_it_should_be();
  legs.erase(call.external->leg);
  resync(legs);
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, "5550122");
}

TEST_F(CallTest, ResyncEndsLegsTheCallHasGivenUp) {
  // Once the former agent's leg stayed up, joined to the customer who waited for the next one.
  talks_to_browser();
  const LegId former = call.agent->leg;
  (void)ask([&](CallStep& s) { return s.transfer_to_queue(agent, QueuePlace{"technical", 0, {}, "music/hold", {}}); });
  step([&](CallStep& s) { s.queue_accepted(); });
  auto legs = as_it_should_be();
  legs[customer].bridged_to = former;
  legs[customer].play = PlayId{};
  legs[former] = {true, true, customer, {}, {}, false, {}};
  resync(legs);
  EXPECT_TRUE(hung_up(former));
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_TRUE(music_plays());
}

TEST_F(CallTest, ResyncJoinsATalkWhoseBridgeWasLost) {
  talks_to_phone();
  auto legs = as_it_should_be();
  legs[customer].bridged_to = LegId{};
  resync(legs);
  ASSERT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>()->b, call.agent->leg);
}

TEST_F(CallTest, ResyncPartsAHeldCallThatIsStillJoined) {
  talks_to_phone();
  (void)ask([&](CallStep& s) { return s.hold(agent); });
  auto legs = as_it_should_be();
  legs[customer].bridged_to = call.agent->leg;
  legs[customer].play = PlayId{};
  resync(legs);
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_TRUE(music_plays());
}

TEST_F(CallTest, ResyncTakesAGonePhoneForHungUpAndAGonePageForLost) {
  talks_to_phone();
  auto legs = as_it_should_be();
  legs.erase(call.agent->leg);
  resync(legs);
  EXPECT_EQ(call.stage, Stage::ended);
  call = Call{};
  call.customer_leg = customer;
  talks_to_browser();
  legs = as_it_should_be();
  legs.erase(call.agent->leg);
  resync(legs);
  EXPECT_TRUE(told("agent_lost"));
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(CallTest, ResyncLeavesABrowserThatConnectsToItsDeadline) {
  rings_at_browser();
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  auto legs = as_it_should_be();
  legs.erase(call.agent->leg);
  resync(legs);
  EXPECT_TRUE(call.agent->leg);
  EXPECT_EQ(next_due(call), now + limits.agent_setup);
}

TEST_F(CallTest, ALostNodeEndsTheCallAndFreesTheAgent) {
  talks_to_phone();
  step([&](CallStep& s) { s.node_lost(); });
  EXPECT_EQ(call.end_cause, "node_lost");
  EXPECT_NE(effect<AgentFinished>(), nullptr);
}

}  // namespace
}  // namespace hotline::call
