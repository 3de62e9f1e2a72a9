// SPDX-License-Identifier: Apache-2.0
// The state behind Acd and its indexes; private to this folder. On the core's live strand.
#pragma once

#include <ext/pb_ds/assoc_container.hpp>
#include <set>
#include <vector>

#include "domain/acd/acd.hpp"
#include "domain/acd/grouped_order.hpp"

namespace hotline::acd {

/// Orders ready agents: idle longest first.
struct IdleKey {
  TimePoint idle_since;
  AgentId agent;
  friend auto operator<=>(const IdleKey&, const IdleKey&) = default;
};

/// Orders waiting calls: highest priority, then longest waiting.
struct WaitKey {
  int priority;
  TimePoint enqueued_at;
  CallId call;
  friend bool operator==(const WaitKey&, const WaitKey&) = default;
  friend bool operator<(const WaitKey& a, const WaitKey& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.enqueued_at != b.enqueued_at) return a.enqueued_at < b.enqueued_at;
    return a.call < b.call;
  }
};

/// A set which also answers "how many are before this one" in logarithmic time.
template <class Key>
using RankedSet = __gnu_pbds::tree<Key, __gnu_pbds::null_type, std::less<Key>, __gnu_pbds::rb_tree_tag,
                                   __gnu_pbds::tree_order_statistics_node_update>;

using Skills = std::map<SkillId, int>;
using SkillGroup = GroupedOrder<IdleKey>::Group;

/// Gives equal skill maps one number. Kept for ever: as many as there are distinct combinations in the configuration.
class SkillGroups {
 public:
  SkillGroup of(const Skills& skills) {
    const auto [it, added] = numbers_.try_emplace(skills, static_cast<SkillGroup>(maps_.size()));
    if (added) maps_.push_back(&it->first);
    return it->second;
  }
  /// Whether who has `has` may take what asks for `asks`.
  [[nodiscard]] bool fits(SkillGroup has, SkillGroup asks) const {
    if (has == asks) return true;
    const Skills& owned = *maps_[has];
    for (const auto& [skill, level] : *maps_[asks]) {
      const auto it = owned.find(skill);
      if (it == owned.end() || it->second < level) return false;
    }
    return true;
  }

 private:
  std::map<Skills, SkillGroup> numbers_;
  std::vector<const Skills*> maps_;  // nodes of a std::map stay where they are
};

struct Waiting {
  WaitingCall call;
  SkillGroup asks = 0;
  std::optional<AgentId> offered_to;
  [[nodiscard]] WaitKey key() const { return {call.priority, call.enqueued_at, call.call}; }
};

struct Agent {
  AgentConfig config;
  AgentLive live;
  SkillGroup has = 0;
  bool configured = false;  // false: restored, and configured no longer
  [[nodiscard]] IdleKey key() const { return {live.idle_since, live.id}; }
};

struct Queue {
  QueueConfig config;
  bool configured = false;                            // false: removed, or only named by an agent or a restored call
  RankedSet<WaitKey> all;                             // every waiting call, offered ones too
  std::set<std::pair<TimePoint, CallId>> by_age;      // the same, by waiting clock
  GroupedOrder<WaitKey> unoffered;                    // those nobody is offered
  GroupedOrder<IdleKey> ready;                        // ready members
  std::array<std::uint32_t, kAgentStates> members{};  // member agents by state
};

struct Acd::Impl {
  std::map<QueueId, Queue> queues;
  std::map<AgentId, Agent> agents;
  std::map<CallId, Waiting> waiting;
  std::map<CallId, AgentId> direct_offers;
  std::set<std::pair<TimePoint, AgentId>> deadlines;
  SkillGroups skill_groups;
  bool restoring = false;

  Queue& queue(QueueId id);
  Agent* find(AgentId id);

  // Every change of an agent goes through change(), so that indexes and effects can never miss one.
  void index(const Agent& agent);
  void unindex(const Agent& agent);
  template <class Mutate>
  void change(Agent& agent, Effects& out, Mutate&& mutate) {
    unindex(agent);
    mutate(agent.live);
    index(agent);
    out.push_back(AgentChanged{agent.live});
  }
  /// Into a state without a call; a ready agent is offered the best waiting call.
  void settle(Agent& agent, AgentState state, std::string reason, TimePoint now, Effects& out);
  /// Into what the agent asked for, or `otherwise`.
  void settle_next(Agent& agent, AgentState otherwise, std::string reason, TimePoint now, Effects& out);

  struct OfferTo {
    CallId call;
    std::optional<QueueId> queue;
    Duration timeout;
  };
  void offer(Agent& agent, const OfferTo& what, TimePoint now, Effects& out);
  void assign_agent(Agent& agent, TimePoint now, Effects& out);
  void assign_call(Waiting& call, TimePoint now, Effects& out);

  void add_waiting(const WaitingCall& call);
  void remove_waiting(const Waiting& call);
  /// Marks the call as offered to nobody again; does not look for the next agent.
  void unoffer(CallId call);
  /// An offer ends without an answer: the agent leaves the state `offered`, the call goes to the next agent.
  void end_offer(Agent& agent, OfferEnd why, TimePoint now, Effects& out);
  void restart_agent(Agent& agent, TimePoint now, Effects& out);
};

}  // namespace hotline::acd
