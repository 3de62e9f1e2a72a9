// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace hotline::voice::webrtc {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void set_v4(Address& address, const in_addr& v4) {
  std::copy(mapped_prefix.begin(), mapped_prefix.end(), address.ip.begin());
  std::memcpy(address.ip.data() + mapped_prefix.size(), &v4, sizeof v4);
}

}  // namespace

std::optional<Address> Address::from(const sockaddr_storage& from) {
  Address out;
  if (from.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    set_v4(out, v4.sin_addr);
    out.port = ntohs(v4.sin_port);
    return out;
  }
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &from, sizeof v6);
    std::memcpy(out.ip.data(), &v6.sin6_addr, out.ip.size());
    out.port = ntohs(v6.sin6_port);
    return out;
  }
  return std::nullopt;
}

std::optional<Address> Address::parse(std::string_view ip, std::uint16_t port) {
  Address out;
  out.port = port;
  const std::string text{ip};
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    set_v4(out, v4);
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.ip.data()) == 1) return out;
  return std::nullopt;
}

bool Address::is_v4() const {
  return std::equal(mapped_prefix.begin(), mapped_prefix.end(), ip.begin());
}

socklen_t Address::to_sockaddr(int family, sockaddr_storage& out) const {
  if (family == AF_INET) {
    if (!is_v4()) return 0;
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, ip.data() + mapped_prefix.size(), sizeof v4.sin_addr);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, ip.data(), ip.size());
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4()) {
    inet_ntop(AF_INET, ip.data() + mapped_prefix.size(), text.data(), text.size());
    return std::string{text.data()} + ":" + std::to_string(port);
  }
  inet_ntop(AF_INET6, ip.data(), text.data(), text.size());
  return "[" + std::string{text.data()} + "]:" + std::to_string(port);
}

}  // namespace hotline::voice::webrtc
