// SPDX-License-Identifier: Apache-2.0
// The state behind Acd and its indexes; private to this folder. On the core's live strand.
#pragma once

#include <ext/pb_ds/assoc_container.hpp>
#include <set>
#include <vector>

#include "domain/acd/acd.hpp"
#include "domain/acd/estimate.hpp"
#include "domain/acd/profiles.hpp"

namespace hotline::acd {

/// Orders ready agents: idle longest first.
struct IdleKey {
  TimePoint idle_since;
  AgentId agent;
  friend auto operator<=>(const IdleKey&, const IdleKey&) = default;
};

/// The one order of all waiting calls. Points and waiting time are one number, which does not change while a call waits
/// (every call ages alike): how early the call would have had to come to stand here without points.
struct WaitKey {
  std::int64_t rank;  ///< ageing * enqueued_at - points, in points · minutes / 60,000
  TimePoint enqueued_at;
  CallId call;
  friend auto operator<=>(const WaitKey&, const WaitKey&) = default;
};

/// A set which also answers "how many are before this one" in logarithmic time.
template <class Key>
using RankedSet = __gnu_pbds::tree<Key, __gnu_pbds::null_type, std::less<Key>, __gnu_pbds::rb_tree_tag,
                                   __gnu_pbds::tree_order_statistics_node_update>;

struct Waiting {
  WaitingCall call;
  std::int64_t rank = 0;
  std::uint32_t ring_step = 0;   // steps of the ring plan that have come
  Group asks = 0;                // at this step
  std::vector<QueueId> open_to;  // whose members may take it at this step; its own queue first
  bool held = false;             // for the agents it asks for
  std::optional<AgentId> offered_to;
  std::optional<TimePoint> announce_at;
  std::optional<TimePoint> timer;  // as it stands in call_timers
  [[nodiscard]] WaitKey key() const { return {rank, call.enqueued_at, call.call}; }
};

struct Agent {
  AgentConfig config;
  AgentLive live;
  Group has = 0;
  bool configured = false;           // false: restored, and configured no longer
  std::optional<TimePoint> took_at;  // the call of a queue they are occupied with, for the estimate
  [[nodiscard]] IdleKey key() const { return {live.idle_since, live.id}; }
};

struct Queue {
  QueueConfig config;
  bool configured = false;                            // false: removed, or only named by an agent or a restored call
  RankedSet<WaitKey> all;                             // every waiting call, offered ones too
  std::set<std::pair<TimePoint, CallId>> by_age;      // the same, by waiting clock
  GroupedOrder<WaitKey> unoffered;                    // those its members may be offered, other queues' too
  GroupedOrder<IdleKey> ready;                        // ready members
  std::array<std::uint32_t, kAgentStates> members{};  // member agents by state
  std::uint32_t call_backs = 0;
  WaitEstimate estimate;
  std::optional<TimePoint> timer;  // closing time, when those who wait leave then
  [[nodiscard]] std::uint32_t in(AgentState state) const { return members[static_cast<std::size_t>(state)]; }
  [[nodiscard]] std::uint32_t staff() const {
    return in(AgentState::ready) + in(AgentState::offered) + in(AgentState::busy) + in(AgentState::wrap_up);
  }
};

/// Whether calls may be kept waiting for an agent in this state.
[[nodiscard]] bool takes_calls(AgentState state);

struct Acd::Impl {
  Rules rules;
  std::map<QueueId, Queue> queues;
  std::map<AgentId, Agent> agents;
  std::map<CallId, Waiting> waiting;
  std::map<CallId, AgentId> direct_offers;
  std::map<AgentId, std::set<WaitKey>> wanted;  // unoffered calls that ask for this agent
  std::map<std::string, std::uint32_t> seats;   // signed in, by seat group
  std::set<std::pair<TimePoint, AgentId>> deadlines;
  std::set<std::pair<TimePoint, CallId>> call_timers;
  std::set<std::pair<TimePoint, QueueId>> queue_timers;
  Profiles profiles;
  bool restoring = false;
  TimePoint latest{};  // of all commands, for those that come without a time

  Queue& queue(QueueId id);
  Agent* find(AgentId id);
  Waiting* find(CallId id);

