// SPDX-License-Identifier: Apache-2.0
// Days and times of day as the API has them: "2026-10-01", "08:30", "08:00-12:00", "monday". Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hotline::api {

inline constexpr std::array weekdays{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
/// 0 Monday … 6 Sunday.
[[nodiscard]] std::optional<int> weekday_of(std::string_view name);

/// Minutes of the day, 0 to 1440 ("24:00").
[[nodiscard]] std::optional<int> minute_of(std::string_view text);
[[nodiscard]] std::string minute_text(int minute);
[[nodiscard]] std::optional<std::pair<int, int>> span_of(std::string_view text);
[[nodiscard]] std::string span_text(const std::pair<int, int>& span);

/// Days since 1970-01-01.
[[nodiscard]] std::optional<std::int64_t> day_of(std::string_view text);
[[nodiscard]] std::string date_text(std::int64_t day);

}  // namespace hotline::api
