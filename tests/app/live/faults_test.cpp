// SPDX-License-Identifier: Apache-2.0
// What random days broke, and what a lost core, link or node must leave untouched: one test each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;

void restart(SimWorld& world) {
  world.crash_core();
  world.node.obeyed.clear();
  world.start_core();
  world.connect();
  world.flush();
}

template <class Command>
std::size_t obeyed(const SimWorld& world) {
  return static_cast<std::size_t>(std::count_if(world.node.obeyed.begin(), world.node.obeyed.end(),
                                                [](const auto& c) { return std::holds_alternative<Command>(c); }));
}

TEST(Faults, QueueKeepsOrderAndClockOverACoreCrash) {
  SimWorld world;
  std::vector<LegId> legs;
  std::map<CallId, call::QueuePlace> places;
  for (int i = 0; i < 5; ++i) {
    legs.push_back(world.waiting_caller("555010" + std::to_string(i)));
    world.pass(seconds{3});
  }
  world.flush();
  for (const auto& [id, entry] : world.entries()) places[id] = *entry.call.place;
  ASSERT_EQ(places.size(), 5U);
  restart(world);
  for (const auto& [id, entry] : world.entries()) EXPECT_EQ(entry.call.place, places[id]);
  for (const LegId leg : legs) {  // one agent takes them one after the other
    world.ready(4);
    world.take_call(4);
    EXPECT_EQ(world.call_of(4), world.call_at(leg));
    world.node.ended(leg, call::Cause::normal);
    world.flush();
    world.pass(seconds{11});  // wrap-up
  }
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty());
}

TEST(Faults, TalkGoesOnThroughACoreCrashWithoutACommand) {
  SimWorld world;
  const LegId first = world.waiting_caller();
  const LegId second = world.waiting_caller();
  world.ready(1);
  world.ready(4);
  world.take_call(1);
  world.take_call(4);
  ASSERT_EQ(world.state(1), "busy");
  ASSERT_EQ(world.state(4), "busy");
  restart(world);
  EXPECT_TRUE(world.node.obeyed.empty()) << "the node heard a command";
  EXPECT_EQ(world.state(1), "busy");
  EXPECT_EQ(world.state(4), "busy");
  EXPECT_TRUE(world.node.legs.at(first).bridged_to);
  EXPECT_TRUE(world.node.legs.at(second).bridged_to);
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty());
}

TEST(Faults, APhoneOfferedAtTheRestartIsCalledOnceTheNodeIsThere) {
  // Once the offer failed because the node did not know the leg, and the agent was unavailable after each core crash.
  SimWorld world;
  world.waiting_caller();
  world.ready(4);
  world.commit();  // the offer is durable, its command was never sent
  restart(world);
  EXPECT_EQ(world.state(4), "offered");
  EXPECT_EQ(obeyed<call::OriginateSip>(world), 1U);
  world.take_call(4);
  EXPECT_EQ(world.state(4), "busy");
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty());
}

TEST(Faults, AHangUpLostInACrashIsSaidAgain) {
  // Once the former agent's leg stayed bridged to the customer who waited in the next queue.
  SimWorld world;
  world.waiting_caller();
  world.ready(1);
  world.take_call(1);
  const CallId call = *world.call_of(1);
  world.request([&](Live& live, RequestId id, TimePoint t) {
    return live.transfer(id, AgentId{1}, call, {"queue", "vip"}, t);
  });
  world.commit();
  restart(world);
  EXPECT_EQ(world.node.legs.size(), 1U);
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty());
}

/// Found by the simulator: the phone was rung for the next call while it was still in the last one.
TEST(Faults, ACallThatEndedWithoutTheNodeEndsThereBeforeItsAgentIsRungAgain) {
  SimWorld world;
  const LegId next = world.node.incoming("1000");  // the older call: still in the menu
  world.flush();
  world.node.answered(next);
  world.flush();
  const LegId last = world.waiting_caller();
  world.ready(4);
  world.take_call(4);
  const CallId talk = world.call_at(last);
  const LegId phone = world.entries().at(talk).call.agent->leg;
  world.node.pressed(next, '2');
  world.flush();
  world.disconnect();
  world.request([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, AgentId{4}, talk, t); });
  world.ready(4);
  ASSERT_EQ(world.call_of(4), world.call_at(next)) << "offered the next call";
  world.node.obeyed.clear();
  world.connect();
  world.flush();
  std::size_t hung_up = 0, rung = 0;
  for (std::size_t i = 0; i < world.node.obeyed.size(); ++i) {
    if (const auto* hang_up = std::get_if<call::HangUpLeg>(&world.node.obeyed[i]); hang_up && hang_up->leg == phone)
      hung_up = i + 1;
    if (std::holds_alternative<call::OriginateSip>(world.node.obeyed[i])) rung = i + 1;
  }
  EXPECT_GT(hung_up, 0U);
  EXPECT_GT(rung, hung_up);
}

