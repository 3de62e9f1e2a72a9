// SPDX-License-Identifier: Apache-2.0
// SIP messages as a capture file: each an IP packet with a UDP datagram, also those that went by TCP or TLS, so that
// any tool reads them as SIP. Format: draft-ietf-opsawg-pcap, link type 101 (raw IP). Pure.
#pragma once

#include <string>
#include <vector>

#include "app/records.hpp"

namespace hotline::api {

/// Messages whose addresses are not numeric, or that are too long for a datagram, are left out.
[[nodiscard]] std::string to_pcap(const std::vector<app::SipMessage>& messages);

}  // namespace hotline::api
