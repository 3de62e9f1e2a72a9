// SPDX-License-Identifier: Apache-2.0
// Goal: samples come out of a tap at the position they were put, in their channel, silence elsewhere, whatever the
// order, the wrap of the ring, and the distance between producer and consumer.
#include "voice/recorder/tap.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "voice/recorder/placement.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::recorder {
namespace {

constexpr auto silence = g711::alaw_silence;

std::vector<std::uint8_t> frame(std::uint8_t value, std::size_t size = 160) {
  return std::vector<std::uint8_t>(size, value);
}

/// All that is ready, interleaved.
std::vector<std::uint8_t> take_all(Tap& tap) {
  std::vector<std::uint8_t> all;
  std::vector<std::uint8_t> part(200);
  while (const auto count = tap.take(part.data(), part.size() / 2))
    all.insert(all.end(), part.begin(), part.begin() + static_cast<long>(2 * count));
  return all;
}

TEST(Tap, KeepsChannelsApartAndFillsWithSilence) {
  Tap tap(RecordingId{1}, LegId{2}, 1024);
  tap.put(Channel::received, 10, frame(1, 5));
  tap.put(Channel::sent, 12, frame(2, 5));
  tap.advance(20);
  const auto out = take_all(tap);
  ASSERT_EQ(out.size(), 40U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(out[2 * i], i >= 10 && i < 15 ? 1 : silence) << i;
    EXPECT_EQ(out[2 * i + 1], i >= 12 && i < 17 ? 2 : silence) << i;
  }
}

TEST(Tap, TheRingLeavesNothingBehindAfterAWrap) {
  Tap tap(RecordingId{1}, LegId{2}, 256);
  std::uint64_t position = 0;
  for (std::uint8_t round = 1; round < 20; ++round) {
    tap.put(round % 2 == 0 ? Channel::received : Channel::sent, position, frame(round, 100));
    position += 100;
    tap.advance(position);
    const auto out = take_all(tap);
    ASSERT_EQ(out.size(), 200U);
    for (std::size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(out[2 * i], round % 2 == 0 ? round : silence);
      ASSERT_EQ(out[2 * i + 1], round % 2 == 0 ? silence : round);
    }
  }
}

TEST(Tap, LatePacketsAreDroppedButTheirTimelyPartIsKept) {
  Tap tap(RecordingId{1}, LegId{2}, 1024);
  tap.advance(100);
  tap.put(Channel::received, 50, frame(1, 80));
  tap.put(Channel::received, 10, frame(9, 80));
  tap.advance(140);
  const auto out = take_all(tap);
  EXPECT_EQ(out[2 * 99], silence);
  EXPECT_EQ(out[2 * 100], 1);
  EXPECT_EQ(out[2 * 129], 1);
  EXPECT_EQ(out[2 * 130], silence);
}

TEST(Tap, AConsumerThatStandsStillCostsSoundNotOrder) {
  Tap tap(RecordingId{1}, LegId{2}, 256);
  for (std::uint64_t position = 0; position < 1000; position += 100) {
    tap.put(Channel::received, position, frame(static_cast<std::uint8_t>(position / 100 + 1), 100));
    tap.advance(position + 100);
  }
  EXPECT_EQ(tap.overruns(), 8U);
  const auto out = take_all(tap);
  ASSERT_EQ(out.size(), 2000U);
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[2 * 199], 2);
  for (std::size_t i = 200; i < 1000; ++i) EXPECT_EQ(out[2 * i], silence) << i;
}

TEST(Tap, MuLawIsConverted) {
  Tap tap(RecordingId{1}, LegId{2}, 256);
  tap.put_ulaw(Channel::sent, 0, frame(g711::encode_ulaw(1234), 3));
  tap.finish(3);
  EXPECT_EQ(take_all(tap)[1], g711::ulaw_to_alaw[g711::encode_ulaw(1234)]);
}

