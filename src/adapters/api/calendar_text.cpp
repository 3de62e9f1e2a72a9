// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/calendar_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/local_time.hpp"

namespace hotline::api {

std::optional<int> weekday_of(std::string_view name) {
  const auto found = std::find(weekdays.begin(), weekdays.end(), name);
  if (found == weekdays.end()) return std::nullopt;
  return static_cast<int>(found - weekdays.begin());
}

std::optional<int> minute_of(std::string_view text) {
  return minute_from(text);
}

std::string minute_text(int minute) {
  return fmt::format("{:02}:{:02}", minute / 60, minute % 60);
}

std::optional<std::pair<int, int>> span_of(std::string_view text) {
  return span_from(text);
}

std::string span_text(const std::pair<int, int>& span) {
  return minute_text(span.first) + "-" + minute_text(span.second);
}

std::optional<std::int64_t> day_of(std::string_view text) {
  return day_from(text);
}

std::string date_text(std::int64_t day) {
  return day_text(day);
}

}  // namespace hotline::api
