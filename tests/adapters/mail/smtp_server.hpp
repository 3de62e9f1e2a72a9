// SPDX-License-Identifier: Apache-2.0
// A mail server on loopback for one conversation at a time: answers as told, keeps what it got.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hotline::mail::test {

class SmtpServer {
 public:
  /// Answers a command that begins with `to` by `refusal` ("RCPT", "550 no such user").
  explicit SmtpServer(std::string to = {}, std::string refusal = {})
      : to_(std::move(to)), refusal_(std::move(refusal)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~SmtpServer() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      talk(peer);
      ::close(peer);
    }
  }
  void talk(int peer) {
    const auto say = [&](const std::string& text) {
      (void)::send(peer, (text + "\r\n").data(), text.size() + 2, MSG_NOSIGNAL);
    };
    say("220 test");
    std::string buffer;
    bool data = false;
    for (char c = 0; !stop_;) {
      pollfd waiting{peer, POLLIN, 0};
      if (::poll(&waiting, 1, 20) == 0) continue;
      if (::recv(peer, &c, 1, 0) <= 0) return;
      buffer += c;
      if (!buffer.ends_with("\r\n")) continue;
      const std::string line = buffer.substr(0, buffer.size() - 2);
      buffer.clear();
      {
        const std::scoped_lock lock(mutex_);
        lines_.push_back(line);
      }
      if (data) {
        if (line == ".") data = false, say("250 taken");
      } else if (!to_.empty() && line.starts_with(to_)) {
        say(refusal_);
      } else if (line == "DATA") {
        data = true;
        say("354 go on");
      } else {
        say(line == "QUIT" ? "221 bye" : "250 ok");
      }
    }
  }

  const std::string to_, refusal_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

}  // namespace hotline::mail::test
