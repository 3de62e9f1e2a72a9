// SPDX-License-Identifier: Apache-2.0
// Whether a type holds together: its references, and its graph. The graph is walked over all situations that matter to
// the engine's own rules (has it a lead department, a result, was the customer told, asked), so that what is proved
// here holds for every order: each state can be reached, and from each situation there is a way to the end.
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "domain/workorder/types.hpp"

namespace hotline::workorder {
namespace {

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// What the engine's rules look at.
struct Situation {
  std::string state;
  bool lead = false, result = false, told = false, asked = false, merged = false;
  friend auto operator<=>(const Situation&, const Situation&) = default;
};

/// Somebody who may do the step exists in this situation.
bool somebody_may(const Step& step, const Situation& at) {
  return std::any_of(step.who.begin(), step.who.end(), [&](Who who) {
    switch (who) {
      case Who::lead:
      case Who::lead_head:
      case Who::service_supervisor:
        return at.lead;
      case Who::co_handler:
      case Who::partner:
        return false;  // there may be none
      default:
        return true;
    }
  });
}

Situation back_in_loop(const std::string& state) {
  return {state};
}

/// The situations a step can lead to.
std::vector<Situation> after(const Type& type, const Step& step, const Situation& at) {
  if (!contains(step.from, at.state) || !somebody_may(step, at)) return {};
  Situation next = at;
  next.state = step.to;
  std::vector<Situation> out;
  switch (step.verb) {
    case Action::dispatch:
    case Action::transfer:
      next.lead = true;
      break;
    case Action::arbitrate:
      next.lead = false;
      out.push_back(at);
      out.back().state = step.otherwise;
      break;
    case Action::reply:
    case Action::solve:
      next.result = true;
      next.told = next.asked = false;
      break;
    case Action::give_back:
      if (!at.lead) return {};
      next.result = next.told = next.asked = false;
      break;
    case Action::tell:
      if (!at.result) return {};
      next.told = true;
      next.asked = false;
      break;
    case Action::ask:
      if (!at.told) return {};
      next.asked = true;
      out.push_back(back_in_loop(step.otherwise));
      break;
    case Action::inspect:
      out.push_back(back_in_loop(step.otherwise));
      break;
    case Action::reopen:
      next = back_in_loop(step.to);
      break;
    case Action::merge:
      next.lead = false;
      next.merged = true;
      next.result = next.told = next.asked = false;
      // The main order's result comes by itself, at once or later.
      out.push_back(next);
      out.back().result = true;
      break;
    case Action::split:
      next.merged = next.result = next.told = next.asked = false;
      break;
    default:
      break;
  }
  const State* state = type.state(next.state);
  if (state == nullptr || !state->end || (next.result && next.told && next.asked)) out.push_back(next);
  return out;
}

class Check {
 public:
  explicit Check(const Type& type) : type_(type) {}
  std::vector<TypeProblem> take() {
    references();
    fields();
    clocks();
    if (problems_.empty()) graph();
    return std::move(problems_);
  }

 private:
  void say(const char* where, const std::string& code, std::string what, std::string remedy) {
    problems_.push_back({where, code, std::move(what), std::move(remedy)});
  }
  void known_state(const char* where, const std::string& code, const std::string& state) {
    if (type_.state(state) == nullptr)
      say(where, code, "there is no state \"" + state + "\"", "name one of the states");
  }
  template <class List>
  void unique(const char* where, const List& list) {
    std::set<std::string> seen;
    for (const auto& one : list) {
      if (!is_code(one.code)) say(where, one.code, "\"" + one.code + "\" is no code", "use 1 to 32 of a-z, 0-9 and _");
      if (!seen.insert(one.code).second) say(where, one.code, "\"" + one.code + "\" is there twice", "rename one");
    }
  }

  void references() {
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (type_.prefix.empty() || type_.prefix.size() > 4 ||
        !std::all_of(type_.prefix.begin(), type_.prefix.end(), capital))
      say("", "", "prefix is \"" + type_.prefix + "\"", "give one to four capital letters, as in \"TS\"");
    unique("state", type_.states);
    unique("step", type_.steps);
    known_state("", "", type_.start);
    if (std::none_of(type_.states.begin(), type_.states.end(), [](const State& s) { return s.end; }))
      say("", "", "no state is an end", "give one of them end = true");
    for (const Step& step : type_.steps) references(step);
    for (const std::string& condition : type_.closing)
      if (std::none_of(std::begin(kClosingConditions), std::end(kClosingConditions),
                       [&](const char* known) { return condition == known; }))
        say("", "", "\"" + condition + "\" is no closing condition",
            "use cause, solution, improvement, responsibility, penalty");
  }

