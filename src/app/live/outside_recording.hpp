// SPDX-License-Identifier: Apache-2.0
// Which calls the outside recorder (SIPREC, docs/adr/0018) gets, and what it is told of them. Pure; live strand.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "domain/call/call.hpp"

namespace hotline::app {

/// [siprec] of the configuration, as far as the core decides.
struct OutsideRules {
  bool enabled = false;
  /// Codes of service lines, names of trunk groups. Both empty: every call; else the calls of one of either.
  std::set<std::string> service_lines, trunks;
  /// Whether this call, as it is now, belongs to the outside recorder: it is chosen, up and being recorded.
  [[nodiscard]] bool wants(const call::Call& call) const;
};

/// The whole state of the copy: customer first, then the service line that speaks to them, agents, outside parties.
[[nodiscard]] call::RecordOutside outside_recording_of(const call::Call& call,
                                                       const std::function<std::string(AgentId)>& name_of);

}  // namespace hotline::app
