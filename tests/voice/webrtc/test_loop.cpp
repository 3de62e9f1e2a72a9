// SPDX-License-Identifier: Apache-2.0
#include "voice/webrtc/test_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <utility>

namespace hotline::voice::webrtc {

TestLoop::TestLoop(Clock clock) : clock_{clock}, wake_fd_{::eventfd(0, EFD_NONBLOCK)}, thread_{[this] { loop(); }} {}

TestLoop::~TestLoop() {
  run([this] { stop_ = true; });
  thread_.join();
  ::close(wake_fd_);
}

void TestLoop::run(std::function<void()> task) {
  {
    const std::lock_guard lock{mutex_};
    tasks_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

void TestLoop::watch(int fd, std::function<void()> readable) {
  run([this, fd, readable = std::move(readable)] { watched_[fd] = readable; });
}

void TestLoop::unwatch(int fd) {
  run([this, fd] { watched_.erase(fd); });
}

void TestLoop::every_tick(std::function<void()> tick) {
  run([this, tick = std::move(tick)] { ticks_.push_back(tick); });
}

Moment TestLoop::now() {
  if (clock_ == Clock::real) return std::chrono::time_point_cast<Moment::duration>(std::chrono::system_clock::now());
  const std::lock_guard lock{mutex_};
  return now_;
}

void TestLoop::advance(std::chrono::microseconds by) {
  const std::lock_guard lock{mutex_};
  now_ += by;
}

void TestLoop::settle() {
  std::promise<void> done;
  run([&done] { done.set_value(); });
  done.get_future().wait();
}

void TestLoop::pass_tick() {
  std::promise<void> done;
  run([this, &done] { after_tick_.push_back([&done] { done.set_value(); }); });
  done.get_future().wait();
}

void TestLoop::loop() {
  constexpr auto tick_every = std::chrono::milliseconds{2};
  auto next_tick = std::chrono::steady_clock::now() + tick_every;
  while (!stop_) {
    std::vector<pollfd> polled{{wake_fd_, POLLIN, 0}};
    for (const auto& [fd, readable] : watched_) polled.push_back({fd, POLLIN, 0});
    ::poll(polled.data(), polled.size(), static_cast<int>(tick_every.count()));
    std::uint64_t wakes = 0;
    (void)!::read(wake_fd_, &wakes, sizeof wakes);
    for (;;) {
      std::function<void()> task;
      {
        const std::lock_guard lock{mutex_};
        if (tasks_.empty()) break;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
    for (const pollfd& p : polled) {
      const auto found = watched_.find(p.fd);
      if (p.revents != 0 && found != watched_.end()) found->second();
    }
    if (std::chrono::steady_clock::now() < next_tick) continue;
    next_tick = std::chrono::steady_clock::now() + tick_every;
    for (const auto& tick : ticks_) tick();
    for (const auto& task : std::exchange(after_tick_, {})) task();
  }
}

void Recorder::add(Event event) {
  const std::lock_guard lock{mutex_};
  events_.push_back(event);
  came_.notify_all();
}

std::optional<Recorder::Event> Recorder::next() {
  std::unique_lock lock{mutex_};
  if (!came_.wait_for(lock, std::chrono::seconds{5}, [this] { return !events_.empty(); })) return std::nullopt;
  const Event event = events_.front();
  events_.pop_front();
  return event;
}

std::size_t Recorder::waiting() {
  const std::lock_guard lock{mutex_};
  return events_.size();
}

}  // namespace hotline::voice::webrtc
