// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/plan_desk.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace hotline::api {
namespace {

/// Behind everything that calls need, and still ahead of what is idle.
constexpr int niceness = 10;
/// On a machine that is busy with calls a plan gets its time late, and waits for it so much longer.
constexpr int busy_factor = 7;

std::chrono::nanoseconds cpu_time() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace

PlanDesk::PlanDesk(app::Planner planner, Limits limits)
    : planner_(std::move(planner)), limits_(limits), thread_([this] { work(); }) {}

PlanDesk::~PlanDesk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

PlanDesk::Taken PlanDesk::ask(AgentId user, app::PlanInput input, Done done) {
  const std::lock_guard lock(mutex_);
  if (users_.contains(user)) return Taken::already_one;
  if (stopping_ || waiting_.size() >= limits_.waiting_max) return Taken::too_many;
  users_.insert(user);
  waiting_.push_back({user, std::move(input), std::move(done)});
  changed_.notify_all();
  return Taken::yes;
}

void PlanDesk::work() {
  // Linux gives each thread a priority of its own; calls come first. Without the right to it nothing changes.
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), niceness);
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    const auto cpu_begun = cpu_time();
    const auto result = planner_(job.input, [&] {
      return stopping_.load() || cpu_time() - cpu_begun >= limits_.plan_max ||
             std::chrono::steady_clock::now() - begun >= limits_.plan_max * busy_factor;
    });
    lock.lock();
    users_.erase(job.user);  // before the answer: who has it may ask again
    lock.unlock();
    job.done(result);
  }
}

}  // namespace hotline::api
