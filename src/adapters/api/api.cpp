// SPDX-License-Identifier: Apache-2.0
// Api's construction, guards and the session routes.
#include "adapters/api/api.hpp"

#include <charconv>

#include "adapters/api/impl.hpp"
#include "adapters/api/order_wire.hpp"

namespace hotline::api {

Api::Impl::Impl(ApiConfig api_config, live::LiveService& live_service, const runtime::Clock& real_clock)
    : config(std::move(api_config)),
      service(live_service),
      clock(real_clock),
      store(live_service.store()),
      sessions(store, clock, config.session_idle, config.session_max),
      desks(service, clock, config.desk_grace),
      callers(service, clock, config.caller_grace, config.web_calls_per_address_max, config.caller_key) {
  service.add_listener(&desks);
  service.add_listener(&callers);
  if (config.planner) plans = std::make_unique<PlanDesk>(config.planner);
}

Api::Api(ApiConfig config, live::LiveService& service, const runtime::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(config), service, clock)) {}
Api::~Api() = default;

void Api::add_routes(http::Router& router) {
  impl_->session_routes(router);
  impl_->live_routes(router);
  impl_->record_routes(router);
  impl_->recording_routes(router);
  impl_->operation_routes(router);
  impl_->routing_routes(router);
  impl_->order_routes(router);
  impl_->order_desk_routes(router);
  impl_->appointment_routes(router);
  impl_->plan_routes(router);
  impl_->supervise_routes(router);
  impl_->watch_routes(router);
  impl_->notice_routes(router);
  impl_->partner_routes(router);
  http::WebSocketOptions options;
  options.allowed_origins = impl_->config.allowed_origins;
  router.websocket("/api/v1/live", impl_->desks.endpoint(impl_->sessions), options);
  router.websocket("/api/v1/call", impl_->callers.endpoint(), options);
}

void Api::set_appointments(app::AppointmentDesk& desk) {
  impl_->appointments = &desk;
}

void Api::set_orders(app::OrderDesk& desk) {
  impl_->orders = &desk;
}
void Api::set_outside(Outside outside) {
  impl_->outside = std::move(outside);
  app::OutsideStore* kept = impl_->orders != nullptr ? impl_->orders->store().outside() : nullptr;
  if (kept != nullptr && impl_->outside.partners != nullptr)
    impl_->partners = std::make_unique<PartnerDesk>(*kept, *impl_->outside.partners, impl_->clock,
                                                    impl_->config.session_idle, impl_->config.session_max);
}
void Api::notify(const std::vector<AgentId>& people, const app::OutboxEntry& entry) {
  impl_->desks.tell(people, {{"type", "notice"}, {"notice", jsonmap::to_value(body_of(entry))}});
}
void Api::on_answered(const http::AccessRecord& record) {
  impl_->metrics.answered(record);
}
void Api::set_server_stats(std::function<http::ServerStats()> stats) {
  impl_->server_stats = std::move(stats);
}
void Api::set_node_figures(std::function<std::map<std::string, app::NodeFigures>()> figures) {
  impl_->node_figures = std::move(figures);
}
void Api::set_recording_backlog(std::function<std::vector<app::RecordingBacklog>()> backlog) {
  impl_->recording_backlog = std::move(backlog);
}
Result<app::Agent, http::Response> Api::authorize(const http::Request& request, bool changes) {
  auto caller = impl_->sessions.authorize(request, changes);
  if (!caller) return fail(std::move(caller.error()));
  return std::move(caller->agent);
}
void Api::set_draining() {
  impl_->draining.store(true);
}

http::Handler Api::Impl::guard(bool changes, Guarded handler) {
  return [this, changes, handler = std::move(handler)](const http::Request& request) -> http::Response {
    auto caller = sessions.authorize(request, changes);
    if (!caller) return caller.error();
    return handler(request, *caller);
  };
}

http::AsyncHandler Api::Impl::guard_command(GuardedCommand handler) {
  return [this, handler = std::move(handler)](const http::Request& request, const http::Responder& respond) {
    auto caller = sessions.authorize(request, true);
    if (!caller) return (void)respond(caller.error());
    handler(request, *caller, respond);
  };
}

http::AsyncHandler Api::Impl::guard_read(GuardedCommand handler) {
  return [this, handler = std::move(handler)](const http::Request& request, const http::Responder& respond) {
    auto caller = sessions.authorize(request, false);
    if (!caller) return (void)respond(caller.error());
    handler(request, *caller, respond);
  };
}

void Api::Impl::command(const http::Responder& respond, live::LiveService::Command command) {
  service.request(std::move(command), [respond](const app::Reply& reply) {
    if (reply.refused) return (void)respond(refused(*reply.refused));
    if (reply.call) return (void)respond(http::Response::json(200, jsonmap::write(*reply.call)));
    if (reply.agent) return (void)respond(http::Response::json(200, jsonmap::write(*reply.agent)));
    respond(http::Response::no_content());
  });
}

void Api::Impl::audit(const Caller& caller, std::string action, std::string object, const http::Request& request,
                      std::string data) {
  store.write_and_wait({app::AddAudit{
      {clock.now(), caller.agent.id, std::move(action), std::move(object), request.remote_address, std::move(data)}}});
}

app::AgentStatus Api::Impl::status_of(AgentId agent) const {
  const auto views = service.views();
  const auto found = views->agents.find(agent);
  return found == views->agents.end() ? app::AgentStatus{} : *found->second;
}

Result<std::uint32_t, http::Response> limit_of(const http::Request& request) {
  const auto text = request.query("limit");
  if (!text) return 50U;
  std::uint32_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > 200) {
    return fail(http::bad_request("limit must be 1 to 200.", "limit"));
  }
  return limit;
}

// ---- sessions

http::Response Api::Impl::sign_in(const http::Request& request) {
  auto body = read_body<SignIn>(request);
  if (!body) return body.error();
  auto signed_in = sessions.sign_in(request, body->username, body->password);
  if (!signed_in) return signed_in.error();
  const Caller& caller = signed_in->caller;
  http::Response response = http::Response::json(
      200, jsonmap::write(SessionBody{status_of(caller.agent.id), caller.agent.role, caller.session.csrf_token}));
  response.set_cookie(signed_in->cookie);
  return response;
}

void Api::Impl::session_routes(http::Router& router) {
  router.add("POST", "/api/v1/session", [this](const http::Request& request) { return sign_in(request); },
             {.body_max = 4096});
  router.get(
      "/api/v1/session", guard(false, [this](const http::Request&, const Caller& caller) {
        return http::Response::json(
            200, jsonmap::write(SessionBody{status_of(caller.agent.id), caller.agent.role, caller.session.csrf_token}));
      }));
  router.add_async(
      "DELETE", "/api/v1/session",
      guard_command([this](const http::Request& request, const Caller& caller, const http::Responder& respond) {
        const http::Cookie cookie = sessions.sign_out(request, caller);
        service.request(
            [id = caller.agent.id](app::Live& live, app::RequestId reply_to, TimePoint now) {
              return live.set_agent_state(reply_to, app::SetState{id, "signed_out", "", "", ""}, now);
            },
            [this, respond, cookie, id = caller.agent.id](const app::Reply&) {
              desks.close(id);
              http::Response response = http::Response::no_content();
              response.set_cookie(cookie);
              respond(std::move(response));
            });
      }));
}

}  // namespace hotline::api
