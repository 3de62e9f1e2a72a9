// SPDX-License-Identifier: Apache-2.0
// The live state as desks and the wallboard see it.
#include "app/live/views.hpp"

#include "app/live/live.hpp"

namespace hotline::app {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string state_of(const call::Call& call) {
  switch (call.stage) {
    case call::Stage::arriving:
    case call::Stage::ivr:
      return "ivr";
    case call::Stage::waiting:
      return call.agent ? "offered" : "queued";
    case call::Stage::transferring:
      return "transferring";
    case call::Stage::ended:
      return "ended";
    case call::Stage::talking:
      break;
  }
  if (call.agent && !call.agent->answered) return "connecting";
  return call.on_hold ? "held" : "talking";
}

}  // namespace

NamesView view_of(const Names& names) {
  return {{"en", names.en}, {"zh-Hans", names.zh_hans}, {"zh-Hant", names.zh_hant}};
}

CustomerView view_of(const Customer& customer) {
  CustomerView view{customer.id,      customer.number,
                    customer.name,    customer.kind,
                    customer.vip,     unless_empty(customer.language),
                    customer.address, customer.district,
                    customer.since,   {}};
  for (const CustomerPhone& phone : customer.phones) {
    view.phones.push_back({phone.number, phone.product, unless_empty(phone.exchange), phone.status});
  }
  return view;
}

CallView Live::view(const Entry& entry) const {
  const call::Call& call = entry.call;
  CallView view;
  view.id = call.id;
  view.state = state_of(call);
  view.from = call.from;
  view.to = call.to;
  view.service_line = unless_empty(call.service_line);
  view.queue = unless_empty(entry.contact.queue);
  if (const auto language = call.position.variables.find("language"); language != call.position.variables.end()) {
    view.language = language->second;
  }
  view.started_ms = call.started_at;
  if (call.place) view.queued_ms = call.place->since;
  if (call.agent) {
    view.agent_id = call.agent->agent;
    if (!call.agent->taken) {
      view.offered_ms = call.offered_at;
      if (const acd::AgentLive* live = acd_.agent(call.agent->agent)) view.offer_expires_ms = live->deadline;
    }
  }
  view.connected_ms = call.connected_at;
  view.ended_ms = call.ended_at;
  view.end_cause = unless_empty(call.end_cause);
  view.recording_paused_until_ms = call.recording_paused_until;
  if (entry.who) view.customer = view_of(*entry.who);
  for (const auto& [name, value] : call.position.variables) {
    if (name != "from" && name != "to" && name != "language" && name != "customer" && name != "vip" &&
        name != "service_line") {
      view.collected[name] = value;
    }
  }
  return view;
}

AgentStatus Live::agent_status(AgentId id) const {
  AgentStatus status;
  const Agent* agent = staff(id);
  if (agent == nullptr) return status;
  status.id = id;
  status.number = agent->number;
  status.name = agent->name;
  status.team = agent->team;
  status.device = agent->device;
  for (const QueueId queue : agent->queues) {
    if (const Queue* found = queue_by_id(queue)) status.queues.push_back(found->code);
  }
  const acd::AgentLive* live = acd_.agent(id);
  status.state = acd::to_string(live != nullptr ? live->state : acd::AgentState::signed_out);
  if (live != nullptr) {
    status.reason = unless_empty(live->reason);
    status.since_ms = live->since;
    status.call_id = live->call;
    if (live->next_state) status.next_state = acd::to_string(*live->next_state);
  }
  return status;
}

std::optional<CallView> Live::call_of_agent(AgentId agent) const {
  const acd::AgentLive* live = acd_.agent(agent);
  if (live == nullptr || !live->call) return std::nullopt;
  const auto entry = calls_.find(*live->call);
  if (entry == calls_.end() || !entry->second.call.agent || entry->second.call.agent->agent != agent)
    return std::nullopt;
  return view(entry->second);
}

Wallboard Live::wallboard(TimePoint now) const {
  Wallboard board;
  board.at_ms = now;
  board.threshold_s = std::chrono::duration_cast<std::chrono::seconds>(config_.service_level_threshold).count();
  for (const acd::QueueLive& live : acd_.queues()) {
    const Queue* queue = queue_by_id(live.id);
    if (queue == nullptr) continue;
    QueueView view{queue->id,
                   queue->code,
                   view_of(queue->name),
                   unless_empty(queue->service_line),
                   live.waiting,
                   0,
                   live.ready,
                   live.busy,
                   0,
                   0,
                   0,
                   0,
                   0,
                   {}};
    if (live.oldest) view.longest_wait_ms = std::max<std::int64_t>(0, (now - *live.oldest).count());
    if (const auto day = day_.find(queue->code); day != day_.end()) {
      view.offered = day->second.offered;
      view.answered = day->second.answered;
      view.abandoned = day->second.abandoned;
      view.short_abandoned = day->second.short_abandoned;
      if (view.answered > 0) view.answer_time_avg_ms = day->second.answer_time.count() / view.answered;
      if (view.answered + view.abandoned > 0) {
        view.service_level =
            static_cast<double>(day->second.in_threshold) / static_cast<double>(view.answered + view.abandoned);
      }
    }
    board.queues.push_back(std::move(view));
  }
  for (const acd::AgentLive* agent : acd_.agents()) ++board.agents[acd::to_string(agent->state)];
  for (const auto& [name, node] : nodes_) {
    board.voice_nodes.push_back({name, node.connected});
    for (const TrunkStatus& trunk : node.info.trunks) board.trunks.push_back(trunk);
  }
  for (const auto& [id, entry] : calls_) {
    const call::Stage stage = entry.call.stage;
    if (stage == call::Stage::ended) continue;
    ++board.calls.live;
    if (stage == call::Stage::ivr || stage == call::Stage::arriving) ++board.calls.ivr;
    if (stage == call::Stage::waiting) ++board.calls.queued;
    if (stage == call::Stage::talking) ++board.calls.talking;
  }
  return board;
}

/// Agents and calls agree with each other, and the ACD with itself. For tests, the simulator and `hotline doctor`.
std::vector<std::string> Live::violations(TimePoint now) const {
  std::vector<std::string> found = acd_.violations(now);
  for (const acd::AgentLive* agent : acd_.agents()) {
    if (agent->state != acd::AgentState::busy && agent->state != acd::AgentState::offered) continue;
    const auto call = agent->call ? calls_.find(*agent->call) : calls_.end();
    const bool agrees = call != calls_.end() && call->second.call.agent && call->second.call.agent->agent == agent->id;
    if (!agrees)
      found.push_back("agent " + agent->id.to_string() + " is " + acd::to_string(agent->state) + " without its call");
  }
  for (const auto& [id, entry] : calls_) {
    const call::Call& call = entry.call;
    if (call.queued != (acd_.waiting(id) != nullptr))
      found.push_back("call " + id.to_string() + " and the ACD disagree about waiting");
    if (call.stage == call::Stage::ended && call.agent)
      found.push_back("call " + id.to_string() + " ended with an agent");
    if (call.stage == call::Stage::waiting && !call.queued && !call.agent)
      found.push_back("call " + id.to_string() + " waits for nobody");
  }
  return found;
}

}  // namespace hotline::app
