// SPDX-License-Identifier: Apache-2.0
// How much room the recordings' disk has, and how busy the machine is: what archiving goes by.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace hotline::voice::archive {

enum class Room : std::uint8_t {
  enough,
  low,    ///< below warn_free: alarm, and what is due is deleted at once
  short_  ///< below stop_free: archiving rests, what is left is for live calls
};

struct RoomLimits {
  std::uint64_t warn_free = 5'000'000'000;  ///< bytes
  std::uint64_t stop_free = 1'000'000'000;
};

/// Pure.
[[nodiscard]] constexpr Room room_of(std::uint64_t free_bytes, const RoomLimits& limits) {
  if (free_bytes < limits.stop_free) return Room::short_;
  return free_bytes < limits.warn_free ? Room::low : Room::enough;
}

struct Space {
  std::uint64_t free = 0, total = 0;  ///< bytes a program without privileges may use
};
[[nodiscard]] std::optional<Space> space_of(const std::filesystem::path& directory);

/// CPU time since the start of the machine, in ticks (proc(5), /proc/stat). Nice time is not busy: it is ours, and
/// gives way.
struct CpuTime {
  std::uint64_t busy = 0, all = 0;
};
[[nodiscard]] std::optional<CpuTime> parse_cpu_time(std::string_view proc_stat);

/// The share of the machine's CPUs that was busy between two looks, 0 to 1.
class CpuLoad {
 public:
  /// The share since the last call that was at least 200 ms ago.
  [[nodiscard]] double share();

 private:
  CpuTime last_{};
  std::int64_t looked_at_ms_ = 0;
  double share_ = 0;
};

}  // namespace hotline::voice::archive
