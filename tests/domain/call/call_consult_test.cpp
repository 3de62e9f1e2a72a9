// SPDX-License-Identifier: Apache-2.0
// An agent consults somebody while the customer stays on the line: every way in and out, and who goes away when.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

using std::chrono::seconds;

class ConsultTest : public CallTest {
 protected:
  const std::string number = "5550133";

  void consults_colleague() {
    talks_to_browser();
    EXPECT_EQ(ask([&](CallStep& s) { return s.consult_agent(agent, other); }), Refusal::none);
  }
  void colleague_rings(bool browser = true) {
    AgentPart part = browser ? browser_agent() : phone_agent();
    part.agent = other;
    step([&](CallStep& s) { s.ring_agent(part, Duration{20'000}); });
  }
  void colleague_answers() {
    if (call.consult->agent->browser) (void)ask([&](CallStep& s) { return s.agent_answers(other, "v=0"); });
    step([&](CallStep& s) { s.leg_answered(call.consult->agent->leg); });
  }
  void in_private(bool browser = true) {
    consults_colleague();
    colleague_rings(browser);
    colleague_answers();
  }
  void in_private_with_number() {
    talks_to_browser();
    (void)ask([&](CallStep& s) { return s.consult_number(agent, number, "1000"); });
    step([&](CallStep& s) { s.leg_answered(call.consult->external->leg); });
  }
  Refusal complete() {
    return ask([&](CallStep& s) { return s.complete_transfer(agent); });
  }
  Refusal conference() {
    return ask([&](CallStep& s) { return s.make_conference(agent); });
  }
  Refusal swap() {
    return ask([&](CallStep& s) { return s.swap(agent); });
  }
  Refusal end() {
    return ask([&](CallStep& s) { return s.end_consultation(agent); });
  }
  [[nodiscard]] bool plays_to(LegId leg, const std::string& prompt) const {
    return std::any_of(out.begin(), out.end(), [&](const Effect& e) {
      const auto* voice = std::get_if<VoiceCommand>(&e);
      const auto* play = voice != nullptr ? std::get_if<PlayTo>(voice) : nullptr;
      return play != nullptr && play->leg == leg && play->prompts == std::vector<std::string>{prompt};
    });
  }
  [[nodiscard]] bool bridges(LegId a, LegId b) const {
    const auto* bridge = command<BridgeLegs>();
    return bridge != nullptr && ((bridge->a == a && bridge->b == b) || (bridge->a == b && bridge->b == a));
  }
};

TEST_F(ConsultTest, TheCustomerHearsMusicAndTheAgentRinging) {
  consults_colleague();
  EXPECT_TRUE(music_plays());
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_TRUE(plays_to(call.agent->leg, "tone/ringback"));
  ASSERT_NE(effect<AskAgent>(), nullptr);
  EXPECT_EQ(effect<AskAgent>()->agent, other);
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(ConsultTest, WhoAsksAndWhyIsKeptOverAHandOverAndTakenBackWhenItComesToNothing) {
  talks_to_browser();
  const auto asks = [&](const std::string& why) {
    return ask([&](CallStep& s) { return s.consult_agent(agent, other, {}, why); });
  };
  EXPECT_EQ(asks("first"), Refusal::none);
  ASSERT_TRUE(call.asked);
  EXPECT_EQ(call.asked->by, agent);
  EXPECT_EQ(call.asked->why, "first");
  EXPECT_EQ(end(), Refusal::none);
  EXPECT_FALSE(call.asked);
  EXPECT_EQ(asks("second"), Refusal::none);
  colleague_rings();
  colleague_answers();
  EXPECT_EQ(complete(), Refusal::none);
  EXPECT_EQ(call.asked->why, "second");
  EXPECT_EQ(ask([&](CallStep& s) { return s.consult_agent(other, agent, {}, "third"); }), Refusal::none);
  EXPECT_EQ(call.asked->why, "third");
  EXPECT_EQ(ask([&](CallStep& s) { return s.end_consultation(other); }), Refusal::none);
  EXPECT_EQ(call.asked->why, "second") << "the one before is shown again";
}

TEST_F(ConsultTest, TheTwoTalkInPrivate) {
  in_private();
  EXPECT_TRUE(bridges(call.agent->leg, call.consult->agent->leg));
  EXPECT_TRUE(told("consult_connected"));
  EXPECT_TRUE(call.on_hold);
}

TEST_F(ConsultTest, CompletingJoinsTheCustomerToTheColleagueAndFreesTheAgent) {
  in_private();
  const LegId former = call.agent->leg;
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(complete(), Refusal::none);
  EXPECT_TRUE(bridges(customer, expert));
  EXPECT_TRUE(hung_up(former));
  ASSERT_NE(effect<AgentFinished>(), nullptr);
  EXPECT_EQ(effect<AgentFinished>()->agent, agent);
  EXPECT_TRUE(effect<AgentFinished>()->wrap_up);
  EXPECT_EQ(call.agent->agent, other);
  EXPECT_FALSE(call.consult);
  EXPECT_EQ(history(), (std::vector<std::string>{"transfer", "agent_left", "connected"}));
  step([&](CallStep& s) { s.leg_ended(former, Cause::normal); });
  EXPECT_TRUE(out.empty()) << "the former agent's leg is nobody's any more";
}

TEST_F(ConsultTest, CompletingToAnOutsideNumberLeavesTheCustomerWithIt) {
  in_private_with_number();
  EXPECT_EQ(complete(), Refusal::none);
  EXPECT_TRUE(bridges(customer, call.external->leg));
  EXPECT_FALSE(call.agent);
  step([&](CallStep& s) { s.leg_ended(call.external->leg, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
}

TEST_F(ConsultTest, CompletingWhileItStillRingsLetsTheCustomerWaitForIt) {
  consults_colleague();
  colleague_rings(false);
  EXPECT_EQ(complete(), Refusal::none);
  EXPECT_EQ(call.stage, Stage::waiting);
  EXPECT_EQ(command<PlayTo>(), nullptr) << "the music goes on without a gap";
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_TRUE(bridges(customer, call.agent->leg));
}

TEST_F(ConsultTest, CompletingToColleaguesWhoDoNotAnswerBringsTheCustomerBackToTheirPlace) {
  consults_colleague();
  colleague_rings();
  (void)complete();
  step([&](CallStep& s) { s.stop_ringing(other, "timeout"); });
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_FALSE(effect<AskQueue>()->consulting);
  EXPECT_GE(effect<AskQueue>()->place.priority, 100);
}

TEST_F(ConsultTest, CompletingIntoAnExpertQueuePutsTheCustomerThere) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_queue(agent, QueuePlace{"experts", 50, {}, "music/hold", {}}); });
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_TRUE(effect<AskQueue>()->consulting);
  step([&](CallStep& s) { s.queue_accepted(); });
  EXPECT_TRUE(call.consult->queued);
  EXPECT_FALSE(call.queued);
  (void)complete();
  EXPECT_TRUE(call.queued);
  EXPECT_EQ(call.place->queue, "experts");
  EXPECT_EQ(call.stage, Stage::waiting);
}

TEST_F(ConsultTest, AnOutsideNumberStillRingingIsRungOnForTheCustomer) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_number(agent, number, "1000"); });
  EXPECT_EQ(command<OriginateSip>()->from_user, "1000");
  const LegId outside = call.consult->external->leg;
  (void)complete();
  EXPECT_EQ(call.stage, Stage::transferring);
  step([&](CallStep& s) { s.leg_answered(outside); });
  EXPECT_TRUE(bridges(customer, outside));
}

TEST_F(ConsultTest, EarlyMediaOfTheOutsideNumberIsHeardByTheAgentAlone) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_number(agent, number, "1000"); });
  const LegId outside = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ringing(outside, true); });
  EXPECT_TRUE(bridges(call.agent->leg, outside));
  (void)complete();
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>(), nullptr);
}

