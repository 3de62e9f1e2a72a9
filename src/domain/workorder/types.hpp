// SPDX-License-Identifier: Apache-2.0
// What a work-order type is, as data (orders/*.toml): its fields, states, steps, clocks, who may do what, and what must
// be known before it is closed. The engine knows only what its steps mean (Action), not which types there are. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "domain/workorder/departments.hpp"

namespace hotline::workorder {

enum class FieldKind : std::uint8_t { text, long_text, integer, money, flag, date, choice, phone };

struct Choice {
  std::string code;
  Names name;
  friend bool operator==(const Choice&, const Choice&) = default;
};

struct Field {
  std::string code;
  Names name;
  FieldKind kind = FieldKind::text;
  bool required = false;  ///< from the start; a step may ask for others (Step::fields)
  std::int64_t least = 0,
               most = 0;  ///< characters of a text, value of a number (money: cents); most 0: as the kind has
  std::vector<Choice> choices;
  friend bool operator==(const Field&, const Field&) = default;
};

/// Who may do something: a role, or a relation to the order.
enum class Who : std::uint8_t {
  owner,               ///< of the first contact (首問負責制)
  hotline,             ///< anyone of the hotline
  supervisor,          ///< of the hotline
  quality,             ///< the hotline's quality and marketing team
  lead,                ///< anyone of the lead department
  lead_head,           ///< heads it, or a department above
  co_handler,          ///< anyone of a co-handling department
  service_supervisor,  ///< of the lead department, or above
  general_manager,
  partner,  ///< the outside body that raised it, by the API
};

/// What is done to an order: what a type's steps mean, what may be done in any open state, and what time does. Also
/// the kind of each line in an order's history.
enum class Action : std::uint8_t {
  create,
  // -- steps: a type says in which state, to which state, and by whom
  dispatch,   ///< to one lead department and any number of co-handlers
  accept,     ///< by the lead department
  reject,     ///< "not ours"
  arbitrate,  ///< passed: the rejection is right; else it stays with the department
  transfer,   ///< to another lead department
  give_back,  ///< the hotline returns a reply that does not answer
  reply,      ///< the lead department's result
  solve,      ///< the hotline's own result
  move,       ///< to the next stage, if asked with another lead department
  tell,       ///< the customer is told the result
  ask,        ///< and asked whether satisfied; unsatisfied goes back
  inspect,    ///< passed, or back
  report_up,  ///< to the management
  assess,     ///< responsibility and penalty
  archive,
  reopen,  ///< after the end: the customer is not satisfied after all
  merge,   ///< a repeat of another order
  split,   ///< not a repeat after all
  // -- in any open state
  note,
  chase,      ///< the customer or the hotline asks where it stays
  hand_over,  ///< the owner offers it to another; a supervisor hands it over at once
  take_over,  ///< the other takes it
  wait,       ///< for the customer: clocks that pause stand still
  resume,
  ask_extension,
  approve_extension,
  refuse_extension,
  ask_closing,  ///< leave to end it although the customer stays unsatisfied
  approve_closing,
  refuse_closing,
  record_condition,  ///< one of the closing conditions, with evidence
  co_reply,
  release,  ///< a co-handler is not needed any more
  add_co_handler,
  set_fields,
  attach,
  // -- by time
  warn,
  escalate,
};
[[nodiscard]] const char* to_string(FieldKind kind);
[[nodiscard]] const char* to_string(Who who);
[[nodiscard]] const char* to_string(Action action);
[[nodiscard]] std::optional<FieldKind> field_kind_from(std::string_view text);
[[nodiscard]] std::optional<Who> who_from(std::string_view text);
[[nodiscard]] std::optional<Action> action_from(std::string_view text);
/// What a type's step may mean.
[[nodiscard]] bool is_step(Action action);
/// What may be done in any open state.
[[nodiscard]] bool is_common(Action action);
/// The step has a second way out (Step::otherwise).
[[nodiscard]] bool has_otherwise(Action action);

struct State {
  std::string code;
  Names name;
  bool end = false;  ///< the order is closed; only reopen leads out of it
  friend bool operator==(const State&, const State&) = default;
};

struct Step {
  std::string code;
  Names name;
  Action verb = Action::move;
  std::vector<std::string> from;
  std::string to;
  std::string otherwise;  ///< not satisfied, not passed, rejection refused
  std::vector<Who> who;
  bool text = false;                ///< a text must be given
  bool evidence = false;            ///< something that shows it must be given
  std::vector<std::string> fields;  ///< that must be filled in by then
  friend bool operator==(const Step&, const Step&) = default;
};

/// Whom an escalation goes to, in this order.
enum class Level : std::uint8_t { department_head, service_supervisor, general_manager };
[[nodiscard]] const char* to_string(Level level);
[[nodiscard]] std::optional<Level> level_from(std::string_view text);

struct Escalation {
  Duration after{};  ///< open time past the limit
  Level to = Level::department_head;
  friend bool operator==(const Escalation&, const Escalation&) = default;
};

/// A deadline. Counts open time of its calendar while the order is in one of `runs_in`.
struct Clock {
  std::string code;
  Names name;
  std::string calendar = "round_the_clock";  ///< code, or "department": that of the lead department
  Duration limit{};
  std::string limit_field;                 ///< a choice field whose value decides the limit
  std::map<std::string, Duration> limits;  ///< by that field's value; others: `limit`
  std::vector<std::string> runs_in;        ///< states; empty: every open one
  std::vector<Action> ends_with;           ///< what stops it for good, until the order is reopened
  bool each_entry = false;                 ///< starts anew at each entry into runs_in: the clock of a step
  bool pauses = true;                      ///< stands still while waiting for the customer
  bool extensible = false;
  std::vector<Duration> warn_before;    ///< open time before the limit, falling
  std::vector<Escalation> escalations;  ///< rising
  static constexpr const char* kDepartment = "department";
  friend bool operator==(const Clock&, const Clock&) = default;
};

struct Type {
  std::string code;
  Names name;
  std::string prefix;  ///< of order numbers, one to four capital letters
  std::string start;   ///< state
  std::vector<Field> fields;
  std::vector<State> states;
  std::vector<Step> steps;
  std::vector<Clock> clocks;
  std::map<Action, std::vector<Who>> allow;  ///< of common actions; what is not there is as default_allow() has it
  std::vector<Who> create_by;                ///< empty: the hotline
  std::vector<std::string> closing;          ///< conditions to be recorded with evidence before it may end
  std::int64_t reopen_days = 30;             ///< after the end; 0: never
  std::int64_t asks_least = 3;               ///< attempts to reach the customer before "not reached" counts as asked
  Duration wait_max{7 * 86'400'000};         ///< for the customer; then it goes on by itself
  std::int64_t extensions_max = 2;
  std::int64_t unsatisfied_least = 1;  ///< answers "unsatisfied" before ask_closing; each was a whole way round
  friend bool operator==(const Type&, const Type&) = default;

  [[nodiscard]] const State* state(std::string_view state_code) const;
  [[nodiscard]] const Step* step(std::string_view step_code) const;
  [[nodiscard]] const Field* field(std::string_view field_code) const;
  [[nodiscard]] const Clock* clock(std::string_view clock_code) const;
  /// Who may do a common action.
  [[nodiscard]] const std::vector<Who>& allowed(Action action) const;
};

/// By code.
using TypeBook = std::map<std::string, Type>;

/// The five closing conditions (五不放過, requirement E4).
inline constexpr const char* kClosingConditions[] = {"cause", "solution", "improvement", "responsibility", "penalty"};

/// What is wrong with a type. `where`: "", "state", "step", "clock", "field"; `code`: of that one.
struct TypeProblem {
  std::string where, code, what, remedy;
};
/// Empty: every reference holds, every state can be reached, from every situation the order can end, and it ends only
/// with the customer told and asked.
[[nodiscard]] std::vector<TypeProblem> check(const Type& type);

}  // namespace hotline::workorder
