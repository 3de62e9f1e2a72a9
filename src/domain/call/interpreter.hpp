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

namespace hotline::call {

/// Where one caller is. Plain data: stored with the call, so that a new core goes on at the same node.
struct FlowPosition {
  std::string flow;
  NodeName node;
  std::uint32_t no_inputs = 0, no_matches = 0;           ///< at this node so far
  std::string digits;                                    ///< collected at this node so far
  bool speaking = false;                                 ///< the node's speech has not ended
  std::optional<TimePoint> deadline;                     ///< input time-out
  std::map<std::string, std::string> variables;          ///< "language", "from", "to", what was collected
  std::vector<std::string> path;                         ///< "flow:node" visited, the last 64
  friend bool operator==(const FlowPosition&, const FlowPosition&) = default;
};

// ---- what the caller did or what ended
struct SpeechEnded {};                                   ///< played to its end, or its prompt was missing
struct DigitPressed { char digit; };
struct TimePassed {};                                    ///< now >= deadline
struct QueueRefused {};                                  ///< the queue of the current queue node would not take the call
using FlowEvent = std::variant<SpeechEnded, DigitPressed, TimePassed, QueueRefused>;

// ---- what to do
/// Play these prompt keys (with language folder, "cmn/digits/3"); replaces what plays.
struct Speak { std::vector<std::string> prompts; bool stop_on_digit = false; };
struct EnterQueue { std::string queue; int priority = 0; std::map<std::string, int> skills; std::string music; };
struct HangUpCaller {};
struct Visited { std::string flow; NodeName node; };     ///< for the contact's history
struct Chosen { std::string flow; NodeName node; std::string input; };
/// The flow cannot go on (node gone after a reload, a loop without input): app queues the caller to the default queue.
struct FlowBroken { std::string why; };
using FlowAction = std::variant<Speak, EnterQueue, HangUpCaller, Visited, Chosen, FlowBroken>;
using FlowActions = std::vector<FlowAction>;

/// Puts a caller at the start of `flow` (or at "flow:node").
[[nodiscard]] FlowActions begin(const FlowBook& book, FlowPosition& position, const std::string& flow, TimePoint now);
/// One event. A digit pressed during speech that may be interrupted counts at once; else it is dropped.
[[nodiscard]] FlowActions advance(const FlowBook& book, FlowPosition& position, const FlowEvent& event, TimePoint now);
/// After a restart or a reload: say the current node's speech again and wait for input as at its beginning.
[[nodiscard]] FlowActions re_enter(const FlowBook& book, FlowPosition& position, TimePoint now);

/// Prompt keys (without language folder) that speak a value by concatenation, e.g. cmn 1,234 -> digits/1, thousand, …
/// Rules of Mandarin (兩/二, 零, 萬/億) and English. Invalid values are spoken digit by digit, never thrown.
[[nodiscard]] std::vector<std::string> say(SayKind kind, const std::string& value, const Language& language);
/// Every key say() can produce for a language, so that the prompt maker and validate() know the word list.
[[nodiscard]] std::vector<std::string> say_vocabulary(const Language& language);

}  // namespace hotline::call
