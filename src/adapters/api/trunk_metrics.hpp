// SPDX-License-Identifier: Apache-2.0
// Trunks and gateways for Prometheus. Pure. Each node counts for itself: sum by (trunk) is the whole trunk.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "app/ports/voice.hpp"

namespace hotline::api {

/// Families with the labels node, trunk, and gateway or direction. Counters are since the node's start.
[[nodiscard]] std::vector<prometheus::MetricFamily> trunk_metrics(const std::vector<app::TrunkStatus>& trunks);

}  // namespace hotline::api
