// SPDX-License-Identifier: Apache-2.0
// Continuity of an outgoing RTP stream. Pure.
#include "voice/media/out_stream.hpp"

#include <algorithm>

namespace hotline::voice::media {

/// How far the timestamp moves to the first packet of new sound: by the time that went by, at least one frame.
std::uint32_t OutStream::pause(std::uint64_t now) const {
  if (!started_) return 0;
  const auto elapsed = now > last_time_ ? now - last_time_ : 0;
  return scale_ * static_cast<std::uint32_t>(std::max<std::uint64_t>(samples_a_frame, elapsed));
}

OutHeader OutStream::next(std::uint32_t timestamp, bool marker, std::uint64_t time) {
  last_sequence_ = static_cast<std::uint16_t>(last_sequence_ + 1);
  last_timestamp_ = timestamp;
  last_time_ = time;
  started_ = true;
  return {last_sequence_, timestamp, marker};
}

void OutStream::go_on(std::uint64_t now) {
  if (!started_ || now > last_time_ + 5 * samples_a_frame) return interrupt();
  if (source_ == Source::generator) return;
  source_ = Source::generator;
  if (length_ <= samples_a_frame) return;  // generate() steps a frame; the packet before was longer
  const std::uint32_t more = length_ - samples_a_frame;
  last_timestamp_ += scale_ * more;
  last_time_ += more;
}

OutHeader OutStream::generate(std::uint64_t now) {
  length_ = samples_a_frame;
  if (source_ == Source::generator) {
    const auto elapsed = now > last_time_ ? now - last_time_ : 0;
    // The wheel's own jitter does not show in timestamps; a pause (between digits, after a stall) does, in whole
    // frames.
    const auto frames = elapsed > 4 * samples_a_frame ? elapsed / samples_a_frame : 1;
    const auto step = static_cast<std::uint32_t>(frames * samples_a_frame);
    return next(last_timestamp_ + scale_ * step, frames > 1, last_time_ + step);
  }
  source_ = Source::generator;
  return next(last_timestamp_ + pause(now), true, now);
}

OutHeader OutStream::generate_event(bool first, std::uint64_t now) {
  source_ = Source::none;  // what follows begins anew, behind the event
  if (!first) return next(last_timestamp_, false, last_time_);
  return next(last_timestamp_ + pause(now), true, now);
}

OutHeader OutStream::begin_relay(const RtpPacket& in, bool event, std::uint64_t now) {
  source_ = Source::relay;
  confirming_ = false;
  relay_ssrc_ = in.ssrc;
  relay_span_ = 1;
  const auto header = next(last_timestamp_ + pause(now), !event || in.marker, now);
  sequence_delta_ = static_cast<std::uint16_t>(header.sequence - in.sequence);
  timestamp_delta_ = header.timestamp - in.timestamp;
  return header;
}

std::optional<OutHeader> OutStream::relay(const RtpPacket& in, bool event, std::uint64_t now) {
  if (source_ != Source::relay || in.ssrc != relay_ssrc_) return begin_relay(in, event, now);
  const auto sequence = static_cast<std::uint16_t>(in.sequence + sequence_delta_);
  const int step = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - last_sequence_));
  if (step > dropout_max || step < -misorder_max) {
    if (confirming_ && in.sequence == confirming_sequence_) return begin_relay(in, event, now);
    confirming_ = true;
    confirming_sequence_ = static_cast<std::uint16_t>(in.sequence + 1);
    return std::nullopt;
  }
  confirming_ = false;
  auto timestamp = in.timestamp + timestamp_delta_;
  if (step <= 0) {  // late or doubled: as it came, unless it is from before this relay
    if (-step >= relay_span_) return std::nullopt;
    return OutHeader{sequence, timestamp, false};
  }
  relay_span_ = std::min(relay_span_ + step, misorder_max + 1);
  bool marker = in.marker;
  const std::int64_t advance = static_cast<std::int32_t>(timestamp - last_timestamp_);
  const auto elapsed = static_cast<std::int64_t>(scale_ * (now - std::min(now, last_time_)));
  const auto jump = jump_max * scale_;
  const bool backwards = event ? advance < -jump : advance <= 0;
  if (backwards || advance > elapsed + jump) {  // the source set its timestamps anew without telling
    timestamp = last_timestamp_ + pause(now);
    timestamp_delta_ = timestamp - in.timestamp;
    marker = true;
  }
  last_sequence_ = sequence;
  if (timestamp != last_timestamp_ && static_cast<std::int32_t>(timestamp - last_timestamp_) > 0) {
    if (!event && step == 1 && !marker) length_ = std::min((timestamp - last_timestamp_) / scale_, 3 * samples_a_frame);
    last_timestamp_ = timestamp;
    last_time_ = now;
  }
  return OutHeader{sequence, timestamp, marker};
}

void OutStream::skip(const RtpPacket& in) {
  if (source_ != Source::relay || in.ssrc != relay_ssrc_) return;
  const auto sequence = static_cast<std::uint16_t>(in.sequence + sequence_delta_);
  const int step = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - last_sequence_));
  if (step > 0 && step <= dropout_max) sequence_delta_ = static_cast<std::uint16_t>(sequence_delta_ - 1);
}

}  // namespace hotline::voice::media
