// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/leg.hpp"

#include <algorithm>

#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {

Leg::Leg(Setup setup, Send send, Moment now)
    : setup_{std::move(setup)},
      send_{std::move(send)},
      username_{setup_.ice.ufrag + ":" + setup_.remote_ufrag},
      created_at_{now},
      heard_at_{now},
      reception_{setup_.clock_rate} {
  transmission_.ssrc = setup_.ssrc;
  transmission_.clock_rate = setup_.clock_rate;
}

std::optional<Address> Leg::checked(const Address& from, bool nominated, Moment now) {
  heard_at_ = now;
  // Until one is nominated the first that answers will do: the ClientHello may come before USE-CANDIDATE. Afterwards
  // every nomination is followed, as browsers nominate anew when their network changes.
  if (nominated || !selected_) selected_ = from;

  const auto end = known_.begin() + static_cast<std::ptrdiff_t>(known_count_);
  const auto found = std::find_if(known_.begin(), end, [&](const Known& k) { return k.address == from; });
  if (found != end) {
    found->checked_at = now;
    return std::nullopt;
  }
  if (known_count_ < known_.size()) {
    known_[known_count_++] = {from, now};
    return std::nullopt;
  }
  const auto oldest = std::min_element(known_.begin(), end, [&](const Known& a, const Known& b) {
    const bool a_kept = a.address == selected_, b_kept = b.address == selected_;
    return a_kept != b_kept ? b_kept : a.checked_at < b.checked_at;
  });
  const Address given_up = oldest->address;
  *oldest = {from, now};
  return given_up;
}

std::optional<Moment> Leg::checked_at(const Address& address) const {
  for (std::size_t i = 0; i < known_count_; ++i) {
    if (known_[i].address == address) return known_[i].checked_at;
  }
  return std::nullopt;
}

void Leg::forget(const Address& address) {
  for (std::size_t i = 0; i < known_count_; ++i) {
    if (known_[i].address != address) continue;
    known_[i] = known_[--known_count_];
    break;
  }
  if (selected_ == address) selected_.reset();
}

std::vector<Address> Leg::addresses() const {
  std::vector<Address> out;
  for (std::size_t i = 0; i < known_count_; ++i) out.push_back(known_[i].address);
  return out;
}

void Leg::begin_handshake(const DtlsContext& context, Moment now) {
  handshake_at_ = now;
  dtls_ = std::make_unique<DtlsSession>(context, setup_.remote_fingerprint,
                                        [this](std::span<const std::uint8_t> out) { send_(dtls_peer_, out); });
}

DtlsState Leg::on_dtls(const Address& from, std::span<const std::uint8_t> datagram, Moment now) {
  dtls_peer_ = from;
  return settle(dtls_->receive(datagram), now);
}

DtlsState Leg::retransmit() {
  return dtls_->retransmit();
}

/// Makes the keys of a handshake just finished.
DtlsState Leg::settle(DtlsState state, Moment now) {
  if (state != DtlsState::connected || srtp_) return state;
  const auto keys = dtls_->srtp_keys();
  if (keys) srtp_ = SrtpSession::make(*keys, SrtpSession::Side::server);
  heard_at_ = report_at_ = now;
  return srtp_ ? state : DtlsState::failed;
}

void Leg::close() {
  if (!dtls_) return;
  if (selected_) dtls_peer_ = *selected_;
  dtls_->close();
}

std::span<std::uint8_t> Leg::refused(const SrtpSession::Opened& opened, EngineStats& count) {
  const bool replayed = opened.error == SrtpError::replayed;
  ++(replayed ? stats_.replayed : stats_.refused);
  ++(replayed ? count.rtp_replayed : count.rtp_refused);
  return {};
}

std::span<std::uint8_t> Leg::on_rtp(std::span<std::uint8_t> packet, Moment now, EngineStats& count) {
  if (!srtp_) return {};
  const auto opened = srtp_->unprotect_rtp(packet);
  constexpr std::size_t header = 12;
  if (opened.size < header) return refused(opened, count);
  heard_at_ = now;
  ++count.rtp_received;
  ++stats_.packets_received;
  const auto rtp = packet.first(opened.size);
  reception_.take(rtp, now);
  return rtp;
}

void Leg::on_rtcp(std::span<std::uint8_t> packet, Moment now, EngineStats& count) {
  if (!srtp_) return;
  const auto opened = srtp_->unprotect_rtcp(packet);
  if (opened.size == 0) {
    refused(opened, count);
    return;
  }
  heard_at_ = now;
  const PeerReport report = read_report(packet.first(opened.size), setup_.ssrc, now);
  if (report.sender_compact) last_sender_report_ = LastSenderReport{*report.sender_compact, now};
  if (!report.about_us) return;
  constexpr double fraction_unit = 256.0;
  stats_.remote_lost = report.lost;
  stats_.remote_jitter_ms = report.jitter / (setup_.clock_rate / 1000);
  stats_.remote_fraction_lost = report.fraction_lost / fraction_unit;
  if (report.round_trip) stats_.round_trip = std::chrono::round<Duration>(*report.round_trip);
}

bool Leg::send_rtp(std::span<std::uint8_t> packet, Moment now) {
  constexpr std::size_t header = 12;
  if (!srtp_ || !selected_ || packet.size() < header) return false;
  // The answer announced our SSRC, whatever the session counts under.
  write_u32(packet.data() + 8, setup_.ssrc);
  transmission_.last_timestamp = read_u32(packet.data() + 4);
  const std::size_t size = srtp_->protect_rtp(packet.data(), packet.size());
  if (size == 0 || !send_(*selected_, {packet.data(), size})) return false;
  transmission_.last_at = now;
  ++transmission_.packets;
  transmission_.payload_bytes += static_cast<std::uint32_t>(packet.size() - header);
  ++stats_.packets_sent;
  return true;
}

void Leg::report(Duration interval, Moment now) {
  if (!srtp_ || !selected_ || now - report_at_ < interval) return;
  report_at_ = now;
  std::array<std::uint8_t, report_max + SrtpSession::trailer_max> buffer;
  const std::size_t plain = write_report(std::span{buffer}.first<report_max>(), setup_.ssrc, transmission_,
                                         reception_.take_report(), last_sender_report_, now);
  const std::size_t size = srtp_->protect_rtcp(buffer.data(), plain);
  if (size > 0) send_(*selected_, {buffer.data(), size});
}

LegStats Leg::stats() const {
  LegStats out = stats_;
  out.packets_lost = reception_.lost();
  out.jitter_ms = reception_.jitter_ms();
  return out;
}

}  // namespace hotline::voice::webrtc
