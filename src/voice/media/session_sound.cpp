// SPDX-License-Identifier: Apache-2.0
// The part of a leg's media that decodes: mixes, bridges between different codecs, recordings of wideband legs. Nothing
// of it runs for G.711 that is relayed. Shard thread only.
#include <cstring>

#include "voice/media/g711.hpp"
#include "voice/media/session.hpp"

namespace hotline::voice::media {
namespace {

constexpr std::uint64_t event_pause_us = 100'000;  // an event's end may be lost: then the sound comes back by itself

/// Payloads of one can go to the other as they are, or by a table.
bool can_relay(Codec a, Codec b) {
  return a == b || (is_g711(a) && is_g711(b));
}

}  // namespace

/// Bridged legs are relayed when that is possible, else mixed as a pair.
void Session::couple() {
  const bool relayed = can_relay(remote_.codec, peer_->remote_.codec);
  if (relayed == (mix_ == nullptr)) return;
  if (relayed)
    context_->mixes.leave(*this);
  else
    context_->mixes.pair(*this, *peer_);
}

void Session::set_extra() {
  extra_ = mix_ != nullptr || (tap_ && !is_g711(remote_.codec));
}

void Session::set_mix(Mix* mix) {
  mix_ = mix;
  ear_ = mix != nullptr ? std::make_unique<AudioIn>(remote_.codec) : nullptr;
  out_.interrupt();
  left_.reset();
  right_.reset();
  recording_ways_ = {};
  set_extra();
}

void Session::on_audio_extra(const RtpPacket& rtp, Kind kind, std::span<std::uint8_t> packet,
                             std::size_t capacity_after) {
  const auto payload = packet.subspan(rtp.payload_offset, rtp.payload_size);
  if (ear_) {
    const auto codec =
        is_g711(remote_.codec) && kind == Kind::audio ? static_cast<Codec>(rtp.payload_type) : remote_.codec;
    return ear_->put(codec, rtp, payload, kind == Kind::noise, context_->now());
  }
  if (kind == Kind::noise) return;
  if (tap_) {
    if (is_g711(remote_.codec))
      record(recorder::Channel::received, left_, rtp.timestamp, rtp.payload_type == 0, payload);
    else
      record_coded(recorder::Channel::received, rtp.timestamp, payload);
  }
  if (peer_ != nullptr) peer_->relay_from(rtp, kind, packet, capacity_after);
}

bool Session::take_frame(std::span<std::int16_t> out, unsigned rate) {
  if (!ear_ || !remote_.receive) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return false;
  }
  const bool heard = ear_->pull(out, rate, context_->now());
  if (tap_) record_pcm(recorder::Channel::received, out, rate);
  return heard;
}

void Session::give_frame(std::span<const std::int16_t> pcm, unsigned rate) {
  if (generating_ || context_->now_us < event_until_us_) return;
  send_pcm(pcm, rate);
}

void Session::send_pcm(std::span<const std::int16_t> pcm, unsigned rate) {
  if (!can_send()) return;
  if (!mouth_) mouth_ = std::make_unique<AudioOut>(remote_.codec);
  const auto payload = mouth_->encode(pcm, rate);
  if (!is_g711(remote_.codec) && tap_) record_pcm(recorder::Channel::sent, pcm, rate);
  if (!payload.empty()) send_payload(payload);
}

/// Frames of a mix, or prompts on a wideband leg: even in time, so their own count is their timestamp.
void Session::record_pcm(recorder::Channel channel, std::span<const std::int16_t> pcm, unsigned rate) {
  auto& way = recording_ways_[static_cast<std::size_t>(channel)];
  if (!way) way = std::make_unique<RecordingWay>();
  std::array<std::int16_t, samples_a_frame> narrow;
  way->rate_change.process(pcm, rate, narrow, narrowband);
  std::array<std::uint8_t, samples_a_frame> alaw;
  for (std::size_t i = 0; i < alaw.size(); ++i) alaw[i] = g711::encode_alaw(narrow[i]);
  way->timestamp += samples_a_frame;
  auto& placement = channel == recorder::Channel::received ? left_ : right_;
  record(channel, placement, way->timestamp, false, alaw);
}

/// A payload that is relayed but not G.711: decoded for the recording alone, in the order of arrival.
void Session::record_coded(recorder::Channel channel, std::uint32_t timestamp, std::span<const std::uint8_t> payload) {
  auto& way = recording_ways_[static_cast<std::size_t>(channel)];
  if (!way) way = std::make_unique<RecordingWay>();
  if (!way->decoder) way->decoder = Decoder::make(remote_.codec);
  const auto count = way->decoder->decode(payload, way->pcm);
  if (count == 0) return;
  const auto rate = sample_rate(remote_.codec);
  std::array<std::int16_t, packet_samples_max> narrow;
  const auto samples = count * narrowband / rate;
  way->rate_change.process(std::span(way->pcm).first(count), rate, std::span(narrow).first(samples), narrowband);
  std::array<std::uint8_t, packet_samples_max> alaw;
  for (std::size_t i = 0; i < samples; ++i) alaw[i] = g711::encode_alaw(narrow[i]);
  auto& placement = channel == recorder::Channel::received ? left_ : right_;
  record(channel, placement, timestamp / clock_scale(remote_.codec), false, std::span(alaw).first(samples));
}

/// A packet of an RFC 4733 event of the peer, whose clock is another: ours carries the same event, its length in our
/// clock. The sound waits meanwhile (RFC 4733 2.5.1: an event replaces it).
void Session::forward_event(const RtpPacket& rtp, std::span<const std::uint8_t> payload, std::uint32_t clock) {
  constexpr std::size_t event_size = 4;
  if (!remote_.dtmf_payload_type || generating_ || !can_send() || payload.size() < event_size) return;
  const bool first = context_->now_us >= event_until_us_ || rtp.timestamp != event_timestamp_;
  event_timestamp_ = rtp.timestamp;
  event_until_us_ = context_->now_us + event_pause_us;
  const auto length = static_cast<std::uint64_t>(payload[2] << 8 | payload[3]) * remote_.dtmf_clock / clock;
  const auto shown = static_cast<std::uint16_t>(std::min<std::uint64_t>(length, 0xFFFF));
  const auto header = out_.generate_event(first, context_->now());
  auto* packet = context_->packet.data();
  write_rtp_header(packet, *remote_.dtmf_payload_type, header.marker, header.sequence, header.timestamp, out_.ssrc());
  packet[rtp_header_size] = payload[0];
  packet[rtp_header_size + 1] = payload[1];
  packet[rtp_header_size + 2] = static_cast<std::uint8_t>(shown >> 8);
  packet[rtp_header_size + 3] = static_cast<std::uint8_t>(shown);
  constexpr auto size = rtp_header_size + event_size;
  transmit({packet, size}, context_->packet.size() - size);
}

}  // namespace hotline::voice::media
