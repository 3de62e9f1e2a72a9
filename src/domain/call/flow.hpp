// SPDX-License-Identifier: Apache-2.0
// An IVR flow as data (requirement A2): named nodes, each saying what the caller hears and where to go next.
// Pure values; read from files by adapters/flows, checked by validate(), run by Interpreter.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/file_problem.hpp"
#include "base/time.hpp"

namespace hotline::call {

/// Spoken languages have their prompt folder's name: "cmn" (Mandarin), "en".
using Language = std::string;

enum class SayKind : std::uint8_t { number, money, date, digits, phone };  ///< phone: digits, 1 is 幺 (yāo) in Mandarin

/// One thing a caller hears: a prompt key without language ("welcome" -> "cmn/welcome"), or a value spoken from words.
struct SpeechPrompt {
  std::string key;
  Language language = {};
};  ///< language empty: the caller's
struct SpeechSay {
  SayKind kind = SayKind::number;
  std::string value;
};  ///< may hold ${variable}; money in cents, date YYYY-MM-DD
using SpeechItem = std::variant<SpeechPrompt, SpeechSay>;
using Speech = std::vector<SpeechItem>;

/// "other_flow:node" leads into another flow of the same book, "other_flow:" to its start.
using NodeName = std::string;

/// What happens when the caller says nothing or something else: `speech` is heard and the node asks again, until it has
/// asked `attempts` times in all; then `next`.
struct InputHandling {
  std::uint32_t attempts = 3;
  Speech speech;
  NodeName next;
};

/// With barge_in a digit ends the speech, and counts as the first answer to the menu or collect node that follows.
struct PlayNode {
  Speech speech;
  bool barge_in = false;
  NodeName next;
};
struct MenuNode {
  Speech speech;
  std::map<char, NodeName> choices;  ///< '0'-'9', '*', '#'
  Duration timeout{5'000};           ///< after the speech
  InputHandling no_input, no_match;
};
/// Collects digits; the speech may be interrupted. "*" (unless it is the terminator) forgets what was pressed so far.
struct CollectNode {
  Speech speech;
  std::string variable;
  std::uint32_t digits_min = 1, digits_max = 1;
  char terminator = '#';
  Duration timeout{8'000}, digit_timeout{4'000};  ///< to the first digit; between digits
  InputHandling no_input, no_match;               ///< no_match: too few digits
  NodeName next;
};
struct SayNode {
  SayKind kind = SayKind::number;
  std::string value;
  NodeName next;
};
struct BranchNode {
  std::string value;
  std::map<std::string, NodeName> cases;
  NodeName otherwise;
};
struct HoursNode {
  std::string calendar;
  NodeName open, closed;
};
struct SetNode {
  std::map<std::string, std::string> values;
  NodeName next;
};  ///< variable "language" changes the prompts
struct QueueNode {
  std::string queue;  ///< code; may hold ${variable}
  int priority = 0;
  std::map<std::string, int> skills{};  ///< code -> least level
  std::map<Language, std::map<std::string, int>>
      skills_by_language{};          ///< asked for besides, of callers in that language
  std::string music = "music/hold";  ///< prompt key without language folder
  NodeName refused;                  ///< queue full or unknown: go on here
};
struct HangUpNode {
  Speech speech;
};

using NodeKind =
    std::variant<PlayNode, MenuNode, CollectNode, SayNode, BranchNode, HoursNode, SetNode, QueueNode, HangUpNode>;

struct Node {
  NodeName name;
  NodeKind kind;
  std::uint32_t line = 0;
};  ///< line in its file, for messages

struct Flow {
  std::string name;
  std::string file;  ///< for messages
  NodeName start;
  std::map<NodeName, Node> nodes;
};

/// Opening hours by weekday (0 Monday … 6 Sunday), local minutes of the day; closed dates "YYYY-MM-DD".
struct Calendar {
  std::string name;
  std::map<int, std::vector<std::pair<int, int>>> hours;
  std::vector<std::string> closed;
};

/// All flows that run together; shared and immutable, so that a reload does not touch callers inside an old one's step.
struct FlowBook {
  std::map<std::string, Flow> flows;
  std::map<std::string, Calendar> calendars;
  std::chrono::minutes utc_offset{480};  ///< local time of the calendars
  Language default_language{"cmn"};      ///< until the variable "language" is set
};

/// Where a node name leads, seen from a flow; both null when nowhere.
struct NodeTarget {
  const Flow* flow = nullptr;
  const Node* node = nullptr;
};
[[nodiscard]] NodeTarget find_node(const FlowBook& book, const std::string& from_flow, const NodeName& name);
/// Whether local time `now` + utc_offset lies in the calendar's hours.
[[nodiscard]] bool is_open(const Calendar& calendar, std::chrono::minutes utc_offset, TimePoint now);

using FlowProblem = FileProblem;

/// What the outside knows, so that names in flows can be checked.
struct FlowContext {
  std::vector<std::string> queues, skills;  ///< codes; empty: not checked
  std::vector<std::string> prompts;         ///< "cmn/welcome", …; empty: not checked
  std::vector<Language> languages{"cmn", "en"};
  std::vector<std::string> variables{"language", "from", "to"};  ///< set from outside before a flow begins
};

/// Everything wrong with a book: unknown nodes, unreachable nodes, missing handling, limits, variables nobody sets,
/// prompts missing in a language, loops which never let the caller speak or which a silent caller never leaves. Empty
/// when it may run. Sorted by file and line.
[[nodiscard]] std::vector<FlowProblem> validate(const FlowBook& book, const FlowContext& context);

}  // namespace hotline::call
