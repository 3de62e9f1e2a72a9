// SPDX-License-Identifier: Apache-2.0
// A month of a provincial telecom hotline through the routing core: 1,315,977 calls, 150 seats, 300 trunks, two thirds
// of the callers served by the flow alone. Those who wait hear their place, are sent on, or are called back.
#pragma once

#include "sim/traffic.hpp"

namespace hotline::sim {

struct MonthOptions {
  std::uint64_t seed = 1;
  std::int64_t calls = 1'315'977;
  std::uint32_t days = 30, seats = 150, trunks = 300;
};

[[nodiscard]] TrafficScript month_script(const MonthOptions& options);

}  // namespace hotline::sim
