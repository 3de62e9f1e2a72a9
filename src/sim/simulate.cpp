// SPDX-License-Identifier: Apache-2.0
#include "sim/simulate.hpp"

#include "sim/administrators.hpp"
#include "sim/checks.hpp"

namespace hotline::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// 2026-01-05 00:00 UTC: a Monday morning at the hotline (UTC+8), no midnight within a run.
constexpr TimePoint day_begins{Duration{1'767'571'200'000}};
constexpr Duration settles_within = minutes{80};
constexpr Duration inspected_every{7'000};

class World {
 public:
  World(const WorldScript& script, const FaultKinds& faults, Trace::Line line)
      : script_(script),
        faults_(faults),
        time_(day_begins),
        trace_(day_begins, std::move(line)),
        node_(time_, script.seed),
        link_(time_, trace_, node_, script.seed),
        store_(script.world, script.live),
        people_(time_, trace_, node_, script),
        core_({time_, trace_, store_, link_, people_}, script.live, script.flows, script.seed),
        administrators_(time_, script),
        checks_(parts_of_checks()),
        chance_(script.seed, "faults") {
    core_.after_input = [this](const app::LiveEffects& effects, TimePoint now) { checks_.after_input(effects, now); };
    people_.complain = [this](const std::string& what) { checks_.complain(what); };
    core_.complain = [this](const std::string& what) {
      // What a fault left behind the watchdog may find and mend (ADR 22); without faults there is nothing to be found.
      if (faults_.any() && what.find(": watchdog: ") != std::string::npos)
        ++repairs_;
      else
        checks_.complain(what);
    };
    people_.history_of = [this](ContactId id) { return store_.history_of(id); };
    if (faults.link) {
      const bool bad = chance_.chance(0.5);  // in some worlds messages are only lost with their stream
      link_.faults.late = bad ? 0.01 : 0;
      link_.faults.doubled = bad ? 0.02 : 0;
    }
  }

  RunResult run() {
    core_.start();
    people_.begin(core_);
    administrators_.begin(core_);
    plan_faults();
    inspect_later();
    const TimePoint closes = day_begins + script_.day;
    until(closes, false);
    calm_ = true;
    link_.faults = {};
    mend();
    administrators_.stop();
    people_.go_home();
    until(closes + settles_within, true);
    if (!checks_.broken()) {
      mend();
      until(time_.now() + minutes{2}, false);
      if (!checks_.broken()) checks_.at_the_end(core_.clock(), script_.agents);
    }
    RunResult result;
    result.events = trace_.events();
    result.hash = trace_.hash();
    result.inputs = core_.inputs();
    result.calls = people_.calls_made();
    result.repairs = repairs_;
    result.quiet_inspections = checks_.quiet_inspections();
    for (const auto& [id, kept] : store_.contacts()) {
      result.call_backs += kept.is_call_back ? 1 : 0;
      result.exits += static_cast<std::uint64_t>(kept.exits);
    }
    if (checks_.broken())
      result.violation = Violation{script_.seed, trace_.events(),
                                   std::chrono::duration_cast<Duration>(time_.now() - day_begins), *checks_.broken()};
    return result;
  }

 private:
  Checks::Parts parts_of_checks() {
    node_.trunks = script_.trunks;
    return {node_, store_, link_, core_};
  }
  /// Until then, the first broken rule, or (when asked) until everyone has left and all is settled.
  void until(TimePoint end, bool or_settled) {
    while (!checks_.broken() && time_.step(end)) {
      if (or_settled && !people_.callers_left() && core_.runs() && core_.live().settled() &&
          core_.live().call_backs().empty() && all_signed_out())
        return;
    }
  }
  [[nodiscard]] bool all_signed_out() const {
    for (const AgentHabits& agent : script_.agents) {
      if (core_.live().agent_status(agent.id).state != "signed_out") return false;
    }
    return true;
  }
  void inspect_later() {
    time_.after(inspected_every, [this] {
      if (core_.runs()) checks_.inspect(core_.clock());
      inspect_later();
    });
  }

  void plan_faults() {
    if (!faults_.any()) return;
    time_.after(chance_.exponential(seconds{100}), [this] {
      if (!calm_) fault();
      plan_faults();
    });
  }
  void fault() {
    switch (chance_.below(6)) {
      case 0:
        if (faults_.link) cut_link();
        break;
      case 1:
        if (faults_.agents)
          people_.vanish(AgentId{1 + chance_.below(script_.agents.size())}, chance_.between(seconds{1}, minutes{3}));
        break;
      case 2:
        if (faults_.node && chance_.chance(0.4)) kill_node();
        break;
      case 3:
        if (faults_.core) kill_core(2);
        break;
      case 4:
        if (faults_.store) {
          trace_.add(time_.now(), "store: stalls");
          core_.stall_store(chance_.between(Duration{500}, seconds{30}));
        }
        break;
      default:
        if (faults_.clock) jump_clock();
        break;
    }
  }
  void cut_link() {
    trace_.add(time_.now(), "link: breaks");
    link_.cut(chance_.chance(0.5) ? Duration{0} : chance_.between(Duration{0}, seconds{5}));
  }
  void kill_node() {
    trace_.add(time_.now(), "node: killed");
    node_.crash();
    link_.node_died();
    const bool seen = chance_.chance(0.5);
    const Duration away = chance_.between(Duration{300}, chance_.chance(0.5) ? Duration{2'000} : seconds{15});
    if (seen) time_.after(Duration{200}, [this] { core_.node_is_dead(); });
    time_.after(away, [this] { node_.restart(); });
  }
  /// Some cores die again in the middle of their start.
  void kill_core(int times) {
    core_.crash();
    checks_.core_died();
    time_.after(chance_.between(Duration{200}, seconds{8}), [this, times] {
      core_.start();
      if (times > 0 && chance_.chance(0.3)) {
        time_.after(chance_.between(Duration{1}, Duration{1'500}), [this, times] {
          if (core_.runs()) kill_core(times - 1);
        });
      }
    });
  }
  void jump_clock() {
    const Duration by = chance_.between(seconds{-20}, seconds{20});
    trace_.add(time_.now(), "clock: set", static_cast<std::uint64_t>(by.count()));
    if (chance_.chance(0.5)) {
      core_.jump_clock(by);
    } else {
      node_.jump_clock(by);
    }
  }
  void mend() {
    node_.restart();
    core_.start();
  }

  const WorldScript& script_;
  FaultKinds faults_;
  Timeline time_;
  Trace trace_;
  ScriptedNode node_;
  Link link_;
  ScriptedStore store_;
  People people_;
  CoreHost core_;
  Administrators administrators_;
  Checks checks_;
  Stream chance_;
  bool calm_ = false;
  std::uint64_t repairs_ = 0;
};

}  // namespace

RunResult run(const WorldScript& script, const FaultKinds& faults, Trace::Line line) {
  return World(script, faults, std::move(line)).run();
}

}  // namespace hotline::sim
