// SPDX-License-Identifier: Apache-2.0
// What an outside body sees and does (requirements I1 to I3): its own matters and nothing else, whether its people are
// signed in or its program shows a key.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "adapters/api/partner_wire.hpp"
#include "adapters/api/query.hpp"
#include "vault/sha256.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t kBodyMost = 256 * 1024;

http::Response refused_matter(const app::OrderRefusal& refusal) {
  if (refusal.code == "command_reused")
    return http::Response::error(409, "reference_used", "Your number was used for another matter.", "reference");
  const int status = refusal.code == "not_found"   ? 404
                     : refusal.code == "forbidden" ? 403
                     : refusal.code == "bad_value" || refusal.code == "missing" || refusal.code == "unknown_action"
                         ? 400
                         : 409;
  return http::Response::error(status, refusal.code, refusal.message, refusal.field);
}

workorder::Actor actor_of(const PartnerCaller& caller) {
  workorder::Actor actor;
  actor.partner = caller.partner->code;
  return actor;
}

std::string text_in(const boost::json::value& about, const char* name) {
  const auto* object = about.if_object();
  const auto* value = object != nullptr ? object->if_contains(name) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

FeedbackBody feedback_of(const app::OutboxEntry& entry, const std::string& number) {
  const NoticeBody notice = body_of(entry);
  FeedbackBody body;
  body.id = notice.id;
  body.kind = notice.kind;
  body.order_number = number;
  body.reference = text_in(notice.about, "partner_reference");
  body.state = text_in(notice.about, "state");
  body.title = text_in(notice.about, "title");
  body.text = text_in(notice.about, "text");
  body.matter_id = notice.order_id;
  body.at_ms = notice.at_ms;
  return body;
}

MatterBody matter_of_row(const app::OrderRow& row, const workorder::TypeBook& types) {
  MatterBody body;
  body.id = row.id;
  body.number = row.number;
  body.type = row.type;
  body.state = row.state;
  body.title = row.title;
  const auto type = types.find(row.type);
  const workorder::State* state = type == types.end() ? nullptr : type->second.state(row.state);
  if (state != nullptr)
    body.state_name = app::view_of(app::Names{state->name.en, state->name.zh_hans, state->name.zh_hant});
  body.closed = row.closed;
  body.urgent = row.urgent;
  body.created_ms = row.created_at;
  body.changed_ms = row.changed_at;
  body.closed_ms = row.closed_at;
  body.due_ms = row.due_at;
  return body;
}

http::Response too_many(Duration wait) {
  http::Response response = http::Response::error(429, "too_many", "Too many matters within a minute; wait.");
  response.set_header("Retry-After", std::to_string(std::max<std::int64_t>(1, (wait.count() + 999) / 1'000)));
  return response;
}

PartnerSessionBody session_of(const PartnerCaller& caller) {
  PartnerSessionBody body;
  body.partner = caller.partner->code;
  body.partner_name = body_of(*caller.partner).name;
  body.name = caller.name;
  if (caller.session) body.csrf_token = caller.session->csrf_token;
  return body;
}

}  // namespace

http::Handler Api::Impl::partner_guard(bool changes, PartnerGuarded handler) {
  return [this, changes, handler = std::move(handler)](const http::Request& request) -> http::Response {
    if (!partners) return http::unavailable("There are no partners here.", std::chrono::seconds(60));
    auto caller = partners->authorize(request, changes);
    if (!caller) return caller.error();
    return handler(request, *caller);
  };
}

http::Response Api::Impl::partner_sign_in(const http::Request& request) {
  if (!partners) return http::unavailable("There are no partners here.", std::chrono::seconds(60));
  auto body = read_body<SignIn>(request);
  if (!body) return body.error();
  auto signed_in = partners->sign_in(request, body->username, body->password);
  const bool done = signed_in.has_value();
  if (done || signed_in.error().status == 401)
    store.write_and_wait(
        {app::AddAudit{{clock.now(), std::nullopt, done ? "partner.session.begin" : "partner.session.failed",
                        body->username, request.remote_address, "{}"}}});
  if (!done) return signed_in.error();
  http::Response response = http::Response::json(200, jsonmap::write(session_of(signed_in->caller)));
  response.set_cookie(signed_in->cookie);
  return response;
}

http::Response Api::Impl::list_matters(const http::Request& request, const PartnerCaller& caller) {
  app::OrderQuery query;
  query.partner = caller.partner->code;
  const auto before = query_number<WorkOrderId>(request, "before_id");
  if (!before) return before.error();
  query.before = *before;
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  query.limit = *limit;
  const auto closed = query_flag(request, "closed");
  if (!closed) return closed.error();
  query.closed = *closed;
  std::vector<MatterBody> list;
  if (const auto reference = request.query("reference")) {
    const auto id = partners->store().matter(caller.partner->code, std::string(*reference));
    const auto row = id ? orders->store().order(*id) : std::nullopt;
    if (row) list.push_back(matter_of_row(*row, orders->types()));
  } else {
    for (const app::OrderRow& row : orders->store().orders(query)) list.push_back(matter_of_row(row, orders->types()));
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::take_matter(const http::Request& request, const PartnerCaller& caller) {
  const app::Partner& partner = *caller.partner;
  if (const Duration wait = partners->intake_wait(partner); wait > Duration{}) return too_many(wait);
  auto body = read_body<NewMatterBody>(request);
  if (!body) return body.error();
  if (std::find(partner.types.begin(), partner.types.end(), body->type) == partner.types.end())
    return http::bad_request("You do not raise matters of this type.", "type");
  app::OrderRequest asked;
  // The partner's number is what makes it one command, however often and by whatever way it comes.
  asked.command_id = "matter-" + vault::sha256_hex(partner.code + '\n' + body->reference).substr(0, 48);
  asked.fingerprint = vault::sha256_hex(partner.code + '\n' + jsonmap::write(*body));
  asked.by = actor_of(caller);
  const bool known = partners->store().matter(partner.code, body->reference).has_value();
  workorder::Opening opening;
  opening.type = body->type;
  opening.title = body->title;
  opening.text = body->text.value_or("");
  opening.urgent = body->urgent.value_or(false);
  opening.person = body->person.value_or("");
  opening.phone = body->phone.value_or("");
  opening.partner = partner.code;
  opening.partner_reference = body->reference;
  if (body->fields) opening.fields = *body->fields;
  auto made = orders->create(asked, std::move(opening), clock.now());
  if (made) return matter_detail(*made, known ? 200 : 201);
  if (made.error().code != "reference_used") return refused_matter(made.error());
  // The desk has taken it already, by telephone or fax: that is the matter.
  const auto id = partners->store().matter(partner.code, body->reference);
  const auto record = id ? orders->find(*id) : std::nullopt;
  return record ? matter_detail(*record, 200) : refused_matter(made.error());
}

std::optional<app::OrderRecord> Api::Impl::matter_of(const http::Request& request, const PartnerCaller& caller) {
  auto record = orders->find(WorkOrderId{request.id_param("id").value_or(0)});
  if (!record || record->order.partner != caller.partner->code) return std::nullopt;
  return record;
}

http::Response Api::Impl::matter_detail(const app::OrderRecord& record, int status) {
  const workorder::Order& order = record.order;
  MatterDetailBody body;
  body.matter = matter_of_row(record.row, orders->types());
  body.reference = order.partner_reference;
  body.text = order.text;
  if (!order.person.empty()) body.person = order.person;
  if (!order.phone.empty()) body.phone = order.phone;
  if (order.told_at) body.result = order.result;
  body.fields = order.fields;
  const auto organised = orders->organisation();
  const auto type = orders->types().find(order.type);
  if (type != orders->types().end()) {
    const workorder::Context context{type->second, organised->departments, organised->calendars};
    const TimePoint now = clock.now();
    for (const workorder::ClockState& one : order.clocks) {
      const workorder::Clock* clock_of = type->second.clock(one.clock);
      if (clock_of == nullptr || one.phase != workorder::ClockPhase::running) continue;
      body.clocks.push_back(
          {one.clock, app::view_of(app::Names{clock_of->name.en, clock_of->name.zh_hans, clock_of->name.zh_hant}),
           workorder::limit_at(context, one), workorder::spent_by(context, one, now) > one.limit});
    }
  }
  for (const app::OutboxEntry& entry : partners->store().entries_of_matter(order.id))
    body.feedback.push_back(feedback_of(entry, record.row.number));
  return http::Response::json(status, jsonmap::write(body));
}

http::Response Api::Impl::act_on_matter(const http::Request& request, const PartnerCaller& caller) {
  const auto record = matter_of(request, caller);
  if (!record) return http::not_found("No matter of yours has this id.");
  auto body = read_body<MatterActionBody>(request);
  if (!body) return body.error();
  app::OrderRequest asked;
  asked.command_id = body->command_id;
  asked.fingerprint = vault::sha256_hex("partner " + caller.partner->code + '\n' + request.path + '\n' + request.body);
  asked.by = actor_of(caller);
  workorder::Command command;
  command.action = body->action;
  command.text = body->text;
  auto done = orders->act(record->order.id, asked, std::move(command), std::nullopt, clock.now());
  if (!done) return refused_matter(done.error());
  return matter_detail(*done, 200);
}

http::Response Api::Impl::list_feedback(const http::Request& request, const PartnerCaller& caller) {
  const auto after = query_number<std::int64_t>(request, "after_id");
  if (!after) return after.error();
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  std::map<WorkOrderId, std::string> numbers;
  std::vector<FeedbackBody> list;
  for (const app::OutboxEntry& entry :
       partners->store().entries_to("partner:" + caller.partner->code, after->value_or(0), *limit)) {
    std::string& number = numbers[entry.order];
    if (number.empty())
      if (const auto row = orders->store().order(entry.order)) number = row->number;
    list.push_back(feedback_of(entry, number));
  }
  return http::Response::json(200, items(list));
}

void Api::Impl::partner_routes(http::Router& router) {
  router.add("POST", "/api/v1/partner/session",
             [this](const http::Request& request) { return partner_sign_in(request); }, {.body_max = 4096});
  router.get("/api/v1/partner/session", partner_guard(false, [](const http::Request&, const PartnerCaller& caller) {
               return http::Response::json(200, jsonmap::write(session_of(caller)));
             }));
  router.add("DELETE", "/api/v1/partner/session",
             partner_guard(true, [this](const http::Request& request, const PartnerCaller& caller) {
               http::Response response = http::Response::no_content();
               response.set_cookie(partners->sign_out(request, caller));
               return response;
             }));
  router.get("/api/v1/partner/types", partner_guard(false, [this](const http::Request&, const PartnerCaller& caller) {
               std::vector<OrderTypeBody> list;
               for (const std::string& code : caller.partner->types)
                 if (const auto type = orders->types().find(code); type != orders->types().end())
                   list.push_back(body_of(type->second));
               return http::Response::json(200, items(list));
             }));
  const auto on = [this](bool changes, http::Response (Impl::*answer)(const http::Request&, const PartnerCaller&)) {
    return partner_guard(changes, [this, answer](const http::Request& request, const PartnerCaller& caller) {
      return (this->*answer)(request, caller);
    });
  };
  router.get("/api/v1/partner/matters", on(false, &Impl::list_matters));
  router.add("POST", "/api/v1/partner/matters", on(true, &Impl::take_matter), {.body_max = kBodyMost});
  router.get("/api/v1/partner/matters/{id}",
             partner_guard(false, [this](const http::Request& request, const PartnerCaller& caller) {
               const auto record = matter_of(request, caller);
               return record ? matter_detail(*record, 200) : http::not_found("No matter of yours has this id.");
             }));
  router.add("POST", "/api/v1/partner/matters/{id}/actions", on(true, &Impl::act_on_matter), {.body_max = kBodyMost});
  router.get("/api/v1/partner/feedback", on(false, &Impl::list_feedback));
  partner_admin_routes(router);
}

}  // namespace hotline::api
