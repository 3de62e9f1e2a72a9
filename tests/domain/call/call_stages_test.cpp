// SPDX-License-Identifier: Apache-2.0
// A call's way from arrival to its end, and the races on it.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

using std::chrono::seconds;

TEST_F(CallTest, ArrivalIsAnsweredAndTheFlowBeginsOnlyOnceTheAnswerIsConfirmed) {
  step([&](CallStep& s) { s.arrive("entry"); });
  EXPECT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_EQ(command<PlayTo>(), nullptr);
  EXPECT_EQ(call.stage, Stage::arriving);
  step([&](CallStep& s) { s.leg_answered(customer); });
  ASSERT_NE(command<PlayTo>(), nullptr);
  EXPECT_EQ(call.stage, Stage::ivr);
  ASSERT_NE(effect<RecordingStarted>(), nullptr);
  EXPECT_EQ(effect<RecordingStarted>()->recording, call.recording);
  EXPECT_TRUE(told("answered"));
}

TEST_F(CallTest, AnAnswerReportedTwiceDoesNotBeginTheFlowTwice) {
  in_menu();
  const Call before = call;
  step([&](CallStep& s) { s.leg_answered(customer); });
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(call, before);
}

TEST_F(CallTest, ABrowserWhoseMediaNeverComesUpIsGivenUp) {
  step([&](CallStep& s) { s.arrive_browser("entry", "v=0"); });
  ASSERT_NE(command<AcceptBrowser>(), nullptr);
  ASSERT_EQ(next_due(call), now + limits.agent_setup);
  now += limits.agent_setup;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_EQ(call.end_cause, "unreachable");
  EXPECT_TRUE(hung_up(customer));
}

TEST_F(CallTest, TheBrowsersSdpAnswerGoesToWhoeverOwnsTheLeg) {
  step([&](CallStep& s) { s.arrive_browser("entry", "v=0"); });
  step([&](CallStep& s) { s.webrtc_answer(customer, "answer"); });
  ASSERT_NE(effect<SdpAnswer>(), nullptr);
  EXPECT_EQ(effect<SdpAnswer>()->agent, std::nullopt);
}

TEST_F(CallTest, TheEndOfAnEarlierPlayIsIgnored) {
  in_menu();
  const PlayId first = call.play;
  now += seconds{1};
  step([&](CallStep& s) { s.digit(customer, '5'); });  // no match: the menu speaks again
  ASSERT_NE(call.play, first);
  const PlayId second = call.play;
  step([&](CallStep& s) { s.play_done(customer, first); });
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(call.play, second);
  step([&](CallStep& s) { s.play_done(customer, second); });
  EXPECT_FALSE(call.play);
}

TEST_F(CallTest, ADigitLeadsIntoTheQueueWithItsClock) {
  in_menu();
  now += seconds{4};
  step([&](CallStep& s) { s.digit(customer, '1'); });
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, "billing");
  EXPECT_EQ(effect<AskQueue>()->place.priority, 3);
  EXPECT_EQ(effect<AskQueue>()->place.since, now);
  step([&](CallStep& s) { s.queue_accepted(); });
  EXPECT_TRUE(call.queued);
  EXPECT_TRUE(music_plays());
}

TEST_F(CallTest, AFullQueueLeadsOnInTheFlow) {
  in_menu();
  step([&](CallStep& s) { s.digit(customer, '1'); });
  step([&](CallStep& s) { s.queue_refused(); });
  EXPECT_EQ(call.stage, Stage::ivr);
  EXPECT_EQ(call.position.node, "full");
  EXPECT_FALSE(call.place);
}

TEST_F(CallTest, ABrokenFlowLeadsToTheConfiguredDefaultQueue) {
  limits.default_queue = "help";
  step([&](CallStep& s) { s.arrive("not_there"); });
  step([&](CallStep& s) { s.leg_answered(customer); });
  EXPECT_TRUE(told("flow_broken"));
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, "help");
  step([&](CallStep& s) { s.queue_refused(); });  // nowhere else to go
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_EQ(call.end_cause, "capacity");
}

TEST_F(CallTest, TheFlowMayHangUp) {
  in_menu();
  step([&](CallStep& s) { s.digit(customer, '9'); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_TRUE(hung_up(customer));
  EXPECT_NE(effect<CallEnded>(), nullptr);
}

TEST_F(CallTest, SilenceInTheMenuComesBackAsATimeOut) {
  in_menu();
  step([&](CallStep& s) { s.play_done(customer, call.play); });
  ASSERT_TRUE(next_due(call));
  now = *next_due(call);
  step([&](CallStep& s) { s.tick(); });
  EXPECT_NE(command<PlayTo>(), nullptr);
}

TEST_F(CallTest, ABrowserAgentIsRungWithoutALegAndJoinedOnceTheirMediaIsUp) {
  rings_at_browser();
  EXPECT_EQ(command<OriginateSip>(), nullptr);
  EXPECT_TRUE(told("offered"));
  now += seconds{3};
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::none);
  EXPECT_NE(effect<OfferTaken>(), nullptr);
  ASSERT_NE(command<AcceptBrowser>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>(), nullptr);
  EXPECT_FALSE(call.queued);
  step([&](CallStep& s) { s.webrtc_answer(call.agent->leg, "answer"); });
  ASSERT_NE(effect<SdpAnswer>(), nullptr);
  EXPECT_EQ(effect<SdpAnswer>()->agent, agent);
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  ASSERT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>()->b, call.agent->leg);
  EXPECT_EQ(call.connected_at, now);
  EXPECT_TRUE(told("connected"));
}

