// SPDX-License-Identifier: Apache-2.0
// Goal: reception is counted as RFC 3550's appendices say, and reports tell both sides loss and round trip.
#include "voice/media/rtcp.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "voice/media/bytes.hpp"

namespace hotline::voice::media {
namespace {

using namespace std::chrono_literals;
constexpr Moment start{std::chrono::hours{24 * 365 * 55}};
constexpr std::uint32_t ours = 0x11111111, theirs = 0x22222222;

std::array<std::uint8_t, 12> rtp(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = theirs) {
  std::array<std::uint8_t, 12> out{0x80, 8};
  write_u16(out.data() + 2, sequence);
  write_u32(out.data() + 4, timestamp);
  write_u32(out.data() + 8, ssrc);
  return out;
}

TEST(Reception, CountsGapsAcrossTheWrapOfTheSequence) {
  Reception reception;
  std::uint32_t timestamp = 0;
  for (const int sequence : {65533, 65534, /* 65535 and 0 are lost */ 1, 3, 2}) {
    reception.take(rtp(static_cast<std::uint16_t>(sequence), timestamp += 160), start);
  }
  EXPECT_EQ(reception.received(), 5U);
  EXPECT_EQ(reception.lost(), 2U);
  EXPECT_EQ(reception.highest(), 0x10003U);
  EXPECT_EQ(reception.take_fraction_lost(), 2 * 256 / 7);
  EXPECT_EQ(reception.take_fraction_lost(), 0) << "nothing new since";
}

TEST(Reception, AnEvenStreamHasNoJitterAndAnUnevenOneHas) {
  Reception even, uneven;
  for (std::uint16_t i = 0; i < 200; ++i) {
    even.take(rtp(i, i * 160U), start + i * 20ms);
    uneven.take(rtp(i, i * 160U), start + i * 20ms + (i % 2 == 0 ? 0ms : 10ms));
  }
  EXPECT_EQ(even.jitter(), 0U);
  EXPECT_NEAR(uneven.jitter(), 80, 2) << "each packet differs by 10 ms from the one before: 80 ticks";
}

TEST(Reception, StartsAnewWithANewStream) {
  Reception reception;
  reception.take(rtp(100, 0), start);
  reception.take(rtp(9000, 0, 0x33), start);
  EXPECT_EQ(reception.ssrc(), 0x33U);
  EXPECT_EQ(reception.lost(), 0U);
}

TEST(Report, TheOtherSideReadsLossAndRoundTripFromIt) {
  // They send 50 packets, of which 10 are lost, and a sender report; we report; they read it 30 ms later.
  Reception received;
  for (std::uint16_t i = 0; i < 50; ++i) {
    if (i % 5 != 2) received.take(rtp(i, i * 160U), start + i * 20ms);
  }
  std::array<std::uint8_t, report_max> theirs_out{}, ours_out{};
  Reception nothing;
  const Transmission they_sent{theirs, 50, 8000, 7840, start + 980ms};
  const std::size_t sr =
      write_report(theirs_out, theirs, they_sent, nothing.take_report(), std::nullopt, start + 1000ms);
  const auto at_us = read_report(std::span{theirs_out}.first(sr), ours, start + 1030ms);
  ASSERT_TRUE(at_us.sender_compact);
  EXPECT_FALSE(at_us.about_us);

  const LastSenderReport last{*at_us.sender_compact, start + 1030ms};
  const std::size_t size = write_report(ours_out, ours, Transmission{}, received.take_report(), last, start + 2000ms);
  EXPECT_EQ(ours_out[1], 201) << "nothing was sent: a receiver report";
  const auto at_them = read_report(std::span{ours_out}.first(size), theirs, start + 2030ms);
  EXPECT_TRUE(at_them.about_us);
  EXPECT_EQ(at_them.lost, 10);
  EXPECT_EQ(at_them.fraction_lost, 10 * 256 / 50);
  ASSERT_TRUE(at_them.round_trip);
  EXPECT_NEAR(static_cast<double>(at_them.round_trip->count()), 60'000, 50);
}

TEST(Report, ASenderReportPutsTheRtpClockAtItsTime) {
  std::array<std::uint8_t, report_max> out{};
  Reception nothing;
  const Transmission sent{ours, 3, 480, 1600, start};
  const std::size_t size = write_report(out, ours, sent, nothing.take_report(), std::nullopt, start + 500ms);
  EXPECT_EQ(size % 4, 0U);
  EXPECT_EQ(out[1], 200);
  EXPECT_EQ(read_u32(out.data() + 16), 1600U + 4000U);
  EXPECT_EQ(read_u32(out.data() + 20), 3U);
  EXPECT_EQ(read_u32(out.data() + 24), 480U);
  // SDES follows, as a compound packet must have (RFC 3550 section 6.1).
  const std::size_t second = (read_u16(out.data() + 2) + 1U) * 4U;
  EXPECT_EQ(out[second + 1], 202);
  EXPECT_EQ(second + (read_u16(out.data() + second + 2) + 1U) * 4U, size);
}

TEST(Report, BrokenPacketsAreReadUpToTheirFault) {
  std::array<std::uint8_t, report_max> out{};
  Reception received;
  received.take(rtp(1, 1), start);
  const std::size_t size = write_report(out, theirs, Transmission{}, received.take_report(), std::nullopt, start);
  for (std::size_t cut = 0; cut < 32; ++cut) {
    EXPECT_FALSE(read_report(std::span{out}.first(cut), theirs, start).about_us) << cut;
  }
  EXPECT_TRUE(read_report(std::span{out}.first(size), theirs, start).about_us);
  out[0] = 0x9f;  // claims 31 blocks where there is one
  EXPECT_TRUE(read_report(std::span{out}.first(size), theirs, start).about_us);
}

TEST(Report, AnUnbelievableRoundTripIsNone) {
  std::array<std::uint8_t, 32> rr{0x81, 201, 0, 7};
  write_u32(rr.data() + 8, ours);
  write_u32(rr.data() + 24, compact_ntp(start + 10s));  // a report of ours from the future
  const auto report = read_report(rr, ours, start);
  EXPECT_TRUE(report.about_us);
  EXPECT_FALSE(report.round_trip);
}

}  // namespace
}  // namespace hotline::voice::media
