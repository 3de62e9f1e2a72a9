// SPDX-License-Identifier: Apache-2.0
// Who calls whom, and by which way: From, P-Asserted-Identity (RFC 3325), Privacy (RFC 3323), Diversion (RFC 5806),
// History-Info (RFC 7044) and Reason (RFC 3326), read and written. Signalling thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

/// Who calls whom, as display text.
struct Parties {
  std::string from_user, from_display;  ///< empty when the caller withholds the number
  std::string to_user;                  ///< of the request URI
  std::string asserted_user;            ///< what the network says the caller is; also when it is withheld
  std::string diverted_from;            ///< the number that was called and sends its calls here; "" for none
  bool withheld = false;
};
/// `trusted`: whoever sent it may say who the caller is (RFC 3325 section 5): then P-Asserted-Identity goes before
/// From. From anybody else it counts for nothing.
[[nodiscard]] Parties parties_of(const sip_msg& request, bool trusted);

/// What an INVITE of ours says about the caller.
struct CallerId {
  std::string user, display;  ///< to be shown; an empty user: withheld
  std::string asserted_user;  ///< told to a trusted network; empty: `user`
};
/// The whole From value without tag. `host`: ours, as it stands in a URI.
[[nodiscard]] std::string write_from(const CallerId& caller, std::string_view host);
/// P-Asserted-Identity (to a trusted network alone) and Privacy, as header lines; "" when there is nothing to say.
[[nodiscard]] std::string write_identity(const CallerId& caller, std::string_view host, bool trusted);

/// Why a request or response was sent (RFC 3326).
struct Reason {
  std::uint16_t q850 = 0;  ///< ITU-T Q.850 cause, 1 to 127; 0: none
  std::uint16_t sip = 0;   ///< SIP status; 0: none
  std::string text{};
  /// Another phone has the call (RFC 3326 section 3.1): nothing was missed.
  [[nodiscard]] bool elsewhere() const { return sip == 200 || q850 == 26; }
};
[[nodiscard]] Reason read_reason(const sip_msg& message);
[[nodiscard]] std::string write_reason(const Reason& reason);  ///< header lines; "" for an empty one
[[nodiscard]] std::uint16_t q850_of(unsigned sip_status);      ///< RFC 3398 section 8.2.6.1; 0 for below 300
[[nodiscard]] std::string describe(const Reason& reason);      ///< "Q.850 17 (User busy)", for records

}  // namespace hotline::voice::signalling
