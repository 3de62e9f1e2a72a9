// SPDX-License-Identifier: Apache-2.0
// Work orders: types, departments, search, creation, and what is done to them. Handlers wait for the store's commit, so
// they run on the workers and never on the live strand.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "adapters/api/order_requests.hpp"
#include "adapters/api/order_wire.hpp"
#include "adapters/api/query.hpp"
#include "app/orders/order_text.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t body_max = 256 * 1024;
constexpr std::size_t search_bytes_max = 800;

Result<app::OrderQuery, http::Response> read_query(const http::Request& request) {
  app::OrderQuery query;
  const std::pair<const char*, std::string*> texts[] = {{"department", &query.department}, {"type", &query.type},
                                                        {"state", &query.state},           {"lead", &query.lead},
                                                        {"partner", &query.partner},       {"number", &query.number},
                                                        {"phone", &query.phone_suffix}};
  for (const auto& [name, into] : texts) {
    auto text = query_text(request, name);
    if (!text) return fail(text.error());
    *into = *std::move(text);
  }
  if (request.query("phone") &&
      (query.phone_suffix.empty() || query.phone_suffix.find_first_not_of("0123456789") != std::string::npos))
    return fail(http::bad_request("phone must be digits: the end of the number.", "phone"));
  query.search = std::string(request.query("search").value_or(""));
  if (query.search.size() > search_bytes_max) return fail(http::bad_request("search has at most 800 bytes.", "search"));
  if (request.query("search") && query.search.find_first_not_of(" \t") == std::string::npos)
    return fail(http::bad_request("search must name something: a number, words.", "search"));
  auto handler = query_number<AgentId>(request, "handler_id");
  if (!handler) return fail(handler.error());
  auto level = query_number<std::int64_t>(request, "level");
  if (!level) return fail(level.error());
  auto after = query_number<WorkOrderId>(request, "after_id");
  if (!after) return fail(after.error());
  auto after_due = query_number<TimePoint>(request, "after_due_ms");
  if (!after_due) return fail(after_due.error());
  auto owner = query_number<AgentId>(request, "owner_id");
  if (!owner) return fail(owner.error());
  auto customer = query_number<CustomerId>(request, "customer_id");
  if (!customer) return fail(customer.error());
  auto contact = query_number<ContactId>(request, "contact_id");
  if (!contact) return fail(contact.error());
  auto before = query_number<WorkOrderId>(request, "before_id");
  if (!before) return fail(before.error());
  auto due = query_number<TimePoint>(request, "due_before_ms");
  if (!due) return fail(due.error());
  auto closed = query_flag(request, "closed");
  if (!closed) return fail(closed.error());
  auto to_tell = query_flag(request, "to_tell");
  if (!to_tell) return fail(to_tell.error());
  const std::string sort(request.query("sort").value_or("newest"));
  if (sort != "newest" && sort != "due") return fail(http::bad_request("sort must be newest or due.", "sort"));
  auto limit = limit_of(request);
  if (!limit) return fail(limit.error());
  query.handler = *handler;
  query.level_least = level->value_or(0);
  if (*after) query.after = app::OrderPlace{*after_due, **after};
  query.owner = *owner;
  query.customer = *customer;
  query.contact = *contact;
  query.before = *before;
  query.due_before = *due;
  query.closed = *closed;
  query.to_tell = to_tell->value_or(false);
  query.by_due = sort == "due";
  query.limit = *limit;
  return query;
}

/// Whoever is not of the hotline sees what is in their own departments and below, and what they own.
bool may_list(const workorder::Actor& actor, const app::OrderQuery& query, const workorder::Departments& departments) {
  if (actor.hotline || query.owner == actor.id || query.handler == actor.id) return true;
  if (std::any_of(actor.places.begin(), actor.places.end(),
                  [](const workorder::Place& place) { return place.position == workorder::Position::general_manager; }))
    return true;
  if (query.department.empty()) return false;
  const auto line = departments.line_of(query.department);
  return std::any_of(line.begin(), line.end(), [&](const workorder::Department* d) {
    return std::any_of(actor.places.begin(), actor.places.end(), [&](const workorder::Place& place) {
      return place.department == d->code &&
             (d->code == query.department || place.position != workorder::Position::member);
    });
  });
}

}  // namespace

