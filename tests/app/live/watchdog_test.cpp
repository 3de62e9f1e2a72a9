// SPDX-License-Identifier: Apache-2.0
// Goal: whatever difference there is between what the core believes and what a voice node, its registrar or the core's
// own parts have, it is named and mended within five seconds, and nothing is touched where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"
#include "app/live/watchdog.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class Watchdog : public testing::Test {
 protected:
  /// Five seconds as they pass outside: what is asked is answered, what is said arrives.
  void five_seconds() {
    for (int i = 0; i < 10; ++i) {
      world.pass(Duration{500});
      world.flush();
    }
  }
  std::vector<std::string> found() {
    world.commit();
    std::vector<std::string> kinds;
    for (const StoredDifference& row : world.store.differences({}, 100)) kinds.push_back(row.kind);
    return kinds;
  }
  /// Agent 4 (a phone) talks to a caller; the customer's leg is returned.
  LegId talk(std::uint64_t agent) {
    const LegId leg = world.waiting_caller();
    world.ready(agent);
    world.take_call(agent);
    EXPECT_EQ(world.state(agent), "busy");
    five_seconds();
    EXPECT_THAT(found(), IsEmpty());
    return leg;
  }
  LegId agent_leg(std::uint64_t agent) { return world.entries().at(*world.call_of(agent)).call.agent->leg; }
  SimNode::SimLeg& at_node(LegId leg) { return world.node.legs.at(leg); }
  bool at_node_there(LegId leg) { return world.node.legs.contains(leg); }

  SimWorld world;
};

TEST_F(Watchdog, FindsNothingWhereNothingIsWrong) {
  talk(4);
  talk(1);
  const LegId waits = world.waiting_caller("5550199");
  const LegId menu = world.node.incoming("1000");
  world.flush();
  world.node.answered(menu);
  world.flush();
  world.node.play_ended(menu);  // the flow waits for a digit, and nothing is played
  for (int i = 0; i < 12; ++i) five_seconds();
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
  EXPECT_TRUE(at_node_there(waits));
}

TEST_F(Watchdog, ALegThatNoCallHasIsEnded) {
  world.node.legs[LegId{77}].call = CallId{99};
  five_seconds();
  EXPECT_FALSE(at_node_there(LegId{77}));
  EXPECT_THAT(found(), ElementsAre("leg_without_call"));
}

TEST_F(Watchdog, ACallWhoseCustomerHasNoLegIsEndedAndItsAgentFreed) {
  const LegId customer = talk(4);
  world.node.legs.erase(customer);
  five_seconds();
  EXPECT_EQ(world.state(4), "wrap_up");
  EXPECT_THAT(found(), Contains("call_without_leg"));
}

TEST_F(Watchdog, AnAgentInTalkWithoutALegIsOutOfIt) {
  const LegId customer = talk(4);
  world.node.legs.erase(agent_leg(4));
  five_seconds();
  EXPECT_EQ(world.state(4), "wrap_up");
  EXPECT_FALSE(at_node_there(customer)) << "an agent who is gone has hung up";
  EXPECT_THAT(found(), Contains("agent_without_leg"));
}

TEST_F(Watchdog, AnOfferWhosePhoneDoesNotRingIsRungAgain) {
  world.ready(4);
  world.flush();
  const LegId customer = world.waiting_caller();
  ASSERT_EQ(world.state(4), "offered");
  const LegId rings = world.entries().at(world.call_at(customer)).call.agent->leg;
  world.node.legs.erase(rings);
  five_seconds();
  EXPECT_TRUE(at_node_there(rings));
  EXPECT_THAT(found(), ElementsAre("offer_without_leg"));
}

TEST_F(Watchdog, ThoseWhoShouldHearEachOtherDoAgain) {
  const LegId customer = talk(4);
  const LegId agent = agent_leg(4);
  at_node(customer).bridged_to = LegId{};
  at_node(agent).bridged_to = LegId{};
  five_seconds();
  EXPECT_TRUE(world.node.bridged(customer, agent));
  EXPECT_THAT(found(), ElementsAre("wrong_sound"));
}

