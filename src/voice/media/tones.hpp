// SPDX-License-Identifier: Apache-2.0
// Call progress tones of a country, by ITU-T E.180 Supplement 2 ("Various tones used in national networks"), China's by
// GB/T 3380. Pure; made once, then read by any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "voice/prompts/audio.hpp"

namespace hotline::voice::media {

class Tones {
 public:
  /// `country`: one of countries(); another gives those of China.
  explicit Tones(std::string_view country = "cn");

  /// One whole cadence, so that it may be looped: "dial", "ringback", "busy", "congestion", and "beep" (0.3 s, before a
  /// recording). nullptr: there is no such tone.
  [[nodiscard]] prompts::AudioPtr find(std::string_view name) const;

  /// ISO 3166 codes in lower case: "cn", "de", "fr", "gb", "hk", "jp", "sg", "tw", "us".
  [[nodiscard]] static std::vector<std::string> countries();

 private:
  std::unordered_map<std::string, prompts::AudioPtr> tones_;
};

/// A tone of China.
[[nodiscard]] prompts::AudioPtr tone(std::string_view name);

}  // namespace hotline::voice::media
