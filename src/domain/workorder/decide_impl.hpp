// SPDX-License-Identifier: Apache-2.0
// What the two halves of decide() share. Private to this folder.
#pragma once

#include <algorithm>

#include "domain/workorder/engine.hpp"

namespace hotline::workorder::decide_impl {

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// An event that changes nothing yet.
[[nodiscard]] Event line(const Order& order, const Actor& by, Action kind, TimePoint now);
/// Sizes and forms of what any command may carry.
[[nodiscard]] std::optional<Refusal> check_carried(const Type& type, const Command& command);

[[nodiscard]] Result<Event, Refusal> decide_common(const Context& context, const Order& order, const Command& command,
                                                   TimePoint now);
[[nodiscard]] const std::vector<Action>& common_actions();
/// By who they are and how the order stands, whatever the command says besides.
[[nodiscard]] bool may_common(const Context& context, const Order& order, const Actor& by, Action action);

}  // namespace hotline::workorder::decide_impl
