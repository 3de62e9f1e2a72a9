// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/dtls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>

#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {

/// OpenSSL's callbacks. The BIO stands between it and our socket: one write is one datagram, so nothing is joined or
/// split as it would be in a memory BIO, and nothing is stored.
struct DtlsHooks {
  static int bio_write(BIO* bio, const char* data, int size) {
    if (data == nullptr || size <= 0) return 0;
    auto* session = static_cast<DtlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    session->send_({reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
    return size;  // a datagram that could not be sent is one that was lost
  }

  static int bio_read(BIO* bio, char* out, int size) {
    auto* session = static_cast<DtlsSession*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (out == nullptr || size <= 0 || session->incoming_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = std::min(session->incoming_.size(), static_cast<std::size_t>(size));
    std::copy_n(session->incoming_.data(), taken, reinterpret_cast<std::uint8_t*>(out));
    session->incoming_ = {};
    return static_cast<int>(taken);
  }

  static long bio_ctrl(BIO*, int command, long, void*) {
    constexpr long udp_ip_overhead = 28;
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return DtlsSession::mtu;
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return udp_ip_overhead;
      default:
        return 0;
    }
  }

  static int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method = [] {
      std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> m{
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hotline datagram"), &BIO_meth_free};
      if (!m || BIO_meth_set_write(m.get(), bio_write) != 1 || BIO_meth_set_read(m.get(), bio_read) != 1 ||
          BIO_meth_set_ctrl(m.get(), bio_ctrl) != 1 || BIO_meth_set_create(m.get(), bio_create) != 1) {
        m.reset();
      }
      return m;
    }();
    return method.get();
  }

  /// In place of a chain of trust: the certificate must be the one of the SDP (RFC 5763 section 5).
  static int verify(X509_STORE_CTX* store, void*) {
    const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* session = static_cast<DtlsSession*>(SSL_get_app_data(ssl));
    const X509* certificate = X509_STORE_CTX_get0_cert(store);
    const auto fingerprint = certificate == nullptr ? std::nullopt : fingerprint_of(certificate);
    session->fingerprint_matched_ = fingerprint == session->peer_;
    session->fingerprint_refused_ = !session->fingerprint_matched_;
    if (session->fingerprint_refused_) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return session->fingerprint_matched_ ? 1 : 0;
  }

  static unsigned timer(SSL*, unsigned before_us) {
    constexpr unsigned first_us = 250'000, last_us = 2'000'000;
    return before_us == 0 ? first_us : std::min(before_us * 2, last_us);
  }
};

Result<DtlsContext, Problem> DtlsContext::make(const Certificate& certificate) {
  constexpr long certificates_max_bytes = 16 * 1024;
  DtlsContext made;
  made.context_.reset(SSL_CTX_new(DTLS_server_method()));
  SSL_CTX* context = made.context_.get();
  const bool ready = context != nullptr && DtlsHooks::method() != nullptr &&
                     SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
                     SSL_CTX_use_certificate(context, certificate.certificate.get()) == 1 &&
                     SSL_CTX_use_PrivateKey(context, certificate.key.get()) == 1 &&
                     SSL_CTX_set_cipher_list(context,
                                             "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
                                             "ECDHE-ECDSA-AES256-GCM-SHA384") == 1 &&
                     SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
                     SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0;
  if (!ready) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    return fail(Problem{std::string{"cannot set up DTLS: "} + reason.data(), "check the OpenSSL installation"});
  }
  SSL_CTX_set_options(context,
                      SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_QUERY_MTU | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, certificates_max_bytes);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &DtlsHooks::verify, nullptr);
  return made;
}

DtlsSession::DtlsSession(const DtlsContext& context, const Fingerprint& peer,
                         std::function<void(std::span<const std::uint8_t>)> send)
    : peer_{peer}, send_{std::move(send)}, ssl_{SSL_new(context.get())} {
  BIO* bio = ssl_ ? BIO_new(DtlsHooks::method()) : nullptr;
  if (bio == nullptr) {
    ssl_.reset();
    state_ = DtlsState::failed;
    return;
  }
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_mtu(ssl_.get(), mtu);
  DTLS_set_timer_cb(ssl_.get(), &DtlsHooks::timer);
  SSL_set_accept_state(ssl_.get());
}

