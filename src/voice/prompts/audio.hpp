// SPDX-License-Identifier: Apache-2.0
// Audio ready to be sent: 8 kHz mono, encoded once in both laws. Immutable once shared, so any thread may read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "voice/media/g711.hpp"

namespace hotline::voice::prompts {

struct Audio {
  std::vector<std::uint8_t> alaw;  ///< one octet a sample; the same length as `ulaw`
  std::vector<std::uint8_t> ulaw;
  [[nodiscard]] std::size_t samples() const { return alaw.size(); }
};
using AudioPtr = std::shared_ptr<const Audio>;

/// Encodes linear 8 kHz samples into both laws.
[[nodiscard]] inline AudioPtr encode_audio(std::span<const std::int16_t> linear) {
  auto audio = std::make_shared<Audio>();
  audio->alaw.reserve(linear.size());
  audio->ulaw.reserve(linear.size());
  for (const auto sample : linear) {
    audio->alaw.push_back(g711::encode_alaw(sample));
    audio->ulaw.push_back(g711::encode_ulaw(sample));
  }
  return audio;
}

}  // namespace hotline::voice::prompts
