// SPDX-License-Identifier: Apache-2.0
// What a stranger may send to an RTCP port: read as a report, and as one of a session that talks and reports itself.
#include <cstdint>
#include <span>
#include <vector>

#include "voice/media/rtcp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hotline::voice::media;
  const std::vector<std::uint8_t> packet(data, data + size);  // its own memory: ASan sees its borders
  constexpr Moment now{std::chrono::hours{24 * 365 * 55}};
  // Every SSRC that the packet names may be ours.
  for (std::size_t at = 0; at + 4 <= packet.size() && at < 64; at += 4) {
    const std::uint32_t ours = static_cast<std::uint32_t>(packet[at]) << 24 |
                               static_cast<std::uint32_t>(packet[at + 1]) << 16 |
                               static_cast<std::uint32_t>(packet[at + 2]) << 8 | packet[at + 3];
    const auto report = read_report(packet, ours, now);
    if (report.round_trip && report.round_trip->count() < 0) std::abort();
  }
  return 0;
}
