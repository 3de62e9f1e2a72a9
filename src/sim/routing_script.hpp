// SPDX-License-Identifier: Apache-2.0
// The routing of a simulated hotline, by chance: exits, opening hours that end during the day, announcements,
// call-backs, ring plans, trunks kept for service lines, and what administrators make of all that while it runs. Pure.
#pragma once

#include <string>

#include "app/routing.hpp"
#include "sim/random.hpp"
#include "sim/script.hpp"

namespace hotline::sim {

/// Of the queue "general" or "experts". Everything in it is valid; most of it is there in some worlds only.
[[nodiscard]] app::QueueRouting some_routing(const std::string& queue, Stream& chance);
[[nodiscard]] app::RoutingRules some_rules(Stream& chance);
/// A stage that may follow `now`'s, or the same one, and other shares of the trunks.
[[nodiscard]] app::LineOperation some_operation(const app::LineOperation& now, Stream& chance);

/// Gives queues, service lines, callers and administrators of a world their part in it, with chances of its own: the
/// rest of the world of this seed stays as it is.
void give_routing(WorldScript& script);

}  // namespace hotline::sim