  void references(const Step& step) {
    if (step.from.empty()) say("step", step.code, "from is empty", "name the states it may be taken in");
    if (step.who.empty()) say("step", step.code, "who is empty", "say who may take it");
    if (action_from(step.code) && is_common(*action_from(step.code)))
      say("step", step.code, "\"" + step.code + "\" is what may be done in any state", "give the step another code");
    known_state("step", step.code, step.to);
    if (has_otherwise(step.verb))
      known_state("step", step.code, step.otherwise);
    else if (!step.otherwise.empty())
      say("step", step.code, "otherwise has no meaning here", "only ask, inspect and arbitrate have a second way out");
    for (const std::string& from : step.from) {
      known_state("step", step.code, from);
      const State* state = type_.state(from);
      if (state != nullptr && state->end != (step.verb == Action::reopen))
        say("step", step.code, state->end ? "it leads out of an end" : "it reopens what is open",
            "only reopen leads out of an end, and only from there");
    }
    for (const std::string* to : {&step.to, &step.otherwise}) {
      const State* state = type_.state(*to);
      const bool back = to == &step.otherwise || step.verb == Action::reopen;
      if (state != nullptr && state->end && back)
        say("step", step.code, "it goes back into an end", "name an open state");
    }
    for (const std::string& field : step.fields)
      if (type_.field(field) == nullptr)
        say("step", step.code, "there is no field \"" + field + "\"", "name one of the fields");
  }

  void fields() {
    unique("field", type_.fields);
    for (const Field& field : type_.fields) {
      if ((field.kind == FieldKind::choice) == field.choices.empty())
        say("field", field.code, field.choices.empty() ? "a choice without choices" : "choices of what is no choice",
            "give choices to fields of kind \"choice\", and to no others");
      if (field.most != 0 && field.most < field.least)
        say("field", field.code, "most is less than least", "give least <= most");
    }
  }

  void clocks() {
    unique("clock", type_.clocks);
    for (const Clock& clock : type_.clocks) {
      if (clock.limit <= Duration{}) say("clock", clock.code, "limit is missing", "give it as in \"48h\"");
      for (const std::string& state : clock.runs_in) known_state("clock", clock.code, state);
      Duration last = clock.limit;
      for (const Duration before : clock.warn_before) {
        if (before <= Duration{} || before >= last)
          say("clock", clock.code, "warn_before does not fall, or is not within the limit",
              "give times before the limit, the longest first");
        last = before;
      }
      for (std::size_t i = 0; i < clock.escalations.size(); ++i) {
        const Escalation& one = clock.escalations[i];
        if (one.after < Duration{} || (i > 0 && one.after < clock.escalations[i - 1].after))
          say("clock", clock.code, "escalations do not rise", "give times past the limit, the shortest first");
      }
      const Field* field = clock.limit_field.empty() ? nullptr : type_.field(clock.limit_field);
      if (!clock.limit_field.empty() && (field == nullptr || field->kind != FieldKind::choice))
        say("clock", clock.code, "\"" + clock.limit_field + "\" is no choice field", "name one");
      for (const auto& [value, limit] : clock.limits) {
        const bool known = field != nullptr && std::any_of(field->choices.begin(), field->choices.end(),
                                                           [&v = value](const Choice& c) { return c.code == v; });
        if (!known || limit <= Duration{})
          say("clock", clock.code, "limits has \"" + value + "\"", "name the choices of limit_field");
      }
    }
  }

  void graph() {
    std::map<Situation, std::vector<Situation>> comes_from;
    std::deque<Situation> open{{type_.start}};
    comes_from[open.front()];
    std::set<std::string> reached;
    while (!open.empty()) {
      const Situation at = open.front();
      open.pop_front();
      reached.insert(at.state);
      for (const Step& step : type_.steps)
        for (const Situation& next : after(type_, step, at)) {
          const bool is_new = !comes_from.contains(next);
          comes_from[next].push_back(at);
          if (is_new) open.push_back(next);
        }
    }
    for (const State& state : type_.states)
      if (!reached.contains(state.code))
        say("state", state.code, "no order can come into it", "add a step that leads there, or take it away");
    std::set<Situation> can_end;
    for (const auto& [at, from] : comes_from)
      if (type_.state(at.state)->end) open.push_back(at);
    while (!open.empty()) {
      const Situation at = open.front();
      open.pop_front();
      if (!can_end.insert(at).second) continue;
      for (const Situation& before : comes_from[at]) open.push_back(before);
    }
    std::set<std::string> said;
    for (const auto& [at, from] : comes_from) {
      // A repeat waits for its main order, which may end.
      if (can_end.contains(at) || (at.merged && !at.result) || !said.insert(at.state).second) continue;
      say("state", at.state,
          std::string("an order can stand here with no way to the end (") + (at.lead ? "with" : "without") +
              " a lead department, " + (at.result ? "with" : "without") + " a result, customer " +
              (at.told ? "told" : "not told") + (at.asked ? " and asked" : "") + ")",
          "give it a step for that");
    }
  }

  const Type& type_;
  std::vector<TypeProblem> problems_;
};

}  // namespace

std::vector<TypeProblem> check(const Type& type) {
  return Check(type).take();
}

}  // namespace hotline::workorder
