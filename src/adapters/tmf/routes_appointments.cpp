// SPDX-License-Identifier: Apache-2.0
// Appointments and searches for time slots (TMF646). Handlers wait for the store's commit.
#include <fmt/format.h>

#include "adapters/tmf/impl.hpp"

namespace hotline::tmf {
namespace {

std::string command_id(const app::OrderDesk& desk, const char* what, const std::string& external_id) {
  if (external_id.empty()) return {};
  return fmt::format("tmf:{}:{}", what, desk.fingerprint(external_id));
}

}  // namespace

app::AppointmentRequest TmfApi::Impl::appointment_request(const Asking& asking, const std::string& id) const {
  return {
      id,
      stores.orders.fingerprint(asking.agent.id.to_string() + '\n' + asking.request.path + '\n' + asking.request.body),
      {},
      asking.agent.id};
}

Object TmfApi::Impl::shown(const app::AppointmentRow& row) {
  std::string name;
  for (const app::CrewRow& crew : stores.appointments.store().crews())
    if (crew.crew.id == row.state.visits.back().slot.crew) name = crew.crew.name;
  Object out = appointment_of(row, name);
  // The order is known by what it is.
  if (row.order)
    if (const auto record = stores.orders.find(*row.order))
      for (Value& entity : out["relatedEntity"].get_array())
        if (with_role({&entity.get_object()}, "order") != nullptr) {
          const bool ticket = kinds.of(record->order.type) == OrderKind::ticket;
          entity.get_object()["@referredType"] = ticket ? "TroubleTicket" : "WorkOrder";
          entity.get_object()["href"] =
              fmt::format("{}/{}", ticket ? ticket_path : work_order_path, row.order->value());
        }
  return out;
}

Result<appointment::Slot, Refusal> TmfApi::Impl::find_slot(const appointment::Need& need, TimePoint begins,
                                                           std::optional<TimePoint> ends, TimePoint now) {
  appointment::Search search;
  search.need = need;
  search.from = begins;
  search.to = begins + Duration{1};
  for (const appointment::Offer& offer : stores.appointments.search(search, now))
    if (offer.begins == begins && (!ends || *ends == offer.ends)) return offer.slot;
  return fail(
      Refusal{409, "no_such_window", "No crew has room in this window; search for time slots again.", "validFor"});
}

Answered TmfApi::Impl::list_appointments(const Asking& asking) {
  const auto filters = Filters::of(
      asking.request, {"id", "status", "relatedParty.id", "relatedEntity.id", "relatedPlace.id", "externalId"},
      {"validFor.startDateTime", "creationDate"});
  if (!filters) return fail(filters.error());
  const auto page = paging_of(asking.request);
  if (!page) return fail(page.error());
  app::TmfAppointmentQuery query;
  query.page = *page;
  if (const std::string* status = filters->text("status")) {
    query.states = appointment_states(*status);
    if (query.states.empty())
      return fail(bad_value("status", "one of initialized, confirmed, cancelled, completed, failed"));
  }
  if (const std::string* area = filters->text("relatedPlace.id")) query.area = *area;
  query.id = filters->id<appointment::AppointmentId>("id");
  if (const std::string* external = filters->text("externalId")) {
    const auto used = stores.appointments.store().command(command_id(stores.orders, "hold", *external));
    query.id = used ? used->first : appointment::AppointmentId{};
  }
  query.order = filters->id<WorkOrderId>("relatedEntity.id");
  query.customer = filters->id<CustomerId>("relatedParty.id");
  const auto begins = filters->span("validFor.startDateTime"), created = filters->span("creationDate");
  if (!begins) return fail(begins.error());
  if (!created) return fail(created.error());
  query.begins = *begins;
  query.created = *created;
  const auto found = stores.tmf.appointment_page(query);
  const Fields fields = Fields::of(asking.request);
  Array list;
  for (const app::AppointmentRow& row : found.rows) {
    Object one = appointment_of(row, {});
    fields.keep(one, {"validFor"});
    list.push_back(std::move(one));
  }
  return page_of(std::move(list), found.total);
}

Result<app::AppointmentRow, Refusal> TmfApi::Impl::find_appointment(const Asking& asking) {
  auto row = stores.appointments.find(appointment::AppointmentId{asking.request.id_param("id").value_or(0)});
  if (!row) return fail(not_found("appointment"));
  return *std::move(row);
}

Answered TmfApi::Impl::create_appointment(const Asking& asking) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  auto wanted = new_appointment(*body);
  if (!wanted) return fail(wanted.error());
  if (wanted->details.customer && !stores.store.customer(*wanted->details.customer))
    return fail(bad_value("relatedParty.id", "No customer has this id."));
  if (wanted->details.contact && !stores.store.contact(*wanted->details.contact))
    return fail(bad_value("relatedEntity.id", "No party interaction has this id."));
  if (wanted->details.order && !stores.orders.find(*wanted->details.order))
    return fail(bad_value("relatedEntity.id", "No order has this id."));
  const std::string hold_id = command_id(stores.orders, "hold", wanted->external_id);
  // A repetition finds its appointment by the command, and not a slot that it has taken itself.
  const bool repeated = !hold_id.empty() && stores.appointments.store().command(hold_id).has_value();
  if (!wanted->slot_named && !repeated) {
    const auto slot = find_slot(wanted->details.need, wanted->begins, wanted->ends, asking.now);
    if (!slot) return fail(slot.error());
    wanted->details.slot = *slot;
  }
  auto row = stores.appointments.hold(appointment_request(asking, hold_id), wanted->details, asking.now);
  if (row && row->state.state == appointment::State::held)
    row = stores.appointments.act(row->state.id,
                                  appointment_request(asking, command_id(stores.orders, "book", wanted->external_id)),
                                  appointment::Book{}, asking.now);
  if (!row) {
    Refusal refusal = refusal_of(row.error());
    if (refusal.code == "command_reused") {
      refusal.message = "This externalId was used for another request.";
      refusal.field = "externalId";
    }
    return fail(std::move(refusal));
  }
  return made(shown(*row));
}

