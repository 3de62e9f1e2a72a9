// SPDX-License-Identifier: Apache-2.0
// Where a member of staff is told of what happens to orders when no desk is open: mail and web push.
#include <charconv>

#include "adapters/api/impl.hpp"
#include "adapters/api/partner_wire.hpp"

namespace hotline::api {
namespace {

constexpr std::size_t kBodyMost = 8'192;

http::Response no_outside() {
  return http::unavailable("This store keeps no deliveries.", std::chrono::seconds(60));
}

app::OutsideStore* outside_of(app::OrderDesk* orders) {
  return orders != nullptr ? orders->store().outside() : nullptr;
}

}  // namespace

std::optional<std::string> Api::Impl::recipient_name(const std::string& to) const {
  constexpr std::string_view prefix = "agent:";
  if (!to.starts_with(prefix)) return std::nullopt;
  std::uint64_t id = 0;
  std::from_chars(to.data() + prefix.size(), to.data() + to.size(), id);
  const std::string name = status_of(AgentId{id}).name;
  return name.empty() ? std::nullopt : std::optional(name);
}

http::Response Api::Impl::notice_settings(AgentId agent) {
  app::OutsideStore* kept = outside_of(orders);
  if (kept == nullptr) return no_outside();
  NoticeSettingsBody body;
  body.mail = kept->mail_of(agent);
  if (!outside.push_key.empty()) body.push_key = outside.push_key;
  body.browsers = static_cast<std::int64_t>(kept->subscriptions_of(agent).size());
  return http::Response::json(200, jsonmap::write(body));
}

http::Response Api::Impl::set_notice_settings(const http::Request& request, const Caller& caller) {
  app::OutsideStore* kept = outside_of(orders);
  if (kept == nullptr) return no_outside();
  auto body = read_body<SetNoticesBody>(request);
  if (!body) return body.error();
  kept->set_mail(caller.agent.id, body->mail);
  return notice_settings(caller.agent.id);
}

http::Response Api::Impl::subscribe_push(const http::Request& request, const Caller& caller) {
  app::OutsideStore* kept = outside_of(orders);
  if (kept == nullptr) return no_outside();
  auto body = read_body<PushSubscriptionBody>(request);
  if (!body) return body.error();
  if (outside.push_key.empty()) return http::bad_request("There is no web push here ([push] subject).", "endpoint");
  if (!outside.is_push_service(body->endpoint))
    return http::bad_request("This is none of the push services that are configured ([push] services).", "endpoint");
  if (std::string wrong = outside.wrong_with_keys(body->p256dh, body->auth); !wrong.empty())
    return http::bad_request(wrong, "p256dh");
  kept->save_subscription({0, caller.agent.id, body->endpoint, body->p256dh, body->auth, clock.now()});
  return notice_settings(caller.agent.id);
}

http::Response Api::Impl::end_push(const http::Request& request, const Caller& caller) {
  app::OutsideStore* kept = outside_of(orders);
  if (kept == nullptr) return no_outside();
  auto body = read_body<PushEndpointBody>(request);
  if (!body) return body.error();
  for (const app::PushSubscription& one : kept->subscriptions_of(caller.agent.id))
    if (one.endpoint == body->endpoint) kept->drop_subscription(one.endpoint);
  return notice_settings(caller.agent.id);
}

void Api::Impl::notice_routes(http::Router& router) {
  router.get("/api/v1/notices/settings", guard(false, [this](const http::Request&, const Caller& caller) {
               return notice_settings(caller.agent.id);
             }));
  const auto on = [this](http::Response (Impl::*answer)(const http::Request&, const Caller&)) {
    return guard(true, [this, answer](const http::Request& request, const Caller& caller) {
      return (this->*answer)(request, caller);
    });
  };
  router.add("PUT", "/api/v1/notices/settings", on(&Impl::set_notice_settings), {.body_max = kBodyMost});
  router.add("PUT", "/api/v1/notices/browser", on(&Impl::subscribe_push), {.body_max = kBodyMost});
  router.add("POST", "/api/v1/notices/browser/end", on(&Impl::end_push), {.body_max = kBodyMost});
}

}  // namespace hotline::api
