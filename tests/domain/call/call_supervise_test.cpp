// SPDX-License-Identifier: Apache-2.0
// Goal: supervisors come into a call, change what they do there and go, and the call between customer and agent is not
// touched by it; nobody is stuck whatever ends first.
#include <gmock/gmock.h>

#include "call_fixture.hpp"

namespace hotline::call {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Supervise : public CallTest {
 protected:
  AgentPart boss(std::uint64_t id = 50, bool browser = true) const {
    AgentPart part;
    part.agent = AgentId{id};
    part.number = "8901";
    part.browser = browser;
    part.sip_contact = "sip:8901@192.0.2.7";
    return part;
  }
  Refusal supervise(SuperviseMode mode, std::uint64_t id = 50, bool browser = true) {
    return ask([&](CallStep& s) { return s.supervise(boss(id, browser), mode); });
  }
  /// The supervisor's leg is up.
  LegId comes(SuperviseMode mode, std::uint64_t id = 50) {
    EXPECT_EQ(supervise(mode, id), Refusal::none);
    EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(AgentId{id}, "v=0"); }), Refusal::none);
    const LegId leg = call.supervision_by(AgentId{id})->who.leg;
    step([&](CallStep& s) { s.leg_answered(leg); });
    return leg;
  }
  std::vector<LegId> mixed() const {
    const auto* mix = command<MixLegs>();
    return mix == nullptr ? std::vector<LegId>{} : mix->members;
  }
  std::vector<std::pair<LegId, LegId>> unheard() const {
    std::vector<std::pair<LegId, LegId>> out;
    if (const auto* mix = command<MixLegs>())
      for (const Unheard& one : mix->not_heard) out.emplace_back(one.listener, one.speaker);
    return out;
  }
  bool freed(std::uint64_t id, bool wrap_up = false) const {
    return std::any_of(out.begin(), out.end(), [&](const Effect& e) {
      const auto* finished = std::get_if<AgentFinished>(&e);
      return finished != nullptr && finished->agent == AgentId{id} && finished->wrap_up == wrap_up;
    });
  }
  LegId agent_leg() const { return call.agent->leg; }
};

TEST_F(Supervise, WhoHearsWhomFollowsTheTableAndChangesDuringTheAct) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::listen);
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), leg));
  EXPECT_THAT(unheard(), UnorderedElementsAre(std::pair(customer, leg), std::pair(agent_leg(), leg)));
  EXPECT_EQ(command<UnbridgeLeg>(), nullptr) << "the two are not parted on the way";

  EXPECT_EQ(supervise(SuperviseMode::whisper), Refusal::none);
  EXPECT_THAT(unheard(), ElementsAre(std::pair(customer, leg)));
  EXPECT_EQ(supervise(SuperviseMode::barge), Refusal::none);
  EXPECT_THAT(unheard(), IsEmpty());
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), leg));
  EXPECT_EQ(supervise(SuperviseMode::barge), Refusal::none);
  EXPECT_TRUE(out.empty()) << "the same again is nothing";
}

TEST_F(Supervise, TwoAtOnceDoNotHearEachOtherUnlessOneBargesIn) {
  talks_to_browser();
  const LegId first = comes(SuperviseMode::listen, 50), second = comes(SuperviseMode::whisper, 51);
  EXPECT_THAT(unheard(),
              UnorderedElementsAre(std::pair(customer, first), std::pair(agent_leg(), first), std::pair(second, first),
                                   std::pair(customer, second), std::pair(first, second)));
  EXPECT_EQ(supervise(SuperviseMode::barge, 50), Refusal::none);
  EXPECT_THAT(unheard(), UnorderedElementsAre(std::pair(customer, second), std::pair(first, second)));
}

TEST_F(Supervise, AfterTheLastHasGoneTheTwoStayInTheMixUntilAnythingElseHappens) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::barge);
  EXPECT_EQ(ask([](CallStep& s) { return s.end_supervision(AgentId{50}, "supervisor"); }), Refusal::none);
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg())) << "back to a bridge would be heard";
  EXPECT_EQ(command<BridgeLegs>(), nullptr);
  EXPECT_TRUE(hung_up(leg));
  EXPECT_TRUE(freed(50));
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::none);
  EXPECT_NE(command<UnmixLegs>(), nullptr);
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(ask([&](CallStep& s) { return s.resume(agent); }), Refusal::none);
  EXPECT_NE(command<BridgeLegs>(), nullptr);
}

