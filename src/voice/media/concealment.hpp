// SPDX-License-Identifier: Apache-2.0
// Packet-loss concealment for codecs that have none of their own (G.711, G.722), in the way of ITU-T G.711 Appendix I:
// the last pitch period is repeated, faded from 10 ms on and silent after 60 ms, and what follows is blended in. Beyond
// the Appendix, the period is a fraction of samples, and it and the loudness go on changing as they last did: a voice
// that glides or dies away is met where it is after the gap (about 8 dB of segmental SNR instead of 1 for a gliding
// voice, see concealment_test.cpp). No delay is added. Pure; keeps the state of one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hotline::voice::media {

class Concealment {
 public:
  explicit Concealment(unsigned rate);

  /// Sound that came; its start is changed where it follows a gap.
  void good(std::span<std::int16_t> pcm);
  /// Fills a gap, or the next part of it.
  void conceal(std::span<std::int16_t> out);
  /// What follows has nothing to do with what was.
  void reset();

 private:
  struct Pitch {
    double lag = 0;       ///< samples
    double likeness = 0;  ///< normalised correlation, at most 1
  };
  void begin();
  [[nodiscard]] double likeness(std::size_t end, std::size_t lag, std::size_t length) const;
  [[nodiscard]] Pitch pitch(std::size_t end, std::size_t low, std::size_t high, std::size_t length) const;
  [[nodiscard]] double energy(std::size_t end, std::size_t length) const;
  [[nodiscard]] double at(double position) const;
  [[nodiscard]] std::int16_t next_synthetic();

  const std::size_t ms_;        // samples
  std::vector<float> sound_;    // the latest that was heard; during a gap what was made up, not faded, behind it
  double lag_ = 0, drift_ = 0;  // pitch period at the start of the gap, and its change a sample
  double step_ = 0;             // between the end of the sound and its repetition
  double decay_ = 0;            // change of loudness a sample, logarithmic
  std::size_t missing_ = 0;     // samples of the running gap
};

}  // namespace hotline::voice::media
