// SPDX-License-Identifier: Apache-2.0
// How long recordings are kept, by service line and contact reason. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace hotline::app {

/// Days for contacts of this line and reason; an empty one stands for any. 0 days: for ever.
struct RetentionRule {
  std::string service_line, reason;
  std::int64_t days = 0;
};

struct Retention {
  std::int64_t days = 0;  ///< of what no rule is about; 0: for ever
  std::vector<RetentionRule> rules;
};

/// By the rule that says most: line and reason, then reason, then line, then the general time. A reason says more than
/// a line, since it is what a dispute is about. Among rules that say as much the longest time holds. nullopt: for ever.
[[nodiscard]] std::optional<Duration> kept_for(const Retention& retention, const std::string& service_line,
                                               const std::string& reason);

/// The shortest time anything is kept: what is younger need not be looked at. nullopt: everything is kept for ever.
[[nodiscard]] std::optional<Duration> kept_least(const Retention& retention);

[[nodiscard]] bool is_expired(const Retention& retention, const std::string& service_line, const std::string& reason,
                              TimePoint started_at, TimePoint now);

}  // namespace hotline::app
