// SPDX-License-Identifier: Apache-2.0
// Chance for simulated worlds: counter-based, in named streams. Value n of a stream depends on (seed, name, index, n)
// alone, so that one more draw of a caller's patience shifts nothing else in the world. Pure; any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace hotline::sim {

class Stream {
 public:
  /// `index` tells the streams of one name apart: callers, agents.
  Stream(std::uint64_t seed, std::string_view name, std::uint64_t index = 0)
      : key_(mix(mix(seed ^ hash(name)) + index * 0x9e3779b97f4a7c15ULL)) {}

  std::uint64_t next() { return mix(key_ + ++count_ * 0xd1342543de82ef95ULL); }
  /// 0 < value < 1.
  double uniform() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53; }
  /// 0 to n - 1; n > 0. (Not exactly even: by less than n / 2^64.)
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  bool chance(double probability) { return uniform() < probability; }
  double exponential(double mean) { return -std::log(uniform()) * mean; }
  /// Log-normal by mean and coefficient of variation, as handling times are (Brown et al. 2005).
  double lognormal(double mean, double variation) {
    const double s2 = std::log(1 + variation * variation);
    const double normal = std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform());
    return mean * std::exp(std::sqrt(s2) * normal - s2 / 2);
  }
  Duration between(Duration least, Duration most) {
    return least + Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1))};
  }
  /// To the next whole millisecond, at least 1.
  Duration exponential(Duration mean) { return whole(exponential(static_cast<double>(mean.count()))); }
  Duration lognormal(Duration mean, double variation) {
    return whole(lognormal(static_cast<double>(mean.count()), variation));
  }

 private:
  static Duration whole(double ms) { return Duration{1 + static_cast<std::int64_t>(std::min(ms, 1e12))}; }
  static constexpr std::uint64_t hash(std::string_view text) {  // FNV-1a
    std::uint64_t h = 0xcbf29ce484222325ULL;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return h;
  }
  /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014), twice: neighbouring keys must not give related values.
  static constexpr std::uint64_t mix(std::uint64_t x) {
    for (int round = 0; round < 2; ++round) {
      x += 0x9e3779b97f4a7c15ULL;
      x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
      x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
      x ^= x >> 31;
    }
    return x;
  }

  std::uint64_t key_, count_ = 0;
};

}  // namespace hotline::sim
