// SPDX-License-Identifier: Apache-2.0
// The consumer's side of a recording's ring. Recorder thread.
#include "voice/recorder/tap.hpp"

#include <algorithm>

namespace hotline::voice::recorder {

std::size_t Tap::take(std::uint8_t* interleaved, std::size_t frames) {
  const auto head = head_.load(std::memory_order_acquire);
  const std::uint64_t ready = head - tail_own_;
  const std::size_t at = static_cast<std::size_t>(tail_own_) & (capacity_ - 1);
  const std::size_t count =
      std::min({frames, static_cast<std::size_t>(std::min<std::uint64_t>(ready, capacity_)), capacity_ - at});
  auto* left = samples_.get() + at;
  auto* right = left + capacity_;
  for (std::size_t i = 0; i < count; ++i) {
    interleaved[2 * i] = left[i];
    interleaved[2 * i + 1] = right[i];
  }
  std::memset(left, g711::alaw_silence, count);
  std::memset(right, g711::alaw_silence, count);
  tail_own_ += count;
  tail_.store(tail_own_, std::memory_order_release);
  return count;
}

}  // namespace hotline::voice::recorder
