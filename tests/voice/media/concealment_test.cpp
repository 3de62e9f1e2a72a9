// SPDX-License-Identifier: Apache-2.0
// Goal: what is made up for lost packets is near to what was lost, by the wave (segmental SNR) and by what the ear goes
// by (the distance of the logarithmic spectra), at 8 and 16 kHz, for single losses and bursts, far better than silence.
// Both are taken over the lost frames alone; silence has 0 dB of SNR there by definition.
#include "voice/media/concealment.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "sound.hpp"

namespace hotline::voice::media::test {
namespace {

using Sound = std::vector<std::int16_t>;
constexpr double seconds = 20;

struct Quality {
  double snr = 0, distance = 0;
};

/// Over the lost frames in which something was said.
Quality quality_of(const Sound& said, const Sound& heard, const std::vector<bool>& lost, unsigned rate) {
  const std::size_t frame = rate / 50;
  Quality out;
  int frames = 0;
  for (std::size_t k = 2; k + 2 < lost.size(); ++k) {
    const auto ours = std::span(said).subspan(k * frame, frame);
    if (!lost[k] || rms(ours) < 150) continue;
    double signal = 1, error = 1;
    for (std::size_t i = 0; i < frame; ++i) {
      const double difference = ours[i] - heard[k * frame + i];
      signal += static_cast<double>(ours[i]) * ours[i];
      error += difference * difference;
    }
    out.snr += std::clamp(10 * std::log10(signal / error), -10.0, 35.0);
    const auto from = k * frame - frame / 2;
    out.distance +=
        spectral_distance(std::span(said).subspan(from, 2 * frame), std::span(heard).subspan(from, 2 * frame), rate);
    ++frames;
  }
  return {out.snr / frames, out.distance / frames};
}

std::vector<bool> losses(double share, int burst) {
  std::mt19937 random(7);
  std::vector<bool> lost(static_cast<std::size_t>(seconds * 50));
  for (std::size_t k = 0; k < lost.size(); ++k)
    if (std::uniform_real_distribution(0.0, 1.0)(random) < share / burst)
      for (std::size_t j = k; j < std::min(lost.size(), k + static_cast<std::size_t>(burst)); ++j) lost[j] = true;
  return lost;
}

struct Case {
  unsigned rate;
  int burst;
  double snr_min, gain_min;  // dB
};

class ConcealmentQuality : public testing::TestWithParam<Case> {};

TEST_P(ConcealmentQuality, IsNearToWhatWasLost) {
  const auto [rate, burst, snr_min, gain_min] = GetParam();
  const auto said = speech(rate, seconds);
  const auto lost = losses(0.05, burst);
  const std::size_t frame = rate / 50;
  Concealment concealment(rate);
  Sound concealed = said, silenced = said;
  for (std::size_t k = 0; k < lost.size(); ++k) {
    const auto part = std::span(concealed).subspan(k * frame, frame);
    if (lost[k]) {
      std::fill_n(silenced.begin() + static_cast<std::ptrdiff_t>(k * frame), frame, std::int16_t{0});
      concealment.conceal(part);
    } else {
      concealment.good(part);
    }
  }
  const auto on = quality_of(said, concealed, lost, rate), off = quality_of(said, silenced, lost, rate);
  fmt::print(
      "{} Hz, 5 % lost in bursts of {}: segmental SNR {:.2f} dB (silence {:.2f}), spectra {:.2f} dB apart "
      "(silence {:.2f})\n",
      rate, burst, on.snr, off.snr, on.distance, off.distance);
  EXPECT_GT(on.snr, off.snr + snr_min);
  EXPECT_LT(on.distance, off.distance - gain_min);
}

INSTANTIATE_TEST_SUITE_P(Rates, ConcealmentQuality,
                         testing::Values(Case{8'000, 1, 6, 4}, Case{8'000, 3, 2.5, 4}, Case{16'000, 1, 6, 4},
                                         Case{16'000, 3, 2.5, 4}),
                         [](const auto& info) {
                           return fmt::format("{}Hz_burst{}", info.param.rate, info.param.burst);
                         });

TEST(Concealment, FallsSilentAfterSixtyMillisecondsAndBlendsInWhatFollows) {
  Concealment concealment(8'000);
  auto said = speech(8'000, 1);
  for (std::size_t at = 0; at + 160 <= 2'720; at += 160) concealment.good(std::span(said).subspan(at, 160));
  Sound gap(5 * 160);
  for (std::size_t at = 0; at < gap.size(); at += 160) concealment.conceal(std::span(gap).subspan(at, 160));
  EXPECT_GT(rms(std::span(gap).first(80)), 500);
  EXPECT_EQ(rms(std::span(gap).subspan(480)), 0);
  Sound after(160, 8'000);
  concealment.good(after);
  EXPECT_LT(after.front(), 400) << "no step from silence";
  EXPECT_EQ(after.back(), 8'000);
}

TEST(Concealment, OfSilenceIsSilence) {
  Concealment concealment(16'000);
  Sound gap(320, 1);
  concealment.conceal(gap);
  EXPECT_EQ(rms(gap), 0);
}

}  // namespace
}  // namespace hotline::voice::media::test
