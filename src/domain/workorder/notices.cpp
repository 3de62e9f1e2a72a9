// SPDX-License-Identifier: Apache-2.0
// Who is to be told of an event; values of fields.
#include <algorithm>
#include <charconv>

#include "base/local_time.hpp"
#include "domain/workorder/engine.hpp"

namespace hotline::workorder {
namespace {

class Recipients {
 public:
  Recipients(const char* kind, AgentId by) : kind_(kind), by_(by) {}
  void agent(AgentId id) {
    if (id && id != by_) add("agent:" + id.to_string());
  }
  void agents(const std::vector<AgentId>& ids) {
    for (const AgentId id : ids) agent(id);
  }
  void department(const std::string& code) {
    if (!code.empty()) add("department:" + code);
  }
  void supervisors() { add("supervisors"); }
  void partner(const std::string& code) {
    if (!code.empty()) add("partner:" + code);
  }
  [[nodiscard]] std::vector<Notice> take() { return std::move(out_); }

 private:
  void add(std::string to) {
    Notice notice{std::move(to), kind_};
    if (std::find(out_.begin(), out_.end(), notice) == out_.end()) out_.push_back(std::move(notice));
  }
  const char* kind_;
  AgentId by_;
  std::vector<Notice> out_;
};

/// Department head → service supervisor → general manager's line; what nobody holds goes to the next above, and of the
/// hotline's own delay to its supervisors.
void escalate(const Context& context, const Order& order, const std::string& level, Recipients& to) {
  const auto wanted = level_from(level).value_or(Level::general_manager);
  std::vector<AgentId> found;
  if (wanted == Level::department_head) found = context.departments.holders(order.lead, Position::head);
  if (wanted == Level::service_supervisor || (wanted == Level::department_head && found.empty()))
    found = context.departments.holders(order.lead, Position::service_supervisor);
  if (wanted == Level::general_manager) found = context.departments.general_managers();
  to.agents(found);
  if (found.empty() || order.lead.empty()) to.supervisors();
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string wrong_number(const Field& field, const std::string& value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return "Give a whole number.";
  if (number < field.least || (field.most != 0 && number > field.most))
    return "From " + std::to_string(field.least) + " to " + std::to_string(field.most) + ".";
  return {};
}

std::string wrong_text(const Field& field, const std::string& value, std::size_t most) {
  if (field.most > 0) most = static_cast<std::size_t>(field.most);
  const std::size_t length = characters(value);
  if (length > most || length < static_cast<std::size_t>(std::max<std::int64_t>(0, field.least)))
    return std::to_string(field.least) + " to " + std::to_string(most) + " characters.";
  return {};
}

}  // namespace

std::vector<Notice> notices_of(const Context& context, const Order& after, const Event& event) {
  Recipients to(to_string(event.kind), event.by);
  // An outside body hears how far its matter is: whose it is, that they have begun, the result, that it is closed.
  if (event.kind == Action::dispatch || event.kind == Action::transfer || event.kind == Action::accept ||
      event.kind == Action::tell || event.kind == Action::reopen || (event.closed && is_step(event.kind)))
    to.partner(after.partner);
  switch (event.kind) {
    case Action::create:
      if (!after.owner) to.supervisors();
      break;
    case Action::dispatch:
    case Action::transfer:
    case Action::give_back:
    case Action::chase:
      for (const Part& part : after.parts) to.department(part.department);
      if (event.kind == Action::transfer) to.agent(after.owner);
      if (after.parts.empty()) to.agent(after.owner);
      break;
    case Action::move:
      to.department(event.lead);
      break;
    case Action::add_co_handler:
    case Action::release:
      for (const std::string& department : event.departments) to.department(department);
      break;
    case Action::arbitrate:
      to.agent(after.owner);
      to.department(after.lead);
      break;
    case Action::ask_closing:
      to.agents(context.departments.holders(after.lead, Position::service_supervisor));
      if (after.lead.empty()) to.agents(context.departments.general_managers());
      break;
    case Action::approve_closing:
    case Action::refuse_closing:
      to.agent(after.owner);
      break;
    case Action::reject:
    case Action::ask_extension:
    case Action::report_up:
      to.supervisors();
      break;
    case Action::approve_extension:
    case Action::refuse_extension:
      to.department(after.lead);
      break;
    case Action::co_reply:
      to.department(after.lead);
      break;
    case Action::hand_over:
    case Action::take_over:
      to.agent(event.agent);
      break;
    case Action::reply:
    case Action::solve:
    case Action::inspect:
    case Action::resume:
    case Action::split:
      to.agent(after.owner);
      break;
    case Action::reopen:
      to.agent(after.owner);
      to.supervisors();
      break;
    case Action::ask:
      if (event.answer == Answer::unsatisfied) {
        to.agent(after.owner);
        to.supervisors();
      }
      break;
    case Action::warn:
      to.department(after.lead);
      to.agent(after.owner);
      break;
    case Action::escalate:
      escalate(context, after, event.level, to);
      to.agent(after.owner);
      break;
    default:
      break;
  }
  return to.take();
}

std::string wrong_value(const Field& field, const std::string& value) {
  switch (field.kind) {
    case FieldKind::text:
      return wrong_text(field, value, 200);
    case FieldKind::long_text:
      return wrong_text(field, value, 4'000);
    case FieldKind::phone:
      if (value.size() > 32 || value.find_first_not_of("0123456789+-#* ") != std::string::npos)
        return "A telephone number, at most 32 characters.";
      return {};
    case FieldKind::integer:
    case FieldKind::money:
      return wrong_number(field, value);
    case FieldKind::flag:
      return value == "true" || value == "false" ? "" : "true or false.";
    case FieldKind::date:
      return day_from(value) ? "" : "A date, as in 2026-10-01.";
    case FieldKind::choice:
      if (std::any_of(field.choices.begin(), field.choices.end(), [&](const Choice& c) { return c.code == value; }))
        return {};
      return "One of the field's choices.";
  }
  return {};
}

}  // namespace hotline::workorder
