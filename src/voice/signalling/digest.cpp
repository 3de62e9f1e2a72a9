// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/digest.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <vector>

#include "voice/signalling/text.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kHeaderMax = 4'096;

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4U];
    out += digits[bytes[i] & 15U];
  }
  return out;
}

/// Calls `take` with each name and unquoted value behind "Digest". False: no Digest, or not well formed.
bool read_parameters(std::string_view header, const std::function<bool(std::string_view, std::string)>& take) {
  header = trim(header);
  if (header.size() > kHeaderMax || header.size() < 7 || !same(header.substr(0, 6), "Digest")) return false;
  if (header[6] != ' ' && header[6] != '\t') return false;
  auto rest = header.substr(7);
  while (!(rest = trim(rest)).empty()) {
    if (rest.front() == ',') {
      rest.remove_prefix(1);
      continue;
    }
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return false;
    const auto name = trim(rest.substr(0, equals));
    rest = trim(rest.substr(equals + 1));
    std::string value;
    if (rest.starts_with('"')) {
      std::size_t i = 1;
      for (; i < rest.size() && rest[i] != '"'; ++i) {
        if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
        value += rest[i];
      }
      if (i >= rest.size()) return false;  // no closing quote
      rest.remove_prefix(i + 1);
    } else {
      const auto end = std::min(rest.find(','), rest.size());
      value = trim(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (!take(name, std::move(value))) return false;
  }
  return true;
}

std::optional<DigestAlgorithm> algorithm_from(std::string_view name) {
  if (same(name, "MD5")) return DigestAlgorithm::md5;
  if (same(name, "SHA-256")) return DigestAlgorithm::sha256;
  return std::nullopt;
}

bool offers_auth(std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (same(trim(list.substr(0, end)), "auth")) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// For a quoted string: nothing in it that ends it or the header line.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string_view to_string(DigestAlgorithm algorithm) {
  return algorithm == DigestAlgorithm::sha256 ? "SHA-256" : "MD5";
}

std::string hash_hex(DigestAlgorithm algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  const auto* kind = algorithm == DigestAlgorithm::sha256 ? EVP_sha256() : EVP_md5();
  if (EVP_Digest(text.data(), text.size(), out.data(), &size, kind, nullptr) != 1) std::abort();  // no memory
  return hex(out.data(), size);
}

std::string digest_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm,
                       std::string_view password) {
  return hash_hex(algorithm, fmt::format("{}:{}:{}", user, realm, password));
}

std::optional<DigestChallenge> read_challenge(std::string_view header) {
  DigestChallenge out;
  bool has_qop = false;
  const bool read = read_parameters(header, [&](std::string_view name, std::string value) {
    if (same(name, "realm"))
      out.realm = std::move(value);
    else if (same(name, "nonce"))
      out.nonce = std::move(value);
    else if (same(name, "opaque"))
      out.opaque = std::move(value);
    else if (same(name, "stale"))
      out.stale = same(value, "true");
    else if (same(name, "qop")) {
      has_qop = true;
      out.qop_auth = offers_auth(value);
    } else if (same(name, "algorithm")) {
      const auto algorithm = algorithm_from(value);
      if (!algorithm) return false;
      out.algorithm = *algorithm;
    }
    return true;
  });
  if (!read || out.nonce.empty() || (has_qop && !out.qop_auth)) return std::nullopt;
  return out;
}

std::optional<DigestCredentials> read_credentials(std::string_view header) {
  DigestCredentials out;
  const bool read = read_parameters(header, [&](std::string_view name, std::string value) {
    if (same(name, "username"))
      out.username = std::move(value);
    else if (same(name, "realm"))
      out.realm = std::move(value);
    else if (same(name, "nonce"))
      out.nonce = std::move(value);
    else if (same(name, "uri"))
      out.uri = std::move(value);
    else if (same(name, "response"))
      out.response = std::move(value);
    else if (same(name, "cnonce"))
      out.cnonce = std::move(value);
    else if (same(name, "opaque"))
      out.opaque = std::move(value);
    else if (same(name, "qop"))
      out.qop = std::move(value);
    else if (same(name, "algorithm")) {
      const auto algorithm = algorithm_from(value);
      if (!algorithm) return false;
      out.algorithm = *algorithm;
    } else if (same(name, "nc")) {
      const auto* end = value.data() + value.size();
      const auto [at, error] = std::from_chars(value.data(), end, out.nc, 16);
      return value.size() <= 8 && error == std::errc{} && at == end;
    }
    return true;
  });
  if (!read || out.username.empty() || out.nonce.empty() || out.uri.empty() || out.response.empty())
    return std::nullopt;
  return out;
}

std::string digest_response(DigestAlgorithm algorithm, std::string_view ha1, std::string_view method,
                            std::string_view uri, std::string_view nonce, std::uint32_t nc, std::string_view cnonce,
                            std::string_view qop) {
  const auto ha2 = hash_hex(algorithm, fmt::format("{}:{}", method, uri));
  if (qop.empty()) return hash_hex(algorithm, fmt::format("{}:{}:{}", ha1, nonce, ha2));
  return hash_hex(algorithm, fmt::format("{}:{}:{:08x}:{}:{}:{}", ha1, nonce, nc, cnonce, qop, ha2));
}

std::string write_credentials(const DigestChallenge& challenge, std::string_view user, std::string_view password,
                              std::string_view method, std::string_view uri, std::uint32_t nc,
                              std::string_view cnonce) {
  const std::string_view qop = challenge.qop_auth ? "auth" : "";
  const auto ha1 = digest_ha1(challenge.algorithm, user, challenge.realm, password);
  const auto response = digest_response(challenge.algorithm, ha1, method, uri, challenge.nonce, nc, cnonce, qop);
  auto out = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\", algorithm={}", quoted(user),
                         quoted(challenge.realm), quoted(challenge.nonce), quoted(uri), response,
                         to_string(challenge.algorithm));
  if (!qop.empty()) out += fmt::format(", qop=auth, nc={:08x}, cnonce={}", nc, quoted(cnonce));
  if (!challenge.opaque.empty()) out += fmt::format(", opaque={}", quoted(challenge.opaque));
  return out;
}

bool equal_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_hex(std::size_t bytes) {
  std::vector<unsigned char> random(bytes);
  if (RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) std::abort();  // without randomness nothing here is safe
  return hex(random.data(), random.size());
}

}  // namespace hotline::voice::signalling
