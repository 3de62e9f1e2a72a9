// SPDX-License-Identifier: Apache-2.0
// Trouble tickets (TMF621) and work orders (TMF697). Handlers wait for the store's commit.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/tmf/impl.hpp"
#include "app/orders/order_text.hpp"

namespace hotline::tmf {
namespace {

constexpr int tries_most = 4;

const char* path_of(OrderKind kind) {
  return kind == OrderKind::ticket ? ticket_path : work_order_path;
}
const char* word_of(OrderKind kind) {
  return kind == OrderKind::ticket ? "trouble ticket" : "work order";
}
std::vector<std::string_view> always_of(OrderKind kind) {
  return kind == OrderKind::ticket ? std::vector<std::string_view>{} : std::vector<std::string_view>{"workOrderItem"};
}

/// One id for what a client calls by an id of its own: sent twice it is made once.
std::string command_id(const app::OrderDesk& desk, OrderKind kind, const std::string& external_id) {
  if (external_id.empty()) return {};
  return "tmf:" + desk.fingerprint(fmt::format("{}\n{}", path_of(kind), external_id));
}

/// Whoever is not of the hotline sees what is in their own departments and below, and what they own.
std::optional<app::TmfOrderQuery::Visible> visible_to(const workorder::Actor& actor,
                                                      const workorder::Departments& departments) {
  if (actor.hotline) return std::nullopt;
  app::TmfOrderQuery::Visible visible{{}, actor.id};
  for (const workorder::Place& place : actor.places)
    if (place.position == workorder::Position::general_manager) return std::nullopt;
  for (const auto& [code, department] : departments.all()) {
    const auto line = departments.line_of(code);
    const bool theirs = std::any_of(line.begin(), line.end(), [&](const workorder::Department* above) {
      return std::any_of(actor.places.begin(), actor.places.end(), [&](const workorder::Place& place) {
        return place.department == above->code &&
               (above->code == code || place.position != workorder::Position::member);
      });
    });
    if (theirs) visible.departments.push_back(code);
  }
  return visible;
}

/// What severity or priority asks for.
std::optional<bool> urgency_in(OrderKind kind, const Filters& filters) {
  const std::string* severity = filters.text("severity");
  const std::string* priority = filters.text("priority");
  if (severity != nullptr) return same_word(*severity, "critical");
  if (priority != nullptr) return same_word(*priority, kind == OrderKind::ticket ? "high" : "0");
  return std::nullopt;
}

std::optional<std::int64_t> version_in(const http::Request& request) {
  std::string_view text = request.header("If-Match");
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') return std::nullopt;
  const auto number = id_from(text.substr(1, text.size() - 2));
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

Answer with_tag(Answer answer, const app::OrderRecord& record) {
  answer.headers.emplace_back("ETag", fmt::format("\"{}\"", record.order.version));
  return answer;
}

}  // namespace

std::set<std::string> TmfApi::Impl::types_of(OrderKind kind) const {
  std::set<std::string> codes;
  for (const auto& [code, type] : stores.orders.types())
    if (kinds.of(code) == kind) codes.insert(code);
  return codes;
}

app::OrderRequest TmfApi::Impl::order_request(const Asking& asking, const std::string& id) const {
  app::OrderRequest out;
  out.command_id = id;
  out.by = asking.actor;
  out.fingerprint =
      stores.orders.fingerprint(asking.agent.id.to_string() + '\n' + asking.request.path + '\n' + asking.request.body);
  return out;
}

Object TmfApi::Impl::whole_order(OrderKind kind, const app::OrderRecord& record) {
  const auto& type = stores.orders.types().at(record.order.type);
  OrderView view{type, record.row, record.order};
  const auto history = app::read_history(stores.orders.store().history(record.order.id));
  if (history) view.history = *history;
  const auto files = stores.orders.store().attachments(record.order.id);
  view.attachments = files;
  if (record.order.customer)
    if (const auto customer = stores.store.customer(*record.order.customer)) view.customer_name = customer->name;
  app::AppointmentQuery visits;
  visits.order = record.order.id;
  for (const app::AppointmentRow& row : stores.appointments.store().appointments(visits))
    view.appointment = row.state.id;
  return order_of(kind, view);
}

Answered TmfApi::Impl::list_orders(const Asking& asking, OrderKind kind) {
  const bool ticket = kind == OrderKind::ticket;
  const char* status_name = ticket ? "status" : "state";
  const char* type_name = ticket ? "ticketType" : "category";
  const char* created_name = ticket ? "creationDate" : "orderDate";
  const auto filters =
      Filters::of(asking.request,
                  {"id", "number", "externalId", status_name, type_name, ticket ? "severity" : "priority", "priority",
                   "relatedParty.id", "relatedParty.role", "relatedEntity.id"},
                  {created_name, "lastUpdate"});
  if (!filters) return fail(filters.error());
  const auto page = paging_of(asking.request);
  if (!page) return fail(page.error());
  app::TmfOrderQuery query;
  query.page = *page;
  auto codes = types_of(kind);
  if (const std::string* type = filters->text(type_name))
    std::erase_if(codes, [&](const auto& c) { return c != *type; });
  query.types.assign(codes.begin(), codes.end());
  if (const std::string* status = filters->text(status_name)) {
    auto cases = cases_of(kind, stores.orders.types(), codes, *status);
    if (!cases) return fail(bad_value(status_name, fmt::format("one of {}", fmt::join(statuses(kind), ", "))));
    query.cases = std::move(cases);
  }
  query.id = filters->id<WorkOrderId>("id");
  if (const std::string* external = filters->text("externalId")) {
    const auto command = stores.orders.store().command(command_id(stores.orders, kind, *external));
    const WorkOrderId named = command ? command->order : WorkOrderId{};
    query.id = query.id && *query.id != named ? WorkOrderId{} : named;
  }
  if (const std::string* number = filters->text("number")) query.number = *number;
  query.urgent = urgency_in(kind, *filters);
  query.contact = filters->id<ContactId>("relatedEntity.id");
  const std::string* role = filters->text("relatedParty.role");
  if (const std::string* party = filters->text("relatedParty.id")) {
    if (role != nullptr && (*role == "lead" || *role == "coHandler")) {
      query.department = *party;
    } else if (role != nullptr && *role == "owner") {
      query.owner = filters->id<AgentId>("relatedParty.id");
    } else if (role == nullptr || *role == "customer") {
      query.customer = filters->id<CustomerId>("relatedParty.id");
    } else {
      return fail(bad_value("relatedParty.role", "customer, owner, lead or coHandler"));
    }
  } else if (role != nullptr) {
    return fail(bad_value("relatedParty.role", "together with relatedParty.id"));
  }
  const auto created = filters->span(created_name), changed = filters->span("lastUpdate");
  if (!created) return fail(created.error());
  if (!changed) return fail(changed.error());
  query.created = *created;
  query.changed = *changed;
  query.visible = visible_to(asking.actor, stores.orders.organisation()->departments);
  const auto found = stores.tmf.order_page(query);
  const Fields fields = Fields::of(asking.request);
  Array list;
  for (const app::OrderRow& row : found.rows) {
    const auto order = app::read_order(row.document);
    if (!order) throw app::StoreError("order " + row.id.to_string() + " cannot be read: " + order.error());
    Object one = order_of(kind, {stores.orders.types().at(row.type), row, *order});
    fields.keep(one, always_of(kind));
    list.push_back(std::move(one));
  }
  return page_of(std::move(list), found.total);
}

Answered TmfApi::Impl::create_order(const Asking& asking, OrderKind kind) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  auto wanted = kind == OrderKind::ticket ? new_ticket(*body) : new_work_order(*body, stores.orders.types());
  if (!wanted) return fail(wanted.error());
  workorder::Opening& opening = wanted->opening;
  if (!types_of(kind).contains(opening.type))
    return fail(bad_value(kind == OrderKind::ticket ? "ticketType" : "category",
                          fmt::format("one of {}", fmt::join(types_of(kind), ", "))));
  if (opening.customer && !stores.store.customer(*opening.customer))
    return fail(bad_value("relatedParty.id", "No customer has this id."));
  if (opening.contact && !stores.store.contact(*opening.contact))
    return fail(bad_value("relatedEntity.id", "No party interaction has this id."));
  opening.owner = asking.agent.id;
  auto record = stores.orders.create(order_request(asking, command_id(stores.orders, kind, wanted->external_id)),
                                     std::move(opening), asking.now);
  if (!record) {
    Refusal refusal = refusal_of(record.error());
    if (refusal.code == "command_reused") {
      refusal.message = "This externalId was used for another request.";
      refusal.field = "externalId";
    }
    return fail(std::move(refusal));
  }
  return with_tag(made(whole_order(kind, *record)), *record);
}

Result<app::OrderRecord, Refusal> TmfApi::Impl::find_order(const Asking& asking, OrderKind kind) {
  auto record = stores.orders.find(WorkOrderId{asking.request.id_param("id").value_or(0)});
  if (!record || !types_of(kind).contains(record->order.type) ||
      !workorder::is_involved(asking.actor, record->order, stores.orders.organisation()->departments))
    return fail(not_found(word_of(kind)));
  return *std::move(record);
}

Answered TmfApi::Impl::get_order(const Asking& asking, OrderKind kind) {
  const auto record = find_order(asking, kind);
  if (!record) return fail(record.error());
  Object whole = whole_order(kind, *record);
  Fields::of(asking.request).keep(whole, always_of(kind));
  return with_tag({200, std::move(whole)}, *record);
}

Answered TmfApi::Impl::patch_order(const Asking& asking, OrderKind kind) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const auto wanted_version = version_in(asking.request);
  for (int tried = 0;; ++tried) {
    const auto record = find_order(asking, kind);
    if (!record) return fail(record.error());
    const OrderView view{stores.orders.types().at(record->order.type), record->row, record->order};
    Value shown = whole_order(kind, *record);
    make_absolute(shown, asking.base_url);
    auto command = command_of(kind, *body, view, shown.get_object());
    if (!command) return fail(command.error());
    if (!*command) return with_tag({200, std::move(shown)}, *record);
    app::OrderRequest request = order_request(asking, {});
    request.version = wanted_version ? wanted_version : record->order.version;
    const auto done = stores.orders.act(record->order.id, request, **std::move(command), std::nullopt, asking.now);
    if (done) return with_tag({200, whole_order(kind, *done)}, *done);
    // Somebody else was faster: what the patch means to the order is decided anew, unless the client saw a version.
    if (done.error().code != "stale" || wanted_version || tried == tries_most) return fail(refusal_of(done.error()));
  }
}

