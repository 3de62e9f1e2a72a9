// SPDX-License-Identifier: Apache-2.0
// The a=crypto lines of SDES (RFC 4568 9, RFC 7714 14.2). Keys stand in descriptions and nowhere else: never log one.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::voice::sdp {

/// In the order we prefer them.
enum class CryptoSuite : std::uint8_t { aead_aes_128_gcm, aes_cm_128_hmac_sha1_80, aes_cm_128_hmac_sha1_32 };
[[nodiscard]] std::string_view to_string(CryptoSuite suite);
[[nodiscard]] constexpr std::size_t key_size(CryptoSuite suite) {  ///< master key and salt, bytes
  return suite == CryptoSuite::aead_aes_128_gcm ? 28 : 30;
}
using SrtpKey = std::array<std::uint8_t, 30>;  ///< the first key_size() count

struct CryptoLine {
  std::uint32_t tag = 0;
  CryptoSuite suite{};
  SrtpKey key{};
};
/// Reads the value of one a=crypto. nullopt: a suite, a master key identifier or session parameters that we do not
/// have, or no such line at all.
[[nodiscard]] std::optional<CryptoLine> read_crypto(std::string_view value);
/// Its value: "1 AES_CM_128_HMAC_SHA1_80 inline:...".
[[nodiscard]] std::string write_crypto(const CryptoLine& line);

}  // namespace hotline::voice::sdp
