// SPDX-License-Identifier: Apache-2.0
// A loop on a thread of its own whose clock stands still until the test moves it (or goes by itself, for trials with a
// real browser); ticks come every 2 ms.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "voice/webrtc/loop.hpp"

namespace hotline::voice::webrtc {

class TestLoop final : public Loop {
 public:
  enum class Clock { by_hand, real };
  explicit TestLoop(Clock clock = Clock::by_hand);
  ~TestLoop() override;

  void run(std::function<void()> task) override;
  void watch(int fd, std::function<void()> readable) override;
  void unwatch(int fd) override;
  void every_tick(std::function<void()> tick) override;
  Moment now() override;

  void advance(std::chrono::microseconds by);
  /// Waits until everything given to run() before has run.
  void settle();
  /// Waits for the end of a tick. After two in a row all that was in the sockets before has been read.
  void pass_tick();

 private:
  void loop();

  const Clock clock_;
  int wake_fd_;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  Moment now_{std::chrono::hours{24 * 365 * 50}};
  bool stop_ = false;
  std::map<int, std::function<void()>> watched_;   // loop's thread
  std::vector<std::function<void()>> ticks_;       // loop's thread
  std::vector<std::function<void()>> after_tick_;  // loop's thread; each once
  std::thread thread_;                             // last: it uses the rest
};

/// Remembers what the engine says, for the test's thread to wait on.
class Recorder final : public Observer {
 public:
  struct Event {
    enum class Kind { connected, failed, lost } kind;
    LegId leg;
    Failure failure{};
    Loss loss{};
    friend bool operator==(const Event&, const Event&) = default;
  };
  static Event connected(LegId leg) { return {Event::Kind::connected, leg}; }
  static Event failed(LegId leg, Failure why) { return {Event::Kind::failed, leg, why, {}}; }
  static Event lost(LegId leg, Loss why) { return {Event::Kind::lost, leg, {}, why}; }

  void on_connected(LegId leg) override { add(connected(leg)); }
  void on_failed(LegId leg, Failure why) override { add(failed(leg, why)); }
  void on_lost(LegId leg, Loss why) override { add(lost(leg, why)); }

  /// The next event not yet taken; nullopt when none comes within five seconds.
  std::optional<Event> next();
  /// Events that came and were not taken.
  std::size_t waiting();

 private:
  void add(Event event);
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Event> events_;
};

}  // namespace hotline::voice::webrtc
