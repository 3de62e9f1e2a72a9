// SPDX-License-Identifier: Apache-2.0
// Goal: nobody who called is missing from the day's figures, on the wallboard and in the store alike; figures of agents
// and the expected wait go on over a restart of the core.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::seconds;

class WallboardTest : public testing::Test {
 protected:
  Wallboard board() { return world.live->wallboard(world.now); }
  QueueView queue(const std::string& code) {
    for (const QueueView& view : board().queues) {
      if (view.code == code) return view;
    }
    ADD_FAILURE() << "no queue " << code;
    return {};
  }
  std::int64_t refused() {
    std::int64_t sum = 0;
    for (const LineView& line : board().lines) sum += line.refused;
    return sum;
  }
  void pass(Duration time) {
    world.pass(time);
    world.flush();
  }
  void restart() {
    world.crash_core();
    world.start_core();
    world.connect();
    world.flush();
  }
  void talk_for(std::uint64_t agent, Duration wait, Duration time) {
    const LegId leg = world.waiting_caller();
    pass(wait);
    world.ready(agent);
    world.take_call(agent);
    pass(time);
    world.node.ended(leg, call::Cause::normal);
    world.flush();
  }

  SimWorld world;
};

TEST_F(WallboardTest, ARefusedCallIsAContactAndCounted) {
  world.input([](Live& core, TimePoint t) { return core.drain(t); });
  world.node.incoming("112", "5550177");
  world.flush();
  ContactQuery query;
  const auto contacts = world.store.contacts(query);
  ASSERT_EQ(contacts.size(), 1U);
  EXPECT_EQ(contacts[0].outcome, "refused");
  EXPECT_EQ(contacts[0].from, "5550177");
  ASSERT_TRUE(contacts[0].ended_at);
  std::vector<std::string> types;
  for (const ContactEvent& event : world.store.events(contacts[0].id)) types.push_back(event.type);
  EXPECT_THAT(types, testing::ElementsAre("arrived", "refused", "ended"));
  EXPECT_EQ(refused(), 1);
  restart();
  EXPECT_EQ(refused(), 1) << "the store knows it";
}

TEST_F(WallboardTest, TheDaysCountsAreTheSameAfterARestart) {
  talk_for(4, seconds{3}, seconds{30});
  const LegId gives_up = world.waiting_caller("5550101");
  pass(seconds{10});
  world.node.ended(gives_up, call::Cause::normal);
  world.flush();
  const LegId early = world.waiting_caller("5550102");
  world.node.ended(early, call::Cause::normal);
  world.flush();
  const QueueView before = queue("general");
  EXPECT_EQ(before.offered, 3);
  EXPECT_EQ(before.answered, 1);
  EXPECT_EQ(before.abandoned, 1);
  EXPECT_EQ(before.short_abandoned, 1);
  EXPECT_EQ(before.service_levels.size(), 4U);
  EXPECT_NEAR(before.service_levels.at("abandons_are_failures"), 0.5, 1e-9);
  EXPECT_NEAR(before.service_levels.at("abandons_left_out"), 1.0, 1e-9);
  EXPECT_NEAR(before.service_levels.at("abandons_in_time_are_served"), 1.0, 1e-9) << "gave up within the threshold";
  restart();
  const QueueView after = queue("general");
  EXPECT_EQ(after.offered, before.offered);
  EXPECT_EQ(after.answered, before.answered);
  EXPECT_EQ(after.abandoned, before.abandoned);
  EXPECT_EQ(after.short_abandoned, before.short_abandoned);
  EXPECT_EQ(after.service_levels, before.service_levels);
}

TEST_F(WallboardTest, HandlingTimeAndOccupancyComeFromCallsAndAfterCallWork) {
  talk_for(4, seconds{1}, seconds{40});
  EXPECT_EQ(world.state(4), "wrap_up");
  pass(seconds{20});
  world.ready(4);
  world.flush();
  pass(seconds{10});
  const QueueView view = queue("general");
  EXPECT_NEAR(static_cast<double>(view.handling_time_avg_ms), 50'000, 1'000) << "40 s of talk, 10 s after it";
  ASSERT_TRUE(view.occupancy);
  EXPECT_GT(*view.occupancy, 0.7);
  EXPECT_LT(*view.occupancy, 0.95);
  restart();
  pass(seconds{6});
  EXPECT_NEAR(static_cast<double>(queue("general").handling_time_avg_ms), 50'000, 1'000);
  for (const AgentFiguresView& agent : world.live->agent_figures(world.now)) {
    if (agent.number != "8004") continue;
    EXPECT_EQ(agent.offered, 1);
    EXPECT_EQ(agent.answered, 1);
    EXPECT_NEAR(static_cast<double>(agent.busy_ms), 40'000, 1'000);
    return;
  }
  ADD_FAILURE() << "the agent's figures are gone";
}

TEST_F(WallboardTest, LimitsColourAndWarnAndStayOverARestart) {
  WallboardSettings settings;
  settings.formula = "abandons_left_out";
  settings.limits = {{"waiting", "general", 0, 1, true}};
  world.request([&](Live& core, RequestId id, TimePoint t) { return core.set_wallboard(id, settings, t); });
  world.flush();
  (void)world.waiting_caller("5550101");
  (void)world.waiting_caller("5550102");
  restart();
  EXPECT_EQ(queue("general").tones.at("waiting"), "bad");
  ASSERT_FALSE(board().alarms.empty());
  EXPECT_EQ(board().alarms[0].scope, "general");
  EXPECT_TRUE(board().alarms[0].ring);
  EXPECT_EQ(board().formula, "abandons_left_out");
}

/// What waiting callers are told is what is expected: the last prompts that were no music.
TEST_F(WallboardTest, TheExpectedWaitGoesOnOverARestart) {
  SetQueue command;
  command.id = QueueId{1};
  command.code = "general";
  command.name = {"Queue", "队列", "佇列"};
  command.wrap_up = Duration{};
  command.routing.announcements = {Duration{1'000}, Duration{}, false, true};
  world.request([&](Live& core, RequestId id, TimePoint t) { return core.set_queue(id, command, t); });
  world.flush();
  for (int i = 0; i < 9; ++i) (void)world.waiting_caller("555020" + std::to_string(i));  // somebody always waits
  world.ready(4);
  for (int i = 0; i < 6; ++i) {
    world.take_call(4);
    ASSERT_TRUE(world.call_of(4));
    const LegId customer = world.entries().at(*world.call_of(4)).call.customer_leg;
    pass(seconds{35});
    world.node.ended(customer, call::Cause::normal);
    world.flush();
    world.ready(4);
    world.flush();
  }
  world.take_call(4);
  const auto told = [&](const std::string& number) {
    const LegId leg = world.waiting_caller(number);
    pass(Duration{1'500});
    std::vector<std::string> prompts;
    for (const call::VoiceCommand& said : world.node.obeyed) {
      const auto* play = std::get_if<call::PlayTo>(&said);
      if (play != nullptr && play->leg == leg && !play->loop) prompts = play->prompts;
    }
    world.node.ended(leg, call::Cause::normal);
    world.flush();
    return prompts;
  };
  const auto before = told("5550301");
  EXPECT_FALSE(before.empty());
  restart();
  EXPECT_EQ(told("5550302"), before);
}

}  // namespace
}  // namespace hotline::app
