// SPDX-License-Identifier: Apache-2.0
// libre's loop with a queue of our own: libre's mqueue drops messages when its pipe is full.
#include "voice/signalling/libre_loop.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "voice/signalling/libre.hpp"

namespace hotline::voice::signalling {
namespace {

constexpr int kDescriptorsMax = 65'536;  // libre's default is 1,024; must be set before the first descriptor

void init_process() {
  static std::once_flag once;
  std::call_once(once, [] { libre_init(); });
}

}  // namespace

struct LibreLoop::Watch {
  Ready ready;
};

struct LibreLoop::Alarm {
  LibreLoop* loop = nullptr;
  std::function<void()> task;
  tmr timer{};
};

LibreLoop::LibreLoop() {
  init_process();
  re_thread_init();
  fd_setsize(kDescriptorsMax);
  poll_method_set(METHOD_EPOLL);
  watch(wake_.fd(), false, [this](bool, bool) { run_posted(); });
}

LibreLoop::~LibreLoop() {
  for (auto* alarm : alarms_) {
    tmr_cancel(&alarm->timer);
    delete alarm;
  }
  for (const auto& [fd, watch] : watches_) fd_close(fd);
  re_thread_close();
}

void LibreLoop::post(std::function<void()> task) {
  bool first = false;
  {
    const std::scoped_lock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) wake_.signal();
}

void LibreLoop::run_posted() {
  wake_.clear();
  std::vector<std::function<void()>> tasks;
  {
    const std::scoped_lock lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void LibreLoop::watch(int fd, bool want_write, Ready ready) {
  auto& watch = watches_[fd];
  watch = std::make_unique<Watch>(Watch{std::move(ready)});
  const auto handler = [](int flags, void* arg) {
    auto* self = static_cast<Watch*>(arg);
    const auto ready_copy = self->ready;  // the callback may unwatch, which frees the watch
    ready_copy((flags & (FD_READ | FD_EXCEPT)) != 0, (flags & FD_WRITE) != 0);
  };
  fd_listen(fd, FD_READ | (want_write ? FD_WRITE : 0), handler, watch.get());
}

void LibreLoop::unwatch(int fd) {
  if (watches_.erase(fd) > 0) fd_close(fd);
}

void LibreLoop::after(Duration delay, std::function<void()> task) {
  auto* alarm = new Alarm{this, std::move(task)};
  alarms_.insert(alarm);
  const auto handler = [](void* arg) {
    const std::unique_ptr<Alarm> owned(static_cast<Alarm*>(arg));
    owned->loop->alarms_.erase(owned.get());
    owned->task();
  };
  tmr_start(&alarm->timer, static_cast<std::uint64_t>(std::max<Duration::rep>(delay.count(), 0)), handler, alarm);
}

void LibreLoop::run() {
  re_main(nullptr);
}

void LibreLoop::stop() {
  post([] { re_cancel(); });
}

}  // namespace hotline::voice::signalling

namespace {

/// libre asks OpenSSL for the random number of every tag and branch, which takes a microsecond or two: we ask for many
/// at once. They stay unpredictable; no process of ours forks without executing another program.
std::uint64_t next_random() {
  thread_local std::array<std::uint64_t, 128> numbers;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(numbers.data()), sizeof numbers) != 1) std::abort();
    left = numbers.size();
  }
  return std::exchange(numbers[--left], 0);
}

}  // namespace

// In place of libre's own.
extern "C" std::uint32_t rand_u32(void) {
  return static_cast<std::uint32_t>(next_random());
}
extern "C" std::uint64_t rand_u64(void) {
  return next_random();
}
