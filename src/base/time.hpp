// SPDX-License-Identifier: Apache-2.0
// Time as the domains see it: wall-clock milliseconds given as an argument, never read. The real clock is in runtime/.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace hotline {

using Duration = std::chrono::milliseconds;
/// A moment, UTC, in milliseconds since the Unix epoch. The runtime gives the strands a value which never goes back.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// For the JSON, SQL and protobuf edges.
[[nodiscard]] constexpr std::int64_t to_unix_ms(TimePoint t) {
  return t.time_since_epoch().count();
}
[[nodiscard]] constexpr TimePoint from_unix_ms(std::int64_t ms) {
  return TimePoint{Duration{ms}};
}

/// The earlier of two optional deadlines; nullopt means never.
[[nodiscard]] constexpr std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  // On the values, not on the optionals: copying those between branches made the processor wait for its own stores.
  const TimePoint first = std::min(a.value_or(TimePoint::max()), b.value_or(TimePoint::max()));
  return a || b ? std::optional(first) : std::nullopt;
}

}  // namespace hotline
