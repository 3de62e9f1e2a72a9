// SPDX-License-Identifier: Apache-2.0
// See the header. libre hands out its OpenSSL context; what we set there holds for connections from then on.
#include "voice/signalling/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace hotline::voice::signalling {
namespace {

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

Result<void, Problem> use_files(SSL_CTX* context, const TlsConfig& config) {
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, config.certificate.c_str()) != 1)
    return fail(Problem{fmt::format("the SIP certificate {} cannot be used: {}", config.certificate, last_error()),
                        "give a PEM file with the certificate and its chain"});
  if (SSL_CTX_use_PrivateKey_file(context, config.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(Problem{fmt::format("the SIP key {} cannot be used: {}", config.key, last_error()),
                        "give the PEM file of the certificate's key"});
  return {};
}

/// Decides about a gateway's certificate; those of who connects to us are not asked for.
int verify(X509_STORE_CTX* store, void* arg) {
  const auto& self = *static_cast<const SipTls*>(arg);
  if (!self.config().verify) return 1;
  if (X509_verify_cert(store) != 1) {
    spdlog::warn("sip: a gateway's certificate is not trusted: {}",
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return 0;
  }
  if (self.is_peer(X509_STORE_CTX_get0_cert(store))) return 1;
  spdlog::warn("sip: a gateway's certificate is for none of the configured gateways");
  X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

void before_handshake(const SSL* ssl, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) != 0 && SSL_is_server(ssl) == 1)
    SSL_set_verify(const_cast<SSL*>(ssl), SSL_VERIFY_NONE, nullptr);
}

}  // namespace

Result<std::unique_ptr<SipTls>, Problem> SipTls::open(TlsConfig config, std::vector<std::string> peers) {
  std::unique_ptr<SipTls> self(new SipTls(std::move(config), std::move(peers)));
  if (tls_alloc(self->tls_.out(), TLS_METHOD_SSLV23, nullptr, nullptr) != 0)
    return fail(Problem{"TLS for SIP cannot start: " + last_error(), "check the OpenSSL installation"});
  SSL_CTX* context = tls_openssl_context(self->get());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cert_verify_callback(context, verify, self.get());
  SSL_CTX_set_verify(context, self->config_.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_info_callback(context, before_handshake);
  const auto& ca = self->config_.ca;
  const int trusted = ca.empty() ? SSL_CTX_set_default_verify_paths(context)
                                 : SSL_CTX_load_verify_locations(context, ca.c_str(), nullptr);
  if (trusted != 1)
    return fail(Problem{fmt::format("the authorities of {} cannot be read: {}", ca, last_error()), "give a PEM file"});
  if (auto loaded = self->reload(); !loaded) return fail(loaded.error());
  return self;
}

Result<void, Problem> SipTls::reload() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> trial(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  if (auto fits = use_files(trial.get(), config_); !fits) return fits;
  return use_files(tls_openssl_context(get()), config_);
}

bool SipTls::is_peer(void* certificate) const {
  auto* x509 = static_cast<X509*>(certificate);
  return std::ranges::any_of(peers_, [x509](const std::string& name) {
    return X509_check_host(x509, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1 ||
           X509_check_ip_asc(x509, name.c_str(), 0) == 1;
  });
}

}  // namespace hotline::voice::signalling
