// SPDX-License-Identifier: Apache-2.0
// Acd::violations: every promise of the ACD, recomputed from the plain facts and compared with the indexes.
// For tests and the simulator.
#include <algorithm>

#include "domain/acd/acd_impl.hpp"

namespace hotline::acd {

namespace {

using Found = std::vector<std::string>;

void check(bool holds, Found& out, const char* what) {
  if (!holds) out.emplace_back(what);
}
/// `about` makes the words before: only when something is wrong, since a simulated month asks millions of times.
template <class About>
void check(bool holds, Found& out, const About& about, const char* what) {
  if (!holds) out.push_back(about() + what);
}
/// "call 12"
template <class Name>
auto naming(const char* kind, Name id) {
  return [kind, id] { return kind + (' ' + id.to_string()); };
}

void check_agent(const Agent& agent, TimePoint now, Found& out) {
  const AgentLive& live = agent.live;
  const auto who = [&] { return "agent " + live.id.to_string() + " " + to_string(live.state); };
  const bool rests = live.state == AgentState::signed_out || live.state == AgentState::ready ||
                     live.state == AgentState::paused || live.state == AgentState::unavailable;
  check(rests != live.call.has_value(), out, who, ": call and state do not go together");
  check(!rests || (!live.queue && !live.next_state), out, who, ": keeps a queue or a next state without a call");
  check((live.state == AgentState::offered || live.state == AgentState::wrap_up) == live.deadline.has_value(), out, who,
        ": deadline and state do not go together");
  check(!live.deadline || *live.deadline > now, out, who, ": deadline passed without firing");
  check(live.since <= now && live.idle_since <= now, out, who, ": is from the future");
}

}  // namespace

/// A call that asks for an agent: they are not ready, and it is kept for them only while one of them takes calls.
void Acd::Impl::check_preferred(const Impl& s, const Waiting& call, TimePoint now, std::vector<std::string>& out) {
  const auto what = naming("call", call.call.call);
  bool somebody = false;
  for (const Preferred& preferred : call.call.preferred) {
    const auto wanted = s.wanted.find(preferred.agent);
    check(wanted != s.wanted.end() && wanted->second.contains(call.key()), out, what, ": not known to who it asks for");
    const auto agent = s.agents.find(preferred.agent);
    if (agent == s.agents.end()) continue;
    check(agent->second.live.state != AgentState::ready, out, what, ": who it asks for is ready");
    somebody = somebody || takes_calls(agent->second.live.state);
  }
  const TimePoint until = call.call.entered_at + s.queues.at(call.call.queue).config.prefer_wait;
  check(call.held == (somebody && now < until), out, what, ": is kept for somebody wrongly");
}

std::vector<WaitingSeen> Acd::waiting_order() const {
  std::vector<WaitingSeen> out;
  const Impl& s = *impl_;
  for (const auto& [id, call] : s.waiting) {
    WaitingSeen& seen = out.emplace_back();
    seen.call = id;
    seen.queue = call.call.queue;
    seen.work = call.call.work;
    seen.rank = call.rank;
    seen.enqueued_at = call.call.enqueued_at;
    seen.offered_to = call.offered_to;
    seen.held = call.held;
    for (const auto& [agent_id, agent] : s.agents) {
      const auto& queues = agent.config.queues;
      const bool member = std::any_of(call.open_to.begin(), call.open_to.end(), [&](QueueId open) {
        return std::find(queues.begin(), queues.end(), open) != queues.end();
      });
      if (member && s.profiles.fits(agent.has, call.asks)) seen.fits.push_back(agent_id);
    }
  }
  std::sort(out.begin(), out.end(), [](const WaitingSeen& a, const WaitingSeen& b) {
    return WaitKey{a.rank, a.enqueued_at, a.call} < WaitKey{b.rank, b.enqueued_at, b.call};
  });
  return out;
}

std::vector<std::string> Acd::violations(TimePoint now) const {
  Found out;
  const Impl& s = *impl_;

  std::map<CallId, std::uint32_t> offers;
  std::size_t deadlines = 0;
  std::map<QueueId, std::array<std::uint32_t, kAgentStates>> members;
  for (const auto& [id, agent] : s.agents) {
    check(id == agent.live.id, out, naming("agent", id), ": filed under another id");
    check_agent(agent, now, out);
    if (agent.live.deadline) {
      ++deadlines;
      check(s.deadlines.contains({*agent.live.deadline, id}), out, naming("agent", id), ": deadline not indexed");
    }
    for (const QueueId queue : agent.config.queues) ++members[queue][static_cast<std::size_t>(agent.live.state)];
    if (agent.live.state != AgentState::offered) continue;
    const CallId call = *agent.live.call;
    check(++offers[call] == 1, out, naming("call", call), ": offered to two agents");
    const bool known = agent.live.queue ? s.waiting.contains(call) && s.waiting.at(call).offered_to == id
                                        : s.direct_offers.contains(call) && s.direct_offers.at(call) == id;
    check(known, out, naming("call", call), ": its agent's offer is not the call's");
  }
  check(deadlines == s.deadlines.size(), out, "deadlines without an agent");

  std::map<QueueId, std::uint32_t> waiting;
  std::size_t call_timers = 0;
  for (const auto& [id, call] : s.waiting) {
    const auto what = naming("call", id);
    ++waiting[call.call.queue];
    check(!s.direct_offers.contains(id), out, what, ": waits and is offered directly");
    check(call.offered_to.has_value() == offers.contains(id), out, what, ": offered to nobody who knows of it");
    const auto& queue = s.queues.at(call.call.queue);
    check(queue.all.find(call.key()) != queue.all.end(), out, what, ": missing in its queue");
    check(queue.by_age.contains({call.call.enqueued_at, id}), out, what, ": missing in its queue by age");
    for (const QueueId open : call.open_to) {
      const auto& offering = s.queues.at(open).unoffered;
      const auto group = offering.groups().find(call.asks);
      const bool listed = group != offering.groups().end() && group->second.contains(call.key());
      check(listed == (!call.offered_to && !call.held), out, what, ": listed wrongly as free to offer");
    }
    check(!call.offered_to || !call.held, out, what, ": is offered and kept for somebody");
    if (!call.offered_to && !s.restoring) Impl::check_preferred(s, call, now, out);
    check(!call.timer || s.call_timers.contains({*call.timer, id}), out, what, ": timer not indexed");
    check(!call.timer || *call.timer > now || s.restoring, out, what, ": timer passed without firing");
    if (call.timer) ++call_timers;
  }
  check(call_timers == s.call_timers.size(), out, "call timers without a call");
  for (const auto& [call, agent] : s.direct_offers) {
    check(offers.contains(call), out, naming("call", call), ": direct offer without an agent");
  }

  for (const auto& [id, queue] : s.queues) {
    const auto what = naming("queue", id);
    check(queue.all.size() == waiting[id] && queue.by_age.size() == waiting[id], out, what,
          ": counts calls that do not wait");
    check(queue.members == members[id], out, what, ": counts its members wrongly");
    check(queue.ready.size() == members[id][static_cast<std::size_t>(AgentState::ready)], out, what,
          ": lists others as ready");
    if (s.restoring) continue;
    for (const auto& [asks, calls] : queue.unoffered.groups()) {
      if (s.reserved(queue, asks)) continue;
      for (const auto& [has, agents] : queue.ready.groups()) {
        const auto both = [&what, &callers = calls, &idle = agents] {
          return what() + ": call " + callers.begin()->call.to_string() + " waits while agent " +
                 idle.begin()->agent.to_string();
        };
        check(!s.profiles.fits(has, asks), out, both, " is ready for it");
      }
    }
  }
  return out;
}

}  // namespace hotline::acd
