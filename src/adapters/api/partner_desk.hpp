// SPDX-License-Identifier: Apache-2.0
// Who of an outside body makes a request: its people by password and session, its programs by key; and how many matters
// a minute it may raise. Kept wholly apart from staff: neither's session opens anything of the other's. Any thread.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/api/staff_sessions.hpp"
#include "app/outside/partner.hpp"
#include "app/ports/outside.hpp"

namespace hotline::api {

inline constexpr const char* partner_cookie = "hotline_partner";

struct PartnerCaller {
  const app::Partner* partner = nullptr;
  std::string name;                            ///< of the account or the key
  std::optional<app::PartnerSession> session;  ///< none: a program
};

class PartnerDesk {
 public:
  /// `store` and `partners` must outlive it.
  PartnerDesk(app::OutsideStore& store, const app::Partners& partners, const runtime::Clock& clock, Duration idle,
              Duration max);

  [[nodiscard]] app::OutsideStore& store() { return store_; }
  [[nodiscard]] const app::Partners& all() const { return partners_; }
  [[nodiscard]] const app::Partner* find(std::string_view code) const;

  struct SignedIn {
    PartnerCaller caller;
    http::Cookie cookie;
  };
  /// The error is the response: 401 for a wrong name or password (not saying which), 429 during the back-off.
  [[nodiscard]] Result<SignedIn, http::Response> sign_in(const http::Request& request, const std::string& username,
                                                         const std::string& password);
  /// By `Authorization: Bearer KEY`, or by the cookie; then with `changes` the CSRF token must be right as well.
  [[nodiscard]] Result<PartnerCaller, http::Response> authorize(const http::Request& request, bool changes);
  [[nodiscard]] http::Cookie sign_out(const http::Request& request, const PartnerCaller& caller);
  /// One more matter now? Zero: yes; else how long to wait.
  [[nodiscard]] Duration intake_wait(const app::Partner& partner);

  /// A new key and its hash. The key itself is shown once.
  struct NewKey {
    std::string key, hash;
  };
  [[nodiscard]] static NewKey make_key();

 private:
  app::OutsideStore& store_;
  const app::Partners& partners_;
  const runtime::Clock& clock_;
  const Duration idle_, max_;
  SignInThrottle throttle_;
  const std::string decoy_hash_;
  std::mutex mutex_;                                      ///< of what follows
  std::map<std::string, std::deque<TimePoint>> intakes_;  ///< of the last minute, by partner; bounded by its limit
};

}  // namespace hotline::api