  // Every change of an agent goes through change(), so that indexes and effects can never miss one.
  void index(const Agent& agent);
  void unindex(const Agent& agent);
  template <class Mutate>
  void change(Agent& agent, TimePoint now, Effects& out, Mutate&& mutate) {
    const AgentState before = agent.live.state;
    unindex(agent);
    mutate(agent.live);
    index(agent);
    out.push_back(AgentChanged{agent.live});
    if (before != agent.live.state) state_changed(agent, before, now, out);
  }
  void state_changed(Agent& agent, AgentState before, TimePoint now, Effects& out);
  /// Into a state without a call; a ready agent is offered the best waiting call.
  void settle(Agent& agent, AgentState state, std::string reason, TimePoint now, Effects& out);
  /// Into what the agent asked for, or `otherwise`.
  void settle_next(Agent& agent, AgentState otherwise, std::string reason, TimePoint now, Effects& out);

  struct OfferTo {
    CallId call;
    std::optional<QueueId> queue;
    Duration timeout;
    ChosenBy by;
  };
  void offer(Agent& agent, const OfferTo& what, TimePoint now, Effects& out);
  void offer_waiting(Agent& agent, const Waiting& call, ChosenBy by, TimePoint now, Effects& out);
  [[nodiscard]] OfferReason reason_of(const Agent& agent, const OfferTo& what, TimePoint now);
  void assign_agent(Agent& agent, TimePoint now, Effects& out);
  void assign_call(Waiting& call, TimePoint now, Effects& out);
  /// Outbound work of these queues that may be given out now, since enough agents are ready.
  void assign_outbound(const std::vector<QueueId>& of, TimePoint now, Effects& out);
  [[nodiscard]] std::optional<WaitKey> first_for(const Agent& agent, Queue& q) const;
  [[nodiscard]] bool reserved(const Queue& q, Group asks) const;

  // ---- waiting calls: acd_waiting.cpp
  Waiting& add_waiting(WaitingCall call, TimePoint now);
  void remove_waiting(CallId call);
  /// In and out of the indexes that decide who is offered the call; a change of what they go by is between the two.
  void list(const Waiting& call);
  void unlist(const Waiting& call);
  /// Everything about the call that follows from configuration and time.
  void place(Waiting& call, TimePoint now);
  template <class Change>
  void move(Waiting& call, TimePoint now, Change&& change);
  void replace(Waiting& call, TimePoint now);
  /// After a change of the configuration: of one queue's calls, or of all.
  void replace_all(const Queue* of, TimePoint now);
  void revise(Waiting& call, bool vip, bool repeat, std::vector<Preferred> preferred, TimePoint now);
  [[nodiscard]] std::int64_t points(const WaitingCall& call);
  [[nodiscard]] bool wants_to_wait(const Waiting& call, TimePoint now);
  void arm(Waiting& call);
  [[nodiscard]] static bool leaves_by_wait(const QueueConfig& config, const Waiting& call);
  void arm_closing(Queue& q, TimePoint now);
  void call_due(Waiting& call, TimePoint now, Effects& out);
  void queue_closes(Queue& q, TimePoint now, Effects& out);
  void announce(Waiting& call, TimePoint now, Effects& out);
  void leave_by(Waiting& call, ExitWhy why, const std::string& target, TimePoint now, Effects& out);
  [[nodiscard]] std::optional<Exited> exit_at_door(const Queue& q, const WaitingCall& call, TimePoint now);

  /// Marks the call as offered to nobody again; does not look for the next agent.
  void unoffer(CallId call, TimePoint now);
  /// An offer ends without an answer: the agent leaves the state `offered`, the call goes to the next agent.
  void end_offer(Agent& agent, OfferEnd why, TimePoint now, Effects& out);
  [[nodiscard]] bool seats_full(const Agent& agent) const;
  /// In a wrap-up that only its note ends.
  [[nodiscard]] bool is_forced(const AgentLive& live) const;
  static void check_preferred(const Impl& s, const Waiting& call, TimePoint now, std::vector<std::string>& out);
  void restart_agent(Agent& agent, TimePoint now, Effects& out);
};

}  // namespace hotline::acd
