// SPDX-License-Identifier: Apache-2.0
// Calls an agent makes: own leg first, then the customer's; every way it may come to nothing.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

class OutboundTest : public CallTest {
 protected:
  void dials(bool browser = true) {
    call.from = "1000";
    call.to = "5550144";
    call.customer_leg = LegId{};
    step([&](CallStep& s) { s.dial(browser ? browser_agent() : phone_agent()); });
  }
  void own_leg_up() {
    if (call.agent->browser) (void)ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); });
    step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  }
  void connected() {
    dials();
    own_leg_up();
    step([&](CallStep& s) { s.leg_answered(call.customer_leg); });
  }
};

TEST_F(OutboundTest, TheCustomerIsRungOnlyWhenTheAgentsLegIsUp) {
  dials();
  EXPECT_EQ(command<OriginateSip>(), nullptr);
  EXPECT_EQ(next_due(call), now + limits.agent_setup);
  own_leg_up();
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, "5550144");
  EXPECT_EQ(command<OriginateSip>()->from_user, "1000");
  EXPECT_TRUE(command<OriginateSip>()->trunk);
  ASSERT_NE(command<PlayTo>(), nullptr);
  EXPECT_EQ(command<PlayTo>()->prompts, std::vector<std::string>{"tone/ringback"});
  EXPECT_EQ(next_due(call), std::nullopt);
}

TEST_F(OutboundTest, AnAgentsPhoneRingsWithTheNumberThatWillBeCalled) {
  dials(false);
  ASSERT_NE(command<OriginateSip>(), nullptr);
  EXPECT_EQ(command<OriginateSip>()->uri, "sip:8001@192.0.2.9");
  EXPECT_EQ(command<OriginateSip>()->from_user, "5550144");
  own_leg_up();
  EXPECT_EQ(command<OriginateSip>()->uri, "5550144");
}

TEST_F(OutboundTest, TheNetworksOwnRingingIsLetThrough) {
  dials();
  own_leg_up();
  step([&](CallStep& s) { s.leg_ringing(call.customer_leg, true); });
  ASSERT_NE(command<BridgeLegs>(), nullptr);
  step([&](CallStep& s) { s.leg_answered(call.customer_leg); });
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(OutboundTest, AnAnswerIsRecordedAndTalkedAndHeldLikeEveryCall) {
  connected();
  EXPECT_NE(command<StartRecording>(), nullptr);
  EXPECT_NE(command<BridgeLegs>(), nullptr);
  EXPECT_EQ(history(), (std::vector<std::string>{"answered", "connected"}));
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::none);
  EXPECT_TRUE(command<PlayTo>() != nullptr && command<PlayTo>()->leg == call.customer_leg);
  EXPECT_EQ(ask([&](CallStep& s) { return s.consult_agent(agent, other); }), Refusal::none);
}

TEST_F(OutboundTest, WhyItWasNotReachedIsTheCause) {
  for (const Cause cause : {Cause::busy, Cause::no_answer, Cause::rejected, Cause::unreachable}) {
    call = Call{};
    dials();
    own_leg_up();
    const LegId own = call.agent->leg;
    step([&](CallStep& s) { s.leg_ended(call.customer_leg, cause); });
    EXPECT_EQ(call.stage, Stage::ended);
    EXPECT_EQ(call.end_cause, to_string(cause));
    EXPECT_TRUE(told("not_reached"));
    EXPECT_TRUE(hung_up(own));
    EXPECT_TRUE(effect<AgentFinished>()->wrap_up);
  }
}

TEST_F(OutboundTest, TheAgentThinksBetterOfIt) {
  dials();
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_EQ(call.stage, Stage::ended);
  EXPECT_FALSE(effect<AgentFinished>()->wrap_up) << "nobody was called";
  call = Call{};
  dials();
  own_leg_up();
  const LegId theirs = call.customer_leg;
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_hangs_up(agent); }), Refusal::none);
  EXPECT_TRUE(hung_up(theirs));
  EXPECT_EQ(call.end_cause, "cancelled");
}

TEST_F(OutboundTest, ADeviceThatDoesNotComeUpMakesTheAgentUnavailable) {
  dials();
  now += limits.agent_setup;
  step([&](CallStep& s) { s.tick(); });
  EXPECT_NE(effect<AgentDeviceLost>(), nullptr);
  EXPECT_EQ(call.stage, Stage::ended);
  call = Call{};
  dials(false);
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::no_answer); });
  EXPECT_NE(effect<AgentDeviceLost>(), nullptr);
}

TEST_F(OutboundTest, APageLostWhileItRingsStopsTheRinging) {
  dials();
  own_leg_up();
  const LegId theirs = call.customer_leg;
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  EXPECT_TRUE(hung_up(theirs)) << "a customer who answered would hear nobody";
  EXPECT_EQ(call.stage, Stage::ended);
}

TEST_F(OutboundTest, ACustomerWhoseAgentsPageIsGoneForGoodIsNotLost) {
  connected();
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  now += limits.page_return;
  step([&](CallStep& s) { s.tick(); });
  ASSERT_NE(effect<AskQueue>(), nullptr);
  EXPECT_EQ(effect<AskQueue>()->place.queue, limits.default_queue);
}

TEST_F(OutboundTest, ResyncGoesOnWhereItWas) {
  const auto unchanged = [&] {
    const Call before = call;
    resync(as_it_should_be());
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(call, before);
  };
  dials(false);
  unchanged();
  own_leg_up();
  unchanged();
  auto legs = as_it_should_be();
  legs.erase(call.customer_leg);
  resync(legs);
  ASSERT_NE(command<OriginateSip>(), nullptr) << "the node never heard of the customer's leg";
  EXPECT_EQ(command<OriginateSip>()->leg, call.customer_leg);
  step([&](CallStep& s) { s.leg_answered(call.customer_leg); });
  unchanged();
}

TEST_F(OutboundTest, ResyncEndsACallWhoseAgentIsGone) {
  dials(false);
  own_leg_up();
  auto legs = as_it_should_be();
  legs.erase(call.agent->leg);
  resync(legs);
  EXPECT_EQ(call.stage, Stage::ended);
}

}  // namespace
}  // namespace hotline::call
