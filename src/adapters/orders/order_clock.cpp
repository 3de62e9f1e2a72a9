// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/orders/order_clock.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace hotline::orders {

OrderClock::OrderClock(app::OrderDesk& desk, const runtime::Clock& clock, Duration every) : desk_(desk), every_(every) {
  runtime::Strand::DueHook hook;
  hook.next_due = [this]() -> std::optional<TimePoint> { return next_; };
  hook.run = [this](TimePoint now) { run(now); };
  strand_ = std::make_unique<runtime::Strand>(runtime::Strand::Config{.name = "orders", .mailbox_max = 16}, clock,
                                              std::move(hook));
}

OrderClock::~OrderClock() {
  strand_->stop();
  strand_->join();
}

void OrderClock::run(TimePoint now) {
  next_ = now + every_;
  try {
    if (desk_.tick(now, orders_max) == orders_max) next_ = now;
    failing_ = false;
  } catch (const app::StoreError& error) {
    if (!std::exchange(failing_, true)) spdlog::warn("the clocks of work orders wait for the store: {}", error.what());
  }
}

}  // namespace hotline::orders
