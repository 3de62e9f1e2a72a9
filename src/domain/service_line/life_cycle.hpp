// SPDX-License-Identifier: Apache-2.0
// The life of a service line (requirement B2, 單個完善、統一編隊): perfected by itself, then enlisted, when it is ripe.
// Pure. On the core's live strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace hotline::service_line {

enum class Stage : std::uint8_t {
  standalone,  ///< its own queues and agents; nobody else's calls, and its calls go to nobody else
  trial,       ///< shares agents with the other lines, and is measured
  integrated,  ///< part of the whole
  outsourced,  ///< its calls are sent on to another operator
  retired,     ///< its calls are refused
};
[[nodiscard]] const char* to_string(Stage stage);
[[nodiscard]] std::optional<Stage> stage_from(std::string_view text);
/// Agents of other lines may take its calls, and its agents theirs.
[[nodiscard]] bool is_joined(Stage stage);

/// What a line must have shown, over the last `over`, before it is taken in.
struct Conditions {
  Duration over{7 * 86'400'000};
  std::int64_t calls_least = 100;    ///< fewer say nothing
  double service_level_least = 0.8;  ///< answered within the threshold, of answered and abandoned
  double abandoned_most = 0.05;      ///< of all offered, short ones left out
};
struct Measured {
  std::int64_t offered = 0, answered = 0, answered_in_threshold = 0, abandoned = 0;
  [[nodiscard]] double service_level() const;  ///< 0 without calls
  [[nodiscard]] double abandoned_share() const;
};

/// Why the line may not go from one stage to another, each reason a sentence; empty: it may. Into `integrated` only
/// from `trial` (or back from outsourced or retired by way of standalone), with the conditions met.
[[nodiscard]] std::vector<std::string> obstacles(Stage from, Stage to, const Conditions& conditions,
                                                 const Measured& measured);

}  // namespace hotline::service_line
