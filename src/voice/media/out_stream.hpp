// SPDX-License-Identifier: Apache-2.0
// The one continuous RTP stream a far end gets, whatever feeds it: prompts, music, a bridge, after a transfer another
// bridge (RFC 3550 5.1: one SSRC, sequence numbers without jumps, timestamps that follow time, marker where sound
// begins anew). Pure: the clock comes in as samples (8 kHz) of a steady clock.
#pragma once

#include <cstdint>
#include <optional>

#include "voice/media/rtp.hpp"

namespace hotline::voice::media {

struct OutHeader {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool marker = false;
};

class OutStream {
 public:
  OutStream(std::uint32_t ssrc, std::uint16_t first_sequence, std::uint32_t first_timestamp)
      : ssrc_(ssrc), last_sequence_(static_cast<std::uint16_t>(first_sequence - 1)), last_timestamp_(first_timestamp) {}

  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint32_t last_timestamp() const { return last_timestamp_; }
  /// RTP ticks a sample of 8 kHz: 1, or 6 for Opus. What follows is new.
  void set_clock(std::uint32_t scale) {
    if (scale == scale_) return;
    scale_ = scale;
    interrupt();
  }

  /// The next 20 ms of generated sound.
  [[nodiscard]] OutHeader generate(std::uint64_t now);
  /// A packet of a generated RFC 4733 event; `first` fixes the timestamp all its packets carry.
  [[nodiscard]] OutHeader generate_event(bool first, std::uint64_t now);
  /// A packet relayed from another stream: losses and order of that stream are kept. nullopt: it is too late, or it
  /// looks like the start of a new stream that the next packet must confirm; do not send it.
  [[nodiscard]] std::optional<OutHeader> relay(const RtpPacket& in, bool event, std::uint64_t now);
  /// A packet of the relayed stream which is not passed on on purpose: leaves no gap.
  void skip(const RtpPacket& in);
  /// What follows is generated and goes on from what was sent last, be it relayed: no marker, no pause. After a pause
  /// longer than a few frames it is new all the same.
  void go_on(std::uint64_t now);
  /// What follows is new: after a hold or a change of the bridge.
  void interrupt() { source_ = Source::none; }

 private:
  enum class Source : std::uint8_t { none, generator, relay };
  static constexpr int dropout_max = 3000;  // RFC 3550 A.1
  static constexpr int misorder_max = 100;
  static constexpr std::int64_t jump_max =
      80'000;  // 10 s (of 8 kHz): a timestamp further off the clock has been set anew

  [[nodiscard]] std::uint32_t pause(std::uint64_t now) const;
  OutHeader next(std::uint32_t timestamp, bool marker, std::uint64_t time);
  OutHeader begin_relay(const RtpPacket& in, bool event, std::uint64_t now);

  std::uint32_t ssrc_;
  std::uint16_t last_sequence_;
  std::uint32_t last_timestamp_;
  std::uint64_t last_time_ = 0;  // when last_timestamp_ was due, samples of 8 kHz
  std::uint32_t scale_ = 1;
  std::uint32_t length_ = samples_a_frame;  // of the last packet, samples of 8 kHz
  bool started_ = false;
  Source source_ = Source::none;
  bool confirming_ = false;  // relay: a jump was seen; this sequence number would confirm it
  std::uint16_t confirming_sequence_ = 0;
  std::uint32_t relay_ssrc_ = 0;
  std::uint16_t sequence_delta_ = 0;
  std::uint32_t timestamp_delta_ = 0;
  int relay_span_ = 0;  // sequence numbers this relay has used, up to misorder_max
};

}  // namespace hotline::voice::media