TEST(Faults, ARecordingThatNeverBeganIsSettled) {
  // Once its row ran for ever: the caller had gone before the command could be said.
  SimWorld world;
  const LegId leg = world.node.incoming("112");
  world.flush();
  world.node.answered(leg);
  world.node.legs.at(leg).recording = RecordingId{};  // although it was asked for before the answer
  world.deliver_up();
  world.commit();
  world.crash_core();
  world.node.ended(leg, call::Cause::normal);
  world.start_core();
  world.connect();
  world.flush();
  EXPECT_EQ(world.store.running_recordings("voice1").size(), 1U);
  world.pass(seconds{31});
  world.flush();
  EXPECT_THAT(world.store.running_recordings("voice1"), IsEmpty());
  EXPECT_TRUE(world.live->settled());
}

TEST(Faults, ALostNodeFreesAgentsAndClosesContactsAtOnceAndGivesItsRecordingsLater) {
  SimWorld world;
  world.waiting_caller();
  world.waiting_caller();
  world.ready(1);
  world.take_call(1);
  world.crash_node(true);
  world.commit();
  EXPECT_THAT(world.broken_now(), IsEmpty());
  EXPECT_NE(world.state(1), "busy");
  EXPECT_EQ(world.live->live_calls(), 0U);
  EXPECT_EQ(world.store.running_recordings("voice1").size(), 2U);
  world.connect();
  world.flush();
  EXPECT_THAT(world.store.running_recordings("voice1"), IsEmpty());
  std::vector<std::string> outcomes;
  for (const Contact& contact : world.store.contacts(ContactQuery{})) outcomes.push_back(contact.outcome);
  EXPECT_THAT(outcomes, testing::UnorderedElementsAre("answered", "lost"));
}

template <class Change>
std::optional<Change> change_after(SimWorld& world, VoiceReport report) {
  const TimePoint now = from_unix_ms(4'000'000'000'000);
  const auto effects = world.live->node_event("voice1", VoiceEvent{1'000'000, now, std::move(report)}, now);
  for (const auto& change : effects.changes)
    if (const auto* found = std::get_if<Change>(&change)) return *found;
  return std::nullopt;
}

TEST(Faults, TheEndOfARecordingThatAFormerCoreGaveUpMendsItsRow) {
  SimWorld world;
  const auto end = change_after<PutRecordingEnd>(
      world, RecordingDone{RecordingId{99}, LegId{98}, "99.wav", from_unix_ms(1), from_unix_ms(2), 16, 90, ""});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->id, RecordingId{99});
  EXPECT_EQ(end->path, "99.wav");
  EXPECT_EQ(end->state, "whole");
}

TEST(Faults, WhatANodeTellsOfFilesGoesToTheLedger) {
  SimWorld world;
  const auto archived = change_after<PutRecordingArchived>(
      world, RecordingArchived{RecordingId{9}, "9.opus", "opus", "k1", "ab", 10, 16, ""});
  ASSERT_TRUE(archived);
  EXPECT_EQ(archived->path, "9.opus");
  EXPECT_EQ(archived->key, "k1");
  SimWorld other;
  const auto trouble =
      change_after<PutRecordingTrouble>(other, RecordingArchived{RecordingId{9}, "", "", "", "", 0, 0, "disk full"});
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->trouble, "disk full");
  EXPECT_FALSE(trouble->archive_missing);
  SimWorld third;
  EXPECT_TRUE(change_after<PutRecordingFileGone>(third, RecordingFileDeleted{RecordingId{9}, "9.wav", ""}));
  SimWorld fourth;
  EXPECT_TRUE(change_after<PutRecordingTrouble>(fourth, RecordingFileDeleted{RecordingId{9}, "9.wav", "no archive"})
                  .value_or(PutRecordingTrouble{})
                  .archive_missing);
}

