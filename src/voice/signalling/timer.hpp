// SPDX-License-Identifier: Apache-2.0
// One timer of the signalling thread that stops itself when destroyed.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "base/time.hpp"
#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {

class Timer {
 public:
  Timer() { tmr_init(&timer_); }
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Replaces what was running. `task` may destroy the timer.
  void start(Duration delay, std::function<void()> task) {
    task_ = std::move(task);
    const auto handler = [](void* arg) {
      const auto due = std::move(static_cast<Timer*>(arg)->task_);
      due();
    };
    tmr_start(&timer_, static_cast<std::uint64_t>(std::max<Duration::rep>(delay.count(), 0)), handler, this);
  }
  void stop() { tmr_cancel(&timer_); }
  [[nodiscard]] bool running() const { return tmr_isrunning(&timer_); }

 private:
  tmr timer_{};
  std::function<void()> task_;
};

}  // namespace hotline::voice::signalling
