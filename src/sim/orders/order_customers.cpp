// SPDX-License-Identifier: Apache-2.0
// What customers do by themselves: call, call again about the same, chase, and not be satisfied after all.
#include <array>
#include <cmath>

#include "sim/orders/order_people.hpp"

namespace hotline::sim {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Share of a day's calls in each hour, as in the month of calls.
constexpr std::array<double, 24> share{0.9, 0.5, 0.3, 0.3, 0.3, 0.5, 1.3, 3.0, 6.2, 8.0, 8.4, 7.2,
                                       5.2, 5.4, 6.6, 7.2, 6.8, 6.0, 5.2, 5.6, 5.8, 4.6, 3.0, 1.7};

Duration of_day(Stream& chance) {
  double whole = 0;
  for (const double one : share) whole += one;
  double at = chance.uniform() * whole;
  std::size_t hour = 0;
  while (hour + 1 < share.size() && at >= share[hour]) at -= share[hour++];
  return hours{hour} + chance.between(Duration{0}, hours{1} - Duration{1});
}

std::string some_value(const workorder::Field& field, Stream& chance) {
  switch (field.kind) {
    case workorder::FieldKind::choice:
      return field.choices[chance.below(field.choices.size())].code;
    case workorder::FieldKind::integer:
    case workorder::FieldKind::money:
      return std::to_string(std::max<std::int64_t>(field.least, 1));
    case workorder::FieldKind::flag:
      return chance.chance(0.5) ? "true" : "false";
    case workorder::FieldKind::date:
      return "2026-11-02";
    case workorder::FieldKind::phone:
      return "0590881" + std::to_string(10'000 + chance.below(80'000));
    default:
      return "As the customer says.";
  }
}

}  // namespace

void OrderPeople::plan_customers(const std::string& type, std::size_t count) {
  to_come_ += count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto day = days{customers_.below(static_cast<std::uint64_t>(p_.script.days.count()))};
    p_.time.at(p_.script.begins + day + of_day(customers_), [this, type, i] { customer_calls(type, i); });
  }
}

workorder::Opening OrderPeople::opening_of(const std::string& type, std::size_t number) {
  workorder::Opening opening;
  opening.type = type;
  opening.title = "The matter of customer " + std::to_string(number);
  opening.text = "As the customer has told it on the telephone.";
  opening.urgent = chance_.chance(0.05);
  opening.customer = CustomerId{1 + customers_.below(400'000)};
  opening.contact = ContactId{1 + customers_.below(1U << 30)};
  opening.person = "Customer " + std::to_string(number);
  opening.phone = "0590883" + std::to_string(10'000 + customers_.below(80'000));
  for (const workorder::Field& field : p_.script.types.at(type).fields)
    if (field.required || customers_.chance(0.3)) opening.fields[field.code] = some_value(field, customers_);
  return opening;
}

void OrderPeople::customer_calls(const std::string& type, std::size_t number) {
  if (!p_.core.runs()) {  // nobody can take it down now: they are asked to wait
    p_.time.after(minutes{1}, [this, type, number] { customer_calls(type, number); });
    return;
  }
  --to_come_;
  (type == "product_order"  ? figures_.product_orders
   : type == "fault_report" ? figures_.fault_reports
   : type == "complaint"    ? figures_.complaints
                            : figures_.others) += 1;
  workorder::Opening opening = opening_of(type, number);
  const workorder::Type& book = p_.script.types.at(type);
  AgentId by = agents_[chance_.below(agents_.size())];
  // Some come from outside, and are the supervisors' until somebody owns them.
  opening.owner = by;
  if (!book.create_by.empty() && book.create_by.front() != workorder::Who::hotline)
    by = desks_.at("supervisors").members.front();
  else if (chance_.chance(0.05))
    opening.owner = {};
  const std::string command_id = "opening-" + type + "-" + std::to_string(number);
  make(opening, {command_id, "of " + command_id, std::nullopt, actor(by)});
}

void OrderPeople::make(const workorder::Opening& opening, const app::OrderRequest& request) {
  const Reply reply = p_.core.create(request, opening);
  if (reply.kind == Reply::Kind::no_answer) {
    ++figures_.repeated_commands;
    p_.time.after(seconds{30}, [this, opening, request] { make(opening, request); });
    return;
  }
  if (reply.kind == Reply::Kind::refused)
    return p_.checks.complain({}, "a customer's matter was refused: " + opening.type + ", " + reply.code);
  const WorkOrderId id = reply.record->order.id;
  if (const auto before = latest_.find(opening.type);
      before != latest_.end() && chance_.chance(p_.script.habits.repeated))
    repeat_of_[id] = before->second;
  else
    latest_[opening.type] = id;
  if (opening.owner) take_up(desks_.at("hotline"), id, chance_.exponential(minutes{6}));
}

void OrderPeople::chase(WorkOrderId id) {
  p_.time.after(chance_.exponential(hours{12}), [this, id] {
    if (!p_.core.runs()) return chase(id);
    ++figures_.chases;
    workorder::Command command;
    command.action = "chase";
    Desk& desk = desks_.at("hotline");
    send(desk, id, {actor(agents_[chance_.below(agents_.size())]), command, std::nullopt}, std::nullopt);
  });
}

void OrderPeople::wants_it_again(WorkOrderId id) {
  p_.time.after(chance_.exponential(days{2}), [this, id] {
    if (!p_.core.runs()) return wants_it_again(id);
    workorder::Command command;
    command.action = "reopen";
    command.text = "Not satisfied after all.";
    Desk& desk = desks_.at("hotline");
    send(desk, id, {actor(agents_[chance_.below(agents_.size())]), command, std::nullopt}, std::nullopt);
  });
}

}  // namespace hotline::sim
