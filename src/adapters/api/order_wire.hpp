// SPDX-License-Identifier: Apache-2.0
// Bodies of work orders, named as in openapi.yaml.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/api/wire.hpp"
#include "app/orders/order_describe.hpp"
#include "app/orders/order_desk.hpp"
#include "app/ports/outside.hpp"
#include "domain/appointment/appointment.hpp"

namespace hotline::api {

// ---- types and organisation
struct ChoiceBody {
  std::string code;
  app::NamesView name;
};
BOOST_DESCRIBE_STRUCT(ChoiceBody, (), (code, name))
struct FieldBody {
  std::string code;
  app::NamesView name;
  std::string kind;
  bool required = false;
  std::int64_t least = 0, most = 0;
  std::vector<ChoiceBody> choices;
};
BOOST_DESCRIBE_STRUCT(FieldBody, (), (code, name, kind, required, least, most, choices))
struct StateBody {
  std::string code;
  app::NamesView name;
  bool end = false;
};
BOOST_DESCRIBE_STRUCT(StateBody, (), (code, name, end))
struct StepBody {
  std::string code;
  app::NamesView name;
  std::string verb;
  std::vector<std::string> from;
  std::string to;
  std::optional<std::string> otherwise;
  std::vector<std::string> who;
  bool text = false, evidence = false;
  std::vector<std::string> fields;
};
BOOST_DESCRIBE_STRUCT(StepBody, (), (code, name, verb, from, to, otherwise, who, text, evidence, fields))
struct ClockBody {
  std::string code;
  app::NamesView name;
  std::string calendar;
  Duration limit_ms{};
  bool extensible = false;
};
BOOST_DESCRIBE_STRUCT(ClockBody, (), (code, name, calendar, limit_ms, extensible))
struct OrderTypeBody {
  std::string code;
  app::NamesView name;
  std::string prefix, start;
  std::vector<FieldBody> fields;
  std::vector<StateBody> states;
  std::vector<StepBody> steps;
  std::vector<ClockBody> clocks;
  std::vector<std::string> closing;
};
BOOST_DESCRIBE_STRUCT(OrderTypeBody, (), (code, name, prefix, start, fields, states, steps, clocks, closing))
[[nodiscard]] OrderTypeBody body_of(const workorder::Type& type);

struct MemberBody {
  AgentId agent_id;
  std::string position;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(MemberBody, (), (agent_id, position, name))
struct DepartmentBody {
  std::string code;
  std::optional<std::string> parent;
  app::NamesView name;
  std::optional<std::string> calendar;
  bool hotline = false;
  std::vector<MemberBody> members;
};
BOOST_DESCRIBE_STRUCT(DepartmentBody, (), (code, parent, name, calendar, hotline, members))
struct CalendarBody {
  std::string code;
  std::int64_t utc_offset_minutes = 480;
  std::map<std::string, std::vector<std::string>> week;  ///< monday … sunday: ["08:00-12:00"]
  std::map<std::string, std::vector<std::string>> days;  ///< "2026-10-01": []
};
BOOST_DESCRIBE_STRUCT(CalendarBody, (), (code, utc_offset_minutes, week, days))
struct OrganisationBody {
  std::vector<DepartmentBody> departments;
  std::vector<CalendarBody> calendars;
};
BOOST_DESCRIBE_STRUCT(OrganisationBody, (), (departments, calendars))
[[nodiscard]] OrganisationBody body_of(const app::Organisation& organisation);
/// The error names the field and the rule.
[[nodiscard]] Result<app::Organisation, jsonmap::FieldError> organisation_of(const OrganisationBody& body);

// ---- orders
struct NewOrderBody {
  std::string command_id, type, title;
  std::optional<std::string> text;
  std::optional<bool> urgent;
  std::optional<CustomerId> customer_id;
  std::optional<ContactId> contact_id;
  std::optional<std::string> person, phone, partner, partner_reference;
  std::optional<std::map<std::string, std::string>> fields;
};
BOOST_DESCRIBE_STRUCT(NewOrderBody, (),
                      (command_id, type, title, text, urgent, customer_id, contact_id, person, phone, partner,
                       partner_reference, fields))
void validate(const NewOrderBody& value, jsonmap::Report& report);

struct OrderActionBody {
  std::string command_id, action;
  std::optional<std::int64_t> version;
  std::optional<std::string> text, lead;
  std::optional<std::vector<std::string>> departments;
  std::optional<std::map<std::string, std::string>> fields;
  std::optional<std::string> channel;
  std::optional<workorder::Answer> answer;
  std::optional<bool> passed;
  std::optional<std::string> condition;
  std::optional<std::vector<std::string>> evidence;
  std::optional<AgentId> agent_id;
  std::optional<WorkOrderId> order_id;
  std::optional<std::string> clock;
  std::optional<Duration> duration_ms;
};
BOOST_DESCRIBE_STRUCT(OrderActionBody, (),
                      (command_id, action, version, text, lead, departments, fields, channel, answer, passed, condition,
                       evidence, agent_id, order_id, clock, duration_ms))
void validate(const OrderActionBody& value, jsonmap::Report& report);
[[nodiscard]] workorder::Command command_of(const OrderActionBody& body);

struct OrderBody {
  WorkOrderId id;
  std::string number, type, state, title;
  bool closed = false, urgent = false;
  std::optional<AgentId> owner_id;
  std::optional<std::string> owner_name;
  std::optional<CustomerId> customer_id;
  std::optional<ContactId> contact_id;
  std::optional<std::string> phone, partner, lead;
  TimePoint created_ms{}, changed_ms{};
  std::optional<TimePoint> closed_ms, due_ms, to_tell_since_ms;
  std::optional<WorkOrderId> merged_into;
  std::optional<std::string> level;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(OrderBody, (),
                      (id, number, type, state, title, closed, urgent, owner_id, owner_name, customer_id, contact_id,
                       phone, partner, lead, created_ms, changed_ms, closed_ms, due_ms, to_tell_since_ms, merged_into,
                       level, version))
[[nodiscard]] OrderBody body_of(const app::OrderRow& row);

struct PartBody {
  std::string department;
  bool lead = false;
  workorder::PartState state = workorder::PartState::asked;
  TimePoint since_ms{};
  std::optional<std::string> text;
  std::optional<AgentId> handler_id;
  std::optional<std::string> handler_name;
};
BOOST_DESCRIBE_STRUCT(PartBody, (), (department, lead, state, since_ms, text, handler_id, handler_name))
struct ConditionBody {
  std::string code, text;
  std::vector<std::string> evidence;
  TimePoint at_ms{};
  AgentId by_id;
};
BOOST_DESCRIBE_STRUCT(ConditionBody, (), (code, text, evidence, at_ms, by_id))
struct LeaveBody {
  std::string text;
  std::vector<std::string> evidence;
  AgentId asked_by_id;
  TimePoint asked_ms{};
  std::optional<AgentId> approved_by_id;
  std::optional<TimePoint> approved_ms;
};
BOOST_DESCRIBE_STRUCT(LeaveBody, (), (text, evidence, asked_by_id, asked_ms, approved_by_id, approved_ms))
struct RunningClockBody {
  std::string clock;
  workorder::ClockPhase phase = workorder::ClockPhase::idle;
  Duration limit_ms{}, spent_ms{};
  std::optional<TimePoint> due_ms;
  bool overdue = false;
  std::int64_t escalated = 0;
};
BOOST_DESCRIBE_STRUCT(RunningClockBody, (), (clock, phase, limit_ms, spent_ms, due_ms, overdue, escalated))
/// A line of the story: only what it says.
struct StoryBody {
  std::int64_t seq = 0;
  TimePoint at_ms{};
  std::optional<AgentId> by_id;
  std::optional<std::string> by_name, partner;
  workorder::Action action = workorder::Action::note;
  std::optional<std::string> step, state, text, lead;
  std::optional<std::vector<std::string>> departments;
  std::optional<std::map<std::string, std::string>> fields;
  std::optional<std::string> channel;
  std::optional<workorder::Answer> answer;
  std::optional<bool> passed;
  std::optional<std::string> condition;
  std::optional<std::vector<std::string>> evidence;
  std::optional<AgentId> agent_id;
  std::optional<WorkOrderId> order_id;
  std::optional<std::string> clock, level;
  std::optional<Duration> duration_ms;
  std::optional<std::int64_t> number;
};
BOOST_DESCRIBE_STRUCT(StoryBody, (),
                      (seq, at_ms, by_id, by_name, partner, action, step, state, text, lead, departments, fields,
                       channel, answer, passed, condition, evidence, agent_id, order_id, clock, level, duration_ms,
                       number))
[[nodiscard]] StoryBody body_of(const workorder::Event& event);

struct AttachmentBody {
  std::string id;
  std::string name, content_type, sha256;
  std::int64_t bytes = 0;
  TimePoint at_ms{};
  AgentId by_id;
  std::optional<std::string> by_name;
};
BOOST_DESCRIBE_STRUCT(AttachmentBody, (), (id, name, content_type, sha256, bytes, at_ms, by_id, by_name))
[[nodiscard]] AttachmentBody body_of(const app::Attachment& attachment);
/// What was sent of it to whom, and whether it arrived. No addresses: they are people's own.
struct OrderDeliveryBody {
  std::string id, channel, to, kind, state;
  TimePoint at_ms{};
  std::int64_t tries = 0;
  std::optional<TimePoint> settled_ms;
  std::optional<std::string> to_name, trouble;
};
BOOST_DESCRIBE_STRUCT(OrderDeliveryBody, (), (id, channel, to, kind, state, at_ms, tries, settled_ms, to_name, trouble))
[[nodiscard]] OrderDeliveryBody body_of(const app::Delivery& delivery);

struct OrderDetailBody {
  OrderBody order;
  std::string text;
  std::optional<std::string> person, partner_reference;
  std::map<std::string, std::string> fields;
  std::optional<AgentId> offered_to;
  std::vector<PartBody> parts;
  std::optional<std::string> result;
  std::optional<TimePoint> result_ms, told_ms, asked_ms;
  std::optional<workorder::Answer> answer;
  std::int64_t reopened = 0, returned = 0, chased = 0, unsatisfied = 0;
  std::vector<ConditionBody> conditions;
  std::optional<LeaveBody> leave;
  std::optional<TimePoint> waiting_since_ms, waiting_until_ms;
  std::optional<std::string> extension_clock;
  std::optional<Duration> extension_ms;
  std::vector<WorkOrderId> merged;
  std::vector<RunningClockBody> clocks;
  std::vector<std::string> actions;
  std::vector<AttachmentBody> attachments;
  std::vector<StoryBody> story;
  std::vector<OrderDeliveryBody> deliveries;
};
BOOST_DESCRIBE_STRUCT(OrderDetailBody, (),
                      (order, text, person, partner_reference, fields, offered_to, parts, result, result_ms, told_ms,
                       asked_ms, answer, reopened, returned, chased, unsatisfied, conditions, leave, waiting_since_ms,
                       waiting_until_ms, extension_clock, extension_ms, merged, clocks, actions, attachments, story,
                       deliveries))
/// Without owner's and actors' names, clocks, actions and story.
[[nodiscard]] OrderDetailBody detail_of(const app::OrderRecord& record);

struct NoticeBody {
  std::string id;
  std::string to, kind;
  WorkOrderId order_id;
  TimePoint at_ms{};
  boost::json::value about;
  std::optional<appointment::AppointmentId> appointment_id;
};
BOOST_DESCRIBE_STRUCT(NoticeBody, (), (id, to, kind, order_id, at_ms, about, appointment_id))
[[nodiscard]] NoticeBody body_of(const app::OutboxEntry& entry);

}  // namespace hotline::api
