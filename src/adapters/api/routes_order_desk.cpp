// SPDX-License-Identifier: Apache-2.0
// The order desk: one command to many orders, what stands where, people's saved views, attachments. On the workers;
// commands wait for the store's commits.
#include <algorithm>

#include "adapters/api/command_id.hpp"
#include "adapters/api/order_desk_wire.hpp"
#include "adapters/api/order_requests.hpp"
#include "adapters/api/query.hpp"
#include "adapters/orders/attachment_files.hpp"
#include "adapters/orders/content_type.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t views_most = 50, attachments_most = 50;
constexpr std::size_t attachment_name_most = 400;

/// General managers see every department; heads and service supervisors theirs and those below; members their own.
bool may_see_department(const workorder::Actor& actor, const std::string& code,
                        const workorder::Departments& departments) {
  if (actor.hotline) return true;
  const auto line = departments.line_of(code);
  return std::any_of(actor.places.begin(), actor.places.end(), [&](const workorder::Place& place) {
    if (place.position == workorder::Position::general_manager) return true;
    return std::any_of(line.begin(), line.end(), [&](const workorder::Department* d) {
      return place.department == d->code && (d->code == code || place.position != workorder::Position::member);
    });
  });
}

/// RFC 6266, RFC 8187: the name for everybody, percent-encoded.
std::string disposition(bool shown, const std::string& name) {
  std::string encoded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    if (plain) {
      encoded += c;
      continue;
    }
    constexpr const char* digits = "0123456789ABCDEF";
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 0xFU];
  }
  return std::string(shown ? "inline" : "attachment") + "; filename*=UTF-8''" + encoded;
}

bool is_view_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string_view::npos;
}

}  // namespace

void validate(const BulkActionBody& value, jsonmap::Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(workorder::is_code(value.action), "action", "a step of the orders' type, or a common action");
  report.require(!value.order_ids.empty() && value.order_ids.size() <= kBulkMost, "order_ids", "1 to 100 orders");
  report.require(!value.text || value.text->size() <= workorder::kTextMost, "text", "at most 8000 bytes");
}

void validate(const NewViewBody& value, jsonmap::Report& report) {
  report.require(!value.name.empty() && value.name.size() <= 100, "name", "1 to 100 bytes");
  report.require(value.settings.size() <= 20, "settings", "at most 20 members");
  for (const auto& [key, setting] : value.settings)
    report.require(key.size() <= 32 && setting.size() <= 400, "settings", "keys to 32, values to 400 bytes");
}

http::Response Api::Impl::act_on_orders(const http::Request& request, const Caller& caller) {
  auto body = read_body<BulkActionBody>(request);
  if (!body) return body.error();
  if (body->agent_id && !store.agent(*body->agent_id)) return http::bad_request("No agent has this id.", "agent_id");
  std::vector<WorkOrderId> ids = std::move(body->order_ids);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  body->order_ids.clear();
  const std::string content = jsonmap::write(*body);  // without the others: each order's command is its own
  workorder::Command command;
  command.action = body->action;
  command.text = body->text.value_or("");
  command.lead = body->lead.value_or("");
  command.agent = body->agent_id.value_or(AgentId{});
  std::vector<BulkResultBody> results;
  for (const WorkOrderId id : ids) {
    const app::OrderRequest asked =
        request_of(request, caller, body->command_id + ":" + id.to_string(), *orders, id.to_string() + '\n' + content);
    auto done = orders->act(id, asked, command, std::nullopt, clock.now());
    BulkResultBody& result = results.emplace_back();
    result.order_id = id;
    if (done) {
      result.state = done->order.state;
      result.version = done->row.version;
    } else {
      result.code = done.error().code;
      result.message = done.error().message;
      if (!done.error().field.empty()) result.field = done.error().field;
    }
  }
  return http::Response::json(200, items(results));
}

