// SPDX-License-Identifier: Apache-2.0
// Call progress tones. Pure.
#include "voice/media/tones.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace hotline::voice::media {
namespace {

/// On and off in turn, milliseconds; 0 ends it. One or two frequencies, Hz.
struct Sound {
  std::array<int, 2> hz;
  std::array<int, 6> cadence;
};
struct Country {
  std::string_view code;
  Sound dial, ringback, busy, congestion;
};
constexpr std::array countries_known{
    Country{"cn", {{450, 0}, {1000}}, {{450, 0}, {1000, 4000}}, {{450, 0}, {350, 350}}, {{450, 0}, {700, 700}}},
    Country{"de", {{425, 0}, {1000}}, {{425, 0}, {1000, 4000}}, {{425, 0}, {480, 480}}, {{425, 0}, {240, 240}}},
    Country{"fr", {{440, 0}, {1000}}, {{440, 0}, {1500, 3500}}, {{440, 0}, {500, 500}}, {{440, 0}, {250, 250}}},
    Country{"gb",
            {{350, 440}, {1000}},
            {{400, 450}, {400, 200, 400, 2000}},
            {{400, 0}, {375, 375}},
            {{400, 0}, {400, 350, 225, 525}}},
    Country{"hk",
            {{350, 440}, {1000}},
            {{440, 480}, {400, 200, 400, 3000}},
            {{480, 620}, {500, 500}},
            {{480, 620}, {250, 250}}},
    Country{"jp", {{400, 0}, {1000}}, {{384, 416}, {1000, 2000}}, {{400, 0}, {500, 500}}, {{400, 0}, {500, 500}}},
    Country{
        "sg", {{425, 0}, {1000}}, {{425, 0}, {400, 200, 400, 2000}}, {{425, 0}, {750, 750}}, {{425, 0}, {250, 250}}},
    Country{"tw", {{350, 440}, {1000}}, {{440, 480}, {1000, 2000}}, {{480, 620}, {500, 500}}, {{480, 620}, {250, 250}}},
    Country{"us", {{350, 440}, {1000}}, {{440, 480}, {2000, 4000}}, {{480, 620}, {500, 500}}, {{480, 620}, {250, 250}}},
};

/// All frequencies are multiples of 1 Hz: a tone without a pause has whole periods in its second, and loops without a
/// click.
prompts::AudioPtr make(const Sound& sound) {
  const bool two = sound.hz[1] != 0;
  const double level = two ? 5'500 : 10'000;  // about -7 dBm0 together
  std::vector<std::int16_t> samples;
  bool on = true;
  for (const int ms : sound.cadence) {
    if (ms == 0) break;
    for (int i = 0; i < 8 * ms; ++i) {
      const double turn = 2 * std::numbers::pi * (i % 8'000) / 8'000;
      const double value = std::sin(sound.hz[0] * turn) + (two ? std::sin(sound.hz[1] * turn) : 0);
      samples.push_back(on ? static_cast<std::int16_t>(level * value) : std::int16_t{0});
    }
    on = !on;
  }
  return prompts::encode_audio(samples);
}

}  // namespace

Tones::Tones(std::string_view country) {
  const auto* found =
      std::find_if(countries_known.begin(), countries_known.end(), [&](const Country& c) { return c.code == country; });
  if (found == countries_known.end()) found = countries_known.begin();
  tones_["dial"] = make(found->dial);
  tones_["ringback"] = make(found->ringback);
  tones_["busy"] = make(found->busy);
  tones_["congestion"] = make(found->congestion);
  tones_["beep"] = make({{found->busy.hz[0], 0}, {300}});
}

prompts::AudioPtr Tones::find(std::string_view name) const {
  const auto found = tones_.find(std::string(name));
  return found == tones_.end() ? nullptr : found->second;
}

std::vector<std::string> Tones::countries() {
  std::vector<std::string> out;
  for (const auto& country : countries_known) out.emplace_back(country.code);
  return out;
}

prompts::AudioPtr tone(std::string_view name) {
  static const Tones china;
  return china.find(name);
}

}  // namespace hotline::voice::media
