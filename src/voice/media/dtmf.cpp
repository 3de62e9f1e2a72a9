// SPDX-License-Identifier: Apache-2.0
// RFC 4733 digits, received and sent. Pure.
#include "voice/media/dtmf.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hotline::voice::media {
namespace {

constexpr std::string_view digits_by_event = "0123456789*#ABCD";
constexpr std::uint32_t segment_max = 0xFFFF;  // the 16 bit duration of a packet; longer events come in segments

}  // namespace

std::optional<char> digit_of_event(std::uint8_t event) {
  if (event >= digits_by_event.size()) return std::nullopt;
  return digits_by_event[event];
}

std::optional<std::uint8_t> event_of_digit(char digit) {
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
  const auto at = digits_by_event.find(upper);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

Digit DtmfDetector::finish() {
  active_ = false;
  return {*digit_of_event(event_), Duration{(before_ + length_) / ticks_a_ms_}};
}

DtmfDetector::Report DtmfDetector::on_packet(const RtpPacket& rtp, std::span<const std::uint8_t> payload,
                                             std::uint64_t now) {
  Report report;
  if (payload.size() < 4 || !digit_of_event(payload[0])) return report;
  const std::uint8_t event = payload[0];
  const bool end = (payload[1] & 0x80U) != 0;
  const auto length = static_cast<std::uint32_t>(payload[2] << 8 | payload[3]);

  if (seen_ && rtp.ssrc != ssrc_) {  // another source: its timestamps say nothing about ours
    if (active_) report.ended[static_cast<std::size_t>(report.ended_count++)] = finish();
    seen_ = false;
  }
  const auto step = static_cast<std::int32_t>(rtp.timestamp - timestamp_);
  // Late packets of an earlier event. After a pause a lower timestamp is a source that began anew, not a late packet.
  if (seen_ && step < 0 && now - last_ < silent_max) return report;

  if (seen_ && step != 0 && active_ && event == event_ && static_cast<std::uint32_t>(step) == length_ &&
      length_ == segment_max) {
    before_ += length_;  // the next segment of a long event
    timestamp_ = rtp.timestamp;
    length_ = 0;
  } else if (!seen_ || step != 0) {
    if (active_) report.ended[static_cast<std::size_t>(report.ended_count++)] = finish();
    seen_ = true;
    active_ = true;
    ssrc_ = rtp.ssrc;
    timestamp_ = rtp.timestamp;
    event_ = event;
    before_ = 0;
    length_ = 0;
    report.begun = true;
  }
  last_ = now;
  if (!active_) return report;  // the end has been reported; this is its repetition
  length_ = std::max(length_, length);
  if (end) report.ended[static_cast<std::size_t>(report.ended_count++)] = finish();
  return report;
}

std::optional<Digit> DtmfDetector::on_time(std::uint64_t now) {
  if (!active_ || now - last_ < silent_max) return std::nullopt;
  return finish();
}

void DtmfSender::add(std::string_view digits, Duration length, Duration gap) {
  const auto frames = static_cast<std::uint32_t>(std::clamp<std::int64_t>((length.count() + 19) / 20, 2, 250));
  const auto gap_frames = static_cast<std::uint32_t>(std::clamp<std::int64_t>((gap.count() + 19) / 20, 2, 250));
  for (const char digit : digits) {
    if (queue_.size() >= digits_max) return;
    queue_.push_back({digit, frames, gap_frames});
  }
}

void DtmfSender::clear() {
  queue_.clear();
  frame_ = 0;
}

DtmfSender::Step DtmfSender::next() {
  Step step;
  if (queue_.empty()) return step;
  const auto& current = queue_.front();
  const auto event = event_of_digit(current.digit);
  step.digit = current.digit;
  step.kind = Step::Kind::pause;
  // The last frame of sound is the first end packet; its repetitions lie in the gap.
  if (event && frame_ < current.frames + end_packets - 1) {
    step.kind = Step::Kind::event;
    step.first = frame_ == 0;
    step.ended = frame_ >= current.frames;
    step.sample = frame_ * samples_a_frame;
    const bool end = frame_ + 1 >= current.frames;
    const auto length = std::min(std::min(frame_ + 1, current.frames) * samples_a_frame * ticks_a_sample_, segment_max);
    step.payload = {*event, static_cast<std::uint8_t>((end ? 0x80U : 0U) | 10U), static_cast<std::uint8_t>(length >> 8),
                    static_cast<std::uint8_t>(length)};  // volume -10 dBm0
  }
  if (++frame_ >= current.frames + current.gap_frames) {
    queue_.pop_front();
    frame_ = 0;
  }
  return step;
}

void fill_dtmf_tone(char digit, std::uint32_t sample, std::span<std::int16_t> out) {
  static constexpr std::array<double, 4> low{697, 770, 852, 941};
  static constexpr std::array<double, 4> high{1209, 1336, 1477, 1633};
  static constexpr std::string_view keys = "123A456B789C*0#D";
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
  const auto key = keys.find(upper);
  if (key == std::string_view::npos) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return;
  }
  constexpr double level = 5'000;
  constexpr double turn = 2 * std::numbers::pi / 8'000;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double at = static_cast<double>(sample + i) * turn;
    out[i] = static_cast<std::int16_t>(level * (std::sin(low[key / 4] * at) + std::sin(high[key % 4] * at)));
  }
}

}  // namespace hotline::voice::media
