// SPDX-License-Identifier: Apache-2.0
// How many TCP and TLS connections others may have to us, and which of them are idle. libre accepts whoever comes and
// keeps a silent connection for 15 minutes; our definitions of tcp_accept() and fd_close() come before the library's
// (as with timer_heap.cpp) and count. Signalling thread: one table a thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/time.hpp"
#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

class Connections {
 public:
  struct Limits {
    std::uint32_t max = 2'000, per_source_max = 100;
    Duration idle{180'000};
  };
  /// `closed` is told the "ip:port" of a connection that has ended; from inside libre: it must only take note.
  Connections(Limits limits, std::function<void(const std::string& peer)> closed);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// Closes what has been idle for too long.
  void sweep(Duration now);
  [[nodiscard]] std::size_t open() const { return open_.size(); }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  // Called by the functions put before libre's.
  [[nodiscard]] bool take(tcp_conn* connection);
  void gone(int fd);

 private:
  struct Open {
    Connections* table = nullptr;
    std::string address, peer;
    bool active = true;  ///< something came since the last sweep
    Duration idle_since{};
  };
  Limits limits_;
  std::function<void(const std::string&)> closed_;
  std::unordered_map<int, Open> open_;
  std::unordered_map<std::string, std::uint32_t> by_source_;
  std::uint64_t refused_ = 0;
};

}  // namespace hotline::voice::signalling
