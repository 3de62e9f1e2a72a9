// SPDX-License-Identifier: Apache-2.0
// Acd's commands: each checks, changes the state through acd_impl.hpp's few primitives, and returns the effects.
// On the core's live strand.
#include "domain/acd/acd.hpp"

#include <algorithm>
#include <utility>

#include "domain/acd/acd_impl.hpp"

namespace hotline::acd {

Acd::Acd() : impl_(std::make_unique<Impl>()) {}
Acd::~Acd() = default;
Acd::Acd(Acd&&) noexcept = default;
Acd& Acd::operator=(Acd&&) noexcept = default;

namespace {

bool agent_may_ask(AgentState state) {
  return state == AgentState::ready || state == AgentState::paused || state == AgentState::signed_out;
}

Profile profile_of(const AgentConfig& config) {
  Profile profile{config.skills, 0};
  if (config.inbound) profile.work |= bit(Work::inbound);
  if (config.call_backs) profile.work |= bit(Work::call_back);
  if (config.outbound) profile.work |= bit(Work::outbound);
  return profile;
}

bool has_call(AgentState state) {
  return state == AgentState::offered || state == AgentState::busy || state == AgentState::wrap_up;
}

}  // namespace

// ---- configuration

void Acd::configure_rules(Rules rules) {
  rules.ageing_per_minute = std::clamp(rules.ageing_per_minute, 0, 1000);  // what the order's numbers can hold
  impl_->rules = std::move(rules);
  impl_->replace_all(nullptr, impl_->latest);
}

const Rules& Acd::rules() const {
  return impl_->rules;
}

void Acd::configure_queue(QueueConfig config) {
  auto& queue = impl_->queue(config.id);
  // A deadline that has come when it is set would let a call run through all agents in one moment.
  config.offer_timeout = std::max(config.offer_timeout, Duration{1});
  std::stable_sort(config.ring_plan.begin(), config.ring_plan.end(),
                   [](const RingStep& a, const RingStep& b) { return a.after < b.after; });
  queue.config = std::move(config);
  queue.configured = true;
  impl_->replace_all(&queue, impl_->latest);
  impl_->arm_closing(queue, impl_->latest);
}

Effects Acd::configure_queue(QueueConfig config, TimePoint now) {
  impl_->latest = now;
  const QueueId id = config.id;
  configure_queue(std::move(config));
  Effects out;
  const auto& all = impl_->queue(id).all;
  const std::vector<WaitKey> keys(all.begin(), all.end());
  for (const WaitKey& key : keys) impl_->assign_call(impl_->waiting.at(key.call), now, out);
  return out;
}

void Acd::remove_queue(QueueId id) {
  const auto it = impl_->queues.find(id);
  if (it != impl_->queues.end()) it->second.configured = false;
}

Effects Acd::configure_agent(AgentConfig config, TimePoint now) {
  impl_->latest = now;
  Effects out;
  auto [it, added] = impl_->agents.try_emplace(config.id);
  Agent& agent = it->second;
  if (added) {
    agent.live.id = config.id;
  } else {
    impl_->unindex(agent);
  }
  // A queue named twice would count its member twice.
  std::sort(config.queues.begin(), config.queues.end());
  config.queues.erase(std::unique(config.queues.begin(), config.queues.end()), config.queues.end());
  agent.has = impl_->profiles.of(profile_of(config));
  agent.config = std::move(config);
  agent.configured = true;
  impl_->index(agent);
  impl_->assign_agent(agent, now, out);
  if (agent.live.state == AgentState::ready) impl_->assign_outbound(agent.config.queues, now, out);
  return out;
}

Effects Acd::remove_agent(AgentId id, TimePoint now) {
  Effects out;
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return out;
  const auto live = agent->live;
  const bool offered = live.state == AgentState::offered;
  if (offered) {
    out.push_back(OfferEnded{*live.call, id, OfferEnd::withdrawn});
    impl_->unoffer(*live.call, now);
  }
  impl_->settle(*agent, AgentState::signed_out, "", now, out);
  impl_->unindex(*agent);
  impl_->agents.erase(id);
  if (offered) {
    if (const auto it = impl_->waiting.find(*live.call); it != impl_->waiting.end()) {
      impl_->assign_call(it->second, now, out);
    }
  }
  return out;
}

// ---- restoring

void Acd::restore_agent(const AgentLive& live) {
  impl_->restoring = true;
  auto [it, added] = impl_->agents.try_emplace(live.id);
  Agent& agent = it->second;
  if (added) {
    agent.config.id = live.id;
    agent.has = impl_->profiles.of({});
  } else {
    impl_->unindex(agent);
  }
  agent.live = live;
  impl_->index(agent);
}

void Acd::restore_waiting(const WaitingCall& call) {
  impl_->restoring = true;
  if (impl_->waiting.contains(call.call)) return;
  WaitingCall restored = call;
  if (restored.entered_at == TimePoint{}) restored.entered_at = call.enqueued_at;
  impl_->add_waiting(std::move(restored), call.enqueued_at);
}

Effects Acd::start(TimePoint now) {
  impl_->latest = now;
  impl_->restoring = true;
  Effects out;
  std::vector<AgentId> gone;
  for (auto& [id, agent] : impl_->agents) {
    if (!agent.configured) gone.push_back(id);
    impl_->restart_agent(agent, now, out);
  }
  for (const AgentId id : gone) {
    auto effects = remove_agent(id, now);
    out.insert(out.end(), effects.begin(), effects.end());
  }
  auto due = tick(now);  // still without offering: who is ready and who waits must be whole first
  out.insert(out.end(), due.begin(), due.end());
  impl_->restoring = false;
  impl_->replace_all(nullptr, now);
  for (auto& [id, queue] : impl_->queues) impl_->arm_closing(queue, now);
  // The best call of all first, as it would have been without the restart.
  std::set<WaitKey> unoffered;
  for (const auto& [id, call] : impl_->waiting) {
    if (!call.offered_to) unoffered.insert(call.key());
  }
  for (const auto& key : unoffered) impl_->assign_call(impl_->waiting.at(key.call), now, out);
  return out;
}

// ---- calls

Result<Effects, Error> Acd::enqueue(WaitingCall call, TimePoint now) {
  const auto it = impl_->queues.find(call.queue);
  if (it == impl_->queues.end() || !it->second.configured) return fail(Error::unknown_queue);
  if (impl_->waiting.contains(call.call) || impl_->direct_offers.contains(call.call))
    return fail(Error::already_waiting);
  impl_->latest = now;
  Effects out;
  if (auto exited = impl_->exit_at_door(it->second, call, now)) {
    out.push_back(std::move(*exited));
    return out;
  }
  if (it->second.all.size() >= it->second.config.waiting_max) return fail(Error::queue_full);
  impl_->assign_call(impl_->add_waiting(std::move(call), now), now, out);
  return out;
}

Result<Effects, Error> Acd::dequeue(CallId call, TimePoint now) {
  const auto offered = offered_to(call);
  const bool waits = impl_->waiting.contains(call);
  if (!waits && !offered) return fail(Error::unknown_call);
  impl_->latest = now;
  Effects out;
  if (offered) {
    out.push_back(OfferEnded{call, *offered, OfferEnd::withdrawn});
    impl_->unoffer(call, now);
  }
  if (waits) impl_->remove_waiting(call);
  if (offered) impl_->settle_next(*impl_->find(*offered), AgentState::ready, "", now, out);
  return out;
}

Result<Effects, Error> Acd::press(CallId id, char digit, TimePoint now) {
  Waiting* call = impl_->find(id);
  if (call == nullptr) return fail(Error::unknown_call);
  const auto& digits = impl_->queue(call->call.queue).config.exits.digits;
  const auto exit = digits.find(digit);
  if (exit == digits.end() || exit->second.empty() || call->call.work != Work::inbound)
    return fail(Error::no_such_exit);
  Effects out;
  impl_->leave_by(*call, ExitWhy::digit, exit->second, now, out);
  return out;
}

Result<Effects, Error> Acd::pull(CallId id, AgentId agent_id, TimePoint now, bool whenever_free) {
  Waiting* call = impl_->find(id);
  if (call == nullptr) return fail(Error::unknown_call);
  Agent* agent = impl_->find(agent_id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (call->offered_to) return fail(Error::already_waiting);
  const AgentState before = agent->live.state;
  if (before != AgentState::ready && (!whenever_free || has_call(before))) return fail(Error::wrong_state);
  Effects out;
  if (before != AgentState::ready) {
    agent->live.next_state = before;
    agent->live.next_reason = agent->live.reason;
  }
  impl_->offer_waiting(*agent, *call, ChosenBy::pulled, now, out);
  return out;
}

Result<Effects, Error> Acd::revise(CallId id, bool vip, bool repeat, std::vector<Preferred> preferred, TimePoint now) {
  Waiting* call = impl_->find(id);
  if (call == nullptr) return fail(Error::unknown_call);
  Effects out;
  impl_->revise(*call, vip, repeat, std::move(preferred), now);
  impl_->assign_call(*call, now, out);
  return out;
}

Result<Effects, Error> Acd::offer_direct(CallId call, AgentId id, Duration offer_timeout, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (agent->live.state != AgentState::ready) return fail(Error::wrong_state);
  if (impl_->waiting.contains(call) || impl_->direct_offers.contains(call)) return fail(Error::already_waiting);
  Effects out;
  impl_->offer(*agent, {call, std::nullopt, std::max(offer_timeout, Duration{1}), ChosenBy::direct}, now, out);
  return out;
}

// ---- offers

Result<Effects, Error> Acd::accept(CallId call, AgentId id, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (agent->live.state != AgentState::offered || agent->live.call != call) return fail(Error::no_such_offer);
  Effects out;
  impl_->unoffer(call, now);
  if (const Waiting* waits = impl_->find(call)) {
    Queue& queue = impl_->queue(waits->call.queue);
    impl_->remove_waiting(call);
    queue.estimate.taken(now, !queue.all.empty());
    agent->took_at = now;
  }
  impl_->change(*agent, now, out, [&](AgentLive& live) {
    live.state = AgentState::busy;
    live.since = now;
    live.deadline.reset();
  });
  return out;
}

Result<Effects, Error> Acd::refuse(CallId call, AgentId id, OfferEnd why, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (agent->live.state != AgentState::offered || agent->live.call != call) return fail(Error::no_such_offer);
  if (why == OfferEnd::withdrawn) return fail(Error::wrong_state);
  Effects out;
  impl_->end_offer(*agent, why, now, out);
  return out;
}

Result<Effects, Error> Acd::device_lost(AgentId id, std::string reason, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  const AgentState state = agent->live.state;
  if (state == AgentState::ready || state == AgentState::offered) return set_unavailable(id, std::move(reason), now);
  Effects out;
  if (state == AgentState::busy) impl_->settle(*agent, AgentState::unavailable, std::move(reason), now, out);
  return out;
}

// ---- agents

Result<Effects, Error> Acd::set_state(AgentId id, AgentState state, std::string reason, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (!agent_may_ask(state)) return fail(Error::wrong_state);
  if (state != AgentState::paused) reason.clear();
  Effects out;
  const AgentLive& live = agent->live;
  if (live.state == AgentState::signed_out && state != AgentState::signed_out && impl_->seats_full(*agent))
    return fail(Error::no_seat);
  if (live.state == AgentState::wrap_up && state == AgentState::ready && impl_->is_forced(live))
    return fail(Error::wrap_up_open);
  if (!has_call(live.state)) {
    if (live.state != state || live.reason != reason) impl_->settle(*agent, state, std::move(reason), now, out);
    return out;
  }
  if (live.state == AgentState::wrap_up && state == AgentState::ready) {
    impl_->settle(*agent, state, "", now, out);
    return out;
  }
  const auto next = state == AgentState::ready ? std::nullopt : std::optional{state};
  if (live.next_state != next || live.next_reason != reason) {
    impl_->change(*agent, now, out, [&](AgentLive& l) {
      l.next_state = next;
      l.next_reason = std::move(reason);
    });
  }
  return out;
}

Result<Effects, Error> Acd::set_unavailable(AgentId id, std::string reason, TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  Effects out;
  switch (agent->live.state) {
    case AgentState::ready:
      impl_->settle(*agent, AgentState::unavailable, std::move(reason), now, out);
      break;
    case AgentState::offered:
      impl_->end_offer(*agent, OfferEnd::device_failed, now, out);
      break;
    case AgentState::busy:
    case AgentState::wrap_up:
      // What the agent asked for (a pause, the end of the shift) keeps them from being offered calls as well.
      if (agent->live.next_state) break;
      impl_->change(*agent, now, out, [&](AgentLive& l) {
        l.next_state = AgentState::unavailable;
        l.next_reason = std::move(reason);
      });
      break;
    case AgentState::unavailable:
    case AgentState::paused:
    case AgentState::signed_out:
      break;
  }
  return out;
}

Result<Effects, Error> Acd::call_finished(AgentId id, CallId call, TimePoint now, bool with_wrap_up) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (agent->live.state != AgentState::busy || agent->live.call != call) return fail(Error::wrong_state);
  const auto queue = agent->live.queue;
  const Duration usual = queue ? impl_->queue(*queue).config.wrap_up : agent->config.wrap_up_direct;
  const Duration wrap_up = with_wrap_up ? usual : Duration::zero();
  Effects out;
  if (wrap_up > Duration::zero()) {
    impl_->change(*agent, now, out, [&](AgentLive& live) {
      live.state = AgentState::wrap_up;
      live.since = now;
      live.idle_since = now;
      live.deadline = now + wrap_up;
    });
  } else {
    impl_->unindex(*agent);  // idle_since orders an index; settle_next says the change
    agent->live.idle_since = now;
    impl_->index(*agent);
    impl_->settle_next(*agent, AgentState::ready, "", now, out);
  }
  return out;
}

Result<Effects, Error> Acd::begin_call(AgentId id, CallId call, TimePoint now, bool whenever_free) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  const AgentState before = agent->live.state;
  if (has_call(before) || (before == AgentState::signed_out && !whenever_free)) return fail(Error::wrong_state);
  Effects out;
  impl_->change(*agent, now, out, [&](AgentLive& live) {
    if (before != AgentState::ready) {
      live.next_state = before;
      live.next_reason = live.reason;
    }
    live.state = AgentState::busy;
    live.reason.clear();
    live.since = now;
    live.call = call;
  });
  return out;
}

