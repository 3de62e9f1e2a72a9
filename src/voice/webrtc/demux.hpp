// SPDX-License-Identifier: Apache-2.0
// Which protocol a datagram on the one WebRTC port belongs to (RFC 7983 section 7, RFC 5761 section 4). Pure.
#pragma once

#include <cstdint>
#include <span>

namespace hotline::voice::webrtc {

enum class PacketKind : std::uint8_t { stun, dtls, rtp, rtcp, other };

/// By the first byte, and RTCP from RTP by the second; packets shorter than the header of their kind are `other`.
[[nodiscard]] constexpr PacketKind classify(std::span<const std::uint8_t> packet) {
  constexpr std::size_t stun_header = 20, dtls_header = 13, rtp_header = 12, rtcp_header = 8;
  if (packet.empty()) return PacketKind::other;
  const std::uint8_t first = packet[0];
  if (first <= 3) return packet.size() >= stun_header ? PacketKind::stun : PacketKind::other;
  if (first >= 20 && first <= 63) return packet.size() >= dtls_header ? PacketKind::dtls : PacketKind::other;
  if (first < 128 || first > 191 || packet.size() < rtcp_header) return PacketKind::other;
  const std::uint8_t second = packet[1];
  if (second >= 192 && second <= 223) return PacketKind::rtcp;
  return packet.size() >= rtp_header ? PacketKind::rtp : PacketKind::other;
}

}  // namespace hotline::voice::webrtc
