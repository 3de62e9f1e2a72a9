// SPDX-License-Identifier: Apache-2.0
// Those who work on simulated orders, and their customers. Everybody acts only on what they were told (notices) or find
// in their lists; what a department has in hand is lost when it crashes, and found again in its inbox.
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "sim/orders/order_core.hpp"

namespace hotline::sim {

class OrderPeople {
 public:
  struct Parts {
    const OrderScript& script;
    OrderCore& core;
    OrderChecks& checks;
    Timeline& time;
    Trace& trace;
  };
  OrderPeople(Parts parts, const OrderFaults& faults);

  /// All customers of the month are planned, and everybody begins to work.
  void begin();
  /// From now on nobody crashes any more.
  void stop_faults() { faults_ = {}; }
  /// What a commit told whom; called inside of it.
  void committed(const app::OrderCommit& commit);
  /// Another person acts on the order at this very moment.
  void race(WorkOrderId id);
  [[nodiscard]] bool all_have_called() const { return to_come_ == 0; }

  struct Figures {
    std::uint64_t product_orders = 0, fault_reports = 0, complaints = 0, others = 0, department_crashes = 0;
    std::uint64_t lost_in_hand = 0, repeated_commands = 0, chases = 0;
  };
  [[nodiscard]] const Figures& figures() const { return figures_; }

 private:
  enum class Role : std::uint8_t { hotline, supervisors, quality, department };
  struct Planned {
    TimePoint at{};
    std::uint64_t ticket = 0;
  };
  /// Those who share a list of work. `in_hand` is in their heads and browsers alone.
  struct Desk {
    Role role = Role::hotline;
    std::string department;
    std::vector<AgentId> members;
    AgentId head;
    std::string calendar = workorder::kRoundTheClock;
    bool up = true;
    std::uint64_t life = 0;  ///< crashed so often
    std::unordered_map<WorkOrderId, Planned> in_hand;
  };
  /// What somebody has decided to do.
  struct Intent {
    workorder::Actor by;
    workorder::Command command;
    std::optional<WorkOrderId> target;
  };
  using Choice = std::optional<Intent>;
  /// What is looked at while choosing.
  struct View {
    Desk& desk;
    const workorder::Order& order;
    const workorder::Type& type;
  };

  // order_people.cpp: lists, time, sending
  void hire();
  [[nodiscard]] workorder::Actor actor(AgentId id) const;
  void take_up(Desk& desk, WorkOrderId id, Duration within);
  [[nodiscard]] Duration delay(const Desk& desk);
  void look_at(Desk& desk, WorkOrderId id);
  void send(Desk& desk, WorkOrderId id, const Intent& intent, std::optional<std::int64_t> version);
  void submit(Desk& desk, WorkOrderId id, const Intent& intent, const app::OrderRequest& request, std::uint64_t life);
  void rounds();
  void round(Desk& desk);
  void take_all(Desk& desk, app::OrderQuery query);
  void plan_crash(Desk& desk);
  void tell(const app::OutboxEntry& entry);

  // order_customers.cpp: what customers do by themselves
  void plan_customers(const std::string& type, std::size_t count);
  void customer_calls(const std::string& type, std::size_t number);
  void make(const workorder::Opening& opening, const app::OrderRequest& request);
  [[nodiscard]] workorder::Opening opening_of(const std::string& type, std::size_t number);
  void wants_it_again(WorkOrderId id);
  void chase(WorkOrderId id);

  // order_choices.cpp: what a desk would do with an order
  [[nodiscard]] Choice choose(View view);
  [[nodiscard]] Choice choose_hotline(View view);
  [[nodiscard]] Choice choose_result(View view);
  [[nodiscard]] Choice choose_supervisors(View view);
  [[nodiscard]] Choice choose_quality(View view);
  [[nodiscard]] Choice choose_department(View view);
  [[nodiscard]] Choice choose_handling(View view);
  [[nodiscard]] Choice missing_for(const View& view, const workorder::Step& step, AgentId by);
  [[nodiscard]] const workorder::Step* step_of(const View& view, workorder::Action verb) const;
  [[nodiscard]] Choice intend(const View& view, AgentId by, const std::string& action);
  [[nodiscard]] std::string lead_for(const workorder::Order& order, const std::string& state);

  Parts p_;
  OrderFaults faults_;
  workorder::Departments departments_;
  workorder::Calendars calendars_;
  std::map<std::string, Desk> desks_;
  std::vector<AgentId> agents_;
  std::unordered_map<AgentId, std::string> desk_of_;
  std::unordered_map<std::string, WorkOrderId> latest_;     ///< of each type: for repeats
  std::unordered_map<WorkOrderId, WorkOrderId> repeat_of_;  ///< as the one who took it was told
  Stream chance_, customers_;
  std::size_t to_come_ = 0;
  std::uint64_t tickets_ = 0, commands_ = 0;
  Figures figures_;
};

}  // namespace hotline::sim
