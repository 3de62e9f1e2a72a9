// SPDX-License-Identifier: Apache-2.0
// What a leg says, as even frames of 20 ms: jitter buffer, decoder, concealment and comfort noise behind one another.
// Exists only while the leg's sound is decoded (a mix, a bridge between different codecs). Shard thread only; the clock
// comes in.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "voice/media/coder.hpp"
#include "voice/media/concealment.hpp"
#include "voice/media/jitter_buffer.hpp"
#include "voice/media/noise.hpp"
#include "voice/media/resampler.hpp"

namespace hotline::voice::media {

class AudioIn {
 public:
  /// `concealing` false: silence for what was lost.
  explicit AudioIn(Codec codec, bool concealing = true);

  /// A packet of the stream that arrived at `now` (samples of 8 kHz).
  void put(Codec codec, const RtpPacket& rtp, std::span<const std::uint8_t> payload, bool noise, std::uint64_t now);
  /// A packet that was passed on until now, which the sound goes on from: nothing is held back, and what is missing at
  /// first is concealed.
  void go_on(Codec codec, const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint64_t at);
  /// The next 20 ms at `rate`. False: there is nothing to be heard, `out` is silence.
  bool pull(std::span<std::int16_t> out, unsigned rate, std::uint64_t now);

  [[nodiscard]] Codec codec() const { return codec_; }
  [[nodiscard]] std::uint64_t late() const { return buffer_.late(); }
  [[nodiscard]] std::uint64_t concealed() const { return concealed_; }   ///< samples of 8 kHz made up
  [[nodiscard]] std::int64_t delay() const { return buffer_.target(); }  ///< samples of 8 kHz

 private:
  void follow_law(Codec codec);
  bool add(std::uint64_t now);
  void append(std::span<const std::int16_t> pcm) { ready_.insert(ready_.end(), pcm.begin(), pcm.end()); }
  void conceal(std::size_t samples, std::span<const std::uint8_t> behind);
  [[nodiscard]] bool may_leave_out(std::span<const std::int16_t> pcm, std::uint64_t now);

  Codec codec_;
  JitterBuffer buffer_;
  const bool concealing_;
  std::unique_ptr<Decoder> decoder_;
  Concealment concealment_;
  ComfortNoise noise_;
  bool noisy_ = false;
  RateChange rate_change_;
  std::vector<std::int16_t> ready_;  // decoded, not yet taken
  std::array<std::int16_t, packet_samples_max> scratch_{};
  std::uint64_t concealed_ = 0;
  std::uint64_t excess_since_ = 0;
};

}  // namespace hotline::voice::media
