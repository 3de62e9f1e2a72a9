// SPDX-License-Identifier: Apache-2.0
// What a stranger may send to an RTP port: a whole call's worth of packets, to a bridged and recorded pair of sessions.
// The input is a row of packets, each behind one byte of length and one of flags (which leg, how far the clock moves).
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "voice/media/session.hpp"

namespace {

using namespace hotline;
using namespace hotline::voice::media;

struct World final : MediaObserver, PacketPort {
  void on_digit(LegId, char, Duration) override {}
  void on_play_done(LegId, PlayId, PlayEnd, const std::string&) override {}
  void on_media_timeout(LegId) override {}
  void on_recording_done(const RecordingResult&) override {}
  void send_rtp(LegId, std::span<std::uint8_t> packet, std::size_t capacity_after) override {
    // What leaves is whole RTP with a plain header, whatever came in.
    const auto rtp = parse_rtp(packet);
    if (capacity_after < 32 || !rtp || rtp->payload_offset != rtp_header_size) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  Context context;
  context.observer = &world;
  context.now_us = 1'000'000;
  Session a(LegId{1}, world, context), b(LegId{2}, world, context);
  a.set_remote({.address = {}, .codec = Codec::pcma, .dtmf_payload_type = 101});
  b.set_remote({.address = {}, .codec = Codec::pcmu, .dtmf_payload_type = std::nullopt});
  a.bridge(b);
  const auto tap = std::make_shared<voice::recorder::Tap>(RecordingId{1}, LegId{1}, 4096);
  a.start_recording(tap);
  for (std::size_t at = 0; at + 2 <= size;) {
    const auto length = std::min<std::size_t>(data[at], size - at - 2);
    const auto flags = data[at + 1];
    std::vector<std::uint8_t> packet(data + at + 2, data + at + 2 + length);  // its own memory: ASan sees its borders
    (flags % 2 == 0 ? a : b).on_packet(packet, 0);
    context.now_us += (flags >> 1U) * 5'000ULL;
    context.wheel.run(context.now_us / tick_us);
    if (flags > 200) {
      a.sweep();
      b.sweep();
    }
    at += 2 + length;
  }
  return 0;
}
