// SPDX-License-Identifier: Apache-2.0
// A bounded mailbox: any thread puts values in, one thread takes them out. A full one is an answer, never a wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace hotline::runtime {

template <class T>
class Mailbox {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit Mailbox(std::size_t capacity) : capacity_(capacity) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread. False when the mailbox is full or closed; `value` is then gone, as the caller has to answer for it.
  [[nodiscard]] bool try_push(T value) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(value));
    }
    arrived_.notify_one();
    return true;
  }

  /// The owner's thread. Replaces `out` by everything that waits, in order; returns at once when there is something,
  /// otherwise waits until something comes, the deadline passes or the mailbox is closed (nullopt: no deadline).
  /// False when closed and empty: nothing will come any more.
  [[nodiscard]] bool take_all(std::vector<T>& out, std::optional<SteadyTime> deadline) {
    out.clear();
    std::unique_lock lock(mutex_);
    const auto woken = [this] { return closed_ || !items_.empty(); };
    if (deadline) {
      arrived_.wait_until(lock, *deadline, woken);
    } else {
      arrived_.wait(lock, woken);
    }
    const bool open = !(closed_ && items_.empty());
    std::swap(out, items_);  // the two vectors change places, so that neither allocates anew
    return open;
  }

  /// Any thread. No further value is taken in; what waits can still be taken out.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    arrived_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<T> items_;
  bool closed_ = false;
};

}  // namespace hotline::runtime
