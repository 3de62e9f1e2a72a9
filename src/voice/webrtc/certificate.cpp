// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <charconv>

namespace hotline::voice::webrtc {
namespace {

auto openssl_problem(std::string_view doing) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  return fail(Problem{"cannot " + std::string{doing} + ": " + reason.data(), "check the OpenSSL installation"});
}

}  // namespace

std::string to_string(const Fingerprint& fingerprint) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(fingerprint.size() * 3);
  for (const std::uint8_t byte : fingerprint) {
    if (!out.empty()) out += ':';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  Fingerprint out{};
  if (text.size() != out.size() * 3 - 1) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::string_view pair = text.substr(i * 3, 2);
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), out[i], 16);
    if (error != std::errc{} || end != pair.data() + pair.size()) return std::nullopt;
    if (i + 1 < out.size() && text[i * 3 + 2] != ':') return std::nullopt;
  }
  return out;
}

std::optional<Fingerprint> fingerprint_of(const X509* certificate) {
  Fingerprint out{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), out.data(), &length) != 1 || length != out.size()) return std::nullopt;
  return out;
}

Result<Certificate, Problem> Certificate::make() {
  constexpr long day = 24L * 3600, year = 365 * day;
  Certificate made;
  made.key.reset(EVP_EC_gen("P-256"));
  if (!made.key) return openssl_problem("make an ECDSA key");
  made.certificate.reset(X509_new());
  X509* x = made.certificate.get();
  if (x == nullptr) return openssl_problem("make a certificate");

  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial{BN_new(), &BN_free};
  X509_NAME* name = X509_get_subject_name(x);
  const auto* subject = reinterpret_cast<const unsigned char*>("hotline");
  const bool filled = serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x)) != nullptr &&
                      X509_set_version(x, X509_VERSION_3) == 1 &&
                      X509_gmtime_adj(X509_getm_notBefore(x), -day) != nullptr &&
                      X509_gmtime_adj(X509_getm_notAfter(x), year) != nullptr &&
                      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, subject, -1, -1, 0) == 1 &&
                      X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, made.key.get()) == 1 &&
                      X509_sign(x, made.key.get(), EVP_sha256()) > 0;
  if (!filled) return openssl_problem("make a certificate");
  const auto fingerprint = fingerprint_of(x);
  if (!fingerprint) return openssl_problem("hash a certificate");
  made.fingerprint = *fingerprint;
  return made;
}

}  // namespace hotline::voice::webrtc
