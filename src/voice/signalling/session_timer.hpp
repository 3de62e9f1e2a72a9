// SPDX-License-Identifier: Apache-2.0
// Session timers (RFC 4028): who refreshes a session, how often, and what INVITE, UPDATE and their responses say about
// it. Signalling thread; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {

/// What the configuration says; in seconds. `expires` 0: no session timers unless the far end asks for them.
struct SessionTimerPolicy {
  std::uint32_t expires = 1'800;
  std::uint32_t min = 90;  ///< RFC 4028 section 5: not below 90, except in tests
};

/// What was agreed in the last INVITE or UPDATE. No interval: the session lasts until a BYE.
struct SessionTimer {
  std::uint32_t interval = 0;
  bool we_refresh = false;
  /// When we refresh: half the interval (section 10).
  [[nodiscard]] Duration refresh_after() const { return Duration{std::uint64_t{interval} * 500}; }
  /// When a far end that should have refreshed is given up: the lesser of 32 s and a third before the end (section 10).
  [[nodiscard]] Duration end_after() const {
    const auto ms = std::uint64_t{interval} * 1'000;
    return Duration{ms - std::min<std::uint64_t>(32'000, ms / 3)};
  }
};

enum class Refresher : std::uint8_t { unsaid, uac, uas };

/// Session-Expires, Min-SE and Supported of a message.
struct SessionTimerWords {
  std::uint32_t expires = 0;  ///< 0: no Session-Expires
  std::uint32_t min = 0;      ///< 0: no Min-SE
  Refresher refresher = Refresher::unsaid;
  bool supported = false;  ///< Supported: timer
};
[[nodiscard]] SessionTimerWords read_session_timer(const sip_msg& message);

/// What we answer an INVITE or UPDATE of the far end.
struct SessionTimerAnswer {
  std::optional<Refusal> refusal;  ///< 422: the interval is too small
  SessionTimer timer;
  std::string headers;  ///< for the 2xx
};
[[nodiscard]] SessionTimerAnswer answer_session_timer(const SessionTimerWords& request,
                                                      const SessionTimerPolicy& policy);

/// What the 2xx to our INVITE or UPDATE agrees.
[[nodiscard]] SessionTimer agreed_session_timer(const SessionTimerWords& response);

/// For our INVITE or UPDATE. `refresher`: as agreed before, so that a refresh does not change it.
[[nodiscard]] std::string write_session_timer(std::uint32_t expires, std::uint32_t min, Refresher refresher);

}  // namespace hotline::voice::signalling
