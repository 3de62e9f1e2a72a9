// SPDX-License-Identifier: Apache-2.0
// Drives app::Live as adapters/live does: an input, its changes to the store, its effects only after the commit, in
// order. In virtual time, with a store that is slow, stalls and fails, a clock that jumps, and kill -9 between any two
// of these.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/link.hpp"
#include "sim/scripted_store.hpp"

namespace hotline::sim {

/// What leaves the core for people.
class DeskSide {
 public:
  virtual ~DeskSide() = default;
  virtual void agent_shown(const app::AgentStatus& agent) = 0;
  virtual void call_shown(const app::CallSeen& seen) = 0;
  virtual void core_is_back() = 0;  ///< desks connect again and look
};

class CoreHost {
 public:
  struct Parts {
    Timeline& time;
    Trace& trace;
    ScriptedStore& store;
    Link& link;
    DeskSide& desks;
  };
  CoreHost(Parts parts, app::LiveConfig config, std::shared_ptr<const call::FlowBook> flows, std::uint64_t seed);

  void start();
  void crash();
  [[nodiscard]] bool runs() const { return live_ != nullptr; }
  [[nodiscard]] const app::Live& live() const { return *live_; }
  /// The core's clock never goes back, whatever the machine's does.
  [[nodiscard]] TimePoint clock();
  void jump_clock(Duration by);
  /// The store answers nothing for this long.
  void stall_store(Duration length) { stalled_until_ = std::max(stalled_until_, time_.now() + length); }
  void node_is_dead();  ///< the keeper saw its process end

  using Done = std::function<void(const app::Reply&)>;
  /// `act(live, request, now)` returns the effects. Without a core the answer is 503 at once.
  template <class Act>
  void request(std::string_view what, std::uint64_t about, Act&& act, Done done = {}) {
    if (!live_) {
      if (done) done(app::Reply{0, app::Refused{"unavailable", "the core is away"}, {}, {}});
      return;
    }
    const app::RequestId id = ++last_request_;
    awaited_[id] = std::move(done);
    input(what, about, [&](app::Live& live, TimePoint now) { return act(live, id, now); });
  }
  template <class Act>
  void input(std::string_view what, std::uint64_t about, Act&& act) {
    if (!live_) return;
    const TimePoint now = clock();
    tick_if_due(now);
    trace_.add(now, what, about);
    decide(act(*live_, now));
  }

  /// Called after each input that changed something.
  std::function<void(const app::LiveEffects&, TimePoint)> after_input;
  std::function<void(const std::string&)> complain;
  /// Nothing decided is still to be committed or to leave.
  [[nodiscard]] bool quiet() const { return groups_.empty(); }
  [[nodiscard]] std::size_t requests_open() const { return awaited_.size(); }
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }

 private:
  struct Group {
    app::Batch changes;
    std::vector<app::Outward> outward;
  };
  void tick_if_due(TimePoint now);
  void plan_tick();
  void decide(app::LiveEffects effects);
  void commit_next();
  void committed(std::uint64_t life, std::size_t groups);
  void release();
  void show(const app::Outward& effect);
  void look_up(const app::FindCustomer& question);
  void watch_health();

  Timeline& time_;
  Trace& trace_;
  ScriptedStore& store_;
  Link& link_;
  DeskSide& desks_;
  app::LiveConfig config_;
  std::shared_ptr<const call::FlowBook> flows_;
  Stream chance_;
  std::unique_ptr<app::Live> live_;
  std::deque<Group> groups_;
  std::size_t committed_ = 0, committing_ = 0;  ///< of groups_: the first ones; those after them on their way
  std::map<app::RequestId, Done> awaited_;
  app::RequestId last_request_ = 0;
  std::uint64_t life_ = 0, inputs_ = 0;
  TimePoint clock_{}, stalled_until_{}, tick_planned_{};
  bool tick_is_planned_ = false, healthy_ = true;
  Duration offset_{};
};

}  // namespace hotline::sim
