// SPDX-License-Identifier: Apache-2.0
#include "sim/checks.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

/// Callers leave within 40 minutes (callers.cpp); outages and their repair take less than this.
constexpr Duration lives_max = std::chrono::minutes{75};

/// offered = answered + abandoned (short ones told apart) + refused (sent away by an exit) + called back + lost with a
/// voice node + live.
bool is_counted_outcome(const std::string& outcome) {
  for (const char* counted : {"answered", "abandoned", "short_abandoned", "refused", "called_back", "lost", "live"}) {
    if (outcome == counted) return true;
  }
  return false;
}

}  // namespace

void Checks::after_input(const app::LiveEffects& effects, TimePoint now) {
  for (const std::string& what : p_.core.live().violations(now)) complain(what);
  for (const app::Outward& effect : effects.outward) {
    const auto* seen = std::get_if<app::CallSeen>(&effect);
    if (seen == nullptr) continue;
    for (const AgentId agent : seen->tell) {
      if (seen->call->state == "ended") {
        shown_[agent].erase(seen->call->id);
      } else {
        shown_[agent].insert(seen->call->id);
      }
    }
  }
  for (const auto& [agent, calls] : shown_) {
    if (calls.size() > 1)
      complain("agent " + agent.to_string() + " has calls " + calls.begin()->to_string() + " and " +
               calls.rbegin()->to_string() + " at once");
  }
  routing_.after_input(effects, p_.core.live());
  for (const std::string& what : p_.store.take_broken()) complain(what);
}

void Checks::inspect(TimePoint now) {
  if (!p_.core.runs()) return;
  for (const auto& [id, row] : p_.store.live_calls()) {
    const auto& kept = p_.store.contacts().at(ContactId{id.value()});
    if (now - kept.contact.started_at > lives_max) complain("call " + id.to_string() + " never ends");
  }
  if (!p_.link.quiet() || !p_.core.quiet() || !p_.node.runs()) return;
  ++quiet_inspections_;
  std::map<CallId, app::Entry> calls;
  for (const auto& [id, row] : p_.store.live_calls()) {
    auto entry = app::decode_entry(row.state);
    if (!entry) return complain("call " + id.to_string() + " cannot be read: " + entry.error());
    calls.emplace(id, std::move(*entry));
  }
  compare_node(calls);
  count_contacts(now);
  routing_.inspect(p_.store);
}

void Checks::compare_node(const std::map<CallId, app::Entry>& calls) {
  for (const auto& [id, entry] : calls) {
    if (entry.call.stage != call::Stage::ended) compare_call(entry);
  }
  for (const auto& [id, leg] : p_.node.legs()) {
    if (!leg.call) continue;  // not taken up yet
    const auto call = calls.find(leg.call);
    if (call == calls.end() || !call->second.call.has_leg(id))
      complain("the node keeps leg " + id.to_string() + " of call " + leg.call.to_string() + ", the core does not");
  }
}

void Checks::compare_call(const app::Entry& entry) {
  const call::Call& call = entry.call;
  const auto say = [&](const std::string& what) {
    complain("call " + call.id.to_string() + " (" + call::to_string(call.stage) + "): " + what);
  };
  if (call.stage == call::Stage::dialing && !call.customer_called) return;
  if (call.waits_to_call_back()) return;  // at no node, unless an agent's phone is rung
  const ScriptedNode::Leg* customer = p_.node.leg(call.customer_leg);
  if (customer == nullptr) return say("the customer's leg is gone");
  const call::Sound sound = call::sound_of(call);
  for (const auto& [id, leg] : p_.node.legs()) {
    if (!call.has_leg(id)) continue;
    const LegId partner = sound.bridge.first == id    ? sound.bridge.second
                          : sound.bridge.second == id ? sound.bridge.first
                                                      : LegId{};
    if (leg.bridged_to != partner) say("leg " + id.to_string() + " hears " + leg.bridged_to.to_string());
    const bool mixed = std::find(sound.mix.begin(), sound.mix.end(), id) != sound.mix.end();
    if (mixed != (leg.mix == call::mix_of(call))) say("leg " + id.to_string() + " is in the wrong conference");
    if (id == sound.side_leg && leg.play != call.side_play) say("somebody waits in silence");
  }
  if (call.customer_answered && customer->recording != call.recording) say("is not recorded");
  if (sound.customer_music && !customer->looped && !call.announcing) say("waits in silence");
  const bool agent_leg = call.agent && call.agent->leg && (call.agent->answered || !call.agent->browser);
  if (agent_leg && p_.node.leg(call.agent->leg) == nullptr) say("the agent's leg is gone");
  if (call.external && p_.node.leg(call.external->leg) == nullptr) say("the outside leg is gone");
}

