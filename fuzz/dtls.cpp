// SPDX-License-Identifier: Apache-2.0
// A DTLS peer before it is known: datagrams of its own making, or a true client's whose flights are damaged, dropped,
// doubled or cut on their way. Nobody becomes connected without the certificate of its SDP, and who is connected has
// the same keys as the other side.
//
// Input: byte 0 chooses (bit 0: a true client; bit 1: with another certificate than its SDP says). Then, without a
// client, datagrams as (length of 2 bytes, bytes); with one, a step of 3 bytes per flight: what to do, where, how much.
#include "voice/webrtc/dtls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

namespace {

using namespace hotline::voice::webrtc;
using Bytes = std::vector<std::uint8_t>;

struct World {
  Certificate ours, theirs, stranger;
  DtlsContext server;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client{nullptr, &SSL_CTX_free};
};

Certificate certificate() {
  auto made = Certificate::make();
  if (!made) std::abort();
  return std::move(made).value();
}

World& world() {
  static World one = [] {
    World made{certificate(), certificate(), certificate(), {}};
    auto server = DtlsContext::make(made.ours);
    if (!server) std::abort();
    made.server = std::move(server).value();
    made.client.reset(SSL_CTX_new(DTLS_client_method()));
    SSL_CTX* context = made.client.get();
    SSL_CTX_use_certificate(context, made.theirs.certificate.get());
    SSL_CTX_use_PrivateKey(context, made.theirs.key.get());
    SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80");
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    return made;
  }();
  return one;
}

/// A true client whose datagrams are joined in memory.
class Client {
 public:
  Client() : ssl_{SSL_new(world().client.get())} {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_mtu(ssl_.get(), DtlsSession::mtu);
    SSL_set_connect_state(ssl_.get());
  }
  void take(const Bytes& datagram) { BIO_write(in_, datagram.data(), static_cast<int>(datagram.size())); }
  /// What it says next; empty when it waits.
  Bytes next_flight() {
    ERR_clear_error();
    connected_ = SSL_do_handshake(ssl_.get()) == 1;
    ERR_clear_error();
    Bytes flight(BIO_ctrl_pending(out_));
    if (!flight.empty()) BIO_read(out_, flight.data(), static_cast<int>(flight.size()));
    return flight;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  /// The exporter's first 16 bytes: the client's key (RFC 5764 section 4.2).
  [[nodiscard]] Bytes key() const {
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    Bytes material(60);
    SSL_export_keying_material(ssl_.get(), material.data(), material.size(), label.data(), label.size(), nullptr, 0, 0);
    return material;
  }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_ = nullptr;   // both are the session's
  BIO* out_ = nullptr;
  bool connected_ = false;
};

/// Does `what` to a flight at `where`; false: it is lost.
bool damage(Bytes& flight, std::uint8_t what, std::uint8_t where, std::uint8_t by) {
  if (flight.empty()) return true;
  const std::size_t at = (static_cast<std::size_t>(where) * flight.size()) / 256;
  switch (what % 8) {
    case 1: flight[at] = static_cast<std::uint8_t>(flight[at] ^ by); return true;
    case 2: flight.resize(at); return true;
    case 3: return false;
    case 4: flight.insert(flight.begin() + static_cast<std::ptrdiff_t>(at), by, what); return true;
    case 5: flight.erase(flight.begin() + static_cast<std::ptrdiff_t>(at),
                         flight.begin() + static_cast<std::ptrdiff_t>(std::min(flight.size(), at + by)));
      return true;
    case 6: {
      const Bytes again = flight;
      flight.insert(flight.end(), again.begin(), again.end());
      return true;
    }
    default: return true;
  }
}

void true_client(std::span<const std::uint8_t> script, bool stranger) {
  std::vector<Bytes> answers;
  const Fingerprint& expected = stranger ? world().stranger.fingerprint : world().theirs.fingerprint;
  DtlsSession session{world().server, expected, [&](auto bytes) { answers.emplace_back(bytes.begin(), bytes.end()); }};
  Client client;
  for (int round = 0; round < 8; ++round) {
    Bytes flight = client.next_flight();
    bool arrives = true;
    if (script.size() >= 3) {
      arrives = damage(flight, script[0], script[1], script[2]);
      script = script.subspan(3);
    }
    if (arrives) session.receive(Bytes(flight));  // its own memory: ASan sees its borders
    for (const Bytes& answer : answers) client.take(answer);
    answers.clear();
  }
  const bool connected = session.state() == DtlsState::connected;
  if (connected && stranger) std::abort();
  const auto keys = session.srtp_keys();
  if (keys.has_value() != connected) std::abort();
  if (connected && client.connected() && !std::equal(keys->client.begin(), keys->client.begin() + 16, client.key().begin()))
    std::abort();
  session.close();
}

void own_datagrams(std::span<const std::uint8_t> script) {
  DtlsSession session{world().server, world().theirs.fingerprint, [](auto) {}};
  while (script.size() >= 2) {
    const std::size_t size = std::min<std::size_t>(script[0] * 256U + script[1], script.size() - 2);
    const auto body = script.subspan(2, size);
    session.receive(Bytes(body.begin(), body.end()));
    script = script.subspan(2 + size);
  }
  if (session.state() == DtlsState::connected || session.srtp_keys()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> script{data + 1, size - 1};
  if ((data[0] & 1) != 0)
    true_client(script, (data[0] & 2) != 0);
  else
    own_datagrams(script);
  return 0;
}
