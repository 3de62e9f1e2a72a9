// SPDX-License-Identifier: Apache-2.0
// The engine of work orders: (state, command, now) -> history. Pure: no clock, thread, store, random source. Everything
// that follows from a command is in its events; the caller stores them under the version the order had, and tells the
// people named by notices_of() after the commit.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/workorder/calendar.hpp"
#include "domain/workorder/order.hpp"

namespace hotline::workorder {

/// What a decision looks at besides the order. Borrowed for the length of the call.
struct Context {
  const Type& type;
  const Departments& departments;
  const Calendars& calendars;
};

/// The other order of a merge, as it is stored.
struct MergeTarget {
  WorkOrderId id;
  std::string type;
  bool closed = false, merged = false;
  std::string result;  ///< empty: none yet
};

/// What somebody wants done. `action` is a step's code of the type, or the name of a common action. Members that the
/// action does not use must be empty where that would hide a mistake (departments), and are ignored elsewhere.
struct Command {
  Actor by;
  std::string action;
  std::string text;
  std::string lead;                      ///< dispatch, transfer, move
  std::vector<std::string> departments;  ///< co-handlers; one for add_co_handler, release, co_reply
  std::map<std::string, std::string> fields;
  std::string channel;  ///< tell, ask: phone, sms, mail, letter, visit, web, partner
  Answer answer = Answer::none;
  bool passed = true;  ///< inspect, arbitrate
  std::string condition;
  std::vector<std::string> evidence;  ///< "contact:ID", "recording:ID", "attachment:ID", "document:TEXT"
  AgentId agent;                      ///< hand_over
  std::string clock;                  ///< ask_extension
  Duration duration{};
  std::optional<MergeTarget> target;  ///< merge
};

enum class Why : std::uint8_t {
  unknown_action,
  not_allowed,
  wrong_state,
  closed,
  waiting,  ///< for the customer: resume first
  missing,  ///< a field, a text, evidence
  bad_value,
  unknown_department,
  no_result,
  not_told,
  not_asked,
  not_satisfied,
  conditions_open,
  co_handlers_open,
  too_soon,
  too_late,
  no_extension,
  extension_open,
};
[[nodiscard]] const char* to_string(Why why);

struct Refusal {
  Why why = Why::bad_value;
  std::string field;  ///< of the command; may be empty
  std::string message;
};

/// Limits of what a command may carry.
inline constexpr std::size_t kTextMost = 8'000, kTitleMost = 200, kEvidenceMost = 50, kDepartmentsMost = 50;
/// Two attempts to reach the customer closer together than this are one.
inline constexpr Duration kAskAgainAfter{3'600'000};

[[nodiscard]] Result<Event, Refusal> create(const Context& context, const Opening& opening, const Actor& by,
                                            TimePoint now);
/// What was due by `now` and had not been said yet comes first, so that no answer overtakes its own escalation.
[[nodiscard]] Result<std::vector<Event>, Refusal> decide(const Context& context, const Order& order,
                                                         const Command& command, TimePoint now);
/// The line in the main order's history when `repeat` was merged into it.
[[nodiscard]] Event absorb(const Context& context, const Order& main, WorkOrderId repeat, AgentId by, TimePoint now);
/// A merged order gets this result of the main order: unless its customer was asked about an earlier one already.
[[nodiscard]] bool follows(const Order& repeat, const Order& main);
/// The line with which it does. One that was told an earlier result goes back to where it is told the new one.
[[nodiscard]] Event follow(const Context& context, const Order& repeat, const Order& main, TimePoint now);

/// What has come due, in order: warnings, escalations, the end of waiting. Empty: nothing. Every one of them comes
/// once, because the clocks in the events say what was given.
[[nodiscard]] std::vector<Event> tick(const Context& context, const Order& order, TimePoint now);
/// When tick() has something to say next.
[[nodiscard]] std::optional<TimePoint> next_due(const Context& context, const Order& order);
/// The earliest limit of a running clock: what "due" means on screens. nullopt: none runs.
[[nodiscard]] std::optional<TimePoint> limit_at(const Context& context, const Order& order);
/// When this clock reaches its limit; nullopt unless it runs.
[[nodiscard]] std::optional<TimePoint> limit_at(const Context& context, const ClockState& clock);
/// Open time counted up to `now`.
[[nodiscard]] Duration spent_by(const Context& context, const ClockState& clock, TimePoint now);

/// What `by` may do now: codes of steps, then common actions. A decision may still refuse for what is missing.
[[nodiscard]] std::vector<std::string> open_actions(const Context& context, const Order& order, const Actor& by);

/// Who is to be told of an event, after it was committed.
struct Notice {
  std::string to;    ///< agent:ID, department:CODE, supervisors, partner:CODE
  std::string kind;  ///< the action's word
  friend bool operator==(const Notice&, const Notice&) = default;
};
[[nodiscard]] std::vector<Notice> notices_of(const Context& context, const Order& after, const Event& event);

/// Writes into `event` the clocks that it starts, stops and resets. For the engine's own files.
void settle_clocks(const Context& context, const Order& before, Event& event);
/// Why a value is none of this field's; empty: it is one. Empty values are for the caller to judge.
[[nodiscard]] std::string wrong_value(const Field& field, const std::string& value);

}  // namespace hotline::workorder
