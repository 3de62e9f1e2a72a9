// SPDX-License-Identifier: Apache-2.0
// Offer/answer (RFC 3264) for one G.711 audio stream with RFC 4733 digits; used for SIP and for WebRTC.
//
// Pure; any thread. Directions are told from our side: `Direction::recvonly` in an Agreed means that we only receive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "voice/sdp/sdp.hpp"

namespace hotline::voice::sdp {

/// Values are the static payload types of RFC 3551; a codec offered under another number is not taken.
enum class Codec : std::uint8_t { pcmu = 0, pcma = 8 };
[[nodiscard]] const char* to_string(Codec codec);  ///< "PCMU", "PCMA"

enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };
[[nodiscard]] const char* to_string(Direction direction);
[[nodiscard]] constexpr bool sends(Direction d) {
  return (static_cast<unsigned>(d) & 1U) != 0;
}
[[nodiscard]] constexpr bool receives(Direction d) {
  return (static_cast<unsigned>(d) & 2U) != 0;
}

/// Our end of the stream.
struct Local {
  std::string address{};  ///< numeric IPv4 or IPv6, put into c= and o=
  std::uint16_t port = 0;
  std::vector<Codec> codecs{Codec::pcma, Codec::pcmu};  ///< in order of preference
  Direction direction = Direction::sendrecv;            ///< sendonly: we hold the far end
  std::uint64_t session_id = 1;                         ///< one a call
  std::uint64_t version = 1;                            ///< to be raised with each changed description of a session
  std::uint8_t dtmf_payload_type = 101;                 ///< in our offers; answers take the offer's
  std::vector<std::string> protocols{"RTP/AVP", "RTP/AVPF"};  ///< taken in offers; the first goes into ours
  Attributes session_attributes{};                            ///< added as they are: "ice-lite", "fingerprint", ...
  Attributes media_attributes{};  ///< added to the audio section: "setup", "ice-ufrag", "candidate", ...
};

/// What both ends agreed on.
struct Agreed {
  std::string address{};  ///< where the far end wants its packets: numeric. Empty with its old way of hold (0.0.0.0)
  bool ipv6 = false;
  std::uint16_t port = 0;
  Codec codec = Codec::pcma;
  std::optional<std::uint8_t>
      dtmf_payload_type{};                    ///< what the far end wants to get (RFC 4733 at 8 kHz); nullopt: none
  Direction direction = Direction::sendrecv;  ///< ours; !receives(...) with a far end on hold: see held_by_remote
  bool held_by_remote = false;                ///< the far end said sendonly, inactive or c=0.0.0.0: we do not send
  std::size_t media_index = 0;                ///< of the section in the description of the far end
  friend bool operator==(const Agreed&, const Agreed&) = default;
};

struct Answer {
  Session session;
  Agreed agreed;
};

/// Our offer: one audio section with every codec of `local`, telephone-event and `a=ptime:20`.
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
