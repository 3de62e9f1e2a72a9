// SPDX-License-Identifier: Apache-2.0
// A session's UDP socket: bound to an even port, connected to the far end once that is known, so that the kernel drops
// what others send and a send needs no route look-up. Used by one thread at a time.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"

namespace hotline::voice::media {

[[nodiscard]] bool same_address(const sockaddr_storage& a, const sockaddr_storage& b);
[[nodiscard]] socklen_t address_size(const sockaddr_storage& address);
/// An address with a port: one can send there.
[[nodiscard]] bool is_usable(const sockaddr_storage& address);

class UdpSocket {
 public:
  UdpSocket() = default;
  explicit UdpSocket(int fd) : fd_(fd) {}
  UdpSocket(UdpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  UdpSocket& operator=(UdpSocket&& other) noexcept;
  ~UdpSocket();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::uint16_t local_port() const;

  bool connect(const sockaddr_storage& to);
  void disconnect();

  /// Bytes received, or negative. Never waits.
  [[nodiscard]] ssize_t receive(std::span<std::uint8_t> buffer) {
    return ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  }
  [[nodiscard]] ssize_t receive_from(std::span<std::uint8_t> buffer, sockaddr_storage& from);
  /// Never waits. A connected socket ignores `to`.
  bool send(std::span<const std::uint8_t> packet, const sockaddr_storage& to);

 private:
  int fd_ = -1;
  bool connected_ = false;
};

/// A socket one port above `socket`'s, on the same address: for its RTCP (RFC 3550 11). nullopt: that port is taken.
[[nodiscard]] std::optional<UdpSocket> open_above(const UdpSocket& socket);

/// Hands out sockets on even ports of a range (RFC 3550 11), in turn, so that a port just closed rests longest.
class PortRange {
 public:
  /// `port_min` = `port_max` = 0: any free even port.
  PortRange(std::string bind_address, std::uint16_t port_min, std::uint16_t port_max);
  /// Any thread. Fails when no port is free, or the address is not of this machine.
  [[nodiscard]] Result<UdpSocket, Problem> open();
  [[nodiscard]] int family() const;  ///< AF_INET, AF_INET6, or AF_UNSPEC when the address is neither

 private:
  [[nodiscard]] Result<UdpSocket, Problem> open_any();
  std::string bind_address_;
  std::uint16_t port_min_, port_max_;
  std::uint16_t free_min_ = 32'768, free_max_ = 60'999;  ///< what the kernel gives out as free
  std::mutex mutex_;
  std::uint32_t next_ = 0;
};

}  // namespace hotline::voice::media
