// SPDX-License-Identifier: Apache-2.0
// Crews, free slots, and appointments. Handlers wait for the store's commit, so they run on the workers and never on
// the live strand.
#include <fmt/format.h>

#include "adapters/api/appointment_wire.hpp"
#include "adapters/api/calendar_text.hpp"
#include "adapters/api/impl.hpp"
#include "adapters/api/query.hpp"
#include "vault/sha256.hpp"

namespace hotline::api {
namespace {

using appointment::AppointmentId;
using appointment::CrewId;

constexpr std::size_t body_max = 64 * 1024;
constexpr std::int64_t search_days_most = 62;

http::Response refused_appointment(const app::AppointmentRefusal& refusal) {
  const int status = refusal.code == "not_found"                                     ? 404
                     : refusal.code == "bad_value" || refusal.code == "text_missing" ? 400
                                                                                     : 409;
  return http::Response::error(status, refusal.code, refusal.message, refusal.field);
}
http::Response no_appointments() {
  return http::unavailable("This store keeps no appointments.", std::chrono::seconds(60));
}

Result<std::optional<std::int64_t>, http::Response> day_in(const http::Request& request, const char* name) {
  const auto text = request.query(name);
  if (!text) return std::optional<std::int64_t>();
  const auto day = day_of(*text);
  if (!day) return fail(http::bad_request(std::string(name) + " must be a date as in 2026-10-01.", name));
  return std::optional(*day);
}

std::set<std::string> codes_in(std::string_view list) {
  std::set<std::string> codes;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (end > 0) codes.emplace(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return codes;
}

app::AppointmentRequest request_of(const http::Request& request, const Caller& caller, const std::string& command_id) {
  const std::string what = caller.agent.id.to_string() + '\n' + request.path + '\n' + request.body;
  return {command_id, vault::sha256_hex(what), {}, caller.agent.id};
}

}  // namespace

http::Response Api::Impl::find_slots(const http::Request& request) {
  appointment::Search search;
  search.need.area = std::string(request.query("area").value_or(""));
  search.need.skills = codes_in(request.query("skills").value_or(""));
  if (search.need.area.empty()) return http::bad_request("area is the code of where the crew has to go.", "area");
  const auto from = query_number<TimePoint>(request, "from_ms"), to = query_number<TimePoint>(request, "to_ms");
  if (!from) return from.error();
  if (!to) return to.error();
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const TimePoint now = clock.now();
  search.from = from->value_or(now);
  search.to = to->value_or(search.from + std::chrono::days{14});
  if (search.to - search.from > std::chrono::days{search_days_most})
    return http::bad_request(fmt::format("At most {} days can be searched at once.", search_days_most), "to_ms");
  search.most = *limit;
  std::vector<OfferBody> list;
  for (const appointment::Offer& offer : appointments->search(search, now)) list.push_back(body_of(offer));
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::list_appointments(const http::Request& request) {
  app::AppointmentQuery query;
  const auto crew = query_number<CrewId>(request, "crew_id");
  const auto order = query_number<WorkOrderId>(request, "order_id");
  const auto customer = query_number<CustomerId>(request, "customer_id");
  const auto from = day_in(request, "from_day"), to = day_in(request, "to_day");
  if (!crew) return crew.error();
  if (!order) return order.error();
  if (!customer) return customer.error();
  if (!from) return from.error();
  if (!to) return to.error();
  query.crew = *crew;
  query.order = *order;
  query.customer = *customer;
  query.from_day = *from;
  query.to_day = *to;
  query.area = std::string(request.query("area").value_or(""));
  query.state = std::string(request.query("state").value_or(""));
  std::vector<AppointmentBody> list;
  for (const app::AppointmentRow& row : appointments->store().appointments(query)) list.push_back(body_of(row));
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::appointment_detail(const app::AppointmentRow& row, int status) {
  AppointmentDetailBody body{body_of(row), {}};
  for (const app::AppointmentLine& line : appointments->store().history(row.state.id)) {
    AppointmentLineBody one{line.event.at, to_string(line.event.kind), {}, {}, {}, {}};
    if (line.event.by) one.side = to_string(*line.event.by);
    if (!line.event.text.empty()) one.text = line.event.text;
    if (line.by) {
      one.by_id = line.by;
      if (const std::string name = status_of(line.by).name; !name.empty()) one.by_name = name;
    }
    body.story.push_back(std::move(one));
  }
  return http::Response::json(status, jsonmap::write(body));
}

http::Response Api::Impl::hold_appointment(const http::Request& request, const Caller& caller) {
  auto body = read_body<NewAppointmentBody>(request);
  if (!body) return body.error();
  if (body->customer_id && !store.customer(*body->customer_id))
    return http::bad_request("No customer has this id.", "customer_id");
  if (body->contact_id && !store.contact(*body->contact_id))
    return http::bad_request("No contact has this id.", "contact_id");
  app::AppointmentDetails details;
  details.need = {body->area, {body->skills.begin(), body->skills.end()}};
  details.slot = slot_of(body->slot).value();
  details.order = body->order_id;
  details.customer = body->customer_id;
  details.contact = body->contact_id;
  details.person = body->person.value_or("");
  details.phone = body->phone.value_or("");
  details.place = body->place.value_or("");
  details.note = body->note.value_or("");
  details.mail = body->mail.value_or("");
  const auto held = appointments->hold(request_of(request, caller, body->command_id), details, clock.now());
  return held ? appointment_detail(*held, 201) : refused_appointment(held.error());
}

http::Response Api::Impl::get_appointment(const http::Request& request) {
  const auto row = appointments->find(AppointmentId{request.id_param("id").value_or(0)});
  return row ? appointment_detail(*row, 200) : http::not_found("No appointment has this id.");
}

http::Response Api::Impl::act_on_appointment(const http::Request& request, const Caller& caller) {
  auto body = read_body<AppointmentActionBody>(request);
  if (!body) return body.error();
  app::AppointmentRequest asked = request_of(request, caller, body->command_id);
  if (body->version && *body->version >= 0) asked.version = static_cast<std::uint64_t>(*body->version);
  const auto done =
      appointments->act(AppointmentId{request.id_param("id").value_or(0)}, asked, command_of(*body), clock.now());
  return done ? appointment_detail(*done, 200) : refused_appointment(done.error());
}

http::Response Api::Impl::save_crew(const http::Request& request, const Caller& caller, bool is_new) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors and admins change crews.");
  const CrewId id{is_new ? 0 : request.id_param("id").value_or(0)};
  const auto known = [&] {
    for (const app::CrewRow& row : appointments->store().crews())
      if (row.crew.id == id) return true;
    return false;
  };
  if (!is_new && !known()) return http::not_found("No crew has this id.");
  auto body = read_body<CrewSettingsBody>(request);
  if (!body) return body.error();
  auto crew = crew_of(*body);
  if (!crew) return bad_body({crew.error()});
  crew->crew.id = id;
  auto saved = appointments->save_crew(*std::move(crew));
  if (!saved) return refused_appointment(saved.error());
  audit(caller, "crew.change", saved->crew.id.to_string(), request, request.body);
  SavedCrewBody answer{body_of(*saved), {}};
  for (const app::AppointmentRow& row : appointments->stranded(*saved, clock.now()))
    answer.stranded.push_back(body_of(row));
  return http::Response::json(is_new ? 201 : 200, jsonmap::write(answer));
}

http::Response Api::Impl::crew_scores(const http::Request& request) {
  const auto from = query_number<TimePoint>(request, "from_ms"), to = query_number<TimePoint>(request, "to_ms");
  if (!from) return from.error();
  if (!to) return to.error();
  const TimePoint end = to->value_or(clock.now()), begin = from->value_or(end - std::chrono::days{30});
  std::map<CrewId, std::string> names;
  for (const app::CrewRow& row : appointments->store().crews()) names[row.crew.id] = row.crew.name;
  std::vector<CrewScoreBody> list;
  for (const app::CrewScore& score : appointments->store().scores(begin, end))
    list.push_back(body_of(score, names[score.crew]));
  return http::Response::json(200, items(list));
}

void Api::Impl::appointment_routes(http::Router& router) {
  const auto on = [this](bool changes, Guarded answer) {
    return guard(changes, [this, answer = std::move(answer)](const http::Request& request, const Caller& caller) {
      return appointments == nullptr ? no_appointments() : answer(request, caller);
    });
  };
  using R = http::Request;
  using C = Caller;
  router.get("/api/v1/crews", on(false, [this](const R&, const C&) {
               std::vector<CrewBody> list;
               for (const app::CrewRow& row : appointments->store().crews()) list.push_back(body_of(row));
               return http::Response::json(200, items(list));
             }));
  router.add("POST", "/api/v1/crews", on(true, [this](const R& r, const C& c) { return save_crew(r, c, true); }),
             {.body_max = body_max});
  router.get("/api/v1/crews/scores", on(false, [this](const R& r, const C& c) {
               return c.supervisor() ? crew_scores(r) : http::forbidden("Only supervisors and admins see scores.");
             }));
  router.add("PUT", "/api/v1/crews/{id}", on(true, [this](const R& r, const C& c) { return save_crew(r, c, false); }),
             {.body_max = body_max});
  router.get("/api/v1/appointments", on(false, [this](const R& r, const C&) { return list_appointments(r); }));
  router.get("/api/v1/appointments/slots", on(false, [this](const R& r, const C&) { return find_slots(r); }));
  router.add("POST", "/api/v1/appointments",
             on(true, [this](const R& r, const C& c) { return hold_appointment(r, c); }), {.body_max = body_max});
  router.get("/api/v1/appointments/{id}", on(false, [this](const R& r, const C&) { return get_appointment(r); }));
  router.add("POST", "/api/v1/appointments/{id}/actions",
             on(true, [this](const R& r, const C& c) { return act_on_appointment(r, c); }), {.body_max = body_max});
}

}  // namespace hotline::api