TEST(Faults, NoAgentIsOfferedACallThatEndsInTheSameMoment) {
  // Once an agent freed by a lost node was offered the next call of the same node.
  SimWorld world;
  const LegId vip = world.node.incoming("1000");
  world.flush();
  world.node.answered(vip);
  world.flush();
  world.node.pressed(vip, '2');
  world.flush();
  world.ready(1);
  world.take_call(1);  // of a queue without wrap-up: free again at once
  ASSERT_EQ(world.state(1), "busy");
  const CallId waiting = world.call_at(world.waiting_caller());
  world.crash_node(true);
  EXPECT_EQ(world.state(1), "ready");
  EXPECT_THAT(world.history(waiting), testing::Not(Contains("offered")));
}

TEST(Faults, ANodeAwayForTooLongIsSettledWithoutIt) {
  SimWorld world;
  world.waiting_caller();
  world.disconnect();
  world.pass(seconds{7});
  EXPECT_EQ(world.live->live_calls(), 1U);
  world.pass(seconds{2});
  EXPECT_EQ(world.live->live_calls(), 0U);
  world.connect();  // the same node, alive all the time: what it still has is ended
  world.flush();
  EXPECT_TRUE(world.node.legs.empty());
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty());
}

TEST(Faults, AShortLossOfTheLinkChangesNothing) {
  SimWorld world;
  world.waiting_caller();
  world.ready(1);
  world.take_call(1);
  world.flush();
  world.node.obeyed.clear();
  world.disconnect();
  world.pass(seconds{3});
  world.connect();
  world.flush();
  EXPECT_TRUE(world.node.obeyed.empty());
  EXPECT_EQ(world.state(1), "busy");
}

TEST(Faults, EventsThatComeTwiceCountOnce) {
  SimWorld world;
  const LegId leg = world.waiting_caller();
  const CallId call = world.call_at(leg);
  const auto history = world.history(call);
  ASSERT_GT(history.size(), 2U);
  world.node.boot = 1;
  for (std::uint64_t seq = 1; seq <= world.node.seq; ++seq) {
    world.input([&](Live& live, TimePoint t) {
      return live.node_event("voice1", VoiceEvent{seq, t, LegEnded{leg, call::Cause::normal, 0, true, {}}}, t);
    });
  }
  EXPECT_EQ(world.history(call), history);
  EXPECT_EQ(world.live->live_calls(), 1U);
}

