// SPDX-License-Identifier: Apache-2.0
// Goal: supervisors in live calls through the whole operation: ACD, records, views, restarts, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;

/// Agents 2 (browser) and 5 (phone) supervise.
class SuperviseLive : public testing::Test {
 protected:
  template <class Act>
  std::string ask(Act&& act) {
    world.flush();
    const std::size_t before = world.replies.size();
    world.request(std::forward<Act>(act));
    world.flush();
    if (world.replies.size() != before + 1) return "not one reply";
    return world.replies.back().refused ? world.replies.back().refused->code : "done";
  }
  std::string supervise(std::uint64_t by, const std::string& mode) {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.supervise(id, {AgentId{by}, call, mode}, t); });
  }
  std::string end(std::uint64_t whose) {
    return ask(
        [&](Live& live, RequestId id, TimePoint t) { return live.end_supervision(id, AgentId{whose}, call, t); });
  }
  std::string pull(std::uint64_t by, CallId which) {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.pull_call(id, AgentId{by}, which, t); });
  }
  void talk() {
    customer = world.waiting_caller();
    world.ready(1);
    world.take_call(1);
    call = world.call_of(1).value_or(CallId{});
    ASSERT_EQ(world.state(1), "busy");
  }
  /// Its leg is up.
  void comes(std::uint64_t by, const std::string& mode) {
    ASSERT_EQ(supervise(by, mode), "done") << world.replies.back().refused->message;
    const Agent* agent = world.live->staff(AgentId{by});
    if (agent->device != "sip") {
      ASSERT_EQ(ask([&](Live& live, RequestId id, TimePoint t) {
                  return live.agent_answers(id, AgentId{by}, call, "v=0", t);
                }),
                "done");
    }
    const auto entry = world.entries().at(call).call;
    if (const auto* supervision = entry.supervision_by(AgentId{by})) world.node.answered(supervision->who.leg);
    world.flush();
  }
  std::optional<FloorCallView> on_floor() {
    for (const FloorCallView& item : world.live->floor(10))
      if (item.call.id == call) return item;
    return std::nullopt;
  }
  void TearDown() override {
    EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
    EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
  }

  SimWorld world;
  LegId customer;
  CallId call;
};

TEST_F(SuperviseLive, ASignedOutSupervisorListensAndIsSignedOutAgainAfterwards) {
  talk();
  comes(2, "listen");
  EXPECT_EQ(world.state(2), "busy");
  const auto mine = world.live->call_of_agent(AgentId{2});
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->role, "supervisor");
  EXPECT_EQ(mine->state, "supervising");
  ASSERT_TRUE(mine->supervision);
  EXPECT_EQ(mine->supervision->mode, "listen");
  EXPECT_FALSE(world.live->call_of_agent(AgentId{1})->supervision) << "the agent is not told";
  const auto item = on_floor();
  ASSERT_TRUE(item);
  ASSERT_EQ(item->supervisors.size(), 1U);
  EXPECT_EQ(item->supervisors[0].state, "connected");
  EXPECT_EQ(end(2), "done");
  EXPECT_EQ(world.state(2), "signed_out");
  EXPECT_EQ(world.state(1), "busy");
  EXPECT_THAT(world.history(call), Contains("supervision_ended"));
  const auto audit = world.store.audit("supervise.ended", 10);
  ASSERT_EQ(audit.size(), 1U);
  EXPECT_EQ(audit[0].actor, AgentId{2});
  EXPECT_EQ(audit[0].object, call.to_string());
}

TEST_F(SuperviseLive, AReadyOneIsOfferedNoCallMeanwhileAndOnesAfterwards) {
  talk();
  world.ready(2);
  comes(2, "whisper");
  const LegId second = world.waiting_caller("5550101");
  EXPECT_EQ(world.state(2), "busy");
  EXPECT_EQ(end(2), "done");
  EXPECT_EQ(world.state(2), "offered");
  (void)second;
}

