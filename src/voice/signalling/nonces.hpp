// SPDX-License-Identifier: Apache-2.0
// Our nonces (RFC 7616 section 5.3): one tells its own age and is signed, so that challenges to strangers cost no
// memory; only nonces with which somebody proved a password are remembered, with the counts already used (RFC 7616
// section 5.12). Pure besides its random key; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "voice/signalling/digest.hpp"

namespace hotline::voice::signalling {

class Nonces {
 public:
  explicit Nonces(Duration lifetime = Duration{300'000}, std::size_t used_max = 20'000)
      : key_(random_hex(32)), lifetime_(lifetime), used_max_(used_max) {}

  /// A new nonce; `now` needs only be monotone.
  [[nodiscard]] std::string make(Duration now) const;

  enum class State : std::uint8_t { good, stale, forged };
  [[nodiscard]] State look_at(std::string_view nonce, Duration now) const;

  /// Takes a count of a good nonce, once: false when it was used before (a replay) or is too far behind. To be called
  /// only after the response was found right.
  [[nodiscard]] bool use(const std::string& nonce, std::uint32_t nc, Duration now);

 private:
  struct Used {
    Duration made{};
    std::uint32_t highest = 0;
    std::uint64_t window = 0;  ///< bit i: highest - i was used
  };
  [[nodiscard]] std::string sign(std::string_view text) const;
  void forget_old(Duration now);

  std::string key_;
  Duration lifetime_;
  std::size_t used_max_;
  std::unordered_map<std::string, Used> used_;
};

/// Who may prove themselves: HA1 in both algorithms, empty when there is none.
struct DigestSecret {
  std::string user, md5, sha256;
};

enum class AuthState : std::uint8_t {
  none,  ///< no credentials for our realm: challenge
  good,
  stale,  ///< right, but with an old nonce or a used count: challenge with stale=true
  wrong,
};

/// Checks `credentials` (of one request, for this realm or others) against `secret`. `uri` is the request-URI.
[[nodiscard]] AuthState check_credentials(const std::vector<DigestCredentials>& credentials, std::string_view realm,
                                          std::string_view method, const DigestSecret* secret, Nonces& nonces,
                                          Duration now);

/// WWW-Authenticate header lines of a challenge: MD5, and SHA-256 before it (RFC 8760 section 2.4).
[[nodiscard]] std::string write_challenges(std::string_view realm, std::string_view nonce, bool stale, bool sha256);

/// Who was challenged lately. Phones of before RFC 8760 may give up at a challenge they do not know, although MD5
/// stands below it; one that comes again without credentials is offered MD5 alone. Of fixed size, whoever sends.
class Challenged {
 public:
  /// True when this one (source and Call-ID) was here before; from now on it was.
  [[nodiscard]] bool again(std::string_view source, std::string_view call_id);
  /// It has answered with SHA-256: nothing need be left out for it.
  void forget(std::string_view source, std::string_view call_id);

 private:
  std::array<std::size_t, 4096> seen_{};
};

}  // namespace hotline::voice::signalling