Answered TmfApi::Impl::cancel_order(const Asking& asking) {
  const auto body = body_in(asking);
  if (!body) return fail(body.error());
  const auto which = object_in(*body, "workOrder");
  if (!which) return fail(which.error());
  const auto text = *which == nullptr ? Result<std::string, Refusal>("") : text_in(**which, "id", 100);
  const auto id = text ? id_from(*text) : std::nullopt;
  if (!id) return fail(bad_value("workOrder.id", "the work order to be cancelled"));
  const auto reason = text_in(*body, "cancellationReason", workorder::kTextMost);
  if (!reason) return fail(reason.error());
  const auto when = date_in(*body, "requestedCancellationDate");
  if (!when) return fail(when.error());
  const auto record = stores.orders.find(WorkOrderId{*id});
  if (!record || !types_of(OrderKind::work).contains(record->order.type) ||
      !workorder::is_involved(asking.actor, record->order, stores.orders.organisation()->departments))
    return fail(bad_value("workOrder.id", "No work order has this id."));
  workorder::Command command;
  command.action = step_to_withdraw(stores.orders.types().at(record->order.type), record->order);
  if (command.action.empty())
    return fail(Refusal{409, "wrong_state", "From where it stands this work order cannot be taken back.", "workOrder"});
  command.text = reason->empty() ? "cancelled by the customer" : *reason;
  const auto done = stores.orders.act(record->order.id, order_request(asking, {}), std::move(command), {}, asking.now);
  if (!done) return fail(refusal_of(done.error()));
  const std::uint64_t task = next_id();
  Object out{{"@type", "CancelWorkOrder"},
             {"id", std::to_string(task)},
             {"href", fmt::format("{}/{}", cancel_path, task)},
             {"cancellationReason", done->order.result},
             {"effectiveCancellationDate", date_time(done->order.changed_at)},
             {"state", "done"},
             {"workOrder", Object{{"id", done->order.id.to_string()},
                                  {"href", fmt::format("{}/{}", work_order_path, done->order.id.value())},
                                  {"name", done->order.title},
                                  {"@referredType", "WorkOrder"}}}};
  put(out, "requestedCancellationDate", *when);
  stores.tmf.put_resource({"cancelWorkOrder", task, asking.now, boost::json::serialize(out)}, asking.now);
  return made(std::move(out));
}

