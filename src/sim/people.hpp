// SPDX-License-Identifier: Apache-2.0
// Callers and agents of a simulated hotline: what they do when something rings, speaks, shows or keeps silent. They
// know only what their telephone and their desk tell them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/core_host.hpp"
#include "sim/script.hpp"
#include "sim/scripted_node.hpp"

namespace hotline::sim {

class People final : public NodeWatcher, public DeskSide {
 public:
  People(Timeline& time, Trace& trace, ScriptedNode& node, const WorldScript& script);
  /// The day begins: calls come, agents sign in.
  void begin(CoreHost& core);
  /// Everyone who is still there signs out as soon as they are free.
  void go_home();
  /// Desk and phone are gone without a word, and back after `away`.
  void vanish(AgentId agent, Duration away);
  [[nodiscard]] bool callers_left() const { return !callers_.empty(); }
  [[nodiscard]] std::uint64_t calls_made() const { return calls_; }
  std::function<void(const std::string&)> complain;
  std::function<std::int64_t(ContactId)> history_of;  ///< events the store has of a contact

  // NodeWatcher
  void hears_prompt(LegId leg, Duration length, bool may_press) override;
  void hears_music(LegId leg) override;
  void joined(LegId leg) override;
  void accepted(LegId leg) override;
  void rings(LegId leg) override;
  void browser_asked(LegId leg) override;
  void gone(LegId leg, bool rejected) override;
  // DeskSide
  void agent_shown(const app::AgentStatus& agent) override;
  void call_shown(const app::CallSeen& seen) override;
  void core_is_back() override;

 private:
  /// The far end of a customer's or an outside party's leg.
  struct Caller {
    Stream chance;
    bool web = false, talks = false, has_talked = false;
    std::uint64_t mood = 0;  ///< rises when what they wait for changes: what was planned before is forgotten
    std::string number;
  };
  struct Agent {
    Agent(const AgentHabits& how, std::string staff_number, Stream own)
        : habits(how), number(std::move(staff_number)), chance(own) {}
    AgentHabits habits;
    std::string number;
    Stream chance;
    app::AgentStatus status;
    std::optional<app::CallView> call;  ///< that the desk shows
    std::string shown;                  ///< what the plan is about
    std::uint64_t plan = 0;
    bool there = true, off = false;
    LegId leg;
    TimePoint pause_until{};
    CallId asked;          ///< the call for which an answer was asked
    bool decided = false;  ///< the offer shown: answer it
    int fate = 0;          ///< of the offer: 0 answers, 1 rejects, 2 lets it ring
  };

  // callers.cpp
  void plan_arrivals();
  void call_in(const std::string& number, bool again);
  Caller& caller_at(LegId leg);
  void leave(LegId leg);
  void end_talk(LegId leg);
  void plan_leaving(LegId leg, Duration after);
  // agents.cpp
  void think(Agent& agent);
  void plan(Agent& agent, Duration after);
  void act(Agent& agent);
  void act_offered(Agent& agent);
  void act_busy(Agent& agent);
  void act_talking(Agent& agent);
  void consult_or_transfer(Agent& agent, bool consult);
  void consult_step(Agent& agent);
  void hang_up(Agent& agent);
  void set_state(Agent& agent, const char* state);
  void finish_wrap_up(Agent& agent);
  void look(Agent& agent);
  [[nodiscard]] Duration until_next_act(Agent& agent);
  Agent* by_number(const std::string& uri);
  template <class Act>
  void ask(Agent& agent, const char* what, Act&& act) {
    core_->request(what, agent.habits.id.value(), std::forward<Act>(act), [this, &agent](const app::Reply& reply) {
      if (reply.refused) plan(agent, agent.chance.between(Duration{1'000}, Duration{6'000}));
    });
  }

  Timeline& time_;
  Trace& trace_;
  ScriptedNode& node_;
  const WorldScript& script_;
  CoreHost* core_ = nullptr;
  Stream arrivals_;
  TimePoint begin_{};
  std::map<LegId, Caller> callers_;
  std::map<AgentId, Agent> agents_;  // nodes of a std::map stay where they are
  std::uint64_t calls_ = 0, parties_ = 0;
  bool closing_ = false;
};

}  // namespace hotline::sim
