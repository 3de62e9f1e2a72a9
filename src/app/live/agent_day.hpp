// SPDX-License-Identifier: Apache-2.0
// What an agent did since midnight, counted from the changes of their state: for the wallboard's teams and agents, and
// for occupancy. Stored beside the agent's state, so that a new core goes on counting. Pure.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "base/time.hpp"
#include "domain/acd/types.hpp"

namespace hotline::app {

struct AgentDay {
  std::int64_t day = 0;                                ///< number of the local day
  TimePoint since{};                                   ///< counted up to here
  std::string state = "signed_out";                    ///< since then
  std::string queue;                                   ///< code, of the call or wrap-up; "" direct
  std::map<std::string, std::int64_t> ms;              ///< by state
  std::int64_t offered = 0, answered = 0, missed = 0;  ///< missed: rung and not taken
  std::map<std::string, std::int64_t> wrap_up_ms;      ///< by queue

  /// The agent's state is `now_in` from `at` on.
  void change(const acd::AgentLive& now_in, const std::string& queue_code, TimePoint at, std::int64_t day_number,
              TimePoint midnight);
  /// The same day up to `at`, as it would be stored then.
  [[nodiscard]] AgentDay until(TimePoint at, std::int64_t day_number, TimePoint midnight) const;
  [[nodiscard]] std::int64_t in(acd::AgentState state) const;
  friend bool operator==(const AgentDay&, const AgentDay&) = default;

 private:
  void count(TimePoint at, std::int64_t day_number, TimePoint midnight);
};
BOOST_DESCRIBE_STRUCT(AgentDay, (), (day, since, state, queue, ms, offered, answered, missed, wrap_up_ms))

/// Sums over agents: a team, a queue, everyone.
struct StaffFigures {
  std::int64_t offered = 0, answered = 0, missed = 0;
  std::int64_t occupied_ms = 0;   ///< in calls and after-call work
  std::int64_t available_ms = 0;  ///< occupied, ready or being rung
  void add(const AgentDay& day);
  /// 0 to 1; nothing while nobody was available.
  [[nodiscard]] double occupancy() const {
    return available_ms == 0 ? 0 : static_cast<double>(occupied_ms) / static_cast<double>(available_ms);
  }
};

}  // namespace hotline::app
