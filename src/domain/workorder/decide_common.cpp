// SPDX-License-Identifier: Apache-2.0
// What may be done to an order in any open state: notes, chasing, hand-over, waiting for the customer, extensions,
// closing conditions, co-handlers.
#include "domain/workorder/decide_impl.hpp"

namespace hotline::workorder {

using namespace decide_impl;

namespace {

std::optional<Refusal> missing_text(const Command& command) {
  if (!command.text.empty()) return std::nullopt;
  return Refusal{Why::missing, "text", "Give a text."};
}

/// A department that may take part, named alone.
Result<std::string, Refusal> one_department(const Context& context, const Command& command) {
  if (command.departments.size() != 1) return fail(Refusal{Why::missing, "departments", "Name one department."});
  if (context.departments.find(command.departments.front()) == nullptr)
    return fail(Refusal{Why::unknown_department, "departments", "There is no such department."});
  return command.departments.front();
}

const Part* co_handler(const Order& order, const std::string& department) {
  const Part* part = order.part(department);
  return part != nullptr && !part->lead && part->state != PartState::released ? part : nullptr;
}

std::optional<Refusal> take_co_handler(const Context& context, const Order& order, const Command& command,
                                       Event& event) {
  auto department = one_department(context, command);
  if (!department) return department.error();
  const Part* part = co_handler(order, *department);
  if (event.kind == Action::add_co_handler) {
    if (order.lead.empty()) return Refusal{Why::wrong_state, {}, "Dispatch the order first."};
    if (part != nullptr || *department == order.lead)
      return Refusal{Why::bad_value, "departments", "The department has a part in it already."};
    if (order.parts.size() >= kDepartmentsMost)
      return Refusal{Why::bad_value, "departments", "At most fifty departments handle one order."};
  } else if (part == nullptr || part->state == PartState::replied) {
    return Refusal{Why::bad_value, "departments", "The department has no open part in it."};
  }
  if (event.kind == Action::co_reply) {
    const bool theirs = std::any_of(command.by.places.begin(), command.by.places.end(),
                                    [&](const Place& place) { return place.department == *department; });
    if (!theirs) return Refusal{Why::not_allowed, "departments", "You do not work in that department."};
    if (auto refusal = missing_text(command)) return refusal;
  }
  event.departments = {*department};
  return std::nullopt;
}

std::optional<Refusal> take_extension(const Context& context, const Order& order, const Command& command,
                                      Event& event) {
  if (event.kind != Action::ask_extension) {
    if (!order.extension) return Refusal{Why::no_extension, {}, "Nobody has asked for an extension."};
    event.clock = order.extension->clock;
    event.duration = order.extension->by;
    return event.kind == Action::refuse_extension ? missing_text(command) : std::nullopt;
  }
  if (order.extension) return Refusal{Why::extension_open, {}, "An extension has been asked for already."};
  if (order.extensions >= context.type.extensions_max)
    return Refusal{Why::no_extension, {}, "It has been extended as often as it may be."};
  const Clock* clock = context.type.clock(command.clock);
  const ClockState* state = order.clock(command.clock);
  if (clock == nullptr || !clock->extensible) return Refusal{Why::bad_value, "clock", "This clock is not extended."};
  if (state == nullptr || state->phase == ClockPhase::done || state->phase == ClockPhase::idle)
    return Refusal{Why::wrong_state, "clock", "This clock does not run."};
  if (command.duration <= Duration{} || command.duration > state->limit)
    return Refusal{Why::bad_value, "duration_ms", "More than nothing, and at most the limit over again."};
  event.clock = command.clock;
  event.duration = command.duration;
  return missing_text(command);
}

/// To end an order although the customer stays unsatisfied: the whole loop was gone through, there is a result and what
/// shows that no more can be done, and somebody else than who asks answers for it.
std::optional<Refusal> take_closing(const Context& context, const Order& order, const Command& command,
                                    const Event& event) {
  if (event.kind == Action::ask_closing) {
    if (order.leave) return Refusal{Why::wrong_state, {}, "Leave has been asked for already."};
    if (!order.result_at) return Refusal{Why::no_result, {}, "There is no result yet."};
    if (order.unsatisfied < context.type.unsatisfied_least)
      return Refusal{
          Why::too_soon, {}, "The customer has to have been unsatisfied, and the order gone round again, first."};
    if (command.evidence.empty())
      return Refusal{Why::missing, "evidence", "Name what shows that no more can be done: a contact, a document."};
    return missing_text(command);
  }
  if (!order.leave || order.leave->approved_at)
    return Refusal{Why::wrong_state, {}, "Nobody waits for leave to end this order."};
  if (event.kind == Action::refuse_closing) return missing_text(command);
  if (order.leave->asked_by == command.by.id)
    return Refusal{Why::not_allowed, {}, "Somebody else than who asked for it has to approve it."};
  return std::nullopt;
}

std::optional<Refusal> take_condition(const Context& context, const Command& command, Event& event) {
  if (!contains(context.type.closing, command.condition))
    return Refusal{Why::bad_value, "condition", "No closing condition of this type."};
  if (command.evidence.empty())
    return Refusal{Why::missing, "evidence", "A closing condition needs evidence: a contact, a recording, a document."};
  event.condition = command.condition;
  return missing_text(command);
}

std::optional<Refusal> take(const Context& context, const Order& order, const Command& command, Event& event) {
  switch (event.kind) {
    case Action::note:
      return missing_text(command);
    case Action::chase:
      return std::nullopt;
    case Action::hand_over:
      if (!command.agent || command.agent == order.owner)
        return Refusal{Why::bad_value, "agent_id", "Name who is to own it."};
      // A supervisor does not ask: the owner may be away.
      if (command.by.supervisor && command.by.hotline) event.kind = Action::take_over;
      event.agent = command.agent;
      return std::nullopt;
    case Action::take_over:
      if (order.owner && order.offered_to != command.by.id)
        return Refusal{Why::not_allowed, {}, "It was not offered to you."};
      event.agent = command.by.id;
      return std::nullopt;
    case Action::wait:
      if (order.waiting_since) return Refusal{Why::waiting, {}, "It waits for the customer already."};
      event.until = event.at + context.type.wait_max;
      return missing_text(command);
    case Action::resume:
      if (!order.waiting_since) return Refusal{Why::wrong_state, {}, "It does not wait for the customer."};
      return std::nullopt;
    case Action::ask_extension:
    case Action::approve_extension:
    case Action::refuse_extension:
      return take_extension(context, order, command, event);
    case Action::ask_closing:
    case Action::approve_closing:
    case Action::refuse_closing:
      return take_closing(context, order, command, event);
    case Action::record_condition:
      return take_condition(context, command, event);
    case Action::co_reply:
    case Action::release:
    case Action::add_co_handler:
      return take_co_handler(context, order, command, event);
    case Action::set_fields:
      if (command.fields.empty()) return Refusal{Why::missing, "fields", "Name a field."};
      for (const auto& [code, value] : command.fields)
        if (value.empty() && context.type.field(code)->required)
          return Refusal{Why::missing, "fields." + code, "This field is needed."};
      event.fields = command.fields;
      return std::nullopt;
    case Action::attach:
      if (command.evidence.empty()) return Refusal{Why::missing, "evidence", "Name the attachment."};
      return std::nullopt;
    default:
      return Refusal{Why::unknown_action, "action", "There is no such action."};
  }
}

}  // namespace

namespace decide_impl {

const std::vector<Action>& common_actions() {
  static const std::vector<Action> all{Action::note,
                                       Action::chase,
                                       Action::hand_over,
                                       Action::take_over,
                                       Action::wait,
                                       Action::resume,
                                       Action::ask_extension,
                                       Action::approve_extension,
                                       Action::refuse_extension,
                                       Action::ask_closing,
                                       Action::approve_closing,
                                       Action::refuse_closing,
                                       Action::record_condition,
                                       Action::co_reply,
                                       Action::release,
                                       Action::add_co_handler,
                                       Action::set_fields,
                                       Action::attach};
  return all;
}

bool may_common(const Context& context, const Order& order, const Actor& by, Action action) {
  if (order.closed) return false;
  if (!is_one_of(by, order, context.type.allowed(action), context.departments)) return false;
  switch (action) {
    case Action::take_over:
      return !order.owner || order.offered_to == by.id;
    case Action::wait:
      return !order.waiting_since;
    case Action::resume:
      return order.waiting_since.has_value();
    case Action::ask_extension:
      return !order.extension && order.extensions < context.type.extensions_max;
    case Action::approve_extension:
    case Action::refuse_extension:
      return order.extension.has_value();
    case Action::ask_closing:
      return order.result_at && !order.leave && order.unsatisfied >= context.type.unsatisfied_least;
    case Action::approve_closing:
    case Action::refuse_closing:
      return order.leave && !order.leave->approved_at;
    case Action::record_condition:
      return !context.type.closing.empty();
    case Action::add_co_handler:
      return !order.lead.empty();
    case Action::release:
      return order.co_handlers_open();
    default:
      return true;
  }
}

Result<Event, Refusal> decide_common(const Context& context, const Order& order, const Command& command,
                                     TimePoint now) {
  const auto action = action_from(command.action);
  if (!action || !is_common(*action))
    return fail(Refusal{Why::unknown_action, "action", "There is no such action in orders of this type."});
  if (order.closed) return fail(Refusal{Why::closed, {}, "The order is closed."});
  if (!is_one_of(command.by, order, context.type.allowed(*action), context.departments))
    return fail(Refusal{Why::not_allowed, {}, "This is not yours to do."});
  Event event = line(order, command.by, *action, now);
  event.text = command.text;
  event.evidence = command.evidence;
  if (auto refusal = take(context, order, command, event)) return fail(*std::move(refusal));
  settle_clocks(context, order, event);
  return event;
}

}  // namespace decide_impl
}  // namespace hotline::workorder
