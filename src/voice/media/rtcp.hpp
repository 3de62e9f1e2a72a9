// SPDX-License-Identifier: Apache-2.0
// RTCP of a leg (RFC 3550 section 6): what was received, and the reports both ways. Pure: time comes in as an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

namespace hotline::voice::media {

/// UTC, in microseconds. One clock for packets, reports and time limits.
using Moment = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// The middle 32 bits of an NTP timestamp: 1/65536 s.
[[nodiscard]] std::uint32_t compact_ntp(Moment at);

/// What a report block says of a stream (RFC 3550 6.4.1), but for the last sender report.
struct ReceptionReport {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;  ///< in 1/256, since the report before
  std::uint64_t lost = 0;
  std::uint32_t highest = 0;  ///< extended sequence number
  std::uint32_t jitter = 0;   ///< RTP ticks
};

/// Counts one incoming stream as RFC 3550 appendices A.1, A.3 and A.8 say; starts anew when the SSRC changes.
class Reception {
 public:
  /// `clock_rate`: of the stream's timestamps.
  explicit Reception(std::uint32_t clock_rate = 8'000) : clock_rate_(clock_rate) {}

  /// An authentic packet, at least 12 bytes. Its order of arrival is its order of calls.
  void take(std::span<const std::uint8_t> rtp, Moment at);

  [[nodiscard]] bool any() const { return received_ > 0; }
  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  /// Expected less received; never below 0 here (late duplicates do not count as gain).
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] std::uint32_t highest() const { return cycles_ | highest_; }  ///< extended sequence number
  [[nodiscard]] std::uint32_t jitter() const { return jitter_16_ >> 4; }      ///< RTP ticks
  [[nodiscard]] std::uint32_t jitter_ms() const { return jitter() * 1'000 / clock_rate_; }
  /// Loss since the last call of this function, in 1/256: for the next report.
  std::uint8_t take_fraction_lost();
  /// For the next report; nullopt: nothing has come.
  [[nodiscard]] std::optional<ReceptionReport> take_report();

 private:
  void start(std::uint32_t ssrc, std::uint16_t sequence);

  std::uint32_t ssrc_ = 0;
  std::uint32_t cycles_ = 0, base_ = 0;
  std::uint16_t highest_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t expected_before_ = 0, received_before_ = 0;
  std::optional<std::uint32_t> transit_;
  std::uint32_t jitter_16_ = 0;  // scaled by 16, as A.8
  std::uint32_t clock_rate_;
};

/// What we sent, for sender reports.
struct Transmission {
  std::uint32_t ssrc = 0;
  std::uint32_t packets = 0, payload_bytes = 0;  ///< modulo 2^32, as they stand in a report
  std::uint32_t last_timestamp = 0;
  Moment last_at{};
  std::uint32_t clock_rate = 8'000;  ///< of last_timestamp
};

/// The sender report last received: it is named in our next report, so that the peer can measure the round trip.
struct LastSenderReport {
  std::uint32_t compact = 0;
  Moment received_at{};
};

/// Writes a compound packet: SR when something was sent, else RR, with a report block when something was received, and
/// SDES with the CNAME. Returns its size. `out` needs report_max bytes.
inline constexpr std::size_t report_max = 128;
std::size_t write_report(std::span<std::uint8_t> out, std::uint32_t our_ssrc, const Transmission& sent,
                         const std::optional<ReceptionReport>& received, const std::optional<LastSenderReport>& last,
                         Moment now);

/// What a peer's compound packet says to us.
struct PeerReport {
  std::optional<std::uint32_t> sender_compact;  ///< its SR's NTP time, compact
  bool about_us = false;                        ///< a report block on our SSRC was there; the rest is from it
  std::uint8_t fraction_lost = 0;               ///< in 1/256, since its report before
  std::int32_t lost = 0;                        ///< in all
  std::uint32_t jitter = 0;                     ///< RTP ticks
  std::optional<std::chrono::microseconds> round_trip;
};

/// Reads a decrypted compound packet up to its first fault; unknown packet types are skipped.
[[nodiscard]] PeerReport read_report(std::span<const std::uint8_t> packet, std::uint32_t our_ssrc, Moment now);

}  // namespace hotline::voice::media
