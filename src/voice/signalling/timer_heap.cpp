// SPDX-License-Identifier: Apache-2.0
// libre's timer functions on a binary heap. Each thread with a libre loop has its own heap; a timer belongs to the
// thread that started it.
#include "voice/signalling/timer_heap.hpp"

#include <dlfcn.h>

#include <cassert>
#include <ctime>
#include <vector>

#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {
namespace {

/// `tmr::le` is unused without libre's list: le.prev holds the place in the heap plus one (0: not running).
class TimerHeap {
 public:
  static std::size_t place(const tmr* timer) { return reinterpret_cast<std::size_t>(timer->le.prev); }

  [[nodiscard]] std::size_t size() const { return timers_.size(); }
  [[nodiscard]] tmr* first() const { return timers_.empty() ? nullptr : timers_.front(); }

  void insert(tmr* timer) {
    timers_.push_back(timer);
    sift_up(timers_.size() - 1);
  }

  void erase(tmr* timer) {
    const std::size_t at = place(timer) - 1;
    assert(at < timers_.size() &&
           timers_[at] == timer);  // else: started on another thread, or memory reused while running
    set_place(timer, 0);
    tmr* last = timers_.back();
    timers_.pop_back();
    if (last == timer) return;
    put(at, last);
    sift_up(at);
    sift_down(place(last) - 1);
  }

 private:
  static void set_place(tmr* timer, std::size_t place) { timer->le.prev = reinterpret_cast<le*>(place); }

  void put(std::size_t at, tmr* timer) {
    timers_[at] = timer;
    set_place(timer, at + 1);
  }

  void sift_up(std::size_t at) {
    tmr* timer = timers_[at];
    while (at > 0 && timers_[(at - 1) / 2]->jfs > timer->jfs) {
      put(at, timers_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    put(at, timer);
  }

  void sift_down(std::size_t at) {
    tmr* timer = timers_[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= timers_.size()) break;
      if (child + 1 < timers_.size() && timers_[child + 1]->jfs < timers_[child]->jfs) ++child;
      if (timers_[child]->jfs >= timer->jfs) break;
      put(at, timers_[child]);
      at = child;
    }
    put(at, timer);
  }

  std::vector<tmr*> timers_;
};

thread_local TimerHeap heap;

}  // namespace

bool use_timer_heap() {
  // What libre's calls resolve to is the first definition in the global scope: it must be ours.
  return dlsym(RTLD_DEFAULT, "tmr_start") == reinterpret_cast<void*>(&tmr_start) &&
         dlsym(RTLD_DEFAULT, "tmr_poll") == reinterpret_cast<void*>(&tmr_poll);
}

std::size_t timers_running() {
  return heap.size();
}

}  // namespace hotline::voice::signalling

// libre's API (re_tmr.h): names, types and meaning are its own. Times are milliseconds.
extern "C" {

using hotline::voice::signalling::heap;
using hotline::voice::signalling::TimerHeap;

std::uint64_t tmr_jiffies() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

void tmr_init(tmr* timer) {
  if (timer) *timer = tmr{};
}

void tmr_start(tmr* timer, std::uint64_t delay, tmr_h* handler, void* arg) {
  if (!timer) return;
  if (timer->th && TimerHeap::place(timer) != 0) heap.erase(timer);
  timer->th = handler;
  timer->arg = arg;
  if (!handler) return;
  timer->jfs = tmr_jiffies() + delay;
  heap.insert(timer);
}

void tmr_cancel(tmr* timer) {
  tmr_start(timer, 0, nullptr, nullptr);
}

std::uint64_t tmr_get_expire(const tmr* timer) {
  if (!timer || !timer->th) return 0;
  const auto now = tmr_jiffies();
  return timer->jfs > now ? timer->jfs - now : 0;
}

std::uint64_t tmr_next_timeout(list*) {
  const auto* first = heap.first();
  if (!first) return 0;  // none: the loop waits for descriptors alone
  const auto now = tmr_jiffies();
  return first->jfs > now ? first->jfs - now : 1;
}

void tmr_poll(list*) {
  // Not more than were running at the start: a handler that starts itself again without delay must not hold the loop.
  const auto now = tmr_jiffies();
  for (auto left = heap.size(); left > 0; --left) {
    auto* timer = heap.first();
    if (!timer || timer->jfs > now) return;
    auto* handler = timer->th;
    auto* arg = timer->arg;
    heap.erase(timer);
    timer->th = nullptr;
    if (handler) handler(arg);
  }
}

void tmr_debug() {}

int tmr_status(struct re_printf* out, void*) {
  return re_hprintf(out, "Timers (%u)\n", static_cast<unsigned>(heap.size()));
}

}  // extern "C"
