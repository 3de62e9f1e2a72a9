// SPDX-License-Identifier: Apache-2.0
// Staff sign-in: argon2id passwords, session cookies, CSRF tokens, and the back-off for wrong passwords. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/message.hpp"
#include "app/ports/store.hpp"
#include "base/result.hpp"
#include "runtime/clock.hpp"

namespace hotline::api {

inline constexpr const char* session_cookie = "hotline_session";

/// 256 bits from the machine's random source, base64url.
[[nodiscard]] std::string random_token();
/// User names are written in any case: as they are stored and throttled.
[[nodiscard]] std::string folded_user_name(std::string name);
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Who makes a request.
struct Caller {
  app::Agent agent;
  app::Session session;
  [[nodiscard]] bool supervisor() const { return agent.role == "supervisor" || agent.role == "admin"; }
};

/// Slows down guessing: from the fifth wrong password for a user name on, each doubles a wait, 1 s to 5 min. By name
/// and not by address, because an office shares one. Forgets after an hour. Bounded: the oldest entry goes when 10,000
/// are kept.
class SignInThrottle {
 public:
  /// How long this one has to wait; zero when it may try.
  [[nodiscard]] Duration wait(const std::string& key, TimePoint now) const;
  void failed(const std::string& key, TimePoint now);
  void succeeded(const std::string& key);

 private:
  struct Entry {
    unsigned failures = 0;
    TimePoint last{}, until{};
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

class StaffSessions {
 public:
  StaffSessions(app::Store& store, const runtime::Clock& clock, Duration idle, Duration max);

  struct SignedIn {
    Caller caller;
    http::Cookie cookie;
  };
  /// The error is the response: 401 for a wrong name or password (not saying which), 429 during the back-off.
  [[nodiscard]] Result<SignedIn, http::Response> sign_in(const http::Request& request, const std::string& username,
                                                         const std::string& password);
  /// Who the cookie belongs to; with `changes` the CSRF token must be right as well (403). A program may send the
  /// cookie's value as a bearer token instead (RFC 6750), without the CSRF token: no browser sends that by itself.
  [[nodiscard]] Result<Caller, http::Response> authorize(const http::Request& request, bool changes);
  /// Ends the session; the returned cookie clears the browser's.
  [[nodiscard]] http::Cookie sign_out(const http::Request& request, const Caller& caller);

 private:
  app::Store& store_;
  const runtime::Clock& clock_;
  Duration idle_, max_;
  SignInThrottle throttle_;
  std::string decoy_hash_;  // verified for unknown users, so that time does not tell who exists
};

}  // namespace hotline::api
