// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/shared.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <string_view>

#include "adapters/http/certificate.hpp"
#include "adapters/http/connection.hpp"

namespace hotline::http {
namespace {

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned in_length,
                void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, in, in_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Shared::Shared(ServerConfig c, Router r)
    : config(std::move(c)),
      router(std::move(r)),
      workers(std::max(1U, config.worker_threads), std::max<std::size_t>(1, config.limits.queue_max)) {}

Result<void, Problem> Shared::load_certificate() {
  using boost::asio::ssl::context;
  const auto files = prepare_certificate(config.tls, std::chrono::system_clock::now());
  if (!files) return fail(files.error());
  auto fresh = std::make_shared<context>(context::tls_server);
  SSL_CTX* native = fresh->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");  // TLS 1.2; those of 1.3 are all good
  SSL_CTX_set_alpn_select_cb(native, select_alpn, nullptr);
  boost::system::error_code error;
  const auto refused = [&](const char* what, const std::filesystem::path& file) {
    return fail(Problem{
        fmt::format("cannot use the TLS {} {}: {}", what, file.string(), error.message()),
        "give PEM files that the hotline's user may read, a key without password that belongs to the certificate"});
  };
  fresh->use_certificate_chain_file(files->certificate.string(), error);
  if (error) return refused("certificate", files->certificate);
  fresh->use_private_key_file(files->key.string(), context::pem, error);
  if (error) return refused("key", files->key);
  const std::lock_guard lock(mutex_);
  tls_ = std::move(fresh);
  return {};
}

std::shared_ptr<boost::asio::ssl::context> Shared::tls() const {
  const std::lock_guard lock(mutex_);
  return tls_;
}

bool Shared::admit(const std::shared_ptr<Connection>& connection, const std::string& address) {
  const std::lock_guard lock(mutex_);
  auto& here = per_address_[address];
  if (connections_.size() >= config.limits.connections_max || here >= config.limits.connections_per_address_max) {
    if (here == 0) per_address_.erase(address);
    return false;
  }
  ++here;
  connections_.emplace(connection.get(), connection);
  return true;
}

void Shared::leave(const Connection* connection, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (connections_.erase(connection) == 0) return;
  if (const auto found = per_address_.find(address); --found->second == 0) per_address_.erase(found);
  changed_.notify_all();
}

std::vector<std::shared_ptr<Connection>> Shared::connections() const {
  std::vector<std::shared_ptr<Connection>> out;
  const std::lock_guard lock(mutex_);
  out.reserve(connections_.size());
  for (const auto& [key, weak] : connections_)
    if (auto connection = weak.lock()) out.push_back(std::move(connection));
  return out;
}

std::size_t Shared::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

bool Shared::wait_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return connections_.empty(); });
}

}  // namespace hotline::http