Result<Effects, Error> Acd::finish_wrap_up(AgentId id, std::optional<AgentState> next, std::string reason,
                                           TimePoint now) {
  Agent* agent = impl_->find(id);
  if (agent == nullptr) return fail(Error::unknown_agent);
  if (agent->live.state != AgentState::wrap_up || (next && !agent_may_ask(*next))) return fail(Error::wrong_state);
  Effects out;
  if (next) {
    if (*next != AgentState::paused) reason.clear();
    impl_->settle(*agent, *next, std::move(reason), now, out);
  } else {
    impl_->settle_next(*agent, AgentState::ready, "", now, out);
  }
  return out;
}

// ---- time

void Acd::observe(QueueId queue, TimePoint taken_at, bool others_waited, Duration occupied) {
  const auto found = impl_->queues.find(queue);
  if (found == impl_->queues.end()) return;
  found->second.estimate.taken(taken_at, others_waited);
  found->second.estimate.handled(occupied);
}

Effects Acd::tick(TimePoint now) {
  impl_->latest = now;
  Effects out;
  for (;;) {
    if (!impl_->deadlines.empty() && impl_->deadlines.begin()->first <= now) {
      Agent& agent = *impl_->find(impl_->deadlines.begin()->second);
      if (agent.live.state == AgentState::offered) {
        impl_->end_offer(agent, OfferEnd::timeout, now, out);
      } else if (impl_->is_forced(agent.live)) {
        impl_->settle_next(agent, AgentState::unavailable, "wrap_up_open", now, out);
      } else {
        impl_->settle_next(agent, AgentState::ready, "", now, out);
      }
    } else if (impl_->restoring) {
      return out;  // of calls nothing is due before all is restored
    } else if (!impl_->queue_timers.empty() && impl_->queue_timers.begin()->first <= now) {
      impl_->queue_closes(impl_->queue(impl_->queue_timers.begin()->second), now, out);
    } else if (!impl_->call_timers.empty() && impl_->call_timers.begin()->first <= now) {
      impl_->call_due(*impl_->find(impl_->call_timers.begin()->second), now, out);
    } else {
      return out;
    }
  }
}

