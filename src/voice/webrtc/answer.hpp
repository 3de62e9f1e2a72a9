// SPDX-License-Identifier: Apache-2.0
// The SDP of a browser leg: what its offer must have, and our answer (RFC 8829, RFC 8839, RFC 8842). Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "voice/media/media_plane.hpp"
#include "voice/webrtc/certificate.hpp"

namespace hotline::voice::webrtc {

struct IceCredentials {
  std::string ufrag, password;  ///< RFC 8839 section 5.4: 4 to 256, and 22 to 256 ice-chars
};

/// Our side of the session.
struct LocalDescription {
  std::string address;  ///< numeric, of the one host candidate
  std::uint16_t port = 0;
  Fingerprint fingerprint{};
  IceCredentials ice;
  std::uint32_t ssrc = 0;
  std::uint64_t session_id = 0;
  std::vector<media::Codec> codecs{media::Codec::pcma, media::Codec::pcmu};  ///< the first that is offered is taken
};

struct Negotiated {
  std::string answer_sdp;
  media::Remote remote;  ///< without an address: packets go through the engine
  std::string remote_ufrag;
  Fingerprint remote_fingerprint{};
};

/// Answers a browser's offer: ICE-lite, DTLS passive, one codec and the telephone-event of the offer.
/// Fails with a Problem naming the missing part: audio over UDP/TLS/RTP/SAVPF, G.711, a sha-256 fingerprint, ICE
/// credentials, rtcp-mux, or a setup that lets the browser be the DTLS client.
[[nodiscard]] Result<Negotiated, Problem> answer_offer(std::string_view offer_sdp, const LocalDescription& local);

}  // namespace hotline::voice::webrtc
