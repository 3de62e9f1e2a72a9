// SPDX-License-Identifier: Apache-2.0
// UDP sockets of sessions. A socket is used by one thread at a time; PortRange by any.
#include "voice/media/udp_socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace hotline::voice::media {
namespace {

/// The IPv4 or IPv6 form of `text` with `port`; family AF_UNSPEC when it is neither.
sockaddr_storage parse_address(const std::string& text, std::uint16_t port) {
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
  }
  return address;
}

/// A bound socket, or the errno why not.
Result<UdpSocket, int> bind_port(const std::string& text, std::uint16_t port) {
  const auto address = parse_address(text, port);
  if (address.ss_family == AF_UNSPEC) return fail(EINVAL);
  UdpSocket socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;  // "::" beside "0.0.0.0" on the same port
  if (address.ss_family == AF_INET6) ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (socket.fd() < 0 || ::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&address), address_size(address)) != 0)
    return fail(int{errno});
  return socket;
}

Problem cannot_bind(const std::string& address, int error) {
  return {fmt::format("no RTP port can be opened on '{}': {}", address, std::strerror(error)),
          "set the media address to one of this machine's, and allow enough open files"};
}

}  // namespace

bool same_address(const sockaddr_storage& a, const sockaddr_storage& b) {
  if (a.ss_family != b.ss_family) return false;
  if (a.ss_family == AF_INET) {
    const auto& x = reinterpret_cast<const sockaddr_in&>(a);
    const auto& y = reinterpret_cast<const sockaddr_in&>(b);
    return x.sin_port == y.sin_port && x.sin_addr.s_addr == y.sin_addr.s_addr;
  }
  if (a.ss_family == AF_INET6) {
    const auto& x = reinterpret_cast<const sockaddr_in6&>(a);
    const auto& y = reinterpret_cast<const sockaddr_in6&>(b);
    return x.sin6_port == y.sin6_port && std::memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
  }
  return true;
}

socklen_t address_size(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

bool is_usable(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return v4.sin_port != 0 && v4.sin_addr.s_addr != 0;  // 0.0.0.0 is hold by the old way (RFC 3264 8.4)
  }
  return address.ss_family == AF_INET6 && reinterpret_cast<const sockaddr_in6&>(address).sin6_port != 0;
}

UdpSocket& UdpSocket::operator=(UdpSocket&& other) noexcept {
  UdpSocket taken(std::move(other));  // closes what this one had, at once
  std::swap(fd_, taken.fd_);
  std::swap(connected_, taken.connected_);
  return *this;
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint16_t UdpSocket::local_port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool UdpSocket::connect(const sockaddr_storage& to) {
  connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), address_size(to)) == 0;
  return connected_;
}

void UdpSocket::disconnect() {
  if (!connected_) return;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  ::connect(fd_, &nobody, sizeof nobody);
  connected_ = false;
}

ssize_t UdpSocket::receive_from(std::span<std::uint8_t> buffer, sockaddr_storage& from) {
  socklen_t size = sizeof from;
  return ::recvfrom(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from), &size);
}

bool UdpSocket::send(std::span<const std::uint8_t> packet, const sockaddr_storage& to) {
  ssize_t sent = 0;
  if (connected_) {
    sent = ::send(fd_, packet.data(), packet.size(), MSG_DONTWAIT);
    // An ICMP error of an earlier packet is reported in place of sending this one: once more, it is cleared now.
    if (sent < 0 && errno == ECONNREFUSED) sent = ::send(fd_, packet.data(), packet.size(), MSG_DONTWAIT);
  } else {
    sent = ::sendto(fd_, packet.data(), packet.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&to),
                    address_size(to));
  }
  return sent >= 0;
}

std::optional<UdpSocket> open_above(const UdpSocket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  auto& port = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port;
  if (ntohs(port) == 0xFFFF) return std::nullopt;
  port = htons(static_cast<std::uint16_t>(ntohs(port) + 1));
  UdpSocket above(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (address.ss_family == AF_INET6) ::setsockopt(above.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (above.fd() < 0 || ::bind(above.fd(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return std::nullopt;
  return above;
}

PortRange::PortRange(std::string bind_address, std::uint16_t port_min, std::uint16_t port_max)
    : bind_address_(std::move(bind_address)),
      port_min_(static_cast<std::uint16_t>(port_min + (port_min & 1U))),
      port_max_(port_max) {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint16_t low = 0, high = 0;
  if (range >> low >> high && low >= 1024 && high > low) free_min_ = low, free_max_ = high;
}

int PortRange::family() const {
  return parse_address(bind_address_, 0).ss_family;
}

Result<UdpSocket, Problem> PortRange::open_any() {
  // Half of the ports that the kernel offers are odd: a number of our own choice is found with fewer sockets.
  for (int tries = 0; tries < 4; ++tries) {
    std::uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) break;
    const auto chosen = free_min_ + random % (static_cast<std::uint32_t>(free_max_ - free_min_) + 1);
    auto socket = bind_port(bind_address_, static_cast<std::uint16_t>(chosen & ~1U));
    if (socket) return std::move(*socket);
    if (socket.error() != EADDRINUSE) break;
  }
  std::vector<UdpSocket> passed_over;  // kept meanwhile, else the kernel may offer the same port again
  for (int tries = 0; tries < 64; ++tries) {
    auto offered = bind_port(bind_address_, 0);
    if (!offered) return fail(cannot_bind(bind_address_, offered.error()));
    const auto port = offered->local_port();
    if (port % 2 != 0) {
      passed_over.push_back(std::move(*offered));
      continue;
    }
    // Bound once more by its number: a port which the kernel chose is lost when the socket is disconnected (re-INVITE).
    *offered = UdpSocket{};
    if (auto socket = bind_port(bind_address_, port)) return std::move(*socket);
  }
  return fail(cannot_bind(bind_address_, EADDRINUSE));
}

Result<UdpSocket, Problem> PortRange::open() {
  if (port_max_ == 0) return open_any();
  const std::uint32_t count = port_max_ >= port_min_ ? (static_cast<std::uint32_t>(port_max_ - port_min_)) / 2 + 1 : 0;
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(port_min_ + 2 * (next_ % count));
    next_ = (next_ + 1) % count;
    auto socket = bind_port(bind_address_, port);
    if (socket) return std::move(*socket);
    if (socket.error() != EADDRINUSE && socket.error() != EACCES)
      return fail(cannot_bind(bind_address_, socket.error()));
  }
  return fail(Problem{fmt::format("no RTP port from {} to {} is free", port_min_, port_max_),
                      "widen the RTP port range; each call needs two ports"});
}

}  // namespace hotline::voice::media
