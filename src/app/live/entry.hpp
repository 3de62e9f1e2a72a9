// SPDX-License-Identifier: Apache-2.0
// One live call with the records that grow beside it; stored whole as JSON after each step (app::LiveCall).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/agent_times.hpp"
#include "app/live/agent_day.hpp"
#include "app/records.hpp"
#include "app/tally.hpp"
#include "domain/acd/acd.hpp"
#include "domain/call/call.hpp"

namespace hotline::app {

struct Entry {
  call::Call call;
  Contact contact;
  Tally tally;
  std::map<std::string, Leg> legs;         ///< by leg id in text (a JSON object's keys are text)
  std::optional<TimePoint> closing_until;  ///< the call has ended; its last reports are waited for
  std::int64_t history_length = 0;
  AgentTimes agents;                         ///< of each agent in the call
  std::map<std::string, ContactPart> parts;  ///< by agent id in text: what each has written; figures as of the end

  std::optional<Customer> who;                      ///< not stored: looked up again after a restart
  std::optional<call::RecordOutside> outside_said;  ///< not stored: said again after a restart
  std::uint64_t touched = 0;  ///< not stored: rises with every input that concerns the call; for the watchdog
  std::string stored;         ///< what was written last, itself not stored: the same is not written twice

  [[nodiscard]] Leg* leg(LegId id) {
    const auto it = legs.find(id.to_string());
    return it == legs.end() ? nullptr : &it->second;
  }
  [[nodiscard]] bool closed() const;  ///< ended, and the end of every leg and of the recording is known
};

/// For LiveCall::state. decode() fails with a sentence when the text is not what encode() writes.
[[nodiscard]] std::string encode(const Entry& entry);
[[nodiscard]] Result<Entry, std::string> decode_entry(const std::string& text);
/// For LiveAgent::state.
struct StoredAgent {
  acd::AgentLive live;
  AgentDay day;
};
[[nodiscard]] std::string encode(const acd::AgentLive& live, const AgentDay& day);
[[nodiscard]] Result<StoredAgent, std::string> decode_agent(const std::string& text);

}  // namespace hotline::app
