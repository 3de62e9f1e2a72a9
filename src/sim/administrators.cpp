// SPDX-License-Identifier: Apache-2.0
#include "sim/administrators.hpp"

#include "sim/routing_script.hpp"

namespace hotline::sim {

Administrators::Administrators(Timeline& time, const WorldScript& script)
    : time_(time), script_(script), chance_(script.seed, "administrators"), customers_(script.seed, "web call-backs") {}

void Administrators::begin(CoreHost& core) {
  core_ = &core;
  plan_change();
  plan_call_back();
}

void Administrators::plan_change() {
  if (script_.routing_changes_every <= Duration{0}) return;
  time_.after(chance_.exponential(script_.routing_changes_every), [this] {
    if (stopped_) return;
    if (core_->runs()) change();
    plan_change();
  });
}

void Administrators::change() {
  switch (chance_.below(8)) {
    case 0:
    case 1:
    case 2:
      return set_queue();
    case 3:
    case 4:
      return set_skills();
    case 5:
      return set_line();
    case 6:
      return cancel_call_back();
    default:
      core_->request("admin: sets the rules", 0,
                     [rules = some_rules(chance_)](app::Live& live, app::RequestId request, TimePoint now) {
                       return live.set_rules(request, rules, now);
                     });
  }
}

void Administrators::set_queue() {
  const auto& queues = core_->live().world().queues;
  const app::Queue& queue = queues[chance_.below(queues.size())];
  app::SetQueue command;
  command.id = queue.id;
  command.code = queue.code;
  command.name = queue.name;
  command.service_line = queue.service_line;
  command.offer_timeout = queue.offer_timeout;
  command.wrap_up = queue.wrap_up;
  command.waiting_max = queue.waiting_max;
  command.routing = some_routing(queue.code, chance_);
  core_->request("admin: sets a queue", queue.id.value(), [&](app::Live& live, app::RequestId request, TimePoint now) {
    return live.set_queue(request, command, now);
  });
}

void Administrators::set_skills() {
  app::SetAgentSkills command;
  command.agent = AgentId{1 + chance_.below(script_.agents.size())};
  for (const char* code : {"general", "experts"}) {
    if (chance_.chance(0.6)) command.queues.emplace_back(code);
  }
  if (chance_.chance(0.6)) command.skills["english"] = 1 + static_cast<std::int64_t>(chance_.below(9));
  core_->request("admin: sets an agent's skills", command.agent.value(),
                 [&](app::Live& live, app::RequestId request, TimePoint now) {
                   return live.set_agent_skills(request, command, now);
                 });
}

void Administrators::set_line() {
  const auto& lines = core_->live().world().service_lines;
  const app::ServiceLine& line = lines[chance_.below(lines.size())];
  app::SetLineOperation command;
  command.line = line.id;
  command.operation = some_operation(app::operation_of(line), chance_);
  command.despite = true;
  core_->request("admin: sets a service line", line.id.value(),
                 [&](app::Live& live, app::RequestId request, TimePoint now) {
                   return live.set_line_operation(request, command, now);
                 });
}

void Administrators::cancel_call_back() {
  const auto all = core_->live().call_backs();
  if (all.empty()) return;
  const CallId call = all[chance_.below(all.size())].id;
  core_->request("admin: cancels a call-back", call.value(),
                 [&](app::Live& live, app::RequestId request, TimePoint now) {
                   return live.cancel_call_back(request, call, now);
                 });
}

void Administrators::plan_call_back() {
  if (script_.web_call_back_every <= Duration{0}) return;
  time_.after(customers_.exponential(script_.web_call_back_every), [this] {
    if (stopped_) return;
    const app::WebCallBack wanted{"555 010" + std::to_string(customers_.below(10)),
                                  customers_.chance(0.7) ? "general" : "experts"};
    core_->request("web call-back", 0, [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.web_call_back(request, wanted, now);
    });
    plan_call_back();
  });
}

}  // namespace hotline::sim
