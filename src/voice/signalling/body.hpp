// SPDX-License-Identifier: Apache-2.0
// What SIP message bodies hold besides plain SDP and multipart wrappings: digits in INFO. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace hotline::voice::signalling {

struct InfoDigit {
  char digit = '0';      ///< 0-9 * # A-D
  Duration length{250};  ///< 250 ms when the sender does not say
  friend bool operator==(const InfoDigit&, const InfoDigit&) = default;
};

/// "Signal=5\r\nDuration=160" (application/dtmf-relay). Durations are held to 40 ms..5 s. nullopt: not a digit.
[[nodiscard]] std::optional<InfoDigit> read_dtmf_relay(std::string_view body);

/// "5" (application/dtmf), also in the form above, as some phones send it.
[[nodiscard]] std::optional<InfoDigit> read_dtmf(std::string_view body);

/// The body of INFO for a digit, application/dtmf-relay.
[[nodiscard]] std::string write_dtmf_relay(const InfoDigit& digit);

/// Text from the wire as UTF-8 without control characters, at most `length_max` bytes: what is not UTF-8 becomes '?'.
[[nodiscard]] std::string clean_text(std::string_view text, std::size_t length_max = 128);

}  // namespace hotline::voice::signalling