TEST_F(Supervise, DuringAHoldTheSupervisorIsAloneWithTheAgent) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::whisper);
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(agent); }), Refusal::none);
  EXPECT_THAT(mixed(), ElementsAre(agent_leg(), leg));
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(ask([&](CallStep& s) { return s.resume(agent); }), Refusal::none);
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), leg));
}

TEST_F(Supervise, InAConsultationTheSupervisorIsWithTheAgent) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::listen);
  EXPECT_EQ(ask([&](CallStep& s) { return s.consult_number(agent, "5550133", "1000"); }), Refusal::none);
  EXPECT_NE(command<UnmixLegs>(), nullptr) << "it only rings: there is nothing to listen to";
  const LegId expert = call.consult->external->leg;
  step([&](CallStep& s) { s.leg_answered(expert); });
  EXPECT_THAT(mixed(), UnorderedElementsAre(agent_leg(), expert, leg));
  EXPECT_EQ(ask([&](CallStep& s) { return s.make_conference(agent); }), Refusal::none);
  EXPECT_THAT(mixed(), UnorderedElementsAre(customer, agent_leg(), expert, leg));
  EXPECT_EQ(ask([&](CallStep& s) { return s.complete_transfer(agent); }), Refusal::none);
  EXPECT_TRUE(hung_up(leg)) << "the agent has left";
  EXPECT_TRUE(freed(50));
  EXPECT_TRUE(call.supervisions.empty());
}

TEST_F(Supervise, TakingOverReplacesTheAgentWhoWritesItUp) {
  talks_to_browser();
  const LegId former = agent_leg();
  const LegId listener = comes(SuperviseMode::listen, 51);
  const LegId leg = comes(SuperviseMode::whisper, 50);
  EXPECT_EQ(supervise(SuperviseMode::take_over, 50), Refusal::none);
  EXPECT_EQ(call.agent->agent, AgentId{50});
  EXPECT_EQ(call.stage, Stage::talking);
  EXPECT_THAT(mixed(), ElementsAre(customer, leg)) << "the customer hears no break";
  EXPECT_TRUE(hung_up(former));
  EXPECT_TRUE(freed(7, true)) << "to wrap-up";
  EXPECT_TRUE(hung_up(listener)) << "who listened to the agent is out";
  EXPECT_TRUE(freed(51));
  EXPECT_FALSE(freed(50)) << "has the call";
  EXPECT_TRUE(told("taken_over"));
  EXPECT_EQ(ask([&](CallStep& s) { return s.hold(AgentId{50}); }), Refusal::none);
}

TEST_F(Supervise, TakingOverAtOnceWaitsForTheSupervisorsLeg) {
  talks_to_browser();
  EXPECT_EQ(supervise(SuperviseMode::take_over), Refusal::none);
  EXPECT_EQ(call.agent->agent, agent);
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(AgentId{50}, "v=0"); }), Refusal::none);
  step([&](CallStep& s) { s.leg_answered(call.supervisions.front().who.leg); });
  EXPECT_EQ(call.agent->agent, AgentId{50});
  EXPECT_TRUE(call.supervisions.empty());
}

TEST_F(Supervise, ItEndsWithTheCall) {
  talks_to_phone();
  const LegId leg = comes(SuperviseMode::listen);
  step([&](CallStep& s) { s.leg_ended(customer, Cause::normal); });
  EXPECT_TRUE(hung_up(leg));
  EXPECT_TRUE(freed(50));
  EXPECT_EQ(history().back(), "ended") << "nothing comes after the end";
}

TEST_F(Supervise, APageThatIsReloadedComesBackAndOneThatDoesNotIsOut) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::listen);
  step([&](CallStep& s) { s.leg_ended(leg, Cause::media_timeout); });
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg()));
  EXPECT_EQ(ask([](CallStep& s) { return s.agent_answers(AgentId{50}, "v=0"); }), Refusal::none);
  const LegId again = call.supervisions.front().who.leg;
  step([&](CallStep& s) { s.leg_answered(again); });
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), again));
  step([&](CallStep& s) { s.leg_ended(again, Cause::media_timeout); });
  now = *next_due(call);
  step([](CallStep& s) { s.tick(); });
  EXPECT_TRUE(call.supervisions.empty());
  EXPECT_TRUE(freed(50));
  EXPECT_EQ(call.stage, Stage::talking);
}

