// SPDX-License-Identifier: Apache-2.0
// Start, time and look-ups of the live operation. Voice nodes: live_nodes.cpp; desks and web callers: live_desk.cpp.
#include "app/live/live.hpp"

#include <algorithm>

#include "app/live/work.hpp"
#include "base/local_time.hpp"

namespace hotline::app {
namespace {

/// How long a node may be away before its calls are taken for lost (requirement: settled within 10 s).
constexpr Duration node_away_max{8'000};
/// After a start, how long nodes have to tell which phones are registered with them.
constexpr Duration phones_known_after{10'000};
/// Rows of the watchdog older than this go.
constexpr std::chrono::days differences_kept{90};
/// Recordings and contacts remembered after they were closed, for what comes late.
constexpr std::size_t kept_after_close_max = 4096;

}  // namespace

Live::Live(LiveConfig config, IdMaker ids)
    : config_(std::move(config)), ids_(ids), flows_(std::make_shared<call::FlowBook>()) {
  config_.call.default_queue = config_.default_queue;
}

// ---- start

void Live::index_world() {
  staff_.clear();
  queues_by_code_.clear();
  skills_.clear();
  routing_.clear();
  operations_.clear();
  rules_ = rules_of(world_);
  board_settings_ = settings_from(world_.wallboard);
  for (const Queue& queue : world_.queues) routing_[queue.code] = routing_of(queue);
  for (const ServiceLine& line : world_.service_lines) operations_[line.code] = operation_of(line);
  for (std::size_t i = 0; i < world_.agents.size(); ++i) staff_[world_.agents[i].id] = i;
  for (std::size_t i = 0; i < world_.queues.size(); ++i) queues_by_code_[world_.queues[i].code] = i;
  for (const Skill& skill : world_.skills) skills_[skill.code] = skill.id;
}

LiveEffects Live::start(LiveStart start, TimePoint now) {
  world_ = std::move(start.world);
  flows_ = std::move(start.flows);
  index_world();
  Work work(*this, now);
  configure_acd(now);
  for (const Contact& contact : start.recent) {
    if (contact.ended_at)
      recent_.ended(contact.direction == "outbound" ? contact.to : contact.from, *contact.ended_at, contact.agent,
                    contact.owner);
  }
  day_number_ = day_number(now);
  for (const NodeCursor& cursor : start.state.cursors) cursors_[cursor.node] = cursor;
  for (Recording& recording : start.running_recordings) recordings_[recording.id] = std::move(recording);
  restore_calls(work, start.state.calls);
  restore_agents(work, start.state.agents, now);
  settle_open_contacts(work, calls_, start.open_contacts, now);
  for (const QueueDay& stored : start.day) day(stored.queue, stored.service_line).add(stored);
  for (auto& [id, entry] : calls_) {
    if (entry.call.queued && entry.call.place) restore_waiting(entry, *entry.call.place, false);
    if (const auto& consult = entry.call.consult; consult && consult->queued)
      restore_waiting(entry, *consult->place, true);
    (void)look_at_expert_wait(entry.call, now);
    if (!entry.call.node.empty()) nodes_[entry.call.node].away_since = now;
    if (entry.call.stage != call::Stage::ended) count_line(entry, true);
    if (entry.call.call_back && entry.call.stage != call::Stage::ended) call_backs_[entry.call.call_back->number] = id;
    if (entry.call.stage != call::Stage::ended && !entry.contact.queue.empty() && !entry.call.call_back &&
        entry.contact.direction == "inbound")
      count_restored(entry);
  }
  seed_estimates(start.recent);
  work.apply(acd_.start(now));
  settle_restored(work);
  sum_up_staff(now);
  phones_due_ = now + phones_known_after;
  next_wallboard_ = next_watch_ = now;
  return work.finish();
}

void Live::restore_calls(Work& work, const std::vector<LiveCall>& calls) {
  for (const LiveCall& row : calls) {
    auto entry = decode_entry(row.state);
    if (!entry) {  // written by another version: the contact is settled below, since it has no live call
      work.outward(Logged{row.id, "stored call cannot be read: " + entry.error()});
      work.change(DropLiveCall{row.id});
      continue;
    }
    for (const auto& [text, leg] : entry->legs) legs_[leg.id] = row.id;
    const CallId id = entry->call.id;
    const auto due = entry->closing_until ? entry->closing_until : call::next_due(entry->call);
    if (due) {
      due_.emplace(*due, id);
      due_of_[id] = *due;
    }
    work.outward(FindCustomer{id, entry->call.direction == "outbound" ? entry->call.to : entry->call.from});
    calls_.insert_or_assign(id, std::move(*entry));
  }
}

void Live::restore_agents(Work& work, const std::vector<LiveAgent>& agents, TimePoint now) {
  for (const LiveAgent& row : agents) {
    if (staff(row.id) == nullptr) continue;
    auto stored = decode_agent(row.state);
    if (!stored) {
      work.outward(Logged{{}, "stored agent state cannot be read: " + stored.error()});
      continue;
    }
    acd::AgentLive* live = &stored->live;
    AgentDay& day = agent_days_[row.id] = stored->day;
    // Nobody is stuck: an agent whose call is not alive any more does not stay in it.
    const bool in_call = live->state == acd::AgentState::offered || live->state == acd::AgentState::busy;
    const auto call = live->call ? calls_.find(*live->call) : calls_.end();
    if (in_call && (call == calls_.end() || call->second.call.stage == call::Stage::ended)) {
      live->state = acd::AgentState::ready;
      live->call.reset();
      live->queue.reset();
      live->deadline.reset();
      live->since = live->idle_since = now;
      day.change(*live, "", now, day_number_, midnight());
      work.change(LiveAgent{live->id, encode(*live, day)});
    }
    acd_.restore_agent(*live);
  }
}

void Live::restore_waiting(const Entry& entry, const call::QueuePlace& place, bool consulting) {
  if (const Queue* queue = queue_by_code(place.queue))
    acd_.restore_waiting(waiting_call(entry, place, *queue, consulting));
}

/// The stored counts leave live contacts out: they are counted here again as they were.
void Live::count_restored(const Entry& entry) {
  DayFigures& figures = day(entry.contact.queue, entry.contact.service_line);
  ++figures.offered;
  if (!entry.tally.was_connected || !entry.contact.agent) return;
  ++figures.answered;
  figures.answer_time += entry.tally.wait;
  if (entry.tally.wait <= config_.service_level_threshold) ++figures.answered_in_time;
}

/// The world may have changed while no core ran: a queue or an agent that is gone lets go of its calls.
void Live::settle_restored(Work& work) {
  for (auto& [id, entry] : calls_) {
    const bool queued = entry.call.queued || (entry.call.consult && entry.call.consult->queued);
    if (queued && acd_.waiting(id) == nullptr) {
      work.step(entry, [](call::CallStep& step) { step.queue_refused(); });
    }
    const auto& rung = entry.call.consult ? entry.call.consult->agent : entry.call.agent;
    if (rung && !rung->taken && acd_.offered_to(id) != rung->agent) {
      const AgentId gone = rung->agent;
      work.step(entry, [&](call::CallStep& step) { step.stop_ringing(gone, "gone"); });
    }
  }
}

void Live::settle_open_contacts(Work& work, const std::map<CallId, Entry>& live, const std::vector<Contact>& open,
                                TimePoint now) {
  for (const Contact& row : open) {
    if (live.contains(CallId{row.id.value()})) continue;
    Contact contact = row;
    contact.outcome = "lost";
    contact.end_cause = "error";
    contact.ended_at = std::max(now, contact.started_at);
    work.change(contact);
    work.outward(Logged{CallId{row.id.value()}, "contact without a live call settled as lost"});
  }
}

// ---- time

std::optional<TimePoint> Live::next_due() const {
  std::optional<TimePoint> due = earlier(earlier(acd_.next_due(), next_wallboard_), next_watch_);
  if (!due_.empty()) due = earlier(due, due_.begin()->first);
  due = earlier(due, phones_due_);
  for (const auto& [number, kept] : kept_phones_) due = earlier(due, kept.until);
  for (const auto& [name, node] : nodes_) {
    if (node.synced) due = earlier(due, node.sweep_at);
    if (!node.connected && node.away_since) due = earlier(due, *node.away_since + node_away_max);
  }
  return due;
}

LiveEffects Live::tick(TimePoint now) {
  Work work(*this, now);
  const std::uint64_t touched_before = touches_;
  if (day_number(now) != day_number_) {
    day_number_ = day_number(now);
    day_.clear();
    if (config_.trace_kept.count() > 0) work.change(DropSipMessages{now - config_.trace_kept});
    work.change(DropDifferences{now - differences_kept});
  }
  work.apply(acd_.tick(now));
  work.plan_touched();  // the end of an offer may be the end of a call-back
  while (!due_.empty() && due_.begin()->first <= now) {
    const CallId id = due_.begin()->second;
    due_.erase(due_.begin());
    due_of_.erase(id);
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    Entry& entry = found->second;
    if (!entry.call.node.empty() &&
        !hears(entry.call.node)) {  // what happened in time may still be on its way from the node
      due_.emplace(now + node_poll, id);
      due_of_[id] = now + node_poll;
    } else if (entry.closing_until && *entry.closing_until <= now) {
      settle_closing(work, entry);
    } else {
      work.step(entry, [](call::CallStep& step) { step.tick(); });
    }
  }
  for (auto& [name, node] : nodes_) {
    if (node.synced && node.sweep_at && *node.sweep_at <= now) {
      node.sweep_at.reset();
      sweep_recordings(work, name);
    }
    if (!node.connected && node.away_since && *node.away_since + node_away_max <= now) {
      node.away_since.reset();
      settle_node(work, name);
    }
  }
  if (phones_due_ && *phones_due_ <= now) {
    phones_due_.reset();
    for (const Agent& agent : world_.agents) {
      if (agent.sip_account.exists() && !phone_reachable(agent)) phone_moved(work, agent.number);
    }
  }
  forget_kept_phones(work);
  if (now >= next_watch_) watch(work, touched_before);
  if (now >= next_staff_) {
    next_staff_ = now + Duration{5'000};
    sum_up_staff(now);
  }
  if (now >= next_wallboard_) {
    next_wallboard_ = now + Duration{1'000};
    look_at_expert_waits(work);
    work.outward(WallboardSeen{wallboard(now)});
  }
  return work.finish();
}

/// The node reported neither the end of a leg nor of the recording in time, so it never had them.
void Live::settle_closing(Work& work, Entry& entry) {
  work.touch(entry);
  for (auto& [text, leg] : entry.legs) {
    if (!leg.ended_at) work.put_leg(end_leg(leg, work.now(), "unknown"));
  }
  give_up(work, entry.call.recording);
  entry.call.recording = RecordingId{};
}

void Live::give_up(Work& work, RecordingId recording) {
  const auto running = recordings_.find(recording);
  if (running == recordings_.end()) return;
  Recording row = running->second;
  recordings_.erase(running);
  row.state = "damaged";
  row.ended_at = std::max(work.now(), row.started_at);
  row.problem = "the voice node did not report its end";
  work.change(row);
  given_up_[recording] = std::move(row);
  if (given_up_.size() > kept_after_close_max) given_up_.erase(given_up_.begin());
}

/// Recordings of calls that a node lost: what it has of them it reports when it comes back, so the rest never began.
void Live::sweep_recordings(Work& work, const std::string& node) {
  std::vector<RecordingId> orphans;
  for (const auto& [id, row] : recordings_) {
    const auto entry = calls_.find(CallId{row.contact.value()});
    if (row.node == node && (entry == calls_.end() || entry->second.call.recording != id)) orphans.push_back(id);
  }
  for (const RecordingId id : orphans) give_up(work, id);
}

void Live::end_calls(Work& work, const std::string* node, const std::function<void(call::CallStep&)>& act) {
  // Who is there now. What begins while these end is not meant: an agent who becomes free may be rung at once for a
  // call-back that only waited, and had nothing at any node.
  std::vector<Entry*> meant;
  for (auto& [id, entry] : calls_) {
    if (entry.call.stage == call::Stage::ended || (node != nullptr && entry.call.node != *node)) continue;
    if (entry.call.waits_to_call_back() && (node == nullptr || !entry.call.agent)) continue;  // goes on waiting
    meant.push_back(&entry);
  }
  for (const bool waiting : {true, false}) {
    for (Entry* entry : meant) {
      const call::Stage stage = entry->call.stage;
      if (stage != call::Stage::ended && (stage == call::Stage::waiting) == waiting) work.step(*entry, act);
    }
  }
}

LiveEffects Live::drain(TimePoint now) {
  Work work(*this, now);
  draining_ = true;
  for (const auto& [name, node] : nodes_) work.outward(DrainNode{name, true});
  return work.finish();
}

LiveEffects Live::end_all(TimePoint now) {
  Work work(*this, now);
  end_calls(work, nullptr, [](call::CallStep& step) { step.end(call::Cause::shutdown); });
  return work.finish();
}

LiveEffects Live::customer_found(CallId call, const Customer& customer, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  if (found == calls_.end()) return work.finish();
  Entry& entry = found->second;
  work.touch(entry);
  entry.who = customer;
  entry.call.customer = customer.id;
  entry.contact.customer = customer.id;
  auto& variables = entry.call.position.variables;
  variables.emplace("customer", customer.id.to_string());
  variables.emplace("vip", customer.vip ? "yes" : "no");
  if (const acd::WaitingCall* waits = acd_.waiting(call); waits != nullptr && customer.vip && !waits->vip)
    work.apply(call, "revise", acd_.revise(call, true, waits->repeat, waits->preferred, now), [] {});
  return work.finish();
}

// ---- look-ups

std::int64_t Live::day_number(TimePoint now) const {
  return hotline::local_day(now, config_.utc_offset);
}
const ServiceLine* Live::line_of(const std::string& number) const {
  for (const ServiceLine& line : world_.service_lines) {
    if (std::find(line.numbers.begin(), line.numbers.end(), number) != line.numbers.end()) return &line;
  }
  return nullptr;
}
const Queue* Live::queue_by_code(const std::string& code) const {
  const auto found = queues_by_code_.find(code);
  return found == queues_by_code_.end() ? nullptr : &world_.queues[found->second];
}
const Queue* Live::queue_by_id(QueueId id) const {
  const auto found =
      std::find_if(world_.queues.begin(), world_.queues.end(), [&](const Queue& q) { return q.id == id; });
  return found == world_.queues.end() ? nullptr : &*found;
}
const Agent* Live::staff(AgentId agent) const {
  const auto found = staff_.find(agent);
  return found == staff_.end() ? nullptr : &world_.agents[found->second];
}
bool Live::hears(const std::string& node) const {
  const auto found = nodes_.find(node);
  return found != nodes_.end() && found->second.connected && found->second.synced;
}
Entry* Live::entry_of_leg(LegId leg) {
  const auto call = legs_.find(leg);
  if (call == legs_.end()) return nullptr;
  const auto entry = calls_.find(call->second);
  return entry == calls_.end() ? nullptr : &entry->second;
}
const NodeInfo* Live::node(const std::string& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() || !found->second.connected ? nullptr : &found->second.info;
}
std::size_t Live::live_calls() const {
  return static_cast<std::size_t>(std::count_if(calls_.begin(), calls_.end(), [](const auto& item) {
    return item.second.call.stage != call::Stage::ended && !item.second.call.waits_to_call_back();
  }));
}
bool Live::settled() const {
  return recordings_.empty() && std::all_of(calls_.begin(), calls_.end(),
                                            [](const auto& item) { return item.second.call.waits_to_call_back(); });
}

}  // namespace hotline::app
