// SPDX-License-Identifier: Apache-2.0
// What must hold of every simulated order after every commit, seen only through what is stored: a shadow folds the
// lines of the history anew and counts time by its own measure. The first rule that does not hold ends the run.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "domain/workorder/engine.hpp"
#include "sim/orders/open_time.hpp"
#include "sim/orders/order_script.hpp"
#include "sim/orders/order_shelf.hpp"

namespace hotline::sim {

class OrderChecks {
 public:
  OrderChecks(const OrderScript& script, const OrderShelf& shelf);

  /// After each commit: its histories continue their chains and fold to the stored states; nobody leaves the loop
  /// without the customer told and asked; clocks count open time alone; each escalation comes once, in its turn, to
  /// somebody; the deadline is the right one; the inboxes are; somebody can go on.
  void committed(const app::OrderCommit& commit);
  /// A person was told that it is done: it is.
  void acknowledged(const std::string& command_id, WorkOrderId order, std::int64_t version);
  /// The core has given all that was due.
  void ticked(TimePoint now);
  /// Everybody has had all the time they need: nothing is open.
  void at_the_end(TimePoint now);

  void complain(WorkOrderId order, const std::string& what);
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  [[nodiscard]] const workorder::Order* order(WorkOrderId id) const;

  struct Figures {
    std::uint64_t orders = 0, commits = 0, lines = 0, warnings = 0, escalations = 0, closed = 0, reopened = 0;
    std::uint64_t merged = 0, extensions = 0, co_handled = 0, returned = 0, arbitrated = 0, waits = 0, notices = 0;
  };
  [[nodiscard]] const Figures& figures() const { return figures_; }

 private:
  struct Given {  ///< a warning or an escalation
    std::string clock;
    std::int64_t round;
    Duration limit;  ///< of warnings: there is one set for each limit
    bool warning;
    std::int64_t number;
    friend auto operator<=>(const Given&, const Given&) = default;
  };
  struct Shadow {
    workorder::Order order;
    std::string hash;
    bool result = false, told = false, asked = false, closed = false;
    std::int64_t attempts = 0;
    std::map<std::string, Duration> counted;
    std::map<std::string, std::int64_t> rounds;
    std::set<Given> given;
    std::optional<TimePoint> due;
  };

  void see(const app::OrderWrite& write, TimePoint now);
  void fold(Shadow& shadow, const workorder::SealedEvent& line);
  void telling(Shadow& shadow, const workorder::Event& event);
  void clocks(Shadow& shadow, const workorder::Order& before, const workorder::Event& event);
  void given(Shadow& shadow, const workorder::Event& event);
  void stored(const Shadow& shadow, const app::OrderWrite& write);
  void parts(const Shadow& shadow, const app::OrderWrite& write);
  void deadline(Shadow& shadow, const app::OrderWrite& write, TimePoint now);
  void told(const app::OrderWrite& write);
  void can_go_on(const Shadow& shadow);
  [[nodiscard]] static bool leads_on(const workorder::Context& context, const workorder::Order& order,
                                     const workorder::Actor& by, const std::string& action);
  void repeats_have_results(const Shadow& shadow);
  void count(const workorder::Event& event);
  [[nodiscard]] std::optional<TimePoint> due_of(const Shadow& shadow) const;
  [[nodiscard]] const OpenTime& open_time(const std::string& calendar) const;
  [[nodiscard]] const workorder::Type& type_of(const workorder::Order& order) const;

  const OrderScript& script_;
  const OrderShelf& shelf_;
  workorder::Departments departments_;
  workorder::Calendars calendars_;
  std::map<std::string, OpenTime> open_times_;
  std::unordered_map<WorkOrderId, Shadow> shadows_;
  std::set<std::pair<TimePoint, WorkOrderId>> due_;
  std::set<std::string> numbers_;
  /// Situations known to have one: type, state, lead department, owned, result there, told, asked.
  std::set<std::tuple<std::string, std::string, std::string, bool, bool, bool, bool>> ways_out_;
  std::optional<std::string> broken_;
  Figures figures_;
};

}  // namespace hotline::sim
