// SPDX-License-Identifier: Apache-2.0
// RTP packets (RFC 3550 5.1): checking what a stranger sent, and writing our fixed header. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hotline::voice::media {

inline constexpr std::size_t rtp_header_size = 12;
inline constexpr std::uint32_t samples_a_frame = 160;  ///< 20 ms at 8 kHz

struct RtpPacket {
  std::uint8_t payload_type = 0;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::size_t payload_offset = 0;  ///< behind CSRC list and header extension; at least rtp_header_size
  std::size_t payload_size = 0;    ///< without padding; may be 0
};

/// Reads and checks a packet: version 2, lengths of CSRC list, extension (RFC 3550 5.3.1) and padding inside the
/// packet. nullopt: not RTP. RTCP multiplexed on the port (RFC 5761 4) is told by its packet types 192..223 and is not
/// RTP.
[[nodiscard]] std::optional<RtpPacket> parse_rtp(std::span<const std::uint8_t> packet);

/// Whether it is RTCP by its packet type (RFC 5761 4).
[[nodiscard]] inline bool is_rtcp(std::span<const std::uint8_t> packet) {
  return packet.size() >= 8 && (packet[0] & 0xC0U) == 0x80U && packet[1] >= 192 && packet[1] <= 223;
}

/// Writes the 12 bytes of a header without CSRC, extension and padding.
inline void write_rtp_header(std::uint8_t* out, std::uint8_t payload_type, bool marker, std::uint16_t sequence,
                             std::uint32_t timestamp, std::uint32_t ssrc) {
  out[0] = 0x80;
  out[1] = static_cast<std::uint8_t>((marker ? 0x80U : 0U) | payload_type);
  out[2] = static_cast<std::uint8_t>(sequence >> 8);
  out[3] = static_cast<std::uint8_t>(sequence);
  for (unsigned i = 0; i < 4; ++i) {
    out[4 + i] = static_cast<std::uint8_t>(timestamp >> (24 - 8 * i));
    out[8 + i] = static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  }
}

}  // namespace hotline::voice::media
