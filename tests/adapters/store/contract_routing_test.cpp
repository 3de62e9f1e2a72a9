// SPDX-License-Identifier: Apache-2.0
// The store's contract for what is configured while the hotline runs, and for a service line's figures.
#include <gtest/gtest.h>

#include <algorithm>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

class StoreRoutingTest : public StoreTest {
 protected:
  void SetUp() override {
    app::World world;
    world.queues = {{QueueId{1}, "general", {"General", "综合", "綜合"}, "112"}};
    world.service_lines = {{ServiceLineId{4}, "112", {"Faults", "障碍", "障礙"}, {"112"}, "fault"}};
    world.skills = {{SkillId{1}, "english", {"English", "英语", "英語"}}};
    app::Agent agent;
    agent.id = AgentId{9};
    agent.number = agent.username = "8001";
    agent.queues = {QueueId{1}};
    world.agents = {agent};
    store().save_world(world);
  }
};

TEST_P(StoreRoutingTest, KeepsQueuesSkillsRulesAndOperationsAsTheyWereSetLast) {
  app::Queue queue{QueueId{1}, "general", {"New", "新", "新"}, "112"};
  queue.wrap_up = Duration{7000};
  queue.routing = R"({"weight":5})";
  const app::Queue added{QueueId{2}, "night", {"Night", "夜", "夜"}, ""};
  const app::Skill skill{SkillId{2}, "router", {"Routers", "路由器", "路由器"}};
  store().write_and_wait({app::PutQueue{added}, app::PutQueue{queue}, app::PutSkill{skill}, app::PutRoutingRules{"{}"},
                          app::PutRoutingRules{R"({"vip_points":3})"},
                          app::PutLineOperation{ServiceLineId{4}, R"({"stage":"trial"})"},
                          app::PutLineOperation{ServiceLineId{99}, "{}"},
                          app::SetAgentRouting{AgentId{9}, {QueueId{2}, QueueId{1}}, {{SkillId{2}, 4}}}});
  if (durable()) reopen();
  const app::World world = store().load_world();
  ASSERT_EQ(world.queues.size(), 2U);
  EXPECT_EQ(world.queues[0], queue);
  EXPECT_EQ(world.queues[1], added);
  ASSERT_EQ(world.skills.size(), 2U);
  EXPECT_EQ(world.skills[1], skill);
  EXPECT_EQ(world.routing_rules, R"({"vip_points":3})");
  EXPECT_EQ(world.service_lines.at(0).operation, R"({"stage":"trial"})");
  EXPECT_EQ(world.service_lines.at(0).numbers.size(), 1U);
  ASSERT_EQ(world.agents.size(), 1U);
  EXPECT_EQ(world.agents[0].queues, (std::vector{QueueId{2}, QueueId{1}}));
  ASSERT_EQ(world.agents[0].skills.size(), 1U);
  EXPECT_EQ(world.agents[0].skills[0].second, 4);
}

TEST_P(StoreRoutingTest, TextThatCannotBeStoredIsRefusedBeforeAnythingIsWritten) {
  app::Queue queue{QueueId{3}, "bad", {"\xff", "b", "c"}, ""};
  EXPECT_THROW(store().write_and_wait({app::PutQueue{queue}}), app::BadText);
  EXPECT_EQ(store().load_world().queues.size(), 1U);
}

TEST_P(StoreRoutingTest, CountsALinesCallersSinceATime) {
  app::Batch batch;
  const auto contact = [&](std::uint64_t id, std::int64_t second, const std::string& outcome, std::int64_t wait_ms) {
    app::Contact row = make_contact(id, second);
    row.service_line = "112";
    row.queue = "general";
    row.outcome = outcome;
    row.wait = Duration{wait_ms};
    batch.push_back(row);
  };
  contact(1, 10, "answered", 5'000);
  contact(2, 20, "answered", 20'000);
  contact(3, 30, "answered", 20'001);
  contact(4, 40, "abandoned", 60'000);
  contact(5, 50, "short_abandoned", 1'000);
  contact(6, 60, "called_back", 9'000);
  contact(7, 70, "live", 0);
  contact(8, 5, "answered", 1'000);
  app::Contact other = make_contact(9, 80);
  other.service_line = "114";
  other.queue = "general";
  other.outcome = "answered";
  batch.push_back(other);
  store().write_and_wait(std::move(batch));
  EXPECT_EQ(store().line_figures("112", at(10), Duration{20'000}), (app::LineFigures{5, 3, 2, 1}));
  EXPECT_EQ(store().line_figures("115", at(0), Duration{20'000}), app::LineFigures{});
}

INSTANTIATE_TEST_SUITE_P(, StoreRoutingTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
