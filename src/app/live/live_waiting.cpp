// SPDX-License-Identifier: Apache-2.0
// Who waits and how: what a call asks of the ACD, callers recognised, admission by service line, call-backs.
#include <algorithm>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

/// A caller is sent from queue to queue at most this often; then they stay.
constexpr int moves_max = 3;
/// Call-backs that wait at once, in all.
constexpr std::size_t call_backs_max = 5'000;

acd::PreferredAs preferred_as(const std::string& text) {
  if (text == acd::to_string(acd::PreferredAs::owner)) return acd::PreferredAs::owner;
  return text == acd::to_string(acd::PreferredAs::last) ? acd::PreferredAs::last : acd::PreferredAs::requested;
}

std::string variable(const call::Call& call, const std::string& name) {
  const auto found = call.position.variables.find(name);
  return found == call.position.variables.end() ? std::string() : found->second;
}

AgentId agent_in(const std::string& text) {
  return AgentId{std::strtoull(text.c_str(), nullptr, 10)};
}

}  // namespace

// ---- what a call asks for

acd::WaitingCall Live::waiting_call(const Entry& entry, const call::QueuePlace& place, const Queue& queue,
                                    bool consulting) const {
  acd::WaitingCall waiting;
  waiting.call = entry.call.id;
  waiting.queue = queue.id;
  waiting.priority = place.priority;
  for (const auto& [code, level] : place.skills) {
    if (const auto skill = skills_.find(code); skill != skills_.end()) waiting.skills[skill->second] = level;
  }
  waiting.enqueued_at = place.since;
  waiting.entered_at = place.entered;
  waiting.may_exit = !consulting && place.may_exit && place.moves < moves_max;
  if (consulting) return waiting;  // the agent asks, not the caller
  if (entry.call.waits_to_call_back()) waiting.work = acd::Work::call_back;
  waiting.vip = variable(entry.call, "vip") == "yes";
  waiting.repeat = variable(entry.call, "repeat") == "yes";
  for (const call::PreferredAgent& agent : place.preferred)
    waiting.preferred.push_back({agent.agent, preferred_as(agent.as)});
  const auto routing = routing_.find(place.queue);
  const bool known = routing != routing_.end() && routing->second.prefer_wait_ms > Duration::zero();
  if (!known || entry.tally.was_connected) return waiting;  // who talked to them in this call has sent them on
  const AgentId owner = agent_in(variable(entry.call, "owner"));
  const AgentId last = agent_in(variable(entry.call, "last_agent"));
  if (owner) waiting.preferred.push_back({owner, acd::PreferredAs::owner});
  if (last && last != owner) waiting.preferred.push_back({last, acd::PreferredAs::last});
  return waiting;
}

/// Who called within the hour (RoutingRules::repeat_within_ms), and with whom they talked.
void Live::recognise(Entry& entry, TimePoint now) {
  const auto* caller = recent_.find(entry.call.from, now, rules_.repeat_within_ms);
  if (caller == nullptr) return;
  auto& variables = entry.call.position.variables;
  variables["repeat"] = "yes";
  if (caller->owner) variables["owner"] = caller->owner->to_string();
  if (caller->agent) variables["last_agent"] = caller->agent->to_string();
}

// ---- admission

const LineOperation& Live::operation_of_line(const std::string& code) const {
  static const LineOperation usual;
  const auto found = operations_.find(code);
  return found == operations_.end() ? usual : found->second;
}

void Live::count_line(const Entry& entry, bool begins) {
  if (entry.call.direction != "inbound" || entry.call.channel != "phone") return;
  std::uint32_t& calls = line_calls_[entry.call.service_line];
  if (begins)
    ++calls;
  else if (calls > 0)
    --calls;
}

acd::Admission Live::admission(const std::string& line) const {
  std::uint32_t trunks = 0;
  for (const auto& [name, node] : nodes_) {
    if (!node.connected) continue;
    for (const TrunkStatus& trunk : node.info.trunks) trunks += static_cast<std::uint32_t>(trunk.channels_max);
  }
  std::map<std::string, acd::TrunkShare> shares;
  for (const auto& [code, operation] : operations_) {
    shares[code].reserved = static_cast<std::uint32_t>(operation.trunks_reserved);
    shares[code].most = static_cast<std::uint32_t>(operation.trunks_max);
  }
  for (const auto& [code, calls] : line_calls_) shares[code].in_use = calls;
  return acd::admit(trunks, shares, line);
}

// ---- call-backs

/// Why this number is not called back; "" when it is.
std::string Live::call_back_obstacle(const std::string& number) const {
  if (const auto refused = check_number(config_.outbound, number))
    return refused->code == "bad_value" ? "no_number" : "not_allowed";
  if (call_backs_.contains(number)) return "asked_already";
  return call_backs_.size() >= call_backs_max ? "too_many" : "";
}

void Live::begin_call_back(Work& work, const NewCallBack& wanted) {
  const auto line = std::find_if(world_.service_lines.begin(), world_.service_lines.end(),
                                 [&](const ServiceLine& l) { return l.code == wanted.service_line; });
  const ServiceLine none;
  Entry entry = new_entry("", "phone", shown_for(wanted.service_line), wanted.number,
                          line == world_.service_lines.end() ? none : *line, work.now());
  entry.contact.direction = "outbound";
  entry.contact.call_back = wanted.how;
  for (const auto& [name, value] : wanted.variables) entry.call.position.variables.try_emplace(name, value);
  const auto found = routing_.find(wanted.place.queue);
  const CallBackSettings settings = found == routing_.end() ? CallBackSettings{} : found->second.call_back;
  call::CallBack back;
  back.number = wanted.number;
  back.of = wanted.of;
  back.how = wanted.how;
  back.attempts_max = static_cast<std::uint32_t>(settings.attempts);
  back.busy_retry = settings.busy_retry_ms;
  back.retry = settings.retry_ms;
  back.expires_at = work.now() + settings.keep_ms;
  call::QueuePlace place = wanted.place;  // the clock of the caller they were: nobody before them is overtaken
  place.entered = work.now();
  place.may_exit = false;
  const CallId id = entry.call.id;
  call_backs_[wanted.number] = id;
  Entry& added = work.add(std::move(entry));
  work.step(added, [&](call::CallStep& step) { step.begin_call_back(std::move(back), std::move(place)); });
  work.outward(FindCustomer{id, wanted.number});
}

