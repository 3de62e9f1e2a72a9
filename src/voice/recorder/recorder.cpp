// SPDX-License-Identifier: Apache-2.0
// The recorder's thread: looks at every tap twenty times a second and writes those that have filled a few pages.
#include "voice/recorder/recorder.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <bit>
#include <cassert>

#include "voice/recorder/open_recording.hpp"

namespace hotline::voice::recorder {
namespace {

constexpr std::uint64_t page = 4'096;
constexpr std::chrono::milliseconds look_every{50};
constexpr std::size_t scratch_bytes = 64 * 1024;

}  // namespace

Recorder::Recorder(Config config, Hooks hooks)
    : config_(std::move(config)),
      hooks_(std::move(hooks)),
      write_bytes_(std::max<std::uint64_t>(1, static_cast<std::uint64_t>(config_.write_every.count()) * 16 / page) *
                   page),
      journal_(config_.directory),
      rings_(std::make_shared<RingPool>(2 * config_.ring_samples)),
      scratch_(scratch_bytes) {
  assert(std::has_single_bit(config_.ring_samples));
  // A directory that cannot be used shows as failing recordings and an alarm; calls must be served all the same.
  if (auto lock = lock_journal(config_.directory)) lock_ = *lock;
  thread_ = std::thread([this] { run(); });
}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (lock_ >= 0) ::close(lock_);
}

std::shared_ptr<Tap> Recorder::open(RecordingId id, LegId leg, std::string path, Done done) {
  std::string refusal;
  std::shared_ptr<Tap> tap;
  const std::lock_guard lock(mutex_);
  if (!recording_path_is_sound(path)) {
    refusal = fmt::format("'{}' is no path inside the recordings directory", path);
  } else if ((open_ + 1) * 2 * config_.ring_samples > config_.ring_bytes_max) {
    refusal = fmt::format("{} recordings are open, more do not fit into the memory set aside for them", open_);
  } else {
    tap = std::make_shared<Tap>(id, leg, config_.ring_samples, RingPool::take(rings_));
    arriving_.push_back(std::make_unique<OpenRecording>(config_.directory, journal_, tap, std::move(path),
                                                        std::move(done),
                                                        page * (1 + id.value() % (write_bytes_ / page))));
    ++open_;
    return tap;
  }
  errors_.fetch_add(1, std::memory_order_relaxed);
  RecordingResult result;
  result.id = id;
  result.leg = leg;
  result.path = std::move(path);
  result.problem = std::move(refusal);
  refused_.emplace_back(std::move(result), std::move(done));
  return nullptr;
}

void Recorder::settled(RecordingId id) {
  const std::lock_guard lock(mutex_);
  settled_.push_back(id);
}

void Recorder::run() {
  pthread_setname_np(pthread_self(), "recorder");
  auto next = std::chrono::steady_clock::now();
  for (bool closing = false; !closing;) {
    std::vector<std::pair<RecordingResult, Done>> refused;
    std::vector<RecordingId> settled;
    {
      std::unique_lock lock(mutex_);
      next = std::max(next + look_every, std::chrono::steady_clock::now());
      wake_.wait_until(lock, next, [this] { return stopping_; });
      closing = stopping_;
      for (auto& recording : arriving_) recordings_.push_back(std::move(recording));
      arriving_.clear();
      refused.swap(refused_);
      settled.swap(settled_);
    }
    for (const RecordingId id : settled) journal_.remove(id);
    for (const auto& [result, done] : refused) done(result);
    work(closing);
  }
}

void Recorder::work(bool closing) {
  bool failed = false;
  bool written = false;
  std::string error;
  std::size_t closed = 0;
  for (std::size_t i = 0; i < recordings_.size();) {
    auto& recording = *recordings_[i];
    const bool ends = closing || recording.tap().finished();
    const auto outcome = ends ? recording.close(scratch_) : recording.flush(scratch_, write_bytes_);
    if (outcome == OpenRecording::Outcome::failed) {
      failed = true;
      error = recording.last_error();
      errors_.fetch_add(1, std::memory_order_relaxed);
    }
    written |= outcome == OpenRecording::Outcome::written;
    if (ends) {
      overruns_.fetch_add(recording.tap().overruns(), std::memory_order_relaxed);
      std::swap(recordings_[i], recordings_.back());
      recordings_.pop_back();
      ++closed;
    } else {
      ++i;
    }
  }
  if (closed > 0) {
    const std::lock_guard lock(mutex_);
    open_ -= closed;
  }
  if (failed && !failing_)
    hooks_.failing(Problem{fmt::format("recordings cannot be written to {}: {}", config_.directory.string(), error),
                           "free space on the disk or correct its permissions; recording goes on by itself"});
  if (!failed && written && failing_) hooks_.recovered();
  failing_ = failed || (failing_ && !written);
}

Stats Recorder::stats() const {
  Stats stats;
  stats.errors = errors_.load(std::memory_order_relaxed);
  stats.overruns = overruns_.load(std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    stats.open = open_;
  }
  clockid_t clock{};
  timespec time{};
  if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) == 0 &&
      clock_gettime(clock, &time) == 0)
    stats.cpu_ns =
        static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(time.tv_nsec);
  return stats;
}

}  // namespace hotline::voice::recorder