TEST_F(ConsultTest, AConferenceMixesAllThree) {
  in_private();
  EXPECT_EQ(conference(), Refusal::none);
  ASSERT_NE(command<MixLegs>(), nullptr);
  EXPECT_EQ(command<MixLegs>()->members, (std::vector<LegId>{customer, call.agent->leg, call.consult->agent->leg}));
  EXPECT_NE(command<UnbridgeLeg>(), nullptr);
  EXPECT_TRUE(told("resumed"));
  EXPECT_EQ(conference(), Refusal::none);
  EXPECT_TRUE(out.empty());
}

TEST_F(ConsultTest, TheConsultedLeaveAConferenceAndTheOthersTalkOn) {
  in_private();
  (void)conference();
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(other); }), Refusal::none);
  EXPECT_NE(command<UnmixLegs>(), nullptr);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  EXPECT_TRUE(hung_up(expert));
  EXPECT_FALSE(effect<AgentFinished>()->wrap_up) << "was only consulted";
  EXPECT_FALSE(call.on_hold);
}

TEST_F(ConsultTest, AnOutsidePartyThatHangsUpLeavesAConferenceOfTwo) {
  // Once the mix stayed, with customer and agent in it, while the call took them for bridged.
  in_private_with_number();
  (void)conference();
  const LegId outside = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ended(outside, Cause::normal); });
  EXPECT_NE(command<UnmixLegs>(), nullptr);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  EXPECT_FALSE(hung_up(outside)) << "it has hung up itself";
}

