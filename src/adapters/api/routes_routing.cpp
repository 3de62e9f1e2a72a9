// SPDX-License-Identifier: Apache-2.0
// Routing and service lines set while the hotline runs, and call-backs.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "adapters/api/query.hpp"
#include "adapters/api/routing_wire.hpp"

namespace hotline::api {
namespace {

/// Members that are left out are as usual.
template <class T>
Result<T, http::Response> read_settings(const http::Request& request) {
  jsonmap::Limits limits;
  limits.missing_ok = true;
  auto value = jsonmap::read<T>(request.body, limits);
  if (!value) return fail(bad_body(value.error()));
  return std::move(*value);
}

bool is_admin(const Caller& caller) {
  return caller.agent.role == "admin";
}

app::SetQueue command_of(const QueueSettingsBody& body, QueueId id) {
  app::SetQueue command;
  command.id = id;
  command.code = body.code;
  command.name = names_of(body.name);
  command.service_line = body.service_line.value_or("");
  command.offer_timeout = body.offer_timeout_ms;
  command.wrap_up = body.wrap_up_ms;
  command.waiting_max = body.waiting_max;
  command.routing = body.routing;
  return command;
}

}  // namespace

http::Response Api::Impl::get_routing(const Caller& caller) const {
  if (!caller.supervisor()) return http::forbidden("Only supervisors and admins see the routing.");
  return http::Response::json(200, jsonmap::write(routing_body_of(*service.views()->world)));
}

/// Stores a change of the configuration, with what was wanted and what came of it in the audit, and answers 204.
void Api::Impl::configure(const http::Request& request, const Caller& caller, const http::Responder& respond,
                          const std::string& action, const std::string& object, live::LiveService::Command change) {
  const auto wanted = jsonmap::parse(request.body);  // an object: read already
  audited(caller, request, respond,
          {action, object, wanted && wanted->is_object() ? wanted->get_object() : boost::json::object{}, {}},
          std::move(change));
}

void Api::Impl::set_queue(const http::Request& request, const Caller& caller, const http::Responder& respond,
                          bool is_new) {
  if (!is_admin(caller)) return (void)respond(http::forbidden("Only admins change queues."));
  const auto id = is_new ? std::optional<std::uint64_t>(0) : request.id_param("id");
  if (!id || (!is_new && *id == 0)) return (void)respond(http::not_found("No queue has this id."));
  auto body = read_settings<QueueSettingsBody>(request);
  if (!body) return (void)respond(body.error());
  configure(request, caller, respond, is_new ? "queue.add" : "queue.change", body->code,
            [command = command_of(*body, QueueId{*id})](app::Live& live, app::RequestId reply_to, TimePoint now) {
              return live.set_queue(reply_to, command, now);
            });
}

void Api::Impl::set_agent_skills(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const auto id = request.id_param("id");
  if (!may_supervise(caller, request, respond, "agent.skills", AgentId{id.value_or(0)}.to_string())) return;
  if (!id) return (void)respond(http::not_found("No agent has this id."));
  auto body = read_body<AgentSkillsBody>(request);
  if (!body) return (void)respond(body.error());
  boost::json::object wanted{{"queues", jsonmap::to_value(body->queues)}, {"skills", jsonmap::to_value(body->skills)}};
  audited(caller, request, respond, {"agent.skills", AgentId{*id}.to_string(), std::move(wanted), {}},
          [command = app::SetAgentSkills{AgentId{*id}, body->queues, body->skills}](
              app::Live& live, app::RequestId reply_to, TimePoint now) {
            return live.set_agent_skills(reply_to, command, now);
          });
}

http::Response Api::Impl::get_agent_skills(const http::Request& request, const Caller& caller) const {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see the skills of agents.");
  const auto views = service.views();
  const app::World& world = *views->world;
  const auto id = request.id_param("id");
  const auto agent = std::find_if(world.agents.begin(), world.agents.end(),
                                  [&](const app::Agent& a) { return id && a.id == AgentId{*id}; });
  if (agent == world.agents.end()) return http::not_found("No agent has this id.");
  AgentSkillsBody body;
  for (const app::Queue& queue : world.queues) {
    if (std::find(agent->queues.begin(), agent->queues.end(), queue.id) != agent->queues.end())
      body.queues.push_back(queue.code);
  }
  for (const app::Skill& skill : world.skills) {
    for (const auto& [has, level] : agent->skills) {
      if (has == skill.id) body.skills[skill.code] = level;
    }
  }
  return http::Response::json(200, jsonmap::write(body));
}

service_line::Measured Api::Impl::measured(const std::string& line, Duration over) const {
  const app::LineFigures figures = store.line_figures(line, clock.now() - over, config.service_level_threshold);
  return {figures.offered, figures.answered, figures.answered_in_threshold, figures.abandoned};
}

http::Response Api::Impl::get_line_operation(const http::Request& request, const Caller& caller) const {
  if (!caller.supervisor()) return http::forbidden("Only supervisors and admins see the operation of service lines.");
  const auto views = service.views();
  const auto id = request.id_param("id");
  for (const app::ServiceLine& line : views->world->service_lines) {
    if (!id || line.id != ServiceLineId{*id}) continue;
    LineOperationBody body;
    body.operation = app::operation_of(line);
    const auto figures = measured(line.code, body.operation.measured_over_ms);
    body.measured = {figures.offered,   figures.answered,        figures.answered_in_threshold,
                     figures.abandoned, figures.service_level(), figures.abandoned_share()};
    const auto from = service_line::stage_from(body.operation.stage).value_or(service_line::Stage::integrated);
    body.obstacles =
        service_line::obstacles(from, service_line::Stage::integrated, app::conditions_of(body.operation), figures);
    return http::Response::json(200, jsonmap::write(body));
  }
  return http::not_found("No service line has this id.");
}

void Api::Impl::set_line_operation(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  if (!is_admin(caller)) return (void)respond(http::forbidden("Only admins change the operation of service lines."));
  auto body = read_settings<SetLineOperationBody>(request);
  if (!body) return (void)respond(body.error());
  const auto views = service.views();
  const auto id = request.id_param("id");
  const auto& lines = views->world->service_lines;
  const auto line = std::find_if(lines.begin(), lines.end(),
                                 [&](const app::ServiceLine& l) { return id && l.id == ServiceLineId{*id}; });
  if (line == lines.end()) return (void)respond(http::not_found("No service line has this id."));
  app::SetLineOperation command{line->id, body->operation, measured(line->code, body->operation.measured_over_ms),
                                body->despite_conditions};
  configure(request, caller, respond, "service_line.operation", line->code,
            [command = std::move(command)](app::Live& live, app::RequestId reply_to, TimePoint now) {
              return live.set_line_operation(reply_to, command, now);
            });
}

/// Anybody may ask: a few times an hour from one address and for one number, and only for queues which allow it.
void Api::Impl::ask_call_back(const http::Request& request, const http::Responder& respond) {
  auto body = read_body<CallBackBody>(request);
  if (!body) return (void)respond(body.error());
  std::string digits = body->number;
  std::erase_if(digits, [](char c) { return c < '0' || c > '9'; });
  const TimePoint now = clock.now();
  if (!call_back_gate.admits(request.remote_address, now) ||
      (!digits.empty() && !call_back_number_gate.admits(digits, now))) {
    http::Response response = http::Response::error(
        429, "too_many", "Too many call-backs were asked for from here, or for this number; try again in an hour.");
    response.set_header("Retry-After", "3600");
    return (void)respond(std::move(response));
  }
  service.request(
      [wanted = app::WebCallBack{body->number, body->queue}](app::Live& live, app::RequestId reply_to, TimePoint at) {
        return live.web_call_back(reply_to, wanted, at);
      },
      [respond](const app::Reply& reply) {
        if (reply.refused) return (void)respond(refused(*reply.refused));
        AskedCallBackBody answer;
        if (const auto& back = reply.call_back)
          answer = {back->number, back->position, back->wait_ms, back->expires_ms};
        respond(http::Response::json(200, jsonmap::write(answer)));
      });
}

http::Response Api::Impl::list_done_call_backs(const http::Request& request, const Caller& caller) {
  if (!caller.supervisor()) return http::forbidden("Only supervisors see the call-backs.");
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  app::ContactQuery query;
  query.limit = *limit;
  query.call_backs = true;
  const auto before = query_number<ContactId>(request, "before_id");
  if (!before) return before.error();
  query.before = *before;
  std::vector<DoneCallBackBody> list;
  for (const app::Contact& contact : store.contacts(query)) {
    if (contact.outcome == "live") continue;
    list.push_back(done_call_back(contact, store.events(contact.id)));
    if (contact.agent) list.back().agent_name = unless_empty(status_of(*contact.agent).name);
  }
  return http::Response::json(200, items(list));
}

/// Now instead of at its next try; one that is over begins anew.
void Api::Impl::dial_call_back(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  if (!caller.supervisor()) return (void)respond(http::forbidden("Only supervisors dial call-backs again."));
  const auto id = request.id_param("id");
  const auto contact = id ? store.contact(ContactId{*id}) : std::nullopt;
  if (!contact || contact->call_back.empty()) return (void)respond(http::not_found("No call-back has this id."));
  Act act{"call_back.dial_again", contact->id.to_string(), {}, {}};
  if (contact->outcome == "live")
    return audited(caller, request, respond, std::move(act),
                   [id = CallId{*id}](app::Live& live, app::RequestId reply_to, TimePoint now) {
                     return live.hasten_call_back(reply_to, id, now);
                   });
  const auto former = done_call_back(*contact, store.events(contact->id));
  audited(caller, request, respond, std::move(act),
          [again = app::RepeatCallBack{former.number, former.queue, contact->id.to_string()}](
              app::Live& live, app::RequestId reply_to, TimePoint now) {
            return live.repeat_call_back(reply_to, again, now);
          });
}

void Api::Impl::list_call_backs(const Caller& caller, const http::Responder& respond) {
  if (!caller.supervisor()) return (void)respond(http::forbidden("Only supervisors see the call-backs."));
  const bool taken = service.post([respond](app::Live& live, TimePoint now) {
    respond(http::Response::json(200, items(live.call_backs(now))));
    return app::LiveEffects{};
  });
  if (!taken) respond(refused({"unavailable", "The hotline is overloaded; try again in a moment."}));
}

void Api::Impl::routing_routes(http::Router& router) {
  router.get("/api/v1/routing",
             guard(false, [this](const http::Request&, const Caller& caller) { return get_routing(caller); }));
  router.add_async("PUT", "/api/v1/routing/rules",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     if (!is_admin(caller)) return (void)respond(http::forbidden("Only admins change the rules."));
                     auto body = read_settings<app::RoutingRules>(request);
                     if (!body) return (void)respond(body.error());
                     configure(request, caller, respond, "routing.rules", "",
                               [rules = *body](app::Live& live, app::RequestId id, TimePoint now) {
                                 return live.set_rules(id, rules, now);
                               });
                   }),
                   {.body_max = 65'536});
  router.add_async("POST", "/api/v1/queues",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_queue(request, caller, respond, true);
                   }),
                   {.body_max = 65'536});
  router.add_async("PUT", "/api/v1/queues/{id}",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_queue(request, caller, respond, false);
                   }),
                   {.body_max = 65'536});
  router.add_async(
      "PUT", "/api/v1/skills", guard_command([this](const auto& request, const auto& caller, const auto& respond) {
        if (!is_admin(caller)) return (void)respond(http::forbidden("Only admins change skills."));
        auto body = read_body<SkillBody>(request);
        if (!body) return (void)respond(body.error());
        configure(request, caller, respond, "skill.change", body->code,
                  [code = body->code, name = names_of(body->name)](app::Live& live, app::RequestId id, TimePoint now) {
                    return live.set_skill(id, code, name, now);
                  });
      }),
      {.body_max = 4096});
  router.get("/api/v1/agents/{id}/skills", guard(false, [this](const http::Request& request, const Caller& caller) {
               return get_agent_skills(request, caller);
             }));
  router.add_async("PUT", "/api/v1/agents/{id}/skills",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_agent_skills(request, caller, respond);
                   }),
                   {.body_max = 16'384});
  router.get("/api/v1/service-lines/{id}/operation",
             guard(false, [this](const http::Request& request, const Caller& caller) {
               return get_line_operation(request, caller);
             }));
  router.add_async("PUT", "/api/v1/service-lines/{id}/operation",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_line_operation(request, caller, respond);
                   }),
                   {.body_max = 16'384});
  router.add_async(
      "POST", "/api/v1/public/call-backs",
      [this](const http::Request& request, const http::Responder& respond) { ask_call_back(request, respond); },
      {.body_max = 4096});
  router.add_async(
      "GET", "/api/v1/call-backs",
      guard_read([this](const auto&, const auto& caller, const auto& respond) { list_call_backs(caller, respond); }));
  router.get("/api/v1/call-backs/done", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_done_call_backs(request, caller);
             }));
  router.add_async("POST", "/api/v1/call-backs/{id}/dial-again",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     dial_call_back(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("DELETE", "/api/v1/call-backs/{id}",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     if (!caller.supervisor())
                       return (void)respond(http::forbidden("Only supervisors cancel call-backs."));
                     const auto id = request.id_param("id");
                     if (!id) return (void)respond(http::not_found("No call-back has this id."));
                     audited(caller, request, respond, {"call_back.cancel", CallId{*id}.to_string(), {}, {}},
                             [id = CallId{*id}](app::Live& live, app::RequestId reply_to, TimePoint now) {
                               return live.cancel_call_back(reply_to, id, now);
                             });
                   }));
}

}  // namespace hotline::api
