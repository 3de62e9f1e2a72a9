// SPDX-License-Identifier: Apache-2.0
// Folding a history, and relations of people to an order.
#include "domain/workorder/order.hpp"

#include <algorithm>

namespace hotline::workorder {
namespace {

void put_part(Order& order, const std::string& department, bool lead, TimePoint at) {
  for (Part& part : order.parts) {
    if (part.department != department) continue;
    part.lead = lead;
    part.state = PartState::asked;
    part.since = at;
    part.handler = {};
    return;
  }
  order.parts.push_back({department, lead, PartState::asked, at, {}, {}});
}

void set_part(Order& order, const std::string& department, PartState state, const Event& event) {
  for (Part& part : order.parts) {
    if (part.department != department) continue;
    part.state = state;
    part.since = event.at;
    if (state == PartState::replied) part.text = event.text;
    if (event.kind == Action::accept) part.handler = event.by;
  }
}

/// Whoever had the lead has no part any more, unless as a co-handler.
void set_lead(Order& order, const std::string& lead, TimePoint at) {
  std::erase_if(order.parts, [](const Part& part) { return part.lead; });
  order.lead = lead;
  if (!lead.empty()) put_part(order, lead, true, at);
}

/// What was told and asked was about something else.
void forget_telling(Order& order) {
  order.told_at.reset();
  order.asked_at.reset();
  order.last_ask_at.reset();
  order.answer = Answer::none;
  order.asks = 0;
}

void set_result(Order& order, const Event& event) {
  order.leave.reset();
  order.result = event.text;
  order.result_at = event.at;
  forget_telling(order);
}

/// Back into the loop: there is no result any more.
void begin_again(Order& order) {
  order.leave.reset();
  order.result.clear();
  order.result_at.reset();
  forget_telling(order);
  set_lead(order, {}, {});
  order.parts.clear();
  order.merged_into = {};
  ++order.reopened;
}

void open(Order& order, const Event& event) {
  const Opening& o = *event.opening;
  order.id = o.id;
  order.type = o.type;
  order.title = o.title;
  order.text = o.text;
  order.urgent = o.urgent;
  order.created_by = event.by;
  order.owner = o.owner;
  order.customer = o.customer;
  order.contact = o.contact;
  order.person = o.person;
  order.phone = o.phone;
  order.partner = o.partner;
  order.partner_reference = o.partner_reference;
  order.fields = o.fields;
  order.created_at = event.at;
}

void asked(Order& order, const Event& event) {
  ++order.asks;
  order.last_ask_at = event.at;
  order.answer = event.answer;
  if (event.answer == Answer::unsatisfied) {
    ++order.unsatisfied;
    if (!order.may_end_unsatisfied()) return begin_again(order);
  }
  if (event.answer != Answer::unreached || event.asked_enough) order.asked_at = event.at;
}

void record(Order& order, const Event& event) {
  std::erase_if(order.conditions, [&](const Condition& c) { return c.code == event.condition; });
  order.conditions.push_back({event.condition, event.text, event.evidence, event.at, event.by});
}

void merge(Order& order, const Event& event) {
  if (event.state.empty()) {  // another one into this
    order.merged.push_back(event.order);
    return;
  }
  order.merged_into = event.order;
  set_lead(order, {}, event.at);
  order.parts.clear();
  if (!event.text.empty()) set_result(order, event);
}

void in_any_state(Order& order, const Event& event) {
  switch (event.kind) {
    case Action::chase:
      ++order.chased;
      break;
    case Action::hand_over:
      order.offered_to = event.agent;
      break;
    case Action::take_over:
      order.owner = event.agent;
      order.offered_to = {};
      break;
    case Action::wait:
      order.waiting_since = event.at;
      order.waiting_until = event.until;
      break;
    case Action::resume:
      order.waiting_since.reset();
      order.waiting_until.reset();
      break;
    case Action::ask_extension:
      order.extension = Extension{event.clock, event.duration, event.text, event.by, event.at};
      break;
    case Action::approve_extension:
      ++order.extensions;
      order.extension.reset();
      break;
    case Action::refuse_extension:
      order.extension.reset();
      break;
    case Action::ask_closing:
      order.leave = Leave{event.text, event.evidence, event.by, event.at, {}, {}};
      break;
    case Action::approve_closing:
      order.leave->approved_by = event.by;
      order.leave->approved_at = event.at;
      break;
    case Action::refuse_closing:
      order.leave.reset();
      break;
    case Action::record_condition:
      record(order, event);
      break;
    case Action::co_reply:
      set_part(order, event.departments.front(), PartState::replied, event);
      break;
    case Action::release:
      set_part(order, event.departments.front(), PartState::released, event);
      break;
    case Action::add_co_handler:
      put_part(order, event.departments.front(), false, event.at);
      break;
    default:
      break;
  }
}

void step(Order& order, const Event& event) {
  switch (event.kind) {
    case Action::dispatch:
      order.parts.clear();
      set_lead(order, event.lead, event.at);
      for (const std::string& co : event.departments) put_part(order, co, false, event.at);
      break;
    case Action::transfer:
      set_lead(order, event.lead, event.at);
      break;
    case Action::accept:
      set_part(order, order.lead, PartState::accepted, event);
      break;
    case Action::move:
      if (!event.lead.empty() && event.lead != order.lead) set_lead(order, event.lead, event.at);
      break;
    case Action::arbitrate:
      if (event.passed) {
        set_lead(order, {}, event.at);
        order.parts.clear();
      } else {
        set_part(order, order.lead, PartState::accepted, event);
      }
      break;
    case Action::give_back:
      ++order.returned;
      order.leave.reset();
      set_part(order, order.lead, PartState::accepted, event);
      order.result.clear();
      order.result_at.reset();
      forget_telling(order);
      break;
    case Action::reply:
      if (!order.merged_into) set_part(order, order.lead, PartState::replied, event);
      set_result(order, event);
      break;
    case Action::solve:
      set_result(order, event);
      break;
    case Action::tell:
      forget_telling(order);
      order.told_at = event.at;
      break;
    case Action::ask:
      asked(order, event);
      break;
    case Action::inspect:
      if (!event.passed) begin_again(order);
      break;
    case Action::reopen:
      begin_again(order);
      order.closed_at.reset();
      break;
    case Action::merge:
      merge(order, event);
      break;
    case Action::split:
      order.merged_into = {};
      order.leave.reset();
      order.result.clear();
      order.result_at.reset();
      forget_telling(order);
      break;
    default:
      break;
  }
}

}  // namespace

const Part* Order::part(const std::string& department) const {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.department == department; });
  return found == parts.end() ? nullptr : &*found;
}

