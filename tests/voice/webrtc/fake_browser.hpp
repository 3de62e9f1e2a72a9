// SPDX-License-Identifier: Apache-2.0
// The far end of a leg, as a browser would be: an offer, ICE checks, a DTLS client, SRTP. On the test's thread, over a
// real loopback socket.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "voice/webrtc/certificate.hpp"
#include "voice/webrtc/media_names.hpp"
#include "voice/webrtc/stun.hpp"

namespace hotline::voice::webrtc {

using Bytes = std::vector<std::uint8_t>;

class FakeBrowser {
 public:
  FakeBrowser();
  ~FakeBrowser();
  FakeBrowser(const FakeBrowser&) = delete;
  FakeBrowser& operator=(const FakeBrowser&) = delete;

  [[nodiscard]] std::string offer() const;
  /// Takes port, credentials and fingerprint from the answer; false when one is missing.
  bool take_answer(const std::string& sdp);

  struct Check {
    bool nominate = true;
    std::string password{};  ///< empty: the right one
    std::string username{};  ///< empty: the right one
    bool controlled = false;
    bool fingerprint = true;
    bool integrity = true;
    std::uint32_t transaction = 0;  ///< 0: the next
  };
  /// Sends a check and returns its transaction.
  std::uint32_t send_check(const Check& check);
  /// The next STUN message that arrives within two seconds; other packets are kept for their readers.
  std::optional<Bytes> next_stun();
  /// A good check, answered with our address.
  bool check(bool nominate = true);

  /// The DTLS handshake, up to SRTP keys; false when it fails or five seconds have passed.
  bool connect(const char* srtp_profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");
  /// Sends the ClientHello only.
  void send_client_hello();
  /// A DTLS datagram that arrives within two seconds.
  std::optional<Bytes> next_dtls();
  void send_close_notify();
  /// Whether the engine said close_notify, waiting up to two seconds.
  bool closed_by_engine();

  void send(std::span<const std::uint8_t> datagram);
  /// Encrypts; the datagram can be sent at any time.
  Bytes make_rtp(std::uint16_t sequence, std::span<const std::uint8_t> payload, std::uint32_t ssrc = 0x1234);
  /// make_rtp() and send().
  Bytes send_rtp(std::uint16_t sequence, std::span<const std::uint8_t> payload, std::uint32_t ssrc = 0x1234);
  void send_rtcp(Bytes compound);
  /// Decrypted; nullopt when none comes within two seconds.
  std::optional<Bytes> next_rtp();
  std::optional<Bytes> next_rtcp();

  /// A new socket: another source port, as after a change of network.
  void move();
  [[nodiscard]] std::uint16_t local_port() const;

  bool lose_last_flight = false;   ///< the engine's first ChangeCipherSpec and Finished do not arrive
  bool wrong_fingerprint = false;  ///< the offer names a certificate that is not ours

  [[nodiscard]] SrtpProfile profile() const { return profile_; }
  [[nodiscard]] std::uint16_t engine_port() const { return engine_port_; }
  [[nodiscard]] const std::string& engine_ufrag() const { return engine_ufrag_; }

 private:
  void begin_dtls(const char* srtp_profiles);
  void flush();
  std::optional<Bytes> next(int kind, int timeout_ms);

  Certificate certificate_;
  std::string ufrag_ = "brow", password_ = "browser-password-browser";
  std::string engine_ufrag_, engine_password_;
  Fingerprint engine_fingerprint_{};
  std::uint16_t engine_port_ = 0;
  int fd_ = -1;
  std::uint32_t transaction_ = 0x1000;
  std::vector<Bytes> inbox_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::optional<SrtpSession> srtp_;
  SrtpProfile profile_{};
};

}  // namespace hotline::voice::webrtc
