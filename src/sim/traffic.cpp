// SPDX-License-Identifier: Apache-2.0
#include "sim/traffic.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

constexpr Duration between_keys{350};
constexpr Duration back_after_no_answer{30'000};
constexpr Duration customer_reaction{8'000};  ///< of customers who are called back

double seconds_of(Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

}  // namespace

std::shared_ptr<const call::FlowBook> direct_flow() {
  auto book = std::make_shared<call::FlowBook>();
  call::Flow& flow = book->flows["direct"];
  flow.name = "direct";
  flow.start = "queue";
  flow.nodes["queue"] = {"queue", call::QueueNode{.queue = "queue", .refused = "bye"}, 1};
  flow.nodes["bye"] = {"bye", call::HangUpNode{}, 2};
  return book;
}

acd::QueueConfig plain_queue() {
  acd::QueueConfig queue;
  queue.id = QueueId{1};
  queue.code = "queue";
  queue.wrap_up = Duration{0};
  queue.waiting_max = 1'000'000;
  return queue;
}

void TrafficFigures::add(const TrafficFigures& o) {
  calls += o.calls, blocked += o.blocked, self_service += o.self_service, refused += o.refused, queued += o.queued;
  called_back += o.called_back, call_backs_done += o.call_backs_done, call_backs_reached += o.call_backs_reached;
  announcements += o.announcements, sent_on += o.sent_on;
  short_abandoned += o.short_abandoned, no_answers += o.no_answers, waited += o.waited;
  service.answered += o.service.answered, service.answered_in_time += o.service.answered_in_time;
  service.abandoned += o.service.abandoned, service.abandoned_in_time += o.service.abandoned_in_time;
  wait_s += o.wait_s, answer_wait_s += o.answer_wait_s, talk_s += o.talk_s, wrap_up_s += o.wrap_up_s;
  staffed_s += o.staffed_s, trunk_s += o.trunk_s;
  trunks_max = std::max(trunks_max, o.trunks_max);
}

Traffic::Traffic(TrafficScript script)
    : script_(std::move(script)), board_(script_.flows, *this), arrivals_(script_.seed, "arrivals") {
  for (const acd::QueueConfig& queue : script_.queues) board_.add(queue);
  for (const auto& [code, skill] : script_.skills) board_.name_skill(code, skill);
  for (const acd::AgentConfig& agent : script_.agents) board_.add(agent, std::to_string(8000 + agent.id.value()), now_);
}

// ---- time

bool Traffic::run_interval(const std::function<bool()>& stop) {
  const bool open = interval_ < script_.calls.size();
  if (!open && board_.live_calls() == 0) return false;
  const TimePoint end = now_ + script_.interval;
  if (open) plan_calls(script_.calls[interval_]);
  const auto all = static_cast<std::uint32_t>(script_.agents.size());
  staff(script_.staff.empty() ? all : script_.staff[std::min(interval_, script_.staff.size() - 1)]);
  for (;;) {
    if (stop && (events_ & 4095U) == 0 && stop()) return false;
    const auto due = board_.next_due();
    const TimePoint next = agenda_.empty() ? end : agenda_.next();
    if (due && *due <= next && *due <= end) {
      now_ = *due;
      board_.tick(now_);
    } else if (agenda_.empty() || next > end) {
      break;
    } else {
      const auto [at, event] = agenda_.take();
      now_ = at;
      ++events_;
      happen(event);
    }
  }
  now_ = end;
  now_figures_.staffed_s += seconds_of(script_.interval) * staffed_;
  ++interval_;
  if (interval_ % script_.batch_intervals == 0) batches_.push_back(std::exchange(now_figures_, {}));
  return true;
}

TrafficFigures Traffic::total() const {
  TrafficFigures all = now_figures_;
  for (const TrafficFigures& batch : batches_) all.add(batch);
  return all;
}

/// The moments of a Poisson process within one interval.
void Traffic::plan_calls(double expected) {
  if (expected <= 0) return;
  if (script_.exact_calls) {
    const auto length = static_cast<std::uint64_t>(script_.interval.count());
    for (auto i = static_cast<std::int64_t>(expected); i > 0; --i)
      add(Duration{static_cast<std::int64_t>(arrivals_.below(length))}, {Kind::arrive, 0, {}, 0});
    return;
  }
  const double mean_ms = static_cast<double>(script_.interval.count()) / expected;
  for (double at = arrivals_.exponential(mean_ms); at < static_cast<double>(script_.interval.count());
       at += arrivals_.exponential(mean_ms))
    add(Duration{static_cast<std::int64_t>(at)}, {Kind::arrive, 0, {}, 0});
}

void Traffic::staff(std::uint32_t agents) {
  for (; staffed_ < agents; ++staffed_) board_.set_state(script_.agents[staffed_].id, acd::AgentState::ready, now_);
  for (; staffed_ > agents; --staffed_)
    board_.set_state(script_.agents[staffed_ - 1].id, acd::AgentState::signed_out, now_);
}

void Traffic::happen(const Event& event) {
  note(static_cast<std::uint64_t>(now_.time_since_epoch().count()) ^ static_cast<std::uint64_t>(event.kind) ^
       event.call.value() << 20);
  switch (event.kind) {
    case Kind::arrive:
      return arrive();
    case Kind::caller_up:
    case Kind::agent_up:
      return board_.leg_answered(event.call, LegId{event.about}, now_);
    case Kind::prompt_end:
      return board_.play_done(event.call, PlayId{event.about}, now_);
    case Kind::key:
      // Who hears the music types no number into it; who asks to be called back waits still.
      if (const SwitchedCall* call = board_.find(event.call);
          call != nullptr && call->call.queued == (event.about != 0))
        board_.digit(event.call, event.key, now_);
      return;
    case Kind::gives_up:
      if (const SwitchedCall* call = board_.find(event.call); call != nullptr && !call->connected_at)
        board_.leg_ended(event.call, call->call.customer_leg, call::Cause::normal, now_);
      return;
    case Kind::talk_end:
      return board_.leg_ended(event.call, LegId{event.about}, call::Cause::normal, now_);
    case Kind::wrapped:
      return board_.finish_wrap_up(AgentId{event.about}, now_);
    case Kind::unreached:
      if (const SwitchedCall* call = board_.find(event.call)) leave_trunk(caller_of(*call));
      return board_.leg_ended(event.call, LegId{event.about}, call::Cause::no_answer, now_);
    case Kind::back:
      if (event.about <= staffed_) board_.set_state(AgentId{event.about}, acd::AgentState::ready, now_);
      return;
  }
}

// ---- callers

void Traffic::arrive() {
  ++now_figures_.calls;
  if (trunks_in_use_ >= script_.trunks) {
    ++now_figures_.blocked;
    return;
  }
  Caller& caller = new_caller("caller", ++calls_);
  take_trunk(caller);
  double fate = caller.chance.uniform();
  for (const Intent& intent : script_.intents) {
    caller.intent = &intent;
    if ((fate -= intent.share) < 0) break;
  }
  board_.arrive(LegId{++legs_}, "1000", script_.flow, caller.slot, now_);
}

Traffic::Caller& Traffic::new_caller(const char* stream, std::uint64_t number) {
  std::uint32_t slot = 0;
  if (free_callers_.empty()) {
    slot = static_cast<std::uint32_t>(callers_.size());
    callers_.emplace_back();
  } else {
    slot = free_callers_.back();
    free_callers_.pop_back();
  }
  Caller& caller = callers_[slot];
  caller = Caller{};
  caller.chance = Stream(script_.seed, stream, number);
  caller.slot = slot;
  return caller;
}

void Traffic::take_trunk(Caller& caller) {
  caller.on_trunk = true;
  caller.came = now_;
  ++trunks_in_use_;
  now_figures_.trunks_max = std::max(now_figures_.trunks_max, trunks_in_use_);
}

void Traffic::leave_trunk(Caller& caller) {
  if (!std::exchange(caller.on_trunk, false)) return;
  --trunks_in_use_;
  now_figures_.trunk_s += seconds_of(now_ - caller.came);
}

/// The next group of keys, or silence when nothing is left to say.
void Traffic::press(SwitchedCall& call, Caller& caller, Duration within) {
  const std::string& keys = caller.intent->keys;
  if (caller.pressed >= keys.size()) return;
  Duration after = caller.chance.between(Duration{200}, std::max(within, Duration{300}));
  for (; caller.pressed < keys.size() && keys[caller.pressed] != ' '; ++caller.pressed) {
    add(after, {Kind::key, keys[caller.pressed], call.call.id, 0});
    after += between_keys;
  }
  ++caller.pressed;
}

Duration Traffic::handling(Caller& caller) {
  return script_.handling_variation > 0 ? caller.chance.lognormal(script_.handling, script_.handling_variation)
                                        : caller.chance.exponential(script_.handling);
}

// ---- what the switchboard says

void Traffic::command(SwitchedCall& call, const call::VoiceCommand& command) {
  Caller& caller = caller_of(call);
  if (const auto* answer = std::get_if<call::AnswerLeg>(&command)) {
    add(script_.pick_up, {Kind::caller_up, 0, call.call.id, answer->leg.value()});
  } else if (const auto* play = std::get_if<call::PlayTo>(&command)) {
    if (play->loop) return;
    Duration length{0};
    for (std::size_t i = 0; i < play->prompts.size(); ++i) length += caller.chance.between({}, script_.prompt * 2);
    add(length, {Kind::prompt_end, 0, call.call.id, play->play.value()});
    if (play->stop_on_digit) press(call, caller, length + Duration{1'500});
  } else if (const auto* rung = std::get_if<call::OriginateSip>(&command)) {
    return rung->trunk ? ring_customer(call, *rung) : ring(call, *rung);
  } else if (std::holds_alternative<call::BridgeLegs>(command)) {
    const LegId leaves = caller.chance.chance(0.3) ? caller.agent_leg : call.call.customer_leg;
    add(handling(caller), {Kind::talk_end, 0, call.call.id, leaves.value()});
  }
}

void Traffic::ring(SwitchedCall& call, const call::OriginateSip& rung) {
  Caller& caller = caller_of(call);
  caller.agent = call.call.agent->agent;
  caller.agent_leg = rung.leg;
  if (script_.no_answer > 0 && caller.chance.chance(script_.no_answer)) {
    ++now_figures_.no_answers;
    return add(rung.ring_timeout + back_after_no_answer, {Kind::back, 0, {}, caller.agent.value()});
  }
  const Duration reaction = script_.reaction > Duration{0} ? caller.chance.exponential(script_.reaction) : Duration{0};
  add(std::min(reaction, rung.ring_timeout - Duration{1}), {Kind::agent_up, 0, call.call.id, rung.leg.value()});
}

/// Who is called back is called again by the rule when they do not answer.
void Traffic::ring_customer(SwitchedCall& call, const call::OriginateSip& rung) {
  Caller& caller = caller_of(call);
  take_trunk(caller);
  const bool answers = caller.chance.chance(script_.reached);
  const Duration after = std::min(caller.chance.exponential(customer_reaction), rung.ring_timeout - Duration{1});
  add(answers ? after : rung.ring_timeout,
      {answers ? Kind::caller_up : Kind::unreached, 0, call.call.id, rung.leg.value()});
}

void Traffic::called_back(SwitchedCall& call, SwitchedCall& promised) {
  caller_of(call).called_back = true;
  ++now_figures_.called_back;
  Caller& caller = new_caller("called back", ++call_backs_);
  caller.is_call_back = true;
  promised.caller = caller.slot;
}

void Traffic::queued(SwitchedCall& call) {
  if (caller_of(call).is_call_back) return;
  ++now_figures_.queued;
  if (script_.wants_call_back > 0 && caller_of(call).chance.chance(script_.wants_call_back))
    add(caller_of(call).chance.exponential(script_.patience / 5), {Kind::key, '1', call.call.id, 1});
  if (script_.patience > Duration{0})
    add(caller_of(call).chance.exponential(script_.patience), {Kind::gives_up, 0, call.call.id, 0});
}

void Traffic::connected(SwitchedCall& call) {
  caller_of(call).answered = true;
  if (caller_of(call).is_call_back) return;
  const Duration wait = now_ - *call.queued_at;
  ++now_figures_.service.answered;
  if (wait <= script_.threshold) ++now_figures_.service.answered_in_time;
  if (wait > Duration{0}) ++now_figures_.waited;
  now_figures_.wait_s += seconds_of(wait);
  now_figures_.answer_wait_s += seconds_of(wait);
}

void Traffic::ended(SwitchedCall& call) {
  Caller& caller = caller_of(call);
  leave_trunk(caller);
  if (caller.is_call_back) {
    ++now_figures_.call_backs_done;
    if (call.connected_at) ++now_figures_.call_backs_reached;
  }
  if (call.connected_at) {
    now_figures_.talk_s += seconds_of(now_ - *call.connected_at);
    if (script_.wrap_up > Duration{0}) {
      const Duration wrap_up = caller.chance.exponential(script_.wrap_up);
      now_figures_.wrap_up_s += seconds_of(wrap_up);
      add(wrap_up, {Kind::wrapped, 0, {}, caller.agent.value()});
    }
  } else if (caller.called_back || caller.is_call_back) {
    // counted already
  } else if (call.call.end_cause == "capacity") {
    ++now_figures_.refused;
  } else if (call.queued_at) {
    const Duration wait = now_ - *call.queued_at;
    ++now_figures_.service.abandoned;
    ++now_figures_.waited;
    if (wait <= script_.threshold) ++now_figures_.service.abandoned_in_time;
    if (wait < script_.short_abandon) ++now_figures_.short_abandoned;
    now_figures_.wait_s += seconds_of(wait);
  } else {
    ++now_figures_.self_service;
  }
  note(call.call.id.value() ^ (call.connected_at ? 7U : 3U));
  free_callers_.push_back(caller.slot);
}

std::vector<std::string> Traffic::violations() const {
  std::vector<std::string> found = board_.violations(now_);
  const TrafficFigures all = total();
  const std::int64_t ended =
      all.blocked + all.self_service + all.refused + all.called_back + all.service.abandoned + all.service.answered;
  std::int64_t talking = 0, leaving = 0, call_backs = 0, on_trunk = 0;
  const auto count = [&](const Caller& caller, std::int64_t by) {
    if (caller.answered && !caller.is_call_back) talking += by;
    if (caller.called_back) leaving += by;
    if (caller.is_call_back) call_backs += by;
    if (caller.on_trunk) on_trunk += by;
  };
  for (const Caller& caller : callers_) count(caller, 1);
  for (const std::uint32_t slot : free_callers_) count(callers_[slot], -1);
  // offered = answered + abandoned + refused + called back + self-service + blocked + live; who talks is answered and
  // live.
  const auto live = static_cast<std::int64_t>(board_.live_calls()) - call_backs;
  if (all.calls != ended + live - talking - leaving)
    found.push_back(std::to_string(all.calls) + " calls, but " + std::to_string(ended) + " counted and " +
                    std::to_string(live - talking) + " before their answer");
  if (all.called_back != all.call_backs_done + call_backs)
    found.push_back(std::to_string(all.called_back) + " call-backs promised, but " +
                    std::to_string(all.call_backs_done) + " over and " + std::to_string(call_backs) + " open");
  if (on_trunk != trunks_in_use_)
    found.push_back(std::to_string(trunks_in_use_) + " trunks in use for " + std::to_string(on_trunk) + " calls");
  return found;
}

}  // namespace hotline::sim
