// SPDX-License-Identifier: Apache-2.0
// The crews of the demonstration city that install and repair at the customer's. Pure.
#pragma once

#include <vector>

#include "app/ports/appointments.hpp"

namespace hotline::app::demo {

/// Two a district (areas are the codes of exchanges): one that installs and moves, Monday to Saturday, and one that
/// repairs, every day until the evening. About 150 visits a day in all.
[[nodiscard]] std::vector<CrewRow> make_crews();

}  // namespace hotline::app::demo
