// SPDX-License-Identifier: Apache-2.0
// What agents do with the keys of their phones: second calls, moving between the two, transfers, calls of their own.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

using std::chrono::seconds;

class PhoneCallTest : public CallTest {
 protected:
  const LegId second{501};
  const std::string number = "5550133";

  void asks_a_number() {
    talks_to_phone();
    EXPECT_EQ(ask([&](CallStep& s) { return s.consult_number(agent, number, "1000", second); }), Refusal::none);
  }
  void asks_a_colleague() {
    talks_to_phone();
    EXPECT_EQ(ask([&](CallStep& s) { return s.consult_agent(agent, other, second); }), Refusal::none);
    AgentPart part = phone_agent();
    part.agent = other;
    step([&](CallStep& s) { s.ring_agent(part, Duration{20'000}); });
  }
  void hold(LegId leg, bool on) {
    step([&](CallStep& s) { s.phone_hold(leg, on); });
  }
  /// The way a phone does it: hold, a second call, which is answered.
  void in_private() {
    talks_to_phone();
    hold(call.agent->leg, true);
    EXPECT_EQ(ask([&](CallStep& s) { return s.consult_number(agent, number, "1000", second); }), Refusal::none);
    step([&](CallStep& s) { s.leg_answered(call.consult->external->leg); });
    step([&](CallStep& s) { s.leg_answered(second); });
  }
  [[nodiscard]] std::vector<std::pair<LegId, unsigned>> progress() const {
    std::vector<std::pair<LegId, unsigned>> all;
    for (const Effect& e : out) {
      const auto* voice = std::get_if<VoiceCommand>(&e);
      const auto* said = voice != nullptr ? std::get_if<ProgressLeg>(voice) : nullptr;
      if (said != nullptr) all.emplace_back(said->leg, said->sip_status);
    }
    return all;
  }
  using Progress = std::vector<std::pair<LegId, unsigned>>;
  [[nodiscard]] bool bridges(LegId a, LegId b) const {
    const auto* bridge = command<BridgeLegs>();
    return bridge != nullptr && ((bridge->a == a && bridge->b == b) || (bridge->a == b && bridge->b == a));
  }
  [[nodiscard]] std::optional<Cause> cause_of_end(LegId leg) const {
    for (const Effect& e : out) {
      const auto* voice = std::get_if<VoiceCommand>(&e);
      const auto* hangup = voice != nullptr ? std::get_if<HangUpLeg>(voice) : nullptr;
      if (hangup != nullptr && hangup->leg == leg) return hangup->cause;
    }
    return std::nullopt;
  }
};

TEST_F(PhoneCallTest, ASecondCallIsAConsultationAndAnsweredWhenTheConsultedAnswers) {
  asks_a_number();
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(progress(), (Progress{{second, 100}}));
  EXPECT_EQ(command<AnswerLeg>(), nullptr);
  const LegId third = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ringing(third); });
  EXPECT_EQ(progress(), (Progress{{second, 180}}));
  EXPECT_EQ(command<PlayTo>(), nullptr) << "the phone makes its own ringing";
  step([&](CallStep& s) { s.leg_answered(third); });
  ASSERT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_EQ(command<AnswerLeg>()->leg, second);
  EXPECT_TRUE(bridges(second, third));
  step([&](CallStep& s) { s.leg_answered(second); });
  EXPECT_TRUE(out.empty());
}

TEST_F(PhoneCallTest, TheNetworksOwnRingingIsLetThrough) {
  asks_a_number();
  const LegId third = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ringing(third, true); });
  EXPECT_EQ(progress(), (Progress{{second, 183}}));
  EXPECT_TRUE(bridges(second, third));
}

