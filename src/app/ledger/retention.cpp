// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/ledger/retention.hpp"

#include <chrono>

namespace hotline::app {
namespace {

std::optional<Duration> time_of(std::int64_t days) {
  if (days <= 0) return std::nullopt;
  return std::chrono::hours(24 * days);
}

}  // namespace

std::optional<Duration> kept_for(const Retention& retention, const std::string& service_line,
                                 const std::string& reason) {
  int best = 0;
  std::optional<Duration> kept = time_of(retention.days);
  for (const RetentionRule& rule : retention.rules) {
    if (!rule.service_line.empty() && rule.service_line != service_line) continue;
    if (!rule.reason.empty() && rule.reason != reason) continue;
    const int says = (rule.reason.empty() ? 0 : 2) + (rule.service_line.empty() ? 0 : 1);
    const auto time = time_of(rule.days);
    if (says < best) continue;
    if (says > best || !time || (kept && *time > *kept)) kept = time;
    best = says;
  }
  return kept;
}

std::optional<Duration> kept_least(const Retention& retention) {
  std::optional<Duration> least = time_of(retention.days);
  for (const RetentionRule& rule : retention.rules)
    if (const auto time = time_of(rule.days); time && (!least || *time < *least)) least = time;
  return least;
}

bool is_expired(const Retention& retention, const std::string& service_line, const std::string& reason,
                TimePoint started_at, TimePoint now) {
  const auto kept = kept_for(retention, service_line, reason);
  return kept && started_at + *kept <= now;
}

}  // namespace hotline::app
