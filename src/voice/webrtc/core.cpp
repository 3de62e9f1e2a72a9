// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/core.hpp"

#include <algorithm>

#include "voice/webrtc/demux.hpp"

namespace hotline::voice::webrtc {

Core::Core(Config config, DtlsContext dtls, std::unique_ptr<UdpSocket> socket, Loop& loop, Sink& sink,
           Observer& observer)
    : config_{std::move(config)},
      dtls_{std::move(dtls)},
      socket_{std::move(socket)},
      loop_{loop},
      sink_{sink},
      observer_{observer} {}

// ---- legs

bool Core::reserve() {
  if (reserved_.fetch_add(1) < config_.legs_max) return true;
  release();
  return false;
}

void Core::release() {
  reserved_.fetch_sub(1);
}

void Core::add(Leg::Setup setup) {
  if (stopped_) return release();
  if (const auto former = legs_.find(setup.id); former != legs_.end()) remove(*former->second);
  now_ = loop_.now();
  const LegId id = setup.id;
  auto send = [this](const Address& to, std::span<const std::uint8_t> datagram) {
    const bool sent = socket_->send(to, datagram);
    if (!sent) ++count_.send_failed;
    return sent;
  };
  const auto [at, added] = legs_.emplace(id, std::make_unique<Leg>(std::move(setup), std::move(send), now_));
  Leg& leg = *at->second;
  by_username_.emplace(leg.expected_username(), &leg);
  leg.slot = next_slot_++ % slots;
  wheel_[leg.slot].push_back(&leg);
}

void Core::remove(Leg& leg) {
  if (leg.connected()) --count_.connected;
  leg.close();
  std::erase(handshakes_, &leg);
  std::erase(wheel_[leg.slot], &leg);
  for (const Address& address : leg.addresses()) {
    const auto known = by_address_.find(address);
    if (known != by_address_.end() && known->second == &leg) by_address_.erase(known);
  }
  by_username_.erase(leg.expected_username());
  legs_.erase(LegId{leg.id()});  // a copy: the leg's own id goes with it
  release();
}

LegStats Core::close(LegId leg) {
  const auto at = legs_.find(leg);
  if (at == legs_.end()) return {};
  const LegStats stats = at->second->stats();
  remove(*at->second);
  return stats;
}

const Leg* Core::find(LegId leg) const {
  const auto at = legs_.find(leg);
  return at == legs_.end() ? nullptr : at->second.get();
}

void Core::fail_leg(Leg& leg, Failure why) {
  const LegId id = leg.id();
  remove(leg);
  observer_.on_failed(id, why);
}

void Core::lose_leg(Leg& leg, Loss why) {
  const LegId id = leg.id();
  remove(leg);
  observer_.on_lost(id, why);
}

void Core::stop() {
  while (!legs_.empty()) remove(*legs_.begin()->second);
  stopped_ = true;
  publish();
}

// ---- packets

void Core::readable() {
  if (stopped_) return;
  now_ = loop_.now();
  socket_->receive([this](const Address& from, std::span<std::uint8_t> datagram) { on_datagram(from, datagram); });
}

void Core::on_datagram(const Address& from, std::span<std::uint8_t> datagram) {
  const PacketKind kind = classify(datagram);
  if (kind == PacketKind::stun) return on_stun(from, datagram);
  const auto known = by_address_.find(from);
  if (known == by_address_.end()) {
    ++count_.unknown_source;
    return;
  }
  Leg& leg = *known->second;
  switch (kind) {
    case PacketKind::rtp: {
      const auto packet = leg.on_rtp(datagram, now_, count_);
      if (!packet.empty()) sink_.on_rtp(leg.id(), packet);
      return;
    }
    case PacketKind::rtcp:
      return leg.on_rtcp(datagram, now_, count_);
    case PacketKind::dtls:
      return on_dtls(from, datagram, leg);
    default:
      return;
  }
}

/// Strangers get no answer at all: an answer to a forged source would be an attack on it (RFC 8445 section 19).
void Core::on_stun(const Address& from, std::span<const std::uint8_t> packet) {
  const auto request = stun::parse(packet);
  const auto named = request ? by_username_.find(request->username) : by_username_.end();
  if (named == by_username_.end() || request->kind != stun::Class::request || !request->has_fingerprint ||
      !stun::check_integrity(packet, *request, named->second->ice().password)) {
    ++count_.stun_refused;
    return;
  }
  Leg& leg = *named->second;
  constexpr std::uint16_t unknown_attribute = 420, role_conflict = 487;
  if (request->unknown_count > 0) return refuse_check(from, *request, leg, unknown_attribute);
  // We are lite, so always controlled: a browser in the same role must change it (RFC 8445 section 7.3.1.1).
  if (request->from_controlled) return refuse_check(from, *request, leg, role_conflict);
  if (!learn(from, leg, request->use_candidate)) {
    ++count_.stun_refused;
    return;
  }
  stun::Writer answer{stun::Class::success, request->transaction};
  answer.mapped(from).integrity(leg.ice().password).fingerprint();
  ++count_.stun_answered;
  if (!socket_->send(from, answer.bytes())) ++count_.send_failed;
}

void Core::refuse_check(const Address& from, const stun::Message& request, const Leg& leg, std::uint16_t code) {
  stun::Writer answer{stun::Class::error, request.transaction};
  if (code == 420) {
    answer.error(code, "Unknown Attribute").unknown_attributes(std::span{request.unknown}.first(request.unknown_count));
  } else {
    answer.error(code, "Role Conflict");
  }
  answer.integrity(leg.ice().password).fingerprint();
  ++count_.stun_refused;
  if (!socket_->send(from, answer.bytes())) ++count_.send_failed;
}

/// Makes `from` an address of the leg. False when another leg is alive there: with forged sources one caller could
/// otherwise take another's packets away. A port that a NAT gave anew is free after the time limit.
bool Core::learn(const Address& from, Leg& leg, bool nominated) {
  constexpr std::chrono::seconds kept_after_check{10};
  const auto owner = by_address_.find(from);
  if (owner != by_address_.end() && owner->second != &leg) {
    const auto checked_at = owner->second->checked_at(from);
    if (checked_at && now_ - *checked_at < kept_after_check) return false;
    owner->second->forget(from);
  }
  by_address_[from] = &leg;
  if (const auto given_up = leg.checked(from, nominated, now_)) by_address_.erase(*given_up);
  return true;
}

void Core::on_dtls(const Address& from, std::span<const std::uint8_t> datagram, Leg& leg) {
  if (!leg.has_dtls()) {
    constexpr std::uint8_t handshake_record = 22;
    if (datagram[0] != handshake_record) return;
    if (handshakes_.size() >= config_.handshakes_max) {
      ++count_.dtls_deferred;
      return;
    }
    leg.begin_handshake(dtls_, now_);
    handshakes_.push_back(&leg);
  }
  const DtlsState before = leg.connected() ? DtlsState::connected : DtlsState::handshake;
  settle_dtls(leg, before, leg.on_dtls(from, datagram, now_));
}

void Core::settle_dtls(Leg& leg, DtlsState before, DtlsState after) {
  if (before == after) return;
  const bool was_connected = before == DtlsState::connected;
  switch (after) {
    case DtlsState::handshake:
      return;
    case DtlsState::connected:
      std::erase(handshakes_, &leg);
      ++count_.connected;
      return observer_.on_connected(leg.id());
    case DtlsState::closed:
      return was_connected ? lose_leg(leg, Loss::closed) : fail_leg(leg, Failure::handshake);
    case DtlsState::wrong_fingerprint:
      return fail_leg(leg, Failure::wrong_fingerprint);
    case DtlsState::failed:
      return was_connected ? lose_leg(leg, Loss::error) : fail_leg(leg, Failure::handshake);
  }
}

void Core::send_rtp(LegId leg, std::span<std::uint8_t> packet) {
  const auto at = legs_.find(leg);
  if (at == legs_.end()) return;
  if (at->second->send_rtp(packet, loop_.now())) ++count_.rtp_sent;
}

// ---- time

void Core::tick() {
  if (stopped_) return;
  now_ = loop_.now();
  tick_handshakes();
  tick_slot();
  publish();
}

void Core::tick_handshakes() {
  const std::vector<Leg*> running = handshakes_;  // a copy: those that end are taken out
  for (Leg* leg : running) {
    if (now_ - leg->handshake_at() >= config_.handshake_timeout) {
      fail_leg(*leg, Failure::handshake_timeout);
    } else {
      settle_dtls(*leg, DtlsState::handshake, leg->retransmit());
    }
  }
}

void Core::tick_slot() {
  slot_now_ = (slot_now_ + 1) % slots;
  const std::vector<Leg*> due = wheel_[slot_now_];
  for (Leg* leg : due) {
    if (leg->connected()) {
      if (now_ - leg->heard_at() >= config_.consent_timeout) {
        lose_leg(*leg, Loss::silence);
      } else {
        leg->report(config_.report_interval, now_);
      }
    } else if (!leg->has_dtls() && now_ - leg->created_at() >= config_.connect_timeout) {
      fail_leg(*leg, Failure::unreachable);
    }
  }
}

void Core::publish() {
  count_.legs = legs_.size();
  count_.handshakes = handshakes_.size();
  const std::lock_guard lock{published_mutex_};
  published_ = count_;
}

EngineStats Core::published() const {
  const std::lock_guard lock{published_mutex_};
  return published_;
}

}  // namespace hotline::voice::webrtc
