// SPDX-License-Identifier: Apache-2.0
// Call progress tones. Pure.
#include "voice/media/tones.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace hotline::voice::media {
namespace {

struct Cadence {
  std::string_view name;
  int on_ms, off_ms;
};
// 450 Hz has 9 periods in 160 samples: tones without a pause are whole multiples of 20 ms, and loop without a click.
constexpr std::array cadences{Cadence{"dial", 1000, 0}, Cadence{"ringback", 1000, 4000}, Cadence{"busy", 350, 350},
                              Cadence{"congestion", 700, 700}, Cadence{"beep", 300, 0}};

prompts::AudioPtr make(const Cadence& cadence) {
  constexpr double level = 10'000;  // about -7 dBm0
  std::vector<std::int16_t> samples(static_cast<std::size_t>(8 * (cadence.on_ms + cadence.off_ms)));
  const auto on = static_cast<std::size_t>(8 * cadence.on_ms);
  for (std::size_t i = 0; i < on; ++i)
    samples[i] =
        static_cast<std::int16_t>(level * std::sin(2 * std::numbers::pi * 450 * static_cast<double>(i % 160) / 8000));
  return prompts::encode_audio(samples);
}

}  // namespace

prompts::AudioPtr tone(std::string_view name) {
  static const auto all = [] {
    std::array<prompts::AudioPtr, cadences.size()> made;
    for (std::size_t i = 0; i < cadences.size(); ++i) made[i] = make(cadences[i]);
    return made;
  }();
  for (std::size_t i = 0; i < cadences.size(); ++i)
    if (cadences[i].name == name) return all[i];
  return nullptr;
}

}  // namespace hotline::voice::media
