// SPDX-License-Identifier: Apache-2.0
// MonotoneClock: see the header. Any thread.
#include "runtime/clock.hpp"

#include <algorithm>

namespace hotline::runtime {
namespace {

constexpr std::int64_t correction_interval_ms = 1000;
constexpr std::int64_t correction_divisor = 100;  // at most 1 % of what passed

template <class ClockType>
std::int64_t read_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(ClockType::now().time_since_epoch()).count();
}

}  // namespace

MonotoneClock::MonotoneClock()
    : MonotoneClock({.wall_ms = read_ms<std::chrono::system_clock>, .steady_ms = read_ms<std::chrono::steady_clock>}) {}

MonotoneClock::MonotoneClock(Sources sources)
    : sources_(sources), anchor_steady_(sources.steady_ms()), anchor_ours_(sources.wall_ms()) {}

TimePoint MonotoneClock::now() const {
  const std::lock_guard lock(mutex_);
  const std::int64_t steady = sources_.steady_ms();
  // The origin may lie ahead after a correction backwards: the value then stands still until time has caught up.
  const std::int64_t passed = std::max(steady - anchor_steady_, std::int64_t{0});
  const std::int64_t ours = anchor_ours_ + passed;
  if (passed < correction_interval_ms) return from_unix_ms(ours);

  const std::int64_t correction_max = passed / correction_divisor;
  const std::int64_t correction = std::clamp(sources_.wall_ms() - ours, -correction_max, correction_max);
  anchor_ours_ = ours + std::max(correction, std::int64_t{0});
  anchor_steady_ = steady - std::min(correction, std::int64_t{0});
  return from_unix_ms(anchor_ours_);
}

}  // namespace hotline::runtime
