// SPDX-License-Identifier: Apache-2.0
// The real clock behind an interface: the runtime gives domains the time as an argument, from here. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "base/time.hpp"

namespace hotline::runtime {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

/// Wall-clock milliseconds that never go back and never jump: it starts at the wall clock's value, runs with the steady
/// clock, and is drawn towards the wall clock (which an operator or NTP may step) by at most 1 % of the time that
/// passes. So a duration taken from two readings is right to 1 %, and a wrongly set clock heals without a jump.
class MonotoneClock final : public Clock {
 public:
  /// Where the two times come from, in milliseconds; tests give their own.
  struct Sources {
    std::int64_t (*wall_ms)();
    std::int64_t (*steady_ms)();
  };
  MonotoneClock();
  explicit MonotoneClock(Sources sources);
  [[nodiscard]] TimePoint now() const override;

 private:
  Sources sources_;
  mutable std::mutex mutex_;
  mutable std::int64_t anchor_steady_;
  mutable std::int64_t anchor_ours_;
};

}  // namespace hotline::runtime
