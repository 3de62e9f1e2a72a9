// SPDX-License-Identifier: Apache-2.0
// Waiting calls: their place in the order of all, the ring plan's steps, exits and announcements. On the core's live
// strand.
#include <algorithm>
#include <utility>

#include "domain/acd/acd_impl.hpp"

namespace hotline::acd {
namespace {

/// The next moment after `now` at which the call is told its place.
std::optional<TimePoint> next_announcement(const WaitingCall& call, const Announcements& plan, TimePoint now) {
  if (plan.first <= Duration::zero() || call.work != Work::inbound) return std::nullopt;
  const TimePoint first = call.entered_at + plan.first;
  if (now < first) return first;
  if (plan.every <= Duration::zero()) return std::nullopt;
  return first + plan.every * ((now - first) / plan.every + 1);
}

}  // namespace

bool takes_calls(AgentState state) {
  return state == AgentState::ready || state == AgentState::offered || state == AgentState::busy ||
         state == AgentState::wrap_up;
}

// ---- the order

std::int64_t Acd::Impl::points(const WaitingCall& call) {
  std::int64_t sum = std::int64_t{call.priority} + queue(call.queue).config.weight;
  if (call.vip) sum += rules.vip_points;
  if (call.repeat) sum += rules.repeat_points;
  return sum;
}

bool Acd::Impl::wants_to_wait(const Waiting& call, TimePoint now) {
  if (call.offered_to || now >= call.call.entered_at + queue(call.call.queue).config.prefer_wait) return false;
  return std::any_of(call.call.preferred.begin(), call.call.preferred.end(), [&](const Preferred& preferred) {
    const Agent* agent = find(preferred.agent);
    return agent != nullptr && takes_calls(agent->live.state);
  });
}

void Acd::Impl::place(Waiting& call, TimePoint now) {
  const QueueConfig& config = queue(call.call.queue).config;
  call.rank = rules.ageing_per_minute * to_unix_ms(call.call.enqueued_at) - points(call.call) * 60'000;
  const Duration waited = now - call.call.enqueued_at;
  const auto next = std::find_if(config.ring_plan.begin(), config.ring_plan.end(),
                                 [&](const RingStep& step) { return step.after > waited; });
  call.ring_step = static_cast<std::uint32_t>(next - config.ring_plan.begin());
  call.open_to = {call.call.queue};
  Profile asks{call.call.skills, bit(call.call.work)};
  if (call.ring_step > 0) {
    const RingStep& step = config.ring_plan[call.ring_step - 1];
    for (const SkillId skill : step.without) asks.skills.erase(skill);
    for (auto& [skill, level] : asks.skills) level -= step.relax;
    std::erase_if(asks.skills, [](const auto& asked) { return asked.second < 1; });
    for (const QueueId also : step.also) {
      if (std::find(call.open_to.begin(), call.open_to.end(), also) == call.open_to.end()) call.open_to.push_back(also);
    }
  }
  call.asks = profiles.of(asks);
  call.held = wants_to_wait(call, now);
}

void Acd::Impl::list(const Waiting& call) {
  if (call.offered_to) return;
  for (const Preferred& preferred : call.call.preferred) wanted[preferred.agent].insert(call.key());
  if (call.held) return;
  for (const QueueId id : call.open_to) queue(id).unoffered.add(call.asks, call.key());
}

void Acd::Impl::unlist(const Waiting& call) {
  if (call.offered_to) return;
  for (const Preferred& preferred : call.call.preferred) {
    const auto of = wanted.find(preferred.agent);
    if (of == wanted.end()) continue;  // asked for twice
    of->second.erase(call.key());
    if (of->second.empty()) wanted.erase(of);
  }
  if (call.held) return;
  for (const QueueId id : call.open_to) queue(id).unoffered.remove(call.asks, call.key());
}

template <class Change>
void Acd::Impl::move(Waiting& call, TimePoint now, Change&& change) {
  latest = std::max(latest, now);
  Queue& q = queue(call.call.queue);
  q.all.erase(call.key());
  unlist(call);
  change(call);
  place(call, now);
  q.all.insert(call.key());
  list(call);
  arm(call);
}

void Acd::Impl::replace(Waiting& call, TimePoint now) {
  move(call, now, [](Waiting&) {});
}

void Acd::Impl::replace_all(const Queue* of, TimePoint now) {
  for (auto& [id, call] : waiting) {
    const Queue& home = queue(call.call.queue);
    if (of != nullptr && of != &home) continue;
    move(call, now, [&](Waiting& w) { w.announce_at = next_announcement(w.call, home.config.announce, now); });
  }
}

void Acd::Impl::revise(Waiting& call, bool vip, bool repeat, std::vector<Preferred> preferred, TimePoint now) {
  move(call, now, [&](Waiting& w) {
    w.call.vip = vip;
    w.call.repeat = repeat;
    w.call.preferred = std::move(preferred);
  });
}

Waiting& Acd::Impl::add_waiting(WaitingCall call, TimePoint now) {
  Waiting entry;
  if (call.entered_at == TimePoint{}) call.entered_at = now;
  entry.call = std::move(call);
  const CallId id = entry.call.call;
  Waiting& added = waiting.emplace(id, std::move(entry)).first->second;
  Queue& q = queue(added.call.queue);
  added.announce_at = next_announcement(added.call, q.config.announce, now);
  place(added, now);
  q.all.insert(added.key());
  q.by_age.emplace(added.call.enqueued_at, id);
  if (added.call.work == Work::call_back) ++q.call_backs;
  list(added);
  arm(added);
  return added;
}

void Acd::Impl::remove_waiting(CallId id) {
  const auto it = waiting.find(id);
  const Waiting& call = it->second;
  Queue& q = queue(call.call.queue);
  q.all.erase(call.key());
  q.by_age.erase({call.call.enqueued_at, id});
  if (call.call.work == Work::call_back) --q.call_backs;
  unlist(call);
  if (call.timer) call_timers.erase({*call.timer, id});
  waiting.erase(it);
}

void Acd::Impl::unoffer(CallId id, TimePoint now) {
  direct_offers.erase(id);
  Waiting* call = find(id);
  if (call == nullptr || !call->offered_to) return;
  move(*call, now, [](Waiting& w) { w.offered_to.reset(); });
}

// ---- time

/// The next moment at which something about the call is to be looked at. A call that rings at somebody is not taken
/// away from them by its queue.
void Acd::Impl::arm(Waiting& call) {
  const QueueConfig& config = queue(call.call.queue).config;
  std::optional<TimePoint> due = call.announce_at;
  if (call.held) due = earlier(due, call.call.entered_at + config.prefer_wait);
  if (call.ring_step < config.ring_plan.size())
    due = earlier(due, call.call.enqueued_at + config.ring_plan[call.ring_step].after);
  if (leaves_by_wait(config, call)) due = earlier(due, call.call.entered_at + config.exits.wait_max);
  if (due && *due <= latest) due = latest + Duration{1};  // became due while it rang at somebody
  if (due == call.timer) return;
  if (call.timer) call_timers.erase({*call.timer, call.call.call});
  if (due) call_timers.emplace(*due, call.call.call);
  call.timer = due;
}

bool Acd::Impl::leaves_by_wait(const QueueConfig& config, const Waiting& call) {
  return !call.offered_to && call.call.may_exit && call.call.work == Work::inbound && !config.exits.wait.empty() &&
         config.exits.wait_max > Duration::zero();
}

void Acd::Impl::call_due(Waiting& call, TimePoint now, Effects& out) {
  const QueueConfig& config = queue(call.call.queue).config;
  if (leaves_by_wait(config, call) && call.call.entered_at + config.exits.wait_max <= now)
    return leave_by(call, ExitWhy::wait, config.exits.wait, now, out);
  if (call.announce_at && *call.announce_at <= now) {
    if (!call.offered_to) announce(call, now, out);
    call.announce_at = next_announcement(call.call, config.announce, now);
  }
  replace(call, now);
  assign_call(call, now, out);
}

void Acd::Impl::announce(Waiting& call, TimePoint now, Effects& out) {
  Queue& q = queue(call.call.queue);
  AnnounceDue due{call.call.call, call.call.queue, {}, {}};
  const auto position = static_cast<std::uint32_t>(q.all.order_of_key(call.key()) + 1);
  if (q.config.announce.position) due.position = position;
  if (q.config.announce.wait) due.wait = q.estimate.of(position, q.staff(), q.config.handling, now);
  if (due.position || due.wait) out.push_back(due);
}

void Acd::Impl::arm_closing(Queue& q, TimePoint now) {
  const QueueConfig& config = q.config;
  if (q.timer) queue_timers.erase({*q.timer, config.id});
  q.timer.reset();
  if (config.exits.empty_at_close && !config.exits.closed.empty()) q.timer = next_change(config.hours, now);
  if (q.timer) queue_timers.emplace(*q.timer, config.id);
}

void Acd::Impl::queue_closes(Queue& q, TimePoint now, Effects& out) {
  if (!is_open(q.config.hours, now)) {
    std::vector<CallId> leaving;
    for (const WaitKey& key : q.all) {
      const Waiting& call = waiting.at(key.call);
      if (!call.offered_to && call.call.may_exit && call.call.work == Work::inbound) leaving.push_back(key.call);
    }
    for (const CallId id : leaving) leave_by(waiting.at(id), ExitWhy::closed, q.config.exits.closed, now, out);
  }
  arm_closing(q, now);
}

// ---- exits

void Acd::Impl::leave_by(Waiting& call, ExitWhy why, const std::string& target, TimePoint now, Effects& out) {
  const Exited exited{call.call.call, call.call.queue, why, target};
  const auto offered = call.offered_to;
  if (offered) {
    out.push_back(OfferEnded{exited.call, *offered, OfferEnd::withdrawn});
    unoffer(exited.call, now);
  }
  remove_waiting(exited.call);
  out.push_back(exited);
  if (offered) settle_next(*find(*offered), AgentState::ready, "", now, out);
}

std::optional<Exited> Acd::Impl::exit_at_door(const Queue& q, const WaitingCall& call, TimePoint now) {
  const QueueExits& exits = q.config.exits;
  if (!call.may_exit || call.work != Work::inbound) return std::nullopt;
  const auto by = [&](ExitWhy why, const std::string& target) { return Exited{call.call, call.queue, why, target}; };
  if (!exits.closed.empty() && !is_open(q.config.hours, now)) return by(ExitWhy::closed, exits.closed);
  if (!exits.nobody.empty() && q.staff() == 0) return by(ExitWhy::nobody, exits.nobody);
  if (!exits.length.empty() && exits.length_max > 0 && q.all.size() >= exits.length_max)
    return by(ExitWhy::length, exits.length);
  if (!exits.predicted.empty() && exits.predicted_max > Duration::zero() && q.ready.size() == 0) {
    const std::int64_t rank = rules.ageing_per_minute * to_unix_ms(call.enqueued_at) - points(call) * 60'000;
    const auto place = static_cast<std::uint32_t>(q.all.order_of_key({rank, call.enqueued_at, call.call}) + 1);
    const auto wait = q.estimate.of(place, q.staff(), q.config.handling, now);
    if (wait && *wait > exits.predicted_max) return by(ExitWhy::predicted, exits.predicted);
  }
  return std::nullopt;
}

}  // namespace hotline::acd
