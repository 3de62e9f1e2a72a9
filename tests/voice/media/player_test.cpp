// SPDX-License-Identifier: Apache-2.0
// Goal: pieces follow each other without a gap, the last frame is filled with silence, loops have no seam; tones have
// the cadence of the national standard.
#include "voice/media/player.hpp"

#include <gtest/gtest.h>

#include "voice/media/tones.hpp"

namespace hotline::voice::media {
namespace {

prompts::AudioPtr constant(std::int16_t value, std::size_t samples) {
  return prompts::encode_audio(std::vector<std::int16_t>(samples, value));
}

TEST(Player, JoinsPiecesAndFillsTheEndWithSilence) {
  Player player(PlayId{1}, {{constant(1000, 100), 0}, {nullptr, 20}, {constant(-1000, 100), 0}}, false, false);
  std::vector<std::uint8_t> all;
  std::array<std::uint8_t, 160> frame;
  while (player.fill(false, frame)) all.insert(all.end(), frame.begin(), frame.end());
  ASSERT_EQ(all.size(), 320U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto expected = i < 100               ? g711::encode_alaw(1000)
                          : i >= 120 && i < 220 ? g711::encode_alaw(-1000)
                                                : g711::alaw_silence;
    ASSERT_EQ(all[i], expected) << i;
  }
  EXPECT_TRUE(player.finished());
}

TEST(Player, IsFinishedWithItsLastFrameAndNotAfterIt) {
  Player player(PlayId{1}, {{constant(1, 320), 0}}, false, false);
  std::array<std::uint8_t, 160> frame;
  ASSERT_TRUE(player.fill(true, frame));
  EXPECT_FALSE(player.finished());
  ASSERT_TRUE(player.fill(true, frame));
  EXPECT_TRUE(player.finished());
  EXPECT_EQ(frame[0], g711::encode_ulaw(1));
}

TEST(Player, LoopsWithoutASeam) {
  Player player(PlayId{1}, {{constant(1000, 90), 0}, {constant(-1000, 10), 0}}, true, false);
  std::array<std::uint8_t, 160> frame;
  for (std::size_t i = 0; i < 160 * 20; ++i) {
    if (i % 160 == 0) {
      ASSERT_TRUE(player.fill(false, frame));
    }
    ASSERT_EQ(frame[i % 160], g711::encode_alaw(i % 100 < 90 ? 1000 : -1000)) << i;
  }
  EXPECT_FALSE(player.finished());
}

TEST(Player, ALoopOfNothingEnds) {
  Player player(PlayId{1}, {{nullptr, 0}, {constant(1, 0), 0}}, true, false);
  std::array<std::uint8_t, 160> frame;
  EXPECT_FALSE(player.fill(false, frame));
}

TEST(Tones, HaveTheCadenceOfTheStandard) {
  const auto ringback = tone("ringback");
  ASSERT_NE(ringback, nullptr);
  ASSERT_EQ(ringback->samples(), 5U * 8000);
  EXPECT_EQ(ringback->alaw[8000], g711::encode_alaw(0));
  ASSERT_EQ(tone("busy")->samples(), 700U * 8);
  EXPECT_EQ(tone("no such tone"), nullptr);
  int crossings = 0;  // 450 Hz crosses zero upwards 450 times a second
  for (std::size_t i = 1; i < 8000; ++i)
    if (g711::decode_alaw(ringback->alaw[i - 1]) < 0 && g711::decode_alaw(ringback->alaw[i]) > 0) ++crossings;
  EXPECT_NEAR(crossings, 450, 2);
}

}  // namespace
}  // namespace hotline::voice::media
