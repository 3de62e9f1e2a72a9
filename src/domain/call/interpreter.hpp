// SPDX-License-Identifier: Apache-2.0
// Runs IVR flows: (position in the flow, event, now) -> what the caller hears next. Pure; on the core's live strand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "domain/call/flow.hpp"
#include "domain/call/say.hpp"

namespace hotline::call {

/// Where one caller is. Plain data: stored with the call, so that a new core goes on at the same node. An empty `node`
/// means that the flow has ended (HangUpCaller, FlowBroken): further events do nothing.
struct FlowPosition {
  std::string flow;
  NodeName node;
  std::uint32_t no_inputs = 0, no_matches = 0;   ///< at this node so far
  std::string digits;                            ///< collected at this node so far
  bool speaking = false;                         ///< the node's speech has not ended
  std::optional<TimePoint> deadline;             ///< input time-out
  std::map<std::string, std::string> variables;  ///< "language", "from", "to", what was collected
  std::vector<std::string> path;                 ///< "flow:node" visited, the last 64
  friend bool operator==(const FlowPosition&, const FlowPosition&) = default;
};

// ---- what the caller did or what ended
/// Played to its end, or its prompt was missing; of the last Speak only: the ends of replaced ones are not reported.
struct SpeechEnded {};
struct DigitPressed {
  char digit;
};
struct TimePassed {};    ///< now >= deadline
struct QueueRefused {};  ///< the queue of the current queue node would not take the call
using FlowEvent = std::variant<SpeechEnded, DigitPressed, TimePassed, QueueRefused>;

// ---- what to do
/// Play these prompt keys (with language folder, "cmn/digits/3"); replaces what plays.
struct Speak {
  std::vector<std::string> prompts;
  bool stop_on_digit = false;
};
struct EnterQueue {
  std::string queue;
  int priority = 0;
  std::map<std::string, int> skills;
  std::string music;
};
struct HangUpCaller {};
struct Visited {
  std::string flow;
  NodeName node;
};  ///< for the contact's history
struct Chosen {
  std::string flow;
  NodeName node;
  std::string input;
};
/// The flow cannot go on (node gone after a reload, a loop without input): app queues the caller to the default queue.
struct FlowBroken {
  std::string why;
};
using FlowAction = std::variant<Speak, EnterQueue, HangUpCaller, Visited, Chosen, FlowBroken>;
using FlowActions = std::vector<FlowAction>;

/// At most this many nodes are passed in one event; more is a loop without input (FlowBroken).
inline constexpr std::size_t kNodesPerEventMax = 100;

/// The language of the caller's prompts.
[[nodiscard]] const Language& language_of(const FlowBook& book, const FlowPosition& position);

/// Puts a caller at the start of `flow` (or at "flow:node"). Keeps the variables, forgets the rest of the position.
/// At most one Speak, EnterQueue, HangUpCaller or FlowBroken in one answer, and it is the last action.
[[nodiscard]] FlowActions begin(const FlowBook& book, FlowPosition& position, const std::string& flow, TimePoint now);
/// One event. A digit pressed during speech that may be interrupted counts at once; else it is dropped.
[[nodiscard]] FlowActions advance(const FlowBook& book, FlowPosition& position, const FlowEvent& event, TimePoint now);
/// After a restart or a reload: say the current node's speech again and wait for input as at its beginning (a queue
/// node: EnterQueue again). The counts of failed inputs stay.
[[nodiscard]] FlowActions re_enter(const FlowBook& book, FlowPosition& position, TimePoint now);

}  // namespace hotline::call
