// SPDX-License-Identifier: Apache-2.0
// One leg's media. Shard thread only.
#include "voice/media/session.hpp"

#include <sys/random.h>

#include <cassert>
#include <cstring>

namespace hotline::voice::media {
namespace {

constexpr std::uint64_t former_source_us = 2'000'000;  // packets of the former far end may still be on their way
constexpr Duration relayed_digit_gap{60};
constexpr std::size_t cache_line = 64;

/// RFC 3550 5.1 asks for random starting values; unpredictable ones also make it harder to slip packets in.
OutStream random_stream() {
  struct {
    std::uint32_t ssrc, timestamp;
    std::uint16_t sequence;
  } start{};
  if (getrandom(&start, sizeof start, 0) != static_cast<ssize_t>(sizeof start)) std::abort();
  return {start.ssrc, start.sequence, start.timestamp};
}

}  // namespace

Session::Session(LegId leg, UdpSocket socket, Context& context)
    : context_(&context),
      socket_(std::move(socket)),
      last_received_us_(context.now_us),
      out_(random_stream()),
      leg_(leg) {}

Session::Session(LegId leg, PacketPort& port, Context& context)
    : context_(&context), port_(&port), last_received_us_(context.now_us), out_(random_stream()), leg_(leg) {}

Session::~Session() {
  stop_recording();
  leave();
}

void Session::leave() {
  unbridge();
  if (context_ != nullptr) {
    context_->mixes.leave(*this);
    context_->wheel.remove(*this);
  }
  context_ = nullptr;
}

void Session::enter(Context& context) {
  context_ = &context;
  if (generating_) context.wheel.add(*this);
}

void Session::set_remote(const Remote& remote) {
  const bool moved = has_remote_ && !same_address(remote.address, remote_.address);
  if (!has_remote_ || (remote.receive && !remote_.receive)) {
    loud_us_ = last_received_us_ = context_->now_us;
    dead_ = false;  // silent while it held us, which was no fault: from now on silence is reported again
  }
  if (has_remote_ && (remote.codec != remote_.codec || remote.send != remote_.send)) out_.interrupt();
  const bool other_codec = remote.codec != remote_.codec;
  if (moved && !external()) {
    former_source_ = socket_.connected() ? source_ : sockaddr_storage{};
    former_until_us_ = context_->now_us + former_source_us;
    socket_.disconnect();
  }
  const bool other_keys = remote.srtp != remote_.srtp;
  remote_ = remote;
  has_remote_ = true;
  if (other_keys) set_srtp();  // keys that stay keep their packet counters
  set_rtcp();
  if (remote.inband_digits != (inband_ != nullptr))
    inband_ = remote.inband_digits ? std::make_unique<InbandDigits>() : nullptr;
  type_out_ = remote.payload_type.value_or(static_cast<std::uint8_t>(remote.codec));
  audio_type_ = remote.payload_type_in.value_or(type_out_);
  // The other law may come without a word: both are in what we offer.
  audio_type_or_ = !is_g711(remote.codec)        ? audio_type_
                   : remote.codec == Codec::pcma ? static_cast<std::uint8_t>(Codec::pcmu)
                                                 : static_cast<std::uint8_t>(Codec::pcma);
  out_.set_clock(clock_scale(remote.codec));
  in_.set_clock(clock_scale(remote.codec));
  detector_.set_clock(remote.dtmf_clock);
  digits_.set_clock(remote.dtmf_clock);
  if (other_codec) {
    mouth_.reset();
    if (mix_ != nullptr) ear_ = std::make_unique<AudioIn>(remote.codec, context_->concealment);
    former_ear_.reset();
    passed_on_.forget();
    recording_ways_ = {};
    if (peer_ != nullptr) couple();
  }
  set_extra();
}

void Session::bridge(Session& other) {
  assert(context_ == other.context_);
  if (peer_ == &other || this == &other) return;
  stop_play(PlayEnd::stopped);
  other.stop_play(PlayEnd::stopped);
  unbridge();
  other.unbridge();
  context_->mixes.leave(*this);
  context_->mixes.leave(other);
  peer_ = &other;
  other.peer_ = this;
  couple();
}

void Session::unbridge() {
  if (peer_ == nullptr) return;
  if (mix_ != nullptr) {
    context_->mixes.leave(*this);
  } else {
    parted_us_ = peer_->parted_us_ = context_->now_us;
    // A decoder that the other's encoder has led until now is to meet ours in about the same state.
    const auto lead = [now = context_->now()](Session& listener, const PassedOn& heard) {
      const auto codec = listener.remote_.codec;
      if (is_g711(codec)) return;
      const auto decoder = Decoder::make(codec);
      std::array<std::int16_t, packet_samples_max> pcm;
      heard.each(now, [&](const RtpPacket&, std::span<const std::uint8_t> payload, std::uint64_t) {
        const auto count = decoder->decode(payload, pcm);
        if (count != frame_samples(sample_rate(codec))) return;
        if (!listener.mouth_) listener.mouth_ = std::make_unique<AudioOut>(codec);
        (void)listener.mouth_->encode(std::span(pcm).first(count), sample_rate(codec));
      });
    };
    lead(*this, peer_->passed_on_);
    lead(*peer_, passed_on_);
  }
  end_noise();
  peer_->end_noise();
  out_.interrupt();
  peer_->out_.interrupt();
  peer_->peer_ = nullptr;
  peer_ = nullptr;
}

void Session::play(Player player) {
  stop_play(PlayEnd::stopped);
  player_.emplace(std::move(player));
  generating_ = true;
  context_->wheel.add(*this);
}

void Session::stop_play(PlayEnd end) {
  if (!player_) return;
  const auto id = player_->id();
  player_.reset();
  generating_ = digits_.active() || noise_;
  if (!generating_) context_->wheel.remove(*this);
  context_->observer->on_play_done(leg_, id, end, {});
}

void Session::send_digits(std::string_view digits, Duration length, Duration gap) {
  digits_.add(digits, length, gap);
  if (!digits_.active()) return;
  generating_ = true;
  context_->wheel.add(*this);
}

void Session::start_recording(std::shared_ptr<recorder::Tap> tap) {
  stop_recording();
  tap_offset_ = begin_tap(*tap);
  tap_ = std::move(tap);
  recording_paused_ = false;
  note_recorded();
}

void Session::stop_recording() {
  if (!tap_) return;
  // A session between two shards has no clock: it ends where it was last seen.
  tap_->finish(context_ != nullptr ? context_->now() - recording_from_ - tap_offset_ : tap_->head());
  tap_.reset();
  note_recorded();
}

void Session::start_copy(std::shared_ptr<recorder::Tap> tap) {
  copy_offset_ = begin_tap(*tap);
  copy_ = std::move(tap);
  note_recorded();
}

void Session::stop_copy() {
  copy_.reset();
  note_recorded();
}

/// Recording and copy have one clock, which begins with the first of them; returns where on it this tap begins.
std::uint64_t Session::begin_tap(recorder::Tap& tap) {
  if (!recorded_) {
    recording_from_ = context_->now();
    left_.reset();
    right_.reset();
  }
  tap.begin(context_->wall);
  return context_->now() - recording_from_;
}

void Session::note_recorded() {
  recorded_ = tap_ || copy_;
  if (!recorded_) recording_ways_ = {};
  set_extra();
}

void Session::on_readable(std::span<std::uint8_t> buffer, int packets_max) {
  constexpr std::size_t tail = 64;  // for a port's authentication tag
  const auto room = buffer.first(buffer.size() - tail);
  for (int i = 0; i < packets_max; ++i) {
    if (socket_.connected()) {
      const auto size = socket_.receive(room);
      if (size < 0) return;
      take_datagram(room.first(static_cast<std::size_t>(size)), buffer.size() - static_cast<std::size_t>(size));
    } else {
      sockaddr_storage from{};
      const auto size = socket_.receive_from(room, from);
      if (size < 0) return;
      if (take_datagram(room.first(static_cast<std::size_t>(size)), buffer.size() - static_cast<std::size_t>(size)))
        learn(from);
    }
  }
}

/// A datagram of the RTP port, which may be encrypted, or RTCP on the same port.
bool Session::take_datagram(std::span<std::uint8_t> datagram, std::size_t capacity_after) {
  if (!srtp_) [[likely]]
    return on_packet(datagram, capacity_after);
  if (is_rtcp(datagram)) {
    on_rtcp(datagram);
    return false;
  }
  const auto opened = srtp_->unprotect_rtp(datagram);
  return opened.size != 0 && on_packet(datagram.first(opened.size), capacity_after + datagram.size() - opened.size);
}

/// Symmetric RTP (RFC 4961): the source of the first valid packet is the far end, and from then on the only one.
void Session::learn(const sockaddr_storage& from) {
  const bool former =
      context_->now_us < former_until_us_ && same_address(from, former_source_) && !same_address(from, remote_.address);
  if (former) return;
  source_ = from;
  socket_.connect(from);
}

Session::Kind Session::kind_of(std::uint8_t payload_type) const {
  if (payload_type == audio_type_ || payload_type == audio_type_or_) return Kind::audio;
  if (remote_.dtmf_payload_type && payload_type == remote_.dtmf_payload_type_in.value_or(*remote_.dtmf_payload_type))
    return Kind::event;
  return remote_.noise_payload_type == payload_type ? Kind::noise : Kind::other;
}

bool Session::on_packet(std::span<std::uint8_t> packet, std::size_t capacity_after) {
  if (!has_remote_) return false;
  const auto rtp = parse_rtp(packet);
  if (!rtp) {
    if (rtcp_ && !srtp_ && is_rtcp(packet)) on_rtcp(packet);
    return false;
  }
  const auto kind = kind_of(rtp->payload_type);
  if (kind == Kind::other) return false;
  last_received_us_ = context_->now_us;
  dead_ = false;
  ++context_->received;
  in_.on_packet(*rtp, context_->now());
  if (!remote_.receive || rtp->payload_size == 0) return true;
  const auto payload = packet.subspan(rtp->payload_offset, rtp->payload_size);
  if (peer_ != nullptr && mix_ == nullptr && kind == Kind::audio) passed_on_.keep(*rtp, payload, context_->now());
  if (kind == Kind::event)
    on_event(*rtp, payload);
  else if (extra_ || kind == Kind::noise) [[unlikely]] {
    on_audio_extra(*rtp, kind, packet, capacity_after);
    return true;
  } else if (recorded_)
    record(recorder::Channel::received, left_, rtp->timestamp, rtp->payload_type == 0, payload);
  if (peer_ == nullptr) return true;
  if (kind == Kind::event && (mix_ != nullptr || remote_.dtmf_clock != peer_->remote_.dtmf_clock))
    peer_->forward_event(*rtp, payload, remote_.dtmf_clock);
  else
    peer_->relay_from(*rtp, kind, packet, capacity_after);
  return true;
}

void Session::on_event(const RtpPacket& rtp, std::span<const std::uint8_t> payload) {
  const auto seen = detector_.on_packet(rtp, payload, context_->now());
  if (seen.begun && player_ && player_->stop_on_digit()) stop_play(PlayEnd::digit);
  for (int i = 0; i < seen.ended_count; ++i) report(seen.ended[static_cast<std::size_t>(i)]);
}

void Session::report(const Digit& digit) {
  if (peer_ != nullptr && peer_->has_remote_ && !peer_->remote_.dtmf_payload_type)
    peer_->send_digits({&digit.digit, 1}, digit.length, relayed_digit_gap);
  context_->observer->on_digit(leg_, digit.digit, digit.length);
}

void Session::relay_from(const RtpPacket& rtp, Kind kind, std::span<std::uint8_t> packet, std::size_t capacity_after) {
  if ((generating_ && !end_noise()) || !can_send()) return;
  const bool event = kind == Kind::event;
  if (event && !remote_.dtmf_payload_type) return out_.skip(rtp);
  const auto header = out_.relay(rtp, event, context_->now());
  if (!header) return;

  auto* payload = packet.data() + rtp.payload_offset;
  if (!event && rtp.payload_type != type_out_ && is_g711(remote_.codec)) {
    const auto& table = remote_.codec == Codec::pcma ? g711::ulaw_to_alaw : g711::alaw_to_ulaw;
    for (std::size_t i = 0; i < rtp.payload_size; ++i) payload[i] = table[payload[i]];
  }
  if (!event && recorded_) {
    if (is_g711(remote_.codec))
      record(recorder::Channel::sent, right_, header->timestamp, remote_.codec == Codec::pcmu,
             {payload, rtp.payload_size});
    else
      record_coded(recorder::Channel::sent, header->timestamp, {payload, rtp.payload_size});
  }
  // Our header goes right before the payload: CSRCs, extensions and padding of the other stream stay behind.
  auto* start = payload - rtp_header_size;
  const auto size = rtp_header_size + rtp.payload_size;
  write_rtp_header(start, event ? *remote_.dtmf_payload_type : type_out_, header->marker, header->sequence,
                   header->timestamp, out_.ssrc());
  if (context_->late) ++context_->late_packets;
  transmit({start, size}, capacity_after + (packet.size() - rtp.payload_offset - rtp.payload_size));
}

bool Session::can_send() const {
  return has_remote_ && remote_.send && (port_ != nullptr || socket_.connected() || is_usable(remote_.address));
}

void Session::transmit(std::span<std::uint8_t> packet, std::size_t capacity_after) {
  constexpr std::size_t port_capacity = 64;
  if (port_ != nullptr) {
    if (capacity_after < port_capacity) {
      if (packet.size() + port_capacity > context_->packet.size()) return;
      std::memcpy(context_->packet.data(), packet.data(), packet.size());
      port_->send_rtp(leg_, {context_->packet.data(), packet.size()}, context_->packet.size() - packet.size());
    } else {
      port_->send_rtp(leg_, packet, capacity_after);
    }
  } else if (srtp_) {
    if (!send_encrypted(packet, capacity_after)) return;
  } else if (!socket_.send(packet, remote_.address)) {
    return;
  }
  ++sent_;
  sent_bytes_ += static_cast<std::uint32_t>(packet.size() - rtp_header_size);
  ++context_->sent;
}

void Session::record(recorder::Channel channel, recorder::Placement& placement, std::uint32_t timestamp, bool ulaw,
                     std::span<const std::uint8_t> payload) {
  const auto wall = context_->now() - recording_from_;
  const auto position = placement.place(timestamp, wall);
  if (recording_paused_) return;  // sweep() moves the head on
  if (tap_) put(*tap_, tap_offset_, channel, position, ulaw, payload);
  if (copy_) [[unlikely]]
    put(*copy_, copy_offset_, channel, position, ulaw, payload);
  advance_taps(wall);
}

void Session::put(recorder::Tap& tap, std::uint64_t offset, recorder::Channel channel, std::uint64_t position,
                  bool ulaw, std::span<const std::uint8_t> payload) {
  if (position < offset) {  // from before this one began
    if (position + payload.size() <= offset) return;
    payload = payload.subspan(static_cast<std::size_t>(offset - position));
    position = offset;
  }
  if (ulaw)
    tap.put_ulaw(channel, position - offset, payload);
  else
    tap.put(channel, position - offset, payload);
}

void Session::advance_taps(std::uint64_t wall) {
  if (tap_ && wall > tap_offset_ + recording_delay) tap_->advance(wall - tap_offset_ - recording_delay);
  if (copy_ && wall > copy_offset_ + recording_delay) [[unlikely]]
    copy_->advance(wall - copy_offset_ - recording_delay);
}

void Session::fetch(Fetch step) const {
  const auto prefetch = [](const void* what) { __builtin_prefetch(what); };
  switch (step) {
    case Fetch::itself:
      for (std::size_t at = 0; at < 256; at += cache_line) prefetch(reinterpret_cast<const std::uint8_t*>(this) + at);
      for (const void* part : std::initializer_list<const void*>{&out_, &remote_, &remote_.send, &player_, &digits_})
        prefetch(part);
      break;
    case Fetch::lists:
      if (player_) player_->fetch_list();
      if (tap_) prefetch(tap_.get());
      break;
    case Fetch::sound:
      if (player_) player_->fetch_sound(remote_.codec == Codec::pcmu, samples_a_frame);
      if (tap_) tap_->fetch(recorder::Channel::sent, context_->now() - recording_from_ - tap_offset_, samples_a_frame);
      break;
  }
}

void Session::generate() {
  if (digits_.active()) return generate_digit();
  if (!player_ && noise_) {
    std::array<std::int16_t, samples_a_frame> linear;
    noise_->fill(linear);
    return send_pcm(linear, narrowband);
  }
  if (!player_) {
    generating_ = false;
    return context_->wheel.remove(*this);
  }
  std::array<std::uint8_t, samples_a_frame> frame;
  const bool more = player_->fill(remote_.codec == Codec::pcmu, frame);
  if (more) send_generated_frame(frame);  // a wideband leg: A-law, encoded anew there
  if (!more || player_->finished()) stop_play(PlayEnd::finished);
}

void Session::generate_digit() {
  const auto step = digits_.next();
  if (step.kind != DtmfSender::Step::Kind::event || !can_send()) return;
  if (!remote_.dtmf_payload_type) {  // no telephone events agreed: the tones themselves
    if (step.ended) return;
    std::array<std::int16_t, samples_a_frame> linear;
    std::array<std::uint8_t, samples_a_frame> frame;
    fill_dtmf_tone(step.digit, step.sample, linear);
    if (!is_g711(remote_.codec)) return send_pcm(linear, narrowband);
    for (std::size_t i = 0; i < frame.size(); ++i)
      frame[i] = remote_.codec == Codec::pcmu ? g711::encode_ulaw(linear[i]) : g711::encode_alaw(linear[i]);
    return send_generated_frame(frame);
  }
  const auto header = out_.generate_event(step.first, context_->now());
  auto* packet = context_->packet.data();
  write_rtp_header(packet, *remote_.dtmf_payload_type, header.marker, header.sequence, header.timestamp, out_.ssrc());
  std::memcpy(packet + rtp_header_size, step.payload.data(), step.payload.size());
  const auto size = rtp_header_size + step.payload.size();
  transmit({packet, size}, context_->packet.size() - size);
}

void Session::send_generated_frame(std::span<const std::uint8_t> frame) {
  if (!can_send()) return;  // the play's time goes on, as for one who does not listen
  if (!is_g711(remote_.codec)) {
    std::array<std::int16_t, samples_a_frame> linear;
    for (std::size_t i = 0; i < linear.size(); ++i) linear[i] = g711::decode_alaw(frame[i]);
    return send_pcm(linear, narrowband);
  }
  send_payload(frame);
}

/// The next 20 ms, encoded; a G.711 one is recorded as it is.
void Session::send_payload(std::span<const std::uint8_t> payload) {
  const auto header = out_.generate(context_->now());
  auto* packet = context_->packet.data();
  write_rtp_header(packet, type_out_, header.marker, header.sequence, header.timestamp, out_.ssrc());
  std::memcpy(packet + rtp_header_size, payload.data(), payload.size());
  if (recorded_ && is_g711(remote_.codec))
    record(recorder::Channel::sent, right_, header.timestamp, remote_.codec == Codec::pcmu, payload);
  const auto size = rtp_header_size + payload.size();
  transmit({packet, size}, context_->packet.size() - size);
}

void Session::sweep() {
  if (rtcp_ && context_->now_us >= rtcp_->due_us) report_rtcp();
  if (has_remote_ && remote_.receive) look_for_silence();
  if (detector_.active())
    if (const auto digit = detector_.on_time(context_->now())) report(*digit);
  if (recorded_) advance_taps(context_->now() - recording_from_);
  if (former_ear_ && context_->now_us - parted_us_ > goes_on_us) former_ear_.reset();
  if (has_remote_ && remote_.receive && !dead_ && context_->dead_after.count() > 0 &&
      context_->now_us - last_received_us_ > static_cast<std::uint64_t>(context_->dead_after.count()) * 1'000) {
    dead_ = true;
    context_->observer->on_media_timeout(leg_);
  }
}

}  // namespace hotline::voice::media
