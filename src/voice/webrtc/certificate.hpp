// SPDX-License-Identifier: Apache-2.0
// The self-made certificate of an engine, and fingerprints (RFC 8122 section 5). WebRTC trusts no authority: the peer
// knows the certificate by its fingerprint in the SDP. Any thread.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace hotline::voice::webrtc {

using Fingerprint = std::array<std::uint8_t, 32>;  ///< SHA-256 of the DER form

/// "AA:BB:..." as it stands in SDP.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);
/// Reads 32 hexadecimal pairs joined by colons, upper or lower case; nullopt for anything else.
[[nodiscard]] std::optional<Fingerprint> parse_fingerprint(std::string_view text);
/// nullopt when the certificate cannot be encoded.
[[nodiscard]] std::optional<Fingerprint> fingerprint_of(const X509* certificate);

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct Certificate {
  std::unique_ptr<EVP_PKEY, FreeKey> key;
  std::unique_ptr<X509, FreeCertificate> certificate;
  Fingerprint fingerprint{};

  /// A new ECDSA P-256 key with a certificate valid for a year, from a day ago (clocks of peers differ).
  static Result<Certificate, Problem> make();
};

}  // namespace hotline::voice::webrtc