std::optional<TimePoint> Acd::next_due() const {
  std::optional<TimePoint> due;
  if (!impl_->deadlines.empty()) due = impl_->deadlines.begin()->first;
  if (!impl_->queue_timers.empty()) due = earlier(due, impl_->queue_timers.begin()->first);
  if (!impl_->call_timers.empty()) due = earlier(due, impl_->call_timers.begin()->first);
  return due;
}

// ---- looking

const AgentLive* Acd::agent(AgentId id) const {
  const Agent* agent = impl_->find(id);
  return agent == nullptr ? nullptr : &agent->live;
}

const WaitingCall* Acd::waiting(CallId id) const {
  const auto it = impl_->waiting.find(id);
  return it == impl_->waiting.end() ? nullptr : &it->second.call;
}

std::optional<AgentId> Acd::offered_to(CallId id) const {
  if (const auto it = impl_->waiting.find(id); it != impl_->waiting.end()) return it->second.offered_to;
  if (const auto it = impl_->direct_offers.find(id); it != impl_->direct_offers.end()) return it->second;
  return std::nullopt;
}

std::vector<QueueLive> Acd::queues() const {
  std::vector<QueueLive> out;
  for (const auto& [id, queue] : impl_->queues) {
    if (!queue.configured && queue.all.empty()) continue;
    QueueLive live;
    live.id = id;
    live.waiting = static_cast<std::uint32_t>(queue.all.size());
    live.members = queue.members;
    if (!queue.by_age.empty()) live.oldest = queue.by_age.begin()->first;
    live.ready = queue.members[static_cast<std::size_t>(AgentState::ready)];
    live.busy = queue.members[static_cast<std::size_t>(AgentState::busy)];
    live.call_backs = queue.call_backs;
    out.push_back(live);
  }
  return out;
}

