// SPDX-License-Identifier: Apache-2.0
// What a simulated world is made of: queues, flows, staff and their habits, callers and theirs. A seed gives a small
// busy hotline in which everything can happen; nothing here happens by itself.
#pragma once

#include <string>
#include <vector>

#include "app/live/live.hpp"

namespace hotline::sim {

/// Chances are of one occasion, times are means.
struct AgentHabits {
  AgentId id;
  bool browser = true;
  double answers = 0.9, rejects = 0.05;  ///< of offers; the rest ring out
  Duration reaction{3'000}, wrap_up{15'000}, acts_every{25'000}, pause_every{900'000}, pause{60'000};
  double lets_wrap_up_expire = 0.15;
  Duration signs_in{0}, signs_out{0};  ///< of the day; signs_out 0: stays
};

struct CallerHabits {
  Duration patience{90'000}, handling{60'000};
  double handling_variation = 0.8;
  double presses = 0.75, presses_waiting = 0, calls_again = 0.5, by_web = 0.15;
  std::vector<std::string> numbers;  ///< dialled, each as often
};

struct WorldScript {
  std::uint64_t seed = 0;
  app::World world;
  std::shared_ptr<const call::FlowBook> flows;
  app::LiveConfig live;
  Duration day{1'800'000};                  ///< calls come for this long
  Duration interval{300'000};               ///< of the rates
  std::vector<double> arrivals_per_minute;  ///< in each interval
  CallerHabits callers;
  std::vector<AgentHabits> agents;
  std::int64_t trunks = 0;                                    ///< channels the voice node tells of; 0: of none
  Duration web_call_back_every{0}, routing_changes_every{0};  ///< means; 0: never
};

[[nodiscard]] WorldScript small_hotline(std::uint64_t seed);

/// What may go wrong in a run.
struct FaultKinds {
  bool link = false;    ///< messages lost (with their stream), late, doubled
  bool agents = false;  ///< vanish with desk and phone
  bool node = false;    ///< kill -9 of the voice node
  bool core = false;    ///< kill -9 of the core
  bool store = false;   ///< commits that take up to half a minute
  bool clock = false;   ///< clocks of core and node are set forward and back
  [[nodiscard]] bool any() const { return link || agents || node || core || store || clock; }
};
/// "all", "none", or kinds separated by commas. Fails with what would be right.
[[nodiscard]] Result<FaultKinds, std::string> fault_kinds_from(const std::string& text);

}  // namespace hotline::sim
