// SPDX-License-Identifier: Apache-2.0
// What a leg is to hear, encoded 20 ms at a time: one encoder for the whole of its life, whatever feeds it, so that the
// far end's decoder never meets a break. Shard thread only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "voice/media/coder.hpp"
#include "voice/media/resampler.hpp"

namespace hotline::voice::media {

class AudioOut {
 public:
  explicit AudioOut(Codec codec) : codec_(codec), encoder_(Encoder::make(codec)) {}

  /// Encodes 20 ms at `rate`. The bytes are valid until the next call; none: nothing need be sent.
  [[nodiscard]] std::span<const std::uint8_t> encode(std::span<const std::int16_t> pcm, unsigned rate) {
    if (rate != rate_) {
      rate_ = rate;
      encoder_->set_narrowband(rate == narrowband);
    }
    std::array<std::int16_t, frame_samples_max> frame;
    const auto ours = std::span(frame).first(frame_samples(sample_rate(codec_)));
    rate_change_.process(pcm, rate, ours, sample_rate(codec_));
    return std::span(bytes_).first(encoder_->encode(ours, bytes_));
  }
  void set_expected_loss(unsigned percent) { encoder_->set_expected_loss(percent); }
  [[nodiscard]] Codec codec() const { return codec_; }

 private:
  const Codec codec_;
  std::unique_ptr<Encoder> encoder_;
  RateChange rate_change_;
  unsigned rate_ = 0;
  std::array<std::uint8_t, payload_bytes_max> bytes_{};
};

}  // namespace hotline::voice::media
