// SPDX-License-Identifier: Apache-2.0
// What the outside recorder is told of a call: chosen calls alone, everyone who takes part, nothing twice, and all of
// it again to a node that may not have heard it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/outside_recording.hpp"
#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

call::Call talking() {
  call::Call call;
  call.id = CallId{9};
  call.from = "5550100";
  call.to = "112";
  call.service_line = "112";
  call.trunk = "pstn";
  call.stage = call::Stage::talking;
  call.customer_leg = LegId{1};
  call.customer_answered = true;
  call.recording = RecordingId{3};
  auto& agent = call.agent.emplace();
  agent.agent = AgentId{5};
  agent.number = "8005";
  agent.leg = LegId{2};
  agent.answered = agent.taken = true;
  return call;
}

std::vector<std::string> heard(const call::Call& call) {
  std::vector<std::string> out;
  for (const auto& p : outside_recording_of(call, [](AgentId) { return "Kim"; }).participants)
    out.push_back(p.role + " " + p.number + (p.talks ? " talks" : ""));
  return out;
}

TEST(OutsideRules, ChooseByLineOrTrunk) {
  auto call = talking();
  EXPECT_FALSE(OutsideRules{}.wants(call));
  EXPECT_TRUE((OutsideRules{true, {}, {}}.wants(call)));
  EXPECT_TRUE((OutsideRules{true, {"112"}, {}}.wants(call)));
  EXPECT_FALSE((OutsideRules{true, {"114"}, {}}.wants(call)));
  EXPECT_TRUE((OutsideRules{true, {"114"}, {"pstn"}}.wants(call)));
  call.trunk.reset();
  EXPECT_FALSE((OutsideRules{true, {}, {"pstn"}}.wants(call)));
  call.recording = RecordingId{};
  EXPECT_FALSE((OutsideRules{true, {}, {}}.wants(call)))
      << "not recorded by ourselves: nothing would hold it in a pause";
}

TEST(OutsideRecording, SaysWhomTheCustomerHears) {
  auto call = talking();
  EXPECT_THAT(heard(call), ElementsAre("customer 5550100 talks", "service 112", "agent 8005 talks"));
  call.on_hold = true;
  EXPECT_THAT(heard(call), ElementsAre("customer 5550100 talks", "service 112 talks", "agent 8005"));
  call.on_hold = false;
  auto& consult = call.consult.emplace();
  consult.kind = "number";
  consult.external = call::ExternalPart{LegId{4}, "02155", true, ""};
  EXPECT_THAT(heard(call), ElementsAre("customer 5550100 talks", "service 112 talks", "agent 8005", "external 02155"));
  consult.with = call::With::everyone;
  EXPECT_THAT(heard(call),
              ElementsAre("customer 5550100 talks", "service 112", "agent 8005 talks", "external 02155 talks"));
  call.consult.reset();
  call.agent->answered = false;
  call.stage = call::Stage::waiting;
  EXPECT_THAT(heard(call), ElementsAre("customer 5550100 talks", "service 112 talks"));
}

TEST(OutsideRecording, EveryIdFitsWhoeverMadeTheLeg) {
  auto call = talking();
  call.external = call::ExternalPart{LegId{~std::uint64_t{0} >> 1U}, "02155", true, ""};
  std::set<std::uint64_t> ids;
  for (const auto& p : outside_recording_of(call, [](AgentId) { return ""; }).participants) {
    EXPECT_TRUE(ids.insert(p.id).second);
    EXPECT_LT(p.id, std::uint64_t{1} << 62U);
  }
  EXPECT_EQ(ids.size(), 4U);
}

TEST(OutsideRecording, AnOutboundCallsCustomerIsTheOneCalled) {
  auto call = talking();
  call.direction = "outbound";
  EXPECT_THAT(heard(call), ElementsAre("customer 112 talks", "service 5550100", "agent 8005 talks"));
}

class Outside : public testing::Test {
 protected:
  Outside() {
    world.config.outside.enabled = true;
    world.crash_core();
    world.start_core();
    world.connect();
    world.flush();
  }
  void TearDown() override {
    EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
    EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
  }
  /// Since the last call: who talks, of each word to the node.
  std::vector<std::string> said() {
    world.flush();
    std::vector<std::string> out;
    for (; seen_ < world.node.obeyed.size(); ++seen_) {
      const auto* outside = std::get_if<call::RecordOutside>(&world.node.obeyed[seen_]);
      if (outside == nullptr) continue;
      std::string& text = out.emplace_back();
      for (const auto& p : outside->participants) text += p.talks ? p.role + "! " : p.role + " ";
    }
    return out;
  }
  SimWorld world;
  std::size_t seen_ = 0;
};

TEST_F(Outside, FollowsTheCall) {
  const LegId customer = world.waiting_caller();
  EXPECT_THAT(said(), ElementsAre("customer! service! "));
  world.ready(1);
  world.take_call(1);
  EXPECT_THAT(said(), ElementsAre("customer! service agent! "));
  const CallId call = world.call_at(customer);
  world.request([&](Live& live, RequestId id, TimePoint t) { return live.hold(id, AgentId{1}, call, true, t); });
  EXPECT_THAT(said(), ElementsAre("customer! service! agent "));
  world.pass(seconds{5});
  EXPECT_THAT(said(), IsEmpty()) << "nothing new is nothing to say";
}

TEST_F(Outside, IsSaidAgainToANodeThatMayNotHaveHeardIt) {
  (void)world.waiting_caller();
  EXPECT_THAT(said(), ElementsAre("customer! service! "));
  world.crash_core();
  world.start_core();
  world.connect();
  EXPECT_THAT(said(), ElementsAre("customer! service! "));
}

TEST_F(Outside, WhatBecomesOfItIsInTheHistory) {
  const LegId customer = world.waiting_caller();
  const CallId call = world.call_at(customer);
  world.node.outside_changed({customer, false, "", "no recorder answers"});
  world.node.outside_changed({customer, true, "192.0.2.9", ""});
  world.flush();
  const auto history = world.history(call);
  EXPECT_THAT(history, testing::IsSupersetOf({"outside_recorder_away", "recorded_outside"}));
}

}  // namespace
}  // namespace hotline::app