std::vector<const AgentLive*> Acd::agents() const {
  std::vector<const AgentLive*> out;
  out.reserve(impl_->agents.size());
  for (const auto& [id, agent] : impl_->agents) out.push_back(&agent.live);
  return out;
}

std::optional<std::uint32_t> Acd::position(CallId id) const {
  const auto it = impl_->waiting.find(id);
  if (it == impl_->waiting.end()) return std::nullopt;
  const auto& queue = impl_->queues.at(it->second.call.queue);
  return static_cast<std::uint32_t>(queue.all.order_of_key(it->second.key()) + 1);
}

std::optional<Duration> Acd::expected_wait(QueueId id, std::uint32_t position, TimePoint now) const {
  const auto it = impl_->queues.find(id);
  if (it == impl_->queues.end()) return std::nullopt;
  const Queue& queue = it->second;
  return queue.estimate.of(position, queue.staff(), queue.config.handling, now);
}

std::optional<Duration> Acd::expected_wait(CallId call, TimePoint now) const {
  const auto place = position(call);
  return place ? expected_wait(impl_->waiting.at(call).call.queue, *place, now) : std::nullopt;
}

const QueueConfig* Acd::queue_config(QueueId id) const {
  const auto it = impl_->queues.find(id);
  return it == impl_->queues.end() || !it->second.configured ? nullptr : &it->second.config;
}

const AgentConfig* Acd::agent_config(AgentId id) const {
  const Agent* agent = impl_->find(id);
  return agent == nullptr || !agent->configured ? nullptr : &agent->config;
}

}  // namespace hotline::acd
