// SPDX-License-Identifier: Apache-2.0
// The archiver's queue and thread. What is done with a job: archive_job.cpp.
#include "voice/archive/archiver.hpp"

#include <pthread.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace hotline::voice::archive {
namespace {

constexpr std::chrono::seconds room_every{5};

/// Of the calling thread, which cannot take it back. Each of these may be refused in a sandbox; then the others are
/// what is left.
void give_way(Priority priority) {
  if (priority == Priority::normal) return;
  if (priority == Priority::idle) {
    const sched_param none{};
    (void)::sched_setscheduler(0, SCHED_IDLE, &none);
  }
  constexpr int nicest = 19;
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), nicest);
  // ioprio_set(2) has no header in the C library, and the kernel's <linux/ioprio.h> is C alone (`class` is a name in it).
  constexpr int who_process = 1;  // IOPRIO_WHO_PROCESS; with 0: the calling thread
  constexpr int class_idle = 3;   // IOPRIO_CLASS_IDLE
  constexpr int class_shift = 13;
  (void)::syscall(SYS_ioprio_set, who_process, 0, class_idle << class_shift);
}

}  // namespace

Archiver::Archiver(Config config, Hooks hooks) : config_(std::move(config)), hooks_(std::move(hooks)) {
  thread_ = std::thread([this] { run(); });
}

Archiver::~Archiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool Archiver::archive(RecordingId id, std::string wav_path) {
  return add({id, std::move(wav_path), {}, false});
}
bool Archiver::remove(RecordingId id, std::string path, std::string kept_as) {
  return add({id, std::move(path), std::move(kept_as), true});
}

bool Archiver::add(Job job) {
  {
    const std::lock_guard lock(mutex_);
    auto& queue = job.removes ? removals_ : jobs_;
    if (!job.removes && job.id == running_) return true;
    if (std::any_of(queue.begin(), queue.end(),
                    [&](const Job& other) { return other.id == job.id && other.path == job.path; }))
      return true;
    if (queue.size() >= config_.jobs_max) return false;
    queue.push_back(std::move(job));
  }
  wake_.notify_all();
  return true;
}

Stats Archiver::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.waiting = jobs_.size() + removals_.size() + (running_ ? 1 : 0);
  return stats;
}

void Archiver::look_at_room() {
  const auto space = space_of(config_.directory);
  if (!space) return;
  const Room room = room_of(space->free, config_.room);
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = room != stats_.room;
    stats_.room = room;
    stats_.space = *space;
  }
  if (changed) hooks_.room(room, *space);
}

/// Removals go first and never rest: they make room.
bool Archiver::wait_for_job(Job& job) {
  for (;;) {
    look_at_room();
    if (!hooks_.load) (void)load_.share();  // so that a job's first look has something to compare with
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, room_every, [this] { return stopping_ || !removals_.empty() || !jobs_.empty(); });
    if (stopping_) return false;
    if (!removals_.empty()) {
      job = std::move(removals_.front());
      removals_.pop_front();
      return true;
    }
    if (jobs_.empty()) continue;
    stats_.resting = stats_.room == Room::short_;
    if (stats_.resting) {
      wake_.wait_for(lock, config_.rest, [this] { return stopping_ || !removals_.empty(); });
      continue;
    }
    job = std::move(jobs_.front());
    jobs_.pop_front();
    running_ = job.id;
    return true;
  }
}

/// Within a job, about once a second of sound. False: it is to be given up.
bool Archiver::rest_while_busy() {
  for (;;) {
    const double load = hooks_.load ? hooks_.load() : load_.share();
    std::unique_lock lock(mutex_);
    stats_.resting = load > config_.rest_above;
    if (stopping_ || !stats_.resting) return !stopping_;
    wake_.wait_for(lock, config_.rest, [this] { return stopping_; });
  }
}

void Archiver::run() {
  pthread_setname_np(pthread_self(), "archiver");
  Job job;
  while (wait_for_job(job)) {
    if (job.removes) {
      hooks_.deleted(carry_out_removal(job));
      continue;
    }
    // A thread for each job: one of low priority that only waits would still have to be scheduled before a killed
    // process can end, which takes seconds on a busy machine.
    Archived result;
    std::thread([&] {
      pthread_setname_np(pthread_self(), "archive-job");
      give_way(config_.priority);
      result = carry_out_archiving(job);
    }).join();
    {
      const std::lock_guard lock(mutex_);
      running_ = RecordingId{};
      if (stopping_ && !result.problem.empty()) return;  // given up, which is no failure
      ++(result.problem.empty() ? stats_.done : stats_.failed);
    }
    if (!result.problem.empty()) spdlog::warn("recording {} is not archived: {}", result.id.value(), result.problem);
    hooks_.archived(result);
  }
}

}  // namespace hotline::voice::archive
