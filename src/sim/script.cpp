// SPDX-License-Identifier: Apache-2.0
#include "sim/script.hpp"

#include <algorithm>

#include "sim/random.hpp"
#include "sim/routing_script.hpp"

namespace hotline::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::shared_ptr<const call::FlowBook> flow_book() {
  auto book = std::make_shared<call::FlowBook>();
  const auto add = [&](const std::string& flow, const std::string& node, call::NodeKind kind) {
    call::Flow& into = book->flows[flow];
    into.name = flow;
    if (into.start.empty()) into.start = node;
    into.nodes[node] = {node, std::move(kind), 1};
  };
  const call::Speech say{call::SpeechPrompt{"say", {}}};
  add("menu", "welcome", call::PlayNode{say, true, "menu"});
  add("menu", "menu",
      call::MenuNode{.speech = say,
                     .choices = {{'1', "general"}, {'2', "experts"}, {'3', "collect"}, {'4', "english"}, {'9', "bye"}},
                     .no_input = {2, say, "general"},
                     .no_match = {2, say, "general"}});
  add("menu", "collect",
      call::CollectNode{.speech = say,
                        .variable = "phone",
                        .digits_min = 2,
                        .digits_max = 4,
                        .no_input = {2, say, "general"},
                        .no_match = {2, say, "general"},
                        .next = "balance"});
  add("menu", "balance", call::SayNode{call::SayKind::money, "${phone}", "bye"});
  add("menu", "english", call::SetNode{{{"language", "en"}}, "general"});
  add("menu", "general",
      call::QueueNode{.queue = "general", .skills_by_language = {{"en", {{"english", 1}}}}, .refused = "full"});
  add("menu", "experts", call::QueueNode{.queue = "experts", .priority = 5, .refused = "general"});
  add("menu", "full", call::HangUpNode{say});
  add("menu", "bye", call::HangUpNode{say});
  add("direct", "queue", call::QueueNode{.queue = "general", .refused = "full"});
  add("direct", "full", call::HangUpNode{say});
  add("sorry", "bye", call::HangUpNode{say});
  add("again", "experts", call::QueueNode{.queue = "experts", .refused = "general"});
  add("again", "general", call::QueueNode{.queue = "general", .refused = "full"});
  add("again", "full", call::HangUpNode{say});
  return book;
}

app::Queue queue(std::uint64_t id, const std::string& code, Stream& chance) {
  app::Queue queue;
  queue.id = QueueId{id};
  queue.code = code;
  queue.offer_timeout = chance.between(seconds{5}, seconds{25});
  queue.wrap_up = chance.chance(0.3) ? Duration{0} : chance.between(seconds{5}, seconds{60});
  queue.waiting_max = chance.chance(0.3) ? 1 + static_cast<std::int64_t>(chance.below(6)) : 1000;
  return queue;
}

app::Agent staff(std::uint64_t id, Stream& chance) {
  app::Agent agent;
  agent.id = AgentId{id};
  agent.number = std::to_string(8000 + id);
  agent.username = "agent" + std::to_string(id);
  agent.name = agent.username;
  if (chance.chance(0.9)) agent.queues.push_back(QueueId{1});
  if (agent.queues.empty() || chance.chance(0.3)) agent.queues.push_back(QueueId{2});
  if (chance.chance(0.4)) agent.skills.emplace_back(SkillId{1}, 1 + static_cast<int>(chance.below(9)));
  if (chance.chance(0.4)) {
    agent.device = "sip";
    agent.sip_contact = "sip:" + agent.number + "@192.0.2.9:5060";
  }
  return agent;
}

}  // namespace

WorldScript small_hotline(std::uint64_t seed) {
  Stream chance(seed, "world");
  WorldScript script;
  script.seed = seed;
  app::World& world = script.world;
  world.queues = {queue(1, "general", chance), queue(2, "experts", chance)};
  world.skills = {{SkillId{1}, "english", {}}};
  world.reasons = {{"pause", "lunch", {}, "", 0}, {"contact", "fault", {}, "", 0}, {"outcome", "solved", {}, "", 0}};
  world.service_lines = {{ServiceLineId{1}, "1000", {}, {"1000"}, "menu"},
                         {ServiceLineId{2}, "112", {}, {"112"}, "direct"},
                         {ServiceLineId{3}, "114", {}, {"114"}, "not_there"}};
  script.flows = flow_book();
  script.live.calls_max = chance.chance(0.2) ? 5 + static_cast<std::uint32_t>(chance.below(10)) : 1000;

  const std::uint64_t agents = 2 + chance.below(7);
  for (std::uint64_t id = 1; id <= agents; ++id) {
    world.agents.push_back(staff(id, chance));
    AgentHabits habits;
    habits.id = AgentId{id};
    habits.browser = world.agents.back().device != "sip";
    habits.answers = chance.chance(0.2) ? 0.6 : 0.95;
    habits.rejects = chance.chance(0.3) ? 0.1 : 0.02;
    habits.reaction = chance.between(seconds{1}, seconds{6});
    habits.wrap_up = chance.between(seconds{2}, seconds{40});
    habits.acts_every = chance.between(seconds{10}, seconds{120});
    habits.signs_in = chance.chance(0.7) ? chance.between(seconds{0}, seconds{20}) : chance.between({}, minutes{15});
    if (chance.chance(0.3)) habits.signs_out = habits.signs_in + chance.between(minutes{5}, minutes{20});
    script.agents.push_back(habits);
  }
  CallerHabits& callers = script.callers;
  callers.patience = chance.between(seconds{20}, minutes{4});
  callers.handling = chance.between(seconds{15}, minutes{3});
  callers.by_web = chance.chance(0.5) ? 0 : 0.3;
  callers.numbers = {"1000", "1000", "112", "112", "114", "999"};
  if (chance.chance(0.6)) callers.numbers = {"1000", "112", "112"};
  // From idle to twice what the agents can do.
  const double able =
      static_cast<double>(agents) * 60'000.0 / static_cast<double>((callers.handling + seconds{20}).count());
  for (Duration at{0}; at < script.day; at += script.interval)
    script.arrivals_per_minute.push_back(std::min(6.0, 0.3 + able * 1.7 * chance.uniform()));
  give_routing(script);
  return script;
}

Result<FaultKinds, std::string> fault_kinds_from(const std::string& text) {
  FaultKinds kinds;
  if (text == "none" || text.empty()) return kinds;
  if (text == "all") return FaultKinds{true, true, true, true, true, true};
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string kind = text.substr(from, comma - from);
    if (kind == "link")
      kinds.link = true;
    else if (kind == "agents")
      kinds.agents = true;
    else if (kind == "node")
      kinds.node = true;
    else if (kind == "core")
      kinds.core = true;
    else if (kind == "store")
      kinds.store = true;
    else if (kind == "clock")
      kinds.clock = true;
    else
      return fail("\"" + kind + "\" is no kind of fault: all, none, or some of link,agents,node,core,store,clock");
    from = comma + 1;
  }
  return kinds;
}

}  // namespace hotline::sim
