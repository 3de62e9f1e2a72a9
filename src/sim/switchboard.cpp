// SPDX-License-Identifier: Apache-2.0
#include "sim/switchboard.hpp"

#include "domain/call/say.hpp"

namespace hotline::sim {
namespace {

/// As app/live/live_waiting.cpp.
constexpr int moves_max = 3;
/// As app::CallBackSettings.
constexpr Duration call_back_kept{14'400'000};

}  // namespace

Switchboard::Switchboard(std::shared_ptr<const call::FlowBook> flows, SwitchboardEdge& edge)
    : flows_(std::move(flows)), edge_(edge) {}

void Switchboard::add(const acd::QueueConfig& queue) {
  queues_[queue.code] = queue;
  acd_.configure_queue(queue);
}

void Switchboard::add(const acd::AgentConfig& agent, const std::string& number, TimePoint now) {
  numbers_[agent.id] = number;
  apply(acd_.configure_agent(agent, now), now);
}

SwitchedCall* Switchboard::find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : &found->second;
}

template <class Act>
void Switchboard::step(SwitchedCall& call, TimePoint now, Act&& act) {
  call::CallStep step(call.call, *flows_, ids_, now, limits_);
  act(step);
  for (const call::Effect& effect : step.take()) apply(call, effect, now);
}

template <class Act>
void Switchboard::input(SwitchedCall* call, TimePoint now, Act&& act) {
  if (call == nullptr) return;
  step(*call, now, std::forward<Act>(act));
  plan(*call);
  forget_ended();
}

void Switchboard::arrive(LegId leg, const std::string& to, const std::string& flow, std::uint64_t caller,
                         TimePoint now) {
  const CallId id{ids_.next()};
  SwitchedCall& call = calls_[id];
  call.call.id = id;
  call.call.node = "voice1";
  call.call.to = to;
  call.call.service_line = to;
  call.call.customer_leg = leg;
  call.caller = caller;
  step(call, now, [&](call::CallStep& step) { step.arrive(flow); });
  plan(call);
}

void Switchboard::leg_answered(CallId id, LegId leg, TimePoint now) {
  input(find(id), now, [&](call::CallStep& step) { step.leg_answered(leg); });
}
void Switchboard::leg_ended(CallId id, LegId leg, call::Cause cause, TimePoint now) {
  input(find(id), now, [&](call::CallStep& step) { step.leg_ended(leg, cause); });
}
void Switchboard::digit(CallId id, char digit, TimePoint now) {
  SwitchedCall* call = find(id);
  input(call, now, [&](call::CallStep& step) { step.digit(call->call.customer_leg, digit); });
}
void Switchboard::play_done(CallId id, PlayId play, TimePoint now) {
  SwitchedCall* call = find(id);
  input(call, now, [&](call::CallStep& step) { step.play_done(call->call.customer_leg, play); });
}

void Switchboard::set_state(AgentId agent, acd::AgentState state, TimePoint now) {
  if (auto effects = acd_.set_state(agent, state, "", now)) apply(*effects, now);
  forget_ended();
}

void Switchboard::finish_wrap_up(AgentId agent, TimePoint now) {
  if (auto effects = acd_.finish_wrap_up(agent, {}, "", now)) apply(*effects, now);
  forget_ended();
}

// ---- what the call model and the ACD say to each other (app/live/work.cpp does the same, and keeps the records)

void Switchboard::apply(SwitchedCall& call, const call::Effect& effect, TimePoint now) {
  const CallId id = call.call.id;
  if (const auto* command = std::get_if<call::VoiceCommand>(&effect)) {
    if (std::holds_alternative<call::BridgeLegs>(*command) && !call.connected_at) {
      call.connected_at = now;
      edge_.connected(call);
    }
    edge_.command(call, *command);
  } else if (const auto* ask = std::get_if<call::AskQueue>(&effect)) {
    ask_queue(call, *ask, now);
  } else if (std::get_if<call::LeaveQueue>(&effect)) {
    if (auto left = acd_.dequeue(id, now)) apply(*left, now);
  } else if (const auto* taken = std::get_if<call::OfferTaken>(&effect)) {
    if (auto done = acd_.accept(id, taken->agent, now)) apply(*done, now);
  } else if (const auto* failed = std::get_if<call::OfferFailed>(&effect)) {
    const auto why = failed->device ? acd::OfferEnd::device_failed : acd::OfferEnd::rejected;
    if (auto done = acd_.refuse(id, failed->agent, why, now)) apply(*done, now);
  } else if (const auto* finished = std::get_if<call::AgentFinished>(&effect)) {
    if (auto done = acd_.call_finished(finished->agent, id, now, finished->wrap_up)) apply(*done, now);
  } else if (const auto* lost = std::get_if<call::AgentDeviceLost>(&effect)) {
    if (auto done = acd_.device_lost(lost->agent, "device", now)) apply(*done, now);
  } else if (const auto* pressed = std::get_if<call::PressedWaiting>(&effect)) {
    if (auto left = acd_.press(id, pressed->digit, now)) apply(*left, now);
  } else if (const auto* back = std::get_if<call::AskCallBack>(&effect)) {
    ask_call_back(call, *back, now);
  } else if (std::get_if<call::CallEnded>(&effect)) {
    ended_.push_back(id);
  }
}

