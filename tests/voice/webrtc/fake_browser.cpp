// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/fake_browser.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "voice/sdp/sdp.hpp"
#include "voice/webrtc/demux.hpp"
#include "voice/webrtc/media_names.hpp"

namespace hotline::voice::webrtc {
namespace {

constexpr int wait_ms = 2000;

int open_socket() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) {
    throw std::runtime_error{"no UDP socket"};
  }
  return fd;
}

}  // namespace

FakeBrowser::FakeBrowser() : certificate_{Certificate::make().value()}, fd_{open_socket()} {}

FakeBrowser::~FakeBrowser() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(fd_);
}

std::string FakeBrowser::offer() const {
  Fingerprint fingerprint = certificate_.fingerprint;
  if (wrong_fingerprint) fingerprint[0] = static_cast<std::uint8_t>(fingerprint[0] ^ 1);
  return fmt::format(
      "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 126\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n"
      "a=fingerprint:sha-256 {}\r\na=setup:actpass\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n"
      "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:126 telephone-event/8000\r\n",
      ufrag_, password_, to_string(fingerprint));
}

bool FakeBrowser::take_answer(const std::string& text) {
  const auto answer = sdp::parse(text);
  if (!answer || answer->media.size() != 1) return false;
  const auto& audio = answer->media[0];
  const auto* ufrag = sdp::find(*answer, audio, "ice-ufrag");
  const auto* password = sdp::find(*answer, audio, "ice-pwd");
  const auto* fingerprint = sdp::find(*answer, audio, "fingerprint");
  if (ufrag == nullptr || password == nullptr || fingerprint == nullptr) return false;
  const auto parsed = parse_fingerprint(std::string_view{*fingerprint}.substr(fingerprint->find(' ') + 1));
  if (!parsed) return false;
  engine_ufrag_ = *ufrag;
  engine_password_ = *password;
  engine_fingerprint_ = *parsed;
  engine_port_ = audio.port;
  return true;
}

