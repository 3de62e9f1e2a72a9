// SPDX-License-Identifier: Apache-2.0
// A speech-like signal that is the same each time, and how like two sounds are: for `bench quality` and for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace hotline::bench {

/// Voiced syllables of 180 ms with pauses of 70 ms: harmonics of a gliding pitch under two formants that move from
/// syllable to syllable. Nothing above `highest` Hz, peaks near -8 dBov.
inline std::vector<std::int16_t> speech(unsigned rate, double seconds, double highest = 3'300, double pitch = 118) {
  const auto count = static_cast<std::size_t>(seconds * rate);
  std::vector<double> sound(count, 0);
  constexpr double two_pi = 2 * std::numbers::pi;
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / rate;
    const auto syllable = static_cast<int>(t / 0.25);
    const double in = std::fmod(t, 0.25);
    const double f0 = pitch * (1 + 0.15 * std::sin(two_pi * 0.7 * t) + 0.05 * std::sin(two_pi * 2.3 * t));
    // The integral of f0, so that every rate gives the same sound.
    const double phase =
        two_pi * pitch *
        (t - 0.15 * std::cos(two_pi * 0.7 * t) / (two_pi * 0.7) - 0.05 * std::cos(two_pi * 2.3 * t) / (two_pi * 2.3));
    if (in >= 0.18) continue;
    const double envelope = std::pow(std::sin(std::numbers::pi * in / 0.18), 0.6);
    const double first = 350 + 130 * (syllable % 4), second = 1'100 + 370 * (syllable % 5);
    for (int k = 1; k * f0 < highest; ++k) {
      const double f = k * f0;
      const auto near = [&](double formant, double width) {
        return 1 / (1 + (f - formant) * (f - formant) / (width * width));
      };
      sound[i] += envelope * std::sin(k * phase) * (near(first, 120) + 0.5 * near(second, 180) + 0.02);
    }
  }
  double peak = 1e-9;
  for (const double s : sound) peak = std::max(peak, std::abs(s));
  std::vector<std::int16_t> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::int16_t>(std::lround(sound[i] / peak * 13'000));
  return out;
}

struct Likeness {
  double correlation = 0;  ///< normalised, at the best alignment
  long lag = 0;            ///< samples by which `got` is later
  double snr = 0;          ///< dB, after the best gain
};

/// Aligns `got` to `reference` (0 to lag_max samples later) and compares them from `from` on.
inline Likeness compare(std::span<const std::int16_t> reference, std::span<const std::int16_t> got, long lag_max,
                        std::size_t from = 0) {
  Likeness best;
  for (long lag = 0; lag <= lag_max; ++lag) {
    double product = 0, ours = 0, theirs = 0;
    for (std::size_t i = from; i < reference.size() && i + static_cast<std::size_t>(lag) < got.size(); ++i) {
      const double a = reference[i], b = got[i + static_cast<std::size_t>(lag)];
      product += a * b;
      ours += a * a;
      theirs += b * b;
    }
    const double correlation = product / std::sqrt(ours * theirs + 1e-9);
    if (correlation <= best.correlation) continue;
    // What is left of `got` when its share of the reference is taken away, against that share.
    const double gain = product / (ours + 1e-9);
    const double rest = std::max(1e-9, theirs - gain * gain * ours);
    best = {correlation, lag, 10 * std::log10(gain * gain * ours / rest)};
  }
  return best;
}

/// How far apart two sounds of one length are to an ear, which knows no phases: root mean square over the frequencies
/// from 100 to 3,400 Hz of the difference of their spectra in dB.
inline double spectral_distance(std::span<const std::int16_t> a, std::span<const std::int16_t> b, unsigned rate) {
  const auto count = a.size();
  const auto power = [&](std::span<const std::int16_t> sound, std::size_t k) {
    const auto step = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(count));
    std::complex<double> sum = 0, turn = 1;
    for (std::size_t i = 0; i < count; ++i, turn *= step) {
      const double hann =
          0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(count));
      sum += hann * sound[i] * turn;
    }
    return 10 * std::log10(std::norm(sum) / static_cast<double>(count) + 3'000);  // below that nobody hears it
  };
  double sum = 0;
  int bins = 0;
  for (auto k = count * 100 / rate; k < count * 3'400 / rate; ++k, ++bins) {
    const double difference = power(a, k) - power(b, k);
    sum += difference * difference;
  }
  return std::sqrt(sum / bins);
}

inline double rms(std::span<const std::int16_t> sound) {
  double sum = 0;
  for (const double s : sound) sum += s * s;
  return std::sqrt(sum / static_cast<double>(std::max<std::size_t>(1, sound.size())));
}

/// The same piece by piece: for sound whose delay changes on its way (a jitter buffer).
struct PieceLikeness {
  double correlation = 0;  ///< mean over the pieces of 60 ms, each at its best alignment, weighted by level
  double snr = 0;          ///< dB: mean over them, each from -10 to 35
  double distance = 0;     ///< dB: mean of spectral_distance()
};

/// At 8 kHz; each piece is looked for within 25 ms around `lag`.
inline PieceLikeness compare_pieces(std::span<const std::int16_t> reference, std::span<const std::int16_t> got,
                                    long lag) {
  constexpr std::size_t piece = 480, from = 1'600;
  constexpr long slack = 200;
  PieceLikeness out;
  double weight = 0, pieces = 0;
  for (std::size_t at = from; at + piece < reference.size(); at += piece) {
    const auto ours = reference.subspan(at, piece);
    const double level = rms(ours);
    if (level < 100) continue;
    double best = -2;
    std::span<const std::int16_t> theirs;
    for (long shift = lag - slack; shift <= lag + slack; ++shift) {
      const long begin = static_cast<long>(at) + shift;
      if (begin < 0 || begin + static_cast<long>(piece) > static_cast<long>(got.size())) continue;
      const auto candidate = got.subspan(static_cast<std::size_t>(begin), piece);
      double product = 0, energy = 1;
      for (std::size_t i = 0; i < piece; ++i) {
        product += static_cast<double>(ours[i]) * candidate[i];
        energy += static_cast<double>(candidate[i]) * candidate[i];
      }
      const double correlation = product / std::sqrt(energy) / (level * std::sqrt(static_cast<double>(piece)));
      if (correlation <= best) continue;
      best = correlation;
      theirs = candidate;
    }
    if (theirs.empty()) continue;
    double signal = 1, error = 1;
    for (std::size_t i = 0; i < piece; ++i) {
      const double difference = ours[i] - theirs[i];
      signal += static_cast<double>(ours[i]) * ours[i];
      error += difference * difference;
    }
    out.correlation += best * level;
    weight += level;
    out.snr += std::clamp(10 * std::log10(signal / error), -10.0, 35.0);
    out.distance += spectral_distance(ours, theirs, 8'000);
    ++pieces;
  }
  if (pieces > 0) out = {out.correlation / weight, out.snr / pieces, out.distance / pieces};
  return out;
}

}  // namespace hotline::bench
