// SPDX-License-Identifier: Apache-2.0
// Each agent's own times in a contact, computed from its history alone, as tally.hpp does the contact's: whoever talks
// to the customer, alone or in a conference, talks; consulted and consulting agents consult. Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "app/records.hpp"
#include "base/time.hpp"

namespace hotline::app {

struct AgentTimes {
  struct Share {
    AgentId agent;
    Duration talk{}, hold{};  ///< hold: the customer waits for this agent, who may consult meanwhile
    Duration consult{};
    std::optional<TimePoint> talking_since, held_since, consulting_since;
    friend bool operator==(const Share&, const Share&) = default;
  };
  std::vector<Share> shares;  ///< in the order in which they came; the first is the contact's owner
  std::optional<AgentId> agent, consulted;
  bool conference = false;
  friend bool operator==(const AgentTimes&, const AgentTimes&) = default;

  /// Takes one event, in the order of the history. `who`: its agent, when it names one.
  void add(std::string_view type, std::optional<AgentId> who, TimePoint at);
  [[nodiscard]] const Share* share(AgentId of) const;

 private:
  Share* find(std::optional<AgentId> who);
  Share* of(std::optional<AgentId> who);  ///< a new one when they have none; null when nobody is named
  void nobody_consults(TimePoint at);
};

/// The agent an event names in its data (JSON); none when it names none.
[[nodiscard]] std::optional<AgentId> agent_of(const ContactEvent& event);
[[nodiscard]] AgentTimes agent_times_of(const std::vector<ContactEvent>& history);

}  // namespace hotline::app
