// SPDX-License-Identifier: Apache-2.0
// The last packets of a leg that were passed on undecoded: when its sound comes into a mix, the decoder and the
// concealment go on from them, so that whoever heard it hears neither a gap nor a click. Shard thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "voice/media/rtp.hpp"

namespace hotline::voice::media {

class PassedOn {
 public:
  static constexpr std::size_t packets = 3;         ///< 60 ms: what concealment looks back on is 48
  static constexpr std::size_t payload_max = 320;   ///< 40 ms of G.711; of Opus at 128 kbit/s 20 ms
  static constexpr std::uint64_t age_max = 8 * 60;  ///< samples: older ones have no sound that goes on

  void keep(const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint64_t now) {
    if (payload.size() > payload_max) return forget();
    Packet& packet = ring_[count_++ % packets];
    packet.rtp = rtp;
    packet.at = now;
    packet.size = payload.size();
    std::memcpy(packet.payload.data(), payload.data(), payload.size());
  }
  void forget() { count_ = 0; }
  /// Calls `take(rtp, payload, arrived)` for each, oldest first, when the newest is fresh.
  template <class Take>
  void each(std::uint64_t now, Take&& take) const {
    if (count_ == 0 || now - ring_[(count_ - 1) % packets].at > age_max) return;
    for (std::size_t i = count_ - std::min(count_, packets); i < count_; ++i) {
      const Packet& packet = ring_[i % packets];
      take(packet.rtp, std::span(packet.payload).first(packet.size), packet.at);
    }
  }

 private:
  struct Packet {
    RtpPacket rtp;
    std::uint64_t at = 0;
    std::size_t size = 0;
    std::array<std::uint8_t, payload_max> payload;
  };
  std::array<Packet, packets> ring_;
  std::size_t count_ = 0;
};

}  // namespace hotline::voice::media