TEST_F(Watchdog, ACallerWhoseMusicStoppedHearsItAgain) {
  const LegId customer = world.waiting_caller();
  at_node(customer).play = PlayId{};
  five_seconds();
  EXPECT_TRUE(at_node(customer).play);
  EXPECT_THAT(found(), ElementsAre("wrong_sound"));
}

TEST_F(Watchdog, ACallThatIsNotRecordedIsRecorded) {
  const LegId customer = talk(4);
  const RecordingId recording = at_node(customer).recording;
  at_node(customer).recording = RecordingId{};
  five_seconds();
  EXPECT_EQ(at_node(customer).recording, recording);
  EXPECT_THAT(found(), ElementsAre("not_recorded"));
}

TEST_F(Watchdog, ARecordingThatEndedBeforeTheCallIsFollowedByAnother) {
  const LegId customer = talk(4);
  world.input([&](Live& core, TimePoint t) {
    RecordingDone done;
    done.recording = std::exchange(at_node(customer).recording, RecordingId{});
    done.leg = customer;
    done.problem = "disk full";
    return core.node_event("voice1", VoiceEvent{++world.node.seq, t, done}, t);
  });
  five_seconds();
  EXPECT_TRUE(at_node(customer).recording);
  EXPECT_THAT(found(), ElementsAre("not_recorded"));
}

TEST_F(Watchdog, ARecordingOfNoCallIsClosed) {
  const LegId customer = talk(4);
  world.node.recordings_being_written = 0;
  at_node(customer).recording = RecordingId{};  // its end is never told
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  ASSERT_EQ(world.store.running_recordings("voice1").size(), 1U);
  five_seconds();
  EXPECT_TRUE(world.store.running_recordings("voice1").empty());
  EXPECT_THAT(found(), ElementsAre("recording_without_call"));
}

TEST_F(Watchdog, ARecordingThatIsStillBeingWrittenIsWaitedFor) {
  const LegId customer = talk(4);
  world.node.recordings_being_written = 1;
  at_node(customer).recording = RecordingId{};
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  five_seconds();
  EXPECT_EQ(world.store.running_recordings("voice1").size(), 1U);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Watchdog, AnAgentWhosePhoneIsNotRegisteredIsNotReady) {
  world.request([](Live& core, RequestId id, TimePoint t) {
    return core.set_sip_account(id, AgentId{4}, {"hotline", "md5", "sha256"}, t);
  });
  world.node.phones["8004"] = "sip:8004@192.0.2.4";
  five_seconds();
  EXPECT_THAT(found(), ElementsAre("phone_unknown")) << "its registration was never told";
  EXPECT_EQ(world.live->agent_status(AgentId{4}).phone_registered, true);
  world.node.phones.clear();
  five_seconds();
  EXPECT_THAT(found(), ElementsAre("phone_gone", "phone_unknown"));
  EXPECT_EQ(world.live->agent_status(AgentId{4}).phone_registered, false);
}

TEST_F(Watchdog, ALegsEndThatWasNeverToldIsNoted) {
  const LegId customer = talk(4);
  const LegId agent = agent_leg(4);
  const CallId call = world.call_at(customer);
  world.node.legs.erase(agent);
  world.node.ended(customer, call::Cause::normal);
  world.flush();
  five_seconds();
  EXPECT_FALSE(world.entries().contains(call)) << "the call waits for an end that never comes";
  EXPECT_THAT(found(), ElementsAre("leg_end_unheard"));
}

TEST_F(Watchdog, WhatHappensBetweenQuestionAndAnswerIsNoDifference) {
  const LegId customer = talk(4);
  NodeStanding old{0, world.node.snapshot(), 100};
  world.pass(seconds{2});  // the question is on its way
  world.node.ended(agent_leg(4), call::Cause::normal);
  for (int i = 0; i < 3; ++i) {
    world.flush();
    world.pass(seconds{2});
  }
  EXPECT_THAT(found(), IsEmpty()) << world.last_log();
  EXPECT_FALSE(at_node_there(customer));
}

TEST_F(Watchdog, ARepairThatDoesNotHelpIsTriedEverMoreSeldom) {
  talk(4);
  for (int i = 0; i < 240; ++i) {  // two minutes in which a foreign leg comes back all the time
    world.node.legs[LegId{77}].call = CallId{99};
    world.pass(Duration{500});
    world.flush();
  }
  EXPECT_LE(found().size(), 6U);
  EXPECT_GE(found().size(), 3U);
}

