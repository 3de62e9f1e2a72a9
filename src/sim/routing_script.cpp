// SPDX-License-Identifier: Apache-2.0
#include "sim/routing_script.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::string target_from(const std::string& queue, Stream& chance) {
  switch (chance.below(9)) {
    case 0:
    case 1:
      return queue == "general" ? "queue:experts" : "queue:general";
    case 2:
      return "flow:sorry";
    case 3:
      return "flow:menu";  // may lead back to where they came from
    case 4:
      return "hang_up";
    case 5:
      return "flow:again";  // without a word in between
    default:
      return "call_back";
  }
}

/// "08:07": minutes after eight, when the simulated day begins.
std::string clock_time(std::uint64_t minute) {
  return "08:" + std::to_string(100 + minute).substr(1);
}

/// Closes after a while; opens again in some worlds.
app::HoursSetting some_hours(Stream& chance) {
  app::HoursSetting hours;
  const std::uint64_t closes = 8 + chance.below(18);
  std::vector<std::string> spans{"00:00-" + clock_time(closes)};
  if (chance.chance(0.5)) spans.push_back(clock_time(closes + 1 + chance.below(10)) + "-24:00");
  hours.week["mon"] = spans;
  return hours;
}

app::ExitSettings some_exits(const std::string& queue, Stream& chance) {
  app::ExitSettings exits;
  const auto maybe = [&](double share) { return chance.chance(share) ? target_from(queue, chance) : std::string(); };
  exits.closed = maybe(0.8);
  exits.empty_at_close = chance.chance(0.5);
  exits.nobody = maybe(0.3);
  exits.length = maybe(0.4);
  exits.length_max = 1 + static_cast<std::int64_t>(chance.below(6));
  exits.predicted = maybe(0.4);
  exits.predicted_max_ms = chance.between(seconds{20}, minutes{3});
  exits.wait = maybe(0.5);
  exits.wait_max_ms = chance.between(seconds{10}, minutes{2});
  if (chance.chance(0.7)) exits.digits["1"] = "call_back";
  if (chance.chance(0.4)) exits.digits["2"] = target_from(queue, chance);
  if (chance.chance(0.2)) exits.digits["*"] = target_from(queue, chance);
  return exits;
}

}  // namespace

app::QueueRouting some_routing(const std::string& queue, Stream& chance) {
  const std::string other = queue == "general" ? "experts" : "general";
  app::QueueRouting routing;
  routing.wrap_up_forced = chance.chance(0.15);
  routing.weight = static_cast<std::int64_t>(chance.below(21)) - 10;
  if (chance.chance(0.5)) {
    routing.ring_plan.push_back({chance.between(seconds{5}, seconds{30}), 4, {}, {}});
    routing.ring_plan.push_back({chance.between(seconds{30}, seconds{90}), 0, {"english"}, {other}});
  }
  if (chance.chance(0.4)) routing.prefer_wait_ms = chance.between(seconds{5}, seconds{40});
  routing.handling_ms = chance.between(seconds{20}, minutes{2});
  if (chance.chance(0.4)) routing.hours = some_hours(chance);
  if (chance.chance(0.8)) routing.exits = some_exits(queue, chance);
  if (chance.chance(0.6)) {
    routing.announcements.first_ms = chance.between(seconds{2}, seconds{20});
    routing.announcements.every_ms = chance.chance(0.7) ? chance.between(seconds{10}, seconds{40}) : Duration{0};
    routing.announcements.position = chance.chance(0.8);
    routing.announcements.wait = chance.chance(0.7);
  }
  routing.call_back.on_abandon = chance.chance(0.5);
  routing.call_back.from_web = chance.chance(0.6);
  routing.call_back.attempts = 1 + static_cast<std::int64_t>(chance.below(3));
  routing.call_back.busy_retry_ms = chance.between(seconds{10}, minutes{1});
  routing.call_back.retry_ms = chance.between(seconds{10}, minutes{2});
  routing.call_back.keep_ms = chance.between(minutes{1}, minutes{20});
  return routing;
}

app::RoutingRules some_rules(Stream& chance) {
  app::RoutingRules rules;
  rules.ageing_per_minute = static_cast<std::int64_t>(chance.below(6));
  rules.vip_points = static_cast<std::int64_t>(chance.below(20));
  rules.repeat_points = static_cast<std::int64_t>(chance.below(10));
  if (chance.chance(0.3)) rules.seats["b"] = 1 + static_cast<std::int64_t>(chance.below(3));
  return rules;
}

app::LineOperation some_operation(const app::LineOperation& now, Stream& chance) {
  app::LineOperation operation = now;
  if (chance.chance(0.6)) {
    std::vector<std::string> next;
    const auto from = service_line::stage_from(now.stage).value_or(service_line::Stage::integrated);
    for (const auto to : {service_line::Stage::standalone, service_line::Stage::trial, service_line::Stage::integrated,
                          service_line::Stage::outsourced, service_line::Stage::retired}) {
      const service_line::Conditions none{Duration{}, 0, 0, 1};
      if (to != from && service_line::obstacles(from, to, none, {}).empty()) next.emplace_back(to_string(to));
    }
    operation.stage = next[chance.below(next.size())];
    operation.outsourced_to = "5550166";
  }
  operation.trunks_reserved = chance.chance(0.5) ? static_cast<std::int64_t>(chance.below(5)) : 0;
  operation.trunks_max = chance.chance(0.3) ? 1 + static_cast<std::int64_t>(chance.below(8)) : 0;
  const char* const full[] = {"busy", "refuse", "flow:sorry"};
  operation.when_full = full[chance.below(3)];
  return operation;
}

void give_routing(WorldScript& script) {
  Stream chance(script.seed, "routing");
  app::World& world = script.world;
  for (app::Queue& queue : world.queues) {
    queue.name = {"queue", "queue", "queue"};
    queue.service_line = queue.code == "general" ? "1000" : "112";
    if (chance.chance(0.8)) queue.routing = jsonmap::write(some_routing(queue.code, chance));
  }
  for (app::ServiceLine& line : world.service_lines) {
    if (chance.chance(0.4)) line.operation = jsonmap::write(some_operation({}, chance));
  }
  for (app::Agent& agent : world.agents) agent.team = chance.chance(0.5) ? "a" : "b";
  if (chance.chance(0.5)) world.routing_rules = jsonmap::write(some_rules(chance));
  if (chance.chance(0.5)) script.trunks = 4 + static_cast<std::int64_t>(chance.below(20));
  script.callers.presses_waiting = chance.chance(0.6) ? 0.3 : 0.02;
  if (chance.chance(0.6)) script.web_call_back_every = chance.between(minutes{1}, minutes{6});
  if (chance.chance(0.7)) script.routing_changes_every = chance.between(seconds{40}, minutes{5});
}

}  // namespace hotline::sim