TEST_F(PhoneCallTest, CompletingJoinsTheCustomerAndEndsBothCallsOfThePhone) {
  in_private();
  const LegId first = call.agent->leg, third = call.consult->external->leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.complete_transfer(agent); }), Refusal::none);
  EXPECT_TRUE(bridges(customer, third));
  EXPECT_TRUE(hung_up(first));
  EXPECT_TRUE(hung_up(second));
  EXPECT_EQ(call.stage, Stage::talking);
  ASSERT_NE(effect<AgentFinished>(), nullptr);
  for (const LegId leg : {first, second}) {
    step([&](CallStep& s) { s.leg_ended(leg, Cause::normal); });
    EXPECT_TRUE(out.empty());
  }
}

TEST_F(PhoneCallTest, TheKeysOfThePhoneMoveBetweenTheTwo) {
  in_private();
  const LegId first = call.agent->leg, third = call.consult->external->leg;
  hold(second, true);
  EXPECT_EQ(call.consult->with, With::consulted) << "on the way";
  hold(first, false);
  EXPECT_EQ(history(), (std::vector<std::string>{"consult_parked", "resumed"}));
  EXPECT_TRUE(bridges(customer, first));
  hold(first, true);
  EXPECT_TRUE(call.on_hold) << "the customer hears music, nobody listens to them";
  EXPECT_TRUE(music_plays());
  hold(second, false);
  EXPECT_EQ(call.consult->with, With::consulted);
  EXPECT_TRUE(bridges(second, third));
  hold(first, false);
  EXPECT_EQ(call.consult->with, With::everyone) << "a phone that holds neither joins the two";
  ASSERT_NE(command<MixLegs>(), nullptr);
  EXPECT_EQ(command<MixLegs>()->members, (std::vector<LegId>{customer, first, third}));
}

TEST_F(PhoneCallTest, WhenTheConsultedHangsUpThePhonesSecondCallEndsAndTheCustomerStaysHeld) {
  in_private();
  step([&](CallStep& s) { s.leg_ended(call.consult->external->leg, Cause::normal); });
  EXPECT_EQ(cause_of_end(second), Cause::normal);
  EXPECT_FALSE(call.consult);
  EXPECT_TRUE(call.on_hold);
  hold(call.agent->leg, false);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
}

TEST_F(PhoneCallTest, APhoneThatDoesNotHoldItsFirstCallIsBackWithTheCustomerAtOnce) {
  asks_a_number();
  step([&](CallStep& s) { s.leg_ended(call.consult->external->leg, Cause::busy); });
  EXPECT_EQ(cause_of_end(second), Cause::busy) << "the phone is told what the network said";
  EXPECT_FALSE(call.on_hold);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
}

TEST_F(PhoneCallTest, HangingUpTheSecondCallLetsTheConsultedGo) {
  asks_a_colleague();
  const LegId third = call.consult->agent->leg;
  step([&](CallStep& s) { s.leg_ended(second, Cause::cancelled); });
  EXPECT_TRUE(hung_up(third));
  EXPECT_FALSE(hung_up(second)) << "it is over already";
  EXPECT_NE(effect<LeaveQueue>(), nullptr);
  EXPECT_TRUE(bridges(customer, call.agent->leg));
}

TEST_F(PhoneCallTest, HangingUpTheFirstCallHandsTheCustomerOver) {
  in_private();
  const LegId third = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::normal); });
  EXPECT_TRUE(bridges(customer, third));
  EXPECT_TRUE(hung_up(second));
}

TEST_F(PhoneCallTest, AColleagueWhoIsNotFreeIsBusyToThePhone) {
  talks_to_phone();
  (void)ask([&](CallStep& s) { return s.consult_agent(agent, other, second); });
  step([&](CallStep& s) { s.agent_refused(other); });
  EXPECT_EQ(cause_of_end(second), Cause::busy);
}

