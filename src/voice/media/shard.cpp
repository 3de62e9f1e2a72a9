// SPDX-License-Identifier: Apache-2.0
// One media thread.
#include "voice/media/shard.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace hotline::voice::media {
namespace {

constexpr std::size_t sweep_ticks = 20;  // every session is swept every 100 ms
constexpr std::uint64_t late_us = 40'000;
constexpr std::uint64_t catch_up_ticks = 20;  // generated sound that is later than 100 ms is not made up for
constexpr int nice_level = -11;
constexpr std::size_t events_max = 1024;
constexpr std::uintptr_t watch_tag = 1;  // in epoll's pointer: a watch, not a session
constexpr std::uintptr_t rtcp_tag = 2;   // the RTCP socket of a session

std::uint64_t steady_us() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1'000;
}

/// Sound must not wait for the rest of the machine: the lowest real-time priority where the process may have it (the
/// kernel leaves others a share), else niceness. Niceness alone counts for nothing against other login sessions or
/// containers.
void put_before_other_work() {
  sched_param priority{};
  priority.sched_priority = 1;
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority) == 0) return;
  [[maybe_unused]] const int ignored = ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), nice_level);
}

}  // namespace

Shard::Shard(unsigned index, const Config& config, MediaObserver& observer) : index_(index), buffer_(2048 + 64) {
  context_.observer = &observer;
  context_.dead_after = config.dead_after;
  context_.silence_after = config.silence_after;
  context_.concealment = config.concealment;
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  doorbell_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ < 0 || doorbell_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, doorbell_, &event) != 0) std::abort();
  read_clocks();
  tick_ = context_.now_us / tick_us;
  wake_us_ = context_.now_us;
  thread_ = std::thread([this] { run(); });
}

Shard::~Shard() {
  stop();
  ::close(doorbell_);
  ::close(epoll_);
}

void Shard::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    has_posted_.store(true, std::memory_order_release);
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto rung = ::write(doorbell_, &one, sizeof one);
  thread_.join();
}

void Shard::post(Task task) {
  bool ring = false;
  {
    const std::lock_guard lock(mutex_);
    ring = posted_.empty();
    posted_.push_back(std::move(task));
    has_posted_.store(true, std::memory_order_release);
  }
  if (!ring) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto rung = ::write(doorbell_, &one, sizeof one);  // full means it rings already
}

Shard::Counters Shard::counters() const {
  Counters counters{received_.load(std::memory_order_relaxed), sent_.load(std::memory_order_relaxed),
                    lost_.load(std::memory_order_relaxed), late_.load(std::memory_order_relaxed), 0};
  clockid_t clock{};
  timespec time{};
  if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) == 0 &&
      clock_gettime(clock, &time) == 0)
    counters.cpu_ns =
        static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(time.tv_nsec);
  return counters;
}

Session* Shard::find(LegId leg) {
  const auto found = sessions_.find(leg);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Shard::register_session(Session& session) {
  order_.push_back(&session);
  if (session.external()) return;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &session}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, session.socket().fd(), &event);
  watch_rtcp(session);
}

void Shard::watch_rtcp(Session& session) {
  if (session.rtcp_fd() < 0) return;
  epoll_event event{.events = EPOLLIN, .data = {.u64 = reinterpret_cast<std::uintptr_t>(&session) | rtcp_tag}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, session.rtcp_fd(), &event);  // there already: nothing changes
}

void Shard::forget(Session& session) {
  if (session.rtcp_fd() >= 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, session.rtcp_fd(), nullptr);
  order_.erase(std::find(order_.begin(), order_.end(), &session));
  if (!session.external()) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, session.socket().fd(), nullptr);
}

void Shard::add(std::unique_ptr<Session> session) {
  const auto leg = session->leg();
  session->enter(context_);
  const auto [at, added] = sessions_.try_emplace(leg, std::move(session));
  if (added) register_session(*at->second);
}

std::unique_ptr<Session> Shard::take(LegId leg) {
  const auto found = sessions_.find(leg);
  if (found == sessions_.end()) return nullptr;
  auto session = std::move(found->second);
  sessions_.erase(found);
  forget(*session);
  session->leave();
  return session;
}

void Shard::remove(LegId leg, const std::function<void(SessionStats)>& done) {
  const auto found = sessions_.find(leg);
  if (found == sessions_.end()) return;
  auto session = std::move(found->second);
  sessions_.erase(found);
  forget(*session);
  session->stop_play(PlayEnd::stopped);
  const auto stats = session->stats();
  lost_by_closed_ += stats.packets_lost;
  session.reset();
  if (done) done(stats);
}

void Shard::watch(int fd, std::function<void()> readable) {
  unwatch(fd);
  auto watch = std::make_unique<Watch>();
  watch->fd = fd;
  watch->readable = std::move(readable);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = reinterpret_cast<std::uintptr_t>(watch.get()) | watch_tag}};
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) watches_[fd] = std::move(watch);
}

