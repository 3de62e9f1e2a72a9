// SPDX-License-Identifier: Apache-2.0
// What must hold in every simulated world, whatever happens: looked at after every step, and the more when nothing is
// on its way. A rule that does not hold ends the run.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/core_host.hpp"
#include "sim/people.hpp"
#include "sim/routing_checks.hpp"
#include "sim/scripted_node.hpp"
#include "sim/scripted_store.hpp"

namespace hotline::sim {

class Checks {
 public:
  struct Parts {
    ScriptedNode& node;
    ScriptedStore& store;
    Link& link;
    CoreHost& core;
  };
  explicit Checks(Parts parts)
      : p_(parts), routing_(p_.node.trunks, [this](const std::string& what) { complain(what); }) {}

  /// After each input that changed something: the live state agrees with itself; an agent has at most one call or
  /// offer; every waiting call is offered when a fit agent is free.
  void after_input(const app::LiveEffects& effects, TimePoint now);
  /// Now and then: nothing waits for ever; and when nothing is on its way, node, core and store agree, and every
  /// contact is counted once: offered = answered + abandoned + refused + called back + live.
  void inspect(TimePoint now);
  /// The day is over and everyone has left: nothing is open, nobody is stuck.
  void at_the_end(TimePoint now, const std::vector<AgentHabits>& agents);
  void core_died() {
    shown_.clear();
    routing_.core_died(p_.store);
  }

  void complain(const std::string& what) {
    if (!broken_) broken_ = what;
  }
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  [[nodiscard]] std::uint64_t quiet_inspections() const { return quiet_inspections_; }

 private:
  void compare_node(const std::map<CallId, app::Entry>& calls);
  void compare_call(const app::Entry& entry);
  void count_contacts(TimePoint now);

  Parts p_;
  RoutingChecks routing_;
  std::optional<std::string> broken_;
  std::map<AgentId, std::set<CallId>> shown_;  ///< what each desk was told to show and not to take away again
  std::uint64_t quiet_inspections_ = 0;
};

}  // namespace hotline::sim