LiveEffects Live::web_call_back(RequestId request, const WebCallBack& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why) {
    work.refuse(request, code, std::move(why));
    return work.finish();
  };
  const Queue* queue = queue_by_code(command.queue);
  if (queue == nullptr || !routing_.at(queue->code).call_back.from_web)
    return refuse("bad_value", "This service does not call back from the web page.");
  const std::string number = without_separators(command.number);
  const std::string obstacle = call_back_obstacle(number);
  if (obstacle == "too_many" || draining_ || !store_healthy_)
    return refuse("unavailable", "No more call-backs are noted at the moment; try again later.");
  if (obstacle == "no_number" || obstacle == "not_allowed")
    return refuse("bad_value", "This number cannot be called back.");
  if (obstacle.empty()) {  // asked for already: noted once, and called once
    call::QueuePlace place;
    place.queue = queue->code;
    place.since = now;
    begin_call_back(work, {number, queue->service_line, "web", "", std::move(place), {}});
  }
  const auto noted = call_backs_.find(number);
  if (noted == call_backs_.end()) return refuse("unavailable", "The queue is full at the moment; try again later.");
  Reply reply{request, {}, {}, {}};
  reply.call_back = call_back_view(calls_.at(noted->second).call, now);
  work.reply(std::move(reply));
  return work.finish();
}

LiveEffects Live::hasten_call_back(RequestId request, CallId call, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  bool done = false;
  if (found != calls_.end() && found->second.call.call_back)
    work.step(found->second, [&](call::CallStep& step) { done = step.hasten_call_back(); });
  if (done)
    work.reply(Reply{request, {}, {}, {}});
  else if (found == calls_.end() || !found->second.call.call_back || found->second.call.stage == call::Stage::ended)
    work.refuse(request, "not_found", "No call-back with this id waits.");
  else
    work.refuse(request, "wrong_state", "It is in the queue already, or an agent has it.");
  return work.finish();
}

LiveEffects Live::repeat_call_back(RequestId request, const RepeatCallBack& command, TimePoint now) {
  Work work(*this, now);
  const Queue* queue = queue_by_code(command.queue);
  const std::string obstacle = call_back_obstacle(command.number);
  if (queue == nullptr) {
    work.refuse(request, "wrong_state", "Its queue " + command.queue + " is not there any more.");
  } else if (obstacle == "asked_already") {
    work.refuse(request, "wrong_state", "This number waits to be called back already.");
  } else if (!obstacle.empty() || draining_ || !store_healthy_) {
    work.refuse(request, obstacle == "no_number" || obstacle == "not_allowed" ? "wrong_state" : "unavailable",
                obstacle == "no_number" || obstacle == "not_allowed"
                    ? "This number cannot be called back."
                    : "No more call-backs are noted at the moment; try again later.");
  } else {
    call::QueuePlace place;
    place.queue = queue->code;
    place.since = now;
    begin_call_back(work, {command.number, queue->service_line, "again", command.of, std::move(place), {}});
    if (call_backs_.contains(command.number))
      work.reply(Reply{request, {}, {}, {}});
    else
      work.refuse(request, "unavailable", "The queue is full at the moment; try again later.");
  }
  return work.finish();
}

LiveEffects Live::cancel_call_back(RequestId request, CallId call, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  bool done = false;
  if (found != calls_.end() && found->second.call.call_back)
    work.step(found->second, [&](call::CallStep& step) { done = step.cancel_call_back("supervisor"); });
  if (done)
    work.reply(Reply{request, {}, {}, {}});
  else
    work.refuse(request, "not_found", "No call-back with this id waits; an agent may have it already.");
  return work.finish();
}

CallBackView Live::call_back_view(const call::Call& call, std::optional<TimePoint> now) const {
  CallBackView view;
  view.id = call.id;
  view.number = call.call_back->number;
  view.queue = call.place->queue;
  view.how = call.call_back->how;
  view.state = !call.waits_to_call_back() ? "calling" : call.agent ? "offered" : call.queued ? "waiting" : "later";
  view.since_ms = call.place->since;
  view.next_ms = call.call_back->next_at;
  view.expires_ms = call.call_back->expires_at;
  view.attempts = call.call_back->attempts;
  view.attempts_max = call.call_back->attempts_max;
  view.position = acd_.position(call.id);
  if (call.queued && now) view.wait_ms = acd_.expected_wait(call.id, *now);
  for (const call::CallBackTry& tried : call.call_back->tries) view.tries.push_back({tried.at, tried.cause});
  return view;
}

std::vector<CallBackView> Live::call_backs(std::optional<TimePoint> now) const {
  std::vector<CallBackView> out;
  for (const auto& [number, id] : call_backs_) {
    const auto found = calls_.find(id);
    if (found != calls_.end()) out.push_back(call_back_view(found->second.call, now));
  }
  return out;
}

}  // namespace hotline::app
