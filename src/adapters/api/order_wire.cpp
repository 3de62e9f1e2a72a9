// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/api/order_wire.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "adapters/api/command_id.hpp"
#include "adapters/api/order_organisation.hpp"
#include "base/unless.hpp"

namespace hotline::api {
namespace {

using jsonmap::Report;

std::vector<std::string> words_of(const std::vector<workorder::Who>& who) {
  std::vector<std::string> out;
  for (const workorder::Who one : who) out.emplace_back(to_string(one));
  return out;
}

void require_length(Report& report, const std::optional<std::string>& text, const char* member, std::size_t most) {
  report.require(!text || text->size() <= most, member, fmt::format("at most {} bytes", most));
}
void require_fields(Report& report, const std::optional<std::map<std::string, std::string>>& fields) {
  report.require(!fields || fields->size() <= 100, "fields", "at most 100 fields");
}

}  // namespace

app::NamesView view_of(const workorder::Names& names) {
  return app::view_of(app::Names{names.en, names.zh_hans, names.zh_hant});
}

OrderTypeBody body_of(const workorder::Type& type) {
  OrderTypeBody body{type.code, view_of(type.name), type.prefix, type.start, {}, {}, {}, {}, type.closing};
  for (const workorder::Field& field : type.fields) {
    FieldBody one{field.code, view_of(field.name), to_string(field.kind), field.required, field.least, field.most, {}};
    for (const workorder::Choice& choice : field.choices) one.choices.push_back({choice.code, view_of(choice.name)});
    body.fields.push_back(std::move(one));
  }
  for (const workorder::State& state : type.states) body.states.push_back({state.code, view_of(state.name), state.end});
  for (const workorder::Step& step : type.steps)
    body.steps.push_back({step.code, view_of(step.name), to_string(step.verb), step.from, step.to,
                          unless_empty(step.otherwise), words_of(step.who), step.text, step.evidence, step.fields});
  for (const workorder::Clock& clock : type.clocks)
    body.clocks.push_back({clock.code, view_of(clock.name), clock.calendar, clock.limit, clock.extensible});
  return body;
}

void validate(const NewOrderBody& value, Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(!value.title.empty() && value.title.size() <= workorder::kTitleMost, "title", "1 to 200 bytes");
  require_length(report, value.text, "text", workorder::kTextMost);
  require_length(report, value.person, "person", 100);
  require_length(report, value.phone, "phone", 32);
  require_length(report, value.partner, "partner", 32);
  require_length(report, value.partner_reference, "partner_reference", 100);
  require_fields(report, value.fields);
}

void validate(const OrderActionBody& value, Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(workorder::is_code(value.action), "action", "a step of the order's type, or a common action");
  require_length(report, value.text, "text", workorder::kTextMost);
  require_length(report, value.lead, "lead", 32);
  require_length(report, value.clock, "clock", 32);
  require_length(report, value.condition, "condition", 32);
  require_fields(report, value.fields);
}

workorder::Command command_of(const OrderActionBody& body) {
  workorder::Command command;
  command.action = body.action;
  command.text = body.text.value_or("");
  command.lead = body.lead.value_or("");
  command.departments = body.departments.value_or(std::vector<std::string>{});
  command.fields = body.fields.value_or(std::map<std::string, std::string>{});
  command.channel = body.channel.value_or("");
  command.answer = body.answer.value_or(workorder::Answer::none);
  command.passed = body.passed.value_or(true);
  command.condition = body.condition.value_or("");
  command.evidence = body.evidence.value_or(std::vector<std::string>{});
  command.agent = body.agent_id.value_or(AgentId{});
  command.clock = body.clock.value_or("");
  command.duration = body.duration_ms.value_or(Duration{});
  return command;
}

OrderBody body_of(const app::OrderRow& row) {
  OrderBody body;
  body.id = row.id;
  body.number = row.number;
  body.type = row.type;
  body.state = row.state;
  body.title = row.title;
  body.closed = row.closed;
  body.urgent = row.urgent;
  body.owner_id = row.owner;
  body.customer_id = row.customer;
  body.contact_id = row.contact;
  body.phone = unless_empty(row.phone);
  body.partner = unless_empty(row.partner);
  body.lead = unless_empty(row.lead);
  body.created_ms = row.created_at;
  body.changed_ms = row.changed_at;
  body.closed_ms = row.closed_at;
  body.due_ms = row.due_at;
  body.to_tell_since_ms = row.to_tell_since;
  body.merged_into = row.merged_into;
  constexpr const char* levels[] = {"department_head", "service_supervisor", "general_manager"};
  if (row.level >= 1 && row.level <= 3) body.level = levels[row.level - 1];
  body.version = row.version;
  return body;
}

AttachmentBody body_of(const app::Attachment& a) {
  return {std::to_string(a.id), a.name, a.content_type, a.sha256, a.bytes, a.at, a.by, std::nullopt};
}

StoryBody body_of(const workorder::Event& event) {
  StoryBody body;
  body.seq = event.seq;
  body.at_ms = event.at;
  body.by_id = unless_none(event.by);
  body.partner = unless_empty(event.partner);
  body.action = event.kind;
  body.step = unless_empty(event.step);
  body.state = unless_empty(event.state);
  body.text = unless_empty(event.opening ? event.opening->text : event.text);
  body.lead = unless_empty(event.lead);
  body.departments = unless_empty(event.departments);
  body.fields = unless_empty(event.fields);
  body.channel = unless_empty(event.channel);
  if (event.answer != workorder::Answer::none) body.answer = event.answer;
  if (event.kind == workorder::Action::inspect || event.kind == workorder::Action::arbitrate)
    body.passed = event.passed;
  body.condition = unless_empty(event.condition);
  body.evidence = unless_empty(event.evidence);
  body.agent_id = unless_none(event.agent);
  body.order_id = unless_none(event.order);
  body.clock = unless_empty(event.clock);
  body.level = unless_empty(event.level);
  if (event.duration != Duration{}) body.duration_ms = event.duration;
  if (event.number != 0) body.number = event.number;
  return body;
}

OrderDetailBody detail_of(const app::OrderRecord& record) {
  const workorder::Order& order = record.order;
  OrderDetailBody body;
  body.order = body_of(record.row);
  body.text = order.text;
  body.person = unless_empty(order.person);
  body.partner_reference = unless_empty(order.partner_reference);
  body.fields = order.fields;
  body.offered_to = unless_none(order.offered_to);
  for (const workorder::Part& part : order.parts)
    body.parts.push_back({part.department, part.lead, part.state, part.since, unless_empty(part.text),
                          unless_none(part.handler), std::nullopt});
  body.result = unless_empty(order.result);
  body.result_ms = order.result_at;
  body.told_ms = order.told_at;
  body.asked_ms = order.asked_at;
  if (order.answer != workorder::Answer::none) body.answer = order.answer;
  body.reopened = order.reopened;
  body.returned = order.returned;
  body.chased = order.chased;
  body.unsatisfied = order.unsatisfied;
  if (order.leave)
    body.leave = LeaveBody{order.leave->text,
                           order.leave->evidence,
                           order.leave->asked_by,
                           order.leave->asked_at,
                           unless_none(order.leave->approved_by),
                           order.leave->approved_at};
  for (const workorder::Condition& one : order.conditions)
    body.conditions.push_back({one.code, one.text, one.evidence, one.at, one.by});
  body.waiting_since_ms = order.waiting_since;
  body.waiting_until_ms = order.waiting_until;
  if (order.extension) {
    body.extension_clock = order.extension->clock;
    body.extension_ms = order.extension->by;
  }
  body.merged = order.merged;
  return body;
}

NoticeBody body_of(const app::OutboxEntry& entry) {
  boost::system::error_code ec;
  boost::json::value about = boost::json::parse(entry.body, ec);
  if (ec || !about.is_object()) about = boost::json::object{};
  NoticeBody body{std::to_string(entry.id), entry.to, entry.kind, entry.order, entry.at, std::move(about), {}};
  if (entry.appointment != 0) body.appointment_id = appointment::AppointmentId{entry.appointment};
  return body;
}

OrderDeliveryBody body_of(const app::Delivery& delivery) {
  return {std::to_string(delivery.id),
          delivery.channel,
          delivery.to,
          delivery.kind,
          delivery.state,
          delivery.at,
          delivery.tries,
          delivery.settled_at,
          std::nullopt,
          unless_empty(delivery.trouble)};
}

}  // namespace hotline::api
