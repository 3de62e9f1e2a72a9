// SPDX-License-Identifier: Apache-2.0
// The load: endpoints that each send a G.711 packet every 20 ms, with phases spread over the 20 ms as real callers have
// them, and take what comes back. One thread on the last core.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace hotline::bench {

class Load {
 public:
  enum class Lateness : std::uint8_t {
    of_packet,  ///< what comes back is what an endpoint sent: its age when the kernel got it
    of_stream,  ///< generated sound: how far a packet is behind the timestamps of its stream
  };
  struct Totals {
    std::uint64_t sent = 0, received = 0;  ///< of the measured time; `received` counts packets sent in it (of_packet)
    std::uint64_t late = 0;                ///< more than 40 ms
    std::uint64_t gaps = 0;                ///< missing sequence numbers (of_stream)
    std::int64_t late_max_ns = 0;
    std::int64_t sender_behind_max_ns = 0;  ///< how late the generator itself ran
  };

  /// Opens the sockets. ok() is false when there are too few.
  Load(unsigned endpoints, Lateness lateness);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::uint16_t port(unsigned endpoint) const { return ports_[endpoint]; }
  /// Where the endpoint sends to.
  void connect(unsigned endpoint, std::uint16_t port);
  void start();
  void measure(bool on) { measuring_.store(on, std::memory_order_relaxed); }
  /// Ends sending, takes what is still on its way.
  Totals stop();

 private:
  struct Endpoint {
    int fd = -1;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    // of_stream
    bool heard = false;
    std::uint16_t heard_sequence = 0;
    std::int64_t earliest_ns = 0;  // of (arrival - time by timestamp): what "in time" is
  };
  void run();
  void send(Endpoint& endpoint, bool counted);
  void receive(Endpoint& endpoint, bool counted);
  void on_packet(Endpoint& endpoint, const std::uint8_t* packet, std::int64_t arrived_ns, bool counted);

  const Lateness lateness_;
  bool ok_ = true;
  std::vector<Endpoint> endpoints_;
  std::vector<std::uint16_t> ports_;
  Totals totals_;
  std::atomic<bool> measuring_{false}, stopping_{false};
  std::thread thread_;
};

}  // namespace hotline::bench
