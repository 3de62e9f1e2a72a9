// SPDX-License-Identifier: Apache-2.0
// The one UDP socket of the engine: batches in, single datagrams out. Opened on any thread, used on the engine's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "voice/webrtc/address.hpp"

namespace hotline::voice::webrtc {

class UdpSocket {
 public:
  static constexpr std::size_t datagram_max = 2048;  ///< bytes; longer ones are cut, and then fail their checks
  static constexpr unsigned batch = 32;

  /// Binds to a numeric IPv4 or IPv6 address ("::" serves both) and a port, 0 for any free one.
  /// Fails with a Problem that names the address and port.
  static Result<std::unique_ptr<UdpSocket>, Problem> open(const std::string& address, std::uint16_t port);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Reads what has arrived: at most 2,048 datagrams, five milliseconds of 4,000 calls, then other work has its turn.
  void receive(const std::function<void(const Address& from, std::span<std::uint8_t> datagram)>& take);
  /// False when it was not sent: the buffer is full or the address cannot be reached. Never waits.
  bool send(const Address& to, std::span<const std::uint8_t> datagram);

 private:
  struct Buffers;
  UdpSocket(int fd, int family, std::uint16_t port);

  int fd_, family_;
  std::uint16_t port_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace hotline::voice::webrtc
