// SPDX-License-Identifier: Apache-2.0
// The description of a recording session (RFC 7866 section 7): two audio streams we send, what the recorder answers to
// them, and what we answer to an offer of its own. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "voice/media/srtp.hpp"
#include "voice/sdp/crypto.hpp"

namespace hotline::voice::siprec {

inline constexpr std::size_t stream_count = 2;  ///< what the customer says, what they hear

/// Ours for one stream, one a CryptoSuite.
using StreamKeys = std::array<sdp::SrtpKey, 3>;

/// Our side.
struct LocalStreams {
  std::string address{};  ///< numeric
  std::array<std::uint16_t, stream_count> ports{};
  std::uint64_t session_id = 1, version = 1;
  bool paused = false;     ///< a=inactive: the recording is paused
  bool encrypted = false;  ///< SRTP by SDES (RFC 4568); the keys are random then
  std::array<StreamKeys, stream_count> keys{};
};

/// What the recorder takes of one stream.
struct FarStream {
  bool taken = false;   ///< it has a port and one of our codecs
  bool wanted = false;  ///< it receives now; false while the recorder itself has paused
  std::string address{};
  std::uint16_t port = 0, rtcp_port = 0;
  std::uint8_t payload_type = 8;
  bool ulaw = false;                      ///< PCMU, else PCMA
  std::optional<media::SrtpKeys> keys{};  ///< what we send is encrypted; `server` is ours
  friend bool operator==(const FarStream&, const FarStream&) = default;
};
using FarStreams = std::array<FarStream, stream_count>;

[[nodiscard]] std::string write_offer(const LocalStreams& local);
/// Fails when it is no description, or one with another number of streams than we offered.
[[nodiscard]] Result<FarStreams, Problem> read_answer(const std::string& answer, const LocalStreams& local);

struct OfferAnswered {
  std::string answer;
  FarStreams streams;
};
/// An offer of the recorder's (it pauses, or moves its ports). Fails when neither of our streams is left in it (488).
[[nodiscard]] Result<OfferAnswered, Problem> answer_offer(const std::string& offer, const LocalStreams& local);

}  // namespace hotline::voice::siprec