DtlsSession::~DtlsSession() = default;

namespace {

/// Whole records from the first byte to the last, and not more than a sane peer joins in one datagram.
bool in_order(std::span<const std::uint8_t> datagram) {
  constexpr std::size_t header = 13, length_at = 11;
  unsigned records = 0;
  while (!datagram.empty()) {
    if (datagram.size() < header || ++records > DtlsSession::records_max) return false;
    const std::size_t size = header + read_u16(datagram.data() + length_at);
    if (size > datagram.size()) return false;
    datagram = datagram.subspan(size);
  }
  return true;
}

}  // namespace

DtlsState DtlsSession::receive(std::span<const std::uint8_t> datagram) {
  const bool over = state_ != DtlsState::handshake && state_ != DtlsState::connected;
  if (over || !in_order(datagram)) return state_;
  incoming_ = datagram;
  if (state_ == DtlsState::handshake) {
    if (++datagrams_ > datagrams_max) return state_ = DtlsState::failed;
    handshake();
  } else {
    read_on();
  }
  incoming_ = {};
  return state_;
}

DtlsState DtlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    const bool whole = fingerprint_matched_ && SSL_get_selected_srtp_profile(ssl_.get()) != nullptr;
    return state_ = whole ? DtlsState::connected : DtlsState::failed;
  }
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return state_;
  ERR_clear_error();
  return state_ = fingerprint_refused_ ? DtlsState::wrong_fingerprint : DtlsState::failed;
}

DtlsState DtlsSession::read_on() {
  ERR_clear_error();
  std::array<std::uint8_t, 256> discarded;  // application data has no meaning here
  int result = 1;
  for (unsigned record = 0; record < records_max * 8 && result > 0; ++record) {
    result = SSL_read(ssl_.get(), discarded.data(), static_cast<int>(discarded.size()));
  }
  if (result > 0) return state_;
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return state_;
  return state_ = error == SSL_ERROR_ZERO_RETURN ? DtlsState::closed : DtlsState::failed;
}

DtlsState DtlsSession::retransmit() {
  if (state_ != DtlsState::handshake) return state_;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(ssl_.get()) < 0) state_ = DtlsState::failed;
  ERR_clear_error();
  return state_;
}

void DtlsSession::close() {
  if (state_ != DtlsState::connected) return;
  state_ = DtlsState::closed;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::optional<SrtpKeys> DtlsSession::srtp_keys() const {
  if (state_ != DtlsState::connected) return std::nullopt;
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl_.get());
  if (chosen == nullptr) return std::nullopt;
  SrtpKeys keys;
  keys.profile = chosen->id == SRTP_AEAD_AES_128_GCM ? SrtpProfile::aead_aes_128_gcm : SrtpProfile::aes128_cm_sha1_80;
  // RFC 5764 section 4.2: client key, server key, client salt, server salt.
  constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
  constexpr std::size_t key = SrtpKeys::key_size;
  const std::size_t salt = SrtpKeys::salt_size(keys.profile);
  std::array<std::uint8_t, 2 * SrtpKeys::size_max> material{};
  if (SSL_export_keying_material(ssl_.get(), material.data(), 2 * (key + salt), label.data(), label.size(), nullptr, 0,
                                 0) != 1) {
    return std::nullopt;
  }
  std::copy_n(material.data(), key, keys.client.begin());
  std::copy_n(material.data() + key, key, keys.server.begin());
  std::copy_n(material.data() + 2 * key, salt, keys.client.begin() + key);
  std::copy_n(material.data() + 2 * key + salt, salt, keys.server.begin() + key);
  OPENSSL_cleanse(material.data(), material.size());
  return keys;
}

}  // namespace hotline::voice::webrtc
