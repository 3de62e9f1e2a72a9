// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/staff_sessions.hpp"

#include <fmt/core.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "adapters/api/api.hpp"
#include "vault/sha256.hpp"

namespace hotline::api {
namespace {

constexpr unsigned failures_free = 5;
constexpr Duration wait_max{300'000};
constexpr Duration forget_after{3'600'000};
constexpr std::size_t entries_max = 10'000;
constexpr Duration seen_every{60'000};

http::Cookie make_cookie(const http::Request& request, std::string value, std::optional<std::chrono::seconds> age) {
  http::Cookie cookie;
  cookie.name = session_cookie;
  cookie.value = std::move(value);
  cookie.max_age = age;
  cookie.secure = request.is_tls;
  return cookie;
}

/// RFC 6750 2.1; nullopt: there is none.
std::optional<std::string_view> bearer_token(const http::Request& request) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view field = request.header("Authorization");
  if (field.size() <= scheme.size() || !http::iequals(field.substr(0, scheme.size()), scheme)) return std::nullopt;
  return field.substr(scheme.size());
}

http::Response too_many(Duration wait) {
  const auto seconds = std::max<std::int64_t>(1, (wait.count() + 999) / 1000);
  http::Response response = http::Response::json(
      429,
      fmt::format(R"({{"error":{{"code":"too_many_attempts","message":"Too many wrong passwords; try again in {} s.",)"
                  R"("field":null,"retry_after_s":{}}}}})",
                  seconds, seconds));
  response.set_header("Retry-After", std::to_string(seconds));
  return response;
}

}  // namespace

std::string folded_user_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 64> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hash_password(const std::string& password) {
  std::array<char, crypto_pwhash_STRBYTES> out{};
  if (crypto_pwhash_str(out.data(), password.data(), password.size(), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
    throw std::runtime_error("argon2id: out of memory");
  }
  return out.data();
}

Duration SignInThrottle::wait(const std::string& key, TimePoint now) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() || found->second.until <= now ? Duration{} : found->second.until - now;
}

void SignInThrottle::failed(const std::string& key, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= entries_max && !entries_.contains(key)) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                    [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  Entry& entry = entries_[key];
  if (now - entry.last > forget_after) entry = {};
  entry.last = now;
  if (++entry.failures >= failures_free) {
    const unsigned doublings = std::min(entry.failures - failures_free, 9U);
    entry.until = now + std::min(wait_max, Duration{1'000LL << doublings});
  }
}

void SignInThrottle::succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

StaffSessions::StaffSessions(app::Store& store, const runtime::Clock& clock, Duration idle, Duration max)
    : store_(store), clock_(clock), idle_(idle), max_(max), decoy_hash_(hash_password("decoy")) {}

Result<StaffSessions::SignedIn, http::Response> StaffSessions::sign_in(const http::Request& request,
                                                                       const std::string& username,
                                                                       const std::string& password) {
  const std::string name = folded_user_name(username);
  const TimePoint now = clock_.now();
  const std::string by_user = "user " + name;
  const Duration wait = throttle_.wait(by_user, now);
  if (wait > Duration{}) return fail(too_many(wait));

  const auto agent = store_.agent_by_username(name);
  const std::string& hash = agent && !agent->password_hash.empty() ? agent->password_hash : decoy_hash_;
  const bool matches = crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  if (!matches || !agent || !agent->enabled) {
    throttle_.failed(by_user, now);
    store_.write_and_wait({app::AddAudit{
        {now, agent ? std::optional(agent->id) : std::nullopt, "session.failed", name, request.remote_address, "{}"}}});
    return fail(http::Response::error(401, "wrong_password", "The user name or the password is wrong."));
  }
  throttle_.succeeded(by_user);
  const std::string token = random_token();
  app::Session session{vault::sha256_hex(token), agent->id, random_token(), now, now, now + max_};
  store_.write_and_wait(
      {session, app::DropExpiredSessions{now},
       app::AddAudit{{now, agent->id, "session.begin", agent->username, request.remote_address, "{}"}}});
  return SignedIn{{*agent, session},
                  make_cookie(request, token, std::chrono::duration_cast<std::chrono::seconds>(max_))};
}

Result<Caller, http::Response> StaffSessions::authorize(const http::Request& request, bool changes) {
  const auto bearer = bearer_token(request);
  const auto token = bearer ? bearer : request.cookie(session_cookie);
  if (!token) return fail(http::unauthorized());
  auto session = store_.session(vault::sha256_hex(*token));
  const TimePoint now = clock_.now();
  if (!session || session->expires_at <= now || session->seen_at + idle_ <= now) {
    return fail(http::unauthorized("The session has expired; sign in again."));
  }
  if (changes && !bearer && !equal_in_constant_time(request.header("X-CSRF-Token"), session->csrf_token)) {
    return fail(http::Response::error(403, "csrf", "The X-CSRF-Token header is missing or not this session's token."));
  }
  auto agent = store_.agent(session->agent);
  if (!agent || !agent->enabled) return fail(http::unauthorized("This account is disabled."));
  if (session->seen_at + seen_every <= now) {
    session->seen_at = now;
    (void)store_.write({*session}, [] {});
  }
  return Caller{std::move(*agent), std::move(*session)};
}

http::Cookie StaffSessions::sign_out(const http::Request& request, const Caller& caller) {
  store_.write_and_wait({app::DropSession{caller.session.token_hash},
                         app::AddAudit{{clock_.now(), caller.agent.id, "session.end", caller.agent.username,
                                        request.remote_address, "{}"}}});
  return make_cookie(request, "gone", std::chrono::seconds(0));
}

}  // namespace hotline::api