void FakeBrowser::send(std::span<const std::uint8_t> datagram) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(engine_port_);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::sendto(fd_, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

std::optional<Bytes> FakeBrowser::next(int kind, int timeout_ms) {
  const auto wanted = [&](const Bytes& packet) { return static_cast<int>(classify(packet)) == kind; };
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{timeout_ms};
  for (;;) {
    const auto found = std::find_if(inbox_.begin(), inbox_.end(), wanted);
    if (found != inbox_.end()) {
      Bytes packet = std::move(*found);
      inbox_.erase(found);
      return packet;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd polled{fd_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
    Bytes packet(2048);
    const ssize_t size = ::recv(fd_, packet.data(), packet.size(), MSG_DONTWAIT);
    if (size <= 0) continue;
    packet.resize(static_cast<std::size_t>(size));
    inbox_.push_back(std::move(packet));
  }
}

// ---- ICE

std::uint32_t FakeBrowser::send_check(const Check& check) {
  const std::uint32_t transaction = check.transaction != 0 ? check.transaction : ++transaction_;
  stun::TransactionId id{};
  write_u32(id.data(), transaction);
  stun::Writer request{stun::Class::request, id};
  request.username(check.username.empty() ? engine_ufrag_ + ":" + ufrag_ : check.username).priority(0x6e7f1eff);
  check.controlled ? request.controlled(7) : request.controlling(7);
  if (check.nominate) request.use_candidate();
  if (check.integrity) request.integrity(check.password.empty() ? engine_password_ : check.password);
  if (check.fingerprint) request.fingerprint();
  send(request.bytes());
  return transaction;
}

std::optional<Bytes> FakeBrowser::next_stun() {
  return next(static_cast<int>(PacketKind::stun), wait_ms);
}

bool FakeBrowser::check(bool nominate) {
  Check good;
  good.nominate = nominate;
  const std::uint32_t transaction = send_check(good);
  const auto packet = next_stun();
  const auto answer = packet ? stun::parse(*packet) : std::nullopt;
  return answer && answer->kind == stun::Class::success && read_u32(answer->transaction.data()) == transaction &&
         stun::check_integrity(*packet, *answer, engine_password_) && answer->has_fingerprint &&
         answer->mapped == Address::parse("127.0.0.1", local_port());
}

// ---- DTLS

void FakeBrowser::begin_dtls(const char* srtp_profiles) {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  context_ = SSL_CTX_new(DTLS_client_method());
  SSL_CTX_use_certificate(context_, certificate_.certificate.get());
  SSL_CTX_use_PrivateKey(context_, certificate_.key.get());
  SSL_CTX_set_tlsext_use_srtp(context_, srtp_profiles);
  SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
  ssl_ = SSL_new(context_);
  SSL_set_options(ssl_, SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(ssl_, 1200);
  DTLS_set_timer_cb(ssl_, [](SSL*, unsigned) { return 150'000U; });  // microseconds
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl_);
}

/// The memory BIO joins records; each goes as a datagram of its own.
void FakeBrowser::flush() {
  Bytes out(16 * 1024);
  const int size = BIO_read(SSL_get_wbio(ssl_), out.data(), static_cast<int>(out.size()));
  std::span<const std::uint8_t> rest{out.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  while (rest.size() >= 13) {
    const std::size_t record = 13U + read_u16(rest.data() + 11);
    send(rest.first(record));
    rest = rest.subspan(record);
  }
}

void FakeBrowser::send_client_hello() {
  begin_dtls("SRTP_AEAD_AES_128_GCM");
  SSL_do_handshake(ssl_);
  flush();
}

std::optional<Bytes> FakeBrowser::next_dtls() {
  return next(static_cast<int>(PacketKind::dtls), wait_ms);
}

bool FakeBrowser::connect(const char* srtp_profiles) {
  begin_dtls(srtp_profiles);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (std::chrono::steady_clock::now() < until) {
    const int result = SSL_do_handshake(ssl_);
    flush();
    if (result == 1) break;
    if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) return false;
    const Bytes packet = next(static_cast<int>(PacketKind::dtls), 100).value_or(Bytes{});
    constexpr std::uint8_t change_cipher_spec = 20;
    if (packet.empty()) {
      DTLSv1_handle_timeout(ssl_);
    } else if (lose_last_flight && packet.front() == change_cipher_spec) {
      lose_last_flight = false;
      while (next(static_cast<int>(PacketKind::dtls), 20)) continue;
    } else {
      BIO_write(SSL_get_rbio(ssl_), packet.data(), static_cast<int>(packet.size()));
    }
  }
  if (!SSL_is_init_finished(ssl_)) return false;
  X509* theirs = SSL_get1_peer_certificate(ssl_);
  const bool right = theirs != nullptr && fingerprint_of(theirs) == engine_fingerprint_;
  X509_free(theirs);
  const auto* profile = SSL_get_selected_srtp_profile(ssl_);
  if (!right || profile == nullptr) return false;

  SrtpKeys keys;
  keys.profile = profile->id == SRTP_AEAD_AES_128_GCM ? SrtpProfile::aead_aes_128_gcm : SrtpProfile::aes128_cm_sha1_80;
  const std::size_t key = SrtpKeys::key_size, salt = SrtpKeys::salt_size(keys.profile);
  Bytes material(2 * (key + salt));
  SSL_export_keying_material(ssl_, material.data(), material.size(), "EXTRACTOR-dtls_srtp", 19, nullptr, 0, 0);
  std::copy_n(material.begin(), key, keys.client.begin());
  std::copy_n(material.data() + key, key, keys.server.data());
  std::copy_n(material.data() + 2 * key, salt, keys.client.data() + key);
  std::copy_n(material.data() + 2 * key + salt, salt, keys.server.data() + key);
  profile_ = keys.profile;
  srtp_ = SrtpSession::make(keys, SrtpSession::Side::client);
  return srtp_.has_value();
}

void FakeBrowser::send_close_notify() {
  SSL_shutdown(ssl_);
  flush();
}

bool FakeBrowser::closed_by_engine() {
  while (const auto packet = next_dtls()) {
    BIO_write(SSL_get_rbio(ssl_), packet->data(), static_cast<int>(packet->size()));
    std::uint8_t byte = 0;
    SSL_read(ssl_, &byte, 1);
    if ((SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0) return true;
  }
  return false;
}

// ---- media

Bytes FakeBrowser::make_rtp(std::uint16_t sequence, std::span<const std::uint8_t> payload, std::uint32_t ssrc) {
  const std::size_t plain = 12 + payload.size();
  Bytes packet(plain + SrtpSession::trailer_max);
  packet[0] = 0x80;
  packet[1] = 8;
  write_u16(packet.data() + 2, sequence);
  write_u32(packet.data() + 4, sequence * 160U);
  write_u32(packet.data() + 8, ssrc);
  std::copy(payload.begin(), payload.end(), packet.begin() + 12);
  packet.resize(srtp_->protect_rtp(packet.data(), plain));
  return packet;
}

Bytes FakeBrowser::send_rtp(std::uint16_t sequence, std::span<const std::uint8_t> payload, std::uint32_t ssrc) {
  const Bytes packet = make_rtp(sequence, payload, ssrc);
  send(packet);
  return packet;
}

void FakeBrowser::send_rtcp(Bytes compound) {
  const std::size_t plain = compound.size();
  compound.resize(plain + SrtpSession::trailer_max);
  compound.resize(srtp_->protect_rtcp(compound.data(), plain));
  send(compound);
}

std::optional<Bytes> FakeBrowser::next_rtp() {
  auto packet = next(static_cast<int>(PacketKind::rtp), wait_ms);
  if (!packet) return std::nullopt;
  const auto opened = srtp_->unprotect_rtp(*packet);
  if (opened.size == 0) return std::nullopt;
  packet->resize(opened.size);
  return packet;
}

std::optional<Bytes> FakeBrowser::next_rtcp() {
  auto packet = next(static_cast<int>(PacketKind::rtcp), wait_ms);
  if (!packet) return std::nullopt;
  const auto opened = srtp_->unprotect_rtcp(*packet);
  if (opened.size == 0) return std::nullopt;
  packet->resize(opened.size);
  return packet;
}

void FakeBrowser::move() {
  const int fresh = open_socket();
  ::close(fd_);
  fd_ = fresh;
}

std::uint16_t FakeBrowser::local_port() const {
  sockaddr_in local{};
  socklen_t size = sizeof local;
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&local), &size);
  return ntohs(local.sin_port);
}

}  // namespace hotline::voice::webrtc
