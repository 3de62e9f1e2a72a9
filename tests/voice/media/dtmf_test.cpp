// SPDX-License-Identifier: Apache-2.0
// Goal: a pressed key is told exactly once, with its length, whatever packets are doubled, lost or out of order; and
// what we send is what others tell (RFC 4733).
#include "voice/media/dtmf.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace hotline::voice::media {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Feeds packets to a detector, one every 20 ms, and gathers what it tells.
struct Listener {
  DtmfDetector detector;
  std::uint64_t now = 1'000'000;
  std::vector<Digit> digits;
  int begun = 0;

  void packet(std::uint8_t event, std::uint32_t timestamp, std::uint32_t length, bool end, std::uint32_t ssrc = 1) {
    RtpPacket rtp;
    rtp.timestamp = timestamp;
    rtp.ssrc = ssrc;
    const std::array<std::uint8_t, 4> payload{event, static_cast<std::uint8_t>(end ? 0x8A : 0x0A),
                                              static_cast<std::uint8_t>(length >> 8),
                                              static_cast<std::uint8_t>(length)};
    feed(rtp, payload);
  }
  void feed(const RtpPacket& rtp, std::span<const std::uint8_t> payload) {
    now += 160;
    const auto report = detector.on_packet(rtp, payload, now);
    begun += report.begun ? 1 : 0;
    for (int i = 0; i < report.ended_count; ++i) digits.push_back(report.ended[static_cast<std::size_t>(i)]);
  }
  void silence(std::uint64_t samples) {
    now += samples;
    if (const auto digit = detector.on_time(now)) digits.push_back(*digit);
  }
};

TEST(DtmfDetector, TellsAKeyOnceAlthoughItsEndComesThreeTimes) {
  Listener listener;
  for (std::uint32_t i = 1; i <= 5; ++i) listener.packet(5, 1000, i * 160, false);
  EXPECT_EQ(listener.begun, 1);
  EXPECT_THAT(listener.digits, IsEmpty()) << "its length is not known yet";
  for (int i = 0; i < 3; ++i) listener.packet(5, 1000, 960, true);
  listener.silence(8000);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'5', Duration{120}}));
  EXPECT_EQ(listener.begun, 1);
}

TEST(DtmfDetector, TheSameKeyTwiceIsTwoDigits) {
  Listener listener;
  for (const std::uint32_t start : {1000U, 3000U}) {
    listener.packet(1, start, 160, false);
    listener.packet(1, start, 320, true);
  }
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{40}}, Digit{'1', Duration{40}}));
}

TEST(DtmfDetector, LostEndsAreMadeUpByTheNextKeyOrByTime) {
  Listener listener;
  listener.packet(1, 1000, 160, false);
  listener.packet(1, 1000, 320, false);
  listener.packet(2, 3000, 160, false);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{40}}));
  listener.silence(100);
  EXPECT_THAT(listener.digits, ::testing::SizeIs(1)) << "too early to tell";
  listener.silence(DtmfDetector::silent_max);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{40}}, Digit{'2', Duration{20}}));
}

TEST(DtmfDetector, OnlyTheEndArrived) {
  Listener listener;
  listener.packet(11, 1000, 800, true);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'#', Duration{100}}));
  EXPECT_EQ(listener.begun, 1);
}

TEST(DtmfDetector, LatePacketsOfAnEarlierKeyAreNotAKey) {
  Listener listener;
  listener.packet(1, 1000, 320, true);
  listener.packet(2, 3000, 160, false);
  listener.packet(1, 1000, 320, true);
  listener.packet(1, 1000, 160, false);
  listener.packet(2, 3000, 320, true);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{40}}, Digit{'2', Duration{40}}));
}

TEST(DtmfDetector, OutOfOrderInsideAKeyKeepsTheLongestLength) {
  Listener listener;
  listener.packet(3, 1000, 480, false);
  listener.packet(3, 1000, 320, false);
  listener.packet(3, 1000, 640, true);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'3', Duration{80}}));
}

TEST(DtmfDetector, ANewSourceStartsFresh) {
  Listener listener;
  listener.packet(1, 0x90000000, 160, false, 1);
  listener.packet(2, 1000, 160, true, 2);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{20}}, Digit{'2', Duration{20}}));
}

TEST(DtmfDetector, AKeyHeldForTwentySecondsIsOneKey) {
  Listener listener;  // RFC 4733 2.5.1.3: segments of 0xFFFF
  std::uint32_t start = 1000;
  for (int segment = 0; segment < 2; ++segment, start += 0xFFFF) {
    listener.packet(9, start, 0x8000, false);
    listener.packet(9, start, 0xFFFF, false);
  }
  listener.packet(9, start, 800, true);
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'9', Duration{(2 * 0xFFFF + 800) / 8}}));
}

