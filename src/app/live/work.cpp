// SPDX-License-Identifier: Apache-2.0
#include "app/live/work.hpp"

#include <cstdlib>

#include "base/json/mapper.hpp"
#include "base/planted.hpp"

namespace hotline::app {
namespace {

std::optional<AgentId> agent_named(const std::vector<std::pair<std::string, std::string>>& data) {
  for (const auto& [key, value] : data) {
    if (key == "agent") return AgentId{std::strtoull(value.c_str(), nullptr, 10)};
  }
  return std::nullopt;
}

std::string to_json(const std::vector<std::pair<std::string, std::string>>& data) {
  std::string out = "{";
  for (const auto& [key, value] : data) {
    if (out.size() > 1) out += ',';
    jsonmap::append(out, key);
    out += ':';
    jsonmap::append(out, value);
  }
  out += '}';
  return out;
}

/// Why this agent, as it stands in the history.
std::vector<std::pair<std::string, std::string>> reason_of(const acd::OfferReason& reason) {
  std::vector<std::pair<std::string, std::string>> data{{"by", acd::to_string(reason.by)},
                                                        {"idle_ms", std::to_string(reason.idle.count())}};
  if (reason.position == 0) return data;
  data.emplace_back("points", std::to_string(reason.points));
  data.emplace_back("waited_ms", std::to_string(reason.waited.count()));
  data.emplace_back("position", std::to_string(reason.position));
  data.emplace_back("ring_step", std::to_string(reason.ring_step));
  data.emplace_back("ready", std::to_string(reason.ready));
  return data;
}

}  // namespace

call::AgentPart Live::part_of(const Agent& agent, const std::string& node) const {
  call::AgentPart part;
  part.agent = agent.id;
  part.number = agent.number;
  part.browser = agent.device != "sip";
  part.sip_contact = phone_contact(agent, node);
  return part;
}

Entry& Live::Work::add(Entry entry) {
  const CallId id = entry.call.id;
  Entry& added = live_.calls_.insert_or_assign(id, std::move(entry)).first->second;
  change(added.contact);
  touch(added);
  return added;
}

void Live::Work::touch(Entry& entry) {
  entry.touched = ++live_.touches_;
  if (touched_.contains(entry.call.id)) return;
  Before before;
  if (const auto& agent = entry.call.agent) before.agents[agent->agent] = agent->taken;
  if (const auto& consult = entry.call.consult; consult && consult->agent)
    before.agents[consult->agent->agent] = consult->agent->taken;
  for (const call::Supervision& supervision : entry.call.supervisions) before.supervisors.insert(supervision.who.agent);
  before.contact = entry.contact;
  before.answered = entry.call.customer_answered;
  touched_.emplace(entry.call.id, std::move(before));
}

// ---- what the call model says

void Live::Work::apply(Entry& entry, const call::Effects& effects, TimePoint at) {
  for (const call::Effect& effect : effects) apply_one(entry, effect, at);
}

void Live::Work::apply_one(Entry& entry, const call::Effect& effect, TimePoint at) {
  const CallId id = entry.call.id;
  const auto nothing = [] {};
  if (const auto* command = std::get_if<call::VoiceCommand>(&effect)) {
    // Until its snapshot is taken up nobody is rung there: a phone may still be in a call whose end the node has not
    // heard. What is left out here the snapshot repeats.
    const auto node = live_.nodes_.find(entry.call.node);
    const bool unsynced = node != live_.nodes_.end() && node->second.connected && !node->second.synced;
    if (unsynced && std::holds_alternative<call::OriginateSip>(*command)) return;
    // Before anything is played to the customer: the copy has it from its first sample.
    if (std::holds_alternative<call::PlayTo>(*command) && entry.call.customer_answered) record_outside(entry);
    outward(ToNode{entry.call.node, id, *command});
  } else if (const auto* ask = std::get_if<call::AskQueue>(&effect)) {
    ask_queue(entry, *ask, at);
  } else if (const auto* direct = std::get_if<call::AskAgent>(&effect)) {
    apply(id, "offer_direct", live_.acd_.offer_direct(id, direct->agent, Duration{20'000}, now_),
          [&] { step(entry, at, [&](call::CallStep& s) { s.agent_refused(direct->agent); }); });
  } else if (std::get_if<call::LeaveQueue>(&effect)) {
    if (auto left = live_.acd_.dequeue(id, now_)) apply(*left);  // it may have been about to be queued only
  } else if (const auto* pressed = std::get_if<call::PressedWaiting>(&effect)) {
    if (auto left = live_.acd_.press(id, pressed->digit, now_)) apply(*left);  // else a key without a meaning
  } else if (const auto* back = std::get_if<call::AskCallBack>(&effect)) {
    ask_call_back(entry, *back, at);
  } else if (const auto* taken = std::get_if<call::OfferTaken>(&effect)) {
    apply(id, "accept", live_.acd_.accept(id, taken->agent, now_), nothing);
  } else if (const auto* failed = std::get_if<call::OfferFailed>(&effect)) {
    const auto why = failed->device ? acd::OfferEnd::device_failed : acd::OfferEnd::rejected;
    const Agent* agent = live_.staff(failed->agent);
    if (failed->device && agent != nullptr) live_.kept_phones_.erase(agent->number);  // it is not there any more
    apply(id, "refuse", live_.acd_.refuse(id, failed->agent, why, now_),
          [&] { step(entry, at, [&](call::CallStep& s) { s.stop_ringing(failed->agent, "gone"); }); });
  } else if (const auto* finished = std::get_if<call::AgentFinished>(&effect)) {
    apply(id, "call_finished", live_.acd_.call_finished(finished->agent, id, now_, finished->wrap_up), nothing);
  } else if (const auto* lost = std::get_if<call::AgentDeviceLost>(&effect)) {
    apply(id, "device_lost", live_.acd_.device_lost(lost->agent, "device", now_), nothing);
  } else if (const auto* event = std::get_if<call::History>(&effect)) {
    history(entry, *event, at);
  } else if (const auto* started = std::get_if<call::LegStarted>(&effect)) {
    leg_started(entry, *started, at);
  } else if (const auto* recording = std::get_if<call::RecordingStarted>(&effect)) {
    Recording row{
        recording->recording, entry.contact.id, recording->leg, entry.call.node, "", at, {}, 0, 0, "running", ""};
    live_.recordings_[row.id] = row;
    change(row);
  } else if (const auto* sdp = std::get_if<call::SdpAnswer>(&effect)) {
    outward(SdpForBrowser{id, sdp->agent, sdp->sdp});
  } else if (std::get_if<call::CallEnded>(&effect)) {
    ended(entry, at);
  }
}

void Live::Work::ask_queue(Entry& entry, const call::AskQueue& ask, TimePoint at) {
  const call::QueuePlace& place = ask.place;
  const Queue* queue = live_.queue_by_code(place.queue);
  if (queue == nullptr) {
    outward(Logged{entry.call.id, "no queue has the code " + place.queue});
    return step(entry, at, [](call::CallStep& s) { s.queue_refused(); });
  }
  acd::WaitingCall waiting = live_.waiting_call(entry, place, *queue, ask.consulting);
  const bool in_figures = !ask.consulting && !entry.call.call_back && counts(entry);
  const std::string former = entry.contact.queue;
  if (!ask.consulting && !entry.call.call_back) {
    entry.contact.queue = place.queue;
    if (entry.contact.service_line.empty()) entry.contact.service_line = queue->service_line;
  }
  auto result = live_.acd_.enqueue(std::move(waiting), now_);
  if (!result) {
    outward(Logged{entry.call.id, std::string("enqueue: ") + acd::to_string(result.error())});
    entry.contact.queue = former;  // not reached
    return step(entry, at, [](call::CallStep& s) { s.queue_refused(); });
  }
  const bool left_at_once = std::any_of(result->begin(), result->end(), [&](const acd::Effect& effect) {
    const auto* exited = std::get_if<acd::Exited>(&effect);
    return exited != nullptr && exited->call == entry.call.id;
  });
  // Offered once, to its first queue: also who is sent on at the door was.
  if (in_figures && (former.empty() || is_planted(PlantedBug::counted_twice)))
    ++live_.day(place.queue, entry.contact.service_line).offered;
  if (left_at_once) {
    if (!former.empty()) entry.contact.queue = former;  // it was counted there
    return apply(*result);
  }
  if (in_figures && !entry.tally.was_connected && !former.empty() && former != place.queue) {  // sent on by an exit
    --live_.day(former, entry.contact.service_line).offered;
    ++live_.day(place.queue, entry.contact.service_line).offered;
  }
  step(entry, at, [](call::CallStep& s) { s.queue_accepted(); });
  apply(*result);
}

void Live::Work::ask_call_back(Entry& entry, const call::AskCallBack& ask, TimePoint at) {
  const std::string obstacle = live_.call_back_obstacle(entry.call.from);
  if (!obstacle.empty()) return step(entry, at, [&](call::CallStep& s) { s.call_back_refused(obstacle); });
  if (!is_planted(PlantedBug::lost_call_back)) {
    live_.begin_call_back(*this, {entry.call.from, entry.call.service_line, ask.how, entry.contact.id.to_string(),
                                  *entry.call.place, entry.call.position.variables});
  }
  step(entry, at, [](call::CallStep& s) { s.call_back_noted(); });
}

void Live::Work::history(Entry& entry, const call::History& event, TimePoint at) {
  const bool first_connection = event.type == "connected" && !entry.tally.was_connected && entry.call.agent;
  entry.tally.add(event.type, at);
  if (event.type == "queued" || event.type == "connected") {
    const auto language = entry.call.position.variables.find("language");
    if (language != entry.call.position.variables.end()) entry.contact.language = language->second;
  }
  entry.agents.add(event.type, agent_named(event.data), at);
  begin_parts(entry);
  if (event.type == "transfer" && entry.call.queued) entry.contact.queue = entry.call.place->queue;
  if (event.type == "connected" && entry.call.agent) entry.contact.agent = entry.call.agent->agent;
  if (first_connection && counts(entry) && !entry.contact.queue.empty()) {
    DayFigures& day = live_.day(entry.contact.queue, entry.contact.service_line);
    ++day.answered;
    day.answer_time += entry.tally.wait;
    if (entry.tally.wait <= live_.config_.service_level_threshold) ++day.answered_in_time;
  }
  if (event.type == "connected" && entry.call.direction == "inbound") {  // they have reached us by themselves
    if (const auto back = live_.call_backs_.find(entry.call.from); back != live_.call_backs_.end()) {
      const auto waits = live_.calls_.find(back->second);
      if (waits != live_.calls_.end())
        step(waits->second, at, [](call::CallStep& s) { (void)s.cancel_call_back("reached"); });
    }
  }
  const std::string data = to_json(event.data);
  if (event.type == "supervision_ended") {  // however it ended: by a click, a hang-up, with the call
    const AgentId who{std::strtoull(event.data.front().second.c_str(), nullptr, 10)};
    change(AddAudit{{at, who, "supervise.ended", entry.call.id.to_string(), "", data}});
  }
  change(ContactEvent{entry.contact.id, ++entry.history_length, at, event.type, data});
  outward(Logged{entry.call.id, event.type + (event.data.empty() ? "" : " " + data)});
}

/// Who comes into the contact has a part in it from then on: it is in their day, and they may look at it.
void Live::Work::begin_parts(Entry& entry) {
  if (entry.parts.size() == entry.agents.shares.size()) return;
  if (!entry.contact.owner) entry.contact.owner = entry.agents.shares.front().agent;
  for (const AgentTimes::Share& share : entry.agents.shares) {
    const auto [part, added] = entry.parts.try_emplace(share.agent.to_string());
    if (!added) continue;
    part->second.contact = entry.contact.id;
    part->second.agent = share.agent;
    part->second.position = static_cast<std::int64_t>(entry.parts.size());
    part->second.started_at = entry.contact.started_at;
    change(part->second);
  }
}

void Live::Work::end_parts(Entry& entry) {
  for (const AgentTimes::Share& share : entry.agents.shares) {
    const auto part = entry.parts.find(share.agent.to_string());
    if (part == entry.parts.end()) continue;
    part->second.talk = share.talk;
    part->second.hold = share.hold;
    part->second.consult = share.consult;
    change(part->second);
  }
}

void Live::Work::leg_started(Entry& entry, const call::LegStarted& started, TimePoint at) {
  Leg leg;
  leg.id = started.leg;
  leg.contact = entry.contact.id;
  leg.role = started.role;
  leg.kind = started.kind;
  leg.node = entry.call.node;
  leg.party = started.party;
  leg.agent = started.agent;
  leg.started_at = at;
  live_.legs_[started.leg] = entry.call.id;
  put_leg(leg);
  entry.legs.insert_or_assign(started.leg.to_string(), std::move(leg));
}

void Live::Work::ended(Entry& entry, TimePoint at) {
  const Summary summary = summarize(entry.tally, live_.short_abandon());
  Contact& contact = entry.contact;
  contact.outcome = summary.outcome;
  contact.wait = summary.wait;
  contact.talk = summary.talk;
  contact.hold = summary.hold;
  contact.consult = summary.consult;
  contact.ended_at = at;
  contact.end_cause = entry.call.end_cause;
  if (counts(entry))
    count_end(live_.day(contact.queue, contact.service_line), summary.outcome, summary.wait, summary.talk, summary.hold,
              live_.config_.service_level_threshold);
  live_.count_line(entry, false);
  live_.recent_.ended(entry.call.direction == "outbound" ? entry.call.to : entry.call.from, at, contact.agent,
                      contact.owner);
  end_parts(entry);
  if (entry.call.call_back) live_.call_backs_.erase(entry.call.call_back->number);
  const auto routing = live_.routing_.find(contact.queue);
  if (summary.outcome == "abandoned" && entry.call.place && routing != live_.routing_.end() &&
      routing->second.call_back.on_abandon && live_.call_back_obstacle(entry.call.from).empty()) {
    live_.begin_call_back(*this, {entry.call.from, entry.call.service_line, "abandoned", contact.id.to_string(),
                                  *entry.call.place, entry.call.position.variables});
  }
  entry.closing_until = now_ + live_.config_.closing_max;
  if (entry.call.customer_browser) outward(CallerSeen{entry.call.id, "ended", entry.call.end_cause});
}

// ---- what the ACD says

void Live::Work::apply(const acd::Effects& effects) {
  for (const acd::Effect& effect : effects) {
    if (const auto* made = std::get_if<acd::OfferMade>(&effect)) {
      const auto entry = live_.calls_.find(made->call);
      const Agent* agent = live_.staff(made->agent);
      if (entry == live_.calls_.end() || agent == nullptr) continue;
      if (entry->second.call.waits_to_call_back()) {  // it has no node of its own until somebody is rung for it
        std::string& at = entry->second.call.node;
        const std::string* node = live_.node_for_call(agent->device == "sip" ? agent : nullptr);
        // None is there: one that is known is told when it is back; right after a start they are known by their
        // cursors.
        if (node == nullptr && at.empty() && !live_.nodes_.empty()) node = &live_.nodes_.begin()->first;
        if (node == nullptr && at.empty() && !live_.cursors_.empty()) node = &live_.cursors_.begin()->first;
        if (node != nullptr && !live_.hears(at)) at = *node;
      }
      const call::AgentPart part = live_.part_of(*agent, entry->second.call.node);
      step(entry->second,
           [&](call::CallStep& s) { s.ring_agent(part, made->expires_at - now_, reason_of(made->reason)); });
    } else if (const auto* over = std::get_if<acd::OfferEnded>(&effect)) {
      const auto entry = live_.calls_.find(over->call);
      if (entry == live_.calls_.end()) continue;
      step(entry->second, [&](call::CallStep& s) { s.stop_ringing(over->agent, acd::to_string(over->why)); });
    } else if (const auto* exited = std::get_if<acd::Exited>(&effect)) {
      const auto entry = live_.calls_.find(exited->call);
      if (entry == live_.calls_.end()) continue;
      step(entry->second, [&](call::CallStep& s) { s.queue_exit(acd::to_string(exited->why), exited->target); });
    } else if (const auto* due = std::get_if<acd::AnnounceDue>(&effect)) {
      const auto entry = live_.calls_.find(due->call);
      if (entry == live_.calls_.end()) continue;
      const auto& language = call::language_of(*live_.flows_, entry->second.call.position);
      step(entry->second,
           [&](call::CallStep& s) { s.announce(call::say_waiting(due->position, due->wait, language)); });
    } else if (const auto* changed = std::get_if<acd::AgentChanged>(&effect)) {
      AgentDay& day = live_.agent_days_[changed->agent.id];
      const Queue* queue = changed->agent.queue ? live_.queue_by_id(*changed->agent.queue) : nullptr;
      day.change(changed->agent, queue == nullptr ? "" : queue->code, now_, live_.day_number_, live_.midnight());
      change(LiveAgent{changed->agent.id, encode(changed->agent, day)});
      if (live_.staff(changed->agent.id) != nullptr) outward(AgentSeen{live_.agent_status(changed->agent.id)});
    }
  }
}

// ---- the end of an input

void Live::Work::close(Entry& entry) {
  const CallId id = entry.call.id;
  for (const auto& [text, leg] : entry.legs) live_.legs_.erase(leg.id);
  if (const auto due = live_.due_of_.find(id); due != live_.due_of_.end()) {
    live_.due_.erase({due->second, id});
    live_.due_of_.erase(due);
  }
  live_.history_of_closed_[entry.contact.id] = entry.history_length;
  if (live_.history_of_closed_.size() > 4096) live_.history_of_closed_.erase(live_.history_of_closed_.begin());
  change(DropLiveCall{id});
  outward(CallGone{id});
  live_.expert_waits_.erase(id);
  live_.calls_.erase(id);
}

/// Shows the call's change to the desks concerned: an agent it left sees it end.
void Live::Work::show(Entry& entry, const Before& before) {
  const auto view = std::make_shared<const CallView>(live_.view(entry));
  const auto seen_by = [&](AgentId agent) {
    outward(CallSeen{std::make_shared<const CallView>(live_.view(entry, agent)), {agent}, false});
  };
  std::vector<AgentId> tell;
  if (entry.call.agent) tell.push_back(entry.call.agent->agent);
  std::vector<std::pair<AgentId, bool>> left;
  for (const auto& [agent, taken] : before.agents)
    if (!entry.call.has_agent(agent)) left.emplace_back(agent, taken);
  for (const AgentId supervisor : before.supervisors)
    if (!entry.call.has_agent(supervisor)) left.emplace_back(supervisor, true);
  outward(CallSeen{view, std::move(tell), true});
  if (const auto& consult = entry.call.consult; consult && consult->agent) seen_by(consult->agent->agent);
  for (const call::Supervision& supervision : entry.call.supervisions) seen_by(supervision.who.agent);
  if (const auto caller = entry.call.caller) seen_by(*caller);
  for (const auto& [agent, taken] : left) {
    CallView gone = *view;
    gone.state = "ended";
    gone.consult.reset();
    if (before.supervisors.contains(agent)) {
      gone.role = "supervisor";
      gone.end_cause = "supervision_ended";
    } else if (entry.call.stage != call::Stage::ended) {
      gone.end_cause = taken ? "transferred" : "offer_ended";
    }
    outward(CallSeen{std::make_shared<const CallView>(std::move(gone)), {agent}, false});
  }
  if (entry.call.customer_browser && entry.call.customer_answered && !before.answered) {
    outward(CallerSeen{entry.call.id, "answered", {}});
  }
}

/// Says to the node who takes part for the outside recorder, when that is another word than the last one.
void Live::Work::record_outside(Entry& entry) {
  if (!live_.config_.outside.wants(entry.call)) return;
  auto outside = outside_recording_of(entry.call, [this](AgentId id) {
    const Agent* agent = live_.staff(id);
    return agent == nullptr ? std::string() : agent->name;
  });
  if (entry.who) outside.participants.front().name = entry.who->name;
  if (outside == entry.outside_said) return;
  entry.outside_said = outside;
  outward(ToNode{entry.call.node, entry.call.id, std::move(outside)});
}

void Live::Work::plan(const Entry& entry) {
  const CallId id = entry.call.id;
  auto due = entry.closing_until ? entry.closing_until : call::next_due(entry.call);
  if (due && *due <= now_ && !entry.call.node.empty() && !live_.hears(entry.call.node)) due = now_ + node_poll;
  if (const auto old = live_.due_of_.find(id); old != live_.due_of_.end()) {
    live_.due_.erase({old->second, id});
    live_.due_of_.erase(old);
  }
  if (!due) return;
  live_.due_.emplace(*due, id);
  live_.due_of_[id] = *due;
}

void Live::Work::plan_touched() {
  for (const auto& [id, before] : touched_) {
    if (const auto found = live_.calls_.find(id); found != live_.calls_.end()) plan(found->second);
  }
}

LiveEffects Live::Work::finish() {
  for (auto& [id, before] : touched_) {
    const auto found = live_.calls_.find(id);
    if (found == live_.calls_.end()) continue;
    Entry& entry = found->second;
    if (entry.contact != before.contact) change(entry.contact);
    (void)live_.look_at_expert_wait(entry.call, now_);
    show(entry, before);
    record_outside(entry);
    if (entry.closed()) {
      close(entry);
      continue;
    }
    const auto over = [](const auto& leg) { return leg.second.ended_at.has_value(); };
    if (entry.call.waits_to_call_back() && !entry.call.agent && std::all_of(entry.legs.begin(), entry.legs.end(), over))
      entry.call.node.clear();
    if (std::string state = encode(entry); state != entry.stored) {
      entry.stored = state;
      change(LiveCall{id, entry.call.node, std::move(state)});
    }
    plan(entry);
  }
  for (Reply& reply : replies_) {
    if (!reply.refused && reply.call) {  // as it is after everything
      const auto found = live_.calls_.find(reply.call->id);
      if (found != live_.calls_.end()) reply.call = live_.view(found->second, reply.viewer);
    }
    if (!reply.refused && reply.agent) reply.agent = live_.agent_status(reply.agent->id);
    outward(Answer{std::make_shared<const Reply>(std::move(reply))});
  }
  if (ack_) outward(std::move(*ack_));
  return std::move(out_);
}

}  // namespace hotline::app
