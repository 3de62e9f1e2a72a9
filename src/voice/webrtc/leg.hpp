// SPDX-License-Identifier: Apache-2.0
// One browser's leg: its ICE, DTLS, SRTP and RTCP state. On the engine's thread; time comes in as an argument.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "voice/webrtc/address.hpp"
#include "voice/webrtc/answer.hpp"
#include "voice/webrtc/dtls.hpp"
#include "voice/webrtc/engine.hpp"
#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {

class Leg {
 public:
  static constexpr std::size_t addresses_max = 8;

  struct Setup {
    LegId id;
    IceCredentials ice;
    std::string remote_ufrag;
    Fingerprint remote_fingerprint{};
    std::uint32_t ssrc = 0;
    std::uint32_t clock_rate = 8'000;  ///< of the codec agreed on
  };
  using Send = std::function<bool(const Address& to, std::span<const std::uint8_t> datagram)>;

  Leg(Setup setup, Send send, Moment now);
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  [[nodiscard]] LegId id() const { return setup_.id; }
  [[nodiscard]] const IceCredentials& ice() const { return setup_.ice; }
  /// The USERNAME of the browser's checks: "ours:theirs" (RFC 8445 section 7.2.2).
  [[nodiscard]] const std::string& expected_username() const { return username_; }

  // ---- ICE
  /// An authenticated check came from `from`. Returns an address that had to be given up for it, if any.
  std::optional<Address> checked(const Address& from, bool nominated, Moment now);
  /// When an authenticated check last came from this address; nullopt: never, or given up.
  [[nodiscard]] std::optional<Moment> checked_at(const Address& address) const;
  void forget(const Address& address);
  [[nodiscard]] std::vector<Address> addresses() const;
  [[nodiscard]] const std::optional<Address>& selected() const { return selected_; }

  // ---- DTLS
  [[nodiscard]] bool handshaking() const { return dtls_ && dtls_->state() == DtlsState::handshake; }
  [[nodiscard]] bool has_dtls() const { return dtls_ != nullptr; }
  [[nodiscard]] bool connected() const { return srtp_.has_value(); }
  void begin_handshake(const DtlsContext& context, Moment now);
  /// A DTLS datagram from an address of this leg; begin_handshake() came before. Makes the SRTP keys when it is the
  /// last.
  DtlsState on_dtls(const Address& from, std::span<const std::uint8_t> datagram, Moment now);
  DtlsState retransmit();
  void close();

  // ---- media
  /// Decrypts in place. The RTP packet, or empty when it was refused.
  std::span<std::uint8_t> on_rtp(std::span<std::uint8_t> packet, Moment now, EngineStats& count);
  void on_rtcp(std::span<std::uint8_t> packet, Moment now, EngineStats& count);
  /// Encrypts in place and sends. False when nothing was sent.
  bool send_rtp(std::span<std::uint8_t> packet, Moment now);
  /// An RTCP report, when one is due.
  void report(Duration interval, Moment now);

  // ---- time limits
  [[nodiscard]] Moment created_at() const { return created_at_; }
  [[nodiscard]] Moment handshake_at() const { return handshake_at_; }
  [[nodiscard]] Moment heard_at() const { return heard_at_; }
  [[nodiscard]] LegStats stats() const;

  std::size_t slot = 0;  ///< of the engine's timer wheel

 private:
  struct Known {
    Address address;
    Moment checked_at;
  };
  DtlsState settle(DtlsState state, Moment now);
  std::span<std::uint8_t> refused(const SrtpSession::Opened& opened, EngineStats& count);

  Setup setup_;
  Send send_;
  std::string username_;
  Moment created_at_, handshake_at_{}, heard_at_, report_at_{};
  std::array<Known, addresses_max> known_{};
  std::size_t known_count_ = 0;
  std::optional<Address> selected_;
  Address dtls_peer_;
  std::unique_ptr<DtlsSession> dtls_;
  std::optional<SrtpSession> srtp_;

  Reception reception_;
  Transmission transmission_;
  std::optional<LastSenderReport> last_sender_report_;
  LegStats stats_;
};

}  // namespace hotline::voice::webrtc