http::Response Api::Impl::order_detail(const app::OrderRecord& record, const Caller& caller, int status) {
  const auto organised = orders->organisation();
  OrderDetailBody body = detail_of(record);
  const auto type = orders->types().find(record.order.type);
  const TimePoint now = clock.now();
  const auto name = [&](AgentId id) -> std::optional<std::string> {
    const std::string found = status_of(id).name;
    return found.empty() ? std::nullopt : std::optional(found);
  };
  if (body.order.owner_id) body.order.owner_name = name(*body.order.owner_id);
  if (type != orders->types().end()) {
    const workorder::Context context{type->second, organised->departments, organised->calendars};
    body.actions = workorder::open_actions(context, record.order, orders->actor_of(caller.agent));
    for (const workorder::ClockState& one : record.order.clocks) {
      const Duration spent = workorder::spent_by(context, one, now);
      body.clocks.push_back({one.clock, one.phase, one.limit, spent, workorder::limit_at(context, one),
                             spent > one.limit, one.escalated});
    }
  }
  for (PartBody& part : body.parts)
    if (part.handler_id) part.handler_name = name(*part.handler_id);
  for (const app::Attachment& one : orders->store().attachments(record.order.id)) {
    body.attachments.push_back(body_of(one));
    body.attachments.back().by_name = name(one.by);
  }
  for (const workorder::SealedEvent& line : orders->store().history(record.order.id)) {
    const auto event = app::read_event(line);
    if (!event) continue;
    body.story.push_back(body_of(*event));
    if (event->by) body.story.back().by_name = name(event->by);
  }
  if (app::OutsideStore* kept = orders->store().outside())
    for (const app::Delivery& delivery : kept->deliveries_of(record.order.id)) {
      body.deliveries.push_back(body_of(delivery));
      body.deliveries.back().to_name = recipient_name(delivery.to);
    }
  return http::Response::json(status, jsonmap::write(body));
}