/// The core's own parts, compared by hand: nothing that comes from outside brings them apart.
class WatchdogInside : public testing::Test {
 protected:
  WatchdogInside() {
    acd::QueueConfig queue;
    queue.id = QueueId{1};
    acd.configure_queue(queue);
    acd::AgentConfig agent;
    agent.id = AgentId{1};
    agent.queues = {QueueId{1}};
    (void)acd.configure_agent(agent, now);
    call.call.id = CallId{5};
    call.call.node = "voice1";
    call.call.stage = call::Stage::talking;
  }
  std::vector<std::string> compare() {
    std::map<CallId, Entry> calls;
    if (has_call) calls.emplace(call.call.id, call);
    const CoreCompared sides{
        calls, acd, due, [this](AgentId) { return reachable; }, [](const std::string&) { return true; }, 0, now};
    std::vector<std::string> kinds;
    for (const Difference& difference : compare_core(sides)) kinds.emplace_back(to_string(difference.kind));
    return kinds;
  }
  void ready() { (void)acd.set_state(AgentId{1}, acd::AgentState::ready, "", now); }
  void has_agent(bool taken) {
    call.call.agent.emplace();
    call.call.agent->agent = AgentId{1};
    call.call.agent->taken = call.call.agent->answered = taken;
  }

  TimePoint now = from_unix_ms(1'700'000'000'000);
  acd::Acd acd;
  Entry call;
  bool has_call = true, reachable = true;
  std::map<CallId, TimePoint> due;
};

TEST_F(WatchdogInside, AnAgentInACallThatIsOver) {
  ready();
  (void)acd.begin_call(AgentId{1}, CallId{5}, now);
  has_agent(true);
  EXPECT_THAT(compare(), IsEmpty());
  has_call = false;
  EXPECT_THAT(compare(), ElementsAre("agent_without_call"));
}

TEST_F(WatchdogInside, AnAgentInACallThatGoesOnWithoutThem) {
  ready();
  (void)acd.begin_call(AgentId{1}, CallId{5}, now);
  EXPECT_THAT(compare(), ElementsAre("agent_without_call"));
}

TEST_F(WatchdogInside, ACallWhoseAgentIsShownReady) {
  ready();
  has_agent(true);
  EXPECT_THAT(compare(), ElementsAre("call_without_agent"));
}

TEST_F(WatchdogInside, AfterCallWorkPastItsTime) {
  ready();
  (void)acd.begin_call(AgentId{1}, CallId{5}, now);
  (void)acd.call_finished(AgentId{1}, CallId{5}, now);
  has_call = false;
  EXPECT_THAT(compare(), IsEmpty());
  now += seconds{62};  // nobody ticks
  EXPECT_THAT(compare(), ElementsAre("wrap_up_overdue"));
}

TEST_F(WatchdogInside, AReadyAgentWithoutAPhone) {
  ready();
  reachable = false;
  EXPECT_THAT(compare(), ElementsAre("agent_without_phone"));
}

TEST_F(WatchdogInside, ACallThatWaitsAndIsInNoQueue) {
  call.call.stage = call::Stage::waiting;
  call.call.queued = true;
  EXPECT_THAT(compare(), ElementsAre("waiting_unknown"));
  call.call.queued = false;
  EXPECT_THAT(compare(), ElementsAre("waiting_unknown")) << "it waits for nobody";
}

TEST_F(WatchdogInside, ACallInAQueueThatDoesNotWait) {
  acd::WaitingCall waiting;
  waiting.call = CallId{5};
  waiting.queue = QueueId{1};
  waiting.enqueued_at = now;
  (void)acd.enqueue(waiting, now);
  EXPECT_THAT(compare(), ElementsAre("waiting_unknown"));
}

TEST_F(WatchdogInside, ADeadlineThatHasPassed) {
  call.call.deadline = now;
  due[CallId{5}] = now;
  EXPECT_THAT(compare(), IsEmpty());
  now += seconds{2};
  EXPECT_THAT(compare(), ElementsAre("deadline_overdue"));
  due[CallId{5}] = now;  // looked at again soon
  EXPECT_THAT(compare(), IsEmpty());
}

}  // namespace
}  // namespace hotline::app
