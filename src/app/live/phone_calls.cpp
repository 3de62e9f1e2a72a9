// SPDX-License-Identifier: Apache-2.0
// What agents do with the keys of their phones: calls to colleagues and outside numbers, a second call beside a
// customer's, transfers (docs/adr/0016).
#include <algorithm>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

constexpr unsigned forbidden = 403, not_found = 404, busy_here = 486, declined = 603, unavailable = 503;
/// Before callers who have nobody yet: a customer is on hold for this.
constexpr int consult_priority = 50;

/// "192.0.2.9" of "sip:8001@192.0.2.9:5060;transport=tcp" and of "192.0.2.9:5060".
std::string host_of(const std::string& address) {
  const auto at = address.find('@');
  std::string host = address.substr(at == std::string::npos ? 0 : at + 1);
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find_first_of(":;"));
}

unsigned status_of(const Refused& refused) {
  if (refused.code == "not_free") return busy_here;
  return refused.code == "bad_value" ? not_found : forbidden;
}

}  // namespace

const Agent* Live::caller_of(const IncomingLeg& leg) const {
  const bool by_account = !leg.account.empty();
  if (!by_account && !leg.trunk.empty()) return nullptr;
  const std::string& number = by_account ? leg.account : leg.from_user;
  const auto found = std::find_if(world_.agents.begin(), world_.agents.end(), [&](const Agent& agent) {
    if (!agent.enabled || agent.number != number) return false;
    return by_account || (!agent.sip_contact.empty() && host_of(agent.sip_contact) == host_of(leg.source));
  });
  return found == world_.agents.end() ? nullptr : &*found;
}

TransferTo Live::dialled(const std::string& user) const {
  for (const Agent& agent : world_.agents) {
    if (agent.enabled && agent.number == user) return {"agent", agent.id.to_string()};
  }
  if (queue_by_code(user) != nullptr) return {"queue", user};
  const ServiceLine* line = line_of(user);
  if (line == nullptr) return {"number", user};
  const auto queue = std::find_if(world_.queues.begin(), world_.queues.end(),
                                  [&](const Queue& q) { return q.service_line == line->code; });
  return {"queue", queue == world_.queues.end() ? std::string() : queue->code};
}

std::optional<unsigned> Live::phone_calls(Work& work, const std::string& node, const IncomingLeg& leg,
                                          const Agent& agent, TimePoint at) {
  const TransferTo whom = dialled(leg.to_user);
  const acd::AgentLive* live = acd_.agent(agent.id);
  if (live == nullptr ||
      agent.device != "sip")  // their calls are elsewhere; the phone may ask the hotline like anybody
    return line_of(leg.to_user) != nullptr ? std::nullopt : std::optional(forbidden);
  if (const auto entry = live->call ? calls_.find(*live->call) : calls_.end();
      entry != calls_.end() && live->state == acd::AgentState::busy) {
    const call::Call& call = entry->second.call;
    const bool theirs = call.stage == call::Stage::talking && call.agent && call.agent->agent == agent.id;
    if (!theirs || call.agent->browser || !call.agent->answered || call.consult) return busy_here;
    if (call.node != node) return unavailable;  // sound does not pass between nodes
    return phone_consults(work, entry->second, leg, whom, at);
  }
  if (whom.kind == "queue") return line_of(leg.to_user) != nullptr ? std::nullopt : std::optional(not_found);
  AgentId colleague;
  if (const auto refused = check_target(agent.id, whom, colleague)) {
    work.outward(Logged{{}, "phone of " + agent.number + ": " + refused->message});
    return status_of(*refused);
  }
  const bool internal = whom.kind == "agent";
  const std::string number = without_separators(leg.to_user);
  Entry entry = new_entry(node, "phone", internal ? agent.number : shown_for(""), number, ServiceLine{}, at);
  entry.contact.direction = internal ? "internal" : "outbound";
  entry.contact.agent = agent.id;
  const CallId id = entry.call.id;
  auto busy = acd_.begin_call(agent.id, id, work.now());
  if (!busy) {
    work.outward(Logged{{}, "phone of " + agent.number + ": calls can be made when ready or paused"});
    return live->state == acd::AgentState::signed_out ? forbidden : busy_here;
  }
  if (internal) {
    entry.call.customer_leg = leg.leg;
    entry.call.from_display = agent.name;
  }
  Entry& added = work.add(std::move(entry));
  work.apply(*busy);
  work.step(added, at, [&](call::CallStep& step) {
    if (internal) return step.phone_calls_agent(agent.id, colleague);
    call::AgentPart part = part_of(agent, node);
    part.leg = leg.leg;
    step.phone_dials(part);
  });
  if (!internal) work.outward(FindCustomer{id, number});
  return 0;
}

