// SPDX-License-Identifier: Apache-2.0
// What the simulator's worlds have found in routing, call-backs and figures: each once more, alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"
#include "app/routing.hpp"

namespace hotline::app {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;

class FoundInRouting : public testing::Test {
 protected:
  template <class Act>
  void ask(Act&& act) {
    world.request(std::forward<Act>(act));
    world.flush();
    ASSERT_FALSE(world.replies.empty());
    ASSERT_FALSE(world.replies.back().refused) << world.replies.back().refused->message;
  }
  void set_line(std::uint64_t line, const LineOperation& operation) {
    ask([&](Live& live, RequestId id, TimePoint t) {
      return live.set_line_operation(id, {ServiceLineId{line}, operation, {}, true}, t);
    });
  }
  void with_call_back() {
    SetQueue command;
    command.id = QueueId{1};
    command.code = "general";
    command.name = {"Queue", "队列", "佇列"};
    command.routing.exits.digits["1"] = "call_back";
    command.routing.call_back.keep_ms = minutes{10};
    ask([&](Live& live, RequestId id, TimePoint t) { return live.set_queue(id, command, t); });
  }
  QueueView general() {
    for (const QueueView& queue : world.live->wallboard(world.now).queues) {
      if (queue.code == "general") return queue;
    }
    return {};
  }
  void restart() {
    world.crash_core();
    world.start_core();
    world.connect();
    world.flush();
  }

  SimWorld world;
};

/// They were counted in the records, and on the wallboard only after a restart.
TEST_F(FoundInRouting, WhoComesBackFromAnOutsourcedLineIsOfferedToTheQueueLikeAnybody) {
  LineOperation operation;
  operation.stage = "outsourced";
  operation.outsourced_to = "5559000";
  set_line(2, operation);
  const LegId caller = world.node.incoming("112", "5550192");
  world.flush();
  world.node.answered(caller);
  world.flush();
  for (const auto& [id, leg] : std::map(world.node.legs)) {
    if (leg.outside) world.node.ended(id, call::Cause::busy);
  }
  world.flush();
  EXPECT_EQ(general().waiting, 1U);
  EXPECT_EQ(general().offered, 1);
  restart();
  EXPECT_EQ(general().offered, 1);
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
  EXPECT_EQ(general().offered, 1);
}

/// The new leg was taken for one of those lost with the node: nobody noticed its end any more.
TEST_F(FoundInRouting, APhoneRungWhileItsNodeComesBackIsNotTakenForLost) {
  with_call_back();
  const LegId caller = world.waiting_caller("5550171");
  world.node.pressed(caller, '1');
  world.flush();
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  const CallId back = world.live->call_backs()[0].id;
  world.ready(4);
  world.ready(5);
  world.flush();
  ASSERT_EQ(world.call_of(4), back);
  world.crash_node(false);
  world.connect();  // a new boot: the call-back goes to the other phone at once
  world.flush();
  ASSERT_EQ(world.call_of(5), back) << world.last_log();
  const LegId phone = world.entries().at(back).call.agent->leg;
  world.node.answered(phone);
  world.flush();
  EXPECT_EQ(world.state(5), "busy");
  world.node.ended(phone, call::Cause::normal);
  world.flush();
  EXPECT_NE(world.state(5), "busy") << world.last_log();
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

/// What the node had kept for the core came before its snapshot: the phone was rung before its old call was ended
/// there.
TEST_F(FoundInRouting, APhoneIsNotRungBeforeTheCallItWasInHasEndedAtItsNode) {
  world.ready(4);
  const LegId first = world.waiting_caller("5550181");
  const CallId call = world.call_at(first);
  world.take_call(4);
  const LegId phone = world.entries().at(call).call.agent->leg;
  const LegId second = world.node.incoming("1000", "5550182");
  world.flush();
  world.node.answered(second);
  world.flush();
  world.disconnect();
  world.request([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, AgentId{4}, call, t); });
  world.flush();
  world.ready(4);
  world.node.pressed(second, '1');  // kept by the node
  world.connect();
  world.flush();
  ASSERT_TRUE(world.call_of(4)) << world.last_log();
  std::size_t ended = 0, rung = 0;
  for (std::size_t i = 0; i < world.node.obeyed.size(); ++i) {
    const auto* hang_up = std::get_if<call::HangUpLeg>(&world.node.obeyed[i]);
    if (hang_up != nullptr && hang_up->leg == phone && ended == 0) ended = i;
    if (std::holds_alternative<call::OriginateSip>(world.node.obeyed[i])) rung = i;
  }
  EXPECT_GT(ended, 0U);
  EXPECT_GT(rung, ended);
  EXPECT_THAT(world.broken_when_quiet(), IsEmpty()) << world.last_log();
}

/// Its time was over while it rang: it was due at a moment that had passed already.
TEST_F(FoundInRouting, ACallBackWhoseTimeEndsWhileItRingsEndsWithTheOffer) {
  with_call_back();
  const LegId caller = world.waiting_caller("5550172");
  world.node.pressed(caller, '1');
  world.flush();
  ASSERT_EQ(world.live->call_backs().size(), 1U);
  const TimePoint expires = world.live->call_backs()[0].expires_ms;
  world.pass(expires - world.now - seconds{5});
  world.ready(1);
  world.flush();
  ASSERT_TRUE(world.call_of(1));
  while (world.live->call_backs().size() == 1 && world.now < expires + minutes{1}) {
    world.pass(seconds{1});
    const auto due = world.live->next_due();
    ASSERT_TRUE(due && *due > world.now) << "something is due that has been already";
  }
  EXPECT_THAT(world.live->call_backs(), IsEmpty());
  EXPECT_THAT(world.broken_after_all_is_over(), IsEmpty()) << world.last_log();
}

}  // namespace
}  // namespace hotline::app
