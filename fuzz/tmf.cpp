// SPDX-License-Identifier: Apache-2.0
// What clients of the TM Forum APIs send: bodies, dates, listeners' queries and callbacks, slots' ids.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/tmf/bodies.hpp"
#include "adapters/tmf/events.hpp"
#include "base/json/mapper.hpp"

namespace tmf = hotline::tmf;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // What was read says the same when it is written.
  if (const auto at = tmf::date_time_from(text); at && tmf::date_time_from(tmf::date_time(*at)) != at) std::abort();
  if (const auto slot = tmf::slot_from(text); slot && tmf::slot_from(tmf::slot_id(*slot)) != slot) std::abort();
  if (const auto callback = tmf::callback_of(text)) {
    const std::string address = callback->address_for("XEvent");
    const auto again = tmf::callback_of(address);
    if (!again || again->host != callback->host || again->port != callback->port) std::abort();
  }
  const auto filter = tmf::EventFilter::of(text);
  const auto body = hotline::jsonmap::read<tmf::Value>(text);
  if (!body || !body->is_object()) return 0;
  const tmf::Object& object = body->get_object();
  if (filter) (void)filter->wants(object);
  static const hotline::workorder::TypeBook types;
  if (const auto made = tmf::new_ticket(object); made && made->opening.title.size() > 200) std::abort();
  (void)tmf::new_work_order(object, types);
  (void)tmf::new_appointment(object);
  (void)tmf::appointment_patch(object);
  (void)tmf::slot_search(object, {}, {});
  const hotline::workorder::Type type;
  const hotline::workorder::Order order;
  const hotline::app::OrderRow row;
  for (const auto kind : {tmf::OrderKind::ticket, tmf::OrderKind::work})
    (void)tmf::command_of(kind, object, {type, row, order}, object);
  return 0;
}