TEST_F(CallTest, APhoneIsCalledAndJoinedWhenPickedUp) {
  rings_at_phone();
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, "sip:8001@192.0.2.9");
  EXPECT_EQ(command<OriginateSip>()->ring_timeout, Duration{20'000});
  EXPECT_EQ(command<OriginateSip>()->near, customer);
  step([&](CallStep& s) { s.leg_ringing(call.agent->leg); });
  EXPECT_TRUE(told("ringing"));
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_NE(effect<OfferTaken>(), nullptr);
  EXPECT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(CallTest, WhoCannotAnswerIsTold) {
  rings_at_phone();
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::wrong_stage);
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(other, "v=0"); }), Refusal::not_your_call);
  EXPECT_TRUE(out.empty());
}

TEST_F(CallTest, ABrowserAgentWithoutMediaIsRefused) {
  rings_at_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, ""); }), Refusal::no_media);
  EXPECT_FALSE(call.agent->taken);
}

TEST_F(CallTest, APhoneThatIsGoneFailsAsADeviceABusyOneAsARefusal) {
  rings_at_phone();
  const LegId leg = call.agent->leg;
  step([&](CallStep& s) { s.leg_ended(leg, Cause::unreachable); });
  ASSERT_NE(effect<OfferFailed>(), nullptr);
  EXPECT_TRUE(effect<OfferFailed>()->device);
  step([&](CallStep& s) { s.stop_ringing(agent, "device_failed"); });
  EXPECT_FALSE(call.agent);
  EXPECT_EQ(effect<AskQueue>(), nullptr);  // it is queued all the time
  step([&](CallStep& s) { s.ring_agent(phone_agent(), Duration{20'000}); });
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::busy); });
  ASSERT_NE(effect<OfferFailed>(), nullptr);
  EXPECT_FALSE(effect<OfferFailed>()->device);
}

TEST_F(CallTest, ARejectedOfferGoesBackToTheAcdAndTheCallWaitsOn) {
  rings_at_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_rejects(agent); }), Refusal::none);
  EXPECT_NE(effect<OfferFailed>(), nullptr);
  step([&](CallStep& s) { s.stop_ringing(agent, "rejected"); });
  EXPECT_EQ(call.stage, Stage::waiting);
  EXPECT_TRUE(call.queued);
}

TEST_F(CallTest, AnOfferThatTimesOutHangsUpThePhoneAndALateAnswerToo) {
  rings_at_phone();
  const LegId leg = call.agent->leg;
  step([&](CallStep& s) { s.stop_ringing(agent, "timeout"); });
  EXPECT_TRUE(hung_up(leg));
  step([&](CallStep& s) { s.leg_answered(leg); });
  EXPECT_TRUE(hung_up(leg));
  EXPECT_EQ(call.stage, Stage::waiting);
}

TEST_F(CallTest, ACustomerWhoLeavesWhileItRingsStopsTheRinging) {
  rings_at_phone();
  const LegId leg = call.agent->leg;
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_NE(effect<LeaveQueue>(), nullptr);
  EXPECT_TRUE(hung_up(leg));
  EXPECT_EQ(effect<AgentFinished>(), nullptr);  // the agent never had it
  step([&](CallStep& s) { s.leg_answered(leg); });
  EXPECT_TRUE(hung_up(leg));
}

TEST_F(CallTest, EitherSideEndsTheTalk) {
  talks_to_phone();
  const Call talking = call;
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_NE(effect<AgentFinished>(), nullptr);
  EXPECT_TRUE(hung_up(talking.agent->leg));
  EXPECT_TRUE(told("customer_left"));
  call = talking;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::normal); });
  EXPECT_NE(effect<AgentFinished>(), nullptr);
  EXPECT_TRUE(hung_up(customer));
  EXPECT_TRUE(told("agent_left"));
  call = talking;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_TRUE(hung_up(customer));
  EXPECT_EQ(call.end_cause, "normal");
  EXPECT_EQ(next_due(call), std::nullopt);
}

TEST_F(CallTest, AnEndedCallTakesNothingMore) {
  talks_to_phone();
  step([&](CallStep& s) { s.end(Cause::shutdown); });
  const Call ended = call;
  step([&](CallStep& s) {
    s.leg_ended(customer, Cause::normal);
    s.node_lost();
    s.customer_hangs_up();
    s.tick();
    s.resync({});
    s.play_done(customer, PlayId{1});
    s.digit(customer, '1');
  });
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(call, ended);
}

}  // namespace
}  // namespace hotline::call
