// SPDX-License-Identifier: Apache-2.0
// The ways out of a node, for whoever walks a flow as a graph; private to this folder.
#pragma once

#include <string>
#include <vector>

#include "domain/call/flow.hpp"

namespace hotline::call {

struct FlowEdge {
  NodeName to;
  std::string name;  ///< as in the file: "next", "no_input.next", "choices.1"
  bool by_silence;   ///< taken by a caller who says nothing (and by a full queue)
};
[[nodiscard]] std::vector<FlowEdge> edges_of(const NodeKind& kind);

/// Whether the node asks the caller for input.
[[nodiscard]] bool asks_caller(const NodeKind& kind);

}  // namespace hotline::call