/// The wallboard's day against the records, and each customer's leg in one contact only.
void Checks::count_contacts(TimePoint now) {
  std::int64_t offered = 0, answered = 0, abandoned = 0, brief = 0, live = 0;
  std::set<LegId> customers;
  for (const auto& [id, kept] : p_.store.contacts()) {
    const app::Contact& contact = kept.contact;
    if (contact.outcome == "live") ++live;
    for (const auto& [leg, row] : kept.legs) {
      if (row.role == "customer" && !customers.insert(leg).second)
        complain("leg " + leg.to_string() + " is in two contacts");
    }
    if (contact.queue.empty() || contact.direction != "inbound") continue;
    ++offered;
    if (!is_counted_outcome(contact.outcome))
      complain("contact " + id.to_string() + " was queued and ended as " + contact.outcome);
    if (kept.tally.was_connected) ++answered;
    if (contact.outcome == "abandoned") ++abandoned;
    if (contact.outcome == "short_abandoned") ++brief;
  }
  auto now_live = static_cast<std::int64_t>(p_.core.live().live_calls());
  for (const app::CallBackView& back : p_.core.live().call_backs()) now_live += back.state == "calling" ? 0 : 1;
  if (live != now_live)
    complain(std::to_string(live) + " contacts are live in the records, " + std::to_string(now_live) + " in the core");
  app::QueueView all;
  for (const app::QueueView& queue : p_.core.live().wallboard(now).queues) {
    all.offered += queue.offered;
    all.answered += queue.answered;
    all.abandoned += queue.abandoned;
    all.short_abandoned += queue.short_abandoned;
  }
  const auto compare = [&](const char* what, std::int64_t shown, std::int64_t stored) {
    if (shown != stored)
      complain("the wallboard counts " + std::to_string(shown) + " " + what + ", the records " +
               std::to_string(stored));
  };
  compare("offered", all.offered, offered);
  compare("answered", all.answered, answered);
  compare("abandoned", all.abandoned, abandoned);
  compare("short abandoned", all.short_abandoned, brief);
}

void Checks::at_the_end(TimePoint now, const std::vector<AgentHabits>& agents) {
  inspect(now);
  if (quiet_inspections_ == 0) complain("the world never came to rest");
  if (p_.core.live().live_calls() != 0) complain("calls are still live after everyone has left");
  if (!p_.core.live().settled()) complain("the operation is not settled after everyone has left");
  if (!p_.store.live_calls().empty()) complain("live calls are still stored");
  if (p_.store.running_recordings() != 0) complain("a recording still runs");
  if (p_.core.requests_open() != 0) complain("a request never had a reply");
  for (const AgentHabits& agent : agents) {
    const std::string state = p_.core.live().agent_status(agent.id).state;
    if (state != "signed_out") complain("agent " + agent.id.to_string() + " is still " + state);
  }
  for (const auto& [id, kept] : p_.store.contacts()) {
    if (kept.contact.outcome == "live" || !kept.closed) complain("contact " + id.to_string() + " is still open");
  }
}

}  // namespace hotline::sim
