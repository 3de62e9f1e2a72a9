// SPDX-License-Identifier: Apache-2.0
// Supervisors: who may be listened to, the acts, and the audit of them. Every act is written down with its result, in
// the commit of what it did; one that is refused as well.
#include "adapters/api/impl.hpp"

namespace hotline::api {
namespace {

struct SuperviseBody {
  std::string mode;
};
BOOST_DESCRIBE_STRUCT(SuperviseBody, (), (mode))

struct AuditBody {
  TimePoint at_ms{};
  std::optional<AgentId> actor_id;
  std::optional<std::string> actor_name;
  std::string action, object, source;
  boost::json::value data;
};
BOOST_DESCRIBE_STRUCT(AuditBody, (), (at_ms, actor_id, actor_name, action, object, source, data))

constexpr std::size_t floor_max = 500;

std::string result_of(const app::LiveEffects& effects, app::RequestId id) {
  for (const app::Outward& effect : effects.outward) {
    const auto* answer = std::get_if<app::Answer>(&effect);
    if (answer == nullptr || answer->reply->request != id) continue;
    return answer->reply->refused ? answer->reply->refused->code : "done";
  }
  return "done";
}

}  // namespace

void Api::Impl::audited(const Caller& caller, const http::Request& request, const http::Responder& respond, Act act,
                        live::LiveService::Command command_) {
  command(respond,
          [entry =
               app::AuditEntry{
                   {}, caller.agent.id, std::move(act.action), std::move(act.object), request.remote_address, ""},
           data = std::move(act.data), of = act.call,
           run = std::move(command_)](app::Live& live, app::RequestId id, TimePoint now) mutable {
            if (of) {
              if (const auto agent = live.agent_with(*of)) data["agent"] = agent->to_string();
            }
            app::LiveEffects effects = run(live, id, now);
            data["result"] = result_of(effects, id);
            entry.at = now;
            entry.data = boost::json::serialize(data);
            effects.changes.emplace_back(app::AddAudit{entry});
            return effects;
          });
}

bool Api::Impl::may_supervise(const Caller& caller, const http::Request& request, const http::Responder& respond,
                              const char* action, const std::string& object) {
  if (caller.supervisor()) return true;
  audit(caller, action, object, request, R"({"result":"forbidden"})");
  respond(http::forbidden("Only supervisors may do this."));
  return false;
}

void Api::Impl::supervise(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const CallId call{request.id_param("id").value_or(0)};
  if (!may_supervise(caller, request, respond, "supervise", call.to_string())) return;
  auto body = read_body<SuperviseBody>(request);
  if (!body) return (void)respond(body.error());
  const auto mode = call::supervise_mode_from(body->mode);
  if (!mode) return (void)respond(http::bad_request("mode must be listen, whisper, barge or take_over.", "mode"));
  audited(caller, request, respond, {"supervise." + body->mode, call.to_string(), {}, call},
          [what = app::Supervise{caller.agent.id, call, body->mode}](
              app::Live& live, app::RequestId id, TimePoint now) { return live.supervise(id, what, now); });
}

void Api::Impl::end_supervision(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const CallId call{request.id_param("id").value_or(0)};
  if (!may_supervise(caller, request, respond, "supervise.end", call.to_string())) return;
  const AgentId whose{request.id_param("agent").value_or(0)};
  audited(caller, request, respond, {"supervise.end", call.to_string(), {{"supervisor", whose.to_string()}}, call},
          [whose, call](app::Live& live, app::RequestId id, TimePoint now) {
            return live.end_supervision(id, whose, call, now);
          });
}

void Api::Impl::pull_call(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const CallId call{request.id_param("id").value_or(0)};
  if (!may_supervise(caller, request, respond, "call.pull", call.to_string())) return;
  audited(caller, request, respond, {"call.pull", call.to_string(), {}, {}},
          [by = caller.agent.id, call](app::Live& live, app::RequestId id, TimePoint now) {
            return live.pull_call(id, by, call, now);
          });
}

http::Response Api::Impl::list_audit(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see the audit.");
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const std::string action(request.query("action").value_or(""));
  if (action.size() > 64) return http::bad_request("action has at most 64 bytes.", "action");
  const auto views = service.views();
  std::vector<AuditBody> list;
  for (app::AuditEntry& entry : store.audit(action, *limit)) {
    AuditBody& body = list.emplace_back();
    body.at_ms = entry.at;
    body.actor_id = entry.actor;
    if (entry.actor) {
      if (const auto found = views->agents.find(*entry.actor); found != views->agents.end())
        body.actor_name = found->second->name;
    }
    body.action = std::move(entry.action);
    body.object = std::move(entry.object);
    body.source = std::move(entry.source);
    auto data = jsonmap::parse(entry.data);
    body.data = data && data->is_object() ? std::move(*data) : boost::json::object{};
  }
  return http::Response::json(200, items(list));
}

void Api::Impl::supervise_routes(http::Router& router) {
  router.add_async("GET", "/api/v1/floor", guard_read([this](const auto&, const auto& caller, const auto& respond) {
                     if (!caller.supervisor())
                       return (void)respond(http::forbidden("Only supervisors see all live calls."));
                     const bool taken = service.post([respond](app::Live& live, TimePoint) {
                       respond(http::Response::json(200, items(live.floor(floor_max))));
                       return app::LiveEffects{};
                     });
                     if (!taken) respond(refused({"unavailable", "The hotline is overloaded; try again in a moment."}));
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/supervise",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     supervise(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("DELETE", "/api/v1/calls/{id}/supervisors/{agent}",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     end_supervision(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("POST", "/api/v1/calls/{id}/pull",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     pull_call(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.get("/api/v1/audit", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_audit(request, caller);
             }));
}

}  // namespace hotline::api