void TmfApi::Impl::order_routes(http::Router& router, OrderKind kind) {
  const std::string path = path_of(kind), one = path + "/{id}";
  on(router, "GET", path, [this, kind](const Asking& a) { return list_orders(a, kind); });
  on(router, "POST", path, [this, kind](const Asking& a) { return create_order(a, kind); });
  on(router, "GET", one, [this, kind](const Asking& a) { return get_order(a, kind); });
  on(router, "PATCH", one, [this, kind](const Asking& a) { return patch_order(a, kind); });
  hub_routes(router, path.substr(0, path.rfind('/')), kind == OrderKind::ticket ? "troubleTicket" : "workOrder");
}

void TmfApi::Impl::cancel_routes(http::Router& router) {
  const std::string path = cancel_path;
  // Whoever may not see the order does not see that it was cancelled.
  const auto staff = [this](const Asking& asking) -> std::optional<Refusal> {
    if (asking.actor.hotline) return std::nullopt;
    return Refusal{403, "forbidden", "Only the hotline sees cancellations."};
  };
  on(router, "GET", path, [this, staff](const Asking& a) -> Answered {
    if (auto refusal = staff(a)) return fail(*std::move(refusal));
    return list_resources(a, "cancelWorkOrder", {"workOrder"});
  });
  on(router, "POST", path, [this](const Asking& a) { return cancel_order(a); });
  on(router, "GET", path + "/{id}", [this, staff](const Asking& a) -> Answered {
    if (auto refusal = staff(a)) return fail(*std::move(refusal));
    const auto found = find_resource(a, "cancelWorkOrder");
    if (!found) return fail(found.error());
    Object whole = document_of(*found);
    Fields::of(a.request).keep(whole, {"workOrder"});
    return Answer{200, std::move(whole)};
  });
}

}  // namespace hotline::tmf
