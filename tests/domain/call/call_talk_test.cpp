// SPDX-License-Identifier: Apache-2.0
// Hold, transfers with all their failures, and agents whose page is lost.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

using std::chrono::seconds;

TEST_F(CallTest, HoldPlaysMusicAndResumeJoinsAgain) {
  talks_to_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::none);
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::none);
  EXPECT_TRUE(out.empty());  // held already
  EXPECT_EQ(ask([&](CallStep& s) { return s.resume(agent); }), Refusal::none);
  EXPECT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_FALSE(call.play);
  EXPECT_TRUE(told("resumed"));
}

TEST_F(CallTest, APhonesOwnHoldKeyDoesTheSame) {
  talks_to_phone();
  step([&](CallStep& s) { s.phone_hold(call.agent->leg, true); });
  EXPECT_TRUE(call.on_hold);
  step([&](CallStep& s) { s.phone_hold(call.agent->leg, false); });
  EXPECT_FALSE(call.on_hold);
}

TEST_F(CallTest, OnlyTheAgentWhoTalksMayAsk) {
  talks_to_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(other); }), Refusal::not_your_call);
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(other); }), Refusal::not_your_call);
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_agent(other, agent); }), Refusal::not_your_call);
}

TEST_F(CallTest, WhatIsAskedBeforeTheMediaIsUpIsRefused) {
  rings_at_browser();
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::wrong_stage);
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); }), Refusal::wrong_stage);
}

TEST_F(CallTest, DigitsAreSentButNotKept) {
  talks_to_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.send_digits(agent, "4711"); }), Refusal::none);
  ASSERT_NE(command<SendDigits>(), nullptr);
  EXPECT_EQ(command<SendDigits>()->digits, "4711");
  ASSERT_NE(effect<History>(), nullptr);
  for (const auto& [key, value] : effect<History>()->data) EXPECT_EQ(value.find("4711"), std::string::npos);
}

TEST_F(CallTest, ATransferToAnAgentRingsThereWithMusic) {
  talks_to_browser();
  const LegId old_leg = call.agent->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_agent(agent, other); }), Refusal::none);
  EXPECT_TRUE(hung_up(old_leg));
  EXPECT_NE(effect<AgentFinished>(), nullptr);
  ASSERT_NE(effect<AskAgent>(), nullptr);
  EXPECT_EQ(effect<AskAgent>()->agent, other);
  EXPECT_TRUE(music_plays());
  AgentPart next = phone_agent();
  next.agent = other;
  step([&](CallStep& s) { s.ring_agent(next, Duration{20'000}); });
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_TRUE(told("connected"));
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(CallTest, ATransferNobodyAnswersGoesBackToTheOldPlaceFirstInLine) {
  talks_to_browser();
  const TimePoint since = call.place->since;
  now += seconds{60};
  (void)ask([&](CallStep& s) { return s.transfer_to_agent(agent, other); });
  AgentPart next = browser_agent();
  next.agent = other;
  step([&](CallStep& s) { s.ring_agent(next, Duration{20'000}); });
  step([&](CallStep& s) { s.stop_ringing(other, "timeout"); });
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, "billing");
  EXPECT_EQ(effect<AskQueue>()->place.since, since);
  EXPECT_GE(effect<AskQueue>()->place.priority, 100);
}

TEST_F(CallTest, ATransferToAnAgentWhoIsNotFreeGoesBackToo) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.transfer_to_agent(agent, other); });
  step([&](CallStep& s) { s.agent_refused(other); });
  EXPECT_TRUE(told("agent_not_free"));
  EXPECT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(call.stage, Stage::waiting);
}

TEST_F(CallTest, ATransferToAQueueBeginsANewWait) {
  talks_to_browser();
  now += seconds{60};
  EXPECT_EQ(ask([&](CallStep& s) {
              return s.transfer_to_queue(agent, QueuePlace{"technical", 0, {}, "music/hold", {}});
            }),
            Refusal::none);
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, "technical");
  EXPECT_EQ(effect<AskQueue>()->place.since, now);
  step([&](CallStep& s) { s.queue_refused(); });  // full: the customer hears so in the flow
  EXPECT_EQ(call.stage, Stage::ivr);
  EXPECT_EQ(call.position.node, "full");
}

TEST_F(CallTest, ATransferToANumberJoinsTheOutsideParty) {
  talks_to_browser();
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); }), Refusal::none);
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_TRUE(command<OriginateSip>()->trunk);
  EXPECT_EQ(call.stage, Stage::transferring);
  EXPECT_TRUE(music_plays());
  step([&](CallStep& s) { s.leg_answered(call.external->leg); });
  ASSERT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(call.stage, Stage::talking);
  step([&](CallStep& s) { s.leg_ended(call.external->leg, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_TRUE(hung_up(customer));
}

TEST_F(CallTest, AnOutsideNumberThatDoesNotAnswerGoesBackToTheQueue) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); });
  step([&](CallStep& s) { s.leg_ended(call.external->leg, Cause::busy); });
  EXPECT_FALSE(call.external);
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, "billing");
}

