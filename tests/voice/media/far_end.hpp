// SPDX-License-Identifier: Apache-2.0
// Sessions in given time and without sockets, with far ends that speak and hear through real codecs.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "voice/media/coder.hpp"
#include "voice/media/session.hpp"

namespace hotline::voice::media::test {

struct SentPacket {
  RtpPacket rtp;
  std::vector<std::uint8_t> payload;
};

/// One shard's worth of context; what is sent is kept.
struct SoundWorld final : MediaObserver, PacketPort {
  SoundWorld() {
    context.observer = this;
    context.now_us = 1'000'000'000;
    context.wall = from_unix_ms(1'000'000);
  }
  void on_digit(LegId leg, char digit, Duration length) override {
    told.push_back("digit " + leg.to_string() + " " + digit + " " + std::to_string(length.count()));
  }
  void on_play_done(LegId leg, PlayId play, PlayEnd, const std::string&) override {
    told.push_back("play " + leg.to_string() + " " + play.to_string());
  }
  void on_media_timeout(LegId leg) override { told.push_back("silent " + leg.to_string()); }
  void on_recording_done(const RecordingResult&) override {}
  void send_rtp(LegId leg, std::span<std::uint8_t> packet, std::size_t capacity_after) override {
    EXPECT_GE(capacity_after, 32U);
    const auto rtp = parse_rtp(packet);
    ASSERT_TRUE(rtp);
    ASSERT_EQ(rtp->payload_offset, rtp_header_size);
    sent[leg].push_back({*rtp, {packet.begin() + rtp_header_size, packet.end()}});
  }
  /// One tick of 5 ms, as a shard does it.
  void tick() {
    context.now_us += tick_us;
    const auto at = context.now_us / tick_us;
    context.wheel.run(at);
    context.mixes.run(at);
    if (at % 20 == 0)
      for (auto* session : sessions) session->sweep();
  }

  Context context;
  std::vector<Session*> sessions;
  std::map<LegId, std::vector<SentPacket>> sent;
  std::vector<std::string> told;
};

/// A leg and the far end that talks and listens.
class FarEnd {
 public:
  FarEnd(SoundWorld& world, std::uint64_t id, Codec codec)
      : session(LegId{id}, world, world.context), world_(world), encoder_(Encoder::make(codec)), codec_(codec) {
    remote.codec = codec;
    remote.dtmf_payload_type = 101;
    remote.dtmf_clock = clock_rate(codec);
    session.set_remote(remote);
    world.sessions.push_back(&session);
  }
  /// What it is going to say, at sample_rate(codec).
  void says(std::vector<std::int16_t> sound) {
    says_ = std::move(sound);
    at_ = 0;
  }
  /// The next 20 ms of it as a packet (silence when it has been said).
  [[nodiscard]] std::vector<std::uint8_t> next_packet() {
    std::vector<std::int16_t> frame(frame_samples(sample_rate(codec_)), 0);
    for (std::size_t i = 0; i < frame.size() && at_ < says_.size(); ++i) frame[i] = says_[at_++];
    std::vector<std::uint8_t> packet(rtp_header_size + payload_bytes_max);
    const auto size = encoder_->encode(frame, std::span(packet).subspan(rtp_header_size));
    packet.resize(rtp_header_size + size);
    write_rtp_header(packet.data(), static_cast<std::uint8_t>(codec_), false, sequence_++, timestamp_, 77);
    timestamp_ += samples_a_frame * clock_scale(codec_);
    return packet;
  }
  void speak() {
    auto packet = next_packet();
    session.on_packet(packet, 0);
  }
  /// All that it got, decoded in order.
  [[nodiscard]] std::vector<std::int16_t> heard() {
    const auto decoder = Decoder::make(codec_);
    std::vector<std::int16_t> out;
    std::array<std::int16_t, packet_samples_max> pcm{};
    for (const auto& packet : world_.sent[session.leg()]) {
      if (packet.rtp.payload_type != static_cast<std::uint8_t>(codec_)) continue;
      const auto count = decoder->decode(packet.payload, pcm);
      out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<long>(count));
    }
    return out;
  }
  [[nodiscard]] std::vector<SentPacket>& got() { return world_.sent[session.leg()]; }
  [[nodiscard]] Codec codec() const { return codec_; }

  Session session;
  Remote remote;

 private:
  SoundWorld& world_;
  std::unique_ptr<Encoder> encoder_;
  Codec codec_;
  std::vector<std::int16_t> says_;
  std::size_t at_ = 0;
  std::uint16_t sequence_ = 65'000;
  std::uint32_t timestamp_ = 0xFFFF'0000;  // wraps on the way
};

/// Lets everyone speak at an even pace for a while.
inline void talk(SoundWorld& world, std::vector<FarEnd*> ends, double seconds) {
  for (int tick = 0; tick < static_cast<int>(seconds * 200); ++tick) {
    if (tick % 4 == 0)
      for (auto* end : ends) end->speak();
    world.tick();
  }
}

}  // namespace hotline::voice::media::test
