// SPDX-License-Identifier: Apache-2.0
// Agents, their states, live calls and the wallboard.
#include "adapters/api/impl.hpp"
#include "adapters/api/sip_account.hpp"

namespace hotline::api {
namespace {

CallId call_id(const http::Request& request) {
  return CallId{request.id_param("id").value_or(0)};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

http::Response Api::Impl::list_agents(const http::Request& request) {
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const auto state = request.query("state");
  const auto q = request.query("q");
  if (state && !acd::agent_state_from(*state)) return http::bad_request("state is none of the agent states.", "state");
  if (q && q->size() > 64) return http::bad_request("q has at most 64 bytes.", "q");
  std::vector<app::AgentStatus> list;
  const auto views = service.views();  // held here: a range-for does not keep what its range came from
  for (const auto& [id, agent] : views->agents) {
    if (state && agent->state != *state) continue;
    if (q && !contains(agent->name, *q) && !contains(agent->number, *q)) continue;
    list.push_back(*agent);
    if (list.size() == *limit) break;
  }
  return http::Response::json(200, items(list));
}

void Api::Impl::set_agent_state(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const auto id = request.id_param("id");
  if (!id) return (void)respond(http::not_found("No agent has this id."));
  const AgentId agent{*id};
  if (agent != caller.agent.id && !may_supervise(caller, request, respond, "agent.force_state", agent.to_string()))
    return;
  auto body = read_body<SetAgentState>(request);
  if (!body) return (void)respond(body.error());
  if (body->sip_contact && !caller.supervisor())
    return (void)respond(http::forbidden("Only supervisors set a SIP contact."));
  const auto act = [command = app::SetState{agent, body->state, body->reason.value_or(""), body->device.value_or(""),
                                            body->sip_contact.value_or("")}](app::Live& live, app::RequestId reply_to,
                                                                             TimePoint now) {
    return live.set_agent_state(reply_to, command, now);
  };
  if (agent == caller.agent.id) return command(respond, act);
  audited(caller, request, respond,
          {"agent.force_state", agent.to_string(), {{"state", body->state}, {"reason", body->reason.value_or("")}}, {}},
          act);
}

void Api::Impl::make_sip_account(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  if (caller.agent.role != "admin") return (void)respond(http::forbidden("Only admins give SIP accounts."));
  const auto id = request.id_param("id");
  const auto agent = id ? store.agent(AgentId{*id}) : std::nullopt;
  if (!agent) return (void)respond(http::not_found("No agent has this id."));
  auto made = api::make_sip_account(agent->number, config.sip_realm);
  audit(caller, "agent.sip_account", agent->id.to_string(), request);
  service.request(
      [id = agent->id, account = made.account](app::Live& live, app::RequestId reply_to, TimePoint now) {
        return live.set_sip_account(reply_to, id, account, now);
      },
      [respond, body = SipAccountBody{agent->number, config.sip_realm, made.password}](const app::Reply& reply) {
        if (reply.refused) return (void)respond(refused(*reply.refused));
        http::Response response = http::Response::json(200, jsonmap::write(body));
        response.set_header("Cache-Control", "no-store");
        respond(std::move(response));
      });
}

void Api::Impl::drop_sip_account(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  if (caller.agent.role != "admin") return (void)respond(http::forbidden("Only admins take SIP accounts away."));
  const auto id = request.id_param("id");
  if (!id) return (void)respond(http::not_found("No agent has this id."));
  audit(caller, "agent.sip_account_removed", AgentId{*id}.to_string(), request);
  command(respond, [id = AgentId{*id}](app::Live& live, app::RequestId reply_to, TimePoint now) {
    return live.set_sip_account(reply_to, id, {}, now);
  });
}

void Api::Impl::send_digits(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  auto body = read_body<Digits>(request);
  if (!body) return (void)respond(body.error());
  command(respond, [agent = caller.agent.id, call = call_id(request), digits = body->digits](
                       app::Live& live, app::RequestId id, TimePoint now) {
    return live.send_digits(id, agent, call, digits, now);
  });
}

void Api::Impl::transfer(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  auto body = read_body<ConsultBody>(request);
  if (!body) return (void)respond(body.error());
  command(respond,
          [agent = caller.agent.id, call = call_id(request),
           to = app::TransferTo{body->kind, body->target, body->why.value_or("")}](
              app::Live& live, app::RequestId id, TimePoint now) { return live.transfer(id, agent, call, to, now); });
}

void Api::Impl::consult(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  auto body = read_body<ConsultBody>(request);
  if (!body) return (void)respond(body.error());
  command(respond,
          [agent = caller.agent.id, call = call_id(request),
           whom = app::TransferTo{body->kind, body->target, body->why.value_or("")}](
              app::Live& live, app::RequestId id, TimePoint now) { return live.consult(id, agent, call, whom, now); });
}

void Api::Impl::set_notes(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  auto body = read_body<NotesBody>(request);
  if (!body) return (void)respond(body.error());
  command(respond, [notes = app::Notes{caller.agent.id, call_id(request), body->reason_code.value_or(""),
                                       body->result_code.value_or(""), body->note.value_or("")}](
                       app::Live& live, app::RequestId id, TimePoint now) { return live.set_notes(id, notes, now); });
}

void Api::Impl::dial(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  auto body = read_body<DialBody>(request);
  if (!body) return (void)respond(body.error());
  command(respond, [dial = app::Dial{caller.agent.id, body->number, body->service_line.value_or("")}](
                       app::Live& live, app::RequestId id, TimePoint now) { return live.dial(id, dial, now); });
}

void Api::Impl::live_routes(http::Router& router) {
  router.get("/api/v1/agents",
             guard(false, [this](const http::Request& request, const Caller&) { return list_agents(request); }));
  router.add_async("PUT", "/api/v1/agents/{id}/state",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_agent_state(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("POST", "/api/v1/agents/{id}/sip-account",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     make_sip_account(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("DELETE", "/api/v1/agents/{id}/sip-account",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     drop_sip_account(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.get("/api/v1/wallboard", guard(false, [this](const http::Request&, const Caller&) {
               return http::Response::json(200, jsonmap::write(*service.views()->wallboard));
             }));
  router.get("/api/v1/calls/{id}", guard(false, [this](const http::Request& request, const Caller& caller) {
               const auto views = service.views();
               const auto call = views->calls.find(call_id(request));
               if (call == views->calls.end()) return http::not_found("No live call has this id.");
               const auto& consult = call->second->consult;
               const bool consulted = consult && consult->agent_id == caller.agent.id;
               if (!caller.supervisor() && call->second->agent_id != caller.agent.id && !consulted)
                 return http::forbidden("This call is not with you.");
               return http::Response::json(200, jsonmap::write(*call->second));
             }));
  const auto on_call = [this](auto act) {
    return guard_command(
        [this, act](const http::Request& request, const Caller& caller, const http::Responder& respond) {
          command(respond,
                  [act, agent = caller.agent.id, call = call_id(request)](
                      app::Live& live, app::RequestId id, TimePoint now) { return act(live, id, agent, call, now); });
        });
  };
  router.add_async("POST", "/api/v1/calls/{id}/hold",
                   on_call([](app::Live& live, app::RequestId id, AgentId agent, CallId call, TimePoint now) {
                     return live.hold(id, agent, call, true, now);
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/resume",
                   on_call([](app::Live& live, app::RequestId id, AgentId agent, CallId call, TimePoint now) {
                     return live.hold(id, agent, call, false, now);
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/recording/pause",
                   on_call([](app::Live& live, app::RequestId id, AgentId agent, CallId call, TimePoint now) {
                     return live.pause_recording(id, agent, call, true, now);
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/recording/resume",
                   on_call([](app::Live& live, app::RequestId id, AgentId agent, CallId call, TimePoint now) {
                     return live.pause_recording(id, agent, call, false, now);
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/hangup",
                   on_call([](app::Live& live, app::RequestId id, AgentId agent, CallId call, TimePoint now) {
                     return live.agent_hangs_up(id, agent, call, now);
                   }));
  router.add_async("POST", "/api/v1/calls/{id}/digits",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     send_digits(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("POST", "/api/v1/calls/{id}/transfer",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     transfer(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("POST", "/api/v1/calls",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     dial(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("POST", "/api/v1/calls/{id}/consult",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     consult(request, caller, respond);
                   }),
                   {.body_max = 4096});
  router.add_async("PUT", "/api/v1/calls/{id}/notes",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     set_notes(request, caller, respond);
                   }),
                   {.body_max = 64 * 1024});
  const std::pair<const char*, app::ConsultStep> steps[] = {{"complete", app::ConsultStep::complete},
                                                            {"conference", app::ConsultStep::conference},
                                                            {"swap", app::ConsultStep::swap},
                                                            {"end", app::ConsultStep::end}};
  for (const auto& [name, what] : steps) {
    router.add_async("POST", std::string("/api/v1/calls/{id}/consult/") + name,
                     on_call([what = what](app::Live& live, app::RequestId id, AgentId agent, CallId call,
                                           TimePoint now) { return live.consult_step(id, agent, call, what, now); }));
  }
}

}  // namespace hotline::api
