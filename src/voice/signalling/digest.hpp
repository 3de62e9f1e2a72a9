// SPDX-License-Identifier: Apache-2.0
// Digest authentication of SIP (RFC 7616, RFC 8760; RFC 2617 for peers without qop): both roles. Pure, no libre; any
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::voice::signalling {

enum class DigestAlgorithm : std::uint8_t { md5, sha256 };
[[nodiscard]] std::string_view to_string(DigestAlgorithm algorithm);  ///< "MD5", "SHA-256"

/// Lower-case hexadecimal digest of `text`.
[[nodiscard]] std::string hash_hex(DigestAlgorithm algorithm, std::string_view text);

/// What stands for the password: H(user:realm:password). Knowing it is knowing the password within this realm.
[[nodiscard]] std::string digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                                     std::string_view password);

/// A WWW-Authenticate or Proxy-Authenticate header we can answer.
struct DigestChallenge {
  std::string realm{}, nonce{}, opaque{};
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
  bool qop_auth = false;  ///< false: the server knows no qop (RFC 2069)
  bool stale = false;
};
/// nullopt: no Digest, another algorithm, only qop "auth-int", or too long to be meant well (4 KiB).
[[nodiscard]] std::optional<DigestChallenge> read_challenge(std::string_view header);

/// An Authorization or Proxy-Authorization header.
struct DigestCredentials {
  std::string username{}, realm{}, nonce{}, uri{}, response{}, cnonce{}, qop{}, opaque{};
  std::uint32_t nc = 0;  ///< 0: not given
  DigestAlgorithm algorithm = DigestAlgorithm::md5;
};
/// nullopt: no Digest, an algorithm that was not offered, a part missing, or too long (4 KiB).
[[nodiscard]] std::optional<DigestCredentials> read_credentials(std::string_view header);

/// The response value both sides compute. `qop` is "auth", or "" for none (then nc and cnonce are not used).
[[nodiscard]] std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view method,
                                          std::string_view uri, std::string_view nonce, std::uint32_t nc,
                                          std::string_view cnonce, std::string_view qop);

/// The value of the Authorization header that answers `challenge`.
[[nodiscard]] std::string write_credentials(const DigestChallenge& challenge, std::string_view user,
                                            std::string_view password, std::string_view method, std::string_view uri,
                                            std::uint32_t nc, std::string_view cnonce);

/// True when the texts are equal; takes as long when they are not.
[[nodiscard]] bool equal_secret(std::string_view a, std::string_view b);

/// `bytes` random bytes as hexadecimal, for nonces, tags and client nonces.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace hotline::voice::signalling
