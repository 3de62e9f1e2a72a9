// SPDX-License-Identifier: Apache-2.0
// What a desk would do with an order as it stands: for the most part the next sensible thing, now and then another.
#include <algorithm>

#include "sim/orders/order_people.hpp"

namespace hotline::sim {
namespace {

using std::chrono::hours;
using workorder::Action;
using workorder::Order;
using workorder::Step;

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

const Step* OrderPeople::step_of(const View& view, Action verb) const {
  for (const Step& step : view.type.steps)
    if (step.verb == verb && contains(step.from, view.order.state)) return &step;
  return nullptr;
}

OrderPeople::Choice OrderPeople::intend(const View& view, AgentId by, const std::string& action) {
  Intent intent;
  intent.by = actor(by);
  workorder::Command& c = intent.command;
  c.action = action;
  c.text = "Done: " + action + " of " + view.order.title;
  c.evidence = {"document:report " + std::to_string(view.order.version)};
  c.channel = "phone";
  return intent;
}

/// Whose work a matter is.
std::string OrderPeople::lead_for(const Order& order, const std::string& state) {
  const auto any = [&](std::initializer_list<const char*> list) {
    return std::string(*(list.begin() + chance_.below(list.size())));
  };
  std::string lead;
  if (state == "number_assignment" || state == "pair_assignment") lead = "line";
  if (state == "switch_provisioning") lead = "switch";
  if (state == "measurement") lead = "repair_city";
  if (state == "outside_plant") lead = "outside_plant";
  if (order.type == "fault_report")
    lead = any({"repair_city", "repair_city", "repair_north", "repair_county", "outside_plant", "switch"});
  if (lead.empty()) lead = any({"billing", "market", "network", "knowledge", "outside_plant", "repair_city"});
  return lead;
}

OrderPeople::Choice OrderPeople::choose(View view) {
  if (!p_.core.runs() || view.order.closed) return std::nullopt;
  switch (view.desk.role) {
    case Role::hotline:
      return choose_hotline(view);
    case Role::supervisors:
      return choose_supervisors(view);
    case Role::quality:
      return choose_quality(view);
    case Role::department:
      return choose_department(view);
  }
  return std::nullopt;
}

/// What must be known, or released, before a step that ends the order.
OrderPeople::Choice OrderPeople::missing_for(const View& view, const Step& step, AgentId by) {
  const workorder::State* to = view.type.state(step.to);
  if (to == nullptr || !to->end) return std::nullopt;
  if (!view.order.merged_into)
    for (const std::string& condition : view.type.closing)
      if (view.order.condition(condition) == nullptr) {
        auto intent = intend(view, by, "record_condition");
        intent->command.condition = condition;
        return intent;
      }
  for (const workorder::Part& part : view.order.parts)
    if (!part.lead && part.state != workorder::PartState::replied && part.state != workorder::PartState::released) {
      auto intent = intend(view, by, "release");
      intent->command.departments = {part.department};
      return intent;
    }
  return std::nullopt;
}

OrderPeople::Choice OrderPeople::choose_hotline(View view) {
  const Order& order = view.order;
  const OrderHabits& habits = p_.script.habits;
  if (!order.owner) return intend(view, agents_[chance_.below(agents_.size())], "take_over");
  if (order.offered_to) return intend(view, order.offered_to, "take_over");
  const AgentId owner = order.owner;
  if (order.waiting_since) {
    if (!chance_.chance(0.5)) return std::nullopt;
    return intend(view, owner, "resume");
  }
  if (chance_.chance(habits.noted)) return intend(view, owner, "note");
  if (chance_.chance(habits.handed_over)) {
    auto intent = intend(view, owner, "hand_over");
    intent->command.agent = agents_[chance_.below(agents_.size())];
    return intent;
  }
  if (order.result_at || order.state == "testing") return choose_result(view);
  const Step* dispatch = step_of(view, Action::dispatch);
  if (dispatch == nullptr) return std::nullopt;  // it is with a department, or waits for its main order
  if (const auto repeat = repeat_of_.find(order.id); repeat != repeat_of_.end()) {
    const WorkOrderId main = repeat->second;
    repeat_of_.erase(repeat);
    const Order* target = p_.checks.order(main);
    if (target != nullptr && !target->closed && !target->merged_into && step_of(view, Action::merge) != nullptr) {
      auto intent = intend(view, owner, "merge");
      intent->target = main;
      return intent;
    }
  }
  if (chance_.chance(habits.waits_for_customer) && order.reopened == 0) return intend(view, owner, "wait");
  if (order.type == "fault_report" && !order.fields.contains("verdict") && chance_.chance(habits.tested_first))
    return intend(view, owner, "test");
  if (const Step* solve = step_of(view, Action::solve))
    if (chance_.chance(order.type == "product_order" ? habits.withdrawn : habits.solved_at_once))
      return intend(view, owner, solve->code);
  // A matter of the switch alone goes there at once.
  const auto kind = order.fields.find("kind");
  const bool switch_alone = kind != order.fields.end() &&
                            (kind->second == "services" || kind->second == "suspend" || kind->second == "resume");
  if (order.type == "product_order" && switch_alone) dispatch = view.type.step("to_switch");
  auto intent = intend(view, owner, dispatch->code);
  intent->command.lead = lead_for(order, dispatch->to);
  if (chance_.chance(habits.co_handled)) {
    const std::string co = lead_for(order, {});
    if (co != intent->command.lead) intent->command.departments = {co};
  }
  return intent;
}

/// There is a result, or the line is being tested.
OrderPeople::Choice OrderPeople::choose_result(View view) {
  const Order& order = view.order;
  const OrderHabits& habits = p_.script.habits;
  if (order.state == "testing") {
    auto intent = intend(view, order.owner, "test_done");
    intent->command.fields["verdict"] = chance_.chance(0.5) ? "open" : "good";
    return intent;
  }
  if (step_of(view, Action::tell) != nullptr) {
    const Step* back = step_of(view, Action::give_back);
    if (back != nullptr && !order.lead.empty() && order.returned < 2 && chance_.chance(habits.given_back))
      return intend(view, order.owner, back->code);
    return intend(view, order.owner, "tell");
  }
  if (const Step* ask = step_of(view, Action::ask)) {
    if (auto missing = missing_for(view, *ask, order.owner)) return missing;
    auto intent = intend(view, order.owner, "ask");
    intent->command.answer = chance_.chance(habits.unreached)                           ? workorder::Answer::unreached
                             : order.reopened < 3 && chance_.chance(habits.unsatisfied) ? workorder::Answer::unsatisfied
                             : chance_.chance(0.1)                                      ? workorder::Answer::acceptable
                                                                                        : workorder::Answer::satisfied;
    return intent;
  }
  if (const Step* archive = step_of(view, Action::archive)) {
    if (auto missing = missing_for(view, *archive, order.owner)) return missing;
    return intend(view, order.owner, archive->code);
  }
  return std::nullopt;
}

OrderPeople::Choice OrderPeople::choose_supervisors(View view) {
  const Order& order = view.order;
  const AgentId one = view.desk.members[chance_.below(view.desk.members.size())];
  if (order.extension) return intend(view, one, chance_.chance(0.7) ? "approve_extension" : "refuse_extension");
  if (!order.owner) {
    auto intent = intend(view, one, "hand_over");
    intent->command.agent = agents_[chance_.below(agents_.size())];
    return intent;
  }
  if (order.waiting_since) return std::nullopt;
  if (step_of(view, Action::arbitrate) != nullptr) {
    auto intent = intend(view, one, "arbitrate");
    intent->command.passed = chance_.chance(0.5);
    return intent;
  }
  for (const workorder::Part& part : order.parts)
    if (!part.lead && part.state == workorder::PartState::asked && p_.time.now() - part.since > hours{72}) {
      auto intent = intend(view, one, "release");
      intent->command.departments = {part.department};
      return intent;
    }
  return std::nullopt;
}

OrderPeople::Choice OrderPeople::choose_quality(View view) {
  if (view.order.waiting_since) return std::nullopt;
  const AgentId one = view.desk.members[chance_.below(view.desk.members.size())];
  if (step_of(view, Action::inspect) != nullptr) {
    auto intent = intend(view, one, "inspect");
    intent->command.passed = view.order.reopened >= 3 || !chance_.chance(p_.script.habits.not_passed);
    return intent;
  }
  for (const Action verb : {Action::report_up, Action::assess, Action::archive})
    if (const Step* step = step_of(view, verb)) {
      if (auto missing = missing_for(view, *step, one)) return missing;
      return intend(view, one, step->code);
    }
  return std::nullopt;
}

OrderPeople::Choice OrderPeople::choose_department(View view) {
  const Order& order = view.order;
  const OrderHabits& habits = p_.script.habits;
  const std::string& here = view.desk.department;
  if (order.waiting_since || view.desk.members.empty()) return std::nullopt;
  const AgentId one = view.desk.members[chance_.below(view.desk.members.size())];
  const workorder::Part* part = order.part(here);
  if (part == nullptr) return std::nullopt;
  if (!part->lead) {
    if (part->state != workorder::PartState::asked && part->state != workorder::PartState::accepted)
      return std::nullopt;
    auto intent = intend(view, one, "co_reply");
    intent->command.departments = {here};
    return intent;
  }
  if (const Step* accept = step_of(view, Action::accept)) {
    if (step_of(view, Action::reject) != nullptr && chance_.chance(habits.rejected)) return intend(view, one, "reject");
    if (view.desk.head && chance_.chance(habits.transferred)) {
      auto intent = intend(view, view.desk.head, "transfer");
      intent->command.lead = lead_for(order, {});
      if (intent->command.lead != here) return intent;
    }
    return intend(view, one, accept->code);
  }
  return choose_handling(view);
}

OrderPeople::Choice OrderPeople::choose_handling(View view) {
  const Order& order = view.order;
  const OrderHabits& habits = p_.script.habits;
  const AgentId one = view.desk.members[chance_.below(view.desk.members.size())];
  if (chance_.chance(habits.extension_asked) && !order.extension && order.extensions < view.type.extensions_max)
    for (const workorder::Clock& clock : view.type.clocks) {
      const workorder::ClockState* state = order.clock(clock.code);
      if (!clock.extensible || state == nullptr || state->phase != workorder::ClockPhase::running) continue;
      auto intent = intend(view, one, "ask_extension");
      intent->command.clock = clock.code;
      intent->command.duration = clock.limit / 2;
      return intent;
    }
  if (chance_.chance(habits.waits_for_customer)) return intend(view, one, "wait");
  if (chance_.chance(habits.noted)) return intend(view, one, "note");
  // The stages of a product order; the last one, or the only one, completes it.
  const Step* move = step_of(view, Action::move);
  const Step* reply = step_of(view, Action::reply);
  const auto kind = order.fields.find("kind");
  const bool switch_alone = kind != order.fields.end() &&
                            (kind->second == "services" || kind->second == "suspend" || kind->second == "resume");
  if (reply != nullptr && (move == nullptr || switch_alone)) {
    if (order.co_handlers_open()) return std::nullopt;  // they are told, or released
    return intend(view, one, reply->code);
  }
  if (move == nullptr) return std::nullopt;
  auto intent = intend(view, one, move->code);
  intent->command.lead = lead_for(order, move->to);
  return intent;
}

}  // namespace hotline::sim
