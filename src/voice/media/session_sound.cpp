// SPDX-License-Identifier: Apache-2.0
// The part of a leg's media that decodes: mixes, bridges between different codecs, recordings of wideband legs. Nothing
// of it runs for G.711 that is relayed. Shard thread only.
#include <algorithm>
#include <cstdlib>
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
  extra_ = mix_ != nullptr || inband_ || level_wanted_ || (recorded_ && !is_g711(remote_.codec));
}

bool Session::set_mix(Mix* mix) {
  mix_ = mix;
  bool goes_on = false;
  if (mix == nullptr) {
    former_ear_ = std::move(ear_);
    parted_us_ = context_->now_us;
    out_.interrupt();
  } else if (context_->now_us - parted_us_ > goes_on_us) {
    ear_ = std::make_unique<AudioIn>(remote_.codec, context_->concealment);
    out_.interrupt();
  } else {  // out of a bridge or another mix a moment ago: nobody is to hear that
    ear_ = std::move(former_ear_);
    goes_on = ear_ != nullptr;
    if (!ear_) {
      ear_ = std::make_unique<AudioIn>(remote_.codec, context_->concealment);
      passed_on_.each(context_->now(), [&](const RtpPacket& rtp, std::span<const std::uint8_t> payload,
                                           std::uint64_t at) {
        ear_->go_on(is_g711(remote_.codec) ? static_cast<Codec>(rtp.payload_type) : remote_.codec, rtp, payload, at);
        goes_on = true;
      });
    }
    out_.go_on(context_->now());
  }
  passed_on_.forget();
  left_.reset();
  if (!goes_on || !is_g711(remote_.codec)) right_.reset();
  recording_ways_ = {};
  set_extra();
  return goes_on;
}

void Session::on_audio_extra(const RtpPacket& rtp, Kind kind, std::span<std::uint8_t> packet,
                             std::size_t capacity_after) {
  const auto payload = packet.subspan(rtp.payload_offset, rtp.payload_size);
  if (ear_) {
    const auto codec =
        is_g711(remote_.codec) && kind == Kind::audio ? static_cast<Codec>(rtp.payload_type) : remote_.codec;
    return ear_->put(codec, rtp, payload, kind == Kind::noise, context_->now());
  }
  if (kind == Kind::noise) return on_noise(rtp, payload);
  if (is_g711(remote_.codec)) {
    look_at(rtp.payload_type, payload);
    if (recorded_) record(recorder::Channel::received, left_, rtp.timestamp, rtp.payload_type == 0, payload);
  } else if (recorded_ || inband_) {
    record_coded(recorder::Channel::received, rtp.timestamp, payload);
  }
  if (peer_ != nullptr) peer_->relay_from(rtp, kind, packet, capacity_after);
}

/// A G.711 packet that is relayed: its level now and then, its tones where they are digits.
void Session::look_at(std::uint8_t payload_type, std::span<const std::uint8_t> payload) {
  const bool ulaw = payload_type == static_cast<std::uint8_t>(Codec::pcmu);
  if (level_wanted_) {
    // Both laws' codes grow with the size of the sample once their inverted bits are put right.
    std::uint8_t greatest = 0;
    for (const auto octet : payload)
      greatest = std::max(greatest, static_cast<std::uint8_t>((ulaw ? ~octet : octet ^ 0x55) & 0x7F));
    note_level(std::abs(ulaw ? g711::decode_ulaw(static_cast<std::uint8_t>(~greatest))
                             : g711::decode_alaw(static_cast<std::uint8_t>(greatest ^ 0x55))));
    level_wanted_ = false;
    set_extra();
  }
  if (!inband_ || payload.size() > packet_samples_max) return;
  std::array<std::int16_t, packet_samples_max> linear;
  for (std::size_t i = 0; i < payload.size(); ++i)
    linear[i] = ulaw ? g711::decode_ulaw(payload[i]) : g711::decode_alaw(payload[i]);
  hear(std::span(linear).first(payload.size()));
}

void Session::note_level(int peak) {
  constexpr int silence = 200;  // -44 dBov: above the noise of a quiet line, below any speech
  level_peak_ = std::max(level_peak_, peak);
  if (peak < silence) return;
  loud_us_ = context_->now_us;
  silence_told_ = false;
}

