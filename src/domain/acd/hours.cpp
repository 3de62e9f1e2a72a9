// SPDX-License-Identifier: Apache-2.0
#include "domain/acd/hours.hpp"

#include <algorithm>

#include "base/local_time.hpp"

namespace hotline::acd {
bool is_open(const OpenHours& hours, TimePoint now) {
  if (hours.always()) return true;
  const std::int64_t day = local_day(now, hours.utc_offset);
  const auto minute = std::chrono::floor<std::chrono::minutes>(now - midnight_of(day, hours.utc_offset)).count();
  const DaySpans& spans = spans_of(hours, day);
  return std::any_of(spans.begin(), spans.end(),
                     [&](const auto& span) { return span.first <= minute && minute < span.second; });
}

std::optional<TimePoint> next_change(const OpenHours& hours, TimePoint now) {
  if (hours.always()) return std::nullopt;
  const bool open = is_open(hours, now);
  const std::int64_t today = local_day(now, hours.utc_offset);
  for (std::int64_t day = today; day < today + 400; ++day) {
    const TimePoint midnight = midnight_of(day, hours.utc_offset);
    std::vector<TimePoint> edges{midnight};
    for (const auto& [from, to] : spans_of(hours, day)) {
      edges.push_back(midnight + std::chrono::minutes{from});
      edges.push_back(midnight + std::chrono::minutes{to});
    }
    std::sort(edges.begin(), edges.end());
    for (const TimePoint edge : edges) {
      if (edge > now && is_open(hours, edge) != open) return edge;
    }
  }
  return std::nullopt;
}

}  // namespace hotline::acd
