// SPDX-License-Identifier: Apache-2.0
// Packet-loss concealment for codecs that have none of their own (G.711, G.722), after ITU-T G.711 Appendix I: the last
// pitch period is repeated, faded from 10 ms on and silent after 60 ms, and what follows is blended in. Without the
// Appendix' delay of 3.75 ms: the start of a gap is blended with the time-reversed sound before it, as libspandsp does.
// Of our own because libspandsp's knows 8 kHz alone, while G.722 needs 16 kHz. Pure; keeps the state of one stream.
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
  void begin();
  [[nodiscard]] std::size_t pitch() const;
  [[nodiscard]] std::int16_t next_synthetic();
  void remember(std::span<const std::int16_t> pcm);

  const std::size_t ms_;  // samples
  std::vector<std::int16_t> history_;
  std::vector<std::int16_t> cycle_;  // one pitch period, its end fitting its start
  std::size_t at_ = 0;               // in cycle_
  std::size_t missing_ = 0;          // samples of the running gap
};

}  // namespace hotline::voice::media