void Shard::unwatch(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  found->second->removed = true;
  removed_watches_.push_back(std::move(found->second));
  watches_.erase(found);
}

void Shard::run() {
  pthread_setname_np(pthread_self(), fmt::format("media-{}", index_).c_str());
  put_before_other_work();
  while (!ending_) {
    sleep_to_next_tick();
    read_clocks();
    if (has_posted_.load(std::memory_order_relaxed)) run_tasks();
    read_sockets();
    run_ticks();
    publish();
  }
  sessions_.clear();  // recordings end on this thread, their producer
}

void Shard::sleep_to_next_tick() {
  if (sessions_.empty()) {  // nothing to pace: wait for tasks, descriptors, or the next 20 ms of the tickers
    epoll_event event{};
    // What was posted after run_tasks() may have rung before read_sockets() silenced the doorbell: it is not rung again.
    if (!has_posted_.load(std::memory_order_acquire)) ::epoll_wait(epoll_, &event, 1, tickers_.empty() ? -1 : 20);
    wake_us_ = steady_us();
    return;
  }
  const auto next_us = (tick_ + 1) * tick_us;
  const timespec until{static_cast<time_t>(next_us / 1'000'000), static_cast<long>(next_us % 1'000'000 * 1'000)};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

void Shard::read_clocks() {
  context_.now_us = steady_us();
  context_.wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto gap = context_.now_us - std::min(context_.now_us, wake_us_);
  context_.late = gap > late_us;
  // After a stall several packets wait in each socket; otherwise one each, and epoll tells again of the rest.
  packets_a_socket_ = gap > 3 * tick_us ? 64 : 1;
  wake_us_ = context_.now_us;
}

void Shard::run_tasks() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
    ending_ = stopping_;
  }
  for (auto& task : tasks) task(*this);
}

void Shard::read_sockets() {
  std::array<epoll_event, events_max> events;
  // With more sockets ready than fit, ask again, but not for ever: the wheel must have its turn.
  for (int round = 0; round < 16; ++round) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const auto& data = events[static_cast<std::size_t>(i)].data;
      if ((data.u64 & (watch_tag | rtcp_tag)) == 0 && data.u64 != 0) [[likely]] {
        static_cast<Session*>(data.ptr)->on_readable(buffer_, packets_a_socket_);
      } else if (data.u64 == 0) {
        std::uint64_t rings = 0;
        [[maybe_unused]] const auto read = ::read(doorbell_, &rings, sizeof rings);
      } else if ((data.u64 & watch_tag) != 0) {
        auto* watch = reinterpret_cast<Watch*>(data.u64 & ~watch_tag);
        if (!watch->removed) watch->readable();
      } else {
        reinterpret_cast<Session*>(data.u64 & ~rtcp_tag)->on_rtcp_readable(buffer_);
      }
    }
    if (count < static_cast<int>(events.size())) break;
  }
  removed_watches_.clear();
}

void Shard::run_ticks() {
  const auto current = context_.now_us / tick_us;
  auto from = tick_ + 1;
  if (current > tick_ + catch_up_ticks) {
    for (auto tick = from; tick + catch_up_ticks <= current; ++tick) {
      if (tick > from + ticks_a_frame * 50) break;  // after a suspend: what is lost is lost
      context_.late_packets += context_.wheel.size_at(tick);
    }
    from = current - catch_up_ticks + 1;
  }
  for (auto tick = from; tick <= current; ++tick) {
    if ((current - tick) * tick_us > late_us) context_.late_packets += context_.wheel.size_at(tick);
    context_.wheel.run(tick);
    if (!context_.mixes.empty()) context_.mixes.run(tick);
    sweep(tick);
    if (tick % ticks_a_frame == 0)
      for (const auto& ticker : tickers_) ticker(context_.wall);
  }
  tick_ = current;
}

void Shard::sweep(std::uint64_t tick) {
  if (tick % sweep_ticks == 0) {
    lost_.store(lost_by_closed_ + lost_counting_, std::memory_order_relaxed);
    lost_counting_ = 0;
  }
  const auto part = static_cast<std::size_t>(tick % sweep_ticks);
  const std::size_t begin = order_.size() * part / sweep_ticks;
  const std::size_t end = order_.size() * (part + 1) / sweep_ticks;
  for (std::size_t i = begin; i < end; ++i) {
    order_[i]->sweep();
    lost_counting_ += order_[i]->lost();
  }
}

std::vector<SessionQuality> Shard::quality() const {
  std::vector<SessionQuality> out;
  out.reserve(order_.size());
  for (const auto* session : order_) out.emplace_back(session->leg(), session->stats());
  return out;
}

void Shard::publish() {
  received_.store(context_.received, std::memory_order_relaxed);
  sent_.store(context_.sent, std::memory_order_relaxed);
  late_.store(context_.late_packets, std::memory_order_relaxed);
}

}  // namespace hotline::voice::media