http::Response Api::Impl::list_orders(const http::Request& request, const Caller& caller) {
  auto query = read_query(request);
  if (!query) return query.error();
  if (!may_list(orders->actor_of(caller.agent), *query, orders->organisation()->departments))
    return http::forbidden("Name a department of yours, or ask for what you own yourself.");
  std::vector<OrderBody> list;
  for (const app::OrderRow& row : orders->store().orders(*query)) {
    list.push_back(body_of(row));
    if (row.owner) {
      const std::string name = status_of(*row.owner).name;
      if (!name.empty()) list.back().owner_name = name;
    }
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::create_order(const http::Request& request, const Caller& caller) {
  auto body = read_body<NewOrderBody>(request);
  if (!body) return body.error();
  const auto customer = body->customer_id ? store.customer(*body->customer_id) : std::nullopt;
  if (body->customer_id && !customer) return http::bad_request("No customer has this id.", "customer_id");
  if (body->contact_id && !store.contact(*body->contact_id))
    return http::bad_request("No contact has this id.", "contact_id");
  if (body->partner && !body->partner->empty() && outside.partners != nullptr &&
      !outside.partners->contains(*body->partner))
    return http::bad_request("There is no such partner.", "partner");
  workorder::Opening opening;
  opening.type = body->type;
  opening.title = body->title;
  opening.text = body->text.value_or("");
  opening.urgent = body->urgent.value_or(false);
  opening.owner = caller.agent.id;
  opening.customer = body->customer_id;
  opening.contact = body->contact_id;
  opening.person = body->person.value_or("");
  if (opening.person.empty() && customer) opening.person = customer->name;  // the order is found by it
  opening.phone = body->phone.value_or("");
  opening.partner = body->partner.value_or("");
  opening.partner_reference = body->partner_reference.value_or("");
  if (body->fields) opening.fields = *body->fields;
  auto made = orders->create(request_of(request, caller, body->command_id, *orders, request.body), std::move(opening),
                             clock.now());
  if (!made) return refused(made.error());
  return order_detail(*made, caller, 201);
}

http::Response Api::Impl::get_order(const http::Request& request, const Caller& caller) {
  const auto record = orders->find(WorkOrderId{request.id_param("id").value_or(0)});
  const auto organised = orders->organisation();
  if (!record || !workorder::is_involved(orders->actor_of(caller.agent), record->order, organised->departments))
    return http::not_found("No order has this id.");
  return order_detail(*record, caller, 200);
}

http::Response Api::Impl::act_on_order(const http::Request& request, const Caller& caller) {
  auto body = read_body<OrderActionBody>(request);
  if (!body) return body.error();
  if (body->agent_id && !store.agent(*body->agent_id)) return http::bad_request("No agent has this id.", "agent_id");
  app::OrderRequest asked = request_of(request, caller, body->command_id, *orders, request.body);
  asked.version = body->version;
  auto done = orders->act(WorkOrderId{request.id_param("id").value_or(0)}, asked, command_of(*body), body->order_id,
                          clock.now());
  if (!done) return refused(done.error());
  return order_detail(*done, caller, 200);
}

http::Response Api::Impl::list_order_notices(const http::Request& request, const Caller& caller) {
  const auto before = query_number<std::int64_t>(request, "before_id");
  if (!before) return before.error();
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const workorder::Actor actor = orders->actor_of(caller.agent);
  std::vector<std::string> to{"agent:" + caller.agent.id.to_string()};
  if (actor.hotline && actor.supervisor) to.emplace_back("supervisors");
  for (const workorder::Place& place : actor.places) {
    const std::string department = "department:" + place.department;
    if (std::find(to.begin(), to.end(), department) == to.end()) to.push_back(department);
  }
  std::vector<NoticeBody> list;
  for (const app::OutboxEntry& entry : orders->store().notices(to, before->value_or(0), *limit))
    list.push_back(body_of(entry));
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::get_organisation() {
  OrganisationBody body = body_of(orders->organisation()->rows);
  for (DepartmentBody& department : body.departments)
    for (MemberBody& member : department.members) {
      const std::string name = status_of(member.agent_id).name;
      if (!name.empty()) member.name = name;
    }
  return http::Response::json(200, jsonmap::write(body));
}

http::Response Api::Impl::set_organisation(const http::Request& request, const Caller& caller) {
  if (caller.agent.role != "admin") return http::forbidden("Only admins change departments and calendars.");
  auto body = read_body<OrganisationBody>(request);
  if (!body) return body.error();
  auto organisation = organisation_of(*body);
  if (!organisation) return bad_body({organisation.error()});
  for (const workorder::Department& department : organisation->departments)
    for (const workorder::Member& member : department.members)
      if (!store.agent(member.agent))
        return http::bad_request("No agent has the id " + member.agent.to_string() + ".", "departments");
  audit(caller, "organisation.change", "", request, request.body);
  orders->store().save_organisation(*organisation);
  orders->reload_organisation();
  return http::Response::no_content();
}

void Api::Impl::order_routes(http::Router& router) {
  using Answer = http::Response (Impl::*)(const http::Request&, const Caller&);
  const auto on = [this](bool changes, Answer answer) {
    return guard(changes, [this, answer](const http::Request& request, const Caller& caller) {
      return orders == nullptr ? no_orders() : (this->*answer)(request, caller);
    });
  };
  router.get("/api/v1/order-types", guard(false, [this](const http::Request&, const Caller&) {
               if (orders == nullptr) return no_orders();
               std::vector<OrderTypeBody> list;
               for (const auto& [code, type] : orders->types()) list.push_back(body_of(type));
               return http::Response::json(200, items(list));
             }));
  router.get("/api/v1/organisation", guard(false, [this](const http::Request&, const Caller&) {
               return orders == nullptr ? no_orders() : get_organisation();
             }));
  router.add("PUT", "/api/v1/organisation", on(true, &Impl::set_organisation), {.body_max = 1024 * 1024});
  router.get("/api/v1/orders", on(false, &Impl::list_orders));
  router.add("POST", "/api/v1/orders", on(true, &Impl::create_order), {.body_max = body_max});
  router.get("/api/v1/orders/notices", on(false, &Impl::list_order_notices));
  router.get("/api/v1/orders/{id}", on(false, &Impl::get_order));
  router.add("POST", "/api/v1/orders/{id}/actions", on(true, &Impl::act_on_order), {.body_max = body_max});
}

}  // namespace hotline::api
