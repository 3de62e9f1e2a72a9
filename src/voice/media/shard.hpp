// SPDX-License-Identifier: Apache-2.0
// One media thread: its sessions' sockets by epoll, the 20 ms wheel, and tasks posted by other threads.
//
// Its pace is a tick of 5 ms: the thread sleeps to the next tick, then reads whatever has arrived. One wake serves many
// sockets, which is what makes relaying cheap; it costs a packet 2.5 ms on average. Without sessions the thread sleeps.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "voice/media/session.hpp"

namespace hotline::voice::media {

class Shard {
 public:
  using Task = std::function<void(Shard&)>;

  Shard(unsigned index, const Config& config, MediaObserver& observer);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // --- any thread ---

  /// Tasks run in the order given, never inside the call. Tasks given while the shard ends are dropped.
  void post(Task task);
  /// Ends the thread, its sessions and their recordings. To be called for all shards before one is destroyed: they post
  /// to each other.
  void stop();
  struct Counters {
    std::uint64_t received = 0, sent = 0, lost = 0, late = 0, cpu_ns = 0;
  };
  [[nodiscard]] Counters counters() const;

  // --- its own thread ---

  [[nodiscard]] Session* find(LegId leg);
  [[nodiscard]] Context& context() { return context_; }
  [[nodiscard]] std::vector<SessionQuality> quality() const;
  void add(std::unique_ptr<Session> session);
  void remove(LegId leg, const std::function<void(SessionStats)>& done);
  /// Takes a session out, for another shard to add.
  [[nodiscard]] std::unique_ptr<Session> take(LegId leg);
  /// After a session's remote was set: watches the RTCP socket it may have opened.
  void watch_rtcp(Session& session);
  void watch(int fd, std::function<void()> readable);
  void unwatch(int fd);
  void add_tick(std::function<void(TimePoint)> tick) { tickers_.push_back(std::move(tick)); }

 private:
  struct Watch {
    int fd = -1;
    bool removed = false;
    std::function<void()> readable;
  };
  void run();
  void sleep_to_next_tick();
  void read_clocks();
  void run_tasks();
  void read_sockets();
  void run_ticks();
  void sweep(std::uint64_t tick);
  void publish();
  void register_session(Session& session);
  void forget(Session& session);

  const unsigned index_;
  int epoll_ = -1;
  int doorbell_ = -1;
  std::mutex mutex_;
  std::vector<Task> posted_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::atomic<bool> has_posted_{false};
  std::atomic<std::uint64_t> received_{0}, sent_{0}, lost_{0}, late_{0};

  Context context_;
  bool ending_ = false;
  std::uint64_t tick_ = 0;     // the last tick that ran
  std::uint64_t wake_us_ = 0;  // the wake before
  int packets_a_socket_ = 1;   // how many to read from each in this wake
  std::unordered_map<LegId, std::unique_ptr<Session>> sessions_;
  std::vector<Session*> order_;  // for the sweep: a twentieth of it each tick
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;
  std::vector<std::unique_ptr<Watch>> removed_watches_;  // until the events of this wake have been handled
  std::vector<std::function<void(TimePoint)>> tickers_;
  std::uint64_t lost_by_closed_ = 0;
  std::uint64_t lost_counting_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::thread thread_;
};

}  // namespace hotline::voice::media
