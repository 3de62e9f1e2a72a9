// SPDX-License-Identifier: Apache-2.0
// What a stranger may send to a leg that is decoded: any packets, at any time, in any codec, into jitter buffer,
// decoder and mix. Each packet stands behind two bytes of length, one of flags (codec, comfort noise) and one of time.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "voice/media/session.hpp"

namespace {

using namespace hotline;
using namespace hotline::voice::media;

struct World final : MediaObserver, PacketPort {
  void on_digit(LegId, char, Duration) override {}
  void on_play_done(LegId, PlayId, PlayEnd, const std::string&) override {}
  void on_media_timeout(LegId) override {}
  void on_recording_done(const RecordingResult&) override {}
  void send_rtp(LegId, std::span<std::uint8_t> packet, std::size_t) override {
    if (!parse_rtp(packet)) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  Context context;
  context.observer = &world;
  context.now_us = 1'000'000;
  Session a(LegId{1}, world, context), b(LegId{2}, world, context), c(LegId{3}, world, context);
  a.set_remote({.address = {}, .codec = Codec::opus, .noise_payload_type = 13, .inband_digits = true});
  b.set_remote({.address = {}, .codec = Codec::g722, .noise_payload_type = 13});
  c.set_remote({.address = {}, .codec = Codec::pcmu, .noise_payload_type = 13});
  context.mixes.set(MixId{1}, {{&a, {}}, {&b, {LegId{1}}}, {&c, {}}});
  const auto tap = std::make_shared<voice::recorder::Tap>(RecordingId{1}, LegId{1}, 4096);
  a.start_recording(tap);
  constexpr std::size_t head = 4;
  for (std::size_t at = 0; at + head <= size;) {
    const auto length = std::min<std::size_t>(data[at] << 8 | data[at + 1], size - at - head);
    const auto flags = data[at + 2];
    std::vector<std::uint8_t> packet(data + at + head, data + at + head + length);
    if (packet.size() >= 2) packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x3F));
    Session& session = flags % 3 == 0 ? a : flags % 3 == 1 ? b : c;
    if (packet.size() >= 2 && flags < 240)
      packet[1] = static_cast<std::uint8_t>((flags & 8) != 0 ? 13 : static_cast<unsigned>(session.codec()));
    session.on_packet(packet, 0);
    for (unsigned tick = 0; tick < data[at + 3] % 16U; ++tick) {
      context.now_us += tick_us;
      context.mixes.run(context.now_us / tick_us);
      context.wheel.run(context.now_us / tick_us);
    }
    if (flags > 250) a.bridge(b);
    at += head + length;
  }
  return 0;
}