TEST_F(PhoneCallTest, ACoreThatCameBackSaysWhatTheNodeHasNotHeard) {
  asks_a_number();
  step([&](CallStep& s) { s.leg_answered(call.consult->external->leg); });
  auto legs = as_it_should_be();
  resync(legs);
  EXPECT_TRUE(out.empty());
  legs[second].answered = false;
  resync(legs);
  ASSERT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_EQ(command<AnswerLeg>()->leg, second);
  legs.erase(second);
  resync(legs);
  EXPECT_FALSE(call.consult) << "the phone has hung up";
}

// ---- calls of their own

TEST_F(PhoneCallTest, ACallToAnOutsideNumberIsAnsweredWhenThatAnswers) {
  call.to = number;
  AgentPart part = phone_agent();
  part.leg = second;
  step([&](CallStep& s) { s.phone_dials(part); });
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, number);
  const LegId far = call.customer_leg;
  step([&](CallStep& s) { s.leg_ringing(far, true); });
  EXPECT_EQ(progress(), (Progress{{second, 183}}));
  EXPECT_TRUE(bridges(far, second)) << "the network's announcements are heard";
  step([&](CallStep& s) { s.leg_answered(far); });
  EXPECT_EQ(call.stage, Stage::talking);
  EXPECT_TRUE(bridges(far, second));
  ASSERT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_NE(command<StartRecording>(), nullptr);
}

TEST_F(PhoneCallTest, WhyTheOutsideNumberWasNotReachedIsToldToThePhone) {
  call.to = number;
  AgentPart part = phone_agent();
  part.leg = second;
  step([&](CallStep& s) { s.phone_dials(part); });
  step([&](CallStep& s) { s.leg_ended(call.customer_leg, Cause::busy); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_EQ(cause_of_end(second), Cause::busy);
}

class InternalCallTest : public PhoneCallTest {
 protected:
  void calls_colleague() {
    call.from = "8001";
    call.to = "8002";
    step([&](CallStep& s) { s.phone_calls_agent(agent, other); });
    ASSERT_NE(effect<AskAgent>(), nullptr);
    AgentPart part = phone_agent();
    part.agent = other;
    step([&](CallStep& s) { s.ring_agent(part, Duration{20'000}); });
  }
};

TEST_F(InternalCallTest, RingsAtTheColleagueAndJoinsBoth) {
  calls_colleague();
  const LegId far = call.agent->leg;
  step([&](CallStep& s) { s.leg_ringing(far); });
  EXPECT_EQ(progress(), (Progress{{customer, 180}}));
  step([&](CallStep& s) { s.leg_answered(far); });
  ASSERT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_EQ(command<BridgeLegs>(), nullptr) << "not before the caller's phone has confirmed";
  step([&](CallStep& s) { s.leg_answered(customer); });
  EXPECT_TRUE(bridges(customer, far));
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_EQ(call.stage, Stage::ended);
  std::vector<AgentId> freed;
  for (const Effect& e : out) {
    if (const auto* finished = std::get_if<AgentFinished>(&e)) {
      freed.push_back(finished->agent);
      EXPECT_FALSE(finished->wrap_up) << "no customer, nothing to write down";
    }
  }
  EXPECT_EQ(freed, (std::vector<AgentId>{other, agent}));
}

TEST_F(InternalCallTest, AColleagueWhoDoesNotAnswerEndsIt) {
  calls_colleague();
  step([&](CallStep& s) { s.stop_ringing(other, "timeout"); });
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_EQ(effect<AskQueue>(), nullptr) << "a colleague's call goes to no queue";
  EXPECT_EQ(cause_of_end(customer), Cause::no_answer);
}

TEST_F(InternalCallTest, TheCallerMayHangUpAtTheDeskAndIsFree) {
  calls_colleague();
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_TRUE(hung_up(customer));
}

TEST_F(InternalCallTest, ACoreThatCameBackAnswersTheCallerAgain) {
  calls_colleague();
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  resync(as_it_should_be());
  ASSERT_NE(command<AnswerLeg>(), nullptr);
  EXPECT_EQ(command<StartRecording>(), nullptr);
}

}  // namespace
}  // namespace hotline::call
