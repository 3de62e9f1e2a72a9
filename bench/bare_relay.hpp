// SPDX-License-Identifier: Apache-2.0
// The reference: a relay of UDP packets and nothing else, with the same input and output as the media plane (epoll at a
// pace of 5 ms, one recv and one send a packet, connected sockets). What it costs is the floor on this machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

namespace hotline::bench {

class BareRelay {
 public:
  /// Sockets 2i and 2i+1 relay to each other. With `directory` not empty each socket's payloads are written to a file
  /// there, 8,000 bytes at a time.
  BareRelay(unsigned sockets, const std::filesystem::path& directory);
  ~BareRelay();
  BareRelay(const BareRelay&) = delete;
  BareRelay& operator=(const BareRelay&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::uint16_t port(unsigned socket) const { return ports_[socket]; }
  void connect(unsigned socket, std::uint16_t port);
  void start();
  [[nodiscard]] std::uint64_t packets() const { return packets_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t cpu_ns() const;
  void stop();

 private:
  struct File {
    int fd = -1;
    std::size_t filled = 0;
    std::vector<std::uint8_t> bytes;
  };
  void run();

  bool ok_ = true;
  std::vector<int> sockets_;
  std::vector<std::uint16_t> ports_;
  std::vector<File> files_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> packets_{0};
  std::thread thread_;
};

}  // namespace hotline::bench
