// SPDX-License-Identifier: Apache-2.0
// The voice node's end of the voice link: listens, obeys the core with the highest epoch, and keeps each event until it
// is acknowledged. Order and rules: proto/voice_link.proto. Everything on the thread of the loop it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "runtime/clock.hpp"
#include "runtime/event_loop.hpp"
#include "voice_link.pb.h"
#include "voice_link/link_stream.hpp"
#include "voice_link/outbox.hpp"
#include "voice_link/transport.hpp"

namespace hotline::voice_link {

/// What the node behind the link does; called on the loop's thread.
class NodeEndHandler {
 public:
  virtual ~NodeEndHandler() = default;
  virtual link::HelloReply hello_reply() = 0;                  ///< protocol and boot_id are filled in by the caller
  virtual link::Snapshot snapshot() = 0;                       ///< taken after every event emitted so far has been sent
  virtual void on_command(const link::FromCore& command) = 0;  ///< everything but hello and acknowledge
  virtual void on_core_connected(std::uint64_t epoch) = 0;     ///< its hello was accepted
  virtual void on_core_lost() = 0;
  /// For whoever asks how the node is; what the link knows itself is filled in by the caller.
  virtual link::NodeStatus status() { return {}; }
  /// The core has committed what a RecordingDone told.
  virtual void on_recording_settled(std::uint64_t /*recording*/) {}
};

struct NodeEndConfig {
  std::string address;        ///< see listen()
  std::uint64_t boot_id = 0;  ///< another one at each start of the node
  std::size_t outbox_bytes_max = 64 * 1024 * 1024;
  Duration hello_within{5'000};   ///< a stream that has not said hello by then is closed
  Duration silent_after{10'000};  ///< a core that has sent nothing for so long is given up
};

class NodeEnd {
 public:
  /// Listens at once. Loop, clock and handler must outlive the end; create and destroy it on the loop's thread.
  static Result<std::unique_ptr<NodeEnd>, Problem> open(NodeEndConfig config, runtime::EventLoop& loop,
                                                        const runtime::Clock& clock, NodeEndHandler& handler);
  ~NodeEnd();
  NodeEnd(const NodeEnd&) = delete;
  NodeEnd& operator=(const NodeEnd&) = delete;

  /// Numbers the event, stamps it with the clock (unless at_ms is set already) and keeps it until the core has
  /// acknowledged it. Returns its number.
  std::uint64_t emit(link::FromNode event);
  /// Sends a message that is not kept (Stats) to a core that has had its Snapshot; dropped when there is none.
  void emit_unkept(link::FromNode message);

  [[nodiscard]] bool core_connected() const { return active_ != nullptr; }
  [[nodiscard]] std::uint64_t highest_epoch() const { return epoch_; }

  struct Counters {
    std::size_t outbox_events = 0, outbox_bytes = 0;
    std::uint64_t outbox_dropped = 0;     ///< events dropped that settled nothing
    std::uint64_t outbox_over_bound = 0;  ///< an error: the core does not acknowledge and memory grows
    std::uint64_t fenced = 0;             ///< streams and commands of too low an epoch
    std::uint64_t malformed = 0;          ///< streams closed because of what was on them
  };
  [[nodiscard]] Counters counters() const;

 private:
  /// One accepted stream; before its hello it may not command.
  struct Peer {
    std::shared_ptr<LinkStream> stream;
    std::uint64_t epoch = 0;
    bool said_hello = false;
    std::uint64_t sent_seq = 0;  // of the outbox
    bool snapshot_sent = false;
    std::chrono::steady_clock::time_point heard_at;
  };

  NodeEnd(NodeEndConfig config, runtime::EventLoop& loop, const runtime::Clock& clock, NodeEndHandler& handler,
          std::unique_ptr<Listener> listener);
  void accept_all();
  void on_frame(Peer& peer, std::string_view payload);
  void on_hello(Peer& peer, const link::FromCore& message);
  void send_status(Peer& peer);
  void refuse(Peer& peer, const char* why);
  void fence(Peer& peer);
  void drop(Peer& peer);
  void forget(Peer& peer);
  void pump();
  void acknowledge(std::uint64_t seq);
  void send_now(Peer& peer, link::FromNode message);
  void watch_silence();

  const NodeEndConfig config_;
  runtime::EventLoop& loop_;
  const runtime::Clock& clock_;
  NodeEndHandler& handler_;
  std::unique_ptr<Listener> listener_;
  Outbox outbox_;
  std::list<Peer> peers_;   // addresses stay valid: callbacks refer to them
  Peer* active_ = nullptr;  // the core that is obeyed
  std::uint64_t epoch_ = 0;
  bool pumping_ = false;
  std::uint64_t fenced_ = 0, malformed_ = 0;
  std::shared_ptr<NodeEnd*> alive_;  // timers hold it weakly
};

}  // namespace hotline::voice_link