void Session::look_for_silence() {
  // What is neither G.711 nor decoded cannot be told from silence; it counts as sound as long as it comes.
  if (!is_g711(remote_.codec) && !ear_ && !recorded_ && !inband_)
    loud_us_ = last_received_us_;
  else if (is_g711(remote_.codec) && !ear_ && !level_wanted_) {
    level_wanted_ = true;
    set_extra();
  }
  const auto limit = static_cast<std::uint64_t>(context_->silence_after.count()) * 1'000;
  if (limit == 0 || silence_told_ || context_->now_us - loud_us_ < limit) return;
  silence_told_ = true;
  context_->observer->on_long_silence(leg_, Duration{static_cast<std::int64_t>((context_->now_us - loud_us_) / 1'000)});
}

/// Sound at 8 kHz, in which digits may be.
void Session::hear(std::span<const std::int16_t> narrow) {
  if (!inband_) return;
  const auto seen = inband_->listen(narrow);
  if (seen.begun && player_ && player_->stop_on_digit()) stop_play(PlayEnd::digit);
  // The far end's tones are in the sound a bridge passes on: nothing is made of them for the peer.
  if (seen.ended) context_->observer->on_digit(leg_, seen.ended->digit, seen.ended->length);
}

/// The far end says that it is silent on purpose (RFC 3389). A peer that knows comfort noise gets the same word; for
/// another we make the noise, until sound comes again.
void Session::on_noise(const RtpPacket& rtp, std::span<const std::uint8_t> payload) {
  if (peer_ == nullptr || (peer_->generating_ && !peer_->noise_) || !peer_->can_send()) return;
  if (!peer_->remote_.noise_payload_type) {
    if (!peer_->noise_) peer_->noise_.emplace();
    peer_->noise_->set(payload);
    peer_->generating_ = true;
    context_->wheel.add(*peer_);
    return;
  }
  constexpr std::size_t noise_max = 64;
  const auto header = peer_->out_.relay(rtp, false, context_->now());
  if (!header || payload.size() > noise_max) return;
  auto* packet = context_->packet.data();
  write_rtp_header(packet, *peer_->remote_.noise_payload_type, header->marker, header->sequence, header->timestamp,
                   peer_->out_.ssrc());
  std::memcpy(packet + rtp_header_size, payload.data(), payload.size());
  const auto size = rtp_header_size + payload.size();
  peer_->transmit({packet, size}, context_->packet.size() - size);
}

/// The noise made for this leg is over. False: something else is being generated.
bool Session::end_noise() {
  if (!noise_) return !generating_;
  noise_.reset();
  generating_ = player_ || digits_.active();
  if (!generating_ && context_ != nullptr) context_->wheel.remove(*this);
  return !generating_;
}

bool Session::take_frame(std::span<std::int16_t> out, unsigned rate) {
  if (!ear_ || !remote_.receive) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    return false;
  }
  const bool heard = ear_->pull(out, rate, context_->now());
  int peak = 0;
  for (const auto sample : out) peak = std::max(peak, std::abs(static_cast<int>(sample)));
  note_level(peak);
  if (recorded_ || inband_) record_pcm(recorder::Channel::received, out, rate);
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
  if (!is_g711(remote_.codec) && recorded_) record_pcm(recorder::Channel::sent, pcm, rate);
  if (!payload.empty()) send_payload(payload);
}

/// Frames of a mix, or prompts on a wideband leg: even in time, so their own count is their timestamp.
void Session::record_pcm(recorder::Channel channel, std::span<const std::int16_t> pcm, unsigned rate) {
  auto& way = recording_ways_[static_cast<std::size_t>(channel)];
  if (!way) way = std::make_unique<RecordingWay>();
  std::array<std::int16_t, samples_a_frame> narrow;
  way->rate_change.process(pcm, rate, narrow, narrowband);
  if (channel == recorder::Channel::received) hear(narrow);
  if (!recorded_) return;
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
  if (channel == recorder::Channel::received) {
    int peak = 0;
    for (std::size_t i = 0; i < samples; ++i) peak = std::max(peak, std::abs(static_cast<int>(narrow[i])));
    note_level(peak);
    hear(std::span(narrow).first(samples));
  }
  if (!recorded_) return;
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
