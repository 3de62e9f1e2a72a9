// SPDX-License-Identifier: Apache-2.0
// Goal: only whole RTP packets are taken, and the payload lies where CSRCs, extension and padding leave it.
#include "voice/media/rtp.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "voice/media/g711.hpp"
#include "voice/media/in_stream.hpp"

namespace hotline::voice::media {
namespace {

std::vector<std::uint8_t> packet(std::uint8_t first, std::size_t body) {
  std::vector<std::uint8_t> bytes(rtp_header_size + body);
  write_rtp_header(bytes.data(), 8, true, 0xABCD, 0x01020304, 0xCAFEBABE);
  bytes[0] = first;
  return bytes;
}

TEST(ParseRtp, ReadsWhatWasWritten) {
  const auto rtp = parse_rtp(packet(0x80, 160));
  ASSERT_TRUE(rtp);
  EXPECT_EQ(rtp->payload_type, 8);
  EXPECT_TRUE(rtp->marker);
  EXPECT_EQ(rtp->sequence, 0xABCD);
  EXPECT_EQ(rtp->timestamp, 0x01020304U);
  EXPECT_EQ(rtp->ssrc, 0xCAFEBABEU);
  EXPECT_EQ(rtp->payload_offset, 12U);
  EXPECT_EQ(rtp->payload_size, 160U);
}

TEST(ParseRtp, SkipsCsrcsExtensionAndPadding) {
  auto bytes = packet(0x80 | 0x20 | 0x10 | 2, 8 + 4 + 8 + 20);
  bytes[12 + 8 + 3] = 2;  // the extension has two words
  bytes.back() = 5;
  const auto rtp = parse_rtp(bytes);
  ASSERT_TRUE(rtp);
  EXPECT_EQ(rtp->payload_offset, 12U + 8 + 4 + 8);
  EXPECT_EQ(rtp->payload_size, 15U);
}

TEST(ParseRtp, RefusesWhatIsNotWhole) {
  EXPECT_FALSE(parse_rtp({}));
  EXPECT_FALSE(parse_rtp(std::vector<std::uint8_t>(11, 0x80)));
  EXPECT_FALSE(parse_rtp(packet(0x00, 160))) << "version 0: STUN";
  EXPECT_FALSE(parse_rtp(packet(0x8F, 20))) << "15 CSRCs";
  EXPECT_FALSE(parse_rtp(packet(0x90, 3))) << "no room for the extension's head";
  auto extension = packet(0x90, 8);
  extension[15] = 2;
  EXPECT_FALSE(parse_rtp(extension)) << "extension longer than the packet";
  auto padding = packet(0xA0, 4);
  padding.back() = 5;
  EXPECT_FALSE(parse_rtp(padding));
  padding.back() = 0;
  EXPECT_FALSE(parse_rtp(padding));
  auto rtcp = packet(0x80, 16);
  rtcp[1] = 200;
  EXPECT_FALSE(parse_rtp(rtcp));
}

RtpPacket numbered(std::uint16_t sequence, std::uint32_t timestamp) {
  RtpPacket rtp;
  rtp.sequence = sequence;
  rtp.timestamp = timestamp;
  rtp.ssrc = 1;
  return rtp;
}

TEST(InStream, CountsGapsAndTakesThemBackForLatePackets) {
  InStream in;
  for (const int sequence : {65534, 65535, 1, 2, 5}) in.on_packet(numbered(static_cast<std::uint16_t>(sequence), 0), 0);
  EXPECT_EQ(in.lost(), 3U);
  in.on_packet(numbered(0, 0), 0);
  EXPECT_EQ(in.lost(), 2U);
  in.on_packet(numbered(40'000, 0), 0);
  EXPECT_EQ(in.lost(), 2U) << "a source that began anew has lost nothing";
  EXPECT_EQ(in.received(), 7U);
}

TEST(InStream, JitterFollowsRfc3550) {
  InStream in;
  std::uint16_t sequence = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) in.on_packet(numbered(sequence++, i * 160), i * 160 + 1'000'000'000'000);
  EXPECT_EQ(in.jitter_ms(), 0U);
  for (std::uint32_t i = 2000; i < 4000; ++i)
    in.on_packet(numbered(sequence++, i * 160), i * 160 + (i % 2) * 80 + 1'000'000'000'000);
  EXPECT_NEAR(in.jitter_ms(), 10, 1);
}

TEST(G711, EachLawSurvivesItsOwnDecoder) {
  for (int i = 0; i < 256; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    EXPECT_EQ(g711::encode_alaw(g711::decode_alaw(octet)), octet);
    if (octet != 0x7F) {
      EXPECT_EQ(g711::encode_ulaw(g711::decode_ulaw(octet)), octet);  // 0x7F is the negative zero
    }
  }
}

TEST(G711, KnownValuesOfTheRecommendation) {
  EXPECT_EQ(g711::decode_alaw(0xD5), 8);
  EXPECT_EQ(g711::decode_alaw(0x55), -8);
  EXPECT_EQ(g711::decode_alaw(0xAA), 32'256);
  EXPECT_EQ(g711::decode_ulaw(0xFF), 0);
  EXPECT_EQ(g711::decode_ulaw(0x80), 32'124);
  EXPECT_EQ(g711::decode_ulaw(0x00), -32'124);
}

TEST(G711, ConversionKeepsTheLevel) {
  for (int i = 0; i < 256; ++i) {
    const auto octet = static_cast<std::uint8_t>(i);
    const int before = g711::decode_alaw(octet);
    const int after = g711::decode_ulaw(g711::alaw_to_ulaw[octet]);
    EXPECT_NEAR(after, before, 16 + std::abs(before) / 16) << i;
  }
}

}  // namespace
}  // namespace hotline::voice::media
