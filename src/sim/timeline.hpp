// SPDX-License-Identifier: Apache-2.0
// Virtual time: what is to happen, in order of time and, at the same time, in the order in which it was planned.
#pragma once

#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace hotline::sim {

/// A queue of events with a total order: time, then the order of add().
template <class Event>
class Agenda {
 public:
  void add(TimePoint at, Event event) { events_.push({at, ++count_, std::move(event)}); }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] std::size_t size() const { return events_.size(); }
  [[nodiscard]] TimePoint next() const { return events_.top().at; }
  /// Takes the first event out; not when empty().
  std::pair<TimePoint, Event> take() {
    auto& top = const_cast<Entry&>(events_.top());  // moved from right before it goes
    std::pair<TimePoint, Event> out{top.at, std::move(top.event)};
    events_.pop();
    return out;
  }

 private:
  struct Entry {
    TimePoint at;
    std::uint64_t number;
    Event event;
    bool operator<(const Entry& other) const { return at != other.at ? at > other.at : number > other.number; }
  };
  std::priority_queue<Entry> events_;
  std::uint64_t count_ = 0;
};

/// The clock and the agenda of one world.
class Timeline {
 public:
  explicit Timeline(TimePoint start) : now_(start) {}
  [[nodiscard]] TimePoint now() const { return now_; }
  void at(TimePoint when, std::function<void()> act) { agenda_.add(std::max(when, now_), std::move(act)); }
  void after(Duration delay, std::function<void()> act) { at(now_ + delay, std::move(act)); }
  /// The next event happens; false when there is none before or at `until`.
  bool step(TimePoint until) {
    if (agenda_.empty() || agenda_.next() > until) return false;
    auto [when, act] = agenda_.take();
    now_ = when;
    act();
    return true;
  }
  [[nodiscard]] bool over() const { return agenda_.empty(); }

 private:
  TimePoint now_;
  Agenda<std::function<void()>> agenda_;
};

}  // namespace hotline::sim
