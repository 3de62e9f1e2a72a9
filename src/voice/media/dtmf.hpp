// SPDX-License-Identifier: Apache-2.0
// DTMF as RFC 4733 telephone events: telling the digits of a received stream, and making those of a sent one. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.hpp"
#include "voice/media/rtp.hpp"

namespace hotline::voice::media {

/// '0'..'9', '*', '#', 'A'..'D' of an event code (RFC 4733 3.2), or nullopt for the codes that are no digit.
[[nodiscard]] std::optional<char> digit_of_event(std::uint8_t event);
[[nodiscard]] std::optional<std::uint8_t> event_of_digit(char digit);

struct Digit {
  char digit = 0;
  Duration length{};
  friend bool operator==(const Digit&, const Digit&) = default;
};

/// Tells digits. Each is reported once: at its first end packet, or, when all of these were lost, at the next event or
/// when silent_max went by without a packet of it.
class DtmfDetector {
 public:
  static constexpr std::uint64_t silent_max =
      8 * 150;  ///< samples; RFC 4733 2.5.1.4 recommends three packet times or more

  struct Report {
    bool begun = false;            ///< a new digit began with this packet (for barge-in)
    std::array<Digit, 2> ended{};  ///< an earlier one whose end was lost, then this one
    int ended_count = 0;
  };

  /// Of the events' lengths and timestamps: 8,000, or 48,000 beside Opus.
  void set_clock(std::uint32_t rate) { ticks_a_ms_ = std::max<std::uint32_t>(1, rate / 1000); }
  /// `payload`: of a telephone-event packet with this sequence header. `now`: samples of a steady clock.
  [[nodiscard]] Report on_packet(const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint64_t now);
  /// To be called now and then while active(): a digit whose end was lost.
  [[nodiscard]] std::optional<Digit> on_time(std::uint64_t now);
  [[nodiscard]] bool active() const { return active_; }

 private:
  [[nodiscard]] Digit finish();

  bool seen_ = false;    // some event has been seen: timestamp_ is valid
  bool active_ = false;  // it has not been reported yet
  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;  // of the event, or of its running segment (RFC 4733 2.5.1.3)
  std::uint32_t before_ = 0;     // length of its earlier segments
  std::uint32_t length_ = 0;
  std::uint64_t last_ = 0;
  std::uint8_t event_ = 0;
  std::uint32_t ticks_a_ms_ = 8;
};

/// Makes the packets of queued digits, one call to next() every 20 ms.
class DtmfSender {
 public:
  static constexpr std::size_t digits_max = 128;

  /// Lengths are rounded up to 20 ms, at least 40 ms each. Characters that are no digit become a pause of the same
  /// length. What exceeds digits_max is left out.
  void add(std::string_view digits, Duration length, Duration gap);
  void clear();
  /// Of the lengths in payloads: 8,000, or 48,000 beside Opus, where 16 bits hold 1.3 s: longer ones are said to be so.
  void set_clock(std::uint32_t rate) { ticks_a_sample_ = std::max<std::uint32_t>(1, rate / 8000); }

  struct Step {
    enum class Kind : std::uint8_t { idle, event, pause } kind = Kind::idle;
    char digit = 0;
    bool first = false;        ///< of the digit
    bool ended = false;        ///< an end packet, or its repetition: sound is over
    std::uint32_t sample = 0;  ///< samples of the digit before this step (for a tone in band)
    std::array<std::uint8_t, 4> payload{};
  };
  [[nodiscard]] Step next();
  [[nodiscard]] bool active() const { return !queue_.empty(); }

 private:
  struct Queued {
    char digit = 0;
    std::uint32_t frames = 0;
    std::uint32_t gap_frames = 0;
  };
  static constexpr std::uint32_t end_packets = 3;  // RFC 4733 2.5.1.4: the end is sent three times
  std::deque<Queued> queue_;
  std::uint32_t frame_ = 0;
  std::uint32_t ticks_a_sample_ = 1;
};

/// 20 ms of the two tones of a digit (ITU-T Q.23) beginning at `sample`, linear, for a far end without telephone
/// events.
void fill_dtmf_tone(char digit, std::uint32_t sample, std::span<std::int16_t> out);

}  // namespace hotline::voice::media
