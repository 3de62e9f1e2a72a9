// SPDX-License-Identifier: Apache-2.0
// Opening hours of a queue: a week, and days of their own (holidays, shortened days, working weekends). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace hotline::acd {

/// From and to (exclusive) in minutes of the local day, 0 to 1440; a night is two spans.
using DaySpans = std::vector<std::pair<int, int>>;

/// Without week and days: always open.
struct OpenHours {
  std::map<int, DaySpans> week{};           ///< 0 Monday … 6 Sunday; a day not listed is closed
  std::map<std::int64_t, DaySpans> days{};  ///< by days since 1970-01-01, local: instead of the week's; empty: closed
  std::chrono::minutes utc_offset{480};
  [[nodiscard]] bool always() const { return week.empty() && days.empty(); }
  friend bool operator==(const OpenHours&, const OpenHours&) = default;
};

[[nodiscard]] bool is_open(const OpenHours& hours, TimePoint now);
/// The next moment after `now` at which it closes or opens; nullopt when there is none within 400 days.
[[nodiscard]] std::optional<TimePoint> next_change(const OpenHours& hours, TimePoint now);

}  // namespace hotline::acd
