// SPDX-License-Identifier: Apache-2.0
#include "domain/acd/hours.hpp"

#include <algorithm>

namespace hotline::acd {
namespace {

using std::chrono::days;

std::int64_t local_day(const OpenHours& hours, TimePoint now) {
  return std::chrono::floor<days>(now + hours.utc_offset).time_since_epoch().count();
}

const DaySpans& spans_of(const OpenHours& hours, std::int64_t day) {
  static const DaySpans none;
  if (const auto own = hours.days.find(day); own != hours.days.end()) return own->second;
  const auto weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
  const auto usual = hours.week.find(weekday);
  return usual == hours.week.end() ? none : usual->second;
}

}  // namespace

bool is_open(const OpenHours& hours, TimePoint now) {
  if (hours.always()) return true;
  const TimePoint local = now + hours.utc_offset;
  const auto minute = std::chrono::floor<std::chrono::minutes>(local - std::chrono::floor<days>(local)).count();
  const DaySpans& spans = spans_of(hours, local_day(hours, now));
  return std::any_of(spans.begin(), spans.end(),
                     [&](const auto& span) { return span.first <= minute && minute < span.second; });
}

std::optional<TimePoint> next_change(const OpenHours& hours, TimePoint now) {
  if (hours.always()) return std::nullopt;
  const bool open = is_open(hours, now);
  const std::int64_t today = local_day(hours, now);
  for (std::int64_t day = today; day < today + 400; ++day) {
    const TimePoint midnight = TimePoint{days{day}} - hours.utc_offset;
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
