// SPDX-License-Identifier: Apache-2.0
#include "bench/browser.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "bench/machine.hpp"
#include "voice/sdp/sdp.hpp"
#include "voice/webrtc/certificate.hpp"
#include "voice/webrtc/stun.hpp"

namespace hotline::bench {
namespace {

using namespace voice::webrtc;

constexpr const char* ufrag = "bnch";
constexpr const char* password = "password-of-a-benchmark-end";
constexpr std::int64_t limit_ns = 5'000'000'000;

struct FreeSsl {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// One certificate for all of them: making it is not what is measured.
const Certificate& certificate() {
  static const Certificate made = Certificate::make().value();
  return made;
}

std::string offer() {
  return fmt::format(
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8 126\r\n"
      "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:actpass\r\na=mid:0\r\n"
      "a=sendrecv\r\na=rtcp-mux\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:126 telephone-event/8000\r\n",
      ufrag, password, to_string(certificate().fingerprint));
}

/// The next datagram, waiting up to 100 ms; empty: none.
std::vector<std::uint8_t> next(int fd) {
  pollfd polled{fd, POLLIN, 0};
  if (::poll(&polled, 1, 100) <= 0) return {};
  std::vector<std::uint8_t> packet(2'048);
  const auto size = ::recv(fd, packet.data(), packet.size(), MSG_DONTWAIT);
  packet.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return packet;
}

bool check(int fd, const std::string& their_ufrag, const std::string& their_password) {
  stun::Writer request{stun::Class::request, stun::TransactionId{1, 2, 3}};
  request.username(their_ufrag + ":" + ufrag).priority(0x6e7f1eff);
  request.controlling(7);
  request.use_candidate();
  request.integrity(their_password);
  request.fingerprint();
  const auto bytes = request.bytes();
  for (int tries = 0; tries < 20; ++tries) {
    if (::send(fd, bytes.data(), bytes.size(), 0) < 0) return false;
    const auto answer = next(fd);
    if (const auto parsed = stun::parse(answer); parsed && parsed->kind == stun::Class::success) return true;
  }
  return false;
}

/// The memory BIO joins records; each goes as a datagram of its own.
void flush(SSL* ssl, int fd) {
  std::array<std::uint8_t, 16'384> out;
  const int size = BIO_read(SSL_get_wbio(ssl), out.data(), out.size());
  auto rest = std::span<const std::uint8_t>(out).first(size > 0 ? static_cast<std::size_t>(size) : 0);
  while (rest.size() >= 13) {
    const auto record = std::min<std::size_t>(rest.size(), 13U + read_u16(rest.data() + 11));
    [[maybe_unused]] const auto sent = ::send(fd, rest.data(), record, 0);
    rest = rest.subspan(record);
  }
}

std::optional<SrtpKeys> shake_hands(int fd) {
  static const std::unique_ptr<SSL_CTX, FreeSsl> context = [] {
    std::unique_ptr<SSL_CTX, FreeSsl> made(SSL_CTX_new(DTLS_client_method()));
    SSL_CTX_use_certificate(made.get(), certificate().certificate.get());
    SSL_CTX_use_PrivateKey(made.get(), certificate().key.get());
    SSL_CTX_set_tlsext_use_srtp(made.get(), "SRTP_AES128_CM_SHA1_80");
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_NONE, nullptr);
    return made;
  }();
  const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));
  SSL_set_options(ssl.get(), SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(ssl.get(), 1'200);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl.get());
  for (const auto until = steady_ns() + limit_ns; !SSL_is_init_finished(ssl.get());) {
    const int result = SSL_do_handshake(ssl.get());
    flush(ssl.get(), fd);
    if (result == 1) break;
    if (SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ || steady_ns() > until) return std::nullopt;
    const auto packet = next(fd);
    if (packet.empty())
      DTLSv1_handle_timeout(ssl.get());
    else
      BIO_write(SSL_get_rbio(ssl.get()), packet.data(), static_cast<int>(packet.size()));
  }
  SrtpKeys keys;
  keys.profile = SrtpProfile::aes128_cm_sha1_80;
  constexpr std::size_t key = SrtpKeys::key_size;
  const std::size_t salt = SrtpKeys::salt_size(keys.profile);
  std::vector<std::uint8_t> material(2 * (key + salt));
  // RFC 5764 section 4.2: both keys, then both salts.
  if (SSL_export_keying_material(ssl.get(), material.data(), material.size(), "EXTRACTOR-dtls_srtp", 19, nullptr, 0,
                                 0) != 1)
    return std::nullopt;
  std::copy_n(material.data(), key, keys.client.data());
  std::copy_n(material.data() + key, key, keys.server.data());
  std::copy_n(material.data() + 2 * key, salt, keys.client.data() + key);
  std::copy_n(material.data() + 2 * key + salt, salt, keys.server.data() + key);
  return keys;
}

}  // namespace

std::optional<Browser> connect_browser(Engine& engine, LegId leg) {
  const auto accepted = engine.accept(leg, offer());
  if (!accepted) return std::nullopt;
  const auto answer = voice::sdp::parse(accepted->answer_sdp);
  if (!answer || answer->media.empty()) return std::nullopt;
  const auto* their_ufrag = voice::sdp::find(*answer, answer->media.front(), "ice-ufrag");
  const auto* their_password = voice::sdp::find(*answer, answer->media.front(), "ice-pwd");
  const int fd = loopback_socket();
  if (their_ufrag == nullptr || their_password == nullptr || fd < 0) return std::nullopt;
  if (connect_to(fd, engine.port()) && check(fd, *their_ufrag, *their_password))
    if (const auto keys = shake_hands(fd)) return Browser{fd, *keys, accepted->remote};
  ::close(fd);
  return std::nullopt;
}

}  // namespace hotline::bench