http::Response Api::Impl::order_standing(const http::Request& request, const Caller& caller) {
  const auto asked = query_number<std::int64_t>(request, "within_ms");
  if (!asked || asked->value_or(0) > 30 * 86'400'000LL)
    return http::bad_request("within_ms must be 0 to thirty days.", "within_ms");
  const std::int64_t within = asked->value_or(4 * 3'600'000);
  const auto organised = orders->organisation();
  const workorder::Actor actor = orders->actor_of(caller.agent);
  constexpr const char* levels[] = {"department_head", "service_supervisor", "general_manager"};
  std::vector<StandingBody> list;
  const TimePoint now = clock.now();
  for (const app::OrderTally& tally : orders->store().tallies(now, now + Duration{within})) {
    if (!may_see_department(actor, tally.lead, organised->departments)) continue;
    StandingBody& one = list.emplace_back();
    if (!tally.lead.empty()) one.lead = tally.lead;
    one.type = tally.type;
    if (tally.level >= 1 && tally.level <= 3) one.level = levels[tally.level - 1];
    one.open = tally.open;
    one.overdue = tally.overdue;
    one.at_risk = tally.at_risk;
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::list_order_views(const Caller& caller) {
  std::vector<ViewBody> list;
  for (const app::OrderView& view : orders->store().views(caller.agent.id)) {
    boost::system::error_code ec;
    boost::json::value settings = boost::json::parse(view.settings, ec);
    if (ec || !settings.is_object()) settings = boost::json::object{};
    list.push_back({view.id, view.name, std::move(settings)});
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::save_order_view(const http::Request& request, const Caller& caller) {
  const std::string id(request.param("id"));
  if (!is_view_id(id)) return http::bad_request("A view's id has 1 to 64 letters, digits, '-' and '_'.", "id");
  auto body = read_body<NewViewBody>(request);
  if (!body) return body.error();
  const auto views = orders->store().views(caller.agent.id);
  const bool known = std::any_of(views.begin(), views.end(), [&](const auto& view) { return view.id == id; });
  if (!known && views.size() >= views_most) return http::conflict("You have fifty views; delete one first.");
  orders->store().save_view(caller.agent.id,
                            {id, body->name, boost::json::serialize(jsonmap::to_value(body->settings))});
  return http::Response::no_content();
}

http::Response Api::Impl::delete_order_view(const http::Request& request, const Caller& caller) {
  orders->store().delete_view(caller.agent.id, std::string(request.param("id")));
  return http::Response::no_content();
}

http::Response Api::Impl::attach_to_order(const http::Request& request, const Caller& caller) {
  const WorkOrderId id{request.id_param("id").value_or(0)};
  const auto record = orders->find(id);
  const workorder::Actor actor = orders->actor_of(caller.agent);
  if (!record || !workorder::is_involved(actor, record->order, orders->organisation()->departments))
    return http::not_found("No order has this id.");
  if (record->order.closed && !orders->store().command(std::string(request.query("command_id").value_or(""))))
    return refused(app::OrderRefusal{"closed", {}, "The order is closed."});  // before its file is kept
  const std::string command_id(request.query("command_id").value_or(""));
  if (!is_command_id(command_id)) return http::bad_request(std::string("Give ") + command_id_rule + ".", "command_id");
  const auto name = request.query("name").value_or("");
  if (name.empty() || name.size() > attachment_name_most)
    return http::bad_request("A file's name has 1 to 400 bytes.", "name");
  const std::string text(request.query("text").value_or(""));
  if (text.size() > workorder::kTextMost) return http::bad_request("A note has at most 8000 bytes.", "text");
  const auto type = orders::content_type_of(request.body);
  if (!type)
    return http::Response::error(415, "unsupported_type",
                                 "Only pictures, PDF, Word and Excel without macros, sound, MP4 and plain text are "
                                 "taken, by what is in the file.",
                                 "body");
  if (orders->store().attachments(id).size() >= attachments_most)
    return http::conflict("An order has at most fifty attachments.");
  const auto stored = config.attachments.store(request.body);
  if (!stored) {
    spdlog::error("an attachment of order {} was not kept: {}", record->row.number, stored.error());
    return http::unavailable("The file cannot be stored now; the order is unchanged.", std::chrono::seconds(30));
  }
  app::Attachment file;
  file.name = orders::display_name(name, *type);
  file.content_type = type->mime;
  file.sha256 = stored->sha256;
  file.path = stored->path;
  file.bytes = static_cast<std::int64_t>(request.body.size());
  const app::OrderRequest asked =
      request_of(request, caller, command_id, *orders, std::string(name) + '\n' + stored->sha256 + '\n' + text);
  auto done = orders->attach(id, asked, std::move(file), text, clock.now());
  if (!done) return refused(done.error());
  return order_detail(*done, caller, 201);
}

http::Response Api::Impl::order_attachment(const http::Request& request, const Caller& caller) {
  const auto attachment = orders->store().attachment(request.id_param("attachment").value_or(0));
  const auto record = orders->find(WorkOrderId{request.id_param("id").value_or(0)});
  if (!attachment || !record || attachment->order != record->order.id ||
      !workorder::is_involved(orders->actor_of(caller.agent), record->order, orders->organisation()->departments))
    return http::not_found("This order has no such attachment.");
  const auto file = config.attachments.find(attachment->path);
  if (!file) return http::not_found("The attachment's file is missing; hotline doctor says more.");
  const bool shown = attachment->content_type.starts_with("image/");
  http::Response response = http::Response::from_file(*file, attachment->content_type);
  response.set_header("Content-Disposition", disposition(shown, attachment->name));
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Content-Security-Policy", "default-src 'none'; sandbox");
  response.set_header("Cache-Control", "private, no-store");
  return response;
}

void Api::Impl::order_desk_routes(http::Router& router) {
  using Answer = http::Response (Impl::*)(const http::Request&, const Caller&);
  const auto on = [this](bool changes, Answer answer) {
    return guard(changes, [this, answer](const http::Request& request, const Caller& caller) {
      return orders == nullptr ? no_orders() : (this->*answer)(request, caller);
    });
  };
  router.add("POST", "/api/v1/orders/actions", on(true, &Impl::act_on_orders), {.body_max = 64 * 1024});
  router.get("/api/v1/orders/standing", on(false, &Impl::order_standing));
  router.get("/api/v1/orders/views", guard(false, [this](const http::Request&, const Caller& caller) {
               return orders == nullptr ? no_orders() : list_order_views(caller);
             }));
  router.add("PUT", "/api/v1/orders/views/{id}", on(true, &Impl::save_order_view), {.body_max = 16 * 1024});
  router.del("/api/v1/orders/views/{id}", on(true, &Impl::delete_order_view));
  router.add("POST", "/api/v1/orders/{id}/attachments", on(true, &Impl::attach_to_order),
             {.body_max = config.attachment_bytes_max});
  router.get("/api/v1/orders/{id}/attachments/{attachment}", on(false, &Impl::order_attachment));
}

}  // namespace hotline::api
