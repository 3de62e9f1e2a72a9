// SPDX-License-Identifier: Apache-2.0
// What `hotline voice --stats` prints of a node's status. Pure but for voice_stats() itself.
#pragma once

#include <cstdint>
#include <string>

#include "voice_link/ask_status.hpp"

namespace hotline::main {

/// For people: lines and a table of trunks. `now_ms` is ms since 1970.
[[nodiscard]] std::string stats_table(const link::NodeStatus& status, std::int64_t now_ms);
/// For programs: one JSON object in one line. Limits that are not set are null.
[[nodiscard]] std::string stats_json(const link::NodeStatus& status, std::int64_t now_ms);

}  // namespace hotline::main
