// SPDX-License-Identifier: Apache-2.0
// A UDP address as a value: the far half of a 5-tuple. Pure, any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::voice::webrtc {

/// IPv4 is kept in its IPv6-mapped form (RFC 4291 2.5.5.2), so that one address has one value whichever socket it came
/// from.
struct Address {
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;  ///< host byte order

  /// nullopt for other families than IPv4 and IPv6.
  static std::optional<Address> from(const sockaddr_storage& from);
  /// `ip` in numbers ("192.0.2.1", "2001:db8::1"); nullopt for anything else.
  static std::optional<Address> parse(std::string_view ip, std::uint16_t port);

  [[nodiscard]] bool is_v4() const;
  /// For a socket of `family` (AF_INET or AF_INET6); 0 when the address cannot be reached through it.
  socklen_t to_sockaddr(int family, sockaddr_storage& out) const;
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Address&, const Address&) = default;
};

}  // namespace hotline::voice::webrtc

template <>
struct std::hash<hotline::voice::webrtc::Address> {
  std::size_t operator()(const hotline::voice::webrtc::Address& a) const noexcept {
    const std::string_view ip{reinterpret_cast<const char*>(a.ip.data()), a.ip.size()};
    return std::hash<std::string_view>{}(ip)*31 + a.port;
  }
};
