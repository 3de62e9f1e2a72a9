// SPDX-License-Identifier: Apache-2.0
// The simulated core of work orders: the real app::OrderDesk over the shelf, with its clock. It dies where the shelf
// says so, and everything in it with it; a new one reads what was committed.
#pragma once

#include <optional>

#include "app/orders/order_desk.hpp"
#include "sim/orders/order_checks.hpp"
#include "sim/random.hpp"
#include "sim/timeline.hpp"
#include "sim/trace.hpp"

namespace hotline::sim {

/// What became of a request, as its sender knows it.
struct Reply {
  enum class Kind : std::uint8_t { done, refused, no_answer } kind = Kind::no_answer;
  std::optional<app::OrderRecord> record;  ///< done
  std::string code;                        ///< refused
};

class OrderCore {
 public:
  struct Parts {
    const OrderScript& script;
    OrderShelf& shelf;
    OrderChecks& checks;
    Timeline& time;
    Trace& trace;
  };
  OrderCore(Parts parts, const OrderFaults& faults);
  void start();
  void stop_faults();  ///< from now on; a dead core comes back
  [[nodiscard]] bool runs() const { return desk_.has_value(); }

  Reply create(const app::OrderRequest& request, const workorder::Opening& opening);
  Reply act(WorkOrderId id, const app::OrderRequest& request, const workorder::Command& command,
            std::optional<WorkOrderId> target);
  /// nullopt: no such order, or no core to ask.
  std::optional<app::OrderRecord> find(WorkOrderId id);
  std::vector<app::OrderRow> orders(const app::OrderQuery& query);
  [[nodiscard]] const app::OrderDesk* desk() const { return desk_ ? &*desk_ : nullptr; }
  [[nodiscard]] std::string fingerprint(const std::string& text) const { return p_.script.sha256(text); }

  /// Who acts at the same moment on the order; set by the world.
  std::function<void(WorkOrderId)> race = [](WorkOrderId) {};
  struct Figures {
    std::uint64_t deaths = 0, store_failures = 0, races = 0, stale = 0, refused = 0;
  };
  [[nodiscard]] const Figures& figures() const { return figures_; }

 private:
  template <class Ask>
  Reply guarded(const std::string& command_id, const Ask& ask);
  OrderShelf::Fate fate(const app::OrderCommit& commit);
  void die();
  void plan_faults();
  void clock();
  void wake(TimePoint at);

  Parts p_;
  OrderFaults faults_;
  Stream chance_;
  std::optional<app::OrderDesk> desk_;
  bool dies_next_ = false, in_race_ = false;
  std::optional<TimePoint> wakes_;
  std::uint64_t wake_ticket_ = 0;
  std::map<std::string, std::uint64_t> refusals_;
  Figures figures_;
};

}  // namespace hotline::sim
