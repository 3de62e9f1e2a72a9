// SPDX-License-Identifier: Apache-2.0
// A SIP peer made of plain text over UDP: sends what no stack would send, and reads every datagram that comes back.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {

class RawPeer {
 public:
  explicit RawPeer(const std::string& target) {
    aim(target);
    fd_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&here), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size), 0);
    port_ = ntohs(here.sin_port);
  }
  ~RawPeer() { ::close(fd_); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void aim(const std::string& target) {
    const auto to = read_host_port(target).value();
    target_.sin_family = AF_INET;
    target_.sin_port = htons(to.port);
    inet_pton(AF_INET, to.host.c_str(), &target_.sin_addr);
  }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port_); }
  [[nodiscard]] std::string uri() const { return "sip:raw@" + address(); }

  void send(const std::string& text) {
    ::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&target_), sizeof target_);
  }
  /// A request of the dialog "call" with tag "me"; `extra` are further header lines.
  [[nodiscard]] std::string request(const std::string& method, const std::string& call, unsigned cseq,
                                    const std::string& to_tag = "", const std::string& body = "",
                                    const std::string& extra = "") {
    // The ACK of a 2xx is a request of its own; that of a refusal, and CANCEL, belong to the INVITE before.
    const bool same = method == "CANCEL" || (method == "ACK" && to_tag.empty());
    const auto branch = same ? branch_ : fmt::format("z9hG4bK{}-{}", call, ++branches_);
    branch_ = branch;
    return fmt::format(
        "{0} sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch={2};rport\r\nMax-Forwards: 70\r\n"
        "From: \"Raw\" <sip:139@127.0.0.1>;tag=me\r\nTo: <sip:1000@127.0.0.1>{3}\r\nCall-ID: {4}\r\nCSeq: {5} {0}\r\n"
        "Contact: <sip:raw@{1}>\r\n{6}{7}Content-Length: {8}\r\n\r\n{9}",
        method, address(), branch, to_tag.empty() ? "" : ";tag=" + to_tag, call, cseq, extra,
        body.empty() || extra.find("Content-Type") != std::string::npos ? "" : "Content-Type: application/sdp\r\n",
        body.size(), body);
  }
  /// An answer to a request that came: copies what RFC 3261 section 8.2.6.2 says.
  [[nodiscard]] std::string response(const std::string& request, const std::string& status, const std::string& tag,
                                     const std::string& body = "", const std::string& extra = "") const {
    std::string out = "SIP/2.0 " + status + "\r\n";
    for (const auto* name : {"Via", "From", "Call-ID", "CSeq"})
      out += std::string(name) + ": " + header(request, name) + "\r\n";
    out += "To: " + header(request, "To");
    if (header(request, "To").find("tag=") == std::string::npos && !tag.empty()) out += ";tag=" + tag;
    return out + fmt::format("\r\nContact: <sip:raw@{}>\r\n{}{}Content-Length: {}\r\n\r\n{}", address(), extra,
                             body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(), body);
  }
  /// A request of ours in the dialog that `invite`, which came to us, has begun; `tag` is ours.
  [[nodiscard]] std::string request_back(const std::string& invite, const std::string& method, unsigned cseq,
                                         const std::string& tag, const std::string& body = "",
                                         const std::string& extra = "") {
    return fmt::format(
        "{0} sip:hotline@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {1};branch=z9hG4bKback-{2};rport\r\nMax-Forwards: 70\r\n"
        "From: {3};tag={4}\r\nTo: {5}\r\nCall-ID: {6}\r\nCSeq: {7} {0}\r\nContact: <sip:raw@{1}>\r\n{8}{9}"
        "Content-Length: {10}\r\n\r\n{11}",
        method, address(), ++branches_, header(invite, "To"), tag, header(invite, "From"), header(invite, "Call-ID"),
        cseq, extra,
        body.empty() || extra.find("Content-Type") != std::string::npos ? "" : "Content-Type: application/sdp\r\n",
        body.size(), body);
  }
  static std::string body(const std::string& message) {
    const auto at = message.find("\r\n\r\n");
    return at == std::string::npos ? std::string{} : message.substr(at + 4);
  }

  /// The next datagram; "" when none comes within the limit.
  std::string receive(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    pollfd poller{fd_, POLLIN, 0};
    if (::poll(&poller, 1, static_cast<int>(limit.count())) <= 0) return {};
    std::string text(65'536, '\0');
    const auto size = ::recv(fd_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  /// Reads on until a datagram begins with `start`; fails the test when none does.
  std::string expect(const std::string& start) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    std::string seen;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      const auto text = left.count() > 0 ? receive(left) : std::string{};
      if (text.empty()) break;
      if (text.starts_with(start)) return text;
      seen += text.substr(0, text.find("\r\n")) + "; ";
    }
    ADD_FAILURE() << "\"" << start << "\" did not come, but: " << seen;
    return {};
  }
  static std::string header(const std::string& message, const std::string& name) {
    const auto at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return message.substr(begin, message.find("\r\n", begin) - begin);
  }
  static std::string tag(const std::string& message, const std::string& name) {
    const auto value = header(message, name);
    const auto at = value.find("tag=");
    return at == std::string::npos ? std::string{} : value.substr(at + 4);
  }

 private:
  int fd_ = -1;
  sockaddr_in target_{};
  std::uint16_t port_ = 0;
  unsigned branches_ = 0;
  std::string branch_;
};

}  // namespace hotline::voice::signalling
