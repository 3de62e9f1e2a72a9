// SPDX-License-Identifier: Apache-2.0
#include "domain/call/flow_graph.hpp"

namespace hotline::call {

namespace {

std::vector<FlowEdge> edges(const PlayNode& n) {
  return {{n.next, "next", true}};
}
std::vector<FlowEdge> edges(const MenuNode& n) {
  std::vector<FlowEdge> out{{n.no_input.next, "no_input.next", true}, {n.no_match.next, "no_match.next", false}};
  for (const auto& [digit, to] : n.choices) out.push_back({to, std::string("choices.") + digit, false});
  return out;
}
std::vector<FlowEdge> edges(const CollectNode& n) {
  return {{n.no_input.next, "no_input.next", true}, {n.no_match.next, "no_match.next", false}, {n.next, "next", false}};
}
std::vector<FlowEdge> edges(const SayNode& n) {
  return {{n.next, "next", true}};
}
std::vector<FlowEdge> edges(const BranchNode& n) {
  std::vector<FlowEdge> out{{n.otherwise, "otherwise", true}};
  for (const auto& [value, to] : n.cases) out.push_back({to, "cases." + value, true});
  return out;
}
std::vector<FlowEdge> edges(const HoursNode& n) {
  return {{n.open, "open", true}, {n.closed, "closed", true}};
}
std::vector<FlowEdge> edges(const SetNode& n) {
  return {{n.next, "next", true}};
}
std::vector<FlowEdge> edges(const QueueNode& n) {
  return {{n.refused, "refused", true}};
}
std::vector<FlowEdge> edges(const HangUpNode&) {
  return {};
}

}  // namespace

std::vector<FlowEdge> edges_of(const NodeKind& kind) {
  return std::visit([](const auto& node) { return edges(node); }, kind);
}

bool asks_caller(const NodeKind& kind) {
  return std::holds_alternative<MenuNode>(kind) || std::holds_alternative<CollectNode>(kind);
}

}  // namespace hotline::call
