// SPDX-License-Identifier: Apache-2.0
// libre's loop as an EventLoop. libre keeps one loop a thread; this opens it for the calling thread.
//
// Constructed, run and destroyed on one thread. post() and stop() may be called from any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/event_loop.hpp"
#include "runtime/fd.hpp"

namespace hotline::voice::signalling {

class LibreLoop final : public runtime::EventLoop {
 public:
  LibreLoop();
  ~LibreLoop() override;
  LibreLoop(const LibreLoop&) = delete;
  LibreLoop& operator=(const LibreLoop&) = delete;

  void post(std::function<void()> task) override;
  void watch(int fd, bool want_write, Ready ready) override;
  void unwatch(int fd) override;
  void after(Duration delay, std::function<void()> task) override;

  void run();   ///< until stop()
  void stop();  ///< what was posted before still runs

 private:
  struct Watch;
  struct Alarm;
  void run_posted();

  runtime::EventFd wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  ///< guarded by mutex_
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;
  std::unordered_set<Alarm*> alarms_;
};

}  // namespace hotline::voice::signalling
