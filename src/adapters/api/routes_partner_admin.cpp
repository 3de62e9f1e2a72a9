// SPDX-License-Identifier: Apache-2.0
// Outside bodies as staff see them: how many of their matters are open, what was delivered, and, for admins, who of
// theirs has an account or a key.
#include <algorithm>

#include "adapters/api/impl.hpp"
#include "adapters/api/partner_wire.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t kBodyMost = 4'096;
/// Open matters of one partner that are counted; more are shown as this many.
constexpr std::uint32_t kCountMost = 200;

http::Response no_partners() {
  return http::unavailable("There are no partners here.", std::chrono::seconds(60));
}
http::Response no_partner() {
  return http::not_found("There is no such partner.");
}

/// What a username may be: it is typed, and stands in logs.
bool is_username(std::string_view text) {
  return text.size() >= 3 && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

http::Response Api::Impl::list_partners(const Caller& caller) {
  if (!partners) return no_partners();
  if (!orders->actor_of(caller.agent).hotline) return http::forbidden("Partners are the hotline's business.");
  std::vector<PartnerBody> list;
  const TimePoint now = clock.now();
  for (const auto& [code, partner] : partners->all()) {
    PartnerBody body = body_of(partner);
    app::OrderQuery query;
    query.partner = code;
    query.closed = false;
    query.by_due = true;
    query.limit = kCountMost;
    for (const app::OrderRow& row : orders->store().orders(query)) {
      ++body.open;
      if (row.due_at && *row.due_at < now) ++body.overdue;
    }
    list.push_back(std::move(body));
  }
  return http::Response::json(200, items(list));
}

http::Response Api::Impl::get_partner(const http::Request& request, const Caller& caller) {
  if (!partners) return no_partners();
  if (caller.agent.role != "admin") return http::forbidden("Only admins see partners' accounts and keys.");
  const app::Partner* partner = partners->find(request.param("code"));
  if (partner == nullptr) return no_partner();
  PartnerDetailBody body{body_of(*partner), {}, {}};
  for (const app::PartnerAccount& one : partners->store().partner_accounts(partner->code))
    body.accounts.push_back({one.username, one.name, one.enabled, one.made_at});
  for (const app::PartnerKey& one : partners->store().partner_keys(partner->code))
    body.keys.push_back({std::to_string(one.id), one.name, one.made_at});
  return http::Response::json(200, jsonmap::write(body));
}

http::Response Api::Impl::set_partner_account(const http::Request& request, const Caller& caller) {
  if (!partners) return no_partners();
  if (caller.agent.role != "admin") return http::forbidden("Only admins give partners accounts.");
  const app::Partner* partner = partners->find(request.param("code"));
  if (partner == nullptr) return no_partner();
  const std::string username(request.param("username"));
  if (!is_username(username))
    return http::bad_request("A user name is 3 to 64 of a-z, 0-9, '.', '-' and '_'.", "username");
  auto body = read_body<SetPartnerAccountBody>(request);
  if (!body) return body.error();
  const auto had = partners->store().partner_account(username);
  if (!had && !body->password) return http::bad_request("A new account needs a password.", "password");
  app::PartnerAccount account{
      0, partner->code, username, body->name, had ? had->password_hash : "", body->enabled, clock.now()};
  if (body->password) account.password_hash = hash_password(*body->password);
  if (!partners->store().save_partner_account(account)) return http::conflict("This user name is another partner's.");
  audit(caller, "partner.account", username, request);
  return get_partner(request, caller);
}

http::Response Api::Impl::add_partner_key(const http::Request& request, const Caller& caller) {
  if (!partners) return no_partners();
  if (caller.agent.role != "admin") return http::forbidden("Only admins give partners keys.");
  const app::Partner* partner = partners->find(request.param("code"));
  if (partner == nullptr) return no_partner();
  auto body = read_body<NewPartnerKeyBody>(request);
  if (!body) return body.error();
  const PartnerDesk::NewKey made = PartnerDesk::make_key();
  partners->store().add_partner_key({0, partner->code, body->name, made.hash, clock.now()});
  audit(caller, "partner.key", partner->code, request);
  return http::Response::json(201, jsonmap::write(MadePartnerKeyBody{body->name, made.key}));
}

http::Response Api::Impl::drop_partner_key(const http::Request& request, const Caller& caller) {
  if (!partners) return no_partners();
  if (caller.agent.role != "admin") return http::forbidden("Only admins take keys back.");
  const app::Partner* partner = partners->find(request.param("code"));
  const auto id = request.id_param("id");
  if (partner == nullptr || !id || *id >> 63U) return no_partner();
  partners->store().drop_partner_key(partner->code, static_cast<std::int64_t>(*id));
  audit(caller, "partner.key.drop", partner->code, request);
  return http::Response::no_content();
}

http::Response Api::Impl::list_partner_deliveries(const http::Request& request, const Caller& caller) {
  if (!partners) return no_partners();
  if (!orders->actor_of(caller.agent).hotline) return http::forbidden("Partners are the hotline's business.");
  const app::Partner* partner = partners->find(request.param("code"));
  if (partner == nullptr) return no_partner();
  const std::string state(request.query("state").value_or(""));
  if (!state.empty() && state != "waiting" && state != "delivered" && state != "failed")
    return http::bad_request("state must be waiting, delivered or failed.", "state");
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  std::vector<PartnerDeliveryBody> list;
  for (const app::Delivery& one : partners->store().deliveries_to("partner:" + partner->code, state, *limit)) {
    list.push_back({body_of(one), std::nullopt});
    if (one.order) list.back().order_id = one.order;
  }
  return http::Response::json(200, items(list));
}

void Api::Impl::partner_admin_routes(http::Router& router) {
  router.get("/api/v1/partners",
             guard(false, [this](const http::Request&, const Caller& caller) { return list_partners(caller); }));
  const auto on = [this](bool changes, http::Response (Impl::*answer)(const http::Request&, const Caller&)) {
    return guard(changes, [this, answer](const http::Request& request, const Caller& caller) {
      return (this->*answer)(request, caller);
    });
  };
  router.get("/api/v1/partners/{code}", on(false, &Impl::get_partner));
  router.add("PUT", "/api/v1/partners/{code}/accounts/{username}", on(true, &Impl::set_partner_account),
             {.body_max = kBodyMost});
  router.add("POST", "/api/v1/partners/{code}/keys", on(true, &Impl::add_partner_key), {.body_max = kBodyMost});
  router.add("DELETE", "/api/v1/partners/{code}/keys/{id}", on(true, &Impl::drop_partner_key));
  router.get("/api/v1/partners/{code}/deliveries", on(false, &Impl::list_partner_deliveries));
}

}  // namespace hotline::api
