// SPDX-License-Identifier: Apache-2.0
// Configuration changed while the hotline runs: stored, and in force for the next decision. No call is touched; those
// who wait stand anew where the new rules put them.
#include <algorithm>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

bool is_code(const std::string& text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
}

bool is_name(const Names& name) {
  for (const std::string* text : {&name.en, &name.zh_hans, &name.zh_hant}) {
    if (text->empty() || text->size() > 128 || !storable(*text)) return false;
  }
  return true;
}

/// An id for a new row: rows come from a catalogue with small ids, and from here.
template <class Rows>
auto next_id(const Rows& rows) {
  auto id = decltype(rows.front().id){};
  for (const auto& row : rows) id = std::max(id, row.id);
  return decltype(id){id.value() + 1};
}

}  // namespace

void Live::configure_acd(TimePoint now) {
  acd_.configure_rules(app::config_of(rules_));
  for (const Queue& queue : world_.queues) acd_.configure_queue(app::config_of(queue, world_, config_.utc_offset));
  for (const Agent& agent : world_.agents) {
    if (agent.enabled) (void)acd_.configure_agent(app::config_of(agent), now);
  }
}

void Live::world_changed(Work& work) {
  index_world();
  work.outward(WorldSeen{std::make_shared<const World>(world_)});
}

LiveEffects Live::set_queue(RequestId request, const SetQueue& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why, std::string field = {}) {
    work.refuse(request, code, std::move(why), std::move(field));
    return work.finish();
  };
  if (!is_code(command.code)) return refuse("bad_value", "code is 1 to 32 of a-z, 0-9 and _.", "code");
  if (!is_name(command.name)) return refuse("bad_value", "name has 1 to 128 bytes in each language.", "name");
  const bool line = command.service_line.empty() || operations_.contains(command.service_line);
  if (!line) return refuse("bad_value", "No service line has the code " + command.service_line + ".", "service_line");
  const auto found = std::find_if(world_.queues.begin(), world_.queues.end(),
                                  [&](const Queue& queue) { return queue.id == command.id; });
  if (command.id && found == world_.queues.end()) return refuse("not_found", "No queue has this id.");
  if (command.id && found->code != command.code)
    return refuse("bad_value", "A queue's code stays: flows and contacts name it.", "code");
  if (!command.id && queue_by_code(command.code) != nullptr)
    return refuse("bad_value", "Another queue has the code " + command.code + ".", "code");
  Queue queue;
  queue.id = command.id ? command.id : next_id(world_.queues);
  queue.code = command.code;
  queue.name = command.name;
  queue.service_line = command.service_line;
  queue.offer_timeout = command.offer_timeout;
  queue.wrap_up = command.wrap_up;
  queue.waiting_max = command.waiting_max;
  queue.routing = jsonmap::write(command.routing);
  if (auto broken = broken_reference(queue, command.routing, world_, *flows_); !broken.empty())
    return refuse("bad_value", broken, "routing." + broken.substr(0, broken.find(':')));
  if (found == world_.queues.end())
    world_.queues.push_back(queue);
  else
    *found = queue;
  work.change(PutQueue{queue});
  world_changed(work);
  work.apply(acd_.configure_queue(app::config_of(queue, world_, config_.utc_offset), now));
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

