// SPDX-License-Identifier: Apache-2.0
// Comfort noise (RFC 3389): white noise of the level a silence descriptor names. Its spectral part is not rendered: a
// listener tells a line that is alive from one that is dead by the level. Pure: the same noise each time.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace hotline::voice::media {

class ComfortNoise {
 public:
  /// `payload`: of payload type 13; its first octet is the level in -dBov, 0 to 127 (RFC 3389 3). Empty: -60 dBov.
  void set(std::span<const std::uint8_t> payload) {
    constexpr int level_default = 60, level_loudest = 30;  // louder "silence" is a fault of the sender or an attack
    const int level = payload.empty() ? level_default : payload[0] & 0x7F;
    const double rms = 32'768.0 * std::pow(10.0, -(level < level_loudest ? level_loudest : level) / 20.0);
    peak_ = static_cast<std::int32_t>(rms * std::sqrt(3.0));  // of an even distribution
  }
  void fill(std::span<std::int16_t> out) {
    for (auto& sample : out) {
      seed_ = seed_ * 1'664'525U + 1'013'904'223U;
      sample = static_cast<std::int16_t>((static_cast<std::int32_t>(seed_ >> 16) - 32'768) * peak_ / 32'768);
    }
  }

 private:
  std::uint32_t seed_ = 1;
  std::int32_t peak_ = 0;
};

}  // namespace hotline::voice::media
