// SPDX-License-Identifier: Apache-2.0
// What desks and web callers ask: what they get, what they are refused, and what they see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;

class Desk : public testing::Test {
 protected:
  /// The code of the refusal, or "done".
  template <class Act>
  std::string ask(Act&& act) {
    const std::size_t before = world.replies.size();
    world.request(std::forward<Act>(act));
    world.flush();
    if (world.replies.size() != before + 1) return "not one reply";
    return world.replies.back().refused ? world.replies.back().refused->code : "done";
  }
  std::string set(std::uint64_t agent, const SetState& wanted) {
    SetState command = wanted;
    command.agent = AgentId{agent};
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.set_agent_state(id, command, t); });
  }
  std::string transfer(const TransferTo& to) {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.transfer(id, AgentId{1}, call, to, t); });
  }
  void talk() {
    customer = world.waiting_caller();
    world.ready(1);
    world.take_call(1);
    call = world.call_of(1).value_or(CallId{});
    ASSERT_EQ(world.state(1), "busy");
  }

  SimWorld world;
  LegId customer;
  CallId call;
};

TEST_F(Desk, StatesAreCheckedBeforeAnythingChanges) {
  EXPECT_EQ(set(99, {{}, "ready", "", "", ""}), "not_found");
  EXPECT_EQ(set(1, {{}, "busy", "", "", ""}), "bad_value");
  EXPECT_EQ(set(1, {{}, "paused", "a whim", "", ""}), "bad_value");
  EXPECT_EQ(set(1, {{}, "ready", "", "sip", ""}), "bad_value") << "a phone without a contact";
  EXPECT_EQ(set(1, {{}, "ready", "", "sip", "sip:8001@host\r\nVia: x"}), "bad_value");
  EXPECT_EQ(world.state(1), "signed_out");
  EXPECT_EQ(set(1, {{}, "paused", "lunch", "", ""}), "done");
  EXPECT_EQ(world.state(1), "paused");
}

TEST_F(Desk, APhoneGivenAtSignInIsRungAndKept) {
  EXPECT_EQ(set(1, {{}, "ready", "", "sip", "sip:8001@192.0.2.77:5060"}), "done");
  world.waiting_caller();
  const auto& legs = world.node.legs;
  EXPECT_TRUE(
      std::any_of(legs.begin(), legs.end(), [](const auto& l) { return l.second.uri == "sip:8001@192.0.2.77:5060"; }));
  EXPECT_EQ(world.store.agent(AgentId{1})->sip_contact, "sip:8001@192.0.2.77:5060");
}

TEST_F(Desk, TransfersAreCheckedBeforeTheTalkIsTouched) {
  talk();
  EXPECT_EQ(transfer({"queue", "nowhere"}), "bad_value");
  EXPECT_EQ(transfer({"number", "55x50"}), "bad_value");
  EXPECT_EQ(transfer({"number", std::string(33, '5')}), "bad_value");
  EXPECT_EQ(transfer({"agent", "99"}), "bad_value");
  EXPECT_EQ(transfer({"agent", "1"}), "bad_value");
  EXPECT_EQ(transfer({"agent", "2"}), "not_free");
  EXPECT_EQ(world.state(1), "busy");
  EXPECT_TRUE(world.node.legs.at(customer).bridged_to);
  EXPECT_EQ(transfer({"queue", "vip"}), "done");
  EXPECT_EQ(transfer({"queue", "vip"}), "forbidden");
}

TEST_F(Desk, AnOfferNobodyTakesGoesOnAndTheAgentIsUnavailable) {
  world.ready(1);
  world.ready(2);
  world.waiting_caller();
  ASSERT_EQ(world.state(1), "offered");
  world.pass(seconds{21});
  world.flush();
  EXPECT_EQ(world.state(1), "unavailable");
  EXPECT_EQ(world.state(2), "offered");
  world.take_call(2);
  EXPECT_EQ(world.state(2), "busy");
}

TEST_F(Desk, AClosedDeskIsOfferedNothing) {
  world.ready(1);
  world.flush();
  world.input([](Live& live, TimePoint t) { return live.desk_lost(AgentId{1}, t); });
  world.waiting_caller();
  EXPECT_EQ(world.state(1), "unavailable");
  world.ready(4);
  world.flush();
  world.input([](Live& live, TimePoint t) { return live.desk_lost(AgentId{4}, t); });
  EXPECT_EQ(world.state(4), "offered") << "a phone rings without a desk";
}

