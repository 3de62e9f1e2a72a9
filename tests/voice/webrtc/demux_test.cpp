// SPDX-License-Identifier: Apache-2.0
// Goal: every first byte goes where RFC 7983 sends it.
#include "voice/webrtc/demux.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hotline::voice::webrtc {
namespace {

PacketKind kind_of(unsigned first, unsigned second, std::size_t size = 40) {
  std::vector<std::uint8_t> packet(size);
  if (size > 0) packet[0] = static_cast<std::uint8_t>(first);
  if (size > 1) packet[1] = static_cast<std::uint8_t>(second);
  return classify(packet);
}

TEST(Demux, SortsByTheFirstByte) {
  for (unsigned first = 0; first < 256; ++first) {
    const PacketKind expected = first <= 3                     ? PacketKind::stun
                                : first >= 20 && first <= 63   ? PacketKind::dtls
                                : first >= 128 && first <= 191 ? PacketKind::rtp
                                                               : PacketKind::other;
    EXPECT_EQ(kind_of(first, 8), expected) << first;
  }
}

TEST(Demux, TellsRtcpFromRtpByTheSecondByte) {
  for (unsigned second = 0; second < 256; ++second) {
    const bool rtcp = (second & 0x7f) >= 64 && (second & 0x7f) <= 95 && second >= 128;
    EXPECT_EQ(kind_of(0x80, second), rtcp ? PacketKind::rtcp : PacketKind::rtp) << second;
  }
}

TEST(Demux, PacketsShorterThanTheirHeaderAreNothing) {
  EXPECT_EQ(kind_of(0, 0, 0), PacketKind::other);
  EXPECT_EQ(kind_of(0, 1, 19), PacketKind::other);
  EXPECT_EQ(kind_of(22, 254, 12), PacketKind::other);
  EXPECT_EQ(kind_of(0x80, 8, 11), PacketKind::other);
  EXPECT_EQ(kind_of(0x80, 200, 7), PacketKind::other);
  EXPECT_EQ(kind_of(0x80, 200, 8), PacketKind::rtcp);
}

}  // namespace
}  // namespace hotline::voice::webrtc
