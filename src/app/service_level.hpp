// SPDX-License-Identifier: Apache-2.0
// The four usual formulas of the service level, by name: they differ in what abandoned calls count for, and a figure
// without its formula says nothing (requirement G7). Pure.
#pragma once

#include <cstdint>

namespace hotline::app {

/// Calls of a queue whose wait has ended. "In time": within the threshold.
struct ServiceCounts {
  std::int64_t answered = 0, answered_in_time = 0;
  std::int64_t abandoned = 0, abandoned_in_time = 0;  ///< short abandons included or left out, as the caller wishes
};

enum class ServiceLevelFormula : std::uint8_t {
  abandons_in_time_are_served,  ///< (answered + abandoned in time) / (answered + abandoned)
  abandons_left_out,            ///< answered in time / answered
  abandons_are_failures,        ///< answered in time / (answered + abandoned)
  early_abandons_left_out,      ///< answered in time / (answered + abandoned later than the threshold)
};

/// 0 to 1; 1 when no call counts: nobody was let down.
[[nodiscard]] constexpr double service_level(const ServiceCounts& counts, ServiceLevelFormula formula) {
  std::int64_t good = counts.answered_in_time, all = counts.answered;
  switch (formula) {
    case ServiceLevelFormula::abandons_in_time_are_served:
      good += counts.abandoned_in_time;
      all += counts.abandoned;
      break;
    case ServiceLevelFormula::abandons_left_out:
      break;
    case ServiceLevelFormula::abandons_are_failures:
      all += counts.abandoned;
      break;
    case ServiceLevelFormula::early_abandons_left_out:
      all += counts.abandoned - counts.abandoned_in_time;
      break;
  }
  return all == 0 ? 1 : static_cast<double>(good) / static_cast<double>(all);
}

}  // namespace hotline::app
