// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/api/partner_desk.hpp"

#include <sodium.h>

#include <algorithm>

#include "adapters/api/api.hpp"
#include "vault/sha256.hpp"

namespace hotline::api {
namespace {

constexpr std::string_view kKeyPrefix = "hlp_";
constexpr Duration kSeenEvery{60'000};

http::Cookie cookie_of(const http::Request& request, std::string value, std::chrono::seconds age) {
  http::Cookie cookie;
  cookie.name = partner_cookie;
  cookie.value = std::move(value);
  cookie.max_age = age;
  cookie.secure = request.is_tls;
  return cookie;
}

}  // namespace

PartnerDesk::PartnerDesk(app::OutsideStore& store, const app::Partners& partners, const runtime::Clock& clock,
                         Duration idle, Duration max)
    : store_(store), partners_(partners), clock_(clock), idle_(idle), max_(max), decoy_hash_(hash_password("decoy")) {}

const app::Partner* PartnerDesk::find(std::string_view code) const {
  const auto found = partners_.find(std::string(code));
  return found == partners_.end() ? nullptr : &found->second;
}

Result<PartnerDesk::SignedIn, http::Response> PartnerDesk::sign_in(const http::Request& request,
                                                                   const std::string& username,
                                                                   const std::string& password) {
  const std::string name = folded_user_name(username);
  const TimePoint now = clock_.now();
  if (const Duration wait = throttle_.wait(name, now); wait > Duration{}) {
    const auto seconds = std::max<std::int64_t>(1, (wait.count() + 999) / 1'000);
    http::Response response =
        http::Response::error(429, "too_many_attempts", "Too many wrong passwords; wait before trying again.");
    response.set_header("Retry-After", std::to_string(seconds));
    return fail(std::move(response));
  }
  const auto account = store_.partner_account(name);
  const app::Partner* partner = account ? find(account->partner) : nullptr;
  const std::string& hash = account ? account->password_hash : decoy_hash_;
  const bool matches = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  if (!matches || partner == nullptr || !account->enabled) {
    throttle_.failed(name, now);
    return fail(http::Response::error(401, "wrong_password", "The user name or the password is wrong."));
  }
  throttle_.succeeded(name);
  const std::string token = random_token();
  app::PartnerSession session{vault::sha256_hex(token), account->id, random_token(), now, now + max_};
  store_.save_partner_session(session, now);
  return SignedIn{{partner, account->name, session},
                  cookie_of(request, token, std::chrono::duration_cast<std::chrono::seconds>(max_))};
}

Result<PartnerCaller, http::Response> PartnerDesk::authorize(const http::Request& request, bool changes) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view authorization = request.header("Authorization");
  if (authorization.starts_with(scheme)) {
    const auto key = store_.partner_key(vault::sha256_hex(authorization.substr(scheme.size())));
    const app::Partner* partner = key ? find(key->partner) : nullptr;
    if (partner == nullptr) return fail(http::unauthorized("This key is none, or has been taken back."));
    return PartnerCaller{partner, key->name, std::nullopt};
  }
  const auto cookie = request.cookie(partner_cookie);
  if (!cookie) return fail(http::unauthorized());
  auto session = store_.partner_session(vault::sha256_hex(*cookie));
  const TimePoint now = clock_.now();
  if (!session || session->expires_at <= now || session->seen_at + idle_ <= now)
    return fail(http::unauthorized("The session has expired; sign in again."));
  if (changes && !equal_in_constant_time(request.header("X-CSRF-Token"), session->csrf_token))
    return fail(http::Response::error(403, "csrf", "The X-CSRF-Token header is missing or not this session's token."));
  const auto account = store_.partner_account_of(session->account);
  const app::Partner* partner = account ? find(account->partner) : nullptr;
  if (partner == nullptr || !account->enabled) return fail(http::unauthorized("This account is disabled."));
  if (session->seen_at + kSeenEvery <= now) {
    session->seen_at = now;
    store_.save_partner_session(*session, now);
  }
  return PartnerCaller{partner, account->name, std::move(session)};
}

http::Cookie PartnerDesk::sign_out(const http::Request& request, const PartnerCaller& caller) {
  if (caller.session) store_.drop_partner_session(caller.session->token_hash);
  return cookie_of(request, "gone", std::chrono::seconds(0));
}

Duration PartnerDesk::intake_wait(const app::Partner& partner) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  std::deque<TimePoint>& times = intakes_[partner.code];
  while (!times.empty() && times.front() + Duration{60'000} <= now) times.pop_front();
  if (times.size() >= static_cast<std::size_t>(partner.intake_per_minute))
    return times.front() + Duration{60'000} - now;
  times.push_back(now);
  return {};
}

PartnerDesk::NewKey PartnerDesk::make_key() {
  std::string key = std::string(kKeyPrefix) + random_token();
  std::string hash = vault::sha256_hex(key);
  return {std::move(key), std::move(hash)};
}

}  // namespace hotline::api