TEST_F(CallTest, ACustomerWhoLeavesDuringATransferEndsTheOutsideLeg) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.transfer_to_number(agent, "5550122"); });
  const LegId outside = call.external->leg;
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_TRUE(hung_up(outside));
  EXPECT_EQ(call.stage, Stage::ended);
}

TEST_F(CallTest, ALostPageMayComeBackInTime) {
  talks_to_browser();
  const TimePoint connected = *call.connected_at;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  EXPECT_TRUE(told("agent_lost"));
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(next_due(call), now + limits.page_return);
  now += seconds{5};
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::none);
  EXPECT_EQ(effect<OfferTaken>(), nullptr);  // the agent has had it all the time
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_TRUE(told("reconnected"));
  EXPECT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(call.connected_at, connected);
  EXPECT_EQ(next_due(call), std::nullopt);
}

TEST_F(CallTest, APageThatDoesNotComeBackGivesTheCustomerToTheNextAgent) {
  talks_to_browser();
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  now += limits.page_return;
  step([&](CallStep& s) { s.tick(); });
  ASSERT_NE(effect<AgentDeviceLost>(), nullptr);
  EXPECT_EQ(effect<AgentDeviceLost>()->agent, agent);
  EXPECT_NE(effect<AskQueue>(), nullptr);
  EXPECT_FALSE(call.agent);
  EXPECT_EQ(call.stage, Stage::waiting);
}

TEST_F(CallTest, ACustomerMayLeaveWhileThePageIsLost) {
  talks_to_browser();
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_NE(effect<AgentFinished>(), nullptr);
}

TEST_F(CallTest, AReloadedPageReplacesItsOldLeg) {
  talks_to_browser();
  const LegId old_leg = call.agent->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::none);
  EXPECT_TRUE(hung_up(old_leg));
  EXPECT_NE(call.agent->leg, old_leg);
  step([&](CallStep& s) { s.leg_ended(old_leg, Cause::normal); });
  EXPECT_TRUE(out.empty());
}

TEST_F(CallTest, APageThatComesBackDuringAHoldStaysOnHold) {
  // Once the time after the page's return counted as talk although the customer heard music.
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.hold(agent); });
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_EQ(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(history(), (std::vector<std::string>{"reconnected", "held"}));
}

TEST_F(CallTest, AnAgentWhoseMediaNeverComesUpLosesTheCall) {
  rings_at_browser();
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  const LegId leg = call.agent->leg;
  now += limits.agent_setup;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_TRUE(hung_up(leg));
  EXPECT_NE(effect<AgentDeviceLost>(), nullptr);
  EXPECT_NE(effect<AskQueue>(), nullptr);
}

}  // namespace
}  // namespace hotline::call
