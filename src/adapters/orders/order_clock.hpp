// SPDX-License-Identifier: Apache-2.0
// The thread on which work orders' deadlines are looked at.
#pragma once

#include <memory>

#include "app/orders/order_desk.hpp"
#include "runtime/clock.hpp"
#include "runtime/strand.hpp"

namespace hotline::orders {

class OrderClock {
 public:
  /// Everything referred to must outlive it.
  OrderClock(app::OrderDesk& desk, const runtime::Clock& clock, Duration every);
  ~OrderClock();
  OrderClock(const OrderClock&) = delete;
  OrderClock& operator=(const OrderClock&) = delete;

 private:
  void run(TimePoint now);

  static constexpr std::uint32_t orders_max = 100;  ///< in one go
  app::OrderDesk& desk_;
  const Duration every_;
  TimePoint next_{};      // on the strand
  bool failing_ = false;  // on the strand
  std::unique_ptr<runtime::Strand> strand_;
};

}  // namespace hotline::orders
