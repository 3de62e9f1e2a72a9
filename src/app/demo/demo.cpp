// SPDX-License-Identifier: Apache-2.0
// Staff and customers of the demonstration city. Pure.
#include "app/demo/demo.hpp"

#include <algorithm>
#include <set>

#include "app/demo/catalogue.hpp"
#include "app/demo/chance.hpp"
#include "app/demo/people.hpp"

namespace hotline::app::demo {
namespace {

constexpr std::size_t agents_count = 150;

/// Which share of a team works in a queue besides the general one, in per cent; and which skill the queue's work needs.
struct QueueShare {
  QueueId queue;
  std::size_t share;
};
struct Team {
  const char* code;
  std::size_t size;
  std::vector<QueueShare> queues;
};

std::vector<Team> teams() {
  return {{"call", 108, {{directory, 45}, {self_service, 40}, {order, 40}, {fault, 35}, {complaint, 8}}},
          {"support", 26, {{fault, 85}, {complaint, 50}, {self_service, 25}}},
          {"quality", 16, {{complaint, 75}, {order, 60}}}};
}

Agent make_staff(std::uint64_t number, const char* team, const char* role, Chance& chance) {
  Agent agent;
  agent.id = AgentId{number};
  agent.number = std::to_string(number);
  agent.username = agent.number;
  agent.name = person_name(chance);
  agent.team = team;
  agent.role = role;
  return agent;
}

bool works_in(const Agent& agent, QueueId queue) {
  return std::find(agent.queues.begin(), agent.queues.end(), queue) != agent.queues.end();
}

void give_skills(Agent& agent, bool speaks_english, Chance& chance) {
  agent.skills.emplace_back(mandarin, chance.between(6, 9));
  if (speaks_english) agent.skills.emplace_back(english, chance.between(3, 9));
  if (works_in(agent, self_service) || works_in(agent, order)) agent.skills.emplace_back(billing, chance.between(2, 9));
  if (works_in(agent, fault)) agent.skills.emplace_back(technical, chance.between(2, 9));
  if (works_in(agent, complaint)) agent.skills.emplace_back(complaint_handling, chance.between(4, 9));
}

std::vector<Agent> make_staff_list(Chance& chance) {
  std::vector<Agent> staff;
  const std::vector<bool> speaks_english = chance.exactly(40, agents_count);
  std::uint64_t number = 8001;
  for (const Team& team : teams()) {
    const std::size_t first = staff.size();
    for (std::size_t i = 0; i < team.size; ++i) {
      staff.push_back(make_staff(number++, team.code, "agent", chance));
      staff.back().queues.push_back(general);
    }
    for (const QueueShare& share : team.queues) {
      const auto members = chance.exactly(team.size * share.share / 100, team.size);
      for (std::size_t i = 0; i < team.size; ++i)
        if (members[i]) staff[first + i].queues.push_back(share.queue);
    }
  }
  for (std::size_t i = 0; i < staff.size(); ++i) {
    std::sort(staff[i].queues.begin(), staff[i].queues.end());
    give_skills(staff[i], speaks_english[i], chance);
    if (staff[i].team == "support" && works_in(staff[i], fault)) staff[i].queues.push_back(line_experts);
  }
  std::uint64_t supervisor = 8901;
  for (const Team& team : teams()) staff.push_back(make_staff(supervisor++, team.code, "supervisor", chance));
  staff.push_back(make_staff(8999, "support", "admin", chance));
  return staff;
}

/// Draws numbers until one is new.
class Numbers {
 public:
  explicit Numbers(Chance& chance) : chance_(chance) {}
  std::string draw(std::string_view prefix, std::size_t digits) {
    for (;;) {
      std::string number(prefix);
      for (std::size_t i = 0; i < digits; ++i) number += static_cast<char>('0' + chance_.below(10));
      if (taken_.insert(number).second) return number;
    }
  }

 private:
  Chance& chance_;
  std::set<std::string> taken_;
};

std::vector<CustomerPhone> make_phones(const District& district, bool business, Numbers& numbers, Chance& chance) {
  const std::string exchange(district.exchange);
  const std::string fixed = std::string(area_code) + std::string(district.prefix);
  const auto status = [&] { return chance.percent(3) ? "suspended" : "active"; };
  std::vector<CustomerPhone> phones{{numbers.draw(fixed, 4), "fixed_line", exchange, status()}};
  if (business) {
    const int more = chance.between(0, 2);
    for (int i = 0; i < more; ++i) phones.push_back({numbers.draw(fixed, 4), "fixed_line", exchange, status()});
    return phones;
  }
  if (chance.percent(55))
    phones.push_back({numbers.draw(chance.percent(50) ? "142" : "143", 8), "mobile", "", status()});
  const std::string phs = std::string(area_code) + "2";  // the city mobile service has local numbers
  if (chance.percent(22)) phones.push_back({numbers.draw(phs, 7), "phs", "", status()});
  return phones;
}

std::vector<Customer> make_customers(const DemoOptions& options, Chance& chance) {
  using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;
  const std::vector<bool> vip = chance.exactly(options.customers * 3 / 100, options.customers);
  const std::vector<bool> business = chance.exactly(options.customers * 12 / 100, options.customers);
  Numbers numbers(chance);
  std::vector<Customer> customers;
  for (std::size_t i = 0; i < options.customers; ++i) {
    const District& district = chance.of(districts());
    Customer customer;
    customer.id = CustomerId{i + 1};
    customer.number = std::to_string(5'900'000'001 + i);
    customer.name = business[i] ? company_name(chance) : person_name(chance);
    customer.kind = business[i] ? "business" : "residential";
    customer.vip = vip[i];
    customer.language = chance.percent(2) ? "en" : "cmn";
    customer.district = district.name;
    customer.address = address(chance, district, business[i]);
    customer.since = options.now - Days{chance.between(20, 25 * 365)};
    customer.phones = make_phones(district, business[i], numbers, chance);
    customers.push_back(std::move(customer));
  }
  return customers;
}

}  // namespace

Demo make_demo(std::uint64_t seed, const DemoOptions& options) {
  Chance chance(seed);
  Demo demo{catalogue(), {}};
  demo.world.agents = make_staff_list(chance);
  if (options.password_hash)
    for (Agent& agent : demo.world.agents) agent.password_hash = options.password_hash(agent);
  demo.customers = make_customers(options, chance);
  return demo;
}

}  // namespace hotline::app::demo
