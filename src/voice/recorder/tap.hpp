// SPDX-License-Identifier: Apache-2.0
// A recording's ring: two channels of A-law samples addressed by their position since the start, silence where nothing
// was put. One producer (the shard that owns the leg) and one consumer (the recorder's thread), without locks:
//   consumer's tail <= samples the producer may not touch any more < producer's head <= writable < tail + capacity.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "voice/media/g711.hpp"
#include "voice/recorder/ring_pool.hpp"

namespace hotline::voice::recorder {

enum class Channel : std::uint8_t { received = 0, sent = 1 };  ///< left, right

class Tap {
 public:
  /// `capacity`: samples a channel, a power of two. `ring`: 2 * capacity bytes.
  Tap(RecordingId id, LegId leg, std::size_t capacity, RingPool::Ring ring)
      : id_(id), leg_(leg), capacity_(capacity), samples_(std::move(ring)) {
    std::memset(samples_.get(), g711::alaw_silence, 2 * capacity);
  }
  Tap(RecordingId id, LegId leg, std::size_t capacity)
      : Tap(id, leg, capacity, RingPool::Ring(new std::uint8_t[2 * capacity])) {}

  [[nodiscard]] RecordingId id() const { return id_; }
  [[nodiscard]] LegId leg() const { return leg_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // --- the producer ---

  /// Starts the recording's clock. `started_at` is the wall clock at position 0.
  void begin(TimePoint started_at) {
    started_at_ = started_at;
    begun_.store(true, std::memory_order_release);
  }

  /// Puts A-law samples at `position`; what lies before the head or beyond the ring is dropped (and counted beyond it).
  void put(Channel channel, std::uint64_t position, std::span<const std::uint8_t> alaw) {
    place(channel, position, alaw,
          [](std::uint8_t* to, const std::uint8_t* from, std::size_t n) { std::memcpy(to, from, n); });
  }
  /// The same for µ-law samples, converted on the way.
  void put_ulaw(Channel channel, std::uint64_t position, std::span<const std::uint8_t> ulaw) {
    place(channel, position, ulaw, [](std::uint8_t* to, const std::uint8_t* from, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) to[i] = g711::ulaw_to_alaw[from[i]];
    });
  }

  /// Something will be put there soon: its place in the ring comes into the processor's cache.
  void fetch(Channel channel, std::uint64_t position, std::size_t samples) const {
    const auto* ring = samples_.get() + static_cast<std::size_t>(channel) * capacity_;
    for (std::size_t i = 0; i < samples + 64; i += 64) __builtin_prefetch(ring + ((position + i) & (capacity_ - 1)), 1);
  }

  /// Gives everything before `position` to the consumer. Never goes back.
  void advance(std::uint64_t position) {
    if (position <= head_own_) return;
    head_own_ = position;
    head_.store(position, std::memory_order_release);
  }

  /// Ends the recording at exactly `length` samples; nothing may be put afterwards.
  void finish(std::uint64_t length) {
    advance(length);
    length_ = length;
    finished_.store(true, std::memory_order_release);
  }

  // --- the consumer ---

  [[nodiscard]] bool begun() const { return begun_.load(std::memory_order_acquire); }
  [[nodiscard]] TimePoint started_at() const { return started_at_; }  ///< after begun()
  [[nodiscard]] bool finished() const { return finished_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t length() const { return length_; }  ///< after finished()
  [[nodiscard]] std::uint64_t head() const { return head_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t tail() const { return tail_own_; }
  /// Packets dropped because the recorder's thread was too far behind.
  [[nodiscard]] std::uint64_t overruns() const { return overruns_.load(std::memory_order_relaxed); }

  /// Takes up to `frames` (ring-contiguous) stereo frames at the tail into `interleaved` and leaves silence behind.
  /// Returns the frames taken; positions the ring could not hold come as silence.
  std::size_t take(std::uint8_t* interleaved, std::size_t frames);

 private:
  template <class Copy>
  void place(Channel channel, std::uint64_t position, std::span<const std::uint8_t> samples, Copy copy) {
    const auto tail = tail_.load(std::memory_order_acquire);
    std::size_t skip = 0;
    if (position < head_own_) {
      skip = static_cast<std::size_t>(head_own_ - position);
      if (skip >= samples.size()) return;
    }
    if (position + samples.size() > tail + capacity_) {
      overruns_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    auto* ring = samples_.get() + static_cast<std::size_t>(channel) * capacity_;
    const std::size_t at = static_cast<std::size_t>(position + skip) & (capacity_ - 1);
    const std::size_t count = samples.size() - skip;
    const std::size_t first = std::min(count, capacity_ - at);
    copy(ring + at, samples.data() + skip, first);
    if (first < count) copy(ring, samples.data() + skip + first, count - first);
  }

  const RecordingId id_;
  const LegId leg_;
  const std::size_t capacity_;
  RingPool::Ring samples_;
  // Written by the producer:
  TimePoint started_at_{};
  std::uint64_t head_own_ = 0;
  std::uint64_t length_ = 0;
  std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> overruns_{0};
  std::atomic<bool> begun_{false};
  std::atomic<bool> finished_{false};
  // Written by the consumer:
  alignas(64) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t tail_own_ = 0;
};

}  // namespace hotline::voice::recorder
