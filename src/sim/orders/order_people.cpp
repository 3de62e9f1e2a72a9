// SPDX-License-Identifier: Apache-2.0
// Lists of work, working hours, crashes, and sending until there is an answer.
#include "sim/orders/order_people.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration sent_again_after = seconds{20}, looked_again_after = minutes{3};
constexpr const char* hotline_desk = "hotline";
constexpr const char* supervisors_desk = "supervisors";
constexpr const char* quality_desk = "quality";

}  // namespace

OrderPeople::OrderPeople(Parts parts, const OrderFaults& faults)
    : p_(parts),
      faults_(faults),
      departments_(parts.script.organisation.departments),
      calendars_(parts.script.organisation.calendars),
      chance_(parts.script.seed, "order people"),
      customers_(parts.script.seed, "order customers") {
  hire();
}

void OrderPeople::hire() {
  const auto crew = [&](const std::string& name, Role role, std::uint64_t first, std::uint64_t count) {
    Desk& desk = desks_[name];
    desk.role = role;
    for (std::uint64_t i = 0; i < count; ++i) {
      desk.members.emplace_back(first + i);
      desk_of_[desk.members.back()] = name;
    }
  };
  crew(hotline_desk, Role::hotline, 8'001, p_.script.agents);
  crew(supervisors_desk, Role::supervisors, 8'901, p_.script.supervisors);
  crew(quality_desk, Role::quality, 8'801, p_.script.quality);
  agents_ = desks_[hotline_desk].members;
  for (const auto& [code, department] : departments_.all()) {
    Desk& desk = desks_["department:" + code];
    desk.role = Role::department;
    desk.department = code;
    desk.calendar = departments_.calendar_of(code);
    for (const workorder::Member& member : department.members) {
      desk.members.push_back(member.agent);
      desk_of_[member.agent] = "department:" + code;
      if (member.position != workorder::Position::member && !desk.head) desk.head = member.agent;
    }
  }
}

workorder::Actor OrderPeople::actor(AgentId id) const {
  app::Agent agent;
  agent.id = id;
  const auto found = desk_of_.find(id);
  const std::string& desk = found == desk_of_.end() ? std::string() : found->second;
  agent.role = desk == supervisors_desk ? "supervisor" : "agent";
  agent.team = desk == quality_desk ? "quality" : "call";
  return p_.core.desk()->actor_of(agent);
}

void OrderPeople::begin() {
  const OrderScript& s = p_.script;
  for (const auto& [code, type] : s.types) {
    const std::size_t count = code == "product_order"  ? s.product_orders
                              : code == "fault_report" ? s.fault_reports
                              : code == "complaint"    ? s.complaints
                                                       : s.others;
    plan_customers(code, count);
  }
  for (auto& [name, desk] : desks_)
    if (desk.role == Role::department) plan_crash(desk);
  rounds();
}

/// Open time of the desk's calendar, counted from now.
void OrderPeople::take_up(Desk& desk, WorkOrderId id, Duration within) {
  if (!desk.up) return;  // whoever comes back reads the inbox
  const auto at = workorder::after_open(calendars_.of(desk.calendar), p_.time.now(), std::max(within, Duration{1}));
  if (!at) return;
  Planned& planned = desk.in_hand[id];
  if (planned.ticket != 0 && planned.at <= *at) return;
  planned = {*at, ++tickets_};
  p_.time.at(*at, [this, &desk, id, ticket = planned.ticket] {
    const auto found = desk.in_hand.find(id);
    if (found == desk.in_hand.end() || found->second.ticket != ticket) return;
    desk.in_hand.erase(found);
    look_at(desk, id);
  });
}

Duration OrderPeople::delay(const Desk& desk) {
  const OrderHabits& habits = p_.script.habits;
  const Duration mean = desk.role == Role::department
                            ? (chance_.chance(0.4) ? habits.department_accepts : habits.department_works)
                            : habits.hotline_acts;
  const Duration taken = chance_.lognormal(mean, 1.0);
  return desk.role == Role::department && chance_.chance(habits.late) ? taken * 6 : taken;
}

void OrderPeople::look_at(Desk& desk, WorkOrderId id) {
  std::optional<app::OrderRecord> record;
  try {
    record = p_.core.find(id);
  } catch (const app::StoreError&) {
  }
  if (!record) return take_up(desk, id, looked_again_after);
  const auto intent = choose({desk, record->order, p_.script.types.at(record->order.type)});
  if (!intent) return;
  if (!chance_.chance(p_.script.habits.thinks_long)) return send(desk, id, *intent, std::nullopt);
  // The page stands open for a while, and is sent with the version it showed; or without.
  const auto version = chance_.chance(0.5) ? std::optional(record->order.version) : std::nullopt;
  p_.time.after(chance_.exponential(minutes{8}), [this, &desk, id, intent = *intent, version, life = desk.life] {
    if (desk.life == life) send(desk, id, intent, version);
  });
}

void OrderPeople::send(Desk& desk, WorkOrderId id, const Intent& intent, std::optional<std::int64_t> version) {
  const std::string command_id = "command-" + std::to_string(++commands_);
  submit(desk, id, intent, {command_id, "of " + command_id, version, intent.by}, desk.life);
}

void OrderPeople::submit(Desk& desk, WorkOrderId id, const Intent& intent, const app::OrderRequest& request,
                         std::uint64_t life) {
  if (desk.life != life) return;  // crashed: nobody knows any more that it was sent
  const Reply reply = p_.core.act(id, request, intent.command, intent.target);
  if (reply.kind == Reply::Kind::no_answer) {
    ++figures_.repeated_commands;
    p_.time.after(sent_again_after,
                  [this, &desk, id, intent, request, life] { submit(desk, id, intent, request, life); });
    return;
  }
  const bool unreached = intent.command.action == "ask" && intent.command.answer == workorder::Answer::unreached;
  take_up(desk, id,
          reply.kind == Reply::Kind::refused ? looked_again_after + chance_.exponential(minutes{20})
          : unreached                        ? hours{1} + chance_.exponential(hours{3})
                                             : delay(desk));
}

/// Lists are read at their hours, since notices go astray with those who had them.
void OrderPeople::rounds() {
  for (auto& [name, desk] : desks_) round(desk);
  p_.time.after(hours{6}, [this] { rounds(); });
}

void OrderPeople::round(Desk& desk) {
  if (!desk.up) return;
  if (desk.role == Role::department) return take_all(desk, {.department = desk.department});
  if (desk.role == Role::supervisors) take_all(desk, {.due_before = p_.time.now()});
  for (const auto& [code, type] : p_.script.types)
    for (const workorder::State& state : type.states) {
      const auto theirs = [&](workorder::Action verb) {
        return std::any_of(type.steps.begin(), type.steps.end(), [&](const workorder::Step& step) {
          return step.verb == verb && std::find(step.from.begin(), step.from.end(), state.code) != step.from.end();
        });
      };
      using enum workorder::Action;
      const bool in_list =
          desk.role == Role::supervisors ? theirs(arbitrate)
          : desk.role == Role::quality
              ? theirs(inspect) || theirs(report_up) || theirs(assess) || theirs(archive)
              : theirs(dispatch) || theirs(tell) || theirs(ask) || theirs(archive) || state.code == "testing";
      if (in_list && !state.end) take_all(desk, {.type = code, .state = state.code, .closed = false});
    }
}

void OrderPeople::take_all(Desk& desk, app::OrderQuery query) {
  query.limit = 200;
  try {
    for (;;) {
      const auto rows = p_.core.orders(query);
      for (const app::OrderRow& row : rows)
        if (!desk.in_hand.contains(row.id)) take_up(desk, row.id, delay(desk));
      if (rows.size() < query.limit) return;
      query.before = rows.back().id;
    }
  } catch (const app::StoreError&) {
  }
}

void OrderPeople::plan_crash(Desk& desk) {
  p_.time.after(chance_.exponential(p_.script.department_crashes_every), [this, &desk] {
    if (!faults_.departments) return;
    ++figures_.department_crashes;
    p_.trace.add(p_.time.now(), "department crashes: " + desk.department);
    desk.up = false;
    ++desk.life;
    figures_.lost_in_hand += desk.in_hand.size();
    desk.in_hand.clear();
    p_.time.after(chance_.between(minutes{30}, hours{10}), [this, &desk] {
      p_.trace.add(p_.time.now(), "department is back: " + desk.department);
      desk.up = true;
      round(desk);
      plan_crash(desk);
    });
  });
}

void OrderPeople::committed(const app::OrderCommit& commit) {
  for (const app::OrderWrite& write : commit.writes) {
    for (const app::OutboxEntry& entry : write.outbox) tell(entry);
    const workorder::Order* order = p_.checks.order(write.row.id);
    if (order == nullptr || write.events.empty()) continue;
    const std::string& last = write.events.back().kind;
    if (order->closed && chance_.chance(p_.script.habits.reopened) && order->reopened < 2) wants_it_again(order->id);
    // Customers call again and ask where it stays.
    if (last == "dispatch" && chance_.chance(p_.script.habits.chased)) chase(order->id);
    if (last == "wait" && chance_.chance(0.7))  // the customer calls in time
      p_.time.after(chance_.exponential(hours{20}),
                    [this, id = order->id] { take_up(desks_.at(hotline_desk), id, minutes{5}); });
  }
}

void OrderPeople::tell(const app::OutboxEntry& entry) {
  const auto colon = entry.to.find(':');
  std::string name = entry.to;
  if (entry.to.starts_with("agent:")) {
    const auto found = desk_of_.find(AgentId{std::stoull(entry.to.substr(colon + 1))});
    name = found == desk_of_.end() ? hotline_desk : found->second;
  }
  const auto desk = desks_.find(name);
  if (desk == desks_.end()) return;
  const bool urgent = entry.kind == "chase" || entry.kind == "escalate" || entry.kind == "warn";
  take_up(desk->second, entry.order, urgent ? chance_.exponential(minutes{45}) : delay(desk->second));
}

void OrderPeople::race(WorkOrderId id) {
  Desk& desk = desks_.at(supervisors_desk);
  workorder::Command command;
  command.action = chance_.chance(0.5) ? "note" : "chase";
  command.text = "Looked at by another.";
  send(desk, id, {actor(desk.members[chance_.below(desk.members.size())]), command, std::nullopt}, std::nullopt);
}

}  // namespace hotline::sim