Answered TmfApi::Impl::patch_appointment(const Asking& asking) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  auto patch = appointment_patch(*body);
  if (!patch) return fail(patch.error());
  const auto row = find_appointment(asking);
  if (!row) return fail(row.error());
  const appointment::Visit& visit = row->state.visits.back();
  const std::string now = appointment_status(to_string(row->state.state));
  const auto wrong_state = [&] {
    return fail(Refusal{409, "wrong_state",
                        fmt::format("An appointment does not go from {} ({}) to {} by a patch.", now,
                                    to_string(row->state.state), patch->status),
                        "status"});
  };
  const bool elsewhere = patch->slot ? *patch->slot != visit.slot
                                     : (patch->begins && *patch->begins != visit.begins) ||
                                           (patch->begins && patch->ends && *patch->ends != visit.ends);
  std::optional<appointment::Command> command;
  if (patch->status == "cancelled" && now != "cancelled") {
    command = appointment::Cancel{patch->by, patch->text.empty() ? "cancelled by a client" : patch->text};
  } else if (elsewhere) {
    if (!patch->status.empty() && patch->status != now && patch->status != "confirmed") return wrong_state();
    if (!patch->slot) {
      const auto slot = find_slot(row->state.need, *patch->begins, patch->ends, asking.now);
      if (!slot) return fail(slot.error());
      patch->slot = *slot;
    }
    command = appointment::Move{*patch->slot, patch->by, patch->text.empty() ? "moved by a client" : patch->text};
  } else if (patch->status == "confirmed" && now == "initialized") {
    command = appointment::Book{};
  } else if (patch->status == "completed" && now == "confirmed") {
    command = appointment::Finish{patch->text};
  } else if (!patch->status.empty() && patch->status != now) {
    return wrong_state();
  }
  if (!command) return Answer{200, shown(*row)};
  app::AppointmentRequest request = appointment_request(asking, {});
  request.version = row->state.version;
  const auto done = stores.appointments.act(row->state.id, request, *command, asking.now);
  if (!done) return fail(refusal_of(done.error()));
  return Answer{200, shown(*done)};
}

Answered TmfApi::Impl::search_slots(const Asking& asking, const app::TmfResource* before) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const Object former = before == nullptr ? Object{} : document_of(*before);
  const auto wanted = slot_search(*body, former, asking.now);
  if (!wanted) return fail(wanted.error());
  if (before == nullptr && stores.tmf.resources("searchTimeSlot", {0, 1}).total >= config.searches_most)
    return fail(Refusal{409, "too_many", "Too many searches are kept; delete those that are done with."});
  const auto offers = stores.appointments.search(wanted->search, asking.now);
  const std::uint64_t id = before == nullptr ? next_id() : before->id;
  Object out = wanted->kept;
  out["@type"] = "SearchTimeSlot";
  out["id"] = std::to_string(id);
  out["href"] = fmt::format("{}/{}", search_path, id);
  out["searchDate"] = date_time(asking.now);
  out["status"] = "done";
  out["searchResult"] = offers.empty() ? "fail" : "success";
  out["availableTimeSlot"] = time_slots(offers, stores.appointments.store().crews());
  stores.tmf.put_resource(
      {"searchTimeSlot", id, before == nullptr ? asking.now : before->created_at, boost::json::serialize(out)},
      asking.now);
  if (before != nullptr) return Answer{200, std::move(out)};
  return made(std::move(out));
}

void TmfApi::Impl::appointment_routes(http::Router& router) {
  const std::string path = appointment_path, one = path + "/{id}";
  on(router, "GET", path, [this](const Asking& a) { return list_appointments(a); });
  on(router, "POST", path, [this](const Asking& a) { return create_appointment(a); });
  on(router, "GET", one, [this](const Asking& a) -> Answered {
    const auto row = find_appointment(a);
    if (!row) return fail(row.error());
    Object whole = shown(*row);
    Fields::of(a.request).keep(whole, {"validFor"});
    return Answer{200, std::move(whole)};
  });
  on(router, "PATCH", one, [this](const Asking& a) { return patch_appointment(a); });
  hub_routes(router, path.substr(0, path.rfind('/')), "appointment");
}

void TmfApi::Impl::search_routes(http::Router& router) {
  const std::string path = search_path, one = path + "/{id}";
  on(router, "GET", path, [this](const Asking& a) { return list_resources(a, "searchTimeSlot", {}); });
  on(router, "POST", path, [this](const Asking& a) { return search_slots(a, nullptr); });
  on(router, "GET", one, [this](const Asking& a) -> Answered {
    const auto found = find_resource(a, "searchTimeSlot");
    if (!found) return fail(found.error());
    Object whole = document_of(*found);
    Fields::of(a.request).keep(whole, {});
    return Answer{200, std::move(whole)};
  });
  on(router, "PATCH", one, [this](const Asking& a) -> Answered {
    const auto found = find_resource(a, "searchTimeSlot");
    if (!found) return fail(found.error());
    return search_slots(a, &*found);
  });
  on(router, "DELETE", one, [this](const Asking& a) -> Answered {
    if (!stores.tmf.drop_resource("searchTimeSlot", a.request.id_param("id").value_or(0), a.now))
      return fail(not_found("search"));
    return Answer{204, nullptr};
  });
}

}  // namespace hotline::tmf
