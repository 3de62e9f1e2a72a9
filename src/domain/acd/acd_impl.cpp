// SPDX-License-Identifier: Apache-2.0
// The primitives of the ACD: indexes, offers, and how an agent comes to rest. On the core's live strand.
#include "domain/acd/acd_impl.hpp"

#include <utility>

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

void Acd::Impl::index(const Agent& agent) {
  for (const QueueId id : agent.config.queues) {
    auto& q = queue(id);
    ++q.members[static_cast<std::size_t>(agent.live.state)];
    if (agent.live.state == AgentState::ready) q.ready.add(agent.has, agent.key());
  }
  if (agent.live.deadline) deadlines.emplace(*agent.live.deadline, agent.live.id);
}

void Acd::Impl::unindex(const Agent& agent) {
  for (const QueueId id : agent.config.queues) {
    auto& q = queue(id);
    --q.members[static_cast<std::size_t>(agent.live.state)];
    if (agent.live.state == AgentState::ready) q.ready.remove(agent.has, agent.key());
  }
  if (agent.live.deadline) deadlines.erase({*agent.live.deadline, agent.live.id});
}

void Acd::Impl::settle(Agent& agent, AgentState state, std::string reason, TimePoint now, Effects& out) {
  change(agent, out, [&](AgentLive& live) {
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
}

void Acd::Impl::settle_next(Agent& agent, AgentState otherwise, std::string reason, TimePoint now, Effects& out) {
  if (agent.live.next_state) {
    settle(agent, *agent.live.next_state, agent.live.next_reason, now, out);
  } else {
    settle(agent, otherwise, std::move(reason), now, out);
  }
}

void Acd::Impl::offer(Agent& agent, const OfferTo& what, TimePoint now, Effects& out) {
  const TimePoint expires_at = now + what.timeout;
  if (what.queue) {
    auto& call = waiting.at(what.call);
    queue(*what.queue).unoffered.remove(call.asks, call.key());
    call.offered_to = agent.live.id;
  } else {
    direct_offers.emplace(what.call, agent.live.id);
  }
  out.push_back(OfferMade{what.call, agent.live.id, what.queue, expires_at});
  change(agent, out, [&](AgentLive& live) {
    live.state = AgentState::offered;
    live.reason.clear();
    live.since = now;
    live.call = what.call;
    live.queue = what.queue;
    live.deadline = expires_at;
  });
}

void Acd::Impl::assign_agent(Agent& agent, TimePoint now, Effects& out) {
  if (restoring || agent.live.state != AgentState::ready) return;
  std::optional<WaitKey> best;
  for (const QueueId id : agent.config.queues) {
    const auto first =
        queue(id).unoffered.first_where([&](SkillGroup asks) { return skill_groups.fits(agent.has, asks); });
    if (first && (!best || *first < *best)) best = first;
  }
  if (!best) return;
  const QueueId from = waiting.at(best->call).call.queue;
  offer(agent, {best->call, from, queue(from).config.offer_timeout}, now, out);
}

void Acd::Impl::assign_call(Waiting& call, TimePoint now, Effects& out) {
  if (restoring || call.offered_to) return;
  auto& q = queue(call.call.queue);
  const auto first = q.ready.first_where([&](SkillGroup has) { return skill_groups.fits(has, call.asks); });
  if (first) offer(*find(first->agent), {call.call.call, call.call.queue, q.config.offer_timeout}, now, out);
}

void Acd::Impl::add_waiting(const WaitingCall& call) {
  Waiting entry{call, skill_groups.of(call.skills), std::nullopt};
  auto& q = queue(call.queue);
  q.all.insert(entry.key());
  q.by_age.emplace(call.enqueued_at, call.call);
  q.unoffered.add(entry.asks, entry.key());
  waiting.emplace(call.call, std::move(entry));
}

void Acd::Impl::remove_waiting(const Waiting& call) {
  auto& q = queue(call.call.queue);
  q.all.erase(call.key());
  q.by_age.erase({call.call.enqueued_at, call.call.call});
  if (!call.offered_to) q.unoffered.remove(call.asks, call.key());
  waiting.erase(CallId{call.call.call});  // a copy: the id lives in what is erased
}

void Acd::Impl::unoffer(CallId id) {
  direct_offers.erase(id);
  const auto it = waiting.find(id);
  if (it == waiting.end() || !it->second.offered_to) return;
  it->second.offered_to.reset();
  queue(it->second.call.queue).unoffered.add(it->second.asks, it->second.key());
}

void Acd::Impl::end_offer(Agent& agent, OfferEnd why, TimePoint now, Effects& out) {
  const CallId call = *agent.live.call;
  out.push_back(OfferEnded{call, agent.live.id, why});
  unoffer(call);
  settle_next(agent, AgentState::unavailable, to_string(why), now, out);
  if (const auto it = waiting.find(call); it != waiting.end()) assign_call(it->second, now, out);
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
    queue(*live.queue).unoffered.remove(it->second.asks, it->second.key());
    it->second.offered_to = live.id;
  } else if (!live.queue && it == waiting.end() && !direct_offers.contains(*live.call)) {
    direct_offers.emplace(*live.call, live.id);
  } else {
    out.push_back(OfferEnded{*live.call, live.id, OfferEnd::withdrawn});
    settle_next(agent, AgentState::ready, "", now, out);
  }
}

}  // namespace hotline::acd