TEST_F(Supervise, APhoneIsRungAndItsHangUpEndsIt) {
  talks_to_browser();
  EXPECT_EQ(supervise(SuperviseMode::listen, 52, false), Refusal::none);
  const auto* ring = command<OriginateSip>();
  ASSERT_NE(ring, nullptr);
  EXPECT_EQ(ring->uri, "sip:8901@192.0.2.7");
  const LegId leg = ring->leg;
  EXPECT_TRUE(call.has_leg(leg));
  step([&](CallStep& s) { s.leg_answered(leg); });
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), leg));
  step([&](CallStep& s) { s.leg_ended(leg, Cause::normal); });
  EXPECT_FALSE(hung_up(leg)) << "it is over already";
  EXPECT_TRUE(freed(52));
}

TEST_F(Supervise, APhoneThatIsNotPickedUpOrRefusedByTheNodeFreesTheSupervisor) {
  for (const Cause cause : {Cause::no_answer, Cause::capacity}) {
    if (call.stage == Stage::arriving) talks_to_browser();
    EXPECT_EQ(supervise(SuperviseMode::whisper, 52, false), Refusal::none);
    const LegId leg = command<OriginateSip>()->leg;
    step([&](CallStep& s) { s.leg_ended(leg, cause); });
    EXPECT_TRUE(freed(52));
    EXPECT_TRUE(call.supervisions.empty());
  }
}

TEST_F(Supervise, WhoeverTakesPartAndMoreThanMayBeAreRefused) {
  in_queue();
  EXPECT_EQ(supervise(SuperviseMode::listen), Refusal::wrong_stage) << "nobody to listen to yet";
  step([&](CallStep& s) { s.ring_agent(browser_agent(), Duration{20'000}); });
  EXPECT_EQ(ask([&](CallStep& s) { return s.agent_answers(agent, "v=0"); }), Refusal::none);
  step([&](CallStep& s) { s.leg_answered(call.agent->leg); });
  EXPECT_EQ(supervise(SuperviseMode::listen, agent.value()), Refusal::takes_part);
  for (std::uint64_t id = 60; id < 60 + supervisors_max; ++id)
    EXPECT_EQ(supervise(SuperviseMode::listen, id), Refusal::none);
  EXPECT_EQ(supervise(SuperviseMode::listen), Refusal::too_many_supervisors);
  EXPECT_EQ(ask([](CallStep& s) { return s.end_supervision(AgentId{50}, "x"); }), Refusal::not_supervised);
}

TEST_F(Supervise, AReconnectedNodeIsToldWhoHearsWhomAgainAndALostLegIsMissed) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::whisper);
  auto legs = as_it_should_be();
  legs[leg] = {true, true, {}, {}, {}, false, mix_of(call)};
  resync(legs);
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg(), leg));
  EXPECT_THAT(unheard(), ElementsAre(std::pair(customer, leg)));
  legs.erase(leg);
  resync(legs);
  EXPECT_TRUE(call.supervisions.front().deadline.has_value()) << "the page may come back";
  EXPECT_THAT(mixed(), ElementsAre(customer, agent_leg()));
  step([](CallStep& s) { s.node_lost(); });
  EXPECT_TRUE(freed(50));
  EXPECT_TRUE(call.supervisions.empty());
}

TEST_F(Supervise, TheAgentsPageIsLostAndTheSupervisorSavesTheCall) {
  talks_to_browser();
  const LegId leg = comes(SuperviseMode::listen);
  step([&](CallStep& s) { s.leg_ended(call.agent->leg, Cause::media_timeout); });
  EXPECT_TRUE(music_plays());
  EXPECT_EQ(supervise(SuperviseMode::take_over), Refusal::none);
  const auto* bridge = command<BridgeLegs>();
  ASSERT_NE(bridge, nullptr);
  EXPECT_EQ(bridge->b, leg);
  EXPECT_TRUE(freed(7, true));
  now += seconds{60};
  step([](CallStep& s) { s.tick(); });
  EXPECT_EQ(call.agent->agent, AgentId{50}) << "the lost page's deadline is gone";
}

}  // namespace
}  // namespace hotline::call
