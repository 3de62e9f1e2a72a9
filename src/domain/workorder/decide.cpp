// SPDX-License-Identifier: Apache-2.0
// What commands lead to: creation, the steps of a type, and the checks that hold for every type.
#include "base/planted.hpp"
#include "domain/workorder/decide_impl.hpp"

namespace hotline::workorder {

using namespace decide_impl;

namespace {

std::optional<Refusal> check_fields(const Type& type, const std::map<std::string, std::string>& fields) {
  for (const auto& [code, value] : fields) {
    const Field* field = type.field(code);
    if (field == nullptr) return Refusal{Why::bad_value, "fields." + code, "This type of order has no such field."};
    if (value.empty()) continue;
    if (auto wrong = wrong_value(*field, value); !wrong.empty())
      return Refusal{Why::bad_value, "fields." + code, std::move(wrong)};
  }
  return std::nullopt;
}

bool is_filled(const Order& order, const Command& command, const std::string& code) {
  if (const auto given = command.fields.find(code); given != command.fields.end()) return !given->second.empty();
  const auto had = order.fields.find(code);
  return had != order.fields.end() && !had->second.empty();
}

std::optional<Refusal> check_step(const Context& context, const Order& order, const Command& command,
                                  const Step& step) {
  if (!is_one_of(command.by, order, step.who, context.departments))
    return Refusal{Why::not_allowed, {}, "This step is not yours to do."};
  if (!contains(step.from, order.state))
    return order.closed ? Refusal{Why::closed, {}, "The order is closed."}
                        : Refusal{Why::wrong_state, {}, "This step does not follow from where the order stands."};
  if (order.waiting_since) return Refusal{Why::waiting, {}, "The order waits for the customer; resume it first."};
  if (step.text && command.text.empty()) return Refusal{Why::missing, "text", "Say what was done."};
  if (step.evidence && command.evidence.empty())
    return Refusal{Why::missing, "evidence", "Name what shows it: a contact, a recording, an attachment, a document."};
  for (const std::string& field : step.fields)
    if (!is_filled(order, command, field)) return Refusal{Why::missing, "fields." + field, "Fill this in first."};
  return std::nullopt;
}

/// Whoever leaves the loop has been told, and asked; and what the type wants to know is known.
std::optional<Refusal> check_end(const Type& type, const Order& after) {
  if (!after.result_at) return Refusal{Why::no_result, {}, "There is no result yet."};
  if (!after.told_at) return Refusal{Why::not_told, {}, "The customer has not been told the result."};
  if (!after.asked_at) return Refusal{Why::not_asked, {}, "The customer has not been asked whether satisfied."};
  if (after.answer == Answer::unsatisfied && !after.may_end_unsatisfied())
    return Refusal{Why::not_satisfied, {}, "The customer is not satisfied."};
  if (after.co_handlers_open())
    return Refusal{Why::co_handlers_open, {}, "A co-handling department has not replied; release it or wait."};
  if (after.merged_into) return std::nullopt;  // the conditions stand in the main order
  for (const std::string& condition : type.closing)
    if (after.condition(condition) == nullptr)
      return Refusal{Why::conditions_open, condition, "A closing condition is not recorded yet: " + condition + "."};
  return std::nullopt;
}

/// Takes the step's own arguments into the event, or refuses.
std::optional<Refusal> take_departments(const Context& context, const Order& order, const Command& command,
                                        Event& event) {
  if (context.departments.find(command.lead) == nullptr)
    return Refusal{Why::unknown_department, "lead", "There is no such department."};
  if (event.kind == Action::transfer && command.lead == order.lead)
    return Refusal{Why::bad_value, "lead", "The order is there already."};
  event.lead = command.lead;
  if (event.kind != Action::dispatch) return std::nullopt;
  if (command.departments.size() > kDepartmentsMost)
    return Refusal{Why::bad_value, "departments", "At most fifty departments handle one order."};
  for (const std::string& co : command.departments) {
    if (context.departments.find(co) == nullptr)
      return Refusal{Why::unknown_department, "departments", "There is no department \"" + co + "\"."};
    if (co == command.lead || contains(event.departments, co))
      return Refusal{Why::bad_value, "departments", "Each department once; the lead is no co-handler."};
    event.departments.push_back(co);
  }
  return std::nullopt;
}

std::optional<Refusal> take_channel(const Command& command, Event& event) {
  static const std::vector<std::string> channels{"phone", "sms", "mail", "letter", "visit", "web", "partner"};
  if (!contains(channels, command.channel))
    return Refusal{Why::bad_value, "channel", "One of phone, sms, mail, letter, visit, web, partner."};
  event.channel = command.channel;
  return std::nullopt;
}

std::optional<Refusal> take_answer(const Context& context, const Order& order, const Command& command, Event& event) {
  if (!order.told_at) return Refusal{Why::not_told, {}, "Tell the customer the result first."};
  if (command.answer == Answer::none) return Refusal{Why::missing, "answer", "Say what the customer answered."};
  if (auto refusal = take_channel(command, event)) return refusal;
  event.answer = command.answer;
  if (command.answer != Answer::unreached) return std::nullopt;
  if (order.last_ask_at && event.at < *order.last_ask_at + kAskAgainAfter)
    return Refusal{Why::too_soon, {}, "Try again an hour after the last attempt."};
  event.asked_enough = order.asks + 1 >= context.type.asks_least || is_planted(PlantedBug::asked_too_seldom);
  return std::nullopt;
}

std::optional<Refusal> take_target(const Order& order, const Command& command, Event& event) {
  const auto& target = command.target;
  if (!target || target->id == order.id || !target->id) return Refusal{Why::bad_value, "order", "Name another order."};
  if (target->type != order.type) return Refusal{Why::bad_value, "order", "The other order is of another type."};
  if (target->closed || target->merged)
    return Refusal{Why::bad_value, "order", "The other order is closed, or merged into a third."};
  if (!order.merged.empty()) return Refusal{Why::bad_value, {}, "Others are merged into this order."};
  event.order = target->id;
  event.text = target->result;
  return std::nullopt;
}

std::optional<Refusal> take_arguments(const Context& context, const Order& order, const Command& command,
                                      const Step& step, Event& event) {
  switch (step.verb) {
    case Action::dispatch:
    case Action::transfer:
      return take_departments(context, order, command, event);
    case Action::move:
      return command.lead.empty() ? std::nullopt : take_departments(context, order, command, event);
    case Action::reply:
      if (order.co_handlers_open())
        return Refusal{Why::co_handlers_open, {}, "A co-handling department has not replied; release it or wait."};
      return std::nullopt;
    case Action::give_back:
      if (order.lead.empty()) return Refusal{Why::wrong_state, {}, "The result is the hotline's own; nobody gave it."};
      return std::nullopt;
    case Action::tell:
      if (!order.result_at) return Refusal{Why::no_result, {}, "There is no result to tell."};
      return take_channel(command, event);
    case Action::ask:
      return take_answer(context, order, command, event);
    case Action::inspect:
    case Action::arbitrate:
      event.passed = command.passed;
      return std::nullopt;
    case Action::reopen:
      if (!order.closed_at || event.at > *order.closed_at + std::chrono::days{context.type.reopen_days})
        return Refusal{Why::too_late, {}, "It ended too long ago; make a new order that names this one."};
      return std::nullopt;
    case Action::merge:
      return take_target(order, command, event);
    default:
      return std::nullopt;
  }
}

/// Where the step leads; empty: it stays.
std::string target_state(const Order& order, const Step& step, const Event& event) {
  switch (step.verb) {
    case Action::ask:
      if (event.answer == Answer::unsatisfied && !order.may_end_unsatisfied()) return step.otherwise;
      if (event.answer == Answer::unreached && !event.asked_enough) return {};
      return step.to;
    case Action::inspect:
    case Action::arbitrate:
      return event.passed ? step.to : step.otherwise;
    default:
      return step.to;
  }
}

Result<Event, Refusal> decide_step(const Context& context, const Order& order, const Command& command, const Step& step,
                                   TimePoint now) {
  if (auto refusal = check_step(context, order, command, step)) return fail(*std::move(refusal));
  Event event = line(order, command.by, step.verb, now);
  event.step = step.code;
  event.text = command.text;
  event.evidence = command.evidence;
  event.fields = command.fields;
  if (auto refusal = take_arguments(context, order, command, step, event)) return fail(*std::move(refusal));
  event.state = target_state(order, step, event);
  const State* state = context.type.state(event.state.empty() ? order.state : event.state);
  event.closed = state != nullptr && state->end;
  if (event.closed && !order.closed) {
    Order after = order;
    apply(after, event);
    if (auto refusal = check_end(context.type, after)) return fail(*std::move(refusal));
  }
  settle_clocks(context, order, event);
  return event;
}

}  // namespace

namespace decide_impl {

Event line(const Order& order, const Actor& by, Action kind, TimePoint now) {
  Event event;
  event.seq = order.version + 1;
  event.at = std::max(now, order.changed_at);  // a history never goes back
  event.by = by.id;
  event.partner = by.partner;
  event.kind = kind;
  event.closed = order.closed;
  return event;
}

std::optional<Refusal> check_carried(const Type& type, const Command& command) {
  if (command.text.size() > kTextMost) return Refusal{Why::bad_value, "text", "At most 8000 bytes."};
  if (command.evidence.size() > kEvidenceMost) return Refusal{Why::bad_value, "evidence", "At most fifty items."};
  for (const std::string& one : command.evidence) {
    const auto colon = one.find(':');
    const std::string kind = one.substr(0, colon == std::string::npos ? 0 : colon);
    const bool known = kind == "contact" || kind == "recording" || kind == "attachment" || kind == "document";
    if (!known || colon + 1 >= one.size() || one.size() > 500)
      return Refusal{Why::bad_value, "evidence", "Give contact:ID, recording:ID, attachment:ID or document:TEXT."};
  }
  return check_fields(type, command.fields);
}

}  // namespace decide_impl

const char* to_string(Why why) {
  static constexpr const char* words[] = {
      "unknown_action",  "not_allowed",        "wrong_state", "closed",   "waiting",      "missing",
      "bad_value",       "unknown_department", "no_result",   "not_told", "not_asked",    "not_satisfied",
      "conditions_open", "co_handlers_open",   "too_soon",    "too_late", "no_extension", "extension_open"};
  return words[static_cast<std::size_t>(why)];
}

Result<Event, Refusal> create(const Context& context, const Opening& opening, const Actor& by, TimePoint now) {
  const Type& type = context.type;
  static const std::vector<Who> hotline{Who::hotline};
  Order nothing;
  nothing.partner = opening.partner;  // whoever raises it from outside is its partner
  if (!is_one_of(by, nothing, type.create_by.empty() ? hotline : type.create_by, context.departments))
    return fail(Refusal{Why::not_allowed, {}, "Orders of this type are not yours to make."});
  if (opening.title.empty() || opening.title.size() > kTitleMost)
    return fail(Refusal{Why::bad_value, "title", "1 to 200 bytes: the matter in a few words."});
  if (opening.text.size() > kTextMost) return fail(Refusal{Why::bad_value, "text", "At most 8000 bytes."});
  if (auto refusal = check_fields(type, opening.fields)) return fail(*std::move(refusal));
  for (const Field& field : type.fields) {
    const auto given = opening.fields.find(field.code);
    if (field.required && (given == opening.fields.end() || given->second.empty()))
      return fail(Refusal{Why::missing, "fields." + field.code, "This field is needed."});
  }
  Event event = line(nothing, by, Action::create, now);
  event.opening = opening;
  event.opening->type = type.code;
  event.opening->state = type.start;
  event.state = type.start;
  settle_clocks(context, nothing, event);
  return event;
}

Result<std::vector<Event>, Refusal> decide(const Context& context, const Order& order, const Command& command,
                                           TimePoint now) {
  if (auto refusal = check_carried(context.type, command)) return fail(*std::move(refusal));
  std::vector<Event> events = tick(context, order, now);
  Order at = order;
  for (const Event& event : events) apply(at, event);
  const Step* step = context.type.step(command.action);
  auto decided =
      step != nullptr ? decide_step(context, at, command, *step, now) : decide_common(context, at, command, now);
  if (!decided) return fail(std::move(decided.error()));
  events.push_back(*std::move(decided));
  return events;
}

Event absorb(const Context& context, const Order& main, WorkOrderId repeat, AgentId by, TimePoint now) {
  Actor actor;
  actor.id = by;
  Event event = line(main, actor, Action::merge, now);
  event.order = repeat;
  settle_clocks(context, main, event);
  return event;
}

bool follows(const Order& repeat, const Order& main) {
  return !repeat.closed && repeat.merged_into == main.id && !repeat.asked_at;
}

Event follow(const Context& context, const Order& repeat, const Order& main, TimePoint now) {
  Event event = line(repeat, {}, Action::reply, now);
  event.order = main.id;
  event.text = main.result;
  for (const Step& step : context.type.steps)
    if (step.verb == Action::merge && step.to != repeat.state) event.state = step.to;
  settle_clocks(context, repeat, event);
  return event;
}

std::vector<std::string> open_actions(const Context& context, const Order& order, const Actor& by) {
  std::vector<std::string> open;
  for (const Step& step : context.type.steps) {
    if (is_planted(PlantedBug::nobody_may) && step.verb == Action::arbitrate) continue;
    if (!order.waiting_since && contains(step.from, order.state) && is_one_of(by, order, step.who, context.departments))
      open.emplace_back(step.code);
  }
  for (const Action action : common_actions())
    if (may_common(context, order, by, action)) open.emplace_back(to_string(action));
  return open;
}

}  // namespace hotline::workorder
