// SPDX-License-Identifier: Apache-2.0
#include "voice/media/concealment.hpp"

#include <algorithm>
#include <cmath>

namespace hotline::voice::media {
namespace {

// Milliseconds. Pitch periods from 400 Hz down to 66 Hz.
constexpr double pitch_min = 2.5, pitch_max = 15;
constexpr std::size_t window = 16, apart = 10, history = 48;
constexpr std::size_t whole_for = 10, silent_after = 60, smooth_for = 1;
constexpr std::size_t loudness_window = 8, loudness_changes_for = 20;
constexpr double loudness_change_max = 0.25;  // a millisecond, logarithmic: 2.2 dB
constexpr double voiced_from = 0.6;           // likeness: below, there is no pitch whose change would mean anything
constexpr double drift_max = 0.03;

std::int16_t to_sample(double value) {
  return static_cast<std::int16_t>(std::lround(std::clamp(value, -32'768.0, 32'767.0)));
}

}  // namespace

Concealment::Concealment(unsigned rate) : ms_(rate / 1000), sound_(history * ms_, 0.0F) {
  sound_.reserve((history + 2 * silent_after) * ms_);
}

void Concealment::reset() {
  sound_.assign(history * ms_, 0.0F);
  missing_ = 0;
}

/// Normalised cross-correlation of the `length` samples before `end` with those `lag` earlier.
double Concealment::likeness(std::size_t end, std::size_t lag, std::size_t length) const {
  const float* now = sound_.data() + end - length;
  const float* before = now - lag;
  float product = 0, ours = 1, theirs = 1;
  for (std::size_t i = 0; i < length; ++i) {
    product += now[i] * before[i];
    ours += now[i] * now[i];
    theirs += before[i] * before[i];
  }
  return product / std::sqrt(static_cast<double>(ours) * theirs);
}

/// The lag at which the sound is most like itself, between two samples by the parabola through the three best.
Concealment::Pitch Concealment::pitch(std::size_t end, std::size_t low, std::size_t high, std::size_t length) const {
  Pitch best{static_cast<double>(high), -2};
  const auto look = [&](std::size_t from, std::size_t to, std::size_t step) {
    for (std::size_t lag = from; lag <= to; lag += step) {
      const double value = likeness(end, lag, length);
      if (value > best.likeness) best = {static_cast<double>(lag), value};
    }
  };
  const std::size_t step = ms_ > 8 ? 2 : 1;  // 16 kHz: every other lag, then the neighbours of the best
  look(low, high, step);
  auto lag = static_cast<std::size_t>(best.lag);
  if (step > 1) look(std::max(low, lag - 1), std::min(high, lag + 1), 1);
  lag = static_cast<std::size_t>(best.lag);
  if (lag <= low || lag >= high) return best;
  const double left = likeness(end, lag - 1, length), right = likeness(end, lag + 1, length);
  const double bend = left - 2 * best.likeness + right;
  if (bend < 0) best.lag += 0.5 * (left - right) / bend;
  return best;
}

double Concealment::energy(std::size_t end, std::size_t length) const {
  double sum = 1;
  for (std::size_t i = end - length; i < end; ++i) sum += static_cast<double>(sound_[i]) * sound_[i];
  return sum;
}

/// The sound between two samples: Catmull and Rom's cubic through the four around.
double Concealment::at(double position) const {
  const auto i = static_cast<std::size_t>(position);
  const double f = position - static_cast<double>(i);
  const double a = sound_[i - 1], b = sound_[i], c = sound_[i + 1], d = sound_[i + 2];
  return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)));
}

void Concealment::begin() {
  const auto end = sound_.size();
  const auto low = static_cast<std::size_t>(pitch_min * static_cast<double>(ms_));
  const auto high = static_cast<std::size_t>(pitch_max) * ms_;
  const auto found = pitch(end, low, high, window * ms_);
  lag_ = found.lag;
  drift_ = 0;
  if (found.likeness > voiced_from) {  // how has it changed lately?
    const auto near_low = std::max(low, static_cast<std::size_t>(lag_ * 0.9));
    const auto near_high = std::min(high, static_cast<std::size_t>(lag_ * 1.1) + 1);
    const auto now = pitch(end, near_low, near_high, apart * ms_);
    const auto before = pitch(end - apart * ms_, near_low, near_high, apart * ms_);
    if (now.likeness > voiced_from && before.likeness > voiced_from) {
      const double change = (now.lag - before.lag) / static_cast<double>(apart * ms_);
      drift_ = std::clamp(change, -drift_max, drift_max);
      lag_ = now.lag + change * static_cast<double>(apart * ms_) / 4;  // it was measured over what lies behind
    }
  }
  const auto length = loudness_window * ms_;
  const double ratio = energy(end, length) / energy(end - length, length);
  decay_ = std::clamp(0.5 * std::log(ratio) / static_cast<double>(length),
                      -loudness_change_max / static_cast<double>(ms_), 0.0);
  step_ = sound_.back() - at(static_cast<double>(end) - 1 - lag_);
}

std::int16_t Concealment::next_synthetic() {
  const auto n = missing_++;
  if (n >= silent_after * ms_) return 0;
  const double count = static_cast<double>(n), ms = static_cast<double>(ms_);
  const double lag = std::clamp(lag_ + drift_ * count, pitch_min * ms, pitch_max * ms);
  const double sample = at(static_cast<double>(sound_.size()) - lag);
  sound_.push_back(static_cast<float>(sample));
  const double joined = sample + (n < smooth_for * ms_ ? step_ * (1 - count / (smooth_for * ms)) : 0);
  const double fade = std::min(1.0, (silent_after * ms - count) / ((silent_after - whole_for) * ms));
  return to_sample(joined * fade * std::exp(decay_ * std::min(count, loudness_changes_for * ms)));
}

void Concealment::conceal(std::span<std::int16_t> out) {
  if (missing_ == 0) begin();
  for (auto& sample : out) sample = next_synthetic();
}

void Concealment::good(std::span<std::int16_t> pcm) {
  if (missing_ > 0) {
    const auto before = sound_.size();
    // The longer the gap, the longer the two sounds are blended (Appendix I: 4 ms more for each 10 ms).
    const auto quarter = static_cast<std::size_t>(lag_) / 4;
    const auto length = std::min({pcm.size(), quarter + missing_ * 4 / 10, 10 * ms_});
    for (std::size_t i = 0; i < length; ++i) {
      const double part = (static_cast<double>(i) + 0.5) / static_cast<double>(length);
      pcm[i] = to_sample(next_synthetic() * (1 - part) + pcm[i] * part);
    }
    sound_.resize(before);  // what was made up for the blending lies under what came
    missing_ = 0;
  }
  sound_.insert(sound_.end(), pcm.begin(), pcm.end());
  sound_.erase(sound_.begin(), sound_.end() - static_cast<std::ptrdiff_t>(history * ms_));
}

}  // namespace hotline::voice::media
