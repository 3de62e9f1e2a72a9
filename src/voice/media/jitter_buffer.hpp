// SPDX-License-Identifier: Apache-2.0
// Packets of one RTP stream put in order and held back just so long that nearly none comes too late: the delay follows
// the 97th percentile of how late packets come against the earliest, within 20 to 200 ms. Pure; all time in samples of
// 8 kHz, of the sender's RTP clock (divided by its scale) or of a steady clock of ours.
//
// Bounded: 64 packets; what is older than the newest by more is dropped.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "voice/media/rtp.hpp"

namespace hotline::voice::media {

class JitterBuffer {
 public:
  static constexpr std::size_t packets_max = 64;
  static constexpr std::int64_t delay_min = 8 * 20, delay_max = 8 * 200;  ///< bounds of the delay

  /// `scale`: RTP ticks a sample of 8 kHz.
  explicit JitterBuffer(std::uint32_t scale) : scale_(scale) { reset_estimate(); }

  /// A packet that arrived at `now`. `noise`: comfort noise (RFC 3389), which says that silence follows.
  void put(const RtpPacket& rtp, std::span<const std::uint8_t> payload, bool noise, std::uint64_t now);

  /// A packet that was heard already, by another way: what follows goes on behind its `samples` at once.
  void go_on(const RtpPacket& rtp, std::int64_t samples, std::uint64_t now);

  struct Next {
    enum class Kind : std::uint8_t {
      idle,    ///< nothing is to be heard: before the first packet, after the last of a talk spurt
      sound,   ///< `payload` is due; advance() must follow
      noise,   ///< `payload` is comfort noise: it lasts until the next sound
      lost,    ///< `samples` are missing and will not come any more; advance() must follow
      expand,  ///< nothing is there, but it may still come: time must be filled
    } kind = Kind::idle;
    std::span<const std::uint8_t> payload;  ///< until the next call
    std::int64_t samples = 0;               ///< lost: at most 20 ms
    std::span<const std::uint8_t> behind;   ///< lost: the packet right behind the gap, if it is there
  };
  /// What is to be heard next.
  [[nodiscard]] Next take(std::uint64_t now);
  void advance(std::int64_t samples) { play_at_ += samples; }
  /// How much longer than needed the sound is held back, samples; the caller may leave a quiet frame out.
  [[nodiscard]] std::int64_t excess(std::uint64_t now) const;

  [[nodiscard]] std::int64_t target() const { return target_; }
  [[nodiscard]] std::uint64_t late() const { return late_; }  ///< packets that came after their time, and were dropped

 private:
  struct Packet {
    std::int64_t time = 0;
    bool noise = false;
    std::vector<std::uint8_t> payload;
  };
  static constexpr std::size_t bins = 60;  // of 5 ms
  static constexpr std::int64_t bin_samples = 40;

  void reset_estimate();
  void begin_stream(const RtpPacket& rtp);
  [[nodiscard]] std::int64_t time_of(const RtpPacket& rtp);
  void estimate(std::int64_t time, std::uint64_t now);
  void drop_front();

  const std::uint32_t scale_;
  std::vector<Packet> packets_;  // by time
  std::vector<std::vector<std::uint8_t>> spare_;
  std::vector<std::uint8_t> current_;
  bool started_ = false;
  std::uint32_t ssrc_ = 0, timestamp_ = 0;
  std::int64_t ticks_ = 0;  // of timestamp_, without wrap

  bool playing_ = false;
  std::int64_t play_at_ = 0;   // of the sample that is due
  std::int64_t expanded_ = 0;  // filled since the buffer ran dry

  // Transit: our clock less theirs. The earliest of two windows of 5 s is what lateness is measured from, so that the
  // two clocks may drift apart.
  std::array<std::int64_t, 2> earliest_{};
  std::uint64_t window_from_ = 0;
  std::array<float, bins> histogram_{};
  std::int64_t target_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace hotline::voice::media
