// SPDX-License-Identifier: Apache-2.0
#include "adapters/tmf/tmf_api.hpp"

#include <fmt/format.h>

#include "adapters/http/target.hpp"
#include "adapters/tmf/impl.hpp"
#include "base/json/mapper.hpp"

namespace hotline::tmf {
namespace {

constexpr const char* content_type = "application/json;charset=utf-8";
constexpr std::size_t body_most = 256 * 1024;

http::Response refused(const Refusal& refusal) {
  http::Response response = http::Response::json(
      refusal.status, boost::json::serialize(error_body(refusal.status, refusal.code, refusal.message, refusal.field)));
  response.content_type = content_type;
  return response;
}

std::string base_of(const TmfConfig& config, const http::Request& request) {
  if (!config.public_url.empty()) return config.public_url;
  const std::string_view host = request.header("Host");
  return fmt::format("{}://{}", request.is_tls ? "https" : "http", http::is_host(host) ? host : "localhost");
}

}  // namespace

TmfApi::Impl::Impl(TmfConfig tmf_config, Stores all, Authorize who, const runtime::Clock& real_clock)
    : config(std::move(tmf_config)),
      kinds{config.tickets},
      stores(all),
      authorize(std::move(who)),
      clock(real_clock),
      ids(config.start_seconds, IdMaker::Origin::core),
      hub(config.hub, kinds, stores, clock) {}

TmfApi::TmfApi(TmfConfig config, Stores stores, Authorize authorize, const runtime::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(config), stores, std::move(authorize), clock)) {}
TmfApi::~TmfApi() = default;

void TmfApi::add_routes(http::Router& router) {
  impl_->order_routes(router, OrderKind::ticket);
  impl_->order_routes(router, OrderKind::work);
  impl_->cancel_routes(router);
  impl_->appointment_routes(router);
  impl_->search_routes(router);
  impl_->interaction_routes(router);
  impl_->event_routes(router);
}

void TmfApi::Impl::on(http::Router& router, const char* method, const std::string& path, Ask ask) {
  const bool changes = std::string_view(method) != "GET";
  router.add(
      method, path,
      [this, changes, ask = std::move(ask)](const http::Request& request) -> http::Response {
        auto agent = authorize(request, changes);
        if (!agent) return agent.error();
        const Asking asking{request, *agent, stores.orders.actor_of(*agent), clock.now(), base_of(config, request)};
        Answered answered = ask(asking);
        if (!answered) return refused(answered.error());
        http::Response response = http::Response::no_content();
        if (!answered->body.is_null()) {
          make_absolute(answered->body, asking.base_url);
          response = http::Response::json(answered->status, boost::json::serialize(answered->body));
          response.content_type = content_type;
        }
        for (auto& [name, value] : answered->headers)
          response.set_header(name, name == "Location" ? asking.base_url + value : value);
        return response;
      },
      {.body_max = body_most});
}

Answered TmfApi::Impl::list_resources(const Asking& asking, const char* kind,
                                      const std::vector<std::string_view>& always) {
  const auto page = paging_of(asking.request);
  if (!page) return fail(page.error());
  if (auto filters = Filters::of(asking.request, {}, {}); !filters) return fail(filters.error());
  const Fields fields = Fields::of(asking.request);
  const auto found = stores.tmf.resources(kind, *page);
  Array list;
  for (const app::TmfResource& resource : found.rows) {
    Object one = document_of(resource);
    fields.keep(one, always);
    list.push_back(std::move(one));
  }
  return page_of(std::move(list), found.total);
}

Result<app::TmfResource, Refusal> TmfApi::Impl::find_resource(const Asking& asking, const char* kind) {
  auto found = stores.tmf.resource(kind, asking.request.id_param("id").value_or(0));
  if (!found) return fail(not_found(kind));
  return *std::move(found);
}

std::uint64_t TmfApi::Impl::next_id() {
  const std::lock_guard lock(mutex);
  return ids.next();
}

Refusal not_found(const char* what) {
  return {404, "not_found", fmt::format("No {} has this id.", what)};
}

Refusal refusal_of(const app::OrderRefusal& refusal) {
  const int status = refusal.code == "not_found"   ? 404
                     : refusal.code == "forbidden" ? 403
                     : refusal.code == "bad_value" || refusal.code == "missing" || refusal.code == "unknown_action" ||
                             refusal.code == "unknown_department"
                         ? 400
                         : 409;
  return {status, refusal.code, refusal.message, refusal.field};
}

Refusal refusal_of(const app::AppointmentRefusal& refusal) {
  const int status = refusal.code == "not_found"                                     ? 404
                     : refusal.code == "bad_value" || refusal.code == "text_missing" ? 400
                                                                                     : 409;
  // The reason, the evidence, the result: here they are notes.
  return {status, refusal.code, refusal.message, refusal.field == "text" ? "note" : refusal.field};
}

Result<Object, Refusal> body_in(const Asking& asking) {
  auto body = jsonmap::read<Value>(asking.request.body);
  if (!body)
    return fail(bad_value(body.error().front().path, "the body must be JSON: " + body.error().front().expected));
  if (!body->is_object()) return fail(bad_value({}, "the body must be a JSON object"));
  return std::move(body->get_object());
}

Object document_of(const app::TmfResource& resource) {
  boost::system::error_code ec;
  Value body = boost::json::parse(resource.body, ec);
  return !ec && body.is_object() ? std::move(body.get_object()) : Object{};
}

Answer page_of(Array list, std::uint32_t total) {
  const std::string count = std::to_string(list.size());
  return {200, std::move(list), {{"X-Total-Count", std::to_string(total)}, {"X-Result-Count", count}}};
}

Answer made(Object resource) {
  const Value* href = resource.if_contains("href");
  http::Pairs headers;
  if (href != nullptr && href->is_string()) headers.emplace_back("Location", std::string(href->get_string()));
  return {201, std::move(resource), std::move(headers)};
}

std::optional<Refusal> supervisors_only(const Asking& asking, const char* what) {
  if (asking.supervisor()) return std::nullopt;
  return Refusal{403, "forbidden", fmt::format("Only supervisors and admins {}.", what)};
}

void shape_refusal(const http::Request& request, http::Response& response) {
  if (!request.path.starts_with("/tmf-api/") && request.path != "/tmf-api") return;
  boost::system::error_code ec;
  const Value body = boost::json::parse(response.body, ec);
  if (ec || !body.is_object()) return;
  const Value* error = body.get_object().if_contains("error");
  if (error == nullptr || !error->is_object()) return;
  const auto text = [&](const char* name) -> std::string {
    const Value* found = error->get_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  response.body = boost::json::serialize(error_body(response.status, text("code"), text("message"), text("field")));
  response.content_type = content_type;
}

}  // namespace hotline::tmf
