// SPDX-License-Identifier: Apache-2.0
// The primitives of the ACD: indexes, offers, and how an agent comes to rest. On the core's live strand.
#include "domain/acd/acd_impl.hpp"

#include <algorithm>
#include <utility>

#include "base/planted.hpp"

namespace hotline::acd {

Queue& Acd::Impl::queue(QueueId id) {
  auto [it, added] = queues.try_emplace(id);
  if (added) it->second.config.id = id;
  return it->second;
}

Agent* Acd::Impl::find(AgentId id) {
  const auto it = agents.find(id);
  return it == agents.end() ? nullptr : &it->second;
}

Waiting* Acd::Impl::find(CallId id) {
  const auto it = waiting.find(id);
  return it == waiting.end() ? nullptr : &it->second;
}

void Acd::Impl::index(const Agent& agent) {
  for (const QueueId id : agent.config.queues) {
    auto& q = queue(id);
    ++q.members[static_cast<std::size_t>(agent.live.state)];
    if (agent.live.state == AgentState::ready) q.ready.add(agent.has, agent.key());
  }
  if (agent.live.deadline) deadlines.emplace(*agent.live.deadline, agent.live.id);
  if (agent.live.state != AgentState::signed_out) ++seats[agent.config.seat_group];
}

void Acd::Impl::unindex(const Agent& agent) {
  for (const QueueId id : agent.config.queues) {
    auto& q = queue(id);
    --q.members[static_cast<std::size_t>(agent.live.state)];
    if (agent.live.state == AgentState::ready) q.ready.remove(agent.has, agent.key());
  }
  if (agent.live.deadline) deadlines.erase({*agent.live.deadline, agent.live.id});
  if (agent.live.state != AgentState::signed_out) --seats[agent.config.seat_group];
}

/// Calls may be kept waiting for this agent: as long as the agent takes calls at all, and no longer.
void Acd::Impl::state_changed(Agent& agent, AgentState before, TimePoint now, Effects& out) {
  if (restoring || takes_calls(before) == takes_calls(agent.live.state)) return;
  const auto asking = wanted.find(agent.live.id);
  if (asking == wanted.end() || asking->second.empty()) return;
  const std::vector<WaitKey> keys(asking->second.begin(), asking->second.end());
  for (const WaitKey& key : keys) {
    Waiting* call = find(key.call);
    if (call == nullptr || call->offered_to) continue;
    replace(*call, now);
    assign_call(*call, now, out);
  }
}

void Acd::Impl::settle(Agent& agent, AgentState state, std::string reason, TimePoint now, Effects& out) {
  if (agent.took_at && agent.live.queue) queue(*agent.live.queue).estimate.handled(now - *agent.took_at);
  agent.took_at.reset();
  change(agent, now, out, [&](AgentLive& live) {
    const bool signs_in = live.state == AgentState::signed_out && state != AgentState::signed_out;
    live = AgentLive{.id = live.id,
                     .state = state,
                     .reason = std::move(reason),
                     .since = now,
                     .idle_since = signs_in ? now : live.idle_since,
                     .call = {},
                     .queue = {},
                     .deadline = {},
                     .next_state = {},
                     .next_reason = {}};
  });
  assign_agent(agent, now, out);
  if (agent.live.state == AgentState::ready) assign_outbound(agent.config.queues, now, out);
}

void Acd::Impl::settle_next(Agent& agent, AgentState otherwise, std::string reason, TimePoint now, Effects& out) {
  if (agent.live.next_state) {
    settle(agent, *agent.live.next_state, agent.live.next_reason, now, out);
  } else {
    settle(agent, otherwise, std::move(reason), now, out);
  }
}

OfferReason Acd::Impl::reason_of(const Agent& agent, const OfferTo& what, TimePoint now) {
  OfferReason reason;
  reason.by = what.by;
  reason.idle = std::max(now - agent.live.idle_since, Duration::zero());
  if (!what.queue) return reason;
  const Waiting& call = waiting.at(what.call);
  const Queue& q = queue(*what.queue);
  reason.waited = std::max(now - call.call.enqueued_at, Duration::zero());
  reason.points = points(call.call) + rules.ageing_per_minute * reason.waited.count() / 60'000;
  reason.position = static_cast<std::uint32_t>(q.all.order_of_key(call.key()) + 1);
  reason.ring_step = call.ring_step;
  reason.ready = static_cast<std::uint32_t>(q.ready.size());
  return reason;
}

void Acd::Impl::offer(Agent& agent, const OfferTo& what, TimePoint now, Effects& out) {
  const TimePoint expires_at = now + what.timeout;
  out.push_back(OfferMade{what.call, agent.live.id, what.queue, expires_at, reason_of(agent, what, now)});
  if (what.queue) {
    auto& call = waiting.at(what.call);
    unlist(call);
    call.offered_to = agent.live.id;
    call.held = false;
    arm(call);
  } else {
    direct_offers.emplace(what.call, agent.live.id);
  }
  change(agent, now, out, [&](AgentLive& live) {
    live.state = AgentState::offered;
    live.reason.clear();
    live.since = now;
    live.call = what.call;
    live.queue = what.queue;
    live.deadline = expires_at;
  });
}

void Acd::Impl::offer_waiting(Agent& agent, const Waiting& call, ChosenBy by, TimePoint now, Effects& out) {
  const QueueId home = call.call.queue;
  offer(agent, {call.call.call, home, queue(home).config.offer_timeout, by}, now, out);
}

namespace {

ChosenBy chosen_by(const Waiting& call, AgentId agent) {
  for (const Preferred& preferred : call.call.preferred) {
    if (preferred.agent != agent) continue;
    if (preferred.as == PreferredAs::owner) return ChosenBy::owner;
    return preferred.as == PreferredAs::last ? ChosenBy::last : ChosenBy::requested;
  }
  return ChosenBy::best_call;
}

}  // namespace

bool Acd::Impl::reserved(const Queue& q, Group asks) const {
  return profiles.is(asks, Work::outbound) && q.ready.size() <= q.config.outbound_reserve;
}

std::optional<WaitKey> Acd::Impl::first_for(const Agent& agent, Queue& q) const {
  return q.unoffered.first_where([&](Group asks) { return profiles.fits(agent.has, asks) && !reserved(q, asks); });
}

void Acd::Impl::assign_agent(Agent& agent, TimePoint now, Effects& out) {
  if (restoring || agent.live.state != AgentState::ready) return;
  if (const auto asking = wanted.find(agent.live.id); asking != wanted.end() && !asking->second.empty()) {
    const Waiting& call = waiting.at(asking->second.begin()->call);
    return offer_waiting(agent, call, chosen_by(call, agent.live.id), now, out);
  }
  std::optional<WaitKey> best;
  for (const QueueId id : agent.config.queues) {
    const auto first = first_for(agent, queue(id));
    if (first && (!best || *first < *best)) best = first;
  }
  if (best) offer_waiting(agent, waiting.at(best->call), ChosenBy::best_call, now, out);
}

void Acd::Impl::assign_call(Waiting& call, TimePoint now, Effects& out) {
  if (restoring || call.offered_to) return;
  if (is_planted(PlantedBug::offer_to_busy_agent)) {
    for (auto& [id, agent] : agents) {
      if (agent.live.state == AgentState::busy) return offer_waiting(agent, call, ChosenBy::longest_idle, now, out);
    }
  }
  for (const Preferred& preferred : call.call.preferred) {
    Agent* agent = find(preferred.agent);
    if (agent == nullptr || agent->live.state != AgentState::ready) continue;
    return offer_waiting(*agent, call, chosen_by(call, preferred.agent), now, out);
  }
  if (call.held) return;
  std::optional<IdleKey> best;
  for (const QueueId id : call.open_to) {
    const Queue& q = queue(id);
    if (reserved(q, call.asks)) continue;
    const auto first = q.ready.first_where([&](Group has) { return profiles.fits(has, call.asks); });
    if (first && (!best || *first < *best)) best = first;
  }
  if (best) offer_waiting(*find(best->agent), call, ChosenBy::longest_idle, now, out);
}

void Acd::Impl::assign_outbound(const std::vector<QueueId>& of, TimePoint now, Effects& out) {
  if (restoring) return;
  for (const QueueId id : of) {
    Queue& q = queue(id);
    if (q.config.outbound_reserve == 0 || q.ready.size() <= q.config.outbound_reserve) continue;
    const auto somebody_fits = [&](Group asks) {
      return q.ready.first_where([&](Group has) { return profiles.fits(has, asks); }).has_value();
    };
    const auto first =
        q.unoffered.first_where([&](Group asks) { return profiles.is(asks, Work::outbound) && somebody_fits(asks); });
    if (first) assign_call(waiting.at(first->call), now, out);
  }
}

void Acd::Impl::end_offer(Agent& agent, OfferEnd why, TimePoint now, Effects& out) {
  const CallId call = *agent.live.call;
  out.push_back(OfferEnded{call, agent.live.id, why});
  unoffer(call, now);
  settle_next(agent, AgentState::unavailable, to_string(why), now, out);
  Waiting* waits = find(call);
  if (waits == nullptr) return;
  if (is_planted(PlantedBug::lost_call)) return remove_waiting(call);
  assign_call(*waits, now, out);
}

bool Acd::Impl::seats_full(const Agent& agent) const {
  const auto limit = rules.seats.find(agent.config.seat_group);
  const auto taken = seats.find(agent.config.seat_group);
  return limit != rules.seats.end() && taken != seats.end() && taken->second >= limit->second;
}

bool Acd::Impl::is_forced(const AgentLive& live) const {
  if (live.state != AgentState::wrap_up || !live.queue) return false;
  const auto it = queues.find(*live.queue);
  return it != queues.end() && it->second.config.wrap_up_forced;
}

namespace {

bool makes_sense(const AgentLive& live) {
  switch (live.state) {
    case AgentState::offered:
    case AgentState::wrap_up:
      return live.call && live.deadline;
    case AgentState::busy:
      return live.call && !live.deadline;
    default:
      return !live.call && !live.queue && !live.deadline && !live.next_state;
  }
}

}  // namespace

// A stored state is trusted only as far as it makes sense: nobody may hang in an offer or a call that is not there.
void Acd::Impl::restart_agent(Agent& agent, TimePoint now, Effects& out) {
  const AgentLive& live = agent.live;
  const bool has_call =
      live.state == AgentState::offered || live.state == AgentState::busy || live.state == AgentState::wrap_up;
  if (!makes_sense(live)) {
    // What the agent asked for during a call that is over is due now.
    settle_next(agent, has_call ? AgentState::ready : live.state, has_call ? "" : live.reason, now, out);
    return;
  }
  if (live.state != AgentState::offered) return;
  const auto it = waiting.find(*live.call);
  if (it != waiting.end() && live.queue == it->second.call.queue && !it->second.offered_to) {
    unlist(it->second);
    it->second.offered_to = live.id;
    it->second.held = false;
    arm(it->second);
  } else if (!live.queue && it == waiting.end() && !direct_offers.contains(*live.call)) {
    direct_offers.emplace(*live.call, live.id);
  } else {
    out.push_back(OfferEnded{*live.call, live.id, OfferEnd::withdrawn});
    settle_next(agent, AgentState::ready, "", now, out);
  }
}

}  // namespace hotline::acd
