// SPDX-License-Identifier: Apache-2.0
// STUN binding messages as ICE uses them (RFC 8489, RFC 8445 section 7): a bounded reader and a writer. Pure, any
// thread.
//
// Whatever a stranger sends is read here first, so the reader allocates nothing, looks at each byte once and refuses
// anything that is not wholly in order. It is fuzzed (fuzz/stun.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "voice/webrtc/address.hpp"

namespace hotline::voice::webrtc::stun {

inline constexpr std::size_t header_size = 20;
inline constexpr std::size_t message_max = 1280;  ///< longer messages are refused; ICE checks have about 100 bytes
inline constexpr std::uint32_t magic_cookie = 0x2112a442;

using TransactionId = std::array<std::uint8_t, 12>;

enum class Class : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

/// A binding message. `username` points into the packet it was read from.
struct Message {
  Class kind = Class::request;
  TransactionId transaction{};
  std::string_view username;
  bool use_candidate = false;
  bool from_controlling = false;  ///< ICE-CONTROLLING present
  bool from_controlled = false;   ///< ICE-CONTROLLED present
  bool has_fingerprint = false;   ///< present, and right: a wrong one refuses the message
  std::optional<std::uint32_t> priority;
  std::optional<Address> mapped;           ///< XOR-MAPPED-ADDRESS
  std::uint16_t error_code = 0;            ///< of an error response, 300 to 699
  std::size_t integrity_at = 0;            ///< offset of the MESSAGE-INTEGRITY attribute, 0 when there is none
  std::array<std::uint16_t, 8> unknown{};  ///< comprehension-required attributes not known here, the first eight
  std::size_t unknown_count = 0;
};

/// Reads a whole datagram. nullopt: not a binding message, or not in order (length, padding, attribute sizes,
/// fingerprint). Attributes behind MESSAGE-INTEGRITY are skipped except FINGERPRINT, which must be the last (RFC
/// 8489 14.5, 14.7).
[[nodiscard]] std::optional<Message> parse(std::span<const std::uint8_t> packet);

/// Whether `packet`, read as `message`, carries the MESSAGE-INTEGRITY of the short-term `password` (RFC 8489 9.1).
[[nodiscard]] bool check_integrity(std::span<const std::uint8_t> packet, const Message& message,
                                   std::string_view password);

/// Writes one message into a buffer of its own. Attributes that no longer fit are a bug of the caller (asserted).
class Writer {
 public:
  Writer(Class kind, const TransactionId& transaction);

  Writer& username(std::string_view value);
  Writer& priority(std::uint32_t value);
  Writer& use_candidate();
  Writer& controlling(std::uint64_t tie_breaker);
  Writer& controlled(std::uint64_t tie_breaker);
  Writer& mapped(const Address& address);
  Writer& error(std::uint16_t code, std::string_view reason);
  Writer& unknown_attributes(std::span<const std::uint16_t> types);
  /// The last but one: MESSAGE-INTEGRITY over all before it.
  Writer& integrity(std::string_view password);
  /// The last: FINGERPRINT over all before it.
  Writer& fingerprint();

  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {buffer_.data(), size_}; }

 private:
  std::uint8_t* attribute(std::uint16_t type, std::size_t length);
  void set_length(std::size_t attributes_bytes);

  std::array<std::uint8_t, 256> buffer_{};
  std::size_t size_ = header_size;
};

}  // namespace hotline::voice::webrtc::stun
