// SPDX-License-Identifier: Apache-2.0
// Asks a running voice node how it is, over the socket the core uses. Needs no core, commands nothing, and takes no
// place of one. Blocks; any thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "voice_link.pb.h"

namespace hotline::voice_link {

/// Fails when nobody listens at `address`, when this user may not connect to it, and when no answer comes within
/// `limit`.
[[nodiscard]] Result<link::NodeStatus, Problem> ask_status(const std::string& address,
                                                           Duration limit = Duration{3'000});

}  // namespace hotline::voice_link
