// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/udp_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hotline::voice::webrtc {

struct UdpSocket::Buffers {
  std::array<mmsghdr, batch> messages{};
  std::array<iovec, batch> parts{};
  std::array<sockaddr_storage, batch> sources{};
  std::array<std::array<std::uint8_t, datagram_max>, batch> bytes;

  Buffers() {
    for (unsigned i = 0; i < batch; ++i) {
      parts[i] = {bytes[i].data(), bytes[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = &sources[i];
    }
  }
};

UdpSocket::UdpSocket(int fd, int family, std::uint16_t port)
    : fd_{fd}, family_{family}, port_{port}, buffers_{std::make_unique<Buffers>()} {}

UdpSocket::~UdpSocket() {
  ::close(fd_);
}

Result<std::unique_ptr<UdpSocket>, Problem> UdpSocket::open(const std::string& address, std::uint16_t port) {
  const auto parsed = Address::parse(address, port);
  if (!parsed) return fail(Problem{"\"" + address + "\" is no IP address", "give the address in numbers"});
  const bool v6 = address.find(':') != std::string::npos;
  const int family = v6 ? AF_INET6 : AF_INET;
  const int fd = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail(
        Problem{std::string{"cannot make a UDP socket: "} + std::strerror(errno), "raise the limit of open files"});
  std::unique_ptr<UdpSocket> made{new UdpSocket{fd, family, port}};

  const int off = 0;
  // All legs share this socket: a second of 1,000 calls is 10 MB. The kernel gives what net.core.rmem_max allows.
  const int buffer_bytes = 4 << 20;
  if (v6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);

  sockaddr_storage local{};
  const socklen_t size = parsed->to_sockaddr(family, local);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&local), size) != 0) {
    return fail(Problem{"cannot bind WebRTC's UDP port " + parsed->to_string() + ": " + std::strerror(errno),
                        "choose an address of this machine and a free port, or port 0"});
  }
  socklen_t got = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &got) == 0) {
    if (const auto bound = Address::from(local)) made->port_ = bound->port;
  }
  return made;
}

void UdpSocket::receive(const std::function<void(const Address& from, std::span<std::uint8_t> datagram)>& take) {
  constexpr int rounds = 64;
  Buffers& b = *buffers_;
  for (int round = 0; round < rounds; ++round) {
    for (auto& message : b.messages) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(fd_, b.messages.data(), batch, MSG_DONTWAIT, nullptr);
    if (count <= 0) return;
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
      const auto from = Address::from(b.sources[i]);
      if (from) take(*from, std::span{b.bytes[i]}.first(b.messages[i].msg_len));
    }
    if (count < static_cast<int>(batch)) return;
  }
}

bool UdpSocket::send(const Address& to, std::span<const std::uint8_t> datagram) {
  sockaddr_storage address{};
  const socklen_t size = to.to_sockaddr(family_, address);
  if (size == 0) return false;
  return ::sendto(fd_, datagram.data(), datagram.size(), MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address),
                  size) == static_cast<ssize_t>(datagram.size());
}

}  // namespace hotline::voice::webrtc
