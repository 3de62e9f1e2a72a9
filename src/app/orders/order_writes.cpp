// SPDX-License-Identifier: Apache-2.0
// What the store is given of an order after some events: the row that is searched, the sealed lines, parts, the next
// deadline, and what is to leave the program.
#include <boost/json.hpp>

#include <algorithm>
#include <chrono>

#include "app/orders/order_desk.hpp"
#include "app/orders/order_text.hpp"
#include "base/planted.hpp"
#include "base/unless.hpp"

namespace hotline::app {
namespace {

using workorder::Context;
using workorder::Event;
using workorder::Order;

std::string digits_of(const std::string& phone) {
  std::string out;
  for (const char c : phone)
    if (c >= '0' && c <= '9') out.push_back(c);
  return out;
}

/// "TS261123" for the second of the local day's orders to be "TS2611230002".
std::string number_prefix(const std::string& type_prefix, TimePoint now, std::chrono::minutes utc_offset) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(now + utc_offset)};
  const auto two = [](unsigned value) {
    return std::string{static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
  };
  return type_prefix + two(static_cast<unsigned>(static_cast<int>(day.year())) % 100) +
         two(static_cast<unsigned>(day.month())) + two(static_cast<unsigned>(day.day()));
}

/// The furthest level its running clocks were escalated to.
std::int64_t level_of(const Context& context, const Order& order) {
  std::int64_t furthest = 0;
  for (const workorder::ClockState& state : order.clocks) {
    const workorder::Clock* clock = context.type.clock(state.clock);
    if (clock == nullptr || state.phase != workorder::ClockPhase::running || state.escalated == 0) continue;
    const auto given = std::min<std::size_t>(static_cast<std::size_t>(state.escalated), clock->escalations.size());
    for (std::size_t i = 0; i < given; ++i)
      furthest = std::max(furthest, static_cast<std::int64_t>(clock->escalations[i].to) + 1);
  }
  return furthest;
}

OrderRow row_of(const Context& context, const Order& order, const OrderRow& before) {
  OrderRow row;
  row.id = order.id;
  row.number = before.number;
  row.type = order.type;
  row.state = order.state;
  row.title = order.title;
  row.closed = order.closed;
  row.urgent = order.urgent;
  row.owner = unless_none(order.owner);
  row.customer = order.customer;
  row.contact = order.contact;
  row.phone = digits_of(order.phone);
  row.partner = order.partner;
  row.lead = order.lead;
  row.created_at = order.created_at;
  row.changed_at = order.changed_at;
  row.closed_at = order.closed_at;
  row.due_at = order.closed ? std::nullopt : workorder::limit_at(context, order);
  if (order.is_to_be_told()) row.to_tell_since = order.result_at;
  row.merged_into = unless_none(order.merged_into);
  row.level = order.closed ? 0 : level_of(context, order);
  row.version = order.version;
  row.document = write_order(order);
  return row;
}

std::vector<OrderPart> parts_of(const Order& order) {
  std::vector<OrderPart> parts;
  if (order.closed) return parts;
  for (const workorder::Part& part : order.parts) {
    if (is_planted(PlantedBug::inbox_forgets) && part.state == workorder::PartState::accepted) continue;
    parts.push_back({part.department, part.lead,
                     part.state == workorder::PartState::replied || part.state == workorder::PartState::released,
                     unless_none(part.handler)});
  }
  return parts;
}

/// Enough for a line on a screen or in a mail; who wants more reads the order.
std::string body_of(const Order& order, const Event& event) {
  boost::json::object body;
  body["type"] = order.type;
  body["title"] = order.title;
  body["state"] = order.state;
  body["seq"] = event.seq;
  if (!event.clock.empty()) body["clock"] = event.clock;
  if (!event.level.empty()) body["level"] = event.level;
  if (!order.partner_reference.empty()) body["partner_reference"] = order.partner_reference;
  if (event.kind == workorder::Action::tell) body["text"] = event.text;
  return boost::json::serialize(body);
}

}  // namespace

OrderWrite OrderDesk::write_of(const Context& context, const OrderRecord& before,
                               const std::vector<Event>& events) const {
  OrderWrite write;
  Order order = before.order;
  std::string hash = before.row.hash;
  for (const Event& event : events) {
    apply(order, event);
    workorder::SealedEvent line = seal(order.id, event);
    if (is_planted(PlantedBug::chain_broken) && event.kind == workorder::Action::note) hash.clear();
    hash = line.hash = workorder::link_hash(sha256_, hash, line);
    write.events.push_back(std::move(line));
    for (const workorder::Notice& notice : workorder::notices_of(context, order, event))
      write.outbox.push_back({0, notice.to, notice.kind, order.id, event.at, body_of(order, event), 0});
  }
  if (is_planted(PlantedBug::state_beside_history) && order.chased > 0) ++order.reopened;
  write.row = row_of(context, order, before.row);
  write.row.hash = hash;
  write.expected_version = before.row.version;
  if (write.expected_version == 0)
    write.number_prefix = number_prefix(context.type.prefix, order.created_at, config_.utc_offset);
  std::string text = search_text(&context.type, order);
  if (write.expected_version == 0 || text != search_text(&context.type, before.order)) write.search = std::move(text);
  write.parts = parts_of(order);
  if (is_planted(PlantedBug::escalation_swallowed) && order.chased > 0) return write;
  if (!order.closed) write.next_due = workorder::next_due(context, order);
  return write;
}

}  // namespace hotline::app
