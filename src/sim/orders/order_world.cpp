// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/order_world.hpp"

namespace hotline::sim {
namespace {

class OrderWorld {
 public:
  OrderWorld(const OrderScript& script, const OrderFaults& faults, Trace::Line line,
             std::function<void(const app::OrderCommit&)> watch)
      : script_(script),
        watch_(std::move(watch)),
        time_(script.begins),
        trace_(script.begins, std::move(line)),
        checks_(script, shelf_),
        core_({script, shelf_, checks_, time_, trace_}, faults),
        people_({script, core_, checks_, time_, trace_}, faults) {
    shelf_.committed = [this](const app::OrderCommit& commit) { committed(commit); };
    core_.race = [this](WorkOrderId id) { people_.race(id); };
  }

  OrderRun run() {
    core_.start();
    people_.begin();
    const TimePoint month_ends = script_.begins + script_.days;
    while (!checks_.broken() && time_.step(month_ends)) {
    }
    core_.stop_faults();
    people_.stop_faults();
    while (!checks_.broken() && !settled() && time_.step(month_ends + script_.settles_within)) {
    }
    const TimePoint last = time_.now();
    if (!checks_.broken()) checks_.at_the_end(last);
    OrderRun run;
    run.steps = trace_.events();
    run.hash = trace_.hash();
    run.orders = checks_.figures();
    run.core = core_.figures();
    run.people = people_.figures();
    run.days = std::chrono::ceil<std::chrono::days>(last - script_.begins);
    if (checks_.broken()) run.violation = {script_.seed, trace_.events(), last - script_.begins, *checks_.broken()};
    return run;
  }

 private:
  [[nodiscard]] bool settled() const { return people_.all_have_called() && shelf_.open().empty(); }
  void committed(const app::OrderCommit& commit) {
    for (const app::OrderWrite& write : commit.writes)
      for (const workorder::SealedEvent& event : write.events)
        trace_.add(time_.now(), event.kind + " -> " + write.row.type + " " + write.row.state, write.row.id.value(),
                   event.by.value());
    if (watch_) watch_(commit);
    checks_.committed(commit);
    people_.committed(commit);
  }

  const OrderScript& script_;
  std::function<void(const app::OrderCommit&)> watch_;
  Timeline time_;
  Trace trace_;
  OrderShelf shelf_;
  OrderChecks checks_;
  OrderCore core_;
  OrderPeople people_;
};

}  // namespace

OrderRun run_orders(const OrderScript& script, const OrderFaults& faults, Trace::Line line,
                    std::function<void(const app::OrderCommit&)> watch) {
  return OrderWorld(script, faults, std::move(line), std::move(watch)).run();
}

}  // namespace hotline::sim