TEST_F(ConsultTest, TheAgentLeavesAConferenceAndTheCustomerTalksOnWithTheConsulted) {
  in_private();
  (void)conference();
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_TRUE(bridges(customer, expert));
  EXPECT_EQ(call.agent->agent, other);
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(ConsultTest, SwappingGoesToTheCustomerAndBack) {
  in_private();
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(swap(), Refusal::none);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  EXPECT_TRUE(plays_to(expert, "music/hold"));
  EXPECT_FALSE(call.on_hold);
  EXPECT_EQ(swap(), Refusal::none);
  EXPECT_TRUE(bridges(call.agent->leg, expert));
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(history(), (std::vector<std::string>{"held", "consult_resumed"}));
}

TEST_F(ConsultTest, EndingItBringsTheAgentBackToTheCustomer) {
  in_private();
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(end(), Refusal::none);
  EXPECT_TRUE(hung_up(expert));
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  EXPECT_EQ(history(), (std::vector<std::string>{"consult_ended", "resumed"}));
  EXPECT_TRUE(call.consult_end.empty());
}

TEST_F(ConsultTest, EndingItWhileItRingsWithdrawsTheOffer) {
  consults_colleague();
  colleague_rings();
  EXPECT_EQ(end(), Refusal::none);
  EXPECT_NE(effect<LeaveQueue>(), nullptr);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  step([&](CallStep& s) { s.stop_ringing(other, "withdrawn"); });
  EXPECT_TRUE(out.empty());
}

TEST_F(ConsultTest, NobodyAnsweringLeavesTheCustomerOnHoldAndSaysWhy) {
  consults_colleague();
  colleague_rings(false);
  const LegId phone = call.consult->agent->leg;
  step([&](CallStep& s) { s.stop_ringing(other, "timeout"); });
  EXPECT_TRUE(hung_up(phone));
  EXPECT_FALSE(call.consult);
  EXPECT_TRUE(call.on_hold);
  EXPECT_EQ(call.consult_end, "timeout");
  EXPECT_NE(command<StopPlay>(), nullptr) << "the ringing tone stops";
  EXPECT_EQ(ask([&](CallStep& s) { return s.resume(agent); }), Refusal::none);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
  EXPECT_TRUE(call.consult_end.empty());
}

TEST_F(ConsultTest, InAQueueTheNextExpertIsRung) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_queue(agent, QueuePlace{"experts", 50, {}, "music/hold", {}}); });
  step([&](CallStep& s) { s.queue_accepted(); });
  colleague_rings();
  step([&](CallStep& s) { s.stop_ringing(other, "timeout"); });
  EXPECT_TRUE(call.consult);
  colleague_rings();
  colleague_answers();
  EXPECT_TRUE(bridges(call.agent->leg, call.consult->agent->leg));
  EXPECT_FALSE(call.consult->queued);
}

TEST_F(ConsultTest, AFullQueueABusyNumberAndAColleagueNotFreeSaySo) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_queue(agent, QueuePlace{"experts", 50, {}, "music/hold", {}}); });
  step([&](CallStep& s) { s.queue_refused(); });
  EXPECT_EQ(call.consult_end, "queue_full");
  EXPECT_EQ(call.stage, Stage::talking);
  (void)ask([&](CallStep& s) { return s.consult_number(agent, number, "1000"); });
  step([&](CallStep& s) { s.leg_ended(call.consult->external->leg, Cause::busy); });
  EXPECT_EQ(call.consult_end, "busy");
  (void)ask([&](CallStep& s) { return s.consult_agent(agent, other); });
  step([&](CallStep& s) { s.agent_refused(other); });
  EXPECT_EQ(call.consult_end, "not_free");
  EXPECT_TRUE(call.on_hold);
  EXPECT_EQ(effect<AskQueue>(), nullptr) << "the customer is still with the agent";
}

