// SPDX-License-Identifier: Apache-2.0
// Reading SIP messages that libre has parsed: everything libre leaves unchecked is checked here, once. Signalling
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "voice/signalling/libre.hpp"
#include "voice/signalling/sip_stack.hpp"

namespace hotline::voice::signalling {

/// A final response to give at once: status, its reason phrase, and headers that go with it ("" or lines with CRLF).
struct Refusal {
  std::uint16_t status = 400;
  const char* reason = "Bad Request";
  std::string headers{};
};

/// What RFC 3261 section 8.1.1 asks of every request, and 8.2 of what we can serve. `drop` is true when not even an
/// answer can be sent (no Via).
struct Fault {
  bool drop = false;
  Refusal refusal{};
};
[[nodiscard]] std::optional<Fault> find_fault(const sip_msg& request);

[[nodiscard]] bool is_sips(const uri& address);

/// True when the message has a Contact we can send requests to: sip: (over TLS sips: too), numeric or with a name. Also
/// asks that of the first Record-Route, where requests of the dialog would go first.
[[nodiscard]] bool has_usable_target(const sip_msg& message);

/// The body by its Content-Length, without what a datagram has behind it.
[[nodiscard]] std::string_view body_of(const sip_msg& message);

/// SDP in the body, unwrapped from multipart (RFC 5621). nullopt: no SDP, and nothing else that must be understood.
/// Fails with 415 when the body is something else.
[[nodiscard]] Result<std::optional<std::string>, Refusal> sdp_of(const sip_msg& message);
/// The outside recorder wants to be told again what it records (RFC 7866 section 8.2).
[[nodiscard]] bool asks_for_metadata(const sip_msg& message);

/// User part of a URI, unescaped; for tel: the number without visual separators (RFC 3966 section 3).
[[nodiscard]] std::string user_of(const uri& address);
/// A display name without the backslashes of its quoted form (RFC 3261 section 25.1).
[[nodiscard]] std::string display_of(const pl& quoted);
[[nodiscard]] std::string unescape(std::string_view text);              ///< %HH
[[nodiscard]] bool equal_name(std::string_view a, std::string_view b);  ///< header and parameter names: case is nothing

/// Whether one of the option tags in this header (Supported, Require) or methods (Allow) is `name`.
[[nodiscard]] bool lists(const sip_msg& message, sip_hdrid id, std::string_view name);

/// A peer that knows nothing newer than RFC 2543: its branch has no magic cookie (RFC 3261 section 8.1.1.7).
[[nodiscard]] bool is_rfc2543(const sip_msg& message);

[[nodiscard]] std::string header_of(const sip_msg& message, sip_hdrid id);  ///< "" when there is none
[[nodiscard]] std::string address_of(const sa& address);                    ///< "192.0.2.1"
[[nodiscard]] std::string address_port_of(const sa& address);               ///< "192.0.2.1:5060", "[::1]:5060"
[[nodiscard]] const char* reason_of(unsigned status);                       ///< RFC 3261 section 21

/// Why an outgoing call failed, from the final status of its INVITE. `rang`: a 180 or 183 had come.
[[nodiscard]] EndCause cause_of(unsigned status, bool rang);
/// The final response with which an unanswered incoming call is ended.
[[nodiscard]] unsigned status_of(EndCause cause);

/// For the user part of a SIP URI: what RFC 3261 does not allow there becomes %HH.
[[nodiscard]] std::string escape_user(std::string_view user);
/// For a quoted display name: without control characters, quotes and backslashes escaped.
[[nodiscard]] std::string escape_display(std::string_view display);

}  // namespace hotline::voice::signalling
