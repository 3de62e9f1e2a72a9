// SPDX-License-Identifier: Apache-2.0
// One work order: its state, which is nothing but its history folded; the lines of that history; and who acts. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/workorder/types.hpp"

namespace hotline::workorder {

/// What the customer said when asked whether satisfied.
enum class Answer : std::uint8_t { none, satisfied, acceptable, unsatisfied, unreached };
enum class PartState : std::uint8_t { asked, accepted, replied, released };
enum class ClockPhase : std::uint8_t { idle, running, paused, done };

/// A department's part in an order.
struct Part {
  std::string department;
  bool lead = false;
  PartState state = PartState::asked;
  TimePoint since{};
  std::string text;  ///< its reply
  AgentId handler;   ///< who accepted it; 0: nobody yet
  friend bool operator==(const Part&, const Part&) = default;
};

struct Condition {
  std::string code;
  std::string text;
  std::vector<std::string> evidence;
  TimePoint at{};
  AgentId by;
  friend bool operator==(const Condition&, const Condition&) = default;
};

struct Extension {
  std::string clock;
  Duration by{};
  std::string text;
  AgentId asked_by;
  TimePoint at{};
  friend bool operator==(const Extension&, const Extension&) = default;
};

/// Leave to end an order although the customer stays unsatisfied. About the result it was asked for, and no other.
struct Leave {
  std::string text;
  std::vector<std::string> evidence;
  AgentId asked_by;
  TimePoint asked_at{};
  AgentId approved_by;  ///< none: not decided
  std::optional<TimePoint> approved_at;
  friend bool operator==(const Leave&, const Leave&) = default;
};

/// A clock as it stands. Overdue when spent, and what has passed since while it runs, is over the limit.
struct ClockState {
  std::string clock;
  ClockPhase phase = ClockPhase::idle;
  std::string calendar;  ///< by which it counts now
  Duration spent{};      ///< open time counted up to `since`
  TimePoint since{};     ///< running: counts from here on
  Duration limit{};      ///< with what was granted
  Duration granted{};
  std::int64_t warned = 0, escalated = 0;  ///< how many of the type's warnings and escalations have been given
  std::int64_t round = 0;                  ///< how often it began
  friend bool operator==(const ClockState&, const ClockState&) = default;
};

/// What an order begins with.
struct Opening {
  WorkOrderId id;
  std::string type, title, text;
  bool urgent = false;
  AgentId owner;  ///< of the first contact; 0: it came by itself, and the first to take it over owns it
  std::optional<CustomerId> customer;
  std::optional<ContactId> contact;
  std::string person, phone;               ///< whom to tell, and where
  std::string partner, partner_reference;  ///< the outside body and its number for the matter
  std::map<std::string, std::string> fields;
  std::string state;  ///< the type's start
  friend bool operator==(const Opening&, const Opening&) = default;
};

/// One line of the history. Holds everything that follows from it: folding needs neither the type nor calendars, so an
/// old history gives the same state whatever has become of them. Members that mean nothing to the kind are empty.
struct Event {
  std::int64_t seq = 0;  ///< from 1 within the order
  TimePoint at{};
  AgentId by;           ///< 0: time, or the program
  std::string partner;  ///< acted instead of `by`
  Action kind = Action::note;
  std::string step;   ///< the type's step
  std::string state;  ///< from now on; empty: as before
  bool closed = false;
  std::string text;
  std::string lead;
  std::vector<std::string> departments;
  std::map<std::string, std::string> fields;
  std::string channel;  ///< by which the customer was told or asked
  Answer answer = Answer::none;
  bool passed = false;        ///< of inspection and arbitration
  bool asked_enough = false;  ///< not reached so often that it counts as asked
  std::string condition;
  std::vector<std::string> evidence;
  AgentId agent;
  WorkOrderId order;
  std::string clock;
  Duration duration{};
  std::int64_t number = 0;  ///< which warning or escalation of the clock, from 1
  std::string level;        ///< whom it was escalated to
  std::optional<TimePoint> until;
  std::vector<ClockState> clocks;  ///< those which changed
  std::optional<Opening> opening;
  friend bool operator==(const Event&, const Event&) = default;
};

struct Order {
  WorkOrderId id;
  std::string type, title, text;
  bool urgent = false;
  std::string state;
  bool closed = false;
  AgentId created_by, owner, offered_to;  ///< offered_to: of a hand-over which is not taken yet
  std::optional<CustomerId> customer;
  std::optional<ContactId> contact;
  std::string person, phone, partner, partner_reference;
  std::map<std::string, std::string> fields;
  TimePoint created_at{}, changed_at{};
  std::optional<TimePoint> closed_at;
  std::string lead;
  std::vector<Part> parts;
  std::string result;
  std::optional<TimePoint> result_at, told_at, asked_at;  ///< told and asked: about this result
  Answer answer = Answer::none;
  std::int64_t asks = 0;  ///< attempts since told
  std::optional<TimePoint> last_ask_at;
  std::int64_t reopened = 0, returned = 0, chased = 0, extensions = 0;
  std::int64_t unsatisfied = 0;  ///< how often the customer said so
  std::vector<Condition> conditions;
  std::optional<Extension> extension;  ///< asked for and not decided
  std::optional<Leave> leave;
  std::optional<TimePoint> waiting_since, waiting_until;
  WorkOrderId merged_into;
  std::vector<WorkOrderId> merged;  ///< into this one
  std::vector<ClockState> clocks;
  std::int64_t version = 0;  ///< seq of the last event
  friend bool operator==(const Order&, const Order&) = default;

  [[nodiscard]] const Part* part(const std::string& department) const;
  [[nodiscard]] bool co_handlers_open() const;
  [[nodiscard]] const Condition* condition(const std::string& code) const;
  [[nodiscard]] const ClockState* clock(const std::string& code) const;
  /// The service supervisor has agreed that it ends although the customer stays unsatisfied with this result.
  [[nodiscard]] bool may_end_unsatisfied() const { return leave && leave->approved_at; }
  /// There is a result the customer has not been told.
  [[nodiscard]] bool is_to_be_told() const { return !closed && result_at && !told_at; }
};

/// Folds one more line. The lines of one order in order of seq give its state.
void apply(Order& order, const Event& event);
[[nodiscard]] Order replay(const std::vector<Event>& history);

/// Who acts. Made from the session, or from a partner's key.
struct Actor {
  AgentId id;
  bool hotline = false, supervisor = false, quality = false;
  std::vector<Place> places;
  std::string partner;  ///< code of the outside body; then the rest is empty
};
[[nodiscard]] bool has_relation(const Actor& actor, const Order& order, Who who, const Departments& departments);
[[nodiscard]] bool is_one_of(const Actor& actor, const Order& order, const std::vector<Who>& who,
                             const Departments& departments);
/// Anything at all to do with it: what decides who may read it.
[[nodiscard]] bool is_involved(const Actor& actor, const Order& order, const Departments& departments);

}  // namespace hotline::workorder
