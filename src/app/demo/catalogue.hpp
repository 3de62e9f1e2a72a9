// SPDX-License-Identifier: Apache-2.0
// The demonstration hotline's configuration that does not hang on chance: lines, queues, skills, reasons. Pure.
#pragma once

#include "app/ports/store.hpp"

namespace hotline::app::demo {

inline constexpr QueueId general{1}, fault{2}, directory{3}, self_service{4}, complaint{5}, order{6}, line_experts{7};
inline constexpr SkillId mandarin{1}, english{2}, billing{3}, technical{4}, complaint_handling{5};

/// Everything but the agents.
[[nodiscard]] World catalogue();

}  // namespace hotline::app::demo