TEST_F(ConsultTest, TheConsultedHangUpInPrivateAndTheCustomerStaysOnHold) {
  in_private(false);
  step([&](CallStep& s) { s.leg_ended(call.consult->agent->leg, Cause::normal); });
  EXPECT_EQ(call.consult_end, "left");
  EXPECT_TRUE(call.on_hold);
  EXPECT_EQ(effect<AgentFinished>()->agent, other);
}

TEST_F(ConsultTest, ThePhoneIsPutDownAndTheCustomerIsHandedOver) {
  talks_to_phone();
  (void)ask([&](CallStep& s) { return s.consult_agent(agent, other); });
  colleague_rings();
  colleague_answers();
  const LegId expert = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::normal); });
  EXPECT_TRUE(bridges(customer, expert));
  EXPECT_EQ(effect<AgentFinished>()->agent, agent);
}

TEST_F(ConsultTest, HangingUpOnTheCustomerEndsTheCallForAll) {
  in_private();
  (void)swap();
  const LegId expert = call.consult->agent->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_TRUE(hung_up(expert));
  EXPECT_TRUE(hung_up(customer));
}

TEST_F(ConsultTest, TheCustomerLeavingEndsItForAll) {
  in_private();
  const LegId expert = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_TRUE(hung_up(expert));
  EXPECT_FALSE(call.consult);
}

TEST_F(ConsultTest, AReloadedPageFindsTheConsultationAsItWas) {
  in_private();
  const LegId expert = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  EXPECT_TRUE(plays_to(expert, "music/hold"));
  EXPECT_EQ(next_due(call), now + limits.page_return);
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_TRUE(bridges(call.agent->leg, expert));
  EXPECT_EQ(history(), (std::vector<std::string>{"reconnected", "held", "consult_resumed"}));
}

TEST_F(ConsultTest, APageThatDoesNotComeBackLeavesTheCustomerToTheColleague) {
  in_private();
  const LegId expert = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  now += limits.page_return;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_TRUE(bridges(customer, expert));
  EXPECT_EQ(effect<AgentDeviceLost>()->agent, agent);
  EXPECT_EQ(effect<AgentFinished>(), nullptr);
}

TEST_F(ConsultTest, APageThatDoesNotComeBackIsNoReasonToLeaveTheCustomerToAnOutsideNumber) {
  in_private_with_number();
  const LegId outside = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  now += limits.page_return;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_TRUE(hung_up(outside));
  EXPECT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(call.stage, Stage::waiting);
}

TEST_F(ConsultTest, TheColleaguesPageIsLostAndComesBackOrNot) {
  in_private();
  step([&](CallStep& s) { s.leg_ended(call.consult->agent->leg, Cause::media_timeout); });
  EXPECT_TRUE(plays_to(call.agent->leg, "music/hold"));
  EXPECT_EQ(next_due(call), now + limits.page_return);
  (void)ask([&](CallStep& s) { return s.agent_answers(other, "v=0"); });
  step([&](CallStep& s) { s.leg_answered(call.consult->agent->leg); });
  EXPECT_TRUE(bridges(call.agent->leg, call.consult->agent->leg));
  step([&](CallStep& s) { s.leg_ended(call.consult->agent->leg, Cause::media_timeout); });
  now += limits.page_return;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_EQ(effect<AgentDeviceLost>()->agent, other);
  EXPECT_EQ(call.consult_end, "device_lost");
  EXPECT_TRUE(call.on_hold);
}

