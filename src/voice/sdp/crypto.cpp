// SPDX-License-Identifier: Apache-2.0
#include "voice/sdp/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "voice/sdp/text.hpp"

namespace hotline::voice::sdp {
namespace {

constexpr std::array suites{CryptoSuite::aead_aes_128_gcm, CryptoSuite::aes_cm_128_hmac_sha1_80,
                            CryptoSuite::aes_cm_128_hmac_sha1_32};
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 4; nullopt for anything else. Padding may be missing.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::vector<std::uint8_t> out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto at = alphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(at);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return out;
}

std::string to_base64(const std::uint8_t* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < size ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= size ? alphabet[bits >> (18 - 6 * k) & 63U] : '=';
  }
  return out;
}

}  // namespace

std::string_view to_string(CryptoSuite suite) {
  switch (suite) {
    case CryptoSuite::aead_aes_128_gcm:
      return "AEAD_AES_128_GCM";
    case CryptoSuite::aes_cm_128_hmac_sha1_80:
      return "AES_CM_128_HMAC_SHA1_80";
    case CryptoSuite::aes_cm_128_hmac_sha1_32:
      return "AES_CM_128_HMAC_SHA1_32";
  }
  return "";
}

std::optional<CryptoLine> read_crypto(std::string_view value) {
  constexpr std::string_view inline_method = "inline:";
  const auto tag = to_number<std::uint32_t>(take_word(value));
  const auto name = take_word(value);
  auto parameters = take_word(value);
  const auto* suite =
      std::find_if(suites.begin(), suites.end(), [&](CryptoSuite s) { return same_ignoring_case(to_string(s), name); });
  if (!tag || suite == suites.end() || !parameters.starts_with(inline_method)) return std::nullopt;
  if (!take_word(value).empty())
    return std::nullopt;  // session parameters (no encryption, FEC order, ...): all unknown
  parameters.remove_prefix(inline_method.size());
  const auto end = parameters.find('|');
  // "|2^20" is a lifetime, which a call does not reach; "|1:4" a master key identifier, which we do not send.
  if (end != std::string_view::npos && parameters.substr(end).find(':') != std::string_view::npos) return std::nullopt;
  const auto key = from_base64(parameters.substr(0, end));
  if (!key || key->size() != key_size(*suite)) return std::nullopt;
  CryptoLine line{*tag, *suite, {}};
  std::copy(key->begin(), key->end(), line.key.begin());
  return line;
}

std::string write_crypto(const CryptoLine& line) {
  return fmt::format("{} {} inline:{}", line.tag, to_string(line.suite),
                     to_base64(line.key.data(), key_size(line.suite)));
}

}  // namespace hotline::voice::sdp
