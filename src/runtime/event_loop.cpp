// SPDX-License-Identifier: Apache-2.0
// PollLoop and LoopThread: see the header.
#include "runtime/event_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <future>
#include <limits>
#include <system_error>

#include "runtime/thread_name.hpp"

namespace hotline::runtime {

PollLoop::PollLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.fd();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.fd(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

PollLoop::~PollLoop() = default;

void PollLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // already woken
  }
  wake_.signal();
}

void PollLoop::watch(int fd, bool want_write, Ready ready) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (want_write ? EPOLLOUT : 0U);
  event.data.fd = fd;
  const bool known = watched_.contains(fd);
  if (::epoll_ctl(epoll_.get(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  watched_[fd] = std::make_shared<Ready>(std::move(ready));
}

void PollLoop::unwatch(int fd) {
  if (watched_.erase(fd) != 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void PollLoop::after(Duration delay, std::function<void()> task) {
  timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
}

void PollLoop::stop() {
  stopping_ = true;
  wake_.signal();
}

void PollLoop::run_posted() {
  wake_.clear();
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) {
    task();
    task = nullptr;
  }
}

void PollLoop::run_timers() {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t count = timers_.size(); count > 0 && !timers_.empty() && timers_.begin()->first <= now; --count) {
    auto timer = timers_.extract(timers_.begin());
    timer.mapped()();
  }
}

void PollLoop::run_soon() {
  std::vector<std::function<void()>> tasks;
  while (!soon_.empty()) {
    tasks.swap(soon_);
    for (auto& task : tasks) task();
    tasks.clear();
  }
}

int PollLoop::wait_ms() const {
  if (timers_.empty()) return -1;
  const auto wait = timers_.begin()->first - std::chrono::steady_clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::clamp<std::int64_t>(ms, 0, std::numeric_limits<int>::max()));
}

void PollLoop::run() {
  std::array<epoll_event, 64> events{};
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == wake_.fd()) {
        run_posted();
        continue;
      }
      const auto found = watched_.find(event.data.fd);
      if (found == watched_.end()) continue;  // an earlier callback of this round unwatched it
      const auto ready = found->second;       // kept alive: the callback may unwatch itself
      (*ready)((event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0, (event.events & EPOLLOUT) != 0);
    }
    run_timers();
    run_soon();
  }
}

LoopThread::LoopThread(std::string name)
    : thread_([this, name = std::move(name)] {
        set_thread_name(name);
        loop_.run();
      }) {}

LoopThread::~LoopThread() {
  loop_.stop();
  thread_.join();
}

void LoopThread::run_and_wait(const std::function<void()>& task) {
  std::promise<void> done;
  loop_.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace hotline::runtime
