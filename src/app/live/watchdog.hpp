// SPDX-License-Identifier: Apache-2.0
// The watchdog's comparison (docs/adr/0022): what calls and agents are according to the core, against what a voice node
// and its registrar say they have. Pure: looks and names; who repairs is live_watchdog.cpp.
//
// A node's report is true for the moment at which the node was asked, after every command before the question and
// every event before the answer. A call that anything has happened to since the question is left out: the next report
// will tell.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "app/live/entry.hpp"
#include "app/ports/voice.hpp"
#include "app/records.hpp"
#include "domain/acd/acd.hpp"
#include "domain/call/call.hpp"

namespace hotline::app {

enum class DifferenceKind : std::uint8_t {
  // by a node's report
  leg_without_call,        ///< the node has a leg that no call goes on with
  call_without_leg,        ///< the customer's leg is not there
  agent_without_leg,       ///< an agent talks, and their leg is not there
  offer_without_leg,       ///< an agent's phone is to ring, and does not
  outside_without_leg,     ///< an outside number is called or talked to, and its leg is not there
  leg_end_unheard,         ///< a leg the call has let go of is over, and its end was never told
  wrong_sound,             ///< who hears what is not what the call's state asks for
  not_recorded,            ///< the customer is on the line and the call is not recorded
  recording_without_call,  ///< a recording is down as running, and nobody records it
  phone_unknown,           ///< registered there, not known here
  phone_gone,              ///< known here, not registered there any more
  // within the core
  agent_without_phone,  ///< ready or rung, and there is no way to their phone
  agent_without_call,   ///< shown in a call or an offer that there is not
  call_without_agent,   ///< the call has an agent who is shown as if they were not in it
  wrap_up_overdue,      ///< after-call work past its time
  waiting_unknown,      ///< the call waits and the queues do not have it, or the other way round
  deadline_overdue,     ///< a call's deadline has passed and nothing has come of it
};
[[nodiscard]] const char* to_string(DifferenceKind kind);
inline constexpr int kDifferenceKinds = 17;

struct Difference {
  DifferenceKind kind{};
  CallId call{};
  LegId leg{};
  AgentId agent{};
  RecordingId recording{};
  std::string phone{};  ///< staff number
  std::string cause{};  ///< a sentence for people
  /// The same difference, seen again.
  [[nodiscard]] auto key() const { return std::tuple(kind, call, leg, agent, recording, phone); }
};

/// What a node has, and what the comparison with it needs of the core.
struct NodeCompared {
  std::string node;
  const NodeSnapshot& has;
  bool recordings_settled = true;  ///< no recording of a leg that has ended is still being written
  std::uint64_t asked_after = 0;   ///< Entry::touched of calls touched later is greater
  const std::map<CallId, Entry>& calls;
  const std::map<LegId, CallId>& legs;                 ///< of all calls
  const std::map<RecordingId, Recording>& recordings;  ///< that are down as running
  const std::map<std::string, std::string>& phones;    ///< of this node, as the core has them
  const call::FlowBook& flows;
  const call::Limits& limits;
  TimePoint now;
};
[[nodiscard]] std::vector<Difference> compare_node(const NodeCompared& sides);

/// What the core's own parts say of each other. `reachable`: there is a way to this agent's phone; `settled`: every
/// node has said which phones it has.
struct CoreCompared {
  const std::map<CallId, Entry>& calls;
  const acd::Acd& acd;
  const std::map<CallId, TimePoint>& due;  ///< calls' next deadlines as they are planned
  std::function<bool(AgentId)> reachable;
  std::function<bool(const std::string& node)> hears;
  std::uint64_t touched_before = 0;  ///< Entry::touched of calls that are being changed is greater: left out
  TimePoint now;
};
[[nodiscard]] std::vector<Difference> compare_core(const CoreCompared& sides);

}  // namespace hotline::app
