// SPDX-License-Identifier: Apache-2.0
// 8 kHz to 16 kHz and back, by libspeexdsp: its filter of quality 4 keeps 3.6 kHz and takes the images 60 dB down,
// which a filter of our own would have to be shown to do. Keeps the state of one stream; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct SpeexResamplerState_;

namespace hotline::voice::media {

class Resampler {
 public:
  Resampler(unsigned from, unsigned to);
  /// `out` gets in.size() * to / from samples.
  void process(std::span<const std::int16_t> in, std::span<std::int16_t> out);

 private:
  struct Free {
    void operator()(SpeexResamplerState_* state) const;
  };
  std::unique_ptr<SpeexResamplerState_, Free> state_;
};

/// A stream taken at either rate: does nothing, and has no state, where both are the same.
class RateChange {
 public:
  /// `in` of `from` samples a second as `out` of `to`; `out` has in.size() * to / from samples.
  void process(std::span<const std::int16_t> in, unsigned from, std::span<std::int16_t> out, unsigned to);

 private:
  std::unique_ptr<Resampler> up_, down_;
};

}  // namespace hotline::voice::media
