// SPDX-License-Identifier: Apache-2.0
// RTP parsing. Pure.
#include "voice/media/rtp.hpp"

namespace hotline::voice::media {
namespace {

std::uint16_t u16_at(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}

std::uint32_t u32_at(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) << 24 | static_cast<std::uint32_t>(p[1]) << 16 |
         static_cast<std::uint32_t>(p[2]) << 8 | static_cast<std::uint32_t>(p[3]);
}

}  // namespace

std::optional<RtpPacket> parse_rtp(std::span<const std::uint8_t> packet) {
  if (packet.size() < rtp_header_size) return std::nullopt;
  const auto* p = packet.data();
  if ((p[0] & 0xC0U) != 0x80U) return std::nullopt;
  if (p[1] >= 192 && p[1] <= 223) return std::nullopt;  // RTCP
  RtpPacket rtp;
  rtp.marker = (p[1] & 0x80U) != 0;
  rtp.payload_type = p[1] & 0x7FU;
  rtp.sequence = u16_at(p + 2);
  rtp.timestamp = u32_at(p + 4);
  rtp.ssrc = u32_at(p + 8);
  std::size_t offset = rtp_header_size + 4U * (p[0] & 0x0FU);
  if ((p[0] & 0x10U) != 0) {
    if (offset + 4 > packet.size()) return std::nullopt;
    offset += 4 + 4U * u16_at(p + offset + 2);
  }
  if (offset > packet.size()) return std::nullopt;
  std::size_t size = packet.size() - offset;
  if ((p[0] & 0x20U) != 0) {
    const std::size_t padding = packet.back();
    if (padding == 0 || padding > size) return std::nullopt;
    size -= padding;
  }
  rtp.payload_offset = offset;
  rtp.payload_size = size;
  return rtp;
}

}  // namespace hotline::voice::media
