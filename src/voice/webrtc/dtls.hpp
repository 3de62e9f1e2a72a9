// SPDX-License-Identifier: Apache-2.0
// The DTLS 1.2 server side of a leg (RFC 5764): it only makes SRTP keys, no application data is taken.
//
// Not thread-safe: a session lives on the engine's thread. A context may be shared by the sessions of one thread.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "voice/webrtc/certificate.hpp"
#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {

/// What all sessions share: our certificate, the ciphers and the SRTP profiles.
class DtlsContext {
 public:
  static Result<DtlsContext, Problem> make(const Certificate& certificate);
  [[nodiscard]] SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

enum class DtlsState : std::uint8_t {
  handshake,
  connected,
  closed,             ///< the peer sent close_notify
  wrong_fingerprint,  ///< its certificate is not the one of its SDP: handshake refused with an alert
  failed,             ///< no agreement, a fatal alert, or more than a handshake may need
};

/// One handshake and what follows it. Bounded: at most `datagrams_max` datagrams are read before the session is up,
/// each of at most `records_max` records, so that OpenSSL's store of early records cannot grow past about 2 MB.
class DtlsSession {
 public:
  static constexpr int mtu = 1200;  ///< bytes of our datagrams: passes every path a browser is found on
  static constexpr unsigned datagrams_max = 64;
  static constexpr unsigned records_max = 16;

  /// `send` is called for each datagram to be sent, from inside receive(), retransmit() and close().
  DtlsSession(const DtlsContext& context, const Fingerprint& peer,
              std::function<void(std::span<const std::uint8_t>)> send);
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  /// A datagram from the peer. Returns the state after it.
  DtlsState receive(std::span<const std::uint8_t> datagram);
  /// Repeats the last flight when its timer has run out (250 ms, then doubling up to 2 s; real time). Call it often.
  DtlsState retransmit();
  /// Says close_notify, once, if the handshake is done.
  void close();

  [[nodiscard]] DtlsState state() const { return state_; }
  /// The keys, once connected; nullopt before.
  [[nodiscard]] std::optional<SrtpKeys> srtp_keys() const;

 private:
  friend struct DtlsHooks;  // OpenSSL's callbacks

  DtlsState handshake();
  DtlsState read_on();

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  Fingerprint peer_;
  std::function<void(std::span<const std::uint8_t>)> send_;
  std::span<const std::uint8_t> incoming_;  // the datagram OpenSSL may read now
  unsigned datagrams_ = 0;
  bool fingerprint_matched_ = false, fingerprint_refused_ = false;
  DtlsState state_ = DtlsState::handshake;
  std::unique_ptr<SSL, Free> ssl_;  // last: freed first, while the callbacks still have what they use
};

}  // namespace hotline::voice::webrtc
