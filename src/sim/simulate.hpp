// SPDX-License-Identifier: Apache-2.0
// Whole worlds from seeds: app::Live with the call model and the ACD runs for real, everything around it is scripted
// (docs/adr/0020). One seed, one world, one trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/script.hpp"
#include "sim/trace.hpp"

namespace hotline::sim {

struct Violation {
  std::uint64_t seed = 0, step = 0;
  Duration at{};  ///< since the beginning of the day
  std::string what;
};

struct RunResult {
  std::uint64_t events = 0, hash = 0, inputs = 0, calls = 0, quiet_inspections = 0;
  std::uint64_t call_backs = 0, exits = 0;  ///< noted; taken by callers out of queues
  std::uint64_t repairs = 0;                ///< differences the watchdog found after faults, and mended
  std::optional<Violation> violation;       ///< the first one; the run ends there
};

/// Runs a world to its end, or to the first rule that is broken. `line` gets every event when set.
[[nodiscard]] RunResult run(const WorldScript& script, const FaultKinds& faults, Trace::Line line = {});

}  // namespace hotline::sim
