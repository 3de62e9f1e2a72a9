// SPDX-License-Identifier: Apache-2.0
// The core's end of the voice link to one node: connects, says hello, comes back after a loss, and gives each event
// once. Lives on the loop it is given (a runtime::LoopThread when it is to have a thread of its own); send() and
// acknowledge() may be called from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "runtime/event_loop.hpp"
#include "voice_link.pb.h"
#include "voice_link/link_stream.hpp"

namespace hotline::voice_link {

/// Told what the node says; on the loop's thread. Hand over and return. The order on each connection is: on_connected,
/// the events the core has not had, on_snapshot, further events and stats.
class CoreEndHandler {
 public:
  virtual ~CoreEndHandler() = default;
  virtual void on_connected(const link::HelloReply& hello) = 0;
  /// Each event once and in order, over all connections of this object. `boot_id` goes back with acknowledge().
  virtual void on_event(std::uint64_t boot_id, const link::FromNode& event) = 0;
  virtual void on_snapshot(const link::Snapshot& snapshot) = 0;
  virtual void on_stats(const link::Stats& stats) = 0;
  virtual void on_quality(const link::LegQuality&) {}
  virtual void on_report(const link::LegsReport&) {}
  /// Called once after each on_connected. What was sent and had no effect in the next Snapshot is lost.
  virtual void on_disconnected(const std::string& why) = 0;
  /// The node's process is known to be dead: its socket is there and nobody has it. Once, until a node is connected.
  virtual void on_dead() {}
  /// A core with a higher epoch is in charge: this end has stopped for good, and this core must stop giving commands.
  virtual void on_fenced(std::uint64_t highest_epoch) = 0;
};

struct CoreEndConfig {
  std::string address;              ///< see connect()
  std::uint64_t epoch = 0;          ///< from the store, raised at each start of the core; not 0
  std::uint64_t known_boot_id = 0;  ///< of the node as last known, 0: unknown
  std::uint64_t acked_seq = 0;      ///< last event of that boot whose consequences are committed
  Duration retry_min{50};           ///< wait before the first new attempt; doubles up to retry_max
  Duration retry_max{2'000};
  Duration silent_after{
      10'000};  ///< a node that has sent nothing for so long is taken for lost (it sends Stats every 2 s)
  std::size_t unsent_bytes_max = 16 * 1024 * 1024;  ///< commands the node has not taken; above, send() refuses
};

class CoreEnd {
 public:
  /// Starts connecting. Loop and handler must outlive the end. Create it on any thread.
  CoreEnd(CoreEndConfig config, runtime::EventLoop& loop, CoreEndHandler& handler);
  /// On the loop's thread (LoopThread::run_and_wait) or after the loop has ended. No callback is made any more.
  ~CoreEnd();
  CoreEnd(const CoreEnd&) = delete;
  CoreEnd& operator=(const CoreEnd&) = delete;

  /// Any thread, in order. The epoch is filled in. False when not connected or the node takes too little: the command
  /// is then not sent. True is no promise either; the next Snapshot tells what is.
  [[nodiscard]] bool send(link::FromCore command);
  /// Any thread. The consequences of every event of that boot up to `seq` are committed.
  void acknowledge(std::uint64_t boot_id, std::uint64_t seq);
  /// Any thread.
  [[nodiscard]] bool connected() const;

 private:
  struct Shared;  // what tasks in the loop hold, so that they may outlive the end
  std::shared_ptr<Shared> shared_;
};

}  // namespace hotline::voice_link
