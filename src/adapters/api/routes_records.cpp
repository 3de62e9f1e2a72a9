// SPDX-License-Identifier: Apache-2.0
// What the store has: contacts, customers, reference lists. Recordings: routes_recordings.cpp.

#include "adapters/api/impl.hpp"
#include "adapters/api/pcap.hpp"
#include "adapters/api/query.hpp"

namespace hotline::api {
ContactBody Api::Impl::complete(const app::Contact& contact) {
  ContactBody body = body_of(contact);
  if (contact.agent) body.agent_name = status_of(*contact.agent).name;
  if (contact.owner) body.owner_name = status_of(*contact.owner).name;
  if (contact.customer) {
    if (const auto customer = store.customer(*contact.customer)) body.customer_name = customer->name;
  }
  for (const app::Recording& recording : store.recordings(contact.id)) body.recording_ids.push_back(recording.id);
  return body;
}

ContactPartBody Api::Impl::complete(const app::ContactPart& part) const {
  ContactPartBody body = body_of(part);
  body.agent_name = status_of(part.agent).name;
  return body;
}

http::Response Api::Impl::list_contacts(const http::Request& request, const Caller& caller) {
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const auto agent = query_number<AgentId>(request, "agent_id");
  if (!agent) return agent.error();
  const auto customer = query_number<CustomerId>(request, "customer_id");
  if (!customer) return customer.error();
  const auto before = query_number<ContactId>(request, "before_id");
  if (!before) return before.error();
  const auto from = query_number<TimePoint>(request, "from_ms");
  if (!from) return from.error();
  const auto to = query_number<TimePoint>(request, "to_ms");
  if (!to) return to.error();
  app::ContactQuery query;
  query.limit = *limit;
  query.agent = *agent;
  query.customer = *customer;
  query.before = *before;
  query.from = *from;
  query.to = *to;
  if (const auto phone = request.query("phone")) {
    for (const char c : *phone) {
      if (c >= '0' && c <= '9') query.phone_suffix += c;
    }
    if (query.phone_suffix.empty() || query.phone_suffix.size() > 32)
      return http::bad_request("phone must have 1 to 32 digits.", "phone");
  }
  if (!caller.supervisor()) {
    // A customer's earlier contacts belong to the screen pop, whoever had them.
    if (query.agent && *query.agent != caller.agent.id) return http::forbidden("Agents see their own contacts.");
    if (!query.customer) query.agent = caller.agent.id;
  }
  std::vector<ContactBody> list;
  for (const app::Contact& contact : store.contacts(query)) {
    list.push_back(complete(contact));
    if (!query.agent) continue;
    for (const app::ContactPart& part : store.parts(contact.id)) {
      if (part.agent == *query.agent) list.back().part = complete(part);
    }
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::get_contact(const http::Request& request, const Caller& caller) {
  const ContactId id{request.id_param("id").value_or(0)};
  const auto contact = store.contact(id);
  if (!contact) return http::not_found("No contact has this id.");
  const auto current = status_of(caller.agent.id).call_id;  // also while it only rings
  if (!may_see(caller, *contact, store) && current != CallId{id.value()})
    return http::forbidden("This contact is not yours.");
  boost::json::object body = jsonmap::to_value(complete(*contact)).as_object();
  std::vector<EventBody> events;
  for (const app::ContactEvent& event : store.events(id)) {
    // Who listens is for supervisors to know.
    if (!caller.supervisor() && event.type.starts_with("supervision")) continue;
    events.push_back(body_of(event));
    // A number the caller has withheld (RFC 3325): for emergencies and complaints, not for everyone at a desk.
    if (auto& data = events.back().data; !caller.supervisor() && data.is_object()) data.as_object().erase("asserted");
  }
  std::vector<LegBody> legs;
  const auto views = service.views();
  const auto live = views->quality.find(CallId{id.value()});
  for (const app::Leg& leg : store.legs(id)) {
    if (!caller.supervisor() && leg.role == "supervisor") continue;
    legs.push_back(body_of(leg));
    if (leg.ended_at || live == views->quality.end()) continue;
    if (const auto now = live->second.find(leg.id); now != live->second.end()) legs.back().quality = now->second;
  }
  std::vector<RecordingBody> recordings;
  for (const app::Recording& recording : store.recordings(id)) recordings.push_back(body_of(recording));
  std::vector<ContactPartBody> agents;
  for (const app::ContactPart& part : store.parts(id)) agents.push_back(complete(part));
  body["agents"] = jsonmap::to_value(agents);
  body["events"] = jsonmap::to_value(events);
  body["legs"] = jsonmap::to_value(legs);
  body["recordings"] = jsonmap::to_value(recordings);
  return http::Response::json(200, boost::json::serialize(body));
}

void Api::Impl::wrap_up(const http::Request& request, const Caller& caller, const http::Responder& respond) {
  const ContactId id{request.id_param("id").value_or(0)};
  const auto contact = store.contact(id);
  if (!contact) return (void)respond(http::not_found("No contact has this id."));
  const AgentId agent = caller.agent.id;
  const auto status = status_of(agent);
  const bool has_it = status.call_id && status.call_id->value() == id.value();
  if (!may_see(caller, *contact, store) && !has_it) return (void)respond(http::forbidden("This contact is not yours."));
  auto body = read_body<WrapUpBody>(request);
  if (!body) return (void)respond(body.error());
  app::WrapUp command{agent,
                      id,
                      body->reason_code,
                      body->result_code,
                      body->note.value_or(""),
                      body->next.value_or(""),
                      body->pause_reason.value_or(""),
                      static_cast<std::int64_t>(store.events(id).size())};
  service.request([command](app::Live& live, app::RequestId reply_to,
                            TimePoint now) { return live.wrap_up(reply_to, command, now); },
                  [this, respond, contact = *contact, command](const app::Reply& reply) {
                    if (reply.refused) return (void)respond(refused(*reply.refused));
                    ContactBody now = body_of(contact);
                    now.reason_code = command.reason_code;
                    now.result_code = command.result_code;
                    if (!command.note.empty()) now.note = command.note;
                    if (contact.agent) now.agent_name = status_of(*contact.agent).name;
                    respond(http::Response::json(200, jsonmap::write(now)));
                  });
}

http::Response Api::Impl::sip_trace(const http::Request& request, const Caller& caller, bool pcap) {
  if (!caller.supervisor()) return http::forbidden("SIP messages are for supervisors.");
  const ContactId id{request.id_param("id").value_or(0)};
  if (!store.contact(id)) return http::not_found("No contact has this id.");
  const auto messages = store.sip_messages(id);
  audit(caller, "contact.sip_trace", id.to_string(), request);
  if (pcap) {
    http::Response response = http::Response::json(200, to_pcap(messages));
    response.set_header("Content-Type", "application/vnd.tcpdump.pcap");
    response.set_header("Content-Disposition", "attachment; filename=\"contact-" + id.to_string() + ".pcap\"");
    return response;
  }
  std::vector<SipMessageBody> list;
  for (const app::SipMessage& m : messages)
    list.push_back({m.leg, m.at_us, m.sent, m.transport, m.local, m.remote, m.message});
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::public_service() const {
  const auto views = service.views();
  PublicServiceBody body{app::view_of(config.service_name), config.entry_number, {}, {"zh-Hans", "zh-Hant", "en"}, {}};
  for (const app::ServiceLine& line : views->world->service_lines) {
    if (!line.numbers.empty()) body.lines.push_back({line.numbers.front(), app::view_of(line.name)});
  }
  for (const app::Queue& queue : views->world->queues) {
    if (app::routing_of(queue).call_back.from_web) body.call_backs.push_back({queue.code, app::view_of(queue.name)});
  }
  return http::Response::json(200, jsonmap::write(body));
}

void Api::Impl::record_routes(http::Router& router) {
  router.get("/api/v1/reference", guard(false, [this](const http::Request&, const Caller&) {
               return http::Response::json(200, jsonmap::write(reference_of(*service.views()->world)));
             }));
  router.get("/api/v1/contacts", guard(false, [this](const http::Request& request, const Caller& caller) {
               return list_contacts(request, caller);
             }));
  router.get("/api/v1/contacts/{id}", guard(false, [this](const http::Request& request, const Caller& caller) {
               return get_contact(request, caller);
             }));
  router.get("/api/v1/contacts/{id}/sip-trace",
             guard(false, [this](const http::Request& request, const Caller& caller) {
               return sip_trace(request, caller, false);
             }));
  router.get("/api/v1/contacts/{id}/sip-trace.pcap",
             guard(false, [this](const http::Request& request, const Caller& caller) {
               return sip_trace(request, caller, true);
             }));
  router.add_async("PUT", "/api/v1/contacts/{id}/wrap-up",
                   guard_command([this](const auto& request, const auto& caller, const auto& respond) {
                     wrap_up(request, caller, respond);
                   }),
                   {.body_max = 64 * 1024});
  router.get("/api/v1/customers", guard(false, [this](const http::Request& request, const Caller&) {
               const auto limit = limit_of(request);
               if (!limit) return limit.error();
               const auto q = request.query("q");
               if (!q || q->empty() || q->size() > 64) return http::bad_request("q must have 1 to 64 bytes.", "q");
               std::vector<app::CustomerView> list;
               for (const app::Customer& customer : store.find_customers(std::string(*q), *limit))
                 list.push_back(app::view_of(customer));
               return http::Response::json(200, items(list));
             }));
  router.get("/api/v1/customers/{id}", guard(false, [this](const http::Request& request, const Caller&) {
               const auto customer = store.customer(CustomerId{request.id_param("id").value_or(0)});
               if (!customer) return http::not_found("No customer has this id.");
               return http::Response::json(200, jsonmap::write(app::view_of(*customer)));
             }));
  router.get("/api/v1/public/service", [this](const http::Request&) { return public_service(); });
}

}  // namespace hotline::api