TEST(Tap, ARingIsUsedAgainAndHoldsNothingOfTheLastRecording) {
  const auto pool = std::make_shared<RingPool>(2 * 1'024);
  const auto* first = RingPool::take(pool).get();
  {
    Tap tap(RecordingId{1}, LegId{1}, 1'024, RingPool::take(pool));
    tap.put(Channel::sent, 0, std::vector<std::uint8_t>(1'024, 7));
  }
  auto ring = RingPool::take(pool);
  EXPECT_EQ(ring.get(), first);
  EXPECT_NE(RingPool::take(pool).get(), first) << "one that is out is nobody else's";
  Tap tap(RecordingId{2}, LegId{1}, 1'024, std::move(ring));
  tap.advance(160);
  std::vector<std::uint8_t> frames(2 * 160);
  ASSERT_EQ(tap.take(frames.data(), 160), 160U);
  EXPECT_EQ(frames, std::vector<std::uint8_t>(2 * 160, silence));
}

TEST(Tap, ARingOutlivesItsRecorder) {
  auto pool = std::make_shared<RingPool>(2 * 1'024);
  Tap tap(RecordingId{1}, LegId{1}, 1'024, RingPool::take(pool));
  pool.reset();
  tap.put(Channel::sent, 0, std::vector<std::uint8_t>(160, 7));
}

TEST(Tap, ProducerAndConsumerOnTwoThreads) {
  Tap tap(RecordingId{1}, LegId{2}, 4096);
  constexpr std::uint64_t frames = 2000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < frames;) {
      const auto overruns = tap.overruns();
      tap.put(Channel::received, i * 160, frame(static_cast<std::uint8_t>(i % 200 + 1)));
      if (tap.overruns() != overruns) {  // this test wants every frame: wait for the consumer
        std::this_thread::yield();
        continue;
      }
      ++i;
      tap.advance(i * 160);
    }
    tap.finish(frames * 160);
  });
  std::vector<std::uint8_t> out;
  for (bool last = false; !last;) {
    last = tap.finished();
    const auto part = take_all(tap);
    out.insert(out.end(), part.begin(), part.end());
  }
  producer.join();
  ASSERT_EQ(out.size(), frames * 320);
  for (std::uint64_t i = 0; i < frames; ++i)
    ASSERT_EQ(out[i * 320 + 158], static_cast<std::uint8_t>(i % 200 + 1)) << "frame " << i;
}

TEST(Placement, JitterLeavesNoHoles) {
  Placement placement;
  EXPECT_EQ(placement.place(1000, 8000), 8000U);
  EXPECT_EQ(placement.place(1160, 8000 + 160 + 300), 8160U);  // late
  EXPECT_EQ(placement.place(1320, 8000 + 320 - 100), 8320U);  // early
  EXPECT_EQ(placement.place(1160, 8000 + 320), 8160U);        // out of order
}

TEST(Placement, PausesAndNewStreamsGoWhereTheClockSays) {
  Placement placement;
  EXPECT_EQ(placement.place(1000, 0), 0U);
  EXPECT_EQ(placement.place(1160, 80'000), 80'000U) << "the source stood still and did not count";
  EXPECT_EQ(placement.place(0xDEADBEEF, 80'160), 80'160U) << "another source";
  EXPECT_EQ(placement.place(0xDEADBEEF + 160, 80'320), 80'320U);
}

TEST(Placement, FollowsADriftingClockOverHours) {
  Placement placement;
  std::uint32_t timestamp = 0xFFFF0000;  // wraps
  for (std::uint64_t i = 0; i < 400'000; ++i) {
    const auto wall = i * 160 + i / 50;  // the far end's clock is slow by 125 ppm
    const auto position = placement.place(timestamp, wall);
    ASSERT_LE(position, wall + 1);
    ASSERT_LE(wall - position, static_cast<std::uint64_t>(Placement::drift_max)) << i;
    timestamp += 160;
  }
}

TEST(WavFile, HeaderSaysTheFormat) {
  const auto header = wav_header(8000);
  EXPECT_EQ(header[20], 6);                            // A-law
  EXPECT_EQ(header[22], 2);                            // channels
  EXPECT_EQ(header[24] | header[25] << 8, 8000);       // rate
  EXPECT_EQ(header[54] | header[55] << 8, 16'000);     // bytes of data
  EXPECT_EQ(header[4] | header[5] << 8, 16'000 + 50);  // bytes behind this field
  EXPECT_EQ(frames_in_header(header), 8000U);
  auto other = header;
  other[20] = 1;
  EXPECT_EQ(frames_in_header(other), std::nullopt);
}

}  // namespace
}  // namespace hotline::voice::recorder
