// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/status.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hotline::tmf {
namespace {

using workorder::Action;
using workorder::Order;
using workorder::Step;
using workorder::Type;

bool contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool leads_out(const Type& type, const std::string& state, Action verb) {
  return std::any_of(type.steps.begin(), type.steps.end(),
                     [&](const Step& step) { return step.verb == verb && contains(step.from, state); });
}
bool leads_in(const Type& type, const std::string& state, std::initializer_list<Action> verbs) {
  return std::any_of(type.steps.begin(), type.steps.end(), [&](const Step& step) {
    return step.to == state && std::find(verbs.begin(), verbs.end(), step.verb) != verbs.end();
  });
}

bool can_be_withdrawn(const Type& type) {
  return std::any_of(type.states.begin(), type.states.end(),
                     [&](const auto& state) { return phase_of(type, state.code) == Phase::withdrawn; });
}

bool has_reply(const Order& order) {
  return std::any_of(order.parts.begin(), order.parts.end(),
                     [](const auto& part) { return part.state == workorder::PartState::replied; });
}

const char* word(OrderKind kind, Phase phase) {
  const bool ticket = kind == OrderKind::ticket;
  switch (phase) {
    case Phase::acknowledged:
      return "acknowledged";
    case Phase::in_progress:
      return "inProgress";
    case Phase::held:
      return "held";
    case Phase::done:
      return ticket ? "resolved" : "completed";
    case Phase::ended:
      return ticket ? "closed" : "completed";
    case Phase::withdrawn:
      return ticket ? "resolved" : "cancelled";
  }
  return "inProgress";
}

/// After its result, a work order that could be taken back was taken back when no department has replied.
bool tells_by_reply(OrderKind kind, const Type& type, Phase phase) {
  return kind == OrderKind::work && (phase == Phase::done || phase == Phase::ended) && can_be_withdrawn(type);
}

struct Way {
  Transition transition;
  std::string status;
  Action verb;
};

/// Where the type's steps lead from here. Merging and parting need another order and are left out.
std::vector<Way> ways_on(OrderKind kind, const Type& type, const Order& order) {
  std::vector<Way> ways;
  for (const Step& step : type.steps) {
    if (!contains(step.from, order.state) || step.verb == Action::merge || step.verb == Action::split) continue;
    ways.push_back({{step.code, true}, word(kind, phase_of(type, step.to)), step.verb});
    if (step.verb == Action::arbitrate)
      ways.push_back({{step.code, false}, word(kind, phase_of(type, step.otherwise)), step.verb});
  }
  return ways;
}

}  // namespace

Phase phase_of(const Type& type, const std::string& state) {
  const workorder::State* found = type.state(state);
  if (found != nullptr && found->end) return Phase::ended;
  if (state == type.start) return Phase::acknowledged;
  if (leads_out(type, state, Action::arbitrate) || leads_in(type, state, {Action::merge})) return Phase::held;
  if (leads_out(type, state, Action::accept)) return Phase::acknowledged;
  if (leads_in(type, state, {Action::solve}) && !leads_in(type, state, {Action::reply})) return Phase::withdrawn;
  if (leads_in(type, state,
               {Action::reply, Action::solve, Action::tell, Action::ask, Action::inspect, Action::report_up,
                Action::assess, Action::archive}))
    return Phase::done;
  return Phase::in_progress;
}

std::string status_of(OrderKind kind, const Type& type, const Order& order) {
  if (order.waiting_since && !order.closed) return "pending";
  const Phase phase = phase_of(type, order.state);
  if (tells_by_reply(kind, type, phase) && !has_reply(order)) return "cancelled";
  return word(kind, phase);
}

const std::vector<std::string>& statuses(OrderKind kind) {
  static const std::vector<std::string> ticket{"acknowledged", "inProgress", "held", "pending", "resolved", "closed"};
  static const std::vector<std::string> work{"acknowledged", "inProgress", "held", "pending", "completed", "cancelled"};
  return kind == OrderKind::ticket ? ticket : work;
}

std::optional<std::vector<app::TmfOrderQuery::Case>> cases_of(OrderKind kind, const workorder::TypeBook& types,
                                                              const std::set<std::string>& codes,
                                                              std::string_view status) {
  if (!contains(statuses(kind), std::string(status))) return std::nullopt;
  std::vector<app::TmfOrderQuery::Case> cases;
  for (const auto& [code, type] : types) {
    if (!codes.contains(code)) continue;
    for (const workorder::State& state : type.states) {
      app::TmfOrderQuery::Case one{code, state.code, {}, {}};
      if (!state.end) one.waiting = status == "pending";
      const Phase phase = phase_of(type, state.code);
      const bool by_reply = tells_by_reply(kind, type, phase);
      if (by_reply) one.replied = status == "completed";
      if (status == "pending" ? !state.end
          : by_reply          ? status == "completed" || status == "cancelled"
                              : status == word(kind, phase)) {
        if (status == "pending") one.replied.reset();
        cases.push_back(std::move(one));
      }
    }
  }
  return cases;
}

