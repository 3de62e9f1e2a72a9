// SPDX-License-Identifier: Apache-2.0
// A small random source that gives the same numbers everywhere (SplitMix64); the standard distributions do not. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace hotline::app::demo {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// From 0 to n - 1; n > 0, small against 2^64, so that the remainder's unevenness does not show.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  /// From first to last, both included.
  int between(int first, int last) {
    return first + static_cast<int>(below(static_cast<std::size_t>(last - first + 1)));
  }
  bool percent(std::size_t share) { return below(100) < share; }
  template <class Table>
  const auto& of(const Table& table) {
    return table[below(std::size(table))];
  }
  /// `chosen` of `count` flags, in random order: an exact share.
  std::vector<bool> exactly(std::size_t chosen, std::size_t count) {
    std::vector<bool> flags(count, false);
    for (std::size_t i = 0; i < chosen && i < count; ++i) flags[i] = true;
    for (std::size_t i = count; i > 1; --i) {
      const std::size_t j = below(i);
      const bool other = flags[j];
      flags[j] = flags[i - 1];
      flags[i - 1] = other;
    }
    return flags;
  }

 private:
  std::uint64_t state_;
};

}  // namespace hotline::app::demo