LiveEffects Live::set_skill(RequestId request, const std::string& code, const Names& name, TimePoint now) {
  Work work(*this, now);
  if (!is_code(code) || !is_name(name)) {
    work.refuse(request, "bad_value", "code is 1 to 32 of a-z, 0-9 and _; name has 1 to 128 bytes in each language.");
    return work.finish();
  }
  auto found =
      std::find_if(world_.skills.begin(), world_.skills.end(), [&](const Skill& skill) { return skill.code == code; });
  if (found == world_.skills.end())
    found = world_.skills.insert(world_.skills.end(), Skill{next_id(world_.skills), code, name});
  found->name = name;
  work.change(PutSkill{*found});
  world_changed(work);
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

LiveEffects Live::set_rules(RequestId request, const RoutingRules& rules, TimePoint now) {
  Work work(*this, now);
  for (const auto& [team, seats] : rules.seats) {
    if (storable(team)) continue;
    work.refuse(request, "bad_value", "A team's name is UTF-8 text without NUL.");
    return work.finish();
  }
  world_.routing_rules = jsonmap::write(rules);
  work.change(PutRoutingRules{world_.routing_rules});
  world_changed(work);
  acd_.configure_rules(app::config_of(rules_));
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

LiveEffects Live::set_agent_skills(RequestId request, const SetAgentSkills& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why, std::string field = {}) {
    work.refuse(request, code, std::move(why), std::move(field));
    return work.finish();
  };
  const auto found = staff_.find(command.agent);
  if (found == staff_.end()) return refuse("not_found", "No agent has this id.");
  std::vector<QueueId> queues;
  for (const std::string& code : command.queues) {
    const Queue* queue = queue_by_code(code);
    if (queue == nullptr) return refuse("bad_value", "No queue has the code " + code + ".", "queues");
    if (std::find(queues.begin(), queues.end(), queue->id) == queues.end()) queues.push_back(queue->id);
  }
  std::vector<std::pair<SkillId, int>> skills;
  for (const auto& [code, level] : command.skills) {
    const auto skill = skills_.find(code);
    if (skill == skills_.end()) return refuse("bad_value", "No skill has the code " + code + ".", "skills");
    if (level < 1 || level > 9) return refuse("bad_value", "A skill's level is 1 to 9.", "skills");
    skills.emplace_back(skill->second, static_cast<int>(level));
  }
  Agent& agent = world_.agents[found->second];
  agent.queues = std::move(queues);
  agent.skills = std::move(skills);
  work.change(SetAgentRouting{agent.id, agent.queues, agent.skills});
  world_changed(work);
  if (agent.enabled) work.apply(acd_.configure_agent(app::config_of(agent), now));
  work.outward(AgentSeen{agent_status(agent.id)});
  work.reply(Reply{request, {}, agent_status(agent.id), {}});
  return work.finish();
}

/// The life cycle (requirement B2): what is live stays with its agents; only who may be rung next changes.
LiveEffects Live::set_line_operation(RequestId request, const SetLineOperation& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why, std::string field = {}) {
    work.refuse(request, code, std::move(why), std::move(field));
    return work.finish();
  };
  const auto line = std::find_if(world_.service_lines.begin(), world_.service_lines.end(),
                                 [&](const ServiceLine& l) { return l.id == command.line; });
  if (line == world_.service_lines.end()) return refuse("not_found", "No service line has this id.");
  const auto from = service_line::stage_from(operation_of_line(line->code).stage);
  const auto to = service_line::stage_from(command.operation.stage);
  if (!from || !to)
    return refuse("bad_value", "stage is standalone, trial, integrated, outsourced or retired.", "operation.stage");
  const auto none = service_line::obstacles(*from, *to, {Duration{}, 0, 0, 1}, command.measured);
  const auto obstacles = service_line::obstacles(*from, *to, conditions_of(command.operation), command.measured);
  if (!none.empty() || (!obstacles.empty() && !command.despite)) {
    std::string why;
    for (const std::string& obstacle : obstacles) why += (why.empty() ? "" : " ") + obstacle;
    return refuse("wrong_state", why, "operation.stage");
  }
  if (const std::string& full = command.operation.when_full; full.starts_with("flow:")) {
    const std::string name = full.substr(5);
    if (call::find_node(*flows_, "", name.find(':') == std::string::npos ? name + ":" : name).node == nullptr)
      return refuse("bad_value", "when_full: there is no flow " + name + ".", "operation.when_full");
  }
  line->operation = jsonmap::write(command.operation);
  work.change(PutLineOperation{line->id, line->operation});
  world_changed(work);
  for (const Queue& queue : world_.queues)  // ring plans may reach further, or less far, than before
    work.apply(acd_.configure_queue(app::config_of(queue, world_, config_.utc_offset), now));
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

}  // namespace hotline::app