Result<Transition, Refusal> transition_to(OrderKind kind, const Type& type, const Order& order, std::string_view wanted,
                                          bool lead) {
  const auto refuse = [](std::string message) {
    return fail(Refusal{409, "wrong_state", std::move(message), "status"});
  };
  const std::string now = status_of(kind, type, order);
  if (now == "pending") {
    if (wanted == word(kind, phase_of(type, order.state))) return Transition{"resume"};
    return refuse(fmt::format("It waits for the customer: from pending it goes back to {} alone.",
                              word(kind, phase_of(type, order.state))));
  }
  if (wanted == "pending" && !order.closed) return Transition{"wait"};
  const auto ways = ways_on(kind, type, order);
  // The first way in the type's order; of those to a department when one was named.
  const auto fits = [&](const Way& way, bool department) {
    const bool to_department = way.verb == Action::dispatch || way.verb == Action::transfer;
    return way.status == wanted && way.status != now && (to_department || !department);
  };
  auto found = ways.end();
  if (lead) found = std::find_if(ways.begin(), ways.end(), [&](const Way& way) { return fits(way, true); });
  if (found == ways.end())
    found = std::find_if(ways.begin(), ways.end(), [&](const Way& way) { return fits(way, false); });
  if (found != ways.end()) return found->transition;
  std::set<std::string> reachable;
  for (const Way& way : ways)
    if (way.status != now) reachable.insert(way.status);
  if (!order.closed) reachable.insert("pending");
  std::string list;
  for (const std::string& one : reachable) list += (list.empty() ? "" : ", ") + one;
  return refuse(fmt::format("An order of this type does not go from {} ({}) to {} in one step; it goes to: {}.", now,
                            order.state, wanted, list.empty() ? "nowhere" : list));
}

std::string step_to_department(const Type& type, const Order& order) {
  for (const Action verb : {Action::dispatch, Action::transfer, Action::move})
    for (const Step& step : type.steps)
      if (step.verb == verb && contains(step.from, order.state)) return step.code;
  return {};
}

std::string step_to_withdraw(const Type& type, const Order& order) {
  for (const Step& step : type.steps)
    if (step.verb == Action::solve && contains(step.from, order.state) && phase_of(type, step.to) == Phase::withdrawn)
      return step.code;
  return {};
}

std::string status_of(workorder::PartState state) {
  switch (state) {
    case workorder::PartState::asked:
      return "acknowledged";
    case workorder::PartState::accepted:
      return "inProgress";
    case workorder::PartState::replied:
      return "completed";
    case workorder::PartState::released:
      return "cancelled";
  }
  return "acknowledged";
}

const char* satisfaction_of(workorder::Answer answer) {
  switch (answer) {
    case workorder::Answer::satisfied:
      return "satisfied";
    case workorder::Answer::acceptable:
      return "acceptable";
    case workorder::Answer::unsatisfied:
      return "unsatisfied";
    case workorder::Answer::unreached:
      return "unreached";
    case workorder::Answer::none:
      break;
  }
  return "";
}

std::optional<workorder::Answer> satisfaction_from(std::string_view text) {
  for (const auto answer : {workorder::Answer::satisfied, workorder::Answer::acceptable, workorder::Answer::unsatisfied,
                            workorder::Answer::unreached})
    if (text == satisfaction_of(answer)) return answer;
  return std::nullopt;
}

std::string appointment_status(std::string_view state) {
  if (state == "held") return "initialized";
  if (state == "booked" || state == "on_site") return "confirmed";
  if (state == "done") return "completed";
  if (state == "missed" || state == "absent") return "failed";
  return "cancelled";
}

std::vector<std::string> appointment_states(std::string_view status) {
  std::vector<std::string> states;
  for (const char* state : {"held", "booked", "on_site", "done", "missed", "absent", "cancelled", "lapsed"})
    if (appointment_status(state) == status) states.emplace_back(state);
  return states;
}

std::string interaction_status(const app::Contact& contact) {
  if (contact.outcome != "live") return "completed";
  return contact.agent ? "inProgress" : "opened";
}

}  // namespace hotline::tmf
