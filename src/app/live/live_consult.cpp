// SPDX-License-Identifier: Apache-2.0
// What agents ask that involves a third party: transfer, consultation, calls they make themselves.
#include <algorithm>
#include <charconv>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

/// Before callers who have nobody yet: a customer is on hold for this.
constexpr int consult_priority = 50;

}  // namespace

std::optional<Refused> Live::check_target(AgentId from, const TransferTo& to, AgentId& agent) const {
  if (!storable(to.why)) return Refused{"bad_value", "why is not UTF-8 text, or has a NUL in it.", "why"};
  if (to.kind == "queue") {
    if (queue_by_code(to.target) == nullptr)
      return Refused{"bad_value", "No queue has the code " + to.target + ".", "target"};
    return std::nullopt;
  }
  if (to.kind == "number") {
    if (auto refused = check_number(config_.outbound, without_separators(to.target)))
      return Refused{refused->code, refused->message, "target"};
    return std::nullopt;
  }
  std::uint64_t id = 0;
  const char* const end = to.target.data() + to.target.size();
  if (const auto read = std::from_chars(to.target.data(), end, id); read.ec != std::errc{} || read.ptr != end) id = 0;
  agent = AgentId{id};
  const acd::AgentLive* live = acd_.agent(agent);
  if (live == nullptr) return Refused{"bad_value", "No agent has this id."};
  if (agent == from) return Refused{"bad_value", "This agent has the call already."};
  if (live->state != acd::AgentState::ready) return Refused{"not_free", "This agent is not ready."};
  return std::nullopt;
}

LiveEffects Live::transfer(RequestId request, AgentId agent, CallId call, const TransferTo& to, TimePoint now) {
  AgentId target;
  if (const auto refused = check_target(agent, to, target)) {
    Work work(*this, now);
    work.refuse(request, refused->code, refused->message, refused->field);
    return work.finish();
  }
  return on_agent_call(request, call, now, [&](call::CallStep& step) {
    if (to.kind == "queue") return step.transfer_to_queue(agent, place_of(to.target, 0, now), to.why);
    if (to.kind == "number") return step.transfer_to_number(agent, without_separators(to.target));
    return step.transfer_to_agent(agent, target, to.why);
  });
}

LiveEffects Live::consult(RequestId request, AgentId agent, CallId call, const TransferTo& whom, TimePoint now) {
  AgentId target;
  if (const auto refused = check_target(agent, whom, target)) {
    Work work(*this, now);
    work.refuse(request, refused->code, refused->message, refused->field);
    return work.finish();
  }
  const auto entry = calls_.find(call);
  const std::string line = entry == calls_.end() ? std::string() : entry->second.call.service_line;
  return on_agent_call(request, call, now, [&](call::CallStep& step) {
    if (whom.kind == "queue")
      return step.consult_queue(agent, place_of(whom.target, consult_priority, now), {}, whom.why);
    if (whom.kind == "number") return step.consult_number(agent, without_separators(whom.target), shown_for(line));
    return step.consult_agent(agent, target, {}, whom.why);
  });
}

LiveEffects Live::consult_step(RequestId request, AgentId agent, CallId call, ConsultStep what, TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) {
    switch (what) {
      case ConsultStep::complete:
        return step.complete_transfer(agent);
      case ConsultStep::conference:
        return step.make_conference(agent);
      case ConsultStep::swap:
        return step.swap(agent);
      case ConsultStep::end:
        break;
    }
    return step.end_consultation(agent);
  });
}

std::string Live::shown_for(const std::string& service_line) const {
  const std::string shown = shown_number(config_.outbound, service_line);
  return shown.empty() ? config_.entry_number : shown;
}

LiveEffects Live::dial(RequestId request, const Dial& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](std::string code, std::string why) {
    work.refuse(request, std::move(code), std::move(why));
    return work.finish();
  };
  const std::string number = without_separators(command.number);
  if (const auto refused = check_number(config_.outbound, number)) return refuse(refused->code, refused->message);
  const auto line = std::find_if(world_.service_lines.begin(), world_.service_lines.end(),
                                 [&](const ServiceLine& l) { return l.code == command.service_line; });
  if (!command.service_line.empty() && line == world_.service_lines.end())
    return refuse("bad_value", "No service line has the code " + command.service_line + ".");
  const Agent* agent = staff(command.agent);
  if (agent == nullptr || acd_.agent(command.agent) == nullptr)
    return refuse("wrong_state", "This agent does not take calls.");
  if (draining_ || !store_healthy_ || calls_.size() >= config_.calls_max)
    return refuse("unavailable", "No new calls can be made at the moment; try again in a minute.");
  const std::string* node = node_for_call(agent->device == "sip" ? agent : nullptr);
  if (node == nullptr) return refuse("unavailable", "No voice node takes calls; try again in a minute.");
  const ServiceLine none;
  Entry entry = new_entry(*node, "phone", shown_for(command.service_line), number,
                          command.service_line.empty() ? none : *line, now);
  entry.contact.direction = "outbound";
  entry.contact.agent = command.agent;
  const CallId id = entry.call.id;
  auto busy = acd_.begin_call(command.agent, id, now);
  if (!busy)
    return refuse("wrong_state", "Calls can be made when you are ready or paused, not during a call or its wrap-up.");
  Entry& added = work.add(std::move(entry));
  work.step(added, [&](call::CallStep& step) { step.dial(part_of(*agent, added.call.node)); });
  work.apply(*busy);
  work.outward(FindCustomer{id, number});
  work.reply(Reply{request, {}, {}, view(added)});
  return work.finish();
}

}  // namespace hotline::app
