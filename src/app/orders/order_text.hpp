// SPDX-License-Identifier: Apache-2.0
// The stored forms of an order and of the lines of its history: JSON, so that a row can be read by a person when
// something went wrong. What has its default value is left out. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/workorder/chain.hpp"
#include "domain/workorder/order.hpp"

namespace hotline::app {

[[nodiscard]] std::string write_order(const workorder::Order& order);
[[nodiscard]] Result<workorder::Order, std::string> read_order(const std::string& document);

/// What an order is found by: what people have written in it. Not its number and telephone number, which have indexes
/// of their own. `type`: none when it is no longer known; then all fields count.
[[nodiscard]] std::string search_text(const workorder::Type* type, const workorder::Order& order);

/// Without its hash.
[[nodiscard]] workorder::SealedEvent seal(WorkOrderId order, const workorder::Event& event);
[[nodiscard]] Result<workorder::Event, std::string> read_event(const workorder::SealedEvent& line);
/// The whole history; the error names the first line that is no line.
[[nodiscard]] Result<std::vector<workorder::Event>, std::string> read_history(
    const std::vector<workorder::SealedEvent>& history);

}  // namespace hotline::app
