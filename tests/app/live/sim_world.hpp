// SPDX-License-Identifier: Apache-2.0
// A small hotline in virtual time around a Live: one voice node, the link to it, the store, and whoever calls and
// answers. Effects leave in three stages as in the real driver (decided, committed, released), so that a crash can fall
// between any two of them.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "adapters/store/memory_store.hpp"
#include "app/live/live.hpp"
#include "app/live/sim_node.hpp"

namespace hotline::app {

/// Agents 1 to 3 have browsers, 4 to 6 phones. Queues: general (everyone), vip (agents 1 and 4, two places, no
/// wrap-up). Numbers: 1000 a menu (1 general, 2 vip, 3 collects three digits, 9 hangs up), 112 straight to general, 114
/// a flow that is not there.
[[nodiscard]] World sim_world();
[[nodiscard]] std::shared_ptr<const call::FlowBook> sim_flows();
inline constexpr std::uint64_t sim_agents = 6;

class SimWorld {
 public:
  SimWorld();

  // -- the core
  void start_core();
  void crash_core();  ///< what is not committed or not released is lost
  [[nodiscard]] bool core_runs() const { return live != nullptr; }
  /// An input to the core; `act` returns its effects.
  template <class Act>
  void input(Act&& act) {
    if (live) decide(act(*live, now));
  }
  /// A request; its reply is awaited exactly once.
  template <class Act>
  void request(Act&& act) {
    if (!live) return;
    const RequestId id = ++last_request_;
    awaited_.insert(id);
    decide(act(*live, id, now));
  }

  // -- time and the ways things take
  void pass(Duration time);  ///< ticks at every deadline on the way
  void commit(std::size_t groups_max = SIZE_MAX);
  void release(std::size_t groups_max = SIZE_MAX);
  void deliver_down(std::size_t commands_max = SIZE_MAX);
  void deliver_up(std::size_t messages_max = SIZE_MAX);
  void flush();    ///< all of the above until nothing moves
  void connect();  ///< the link comes up: hello, what was not acknowledged, snapshot
  void disconnect();
  void crash_node(bool core_knows);
  [[nodiscard]] bool linked() const { return linked_; }

  // -- looking
  [[nodiscard]] std::string state(std::uint64_t agent) const { return live->agent_status(AgentId{agent}).state; }
  [[nodiscard]] std::optional<CallId> call_of(std::uint64_t agent) const;
  /// Live calls as stored; commits first.
  [[nodiscard]] std::map<CallId, Entry> entries();
  [[nodiscard]] std::vector<std::string> history(CallId call);
  [[nodiscard]] std::string last_log(std::size_t lines = 60) const;
  [[nodiscard]] const std::set<RequestId>& awaited() const { return awaited_; }

  // -- short cuts for tests
  void ready(std::uint64_t agent) { set_state(agent, "ready"); }
  void set_state(std::uint64_t agent, const std::string& state, const std::string& reason = "");
  /// A caller who is in the queue when this returns; dials 112.
  LegId waiting_caller(const std::string& from = "5550100");
  /// The call of a customer's leg; flushes.
  [[nodiscard]] CallId call_at(LegId leg);
  /// The agent takes what rings and is joined to the customer.
  void take_call(std::uint64_t agent);

  // -- the rules; each returns what is broken
  [[nodiscard]] std::vector<std::string> broken_now() const;
  /// To be asked after flush() with the link up: what the node has and what the core believes.
  [[nodiscard]] std::vector<std::string> broken_when_quiet();
  /// Everyone hangs up, time passes; then nothing may be left open.
  [[nodiscard]] std::vector<std::string> broken_after_all_is_over();

  TimePoint now;
  LiveConfig config;  ///< of the next core
  store::MemoryStore store{store::MemoryStore::Mode::manual};
  SimNode node;
  std::unique_ptr<Live> live;
  std::vector<Reply> replies;
  std::vector<std::string> log;

 private:
  struct Connected {
    NodeInfo info;
  };
  using Up = std::variant<Connected, VoiceEvent, NodeSnapshot, NodeStanding>;
  struct Ack {
    std::uint64_t boot = 0, seq = 0;
  };
  struct Command {
    CallId call;
    call::VoiceCommand command;
  };
  struct Ask {
    std::uint64_t mark = 0;
  };
  using Down = std::variant<Ack, Command, Ask>;

  [[nodiscard]] LiveStart stored();
  void decide(LiveEffects effects);
  void show(const Outward& effect);
  void pick_up_fresh();

  std::deque<LiveEffects> decided_;
  std::deque<std::vector<Outward>> committed_;
  std::deque<Up> up_;
  std::deque<Down> down_;
  bool linked_ = false;          ///< the stream is open
  bool core_connected_ = false;  ///< the core's end has had the node's hello
  Ack core_acked_;               ///< as the core's end of the link knows it
  std::set<RequestId> awaited_;
  RequestId last_request_ = 0;
  std::set<std::uint64_t> node_boots_lost_;
};

}  // namespace hotline::app
