// SPDX-License-Identifier: Apache-2.0
// Phones that register with the voice nodes: who may, who is there, and what their absence does to agents.
#include <algorithm>

#include "app/live/live.hpp"
#include "app/live/work.hpp"

namespace hotline::app {
namespace {

/// How long a phone whose node was lost is called at its last address, unless it registers before. Phones come back at
/// their own time, which may be an hour; a NAT forgets them in minutes.
constexpr Duration phone_kept{600'000};

/// Whether another node than the one it registered with can call this contact: a connection belongs to one node, and a
/// phone behind a proxy (the Route after '?') is reached through that.
bool callable_from_anywhere(const std::string& contact) {
  const auto transport = contact.find(";transport=");
  return contact.find("?Route=") != std::string::npos || transport == std::string::npos ||
         contact.compare(transport, 14, ";transport=udp") == 0;
}

}  // namespace

std::vector<PhoneAccount> Live::phone_accounts() const {
  std::vector<PhoneAccount> out;
  for (const Agent& agent : world_.agents) {
    if (!agent.enabled || !agent.sip_account.exists()) continue;
    const SipAccount& account = agent.sip_account;
    out.push_back({agent.number, account.realm, account.ha1_md5, account.ha1_sha256});
  }
  return out;
}

bool Live::phone_registered(const Agent& agent) const {
  return std::any_of(phones_.begin(), phones_.end(),
                     [&](const auto& node) { return node.second.contains(agent.number); });
}

bool Live::phone_reachable(const Agent& agent) const {
  return !agent.sip_contact.empty() || phone_registered(agent) || kept_phones_.contains(agent.number);
}

/// The node that carries the call knows its own phones best (all bindings, connections); a phone of another node is
/// called at the address it registered from.
std::string Live::phone_contact(const Agent& agent, const std::string& node) const {
  const auto here = phones_.find(node);
  if (here != phones_.end() && here->second.contains(agent.number)) return "account:" + agent.number;
  for (const auto& [name, phones] : phones_) {
    if (const auto phone = phones.find(agent.number); phone != phones.end()) return phone->second;
  }
  if (const auto kept = kept_phones_.find(agent.number); kept != kept_phones_.end()) return kept->second.contact;
  if (!agent.sip_contact.empty() || !agent.sip_account.exists()) return agent.sip_contact;
  return "account:" + agent.number;
}

/// A registration came, went, or moved: an agent who cannot be reached any more is offered no calls from now on; one
/// whose phone is back sets themselves ready.
void Live::phone_moved(Work& work, const std::string& number) {
  const auto found = std::find_if(world_.agents.begin(), world_.agents.end(),
                                  [&](const Agent& agent) { return agent.number == number; });
  if (found == world_.agents.end()) return;
  const Agent& agent = *found;
  if (acd_.agent(agent.id) == nullptr) return;
  if (agent.device == "sip" && !phone_reachable(agent)) {
    if (auto result = acd_.set_unavailable(agent.id, "phone_unregistered", work.now())) work.apply(*result);
  }
  work.outward(AgentSeen{agent_status(agent.id)});
}

void Live::phones_of_node(Work& work, const std::string& node, std::map<std::string, std::string> phones) {
  const auto before = std::exchange(phones_[node], std::move(phones));
  for (const auto& [number, contact] : before) {
    if (!phones_[node].contains(number)) phone_moved(work, number);
  }
  for (const auto& [number, contact] : phones_[node]) {
    kept_phones_.erase(number);
    if (!before.contains(number)) phone_moved(work, number);
  }
}

void Live::keep_phones_of(Work& work, const std::string& node) {
  auto lost = std::exchange(phones_[node], {});
  for (const auto& [number, contact] : lost) {
    if (callable_from_anywhere(contact)) kept_phones_[number] = {contact, work.now() + phone_kept};
    phone_moved(work, number);
  }
}

void Live::forget_kept_phones(Work& work) {
  std::vector<std::string> over;
  for (const auto& [number, kept] : kept_phones_) {
    if (kept.until <= work.now()) over.push_back(number);
  }
  for (const std::string& number : over) {
    kept_phones_.erase(number);
    phone_moved(work, number);
  }
}

void Live::take(Work& work, const std::string& node, const PhoneChanged& changed, TimePoint) {
  kept_phones_.erase(changed.user);  // the phone speaks for itself again
  if (changed.registered) {
    phones_[node][changed.user] = changed.contact;
  } else {
    phones_[node].erase(changed.user);
  }
  work.outward(
      Logged{{}, "phone " + changed.user + (changed.registered ? " registered at " + node : " is gone from " + node)});
  phone_moved(work, changed.user);
}

LiveEffects Live::set_sip_account(RequestId request, AgentId id, SipAccount account, TimePoint now) {
  Work work(*this, now);
  const auto found = staff_.find(id);
  if (found == staff_.end()) {
    work.refuse(request, "not_found", "No agent has this id.");
    return work.finish();
  }
  Agent& agent = world_.agents[found->second];
  agent.sip_account = std::move(account);
  work.change(SetSipAccount{id, agent.sip_account});
  for (const auto& [name, node] : nodes_) {
    if (node.connected) work.outward(AccountsToNode{name, phone_accounts()});
  }
  work.outward(AgentSeen{agent_status(id)});
  work.reply(Reply{request, {}, agent_status(id), {}});
  return work.finish();
}

}  // namespace hotline::app
