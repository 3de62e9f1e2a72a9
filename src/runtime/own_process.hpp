// SPDX-License-Identifier: Apache-2.0
// What this process uses, for those who ask. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace hotline::runtime {

struct OwnProcess {
  std::uint64_t memory_bytes = 0;  ///< resident
  std::chrono::milliseconds cpu{0};
};

/// Reads /proc/self/statm and the process clock; a figure that cannot be had is 0.
[[nodiscard]] OwnProcess own_process();

}  // namespace hotline::runtime
