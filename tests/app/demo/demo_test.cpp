// SPDX-License-Identifier: Apache-2.0
// The demonstration world is the same each time, has the promised shares, and fits the store.
#include "app/demo/demo.hpp"

#include <gmock/gmock.h>

#include <set>

#include "adapters/store/memory_store.hpp"

namespace hotline::app::demo {
namespace {

Demo sample(std::uint64_t seed = 1) {
  return make_demo(seed, {.now = from_unix_ms(1'772'438'400'000), .password_hash = {}});
}

std::size_t with_skill(const World& world, const std::string& code) {
  const auto skill =
      std::find_if(world.skills.begin(), world.skills.end(), [&](const Skill& s) { return s.code == code; });
  return static_cast<std::size_t>(std::count_if(world.agents.begin(), world.agents.end(), [&](const Agent& agent) {
    return std::any_of(agent.skills.begin(), agent.skills.end(),
                       [&](const auto& own) { return own.first == skill->id; });
  }));
}

TEST(Demo, TheSameSeedGivesTheSameWorld) {
  const Demo a = sample(), b = sample(), c = sample(2);
  EXPECT_EQ(a.customers, b.customers);
  EXPECT_EQ(a.world.agents, b.world.agents);
  EXPECT_NE(a.customers, c.customers);
}

TEST(Demo, HasTheStaff) {
  const World world = sample().world;
  std::map<std::string, int> roles, teams;
  std::map<QueueId, int> members;
  for (const Agent& agent : world.agents) {
    ++roles[agent.role];
    if (agent.role != "agent") continue;
    ++teams[agent.team];
    EXPECT_EQ(agent.queues.front(), world.queues.front().id) << "all take general calls";
    for (const QueueId queue : agent.queues) ++members[queue];
  }
  EXPECT_EQ(roles, (std::map<std::string, int>{{"agent", 150}, {"supervisor", 3}, {"admin", 1}}));
  EXPECT_EQ(teams.size(), 3U);
  EXPECT_EQ(world.agents.front().number, "8001");
  EXPECT_EQ(world.agents[149].number, "8150");
  for (const Queue& queue : world.queues) EXPECT_GE(members[queue.id], 20) << queue.code;
  EXPECT_EQ(with_skill(world, "english"), 40U);
  EXPECT_EQ(with_skill(world, "mandarin"), 150U);
}

TEST(Demo, HasTheCustomers) {
  const Demo demo = sample();
  ASSERT_EQ(demo.customers.size(), 2000U);
  std::set<std::string> numbers;
  std::size_t vip = 0, business = 0, phones = 0;
  for (const Customer& customer : demo.customers) {
    vip += customer.vip ? 1 : 0;
    business += customer.kind == "business" ? 1 : 0;
    phones += customer.phones.size();
    EXPECT_GE(customer.phones.size(), 1U);
    EXPECT_LE(customer.phones.size(), 3U);
    EXPECT_FALSE(customer.name.empty());
    EXPECT_NE(customer.address.find(customer.district), std::string::npos);
    EXPECT_LT(customer.since, from_unix_ms(1'772'438'400'000));
    for (const CustomerPhone& phone : customer.phones) {
      EXPECT_TRUE(numbers.insert(phone.number).second) << "twice: " << phone.number;
      EXPECT_THAT(phone.number, testing::MatchesRegex(phone.product == "mobile" ? "14[23][0-9]{8}" : "0590[0-9]{8}"));
    }
  }
  EXPECT_EQ(vip, 60U);
  EXPECT_EQ(business, 240U);
  EXPECT_GT(phones, 3000U);
}

TEST(Demo, EveryLineAndReasonFitsTogether) {
  const World world = sample().world;
  std::set<std::string> lines, flows;
  for (const ServiceLine& line : world.service_lines) {
    lines.insert(line.code);
    flows.insert(line.flow);
    EXPECT_THAT(line.numbers, testing::Contains(line.code));
  }
  EXPECT_THAT(lines, testing::UnorderedElementsAre("1000", "112", "114", "170", "180", "189"));
  EXPECT_THAT(flows,
              testing::UnorderedElementsAre("entry", "fault", "directory", "self_service", "complaint", "order"));
  for (const Queue& queue : world.queues) EXPECT_TRUE(lines.contains(queue.service_line)) << queue.code;
  std::map<std::string, int> contact_reasons;
  for (const Reason& reason : world.reasons) {
    EXPECT_FALSE(reason.name.en.empty() || reason.name.zh_hans.empty() || reason.name.zh_hant.empty()) << reason.code;
    if (reason.kind == "contact") ++contact_reasons[reason.service_line];
  }
  for (const std::string& line : lines) EXPECT_GE(contact_reasons[line], 3) << line;
}

TEST(Demo, TheCallerGivesThePasswords) {
  const Demo demo = make_demo(1, {.password_hash = [](const Agent& agent) { return "hash of " + agent.username; }});
  EXPECT_EQ(demo.world.agents.front().password_hash, "hash of 8001");
  EXPECT_EQ(demo.world.agents.back().password_hash, "hash of 8999");
}

TEST(Demo, FitsTheStore) {
  const Demo demo = sample();
  store::MemoryStore store;
  store.save_world(demo.world);
  store.save_customers(demo.customers);
  EXPECT_EQ(store.load_world().agents, demo.world.agents);
  const Customer& someone = demo.customers[1234];
  EXPECT_EQ(store.customer_by_phone(someone.phones[0].number), someone);
}

}  // namespace
}  // namespace hotline::app::demo
