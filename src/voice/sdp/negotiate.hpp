// SPDX-License-Identifier: Apache-2.0
// Offer/answer (RFC 3264) for one audio stream (G.711, G.722, Opus) with RFC 4733 digits, RTCP and SDES keys; used for
// SIP and for WebRTC.
//
// Pure; any thread. Directions are told from our side: `Direction::recvonly` in an Agreed means that we only receive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "voice/sdp/crypto.hpp"
#include "voice/sdp/sdp.hpp"

namespace hotline::voice::sdp {

/// Values are the static payload types of RFC 3551, under which alone these are taken; Opus' is the number of our
/// offers, another's is taken as it comes.
enum class Codec : std::uint8_t { pcmu = 0, pcma = 8, g722 = 9, opus = 111 };
[[nodiscard]] const char* to_string(Codec codec);  ///< "PCMU", "PCMA", "G722", "opus"
/// Of its RTP clock, as in a=rtpmap. G.722 says 8000 though it samples twice as often (RFC 3551 4.5.2).
[[nodiscard]] constexpr std::uint32_t clock_rate(Codec codec) {
  return codec == Codec::opus ? 48'000 : 8'000;
}

enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };
[[nodiscard]] const char* to_string(Direction direction);
[[nodiscard]] constexpr bool sends(Direction d) {
  return (static_cast<unsigned>(d) & 1U) != 0;
}
[[nodiscard]] constexpr bool receives(Direction d) {
  return (static_cast<unsigned>(d) & 2U) != 0;
}

/// Media encryption by SDES (RFC 4568): refused, taken when the far end has it, or insisted on.
enum class SrtpPolicy : std::uint8_t { off, offered, required };

/// Our end of the stream.
struct Local {
  std::string address{};  ///< numeric IPv4 or IPv6, put into c= and o=
  std::uint16_t port = 0;
  std::vector<Codec> codecs{Codec::pcma, Codec::pcmu};  ///< in order of preference
  Direction direction = Direction::sendrecv;            ///< sendonly: we hold the far end
  std::uint64_t session_id = 1;                         ///< one a call
  std::uint64_t version = 1;                            ///< to be raised with each changed description of a session
  std::uint8_t dtmf_payload_type = 101;                 ///< in our offers; answers take the offer's
  std::uint8_t dtmf_payload_type_48k = 110;             ///< likewise beside Opus, whose clock its events share
  bool comfort_noise = false;                           ///< taken when offered (RFC 3389)
  bool rtcp_mux = false;                                ///< offered, and taken when offered (RFC 5761)
  SrtpPolicy srtp = SrtpPolicy::off;
  std::array<SrtpKey, 3> srtp_keys{};                         ///< ours, one a CryptoSuite: random, when srtp is not off
  std::vector<std::string> protocols{"RTP/AVP", "RTP/AVPF"};  ///< taken in offers; the first goes into ours
  Attributes session_attributes{};                            ///< added as they are: "ice-lite", "fingerprint", ...
  Attributes media_attributes{};  ///< added to the audio section: "setup", "ice-ufrag", "candidate", ...
};

/// Keys of both directions, by SDES.
struct Keys {
  CryptoSuite suite = CryptoSuite::aes_cm_128_hmac_sha1_80;
  SrtpKey ours{}, theirs{};
  std::uint32_t tag = 1;  ///< of the line taken
  friend bool operator==(const Keys&, const Keys&) = default;
};

/// What both ends agreed on.
struct Agreed {
  std::string address{};  ///< where the far end wants its packets: numeric. Empty with its old way of hold (0.0.0.0)
  bool ipv6 = false;
  std::uint16_t port = 0;
  Codec codec = Codec::pcma;
  std::uint8_t payload_type = 8;                       ///< of the codec, as the far end wants to get it
  std::uint8_t payload_type_in = 8;                    ///< as it sends it: by our description
  std::optional<std::uint8_t> dtmf_payload_type{};     ///< what the far end wants to get (RFC 4733); nullopt: none
  std::optional<std::uint8_t> dtmf_payload_type_in{};  ///< what it sends
  std::uint32_t dtmf_clock = 8'000;
  std::optional<std::uint8_t> noise_payload_type{};  ///< comfort noise, both ways
  bool rtcp_mux = false;                             ///< RTCP goes to the same port
  std::uint16_t rtcp_port = 0;                       ///< else here (a=rtcp of RFC 3605, or one above the RTP port)
  std::optional<Keys> keys{};                        ///< SRTP; nullopt: plain RTP
  Direction direction = Direction::sendrecv;  ///< ours; !receives(...) with a far end on hold: see held_by_remote
  bool held_by_remote = false;                ///< the far end said sendonly, inactive or c=0.0.0.0: we do not send
  std::size_t media_index = 0;                ///< of the section in the description of the far end
  friend bool operator==(const Agreed&, const Agreed&) = default;
};

struct Answer {
  Session session;
  Agreed agreed;
};

/// Our offer: one audio section with every codec of `local`, telephone-event and `a=ptime:20`. With srtp offered,
/// RTP/AVP with a=crypto lines, which a far end without SRTP passes over; required: RTP/SAVP.
[[nodiscard]] Session make_offer(const Local& local);

/// Answers `offer`: takes the first audio section with a port, one of our protocols and one of our codecs (by our
/// preference), mirrors its direction limited by ours, copies its mid, and rejects every other section with port 0.
/// A "group" of the offer is answered with the mid taken (RFC 9143). Fails (488) when there is nothing to take.
[[nodiscard]] Result<Answer, Problem> make_answer(const Session& offer, const Local& local);

/// Reads the answer to an offer of `local` (RFC 3264 section 7). Fails when the stream was rejected or the answer takes
/// nothing that was offered.
[[nodiscard]] Result<Agreed, Problem> read_answer(const Session& answer, const Local& local);

/// What an offer wants without answering it: used to know hold and the far end's address before our port exists.
[[nodiscard]] Result<Agreed, Problem> read_offer(const Session& offer, const Local& local);

}  // namespace hotline::voice::sdp
