// SPDX-License-Identifier: Apache-2.0
// The shipped types, for simulated worlds of work orders.
#pragma once

#include <gtest/gtest.h>

#include "adapters/orders/order_files.hpp"
#include "sim/orders/order_world.hpp"
#include "vault/sha256.hpp"

namespace hotline::sim {

inline const workorder::TypeBook& shipped_types() {
  static const workorder::TypeBook book = [] {
    auto loaded = orders::load(HOTLINE_SOURCE_DIR "/orders");
    EXPECT_TRUE(loaded.has_value());
    return loaded ? *loaded : workorder::TypeBook{};
  }();
  return book;
}

inline OrderRun run_small(std::uint64_t seed, const OrderFaults& faults) {
  return run_orders(small_order_world(seed, shipped_types(), vault::sha256_hex), faults);
}

}  // namespace hotline::sim