TEST(DtmfDetector, OtherEventsAndShortPayloadsAreNoKeys) {
  Listener listener;
  listener.packet(16, 1000, 160, true);  // hook flash
  listener.packet(32, 2000, 160, true);  // fax tone
  listener.feed({}, std::array<std::uint8_t, 3>{1, 0x80, 0});
  listener.feed({}, {});
  EXPECT_THAT(listener.digits, IsEmpty());
  EXPECT_EQ(listener.begun, 0);
}

std::vector<std::vector<std::uint8_t>> rtp_of_pcap(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::vector<std::uint8_t>> packets;
  const auto u32 = [&](std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16) |
           static_cast<std::uint32_t>(bytes[at + 3]) << 24;
  };
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    const std::size_t size = u32(at + 8);
    const std::size_t frame = at + 16;
    const std::size_t rtp = frame + 14 + 4U * (bytes[frame + 14] & 0x0FU) + 8;  // Ethernet, IPv4, UDP
    packets.emplace_back(bytes.begin() + static_cast<long>(rtp), bytes.begin() + static_cast<long>(frame + size));
    at = frame + size;
  }
  return packets;
}

TEST(DtmfDetector, TellsTheKeysOfRecordedPackets) {
  const std::filesystem::path folder = std::filesystem::path(HOTLINE_SOURCE_DIR) / "../shared/data/pcap";
  if (!std::filesystem::exists(folder / "dtmf_2833_0.pcap")) GTEST_SKIP() << "no recorded packets beside the source";
  const std::vector<std::pair<std::string, char>> files{{"0", '0'}, {"1", '1'}, {"2", '2'},    {"3", '3'},
                                                        {"4", '4'}, {"5", '5'}, {"6", '6'},    {"7", '7'},
                                                        {"8", '8'}, {"9", '9'}, {"star", '*'}, {"pound", '#'}};
  for (const auto& [name, key] : files) {
    Listener listener;
    for (const auto& bytes : rtp_of_pcap(folder / ("dtmf_2833_" + name + ".pcap"))) {
      const auto rtp = parse_rtp(bytes);
      ASSERT_TRUE(rtp) << name;
      listener.feed(*rtp, std::span(bytes).subspan(rtp->payload_offset, rtp->payload_size));
    }
    listener.silence(8000);
    ASSERT_THAT(listener.digits, ::testing::SizeIs(1)) << name;
    EXPECT_EQ(listener.digits[0].digit, key);
    EXPECT_GE(listener.digits[0].length, Duration{40}) << name;
  }
}

TEST(DtmfSender, WhatIsSentIsWhatIsTold) {
  DtmfSender sender;
  sender.add("12#d", Duration{100}, Duration{60});
  Listener listener;
  std::uint32_t timestamp = 0;
  int ends = 0;
  for (std::uint32_t i = 0; sender.active(); ++i) {
    const auto step = sender.next();
    if (step.kind != DtmfSender::Step::Kind::event) continue;
    if (step.first) timestamp = i * 160;
    ends += (step.payload[1] & 0x80) != 0 ? 1 : 0;
    RtpPacket rtp;
    rtp.timestamp = timestamp;
    rtp.ssrc = 1;
    listener.feed(rtp, step.payload);
  }
  EXPECT_EQ(ends, 12) << "the end is sent three times";
  EXPECT_THAT(listener.digits, ElementsAre(Digit{'1', Duration{100}}, Digit{'2', Duration{100}},
                                           Digit{'#', Duration{100}}, Digit{'D', Duration{100}}));
}

TEST(DtmfSender, UnknownCharactersPauseAndTheQueueHasALimit) {
  DtmfSender sender;
  sender.add(",", Duration{100}, Duration{40});
  for (int i = 0; i < 7; ++i) EXPECT_EQ(sender.next().kind, DtmfSender::Step::Kind::pause);
  EXPECT_EQ(sender.next().kind, DtmfSender::Step::Kind::idle);
  sender.add(std::string(1000, '1'), Duration{40}, Duration{40});
  int frames = 0;
  while (sender.active()) {
    static_cast<void>(sender.next());
    ++frames;
  }
  EXPECT_EQ(frames, 4 * static_cast<int>(DtmfSender::digits_max));
}

}  // namespace
}  // namespace hotline::voice::media
