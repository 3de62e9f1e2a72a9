// SPDX-License-Identifier: Apache-2.0
// The 20 ms wheel of generated sound: sessions spread over the ticks of a frame, so that their packets do not leave in
// one burst. Shard thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotline::voice::media {

class Session;

inline constexpr std::uint64_t tick_us =
    5'000;  ///< the shard's pace: sockets are read, and a quarter of the wheel runs
inline constexpr std::size_t ticks_a_frame = 4;

class Wheel {
 public:
  /// Where a session stands; kept in the session.
  struct Place {
    std::uint32_t slot = 0, index = 0;
    bool on = false;
  };

  void add(Session& session);
  void remove(Session& session);
  /// Runs generate() of the sessions due at `tick`; they may leave the wheel meanwhile, but not be destroyed.
  void run(std::uint64_t tick);
  [[nodiscard]] std::size_t size_at(std::uint64_t tick) const { return slots_[tick % ticks_a_frame].size(); }

 private:
  std::array<std::vector<Session*>, ticks_a_frame> slots_;
};

}  // namespace hotline::voice::media