void Switchboard::ask_queue(SwitchedCall& call, const call::AskQueue& ask, TimePoint now) {
  const auto queue = queues_.find(ask.place.queue);
  acd::WaitingCall waiting;
  waiting.call = call.call.id;
  waiting.priority = ask.place.priority;
  waiting.enqueued_at = ask.place.since;
  waiting.entered_at = ask.place.entered;
  waiting.may_exit = ask.place.may_exit && ask.place.moves < moves_max;
  if (call.call.waits_to_call_back()) waiting.work = acd::Work::call_back;
  for (const auto& [code, level] : ask.place.skills) {
    if (const auto skill = skills_.find(code); skill != skills_.end()) waiting.skills[skill->second] = level;
  }
  if (queue != queues_.end()) waiting.queue = queue->second.id;
  auto result = acd_.enqueue(std::move(waiting), now);
  if (!result) return step(call, now, [](call::CallStep& step) { step.queue_refused(); });
  if (result->size() == 1 && std::holds_alternative<acd::Exited>(result->front())) return apply(*result, now);
  if (!call.queued_at) {
    call.queued_at = now;
    edge_.queued(call);
  }
  step(call, now, [](call::CallStep& step) { step.queue_accepted(); });
  apply(*result, now);
}

/// They keep their place, and wait at no node until an agent is rung for them.
void Switchboard::ask_call_back(SwitchedCall& call, const call::AskCallBack& ask, TimePoint now) {
  const CallId id{ids_.next()};
  SwitchedCall& promised = calls_[id];
  promised.call.id = id;
  promised.call.node = call.call.node;
  promised.call.to = "caller";
  call::CallBack back;
  back.number = "caller";
  back.of = call.call.id.to_string();
  back.how = ask.how;
  back.expires_at = now + call_back_kept;
  call::QueuePlace place = *call.call.place;
  place.entered = now;
  place.may_exit = false;
  edge_.called_back(call, promised);
  step(promised, now, [&](call::CallStep& step) { step.begin_call_back(std::move(back), std::move(place)); });
  plan(promised);
  step(call, now, [](call::CallStep& step) { step.call_back_noted(); });
}

void Switchboard::apply(const acd::Effects& effects, TimePoint now) {
  for (const acd::Effect& effect : effects) apply_one(effect, now);
}

void Switchboard::apply_one(const acd::Effect& effect, TimePoint now) {
  SwitchedCall* call = nullptr;
  if (const auto* made = std::get_if<acd::OfferMade>(&effect)) {
    if ((call = find(made->call)) == nullptr) return;
    call::AgentPart part;
    part.agent = made->agent;
    part.number = numbers_[made->agent];
    part.browser = false;
    step(*call, now, [&](call::CallStep& step) { step.ring_agent(part, made->expires_at - now); });
  } else if (const auto* over = std::get_if<acd::OfferEnded>(&effect)) {
    if ((call = find(over->call)) == nullptr) return;
    step(*call, now, [&](call::CallStep& step) { step.stop_ringing(over->agent, acd::to_string(over->why)); });
  } else if (const auto* exited = std::get_if<acd::Exited>(&effect)) {
    if ((call = find(exited->call)) == nullptr) return;
    edge_.sent_on(*call);
    step(*call, now, [&](call::CallStep& step) { step.queue_exit(acd::to_string(exited->why), exited->target); });
  } else if (const auto* due = std::get_if<acd::AnnounceDue>(&effect)) {
    if ((call = find(due->call)) == nullptr) return;
    edge_.announced(*call);
    const auto& language = call::language_of(*flows_, call->call.position);
    step(*call, now,
         [&](call::CallStep& step) { step.announce(call::say_waiting(due->position, due->wait, language)); });
  }
  if (call != nullptr) plan(*call);
}

// ---- time

std::optional<TimePoint> Switchboard::due() const {
  return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
}

void Switchboard::plan(SwitchedCall& call) {
  const auto due = call::next_due(call.call);
  if (due == call.planned) return;
  if (call.planned) due_.erase({*call.planned, call.call.id});
  if (due) due_.emplace(*due, call.call.id);
  call.planned = due;
}

void Switchboard::tick(TimePoint now) {
  apply(acd_.tick(now), now);
  while (!due_.empty() && due_.begin()->first <= now) {
    SwitchedCall* call = find(due_.begin()->second);
    due_.erase(due_.begin());
    if (call != nullptr) call->planned.reset();
    input(call, now, [](call::CallStep& step) { step.tick(); });
  }
  forget_ended();
}

/// After the step, when nothing refers to them any more.
void Switchboard::forget_ended() {
  for (const CallId id : ended_) {
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    edge_.ended(found->second);
    if (found->second.planned) due_.erase({*found->second.planned, id});
    calls_.erase(found);
  }
  ended_.clear();
}

std::vector<std::string> Switchboard::violations(TimePoint now) const {
  std::vector<std::string> found = acd_.violations(now);
  for (const acd::AgentLive* agent : acd_.agents()) {
    if (agent->state != acd::AgentState::busy && agent->state != acd::AgentState::offered) continue;
    const auto call = calls_.find(*agent->call);
    if (call == calls_.end() || !call->second.call.has_agent(agent->id))
      found.push_back("agent " + agent->id.to_string() + " is " + acd::to_string(agent->state) + " without its call");
  }
  for (const auto& [id, call] : calls_) {
    if (call.call.queued != (acd_.waiting(id) != nullptr))
      found.push_back("call " + id.to_string() + " and the ACD disagree about waiting");
    const bool later = call.call.waits_to_call_back() && call.call.call_back->next_at;
    if (call.call.stage == call::Stage::waiting && !call.call.queued && !call.call.agent && !later)
      found.push_back("call " + id.to_string() + " waits for nobody");
  }
  return found;
}

}  // namespace hotline::sim
