// SPDX-License-Identifier: Apache-2.0
// A SIP phone for tests: signalling by a stack of its own, and RTP on a thread that sends one byte value as its voice
// and counts what it hears.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "runtime/fd.hpp"
#include "voice/sdp/sdp.hpp"
#include "voice/signalling/node.hpp"

namespace hotline::voice::node::test {

class RtpEnd {
 public:
  explicit RtpEnd(std::uint8_t voice) : voice_(voice), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~RtpEnd() {
    stopping_ = true;
    thread_.join();
  }

  [[nodiscard]] std::string sdp() const {
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 8 101\r\n"
        "a=rtpmap:101 telephone-event/8000\r\n",
        port_);
  }
  /// Begins to send to where the description of the far end says.
  void send_to(const std::string& far_sdp) {
    const auto far = sdp::parse(far_sdp);
    ASSERT_TRUE(far);
    ASSERT_FALSE(far->media.empty());
    target_ = far->media[0].port;
  }
  void press(int event) { pressed_ = event; }
  /// Waits until `count` packets whose voice is this byte have been heard, from now on.
  [[nodiscard]] bool wait_heard(std::uint8_t voice, int count) {
    std::unique_lock lock(mutex_);
    const int wanted = heard_[voice] + count;
    return changed_.wait_for(lock, signalling::kLimit, [&] { return heard_[voice] >= wanted; });
  }
  [[nodiscard]] int heard(std::uint8_t voice) {
    const std::lock_guard lock(mutex_);
    return heard_[voice];
  }

 private:
  static constexpr int nothing = -1;
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }
  void send(std::uint8_t payload_type, bool marker, std::uint32_t timestamp, const std::string& payload) {
    std::string packet;
    packet.push_back(static_cast<char>(0x80));
    packet.push_back(static_cast<char>(payload_type | (marker ? 0x80U : 0U)));
    for (const int shift : {8, 0}) packet.push_back(static_cast<char>(sequence_ >> shift));
    for (const int shift : {24, 16, 8, 0}) packet.push_back(static_cast<char>(timestamp >> shift));
    for (const char byte : {'t', 'e', 's', static_cast<char>(voice_)}) packet.push_back(byte);
    packet += payload;
    ++sequence_;
    const sockaddr_in to = loopback(target_);
    ::sendto(socket_.get(), packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  void send_one() {
    constexpr std::uint32_t frame = 160;
    timestamp_ += frame;
    if (const int event = pressed_.exchange(nothing);
        event != nothing) {  // RFC 4733: growing length, the end three times
      for (std::uint16_t step = 1; step <= 6; ++step) {
        const auto length = static_cast<std::uint16_t>(160 * std::min<int>(step, 4));
        const bool end = step >= 4;
        send(101, step == 1, timestamp_,
             {static_cast<char>(event), static_cast<char>(end ? 0x8A : 0x0A), static_cast<char>(length >> 8),
              static_cast<char>(length & 0xFF)});
      }
      return;
    }
    send(8, false, timestamp_, std::string(frame, static_cast<char>(voice_)));
  }
  void run() {
    auto next = std::chrono::steady_clock::now();
    while (!stopping_) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now()).count();
      pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
      if (left > 0 && ::poll(&entry, 1, static_cast<int>(left)) > 0) hear();
      if (std::chrono::steady_clock::now() < next) continue;
      next += std::chrono::milliseconds(20);
      if (target_ != 0) send_one();
    }
  }
  void hear() {
    std::array<std::uint8_t, 2048> packet{};
    const ssize_t size = ::recv(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    constexpr ssize_t header = 12;
    if (size <= header || (packet[1] & 0x7FU) != 8) return;
    const std::lock_guard lock(mutex_);
    ++heard_[packet[header + 80]];  // the middle: edges of a prompt may share a packet with silence
    changed_.notify_all();
  }

  const std::uint8_t voice_;
  runtime::Fd socket_;
  std::uint16_t port_ = 0;
  std::uint16_t sequence_ = 1;
  std::uint32_t timestamp_ = 0;
  std::atomic<std::uint16_t> target_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint8_t, int> heard_;  // guarded by mutex_
  std::atomic<int> pressed_{nothing};
  std::thread thread_;
};

/// Answers each call at once; places one with call().
class Phone {
 public:
  explicit Phone(std::uint8_t voice)
      : rtp(voice),
        sip(signalling::Node::config(), [this](signalling::SipStack& stack, const signalling::IncomingCall& call) {
          stack.progress(call.leg, 180);
          rtp.send_to(call.offer.value_or(""));
          stack.accept(call.leg, rtp.sdp());
        }) {}
  /// Calls and talks once answered; returns the leg.
  LegId call(const std::string& uri) {
    const LegId leg = sip.call(uri, rtp.sdp());
    rtp.send_to(sip.wait("answered").text);
    return leg;
  }
  void hang_up(LegId leg) {
    sip.run([&](signalling::SipStack& stack) { stack.hangup(leg, signalling::EndCause::normal); });
  }

  RtpEnd rtp;
  signalling::Node sip;
};

}  // namespace hotline::voice::node::test
