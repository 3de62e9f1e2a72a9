// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/orders/order_text.hpp"

#include <boost/json.hpp>

#include "app/orders/order_describe.hpp"
#include "base/json/mapper.hpp"

namespace hotline::app {
namespace {

using workorder::Event;
using workorder::Order;
using workorder::SealedEvent;

const jsonmap::Limits stored_limits{
    .text_max = 16 * 1024 * 1024, .items_max = 100'000, .none_ids = true, .missing_ok = true};

/// The members that say something.
template <class T>
std::string write_short(const T& value) {
  static const boost::json::value plain = jsonmap::to_value(T{});
  const boost::json::value whole = jsonmap::to_value(value);
  boost::json::object out;
  for (const auto& [key, member] : whole.as_object())
    if (member != plain.as_object().at(key)) out.emplace(key, member);
  return boost::json::serialize(out);
}

}  // namespace

std::string write_order(const Order& order) {
  return write_short(order);
}

Result<Order, std::string> read_order(const std::string& document) {
  auto order = jsonmap::read<Order>(document, stored_limits);
  if (!order) return fail(jsonmap::to_string(order.error()));
  return *std::move(order);
}

std::string search_text(const workorder::Type* type, const Order& order) {
  std::string out;
  const auto add = [&](const std::string& text) {
    if (text.empty()) return;
    if (!out.empty()) out += '\n';
    out += text;
  };
  add(order.title);
  add(order.text);
  add(order.person);
  add(order.partner_reference);
  for (const auto& [code, value] : order.fields) {
    const workorder::Field* field = type == nullptr ? nullptr : type->field(code);
    if (field == nullptr || field->kind == workorder::FieldKind::text || field->kind == workorder::FieldKind::long_text)
      add(value);
  }
  add(order.result);
  for (const workorder::Part& part : order.parts)
    if (part.text != order.result) add(part.text);
  for (const workorder::Condition& condition : order.conditions) add(condition.text);
  return out;
}

SealedEvent seal(WorkOrderId order, const Event& event) {
  Event rest = event;
  rest.seq = 0;
  rest.at = {};
  rest.by = {};
  rest.kind = Event{}.kind;
  return {order, event.seq, event.at, event.by, to_string(event.kind), write_short(rest), {}};
}

Result<Event, std::string> read_event(const SealedEvent& line) {
  const auto kind = workorder::action_from(line.kind);
  if (!kind) return fail("line " + std::to_string(line.seq) + ": \"" + line.kind + "\" is no kind of event");
  auto event = jsonmap::read<Event>(line.data, stored_limits);
  if (!event) return fail("line " + std::to_string(line.seq) + ": " + jsonmap::to_string(event.error()));
  event->seq = line.seq;
  event->at = line.at;
  event->by = line.by;
  event->kind = *kind;
  return *std::move(event);
}

Result<std::vector<Event>, std::string> read_history(const std::vector<SealedEvent>& history) {
  std::vector<Event> events;
  events.reserve(history.size());
  for (const SealedEvent& line : history) {
    auto event = read_event(line);
    if (!event) return fail(std::move(event.error()));
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace hotline::app
