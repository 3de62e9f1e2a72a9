// SPDX-License-Identifier: Apache-2.0
// Web push: a message that only the browser it is for can read (RFC 8291, in the encoding of RFC 8188), and the proof
// that it is we who push (VAPID, RFC 8292). No network. Any thread.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

struct evp_pkey_st;

namespace hotline::outside {

/// A key pair on P-256.
class PushKey {
 public:
  /// Fails only without memory or random source.
  [[nodiscard]] static PushKey make();
  /// Of the private scalar and the public point, both base64url; for tests with the RFC's own figures.
  [[nodiscard]] static Result<PushKey, std::string> of(const std::string& secret, const std::string& point);
  /// Reads `file` (PEM), or makes one there that only its owner may read. The same one for ever: browsers'
  /// subscriptions are bound to it.
  [[nodiscard]] static Result<PushKey, Problem> load_or_make(const std::filesystem::path& file);

  /// Uncompressed point (65 bytes), base64url: what the page subscribes with.
  [[nodiscard]] std::string point() const;
  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit PushKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

/// What a browser gave: its public point and a secret, base64url. Empty: they can be used; else what is wrong.
[[nodiscard]] std::string wrong_with_subscription(const std::string& p256dh, const std::string& auth);

/// Longest plain text: with its header and tag it stays within the 4,096 bytes every push service takes (RFC 8030
/// section 7.2).
inline constexpr std::size_t kPushTextMost = 3'900;

/// The body of a push message. `sender` and `salt` are new for each message.
[[nodiscard]] Result<std::string, std::string> seal_push(const std::string& text, const std::string& p256dh,
                                                         const std::string& auth, const PushKey& sender,
                                                         const std::array<unsigned char, 16>& salt);
/// With a key and salt of its own.
[[nodiscard]] Result<std::string, std::string> seal_push(const std::string& text, const std::string& p256dh,
                                                         const std::string& auth);

/// The Authorization header: a token for the push service's origin, for twelve hours (RFC 8292 section 2: at most 24).
/// `subject`: mailto: or https: of whom to complain to.
[[nodiscard]] std::string vapid_authorization(const PushKey& key, const std::string& origin, const std::string& subject,
                                              TimePoint now);

[[nodiscard]] std::string to_base64url(const std::string& bytes);
[[nodiscard]] std::optional<std::string> from_base64url(const std::string& text);

}  // namespace hotline::outside
