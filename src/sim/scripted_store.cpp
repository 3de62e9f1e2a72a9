// SPDX-License-Identifier: Apache-2.0
#include "sim/scripted_store.hpp"

#include "sim/routing_checks.hpp"

namespace hotline::sim {

void ScriptedStore::commit(const app::Batch& batch) {
  for (const app::Change& change : batch) std::visit([this](const auto& row) { put(row); }, change);
}

void ScriptedStore::put(const app::Contact& contact) {
  Kept& kept = contacts_[contact.id];
  if (contact.outcome != "live" && kept.contact.outcome != contact.outcome && ++kept.ends > 1)
    broken_.push_back("contact " + contact.id.to_string() + " ended twice: " + kept.contact.outcome + ", then " +
                      contact.outcome);
  if (contact.outcome == "live" && kept.ends > 0)
    broken_.push_back("contact " + contact.id.to_string() + " lives again after its end");
  kept.contact = contact;
}

void ScriptedStore::put(const app::ContactEvent& event) {
  Kept& kept = contacts_[event.contact];
  if (event.seq <= kept.history) return;  // the same (contact, seq) twice is one row
  if (event.seq != kept.history + 1)
    broken_.push_back("contact " + event.contact.to_string() + ": its history jumps to " + std::to_string(event.seq));
  kept.history = event.seq;
  kept.tally.add(event.type, event.at);
  const auto since = [&] { return std::strtoll(member(event, "since_ms").c_str(), nullptr, 10); };
  if (event.type == "queued") kept.waiting_since = since();
  if (event.type == "queue_exit") ++kept.exits;
  if (event.type == "call_back") {
    kept.is_call_back = true;
    if (const std::string of = member(event, "of"); !of.empty()) {
      kept.call_back_of = ContactId{std::strtoull(of.c_str(), nullptr, 10)};
      const auto& asked = contacts_[*kept.call_back_of].waiting_since;
      const bool gave_up = member(event, "how") == "abandoned";
      if (asked && (since() < *asked || (gave_up && since() != *asked)))
        broken_.push_back("contact " + event.contact.to_string() + " is called back at a place that is not its own");
    }
  }
  if (!kept.closed) kept.events[event.seq] = event;
  // Sent away at once: it never was a live call.
  if (event.type == "ended" && kept.contact.outcome == "refused" &&
      !live_calls_.contains(CallId{event.contact.value()}))
    check_closed(kept);
}

void ScriptedStore::put(const app::Leg& leg) {
  Kept& kept = contacts_[leg.contact];
  if (!kept.closed) kept.legs[leg.id] = leg;
}

void ScriptedStore::put(const app::Recording& recording) {
  if (recording.state == "running") {
    running_[recording.id] = recording;
  } else {
    running_.erase(recording.id);
  }
}

void ScriptedStore::put(const app::PutQueue& change) {
  for (app::Queue& queue : world_.queues) {
    if (queue.id == change.queue.id) queue = change.queue;
  }
}

void ScriptedStore::put(const app::PutLineOperation& change) {
  for (app::ServiceLine& line : world_.service_lines) {
    if (line.id == change.line) line.operation = change.operation;
  }
}

void ScriptedStore::put(const app::SetAgentRouting& change) {
  for (app::Agent& agent : world_.agents) {
    if (agent.id != change.agent) continue;
    agent.queues = change.queues;
    agent.skills = change.skills;
  }
}

void ScriptedStore::put(const app::DropLiveCall& drop) {
  live_calls_.erase(drop.id);
  const auto found = contacts_.find(ContactId{drop.id.value()});
  if (found != contacts_.end()) check_closed(found->second);
}

/// Nothing of a closed contact is open, and its figures are those of its history.
void ScriptedStore::check_closed(Kept& kept) {
  const auto say = [&](const std::string& what) {
    broken_.push_back("contact " + kept.contact.id.to_string() + ": " + what);
  };
  if (kept.contact.outcome == "live" || !kept.contact.ended_at) say("closed without an outcome");
  for (const auto& [id, leg] : kept.legs) {
    if (!leg.ended_at) say("closed, and leg " + id.to_string() + " has no end");
  }
  const app::Contact& contact = kept.contact;
  const app::Summary folded = app::summarize(kept.tally, config_.short_abandon);
  if (folded != app::Summary{contact.outcome, contact.wait, contact.talk, contact.hold, contact.consult})
    say("outcome or times are not those of its history: " + contact.outcome + ", " + folded.outcome);
  kept.closed = true;
  kept.events.clear();
  kept.legs.clear();
}

std::int64_t ScriptedStore::history_of(ContactId id) const {
  const auto found = contacts_.find(id);
  return found == contacts_.end() ? 0 : found->second.history;
}

app::LiveStart ScriptedStore::load(std::shared_ptr<const call::FlowBook> flows) const {
  app::LiveStart start;
  start.world = world_;
  start.flows = std::move(flows);
  for (const auto& [id, call] : live_calls_) start.state.calls.push_back(call);
  for (const auto& [id, agent] : live_agents_) start.state.agents.push_back(agent);
  for (const auto& [name, cursor] : cursors_) start.state.cursors.push_back(cursor);
  for (const auto& [id, recording] : running_) start.running_recordings.push_back(recording);
  std::map<std::pair<std::string, std::string>, app::QueueDay> days;
  for (const auto& [id, kept] : contacts_) {
    const app::Contact& contact = kept.contact;
    if (contact.outcome == "live") {
      start.open_contacts.push_back(contact);
      continue;
    }
    if (contact.direction != "inbound") continue;
    app::QueueDay& day = days[{contact.queue, contact.service_line}];
    day.queue = contact.queue;
    day.service_line = contact.service_line;
    if (!contact.queue.empty()) ++day.offered;
    if (contact.outcome == "answered") {
      ++day.answered;
      day.answer_time += contact.wait;
      if (contact.wait <= config_.service_level_threshold) ++day.answered_in_time;
    }
    app::count_end(day, contact.outcome, contact.wait, contact.talk, contact.hold, config_.service_level_threshold);
  }
  for (auto& [code, day] : days) start.day.push_back(day);
  return start;
}

}  // namespace hotline::sim
