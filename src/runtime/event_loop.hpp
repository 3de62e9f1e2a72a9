// SPDX-License-Identifier: Apache-2.0
// What edges need of a loop: watch descriptors, set timers, take tasks from other threads. The voice node's signalling
// thread offers it over libre's loop; everything else uses PollLoop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "runtime/fd.hpp"

namespace hotline::runtime {

class EventLoop {
 public:
  using Ready = std::function<void(bool readable, bool writable)>;

  virtual ~EventLoop() = default;
  /// Any thread. Runs on the loop's thread, in order; never refused (whoever needs a bound counts for itself).
  virtual void post(std::function<void()> task) = 0;
  /// Loop's thread. Runs when what is being worked on now is done: for what is worth doing once for many.
  virtual void soon(std::function<void()> task) { post(std::move(task)); }
  /// Loop's thread. Calls `ready` whenever `fd` can be read (a hang-up counts as readable) or, if wanted, written.
  /// Watching a watched descriptor replaces its wishes. Unwatch before closing.
  virtual void watch(int fd, bool want_write, Ready ready) = 0;
  virtual void unwatch(int fd) = 0;
  /// Loop's thread. Runs `task` once, not before `delay` has passed.
  virtual void after(Duration delay, std::function<void()> task) = 0;
};

/// An EventLoop on epoll.
class PollLoop final : public EventLoop {
 public:
  PollLoop();
  ~PollLoop() override;

  void post(std::function<void()> task) override;
  void soon(std::function<void()> task) override { soon_.push_back(std::move(task)); }
  void watch(int fd, bool want_write, Ready ready) override;
  void unwatch(int fd) override;
  void after(Duration delay, std::function<void()> task) override;

  void run();   ///< until stop(); the calling thread becomes the loop's thread
  void stop();  ///< any thread

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  void run_posted();
  void run_timers();
  void run_soon();
  [[nodiscard]] int wait_ms() const;

  Fd epoll_;
  EventFd wake_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
  std::vector<std::function<void()>> soon_;
  std::multimap<SteadyTime, std::function<void()>> timers_;
  std::unordered_map<int, std::shared_ptr<Ready>> watched_;
};

/// A PollLoop with a thread of its own, for as long as the object lives.
class LoopThread {
 public:
  explicit LoopThread(std::string name);
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  [[nodiscard]] PollLoop& loop() { return loop_; }
  /// Any other thread. Runs `task` on the loop and waits until it is done: for setting up and taking down.
  void run_and_wait(const std::function<void()>& task);

 private:
  PollLoop loop_;
  std::thread thread_;
};

}  // namespace hotline::runtime
