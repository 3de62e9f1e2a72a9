// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/archive/room.hpp"

#include <sys/statvfs.h>

#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string>

namespace hotline::voice::archive {

std::optional<Space> space_of(const std::filesystem::path& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) return std::nullopt;
  return Space{std::uint64_t{status.f_bavail} * status.f_frsize, std::uint64_t{status.f_blocks} * status.f_frsize};
}

std::optional<CpuTime> parse_cpu_time(std::string_view text) {
  if (!text.starts_with("cpu ")) return std::nullopt;
  text.remove_prefix(4);
  std::array<std::uint64_t, 8> ticks{};  // user nice system idle iowait irq softirq steal
  for (std::uint64_t& value : ticks) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(' ')));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  CpuTime time;
  for (const std::uint64_t value : ticks) time.all += value;
  time.busy = time.all - ticks[1] - ticks[3] - ticks[4];
  return time;
}

double CpuLoad::share() {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count();
  if (now - looked_at_ms_ < 200) return share_;
  looked_at_ms_ = now;
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  const auto time = parse_cpu_time(line);
  if (!time) return share_ = 0;  // no such file: archiving then only has its low priority
  if (last_.all != 0 && time->all > last_.all)
    share_ =
        static_cast<double>(time->busy - std::min(time->busy, last_.busy)) / static_cast<double>(time->all - last_.all);
  last_ = *time;
  return share_;
}

}  // namespace hotline::voice::archive