TEST_F(ConsultTest, AConferenceGoesOnWhileAPageIsAway) {
  in_private();
  (void)conference();
  const LegId expert = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  EXPECT_NE(command<UnmixLegs>(), nullptr);
  EXPECT_TRUE(bridges(customer, expert));
  (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  ASSERT_NE(command<MixLegs>(), nullptr);
  EXPECT_EQ(command<MixLegs>()->members.size(), 3U);
}

TEST_F(ConsultTest, OthersAndWrongMomentsAreRefused) {
  talks_to_browser();
  EXPECT_EQ(complete(), Refusal::no_consultation);
  EXPECT_EQ(swap(), Refusal::no_consultation);
  EXPECT_EQ(ask([&](CallStep& s) { return s.consult_agent(other, agent); }), Refusal::not_your_call);
  (void)ask([&](CallStep& s) { return s.consult_agent(agent, other); });
  colleague_rings();
  EXPECT_EQ(conference(), Refusal::wrong_stage);
  EXPECT_EQ(swap(), Refusal::wrong_stage);
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::wrong_stage);
  EXPECT_EQ(ask([&](CallStep& s) { return s.transfer_to_number(agent, number); }), Refusal::wrong_stage);
  EXPECT_EQ(ask([&](CallStep& s) { return s.consult_number(agent, number, ""); }), Refusal::wrong_stage);
  colleague_answers();
  EXPECT_EQ(ask([&](CallStep& s) { return s.complete_transfer(other); }), Refusal::not_your_call);
}

TEST_F(ConsultTest, DigitsGoToWhomTheAgentTalksTo) {
  in_private_with_number();
  (void)ask([&](CallStep& s) { return s.send_digits(agent, "12"); });
  EXPECT_EQ(command<SendDigits>()->leg, call.consult->external->leg);
  (void)swap();
  (void)ask([&](CallStep& s) { return s.send_digits(agent, "12"); });
  EXPECT_EQ(command<SendDigits>()->leg, customer);
}

TEST_F(ConsultTest, WhoIsAloneAfterTheOtherLeftHearsNothingOfTheirWaiting) {
  // The other may have gone before the node could join them: then the ringing tone went on for ever.
  in_private_with_number();
  step([&](CallStep& s) { s.leg_ended(call.consult->external->leg, Cause::normal); });
  ASSERT_TRUE(call.on_hold);
  ASSERT_NE(command<StopPlay>(), nullptr);
  EXPECT_EQ(command<StopPlay>()->leg, call.agent->leg);
}

TEST_F(ConsultTest, ResyncLeavesAloneWhatIsAsItShouldBe) {
  const auto unchanged = [&](const char* where) {
    const Call before = call;
    resync(as_it_should_be());
    EXPECT_TRUE(out.empty()) << where;
    EXPECT_EQ(call, before) << where;
  };
  consults_colleague();
  unchanged("asked");
  colleague_rings(false);
  unchanged("ringing");
  colleague_answers();
  unchanged("private");
  (void)swap();
  unchanged("parked");
  (void)conference();
  unchanged("conference");
  (void)complete();
  unchanged("completed");
}

TEST_F(ConsultTest, ResyncRepeatsAConferenceThatWasNeverHeard) {
  in_private();
  const auto before = as_it_should_be();
  (void)conference();
  resync(before);
  EXPECT_NE(command<MixLegs>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>(), nullptr);
}

TEST_F(ConsultTest, ResyncUndoesAConferenceThatIsOver) {
  in_private();
  (void)conference();
  auto before = as_it_should_be();
  (void)swap();
  resync(before);
  EXPECT_NE(command<UnmixLegs>(), nullptr);
  EXPECT_TRUE(bridges(call.agent->leg, call.consult->agent->leg));
  EXPECT_TRUE(music_plays());
}

TEST_F(ConsultTest, ResyncHangsUpWhoWasLetGo) {
  in_private();
  auto before = as_it_should_be();
  const LegId expert = call.consult->agent->leg;
  (void)end();
  resync(before);
  EXPECT_TRUE(hung_up(expert));
  EXPECT_TRUE(bridges(customer, call.agent->leg));
}

TEST_F(ConsultTest, ResyncRingsAgainWhoWasNeverRung) {
  talks_to_browser();
  (void)ask([&](CallStep& s) { return s.consult_number(agent, number, "1000"); });
  auto legs = as_it_should_be();
  legs.erase(call.consult->external->leg);
  resync(legs);
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, number);
  EXPECT_EQ(command<OriginateSip>()->from_user, "1000");
}

TEST_F(ConsultTest, ALostNodeEndsItAndFreesBothAgents) {
  in_private();
  step([&](CallStep& s) { s.node_lost(); });
  const auto freed =
      std::count_if(out.begin(), out.end(), [](const Effect& e) { return std::holds_alternative<AgentFinished>(e); });
  EXPECT_EQ(freed, 2);
}

}  // namespace
}  // namespace hotline::call
