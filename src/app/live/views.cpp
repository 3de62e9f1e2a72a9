// SPDX-License-Identifier: Apache-2.0
// The live state as desks and the wallboard see it.
#include "app/live/views.hpp"

#include <algorithm>
#include <cstdlib>

#include "app/live/live.hpp"

namespace hotline::app {
namespace {

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
    case call::Stage::dialing:
      return call.agent && call.agent->answered ? "dialing" : "connecting";
    case call::Stage::talking:
      break;
  }
  if (call.agent && !call.agent->answered) return "connecting";
  if (call.consult && call.consult->with == call::With::consulted) return "consulting";
  if (call.consult && call.consult->with == call::With::everyone) return "conference";
  return call.on_hold ? "held" : "talking";
}

std::string state_of_consulted(const call::Consultation& consult) {
  if (!consult.agent->taken) return "offered";
  if (!consult.agent->answered) return "connecting";
  if (consult.with == call::With::everyone) return "conference";
  return consult.with == call::With::customer ? "held" : "consulting";
}

const char* to_string(call::With with) {
  switch (with) {
    case call::With::consulted:
      return "consulted";
    case call::With::customer:
      return "customer";
    case call::With::everyone:
      break;
  }
  return "everyone";
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

std::optional<QualityView> quality_of(const Leg& leg) {
  if (leg.codec.empty() && leg.packets_received == 0) return std::nullopt;
  QualityView view;
  view.codec = leg.codec;
  if (leg.mos_x100 > 0) view.mos = static_cast<double>(leg.mos_x100) / 100;
  view.loss_percent = static_cast<double>(leg.loss_x100) / 100;
  view.jitter_ms = leg.jitter_ms;
  if (leg.rtt_ms > 0) {  // the far end speaks RTCP
    view.rtt_ms = leg.rtt_ms;
    view.remote_loss_percent = static_cast<double>(leg.remote_loss_x100) / 100;
    view.remote_jitter_ms = leg.remote_jitter_ms;
  }
  return view;
}

std::optional<ConsultView> Live::consult_view(const call::Call& call) const {
  if (!call.consult) return std::nullopt;
  const call::Consultation& consult = *call.consult;
  ConsultView view;
  view.kind = consult.kind;
  view.target = consult.target;
  view.with = to_string(consult.with);
  view.since_ms = consult.since;
  view.connected_ms = consult.connected_at;
  view.state = consult.answered() ? "connected" : consult.queued && !consult.agent ? "queued" : "ringing";
  if (consult.agent) {
    view.agent_id = consult.agent->agent;
    if (const Agent* agent = staff(consult.agent->agent)) view.name = agent->name;
    if (consult.agent->taken && !consult.agent->answered) view.state = "connecting";
  } else if (consult.kind == "agent") {
    if (const Agent* agent = staff(AgentId{std::strtoull(consult.target.c_str(), nullptr, 10)}))
      view.name = agent->name;
  }
  if (const auto waits = expert_waits_.find(call.id); waits != expert_waits_.end() && view.state == "queued") {
    view.position = waits->second.position;
    view.wait_ms = waits->second.wait;
  }
  return view;
}

CallView Live::view(const Entry& entry, std::optional<AgentId> viewer) const {
  const call::Call& call = entry.call;
  CallView view;
  view.id = call.id;
  view.state = state_of(call);
  view.channel = call.channel;
  view.direction = call.direction;
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
  if (view.agent_id) {
    if (const Agent* agent = staff(*view.agent_id)) view.agent_name = agent->name;
  }
  view.connected_ms = call.connected_at;
  view.revision = entry.history_length;
  view.consult = consult_view(call);
  view.consult_end = unless_empty(call.consult_end);
  const bool consulted = viewer && call.consult && call.consult->agent && call.consult->agent->agent == *viewer;
  show_context(view, entry, consulted);
  if (consulted) {
    view.role = "consulted";
    view.state = state_of_consulted(*call.consult);
    view.connected_ms = call.consult->connected_at;
    view.queued_ms.reset();
    if (!call.consult->agent->taken) {
      view.offered_ms = call.offered_at;
      if (const acd::AgentLive* live = acd_.agent(*viewer)) view.offer_expires_ms = live->deadline;
    }
  }
  if (viewer && call.caller == viewer) {
    view.role = "caller";
    if (call.stage == call::Stage::waiting) view.state = "dialing";
    view.offered_ms.reset();
    view.offer_expires_ms.reset();
  }
  if (const call::Supervision* own = viewer ? call.supervision_by(*viewer) : nullptr) {
    view.role = "supervisor";
    view.state = own->who.answered ? "supervising" : "connecting";
    view.supervision = supervision_view(*own);
    view.queued_ms.reset();
    view.connected_ms = own->connected_at;
  }
  view.ended_ms = call.ended_at;
  view.end_cause = unless_empty(call.end_cause);
  view.recording_paused_until_ms = call.recording_paused_until;
  if (entry.who) view.customer = view_of(*entry.who);
  for (const auto& [name, value] : call.position.variables) {
    if (name != "from" && name != "to" && name != "language" && name != "customer" && name != "vip" &&
        name != "service_line" && name != "repeat" && name != "owner" && name != "last_agent") {
      view.collected[name] = value;
    }
  }
  return view;
}

SupervisionView Live::supervision_view(const call::Supervision& supervision) const {
  const Agent* agent = staff(supervision.who.agent);
  return {supervision.who.agent, agent == nullptr ? std::string() : agent->name, call::to_string(supervision.mode),
          supervision.who.answered ? "connected" : "connecting", supervision.since};
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
  if (agent->sip_account.exists()) status.phone_registered = phone_registered(*agent);
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
  if (entry == calls_.end() || !entry->second.call.has_agent(agent)) return std::nullopt;
  return view(entry->second, agent);
}

/// Agents and calls agree with each other, and the ACD with itself. For tests, the simulator and `hotline doctor`.
std::vector<std::string> Live::violations(TimePoint now) const {
  std::vector<std::string> found = acd_.violations(now);
  for (const acd::AgentLive* agent : acd_.agents()) {
    if (agent->state != acd::AgentState::busy && agent->state != acd::AgentState::offered) continue;
    const auto call = agent->call ? calls_.find(*agent->call) : calls_.end();
    const bool agrees = call != calls_.end() && call->second.call.has_agent(agent->id);
    if (!agrees)
      found.push_back("agent " + agent->id.to_string() + " is " + acd::to_string(agent->state) + " without its call");
  }
  for (const auto& [id, entry] : calls_) {
    const call::Call& call = entry.call;
    const bool queued = call.queued || (call.consult && call.consult->queued);
    if (queued != (acd_.waiting(id) != nullptr))
      found.push_back("call " + id.to_string() + " and the ACD disagree about waiting");
    if (call.stage == call::Stage::ended && (call.agent || call.consult))
      found.push_back("call " + id.to_string() + " ended with an agent");
    const bool later = call.waits_to_call_back() && call.call_back->next_at;
    if (call.stage == call::Stage::waiting && !call.queued && !call.agent && !later)
      found.push_back("call " + id.to_string() + " waits for nobody");
    if (!call.call_back || call.stage == call::Stage::ended) continue;
    const auto noted = call_backs_.find(call.call_back->number);
    if (noted == call_backs_.end() || noted->second != id)
      found.push_back("call-back " + id.to_string() + " is not the one noted for its number");
  }
  for (const auto& [number, id] : call_backs_) {
    const auto call = calls_.find(id);
    if (call == calls_.end() || call->second.call.stage == call::Stage::ended)
      found.push_back("call-back " + id.to_string() + " is noted and not there");
  }
  std::map<std::string, std::uint32_t> incoming;
  for (const auto& [id, entry] : calls_) {
    if (entry.call.stage != call::Stage::ended && entry.call.direction == "inbound" && entry.call.channel == "phone")
      ++incoming[entry.call.service_line];
  }
  for (const auto& [line, calls] : line_calls_) {
    if (calls != incoming[line])
      found.push_back("service line " + line + " counts " + std::to_string(calls) + " calls on trunks, has " +
                      std::to_string(incoming[line]));
  }
  return found;
}

}  // namespace hotline::app
