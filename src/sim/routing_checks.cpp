// SPDX-License-Identifier: Apache-2.0
#include "sim/routing_checks.hpp"

#include <algorithm>
#include <cstdlib>

namespace hotline::sim {
namespace {

std::int64_t number(const std::string& text) {
  return std::strtoll(text.c_str(), nullptr, 10);
}

std::size_t place_of(const std::vector<acd::WaitingSeen>& order, CallId call) {
  const auto found = std::find_if(order.begin(), order.end(), [&](const auto& seen) { return seen.call == call; });
  return static_cast<std::size_t>(found - order.begin());
}

/// Free to be offered to this agent.
bool open_to(const acd::WaitingSeen& call, AgentId agent) {
  return !call.offered_to && !call.held && std::find(call.fits.begin(), call.fits.end(), agent) != call.fits.end();
}

bool is_on_trunk(const app::Contact& contact) {
  return contact.direction == "inbound" && contact.channel == "phone";
}

}  // namespace

std::string member(const app::ContactEvent& event, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const auto from = event.data.find(key);
  if (from == std::string::npos) return "";
  return event.data.substr(from + key.size(), event.data.find('"', from + key.size()) - from - key.size());
}

void RoutingChecks::after_input(const app::LiveEffects& effects, const app::Live& live) {
  offered_.clear();
  std::vector<const app::ContactEvent*> events, offers;
  std::vector<const app::Contact*> contacts;
  for (const app::Change& change : effects.changes) {
    if (const auto* event = std::get_if<app::ContactEvent>(&change)) {
      events.push_back(event);
      if (event->type == "offered") offered_.insert(CallId{event->contact.value()});
      if (event->type == "offered" && member(*event, "by") == "best_call") offers.push_back(event);
    } else if (const auto* contact = std::get_if<app::Contact>(&change)) {
      contacts.push_back(contact);
    }
  }
  check_call_backs(events, live);
  check_admission(contacts, live);
  auto order = live.acd().waiting_order();
  for (const acd::WaitingSeen& seen : order) {
    const auto noted = since_of_.find(ContactId{seen.call.value()});
    if (seen.work == acd::Work::call_back && noted != since_of_.end() && noted->second != to_unix_ms(seen.enqueued_at))
      complain_("call-back " + seen.call.to_string() + " does not keep its customer's place");
  }
  check_order(offers, order);
  before_ = std::move(order);
}

/// An agent who becomes ready takes the first call of the order of all queues which they may take: nobody, and no
/// call-back, gets ahead of those before.
void RoutingChecks::check_order(const std::vector<const app::ContactEvent*>& offers,
                                const std::vector<acd::WaitingSeen>& order) {
  for (const app::ContactEvent* offer : offers) {
    const CallId call{offer->contact.value()};
    const AgentId agent{static_cast<std::uint64_t>(number(member(*offer, "agent")))};
    const std::size_t place = place_of(order, call), former = place_of(before_, call);
    if (place == order.size()) continue;
    for (std::size_t i = 0; i < place; ++i) {
      if (!open_to(order[i], agent) || offered_.contains(order[i].call)) continue;  // had its offer meanwhile
      const std::size_t was = place_of(before_, order[i].call);
      if (was >= former || was == before_.size() || !open_to(before_[was], agent)) continue;
      complain_("call " + call.to_string() + " is offered to agent " + agent.to_string() + " ahead of call " +
                order[i].call.to_string() + ", which is before it");
    }
  }
}

void RoutingChecks::check_call_backs(const std::vector<const app::ContactEvent*>& events, const app::Live& live) {
  for (const app::ContactEvent* event : events) {
    if (event->type == "call_back") since_of_[event->contact] = number(member(*event, "since_ms"));
    if (event->type != "call_back_asked") continue;
    const bool noted = std::any_of(events.begin(), events.end(), [&](const app::ContactEvent* other) {
      return other->type == "call_back" && member(*other, "of") == event->contact.to_string();
    });
    if (!noted) complain_("the call-back promised in contact " + event->contact.to_string() + " is lost");
  }
  std::map<std::string, CallId> numbers;
  for (const app::CallBackView& back : live.call_backs()) {
    if (!numbers.emplace(back.number, back.id).second) complain_("two call-backs wait for " + back.number);
    if (back.next_ms && (back.state == "waiting" || back.state == "offered"))
      complain_("call-back " + back.id.to_string() + " waits in its queue before its time");
  }
}

/// A call that was let in found a trunk which is not kept for another service line.
void RoutingChecks::check_admission(const std::vector<const app::Contact*>& contacts, const app::Live& live) {
  for (const app::Contact* contact : contacts) {
    if (contact->outcome == "abandoned") check_abandoned(*contact, live);
    if (!is_on_trunk(*contact)) continue;
    auto& calls = on_line_[contact->service_line];
    if (contact->outcome != "live") {
      calls.erase(contact->id);
      continue;
    }
    if (!calls.insert(contact->id).second) continue;
    std::int64_t in_use = 0, kept = 0;
    app::LineOperation own;
    for (const app::ServiceLine& line : live.world().service_lines) {
      const app::LineOperation operation = app::operation_of(line);
      const auto used = static_cast<std::int64_t>(on_line_[line.code].size());
      in_use += used;
      if (line.code == contact->service_line)
        own = operation;
      else
        kept += std::max<std::int64_t>(0, operation.trunks_reserved - used);
    }
    if (own.when_full.starts_with("flow:")) continue;  // they are let in, to be told
    const auto used = static_cast<std::int64_t>(calls.size());
    if (own.trunks_max > 0 && used > own.trunks_max)
      complain_("service line " + contact->service_line + " has more calls than it may");
    if (used <= own.trunks_reserved) kept = 0;
    if (trunks_ > 0 && in_use + kept > trunks_)
      complain_("contact " + contact->id.to_string() + " got a trunk that is kept for another service line");
  }
}

/// Who gave up in a queue that calls back those who do is noted, unless they are already or there is no number.
void RoutingChecks::check_abandoned(const app::Contact& contact, const app::Live& live) {
  if (!contact.from.starts_with("555") || contact.direction != "inbound") return;  // withheld, or a web caller's name
  for (const app::Queue& queue : live.world().queues) {
    if (queue.code != contact.queue || !app::routing_of(queue).call_back.on_abandon) continue;
    const auto waits = live.call_backs();
    const bool noted =
        std::any_of(waits.begin(), waits.end(), [&](const auto& back) { return back.number == contact.from; });
    const bool begun = std::any_of(since_of_.begin(), since_of_.end(),
                                   [&](const auto& noted_one) { return noted_one.first > contact.id; });
    if (!noted && !begun) complain_("contact " + contact.id.to_string() + " gave up and is not called back");
  }
}

void RoutingChecks::core_died(const ScriptedStore& store) {
  before_.clear();
  on_line_.clear();
  for (const auto& [id, kept] : store.contacts()) {
    if (kept.contact.outcome == "live" && is_on_trunk(kept.contact)) on_line_[kept.contact.service_line].insert(id);
  }
}

void RoutingChecks::inspect(const ScriptedStore& store) {
  std::map<ContactId, int> promised;
  for (const auto& [id, kept] : store.contacts()) {
    if (kept.call_back_of) ++promised[*kept.call_back_of];
    if (!kept.is_call_back || kept.contact.outcome != "lost" || kept.tally.answered) continue;
    complain_("call-back " + id.to_string() + " is lost with its voice node");
  }
  for (const auto& [id, kept] : store.contacts()) {
    if (kept.tally.was_called_back && promised[id] != 1)
      complain_("contact " + id.to_string() + " has " + std::to_string(promised[id]) + " call-backs");
    if (promised[id] > 1) complain_("contact " + id.to_string() + " is called back twice");
  }
}

}  // namespace hotline::sim
