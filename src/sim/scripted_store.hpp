// SPDX-License-Identifier: Apache-2.0
// The store of a simulated hotline: what was committed is there after a crash, and nothing else is. Each contact that
// is closed is checked against its own history.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/live/live.hpp"
#include "app/tally.hpp"

namespace hotline::sim {

class ScriptedStore {
 public:
  ScriptedStore(app::World world, app::LiveConfig config) : world_(std::move(world)), config_(std::move(config)) {}

  /// The batch is durable when this returns.
  void commit(const app::Batch& batch);
  std::uint64_t next_epoch() { return ++epoch_; }
  /// What a core that starts now reads.
  [[nodiscard]] app::LiveStart load(std::shared_ptr<const call::FlowBook> flows) const;

  struct Kept {
    app::Contact contact;
    app::Tally tally;
    std::int64_t history = 0;                          ///< events, without a gap
    std::map<std::int64_t, app::ContactEvent> events;  ///< until it is closed
    std::map<LegId, app::Leg> legs;                    ///< until it is closed
    bool closed = false;
    bool is_call_back = false;
    std::optional<ContactId> call_back_of;      ///< the contact that asked for it
    std::optional<std::int64_t> waiting_since;  ///< the clock it waits by, Unix ms
    int exits = 0;                              ///< by which it left queues
    int ends = 0;  ///< how often the outcome was decided; more than once is a contact counted twice
  };
  [[nodiscard]] const std::map<ContactId, Kept>& contacts() const { return contacts_; }
  [[nodiscard]] const std::map<CallId, app::LiveCall>& live_calls() const { return live_calls_; }
  [[nodiscard]] std::int64_t history_of(ContactId id) const;
  [[nodiscard]] std::size_t running_recordings() const { return running_.size(); }
  /// Rules of the records that were broken since the last time.
  [[nodiscard]] std::vector<std::string> take_broken() { return std::exchange(broken_, {}); }

 private:
  void put(const app::Contact& contact);
  void put(const app::ContactEvent& event);
  void put(const app::Leg& leg);
  void put(const app::Recording& recording);
  void put(const app::PutRecordingEnd& end) { running_.erase(end.id); }
  void put(const app::LiveCall& call) { live_calls_[call.id] = call; }
  void put(const app::DropLiveCall& drop);
  void put(const app::LiveAgent& agent) { live_agents_[agent.id] = agent; }
  void put(const app::NodeCursor& cursor) { cursors_[cursor.node] = cursor; }
  void put(const app::PutQueue& change);
  void put(const app::PutLineOperation& change);
  void put(const app::PutRoutingRules& change) { world_.routing_rules = change.rules; }
  void put(const app::SetAgentRouting& change);
  template <class Other>
  void put(const Other&) {}  // nothing a restart of the live operation needs
  void check_closed(Kept& kept);

  app::World world_;
  app::LiveConfig config_;
  std::uint64_t epoch_ = 0;
  std::map<ContactId, Kept> contacts_;
  std::map<CallId, app::LiveCall> live_calls_;
  std::map<AgentId, app::LiveAgent> live_agents_;
  std::map<std::string, app::NodeCursor> cursors_;
  std::map<RecordingId, app::Recording> running_;
  std::vector<std::string> broken_;
};

}  // namespace hotline::sim
