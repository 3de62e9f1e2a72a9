// SPDX-License-Identifier: Apache-2.0
// Where a packet's samples lie in a recording: by its RTP timestamp while that agrees with the wall clock, else by the
// wall clock. So jitter leaves no holes, and lost packets, pauses and clock drift keep the rest in its right place.
// Pure.
#pragma once

#include <cstdint>

namespace hotline::voice::recorder {

class Placement {
 public:
  static constexpr std::int64_t drift_max =
      800;  ///< samples (100 ms): below the recorder's waiting time for late packets

  /// `timestamp`: RTP, 8 kHz; `wall`: samples since the start of the recording, now.
  [[nodiscard]] std::uint64_t place(std::uint32_t timestamp, std::uint64_t wall) {
    if (anchored_) {
      const auto position = position_ + static_cast<std::int32_t>(timestamp - timestamp_);
      const auto drift = position - static_cast<std::int64_t>(wall);
      if (position >= 0 && drift <= drift_max && drift >= -drift_max) {
        if (position > position_) {  // follow the stream, so that differences never leave 31 bits
          position_ = position;
          timestamp_ = timestamp;
        }
        return static_cast<std::uint64_t>(position);
      }
    }
    anchored_ = true;
    timestamp_ = timestamp;
    position_ = static_cast<std::int64_t>(wall);
    return wall;
  }

  void reset() { anchored_ = false; }

 private:
  bool anchored_ = false;
  std::uint32_t timestamp_ = 0;
  std::int64_t position_ = 0;
};

}  // namespace hotline::voice::recorder
