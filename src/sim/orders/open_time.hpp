// SPDX-License-Identifier: Apache-2.0
// Open time of a calendar counted minute by minute: the checks' own measure, which shares nothing with the engine's but
// the question whether a minute is open. Covers a span of time; asks outside it are errors.
#pragma once

#include <optional>
#include <vector>

#include "domain/workorder/calendar.hpp"

namespace hotline::sim {

class OpenTime {
 public:
  /// `begins` is a whole minute.
  OpenTime(const workorder::Calendar& calendar, TimePoint begins, std::chrono::days span);
  [[nodiscard]] Duration between(TimePoint from, TimePoint to) const { return until(to) - until(from); }
  /// The first moment at which `open` has passed since `from`; nullopt: not within the span.
  [[nodiscard]] std::optional<TimePoint> after(TimePoint from, Duration open) const;

 private:
  [[nodiscard]] Duration until(TimePoint at) const;
  TimePoint begins_;
  std::vector<std::int32_t> minutes_;  ///< open ones before the minute
};

}  // namespace hotline::sim
