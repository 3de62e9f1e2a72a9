// SPDX-License-Identifier: Apache-2.0
#include "adapters/api/plan_desk.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace hotline::api {

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
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const auto deadline = std::chrono::steady_clock::now() + limits_.plan_max;
    const auto result =
        planner_(job.input, [&] { return stopping_.load() || std::chrono::steady_clock::now() >= deadline; });
    lock.lock();
    users_.erase(job.user);  // before the answer: who has it may ask again
    lock.unlock();
    job.done(result);
  }
}

}  // namespace hotline::api