TEST_F(SuperviseLive, TakingOverMovesTheContactToTheSupervisorAndTheAgentToWrapUp) {
  talk();
  comes(2, "listen");
  world.pass(seconds{10});
  EXPECT_EQ(supervise(2, "take_over"), "done");
  EXPECT_EQ(world.state(1), "wrap_up");
  EXPECT_EQ(world.state(2), "busy");
  EXPECT_EQ(world.live->call_of_agent(AgentId{2})->role, "agent");
  EXPECT_EQ(world.live->call_of_agent(AgentId{2})->state, "talking");
  EXPECT_EQ(world.store.contact(ContactId{call.value()})->agent, AgentId{2});
  world.pass(seconds{5});
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  const auto contact = world.store.contact(ContactId{call.value()});
  EXPECT_EQ(contact->outcome, "answered");
  EXPECT_EQ(contact->talk, Duration{15'000}) << "one talk, whoever had it";
  EXPECT_EQ(world.state(2), "wrap_up");
}

TEST_F(SuperviseLive, APhoneOfASupervisorIsRungAndTwoListenAtOnce) {
  talk();
  comes(5, "listen");
  comes(2, "barge");
  ASSERT_EQ(on_floor()->supervisors.size(), 2U);
  world.node.ended(world.entries().at(call).call.supervision_by(AgentId{5})->who.leg, call::Cause::normal);
  world.flush();
  EXPECT_EQ(world.state(5), "signed_out");
  EXPECT_EQ(on_floor()->supervisors.size(), 1U);
}

TEST_F(SuperviseLive, ItSurvivesTheCoreAndEndsWithTheNode) {
  talk();
  comes(2, "whisper");
  world.crash_core();
  world.start_core();
  world.connect();
  world.flush();
  EXPECT_EQ(world.state(2), "busy");
  ASSERT_EQ(on_floor()->supervisors.size(), 1U);
  EXPECT_EQ(on_floor()->supervisors[0].mode, "whisper");
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty());
  world.crash_node(true);
  world.flush();
  EXPECT_EQ(world.state(2), "signed_out") << "nobody hangs in a call that is gone";
  EXPECT_EQ(world.store.contact(ContactId{call.value()})->end_cause, "node_lost");
  world.connect();
}

TEST_F(SuperviseLive, RefusalsSayWhy) {
  talk();
  world.ready(3);
  const LegId other = world.waiting_caller("5550101");
  world.take_call(3);
  EXPECT_EQ(supervise(3, "listen"), "own_call_first");
  EXPECT_EQ(supervise(1, "listen"), "takes_part");
  EXPECT_EQ(supervise(2, "shout"), "bad_value");
  EXPECT_EQ(end(2), "not_found");
  EXPECT_EQ(pull(2, call), "not_found");
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  EXPECT_EQ(supervise(2, "listen"), "not_found");
  EXPECT_EQ(world.state(2), "signed_out");
  (void)other;
}

TEST_F(SuperviseLive, AWaitingCallIsPulledByASupervisorWhoIsSignedOut) {
  customer = world.waiting_caller();
  const LegId behind = world.waiting_caller("5550101");
  call = world.call_at(behind);
  ASSERT_TRUE(on_floor()->may_pull);
  EXPECT_EQ(on_floor()->position, 2U);
  EXPECT_EQ(pull(2, call), "done");
  EXPECT_EQ(world.state(2), "offered");
  EXPECT_FALSE(on_floor()->may_pull);
  EXPECT_EQ(pull(3, call), "rings_elsewhere");
  world.take_call(2);
  EXPECT_EQ(world.live->call_of_agent(AgentId{2})->state, "talking");
  world.node.ended(behind, call::Cause::normal);
  world.flush();
  EXPECT_EQ(world.state(2), "wrap_up");
  world.pass(seconds{90});
  EXPECT_EQ(world.state(2), "signed_out") << "as before";
}

TEST_F(SuperviseLive, APulledCallThatIsNotTakenWaitsOn) {
  customer = world.waiting_caller();
  call = world.call_at(customer);
  EXPECT_EQ(pull(2, call), "done");
  world.pass(seconds{25});
  EXPECT_EQ(world.state(2), "signed_out");
  EXPECT_TRUE(on_floor()->may_pull);
}

}  // namespace
}  // namespace hotline::app
