// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/session_timer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace hotline::voice::signalling {
namespace {

constexpr std::uint32_t kDefaultMin = 90;       // RFC 4028 section 5
constexpr std::uint32_t kExpiresMax = 604'800;  // a week: more is as good as none, and no timer needs it

/// "1800;refresher=uas": the number before the parameters. 0: none.
std::uint32_t read_seconds(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) return kExpiresMax;
  return error == std::errc{} ? std::min(seconds, kExpiresMax) : 0;
}

}  // namespace

SessionTimerWords read_session_timer(const sip_msg& message) {
  SessionTimerWords out;
  out.supported = lists(message, SIP_HDR_SUPPORTED, "timer") || lists(message, SIP_HDR_REQUIRE, "timer");
  if (const auto* header = sip_msg_hdr(&message, SIP_HDR_SESSION_EXPIRES)) {
    out.expires = read_seconds(view(header->val));
    pl refresher{};
    if (msg_param_decode(&header->val, "refresher", &refresher) == 0) {
      if (equal_name(view(refresher), "uac")) out.refresher = Refresher::uac;
      if (equal_name(view(refresher), "uas")) out.refresher = Refresher::uas;
    }
  }
  if (const auto* header = sip_msg_hdr(&message, SIP_HDR_MIN_SE)) out.min = read_seconds(view(header->val));
  return out;
}

SessionTimerAnswer answer_session_timer(const SessionTimerWords& request, const SessionTimerPolicy& policy) {
  SessionTimerAnswer out;
  if (request.expires != 0 && request.expires < policy.min && request.supported) {
    out.refusal = Refusal{422, reason_of(422), fmt::format("Min-SE: {}\r\n", policy.min)};
    return out;
  }
  if (request.expires == 0 && (policy.expires == 0 || !request.supported)) return out;
  // Never longer than asked for, never shorter than either side or a proxy between allows (section 9).
  const auto least = std::max({request.min == 0 ? std::min(kDefaultMin, policy.min) : request.min, policy.min});
  auto interval = policy.expires == 0 ? request.expires : policy.expires;
  if (request.expires != 0) interval = std::min(interval, request.expires);
  interval = std::max(interval, request.expires == 0 ? least : std::min(least, request.expires));
  // The table of section 9: a caller that knows the timers refreshes unless it wants us to.
  const bool by_caller = request.supported && request.refresher != Refresher::uas;
  out.timer = {interval, !by_caller};
  out.headers = fmt::format("{}Session-Expires: {};refresher={}\r\n", request.supported ? "Require: timer\r\n" : "",
                            interval, by_caller ? "uac" : "uas");
  return out;
}

SessionTimer agreed_session_timer(const SessionTimerWords& response) {
  if (response.expires == 0) return {};
  return {response.expires, response.refresher != Refresher::uas};
}

std::string write_session_timer(std::uint32_t expires, std::uint32_t min, Refresher refresher) {
  if (expires == 0) return {};
  const auto* who = refresher == Refresher::uac   ? ";refresher=uac"
                    : refresher == Refresher::uas ? ";refresher=uas"
                                                  : "";
  return fmt::format("Session-Expires: {}{}\r\n{}", expires, who,
                     min > kDefaultMin ? fmt::format("Min-SE: {}\r\n", min) : std::string{});
}

}  // namespace hotline::voice::signalling
