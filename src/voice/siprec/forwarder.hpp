// SPDX-License-Identifier: Apache-2.0
// The copies' RTP: takes what media shards have put into a copy's tap and sends it to the outside recorder as two
// streams of 20 ms G.711 packets, with an SSRC, sequence numbers and timestamps of their own and RTCP sender reports.
//
// One thread for all copies. It never waits: a packet the kernel does not take is counted and gone. The functions may
// be called from any one other thread.
#pragma once

#include <netinet/in.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "voice/media/udp_socket.hpp"
#include "voice/recorder/tap.hpp"
#include "voice/siprec/streams.hpp"

namespace hotline::voice::siprec {

struct ForwarderConfig {
  std::string bind_address = "127.0.0.1";
  std::uint16_t port_min = 0, port_max = 0;  ///< even RTP ports; 0, 0: any
};

struct ForwarderStats {
  std::uint64_t packets = 0;  ///< sent
  std::uint64_t dropped = 0;  ///< could not be sent, or came too late to be of use
};

class Forwarder {
 public:
  explicit Forwarder(ForwarderConfig config);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  struct Opened {
    std::array<std::uint16_t, stream_count> ports{};
    std::shared_ptr<recorder::Tap> tap;  ///< for the shard of the leg: its producer
  };
  /// Opens the two sockets of a copy; nothing is sent until send(). `id` is the recording session's leg.
  [[nodiscard]] Result<Opened, Problem> open(LegId id, RecordingId recording, LegId leg);
  /// Where to send; streams that are not wanted are kept back. Addresses that are not numeric are not sent to.
  void send(LegId id, const FarStreams& far);
  /// From this moment nothing is sent (true), until told otherwise.
  void pause(LegId id, bool paused);
  void close(LegId id);

  [[nodiscard]] ForwarderStats stats() const;

 private:
  class Copy;
  void run();

  media::PortRange ports_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<LegId, std::shared_ptr<Copy>> copies_;  // guarded by mutex_
  bool stopping_ = false;                          // guarded by mutex_
  std::atomic<std::uint64_t> packets_{0}, dropped_{0};
  std::thread thread_;
};

}  // namespace hotline::voice::siprec