unsigned Live::phone_consults(Work& work, Entry& entry, const IncomingLeg& leg, const TransferTo& whom, TimePoint at) {
  const AgentId from = entry.call.agent->agent;
  AgentId colleague;
  if (const auto refused = check_target(from, whom, colleague)) {
    work.outward(Logged{entry.call.id, "the agent's phone wants to consult: " + refused->message});
    return status_of(*refused);
  }
  call::Refusal refusal = call::Refusal::none;
  work.step(entry, at, [&](call::CallStep& step) {
    if (whom.kind == "queue")
      refusal = step.consult_queue(from, {whom.target, consult_priority, {}, "music/hold", at}, leg.leg);
    else if (whom.kind == "number")
      refusal = step.consult_number(from, without_separators(whom.target), shown_for(entry.call.service_line), leg.leg);
    else
      refusal = step.consult_agent(from, colleague, leg.leg);
  });
  return refusal == call::Refusal::none ? 0 : busy_here;
}

/// A phone's transfer key (REFER). What is refused leaves the calls as they were and the phone is told; what is done
/// ends the phone's legs, which tells it 200.
void Live::take(Work& work, const std::string& node, const TransferRequested& requested, TimePoint at) {
  Entry* entry = entry_of_leg(requested.leg);
  const unsigned refused = entry == nullptr ? not_found : phone_transfers(work, *entry, requested, at);
  if (refused == 0) return;
  const CallId id = entry == nullptr ? CallId{} : entry->call.id;
  work.outward(Logged{
      id, "transfer asked for by leg " + requested.leg.to_string() + " refused with " + std::to_string(refused)});
  work.outward(ToNode{node, id, call::TellTransfer{requested.leg, refused}});
}

unsigned Live::phone_transfers(Work& work, Entry& entry, const TransferRequested& requested, TimePoint at) {
  const call::Call& call = entry.call;
  if (!call.agent) return forbidden;
  const AgentId from = call.agent->agent;
  call::Refusal refusal = call::Refusal::none;
  if (requested.replaces_leg) {  // attended; the phone may name either of its calls
    const LegId first = call.agent->leg, second = call.consult ? call.consult->own_leg : LegId{};
    const bool both = second && ((requested.leg == first && requested.replaces_leg == second) ||
                                 (requested.leg == second && requested.replaces_leg == first));
    if (!both) return forbidden;
    work.step(entry, at, [&](call::CallStep& step) { refusal = step.complete_transfer(from); });
    return refusal == call::Refusal::none ? 0 : declined;
  }
  if (call.agent->leg != requested.leg) return forbidden;  // neither customers nor those consulted
  const TransferTo to = dialled(requested.target);
  AgentId colleague;
  if (const auto refused = check_target(from, to, colleague)) return status_of(*refused);
  work.step(entry, at, [&](call::CallStep& step) {
    if (to.kind == "queue")
      refusal = step.transfer_to_queue(from, call::QueuePlace{to.target, 0, {}, "music/hold", at});
    else if (to.kind == "number")
      refusal = step.transfer_to_number(from, without_separators(to.target));
    else
      refusal = step.transfer_to_agent(from, colleague);
  });
  return refusal == call::Refusal::none ? 0 : declined;
}

}  // namespace hotline::app
