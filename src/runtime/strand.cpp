// SPDX-License-Identifier: Apache-2.0
// Strand: the loop of tasks, timers and the deadline hook. See the header.
#include "runtime/strand.hpp"

#include <algorithm>

#include "runtime/thread_name.hpp"

namespace hotline::runtime {

Strand::Strand(Config config, const Clock& clock, DueHook hook)
    : config_(std::move(config)), clock_(clock), hook_(std::move(hook)), mailbox_(config_.mailbox_max) {
  thread_ = std::thread([this] { run(); });
}

Strand::~Strand() {
  stop();
  join();
}

bool Strand::post(Task task) {
  return mailbox_.try_push(std::move(task));
}

void Strand::after(Duration delay, Task task) {
  timers_.emplace(clock_.now() + delay, std::move(task));
}

void Strand::stop() {
  mailbox_.close();
}

void Strand::join() {
  if (thread_.joinable()) thread_.join();
}

std::optional<Mailbox<Strand::Task>::SteadyTime> Strand::wake_at() const {
  std::optional<TimePoint> due;
  if (!timers_.empty()) due = timers_.begin()->first;
  if (hook_.next_due) due = earlier(due, hook_.next_due());
  if (!due) return std::nullopt;
  // The clocks differ, so the wait is a length. A far deadline is looked at again after an hour: no overflow.
  const Duration wait = std::clamp<Duration>(*due - clock_.now(), Duration{0}, std::chrono::hours{1});
  return std::chrono::steady_clock::now() + wait;
}

void Strand::run_due() {
  const TimePoint now = clock_.now();
  // Only what was due when we looked: a task that sets a timer of zero length must not keep the mailbox waiting.
  for (std::size_t count = timers_.size(); count > 0 && !timers_.empty() && timers_.begin()->first <= now; --count) {
    auto timer = timers_.extract(timers_.begin());
    timer.mapped()();
  }
  if (!hook_.next_due || !hook_.run) return;
  if (const auto due = hook_.next_due(); due && *due <= now) hook_.run(now);
}

void Strand::run() {
  id_ = std::this_thread::get_id();
  set_thread_name(config_.name);
  std::vector<Task> tasks;
  while (mailbox_.take_all(tasks, wake_at())) {
    for (Task& task : tasks) {
      task();
      task = nullptr;  // what it holds ends here, not when the whole batch is done
    }
    run_due();
  }
  timers_.clear();
}

}  // namespace hotline::runtime
