// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/nonces.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <utility>

namespace hotline::voice::signalling {
namespace {

constexpr std::size_t kStampDigits = 16, kRandomDigits = 16, kSignatureDigits = 32;

std::optional<Duration> stamp_of(std::string_view nonce) {
  std::uint64_t ms = 0;
  const auto* end = nonce.data() + kStampDigits;
  const auto [at, error] = std::from_chars(nonce.data(), end, ms, 16);
  if (error != std::errc{} || at != end) return std::nullopt;
  return Duration{static_cast<Duration::rep>(ms)};
}

std::size_t hash_of(std::string_view source, std::string_view call_id) {
  return std::hash<std::string>{}(fmt::format("{} {}", source, call_id)) | 1U;  // 0: an empty place
}

}  // namespace

std::string Nonces::sign(std::string_view text) const {
  // The key on both sides of the text, and twice hashed: what is signed has a fixed length, so nothing can be appended.
  const auto inner = hash_hex(DigestAlgorithm::sha256, key_ + std::string(text));
  return hash_hex(DigestAlgorithm::sha256, key_ + inner).substr(0, kSignatureDigits);
}

std::string Nonces::make(Duration now) const {
  const auto text = fmt::format("{:016x}{}", static_cast<std::uint64_t>(now.count()), random_hex(kRandomDigits / 2));
  return text + sign(text);
}

Nonces::State Nonces::look_at(std::string_view nonce, Duration now) const {
  if (nonce.size() != kStampDigits + kRandomDigits + kSignatureDigits) return State::forged;
  const auto text = nonce.substr(0, kStampDigits + kRandomDigits);
  if (!equal_secret(sign(text), nonce.substr(text.size()))) return State::forged;
  const auto made = stamp_of(nonce);
  if (!made) return State::forged;
  return now - *made > lifetime_ ? State::stale : State::good;
}

bool Nonces::use(const std::string& nonce, std::uint32_t nc, Duration now) {
  if (used_.size() >= used_max_ && !used_.contains(nonce)) forget_old(now);
  if (used_.size() >= used_max_ && !used_.contains(nonce))
    return false;  // asked for a new nonce: nothing is let through
  auto& used = used_[nonce];
  used.made = stamp_of(nonce).value_or(now);
  if (nc > used.highest) {
    const auto step = nc - used.highest;
    used.window = step >= 64 ? 0 : used.window << step;
    used.window |= 1U;
    used.highest = nc;
    return true;
  }
  const auto behind = used.highest - nc;
  if (behind >= 64 || (used.window >> behind & 1U) != 0) return false;
  used.window |= std::uint64_t{1} << behind;
  return true;
}

void Nonces::forget_old(Duration now) {
  std::erase_if(used_, [&](const auto& entry) { return now - entry.second.made > lifetime_; });
}

AuthState check_credentials(const std::vector<DigestCredentials>& credentials, std::string_view realm,
                            std::string_view method, const DigestSecret* secret, Nonces& nonces, Duration now) {
  AuthState state = AuthState::none;
  for (const auto& given : credentials) {
    if (given.realm != realm) continue;  // for another hop
    state = AuthState::wrong;
    const auto nonce = nonces.look_at(given.nonce, now);
    if (nonce == Nonces::State::forged) {  // of another node, or of this one before its restart
      state = AuthState::stale;
      continue;
    }
    if (!secret || given.username != secret->user) continue;
    if (given.qop != "auth" || given.nc == 0 || given.cnonce.empty()) continue;  // we offer qop, and replay rests on it
    const auto& ha1 = given.algorithm == DigestAlgorithm::sha256 ? secret->sha256 : secret->md5;
    if (ha1.empty()) continue;
    const auto expected =
        digest_response(given.algorithm, ha1, method, given.uri, given.nonce, given.nc, given.cnonce, given.qop);
    if (!equal_secret(expected, given.response)) continue;
    if (nonce == Nonces::State::stale || !nonces.use(given.nonce, given.nc, now)) return AuthState::stale;
    return AuthState::good;
  }
  return state;
}

std::string write_challenges(std::string_view realm, std::string_view nonce, bool stale, bool sha256) {
  std::string out;
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::md5}) {
    if (algorithm == DigestAlgorithm::sha256 && !sha256) continue;
    out += fmt::format("WWW-Authenticate: Digest realm=\"{}\", nonce=\"{}\", algorithm={}, qop=\"auth\"{}\r\n", realm,
                       nonce, to_string(algorithm), stale ? ", stale=true" : "");
  }
  return out;
}

bool Challenged::again(std::string_view source, std::string_view call_id) {
  const auto hash = hash_of(source, call_id);
  return std::exchange(seen_[hash / 2 % seen_.size()], hash) == hash;
}

void Challenged::forget(std::string_view source, std::string_view call_id) {
  const auto hash = hash_of(source, call_id);
  auto& seen = seen_[hash / 2 % seen_.size()];
  if (seen == hash) seen = 0;
}

}  // namespace hotline::voice::signalling
