// SPDX-License-Identifier: Apache-2.0
// Goal: whatever feeds a leg, its far end gets one stream: each new sequence number is the next one, timestamps go
// forward with time, and a marker tells where sound begins anew.
#include "voice/media/out_stream.hpp"

#include <gtest/gtest.h>

namespace hotline::voice::media {
namespace {

constexpr std::uint64_t begin = 1'000'000;  // samples of the clock

RtpPacket from(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, bool marker = false) {
  RtpPacket rtp;
  rtp.ssrc = ssrc;
  rtp.sequence = sequence;
  rtp.timestamp = timestamp;
  rtp.marker = marker;
  return rtp;
}

TEST(OutStream, PromptBridgeMusicAndTransferAreOneStream) {
  OutStream out(0x1234, 65'530, 0xFFFFFF00);  // both wrap on the way
  std::uint16_t expected = 65'530;
  std::uint64_t now = begin;
  std::uint32_t last_timestamp = 0;
  bool first = true;
  const auto check = [&](const OutHeader& header, bool marker, std::int32_t advance, const char* where) {
    EXPECT_EQ(header.sequence, expected++) << where;
    EXPECT_EQ(header.marker, marker) << where;
    if (!first) {
      EXPECT_EQ(static_cast<std::int32_t>(header.timestamp - last_timestamp), advance) << where;
    }
    last_timestamp = header.timestamp;
    first = false;
  };
  for (int i = 0; i < 5; ++i, now += 160) check(out.generate(now), i == 0, 160, "prompt");
  now += 8000;  // the agent answers a second later
  for (std::uint16_t i = 0; i < 5; ++i, now += 160)
    check(out.relay(from(7, static_cast<std::uint16_t>(65'533 + i), 5000 + i * 160U), false, now).value(), i == 0,
          i == 0 ? 8160 : 160, "bridge");
  for (int i = 0; i < 5; ++i, now += 160) check(out.generate(now), i == 0, 160, "music");
  for (std::uint16_t i = 0; i < 5; ++i, now += 160)
    check(out.relay(from(99, static_cast<std::uint16_t>(100 + i), 0x80000000U + i * 160U), false, now).value(), i == 0,
          160, "after the transfer");
}

TEST(OutStream, LossesOfTheFarEndStayVisible) {
  OutStream out(1, 100, 0);
  EXPECT_EQ(out.relay(from(7, 10, 1600), false, begin)->sequence, 100);
  const auto after = out.relay(from(7, 14, 1600 + 4 * 160), false, begin + 640);
  EXPECT_EQ(after->sequence, 104);
  EXPECT_EQ(after->timestamp, 640U);
  EXPECT_FALSE(after->marker);
  const auto late = out.relay(from(7, 12, 1600 + 2 * 160), false, begin + 700);
  EXPECT_EQ(late->sequence, 102);
  EXPECT_EQ(late->timestamp, 320U);
  EXPECT_EQ(out.relay(from(7, 15, 1600 + 5 * 160), false, begin + 800)->sequence, 105);
}

TEST(OutStream, PacketsFromBeforeTheBridgeDoNotComeBack) {
  OutStream out(1, 100, 0);
  static_cast<void>(out.generate(begin));
  ASSERT_TRUE(out.relay(from(7, 10, 1600), false, begin + 160));
  EXPECT_FALSE(out.relay(from(7, 9, 1440), false, begin + 170)) << "its number would be the prompt's";
}

TEST(OutStream, ASourceThatBeginsAnewNeedsTwoPackets) {
  OutStream out(1, 100, 0);
  ASSERT_TRUE(out.relay(from(7, 10, 1600), false, begin));
  EXPECT_FALSE(out.relay(from(7, 40'000, 9), false, begin + 160)) << "one stray packet changes nothing";
  EXPECT_EQ(out.relay(from(7, 11, 1760), false, begin + 160)->sequence, 101);
  EXPECT_FALSE(out.relay(from(7, 50'000, 9), false, begin + 320));
  const auto again = out.relay(from(7, 50'001, 169), false, begin + 480);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->sequence, 102);
  EXPECT_EQ(again->timestamp, 480U);
  EXPECT_TRUE(again->marker);
}

TEST(OutStream, TimestampsSetAnewWithoutNoticeAreMended) {
  OutStream out(1, 100, 0);
  ASSERT_TRUE(out.relay(from(7, 10, 1'000'000), false, begin));
  const auto mended = out.relay(from(7, 11, 5), false, begin + 160);
  EXPECT_EQ(mended->timestamp, 160U);
  EXPECT_TRUE(mended->marker);
  EXPECT_EQ(out.relay(from(7, 12, 165), false, begin + 320)->timestamp, 320U);
}

TEST(OutStream, EventsKeepTheirTimestampAndSoundGoesOnBehindThem) {
  OutStream out(1, 100, 0);
  ASSERT_TRUE(out.relay(from(7, 10, 1600), false, begin));
  std::uint64_t now = begin;
  for (std::uint16_t i = 0; i < 8; ++i) {
    const auto event = out.relay(from(7, static_cast<std::uint16_t>(11 + i), 1760, i == 0), true, now += 160);
    EXPECT_EQ(event->timestamp, 160U);
    EXPECT_EQ(event->marker, i == 0);
    EXPECT_EQ(event->sequence, 101 + i);
  }
  const auto voice = out.relay(from(7, 19, 1760 + 8 * 160), false, now += 160);
  EXPECT_EQ(voice->timestamp, 160U + 8 * 160);
  EXPECT_FALSE(voice->marker);
}

TEST(OutStream, EventsNotPassedOnLeaveNoGap) {
  OutStream out(1, 100, 0);
  ASSERT_TRUE(out.relay(from(7, 10, 1600), false, begin));
  for (std::uint16_t i = 11; i < 15; ++i) out.skip(from(7, i, 1760));
  EXPECT_EQ(out.relay(from(7, 15, 1600 + 5 * 160), false, begin + 800)->sequence, 101);
}

TEST(OutStream, GeneratedEventsShareATimestampAndPushTheNextSoundBehind) {
  OutStream out(1, 100, 0);
  std::uint64_t now = begin;
  static_cast<void>(out.generate(now));
  const auto first = out.generate_event(true, now += 160);
  EXPECT_TRUE(first.marker);
  EXPECT_EQ(first.timestamp, 160U);
  for (std::uint16_t i = 1; i < 5; ++i) {
    const auto next = out.generate_event(false, now += 160);
    EXPECT_EQ(next.timestamp, 160U);
    EXPECT_FALSE(next.marker);
    EXPECT_EQ(next.sequence, 101 + i);
  }
  const auto sound = out.generate(now += 160);
  EXPECT_EQ(sound.timestamp, 160U + 5 * 160);
  EXPECT_TRUE(sound.marker);
}

TEST(OutStream, TheWheelsJitterDoesNotShowButAStallDoes) {
  OutStream out(1, 100, 0);
  static_cast<void>(out.generate(begin));
  EXPECT_EQ(out.generate(begin + 160 + 40).timestamp, 160U);
  EXPECT_EQ(out.generate(begin + 320 - 40).timestamp, 320U);
  const auto late = out.generate(begin + 480 + 1600);
  EXPECT_EQ(late.timestamp % 160, 0U);
  EXPECT_NEAR(late.timestamp, 480 + 1600, 160);
}

}  // namespace
}  // namespace hotline::voice::media