bool Order::co_handlers_open() const {
  return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
    return !part.lead && (part.state == PartState::asked || part.state == PartState::accepted);
  });
}

const Condition* Order::condition(const std::string& code) const {
  const auto found = std::find_if(conditions.begin(), conditions.end(), [&](const auto& c) { return c.code == code; });
  return found == conditions.end() ? nullptr : &*found;
}

const ClockState* Order::clock(const std::string& code) const {
  const auto found = std::find_if(clocks.begin(), clocks.end(), [&](const auto& c) { return c.clock == code; });
  return found == clocks.end() ? nullptr : &*found;
}

void apply(Order& order, const Event& event) {
  if (event.kind == Action::create) open(order, event);
  if (is_step(event.kind)) step(order, event);
  if (is_common(event.kind)) in_any_state(order, event);
  if (event.kind == Action::set_fields || is_step(event.kind))
    for (const auto& [code, value] : event.fields) order.fields[code] = value;
  if (!event.state.empty()) order.state = event.state;
  if (event.closed && !order.closed) order.closed_at = event.at;
  order.closed = event.closed;
  for (const ClockState& clock : event.clocks) {
    const auto at = std::find_if(order.clocks.begin(), order.clocks.end(),
                                 [&](const ClockState& c) { return c.clock == clock.clock; });
    if (at == order.clocks.end())
      order.clocks.push_back(clock);
    else
      *at = clock;
  }
  order.changed_at = event.at;
  order.version = event.seq;
}

Order replay(const std::vector<Event>& history) {
  Order order;
  for (const Event& event : history) apply(order, event);
  return order;
}

bool has_relation(const Actor& actor, const Order& order, Who who, const Departments& departments) {
  if (who == Who::partner) return !actor.partner.empty() && actor.partner == order.partner;
  if (!actor.partner.empty()) return false;
  const auto holds = [&](const std::string& department, Position position) {
    return std::find(actor.places.begin(), actor.places.end(), Place{department, position}) != actor.places.end();
  };
  const auto in = [&](const std::string& department) {
    return std::any_of(actor.places.begin(), actor.places.end(),
                       [&](const Place& place) { return place.department == department; });
  };
  const auto above = [&](Position position) {
    const auto line = departments.line_of(order.lead);
    return std::any_of(line.begin(), line.end(), [&](const Department* d) { return holds(d->code, position); });
  };
  switch (who) {
    case Who::owner:
      return actor.id && actor.id == order.owner;
    case Who::hotline:
      return actor.hotline;
    case Who::supervisor:
      return actor.hotline && actor.supervisor;
    case Who::quality:
      return actor.hotline && actor.quality;
    case Who::lead:
      return !order.lead.empty() && in(order.lead);
    case Who::lead_head:
      return above(Position::head);
    case Who::co_handler:
      return std::any_of(order.parts.begin(), order.parts.end(), [&](const Part& part) {
        return !part.lead && part.state != PartState::released && in(part.department);
      });
    case Who::service_supervisor:
      return above(Position::service_supervisor);
    case Who::general_manager:
      return std::any_of(actor.places.begin(), actor.places.end(),
                         [](const Place& place) { return place.position == Position::general_manager; });
    case Who::partner:
      break;
  }
  return false;
}

bool is_one_of(const Actor& actor, const Order& order, const std::vector<Who>& who, const Departments& departments) {
  return std::any_of(who.begin(), who.end(), [&](Who one) { return has_relation(actor, order, one, departments); });
}

bool is_involved(const Actor& actor, const Order& order, const Departments& departments) {
  using enum Who;
  return is_one_of(actor, order,
                   {owner, hotline, lead, lead_head, co_handler, service_supervisor, general_manager, partner},
                   departments);
}

}  // namespace hotline::workorder
