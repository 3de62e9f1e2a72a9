// SPDX-License-Identifier: Apache-2.0
// What is known of a received RTP stream: packets, gaps, jitter (RFC 3550 6.4.1, A.1, A.8). Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "voice/media/rtcp.hpp"
#include "voice/media/rtp.hpp"

namespace hotline::voice::media {

class InStream {
 public:
  /// RTP ticks a sample of 8 kHz: 1, or 6 for Opus.
  void set_clock(std::uint32_t scale) {
    if (scale == scale_) return;
    scale_ = scale;
    started_ = false;
    jitter_ = 0;
  }
  /// `now`: samples of a steady clock at the packet's arrival.
  void on_packet(const RtpPacket& rtp, std::uint64_t now) {
    ++received_;
    if (rtp.ssrc != ssrc_ || !started_) return start(rtp, now);
    const auto step = static_cast<std::int16_t>(static_cast<std::uint16_t>(rtp.sequence - highest_));
    if (step > dropout_max || step < -misorder_max) return start(rtp, now);  // the source began anew
    if (step <= 0) {  // late or doubled: it fills a gap that had been counted, if there is one
      if (step < 0 && gaps_ > 0) --gaps_;
      return;
    }
    gaps_ += static_cast<std::uint64_t>(step - 1);
    extended_ += static_cast<std::uint32_t>(step);
    highest_ = rtp.sequence;
    const auto transit = static_cast<std::uint32_t>(now) * scale_ - rtp.timestamp;
    // Events repeat their timestamp, and a talk spurt begins with a jump: neither is jitter.
    if (rtp.timestamp != timestamp_ && !rtp.marker) {
      const auto difference = static_cast<std::int32_t>(transit - transit_);
      const std::uint32_t size =
          difference < 0 ? 0U - static_cast<std::uint32_t>(difference) : static_cast<std::uint32_t>(difference);
      if (size < 8'000 * scale_) jitter_ += size - ((jitter_ + 8) >> 4);  // scaled by 16, RFC 3550 A.8
    }
    transit_ = transit;
    timestamp_ = rtp.timestamp;
  }

  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::uint64_t lost() const { return gaps_; }
  /// Share of what was sent that did not come, 0 to 1.
  [[nodiscard]] double loss() const {
    return received_ == 0 ? 0 : static_cast<double>(gaps_) / static_cast<double>(gaps_ + received_);
  }
  /// For the next RTCP report; nullopt: nothing has come.
  [[nodiscard]] std::optional<ReceptionReport> take_report() {
    if (received_ == 0) return std::nullopt;
    const auto lost = gaps_ - std::min(gaps_, lost_before_),
               all = received_ + gaps_ - std::min(all_before_, received_ + gaps_);
    lost_before_ = gaps_;
    all_before_ = received_ + gaps_;
    const auto fraction = all == 0 ? 0 : std::min<std::uint64_t>(255, lost * 256 / all);
    return ReceptionReport{ssrc_, static_cast<std::uint8_t>(fraction), gaps_, extended_, jitter_ >> 4};
  }
  [[nodiscard]] std::uint32_t jitter_ms() const { return (jitter_ >> 4) / (8 * scale_); }

 private:
  static constexpr int dropout_max = 3000;  // RFC 3550 A.1
  static constexpr int misorder_max = 100;

  void start(const RtpPacket& rtp, std::uint64_t now) {
    started_ = true;
    ssrc_ = rtp.ssrc;
    highest_ = rtp.sequence;
    extended_ = rtp.sequence;
    timestamp_ = rtp.timestamp;
    transit_ = static_cast<std::uint32_t>(now) * scale_ - rtp.timestamp;
  }

  std::uint64_t received_ = 0;
  std::uint64_t gaps_ = 0;
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint32_t transit_ = 0;
  std::uint32_t jitter_ = 0;
  std::uint32_t scale_ = 1;
  std::uint32_t extended_ = 0;                      // highest_ with its cycles, RFC 3550 A.1
  std::uint64_t lost_before_ = 0, all_before_ = 0;  // at the last report
  std::uint16_t highest_ = 0;
  bool started_ = false;
};

}  // namespace hotline::voice::media