TEST_F(Desk, WrapUpEndsWithReasonAndNote) {
  talk();
  EXPECT_EQ(ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, AgentId{1}, call, t); }),
            "done");
  ASSERT_EQ(world.state(1), "wrap_up");
  WrapUp wrap_up{AgentId{1}, ContactId{call.value()}, "nonsense", "solved", "note", "paused", "lunch", 99};
  const auto write = [&] {
    return ask([&](Live& live, RequestId id, TimePoint t) { return live.wrap_up(id, wrap_up, t); });
  };
  EXPECT_EQ(write(), "bad_value");
  EXPECT_EQ(world.state(1), "wrap_up");
  wrap_up.reason_code = "fault";
  EXPECT_EQ(write(), "done");
  EXPECT_EQ(world.state(1), "paused");
  EXPECT_EQ(world.store.contact(ContactId{call.value()})->note, "note");
}

TEST_F(Desk, AWebCallGoesThroughTheSameQueue) {
  EXPECT_EQ(ask([](Live& live, RequestId id, TimePoint t) {
              return live.web_call(id, {"999", "", "v=0", ""}, t);
            }),
            "bad_value");
  EXPECT_EQ(ask([](Live& live, RequestId id, TimePoint t) {
              return live.web_call(id, {"112", "en", "v=0", "Kim \xFF"}, t);
            }),
            "done");
  const LegId leg = world.node.legs.begin()->first;
  world.node.answered(leg);
  world.flush();
  const auto entries = world.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_TRUE(entries.begin()->second.call.queued);
  EXPECT_EQ(entries.begin()->second.contact.language, "en");
  world.input([&](Live& live, TimePoint t) { return live.web_hangs_up(entries.begin()->first, t); });
  world.flush();
  EXPECT_TRUE(world.live->settled());
}

TEST_F(Desk, WithoutANodeOrWhileDrainingThereIsNoWebCall) {
  world.disconnect();
  EXPECT_EQ(ask([](Live& live, RequestId id, TimePoint t) {
              return live.web_call(id, {"112", "", "v=0", ""}, t);
            }),
            "unavailable");
  world.connect();
  world.flush();
  world.input([](Live& live, TimePoint t) { return live.drain(t); });
  EXPECT_EQ(ask([](Live& live, RequestId id, TimePoint t) {
              return live.web_call(id, {"112", "", "v=0", ""}, t);
            }),
            "unavailable");
}

TEST_F(Desk, EveryRequestForACallThatIsNotThereIsAnswered) {
  const CallId none{77};
  EXPECT_EQ(ask([&](Live& l, RequestId id, TimePoint t) { return l.agent_answers(id, AgentId{1}, none, "v=0", t); }),
            "not_found");
  EXPECT_EQ(ask([&](Live& l, RequestId id, TimePoint t) { return l.agent_rejects(id, AgentId{1}, none, t); }),
            "not_found");
  EXPECT_EQ(ask([&](Live& l, RequestId id, TimePoint t) { return l.hold(id, AgentId{1}, none, true, t); }),
            "not_found");
  EXPECT_EQ(ask([&](Live& l, RequestId id, TimePoint t) { return l.send_digits(id, AgentId{1}, none, "1", t); }),
            "not_found");
  EXPECT_EQ(ask([&](Live& l, RequestId id, TimePoint t) { return l.agent_hangs_up(id, AgentId{1}, none, t); }),
            "not_found");
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty());
}

TEST_F(Desk, AFullQueueSendsTheThirdCallerOn) {
  for (int i = 0; i < 3; ++i) {
    const LegId leg = world.node.incoming("1000");
    world.flush();
    world.node.answered(leg);
    world.flush();
    world.node.pressed(leg, '2');
    world.flush();
  }
  std::map<std::string, int> queues;
  for (const auto& [id, entry] : world.entries()) ++queues[entry.contact.queue];
  EXPECT_EQ(queues, (std::map<std::string, int>{{"vip", 2}, {"general", 1}}));
}

}  // namespace
}  // namespace hotline::app
