// SPDX-License-Identifier: Apache-2.0
#include "voice/media/concealment.hpp"

#include <algorithm>
#include <cmath>

namespace hotline::voice::media {
namespace {

// Milliseconds. Pitch periods from 200 Hz down to 66 Hz (higher voices are found by a multiple of theirs).
constexpr std::size_t pitch_min = 5, pitch_max = 15, window = 20, history_length = 40;
constexpr std::size_t whole_for = 10, silent_after = 60;

std::int16_t blend(std::int16_t from, std::int16_t to, std::size_t at, std::size_t length) {
  return static_cast<std::int16_t>((from * static_cast<int>(length - at) + to * static_cast<int>(at)) /
                                   static_cast<int>(length));
}

}  // namespace

Concealment::Concealment(unsigned rate) : ms_(rate / 1000), history_(history_length * ms_, 0) {}

void Concealment::reset() {
  std::fill(history_.begin(), history_.end(), std::int16_t{0});
  missing_ = 0;
}

void Concealment::remember(std::span<const std::int16_t> pcm) {
  if (pcm.size() >= history_.size()) {
    std::copy(pcm.end() - static_cast<std::ptrdiff_t>(history_.size()), pcm.end(), history_.begin());
    return;
  }
  std::move(history_.begin() + static_cast<std::ptrdiff_t>(pcm.size()), history_.end(), history_.begin());
  std::copy(pcm.begin(), pcm.end(), history_.end() - static_cast<std::ptrdiff_t>(pcm.size()));
}

/// The lag at which the sound is most like itself: normalised cross-correlation over the window's latest 20 ms.
std::size_t Concealment::pitch() const {
  const std::size_t step = ms_ > 8 ? 2 : 1;  // 16 kHz: every other sample tells as much
  const auto* end = history_.data() + history_.size();
  const auto length = window * ms_;
  const auto correlation = [&](std::size_t lag) {
    double product = 0, energy = 1;
    for (std::size_t i = 1; i <= length; i += step) {
      const double now = end[-static_cast<std::ptrdiff_t>(i)], before = end[-static_cast<std::ptrdiff_t>(i + lag)];
      product += now * before;
      energy += before * before;
    }
    return product / std::sqrt(energy);
  };
  std::size_t best = pitch_max * ms_;
  double most = -1e300;
  for (std::size_t lag = pitch_min * ms_; lag <= pitch_max * ms_; lag += step) {
    const double value = correlation(lag);
    if (value > most) {
      most = value;
      best = lag;
    }
  }
  return best;
}

void Concealment::begin() {
  const auto period = pitch();
  const auto quarter = period / 4;
  const auto* end = history_.data() + history_.size();
  cycle_.assign(end - period, end);
  // Its end goes over into what stood before its start, so that the repetition has no step.
  for (std::size_t i = 0; i < quarter; ++i) {
    auto& sample = cycle_[period - quarter + i];
    sample = blend(sample, end[-static_cast<std::ptrdiff_t>(period + quarter - i)], i, quarter);
  }
  at_ = 0;
}

std::int16_t Concealment::next_synthetic() {
  const auto quarter = cycle_.size() / 4;
  auto sample = cycle_[at_];
  at_ = (at_ + 1) % cycle_.size();
  if (missing_ < quarter) sample = blend(history_[history_.size() - 1 - missing_], sample, missing_, quarter);
  const auto faded = std::max(missing_, whole_for * ms_) - whole_for * ms_;
  const auto fade = (silent_after - whole_for) * ms_;
  ++missing_;
  return faded >= fade ? std::int16_t{0}
                       : static_cast<std::int16_t>(sample * static_cast<int>(fade - faded) / static_cast<int>(fade));
}

void Concealment::conceal(std::span<std::int16_t> out) {
  if (missing_ == 0) begin();
  for (auto& sample : out) sample = next_synthetic();
}

void Concealment::good(std::span<std::int16_t> pcm) {
  if (missing_ > 0) {
    // The longer the gap, the longer the two sounds are blended (Appendix I: 4 ms more for each 10 ms).
    const auto length = std::min({pcm.size(), cycle_.size() / 4 + missing_ * 4 / 10, 10 * ms_});
    for (std::size_t i = 0; i < length; ++i) pcm[i] = blend(next_synthetic(), pcm[i], i, length);
    missing_ = 0;
  }
  remember(pcm);
}

}  // namespace hotline::voice::media