TEST(Faults, ADigitPressedWhileTheCoreWasAwayCountsBeforeTheTimeOut) {
  // Once a time-out that passed while no core ran was taken first, and the caller sent on to the general queue.
  SimWorld world;
  const LegId leg = world.node.incoming("1000");
  world.flush();
  world.node.answered(leg);
  world.flush();
  world.node.play_ended(leg);  // the welcome
  world.flush();
  world.node.play_ended(leg);  // the menu: five seconds to press
  world.flush();
  world.pass(seconds{6});  // not taken; asked once more, for the last time
  world.flush();
  world.node.play_ended(leg);
  world.flush();
  world.crash_core();
  world.node.pressed(leg, '2');
  world.pass(seconds{6});
  world.start_core();
  world.pass(Duration{1'500});  // deadlines come before the node does
  world.connect();
  world.flush();
  const auto entries = world.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries.begin()->second.contact.queue, "vip");
}

TEST(Faults, AWrapUpWrittenBeforeTheStoreHasCaughtUpKeepsItsPlaceInTheHistory) {
  // Once it took a number that an event on its way to the store had, and was dropped there.
  SimWorld world;
  const LegId leg = world.waiting_caller();
  world.ready(4);
  world.take_call(4);
  const CallId call = *world.call_of(4);
  const auto stored = static_cast<std::int64_t>(world.store.events(ContactId{call.value()}).size());
  world.node.ended(leg, call::Cause::normal);
  world.flush();
  world.request([&](Live& live, RequestId id, TimePoint t) {
    return live.wrap_up(id, WrapUp{AgentId{4}, ContactId{call.value()}, "fault", "solved", "", "ready", "", stored}, t);
  });
  world.flush();
  EXPECT_THAT(world.history(call), Contains("wrap_up"));
  EXPECT_THAT(world.history(call), Contains("ended"));
}

TEST(Faults, AQueueThatIsGoneAfterTheRestartLetsItsCallsGo) {
  // Once such a call waited for ever, in no queue.
  SimWorld world;
  world.waiting_caller();
  world.crash_core();
  world.live = std::make_unique<Live>(LiveConfig{}, IdMaker(to_unix_ms(world.now) / 1000 + 9, IdMaker::Origin::core));
  LiveStart start;
  start.world = sim_world();
  start.world.queues.erase(start.world.queues.begin());
  start.flows = sim_flows();
  start.state = world.store.load_live();
  world.input([&](Live& live, TimePoint t) { return live.start(std::move(start), t); });
  EXPECT_THAT(world.broken_now(), IsEmpty());
}

TEST(Faults, AnAgentWhoIsGoneAfterTheRestartLetsGoOfAnOffer) {
  // Once a call transferred straight to that agent rang nowhere, for ever.
  SimWorld world;
  world.waiting_caller();
  world.ready(1);
  world.take_call(1);
  world.ready(2);
  const CallId call = *world.call_of(1);
  world.request([&](Live& live, RequestId id, TimePoint t) {
    return live.transfer(id, AgentId{1}, call, {"agent", "2"}, t);
  });
  world.flush();
  world.crash_core();
  world.live = std::make_unique<Live>(LiveConfig{}, IdMaker(to_unix_ms(world.now) / 1000 + 9, IdMaker::Origin::core));
  LiveStart start;
  start.world = sim_world();
  start.world.agents.erase(start.world.agents.begin() + 1);
  start.flows = sim_flows();
  start.state = world.store.load_live();
  world.input([&](Live& live, TimePoint t) { return live.start(std::move(start), t); });
  world.commit();
  EXPECT_THAT(world.live->violations(world.now), IsEmpty());
  EXPECT_TRUE(world.entries().at(call).call.queued);
}

TEST(Faults, TextThatCannotBeStoredNeverReachesTheStore) {
  // Once a transfer key with a NUL in its target threw on the live strand.
  SimWorld world;
  world.waiting_caller(
      "55\xFF"
      "50100");
  world.ready(4);
  world.take_call(4);
  ASSERT_EQ(world.state(4), "busy");
  const LegId phone = world.entries().begin()->second.call.agent->leg;
  world.node.asked_for_transfer(phone, std::string("55\0\xFF", 4));
  world.node.pressed(phone, '\xFF');
  EXPECT_NO_THROW(world.flush());
  EXPECT_EQ(world.state(4), "busy");
  world.request([&](Live& live, RequestId id, TimePoint t) {
    return live.wrap_up(id, WrapUp{AgentId{4}, ContactId{1}, "fault", "solved", std::string("\0", 1), "", "", 0}, t);
  });
  EXPECT_NO_THROW(world.flush());
  ASSERT_TRUE(world.replies.back().refused);
  EXPECT_EQ(world.replies.back().refused->code, "bad_value");
}

TEST(Faults, TheWallboardOfTheDayGoesOnAfterARestart) {
  SimWorld world;
  world.waiting_caller();
  world.waiting_caller();
  world.ready(4);
  world.take_call(4);
  const auto general = [&] { return world.live->wallboard(world.now).queues.front(); };
  const QueueView before = general();
  EXPECT_EQ(before.offered, 2);
  EXPECT_EQ(before.answered, 1);
  restart(world);
  EXPECT_EQ(general().offered, before.offered);
  EXPECT_EQ(general().answered, before.answered);
  EXPECT_EQ(general().service_level, before.service_level);
}

TEST(Faults, AnEventIsAcknowledgedOnlyAfterEverythingItLedTo) {
  SimWorld world;
  const LegId leg = world.node.incoming("112");
  LiveEffects effects = world.live->node_event("voice1", world.node.kept.back(), world.now);
  ASSERT_FALSE(effects.outward.empty());
  const auto* ack = std::get_if<AcknowledgeNode>(&effects.outward.back());
  ASSERT_NE(ack, nullptr);
  EXPECT_EQ(ack->seq, world.node.seq);
  EXPECT_EQ(ack->boot_id, world.node.boot);
  EXPECT_TRUE(leg);
}

TEST(Faults, ADrainingHotlineRefusesNewCallsAndEndsTheRestOnDemand) {
  SimWorld world;
  world.waiting_caller();
  world.waiting_caller();
  world.ready(4);
  world.take_call(4);
  world.input([](Live& live, TimePoint t) { return live.drain(t); });
  world.node.incoming("112");
  world.flush();
  EXPECT_EQ(world.live->live_calls(), 2U);
  world.input([](Live& live, TimePoint t) { return live.end_all(t); });
  world.flush();
  EXPECT_EQ(world.live->live_calls(), 0U);
  EXPECT_TRUE(world.node.legs.empty());
  EXPECT_TRUE(world.live->settled());
}

}  // namespace
}  // namespace hotline::app
