// SPDX-License-Identifier: Apache-2.0
// A strand: one thread with a bounded mailbox of tasks and timers of its own. What runs on it needs no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "runtime/clock.hpp"
#include "runtime/mailbox.hpp"

namespace hotline::runtime {

class Strand {
 public:
  using Task = std::function<void()>;

  struct Config {
    std::string name;                  ///< of the thread, at most 15 bytes are shown
    std::size_t mailbox_max = 65'536;  ///< tasks waiting; above, post() refuses
  };
  /// How a pure core that lives here names its next deadline: `next_due` is asked after every batch of tasks, and `run`
  /// is called with the time once that has come. Both run on the strand; either may be empty.
  struct DueHook {
    std::function<std::optional<TimePoint>()> next_due;
    std::function<void(TimePoint now)> run;
  };

  /// Starts the thread. `clock` must outlive the strand.
  Strand(Config config, const Clock& clock, DueHook hook = {});
  /// Stops and joins; must not run on the strand itself.
  ~Strand();
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  /// Any thread. Tasks run in the order posted. False when the mailbox is full or the strand stops.
  [[nodiscard]] bool post(Task task);
  /// On the strand. Runs `task` once, not before `delay` has passed; timers that are due run in order of their time.
  void after(Duration delay, Task task);
  /// Any thread. Runs what is in the mailbox, drops timers that are not due, then ends the thread. Does not wait.
  void stop();
  /// Waits for the end of the thread after stop(); not on the strand.
  void join();

  [[nodiscard]] bool on_strand() const { return std::this_thread::get_id() == id_; }
  [[nodiscard]] TimePoint now() const { return clock_.now(); }
  [[nodiscard]] std::size_t waiting() const { return mailbox_.size(); }

 private:
  void run();
  void run_due();
  [[nodiscard]] std::optional<Mailbox<Task>::SteadyTime> wake_at() const;

  const Config config_;
  const Clock& clock_;
  const DueHook hook_;
  Mailbox<Task> mailbox_;
  std::multimap<TimePoint, Task> timers_;  // equal times keep the order of insertion
  std::atomic<std::thread::id> id_{};      // known to the strand before its first task
  std::thread thread_;
};

}  // namespace hotline::runtime
