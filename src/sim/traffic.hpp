// SPDX-License-Identifier: Apache-2.0
// Callers, agents and trunks around a Switchboard: the workload of the month, of the comparison with theory, and of the
// capacity planner. What is in memory are the calls that are live, however many there have been.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/service_level.hpp"
#include "sim/random.hpp"
#include "sim/switchboard.hpp"
#include "sim/timeline.hpp"

namespace hotline::sim {

/// What one kind of caller wants: keys pressed at the prompts, in groups ("1 4711": 1 at the first that takes keys).
struct Intent {
  double share = 1;
  std::string keys;
};

struct TrafficScript {
  std::uint64_t seed = 1;
  std::shared_ptr<const call::FlowBook> flows;
  std::string flow;
  std::vector<acd::QueueConfig> queues;
  std::vector<acd::AgentConfig> agents;
  std::vector<std::pair<std::string, SkillId>> skills;
  std::uint32_t trunks = 1'000'000;
  Duration interval{300'000};        ///< of the two below
  std::vector<double> calls;         ///< expected in each interval; their moments are a Poisson process
  bool exact_calls = false;          ///< as many as said (whole numbers), at random moments
  std::vector<std::uint32_t> staff;  ///< agents signed in, in each interval; empty: all, always
  std::vector<Intent> intents{{1, ""}};
  Duration patience{0};                    ///< mean, exponential; 0: endless
  Duration handling{180'000}, wrap_up{0};  ///< means; the wrap-up ends earlier when its queue says so
  double handling_variation = 0;           ///< 0: exponential, else log-normal
  Duration reaction{0}, pick_up{0};        ///< mean until the agent answers; until the caller's ACK
  Duration prompt{0};                      ///< mean length of one prompt
  double no_answer = 0;                    ///< share of offers that ring out
  double wants_call_back = 0;              ///< share of those who wait and press 1 within their patience
  double reached = 0.8;                    ///< share of call-backs that are answered
  Duration threshold{20'000}, short_abandon{5'000};
  std::size_t batch_intervals = 12;  ///< of one batch of the figures
};

struct TrafficFigures {
  std::int64_t calls = 0, blocked = 0, self_service = 0, refused = 0, queued = 0, short_abandoned = 0, no_answers = 0;
  std::int64_t called_back = 0, call_backs_done = 0;  ///< promised; and over, reached or given up
  std::int64_t call_backs_reached = 0, announcements = 0, sent_on = 0;
  app::ServiceCounts service;        ///< by the threshold; short abandons are among the abandoned
  double wait_s = 0;                 ///< of all queued, summed
  double answer_wait_s = 0;          ///< of those answered
  double talk_s = 0, wrap_up_s = 0;  ///< agents' time in calls and after them
  double staffed_s = 0;              ///< agents signed in
  double trunk_s = 0;                ///< trunks in use: their sum over time
  std::uint32_t trunks_max = 0;
  std::int64_t waited = 0;  ///< queued calls that found nobody free at once
  void add(const TrafficFigures& other);
};

class Traffic final : private SwitchboardEdge {
 public:
  explicit Traffic(TrafficScript script);
  /// The next interval; false when the day is over and everyone has left, or when `stop` says so, which is asked every
  /// few thousand events.
  bool run_interval(const std::function<bool()>& stop = {});
  [[nodiscard]] TrafficFigures total() const;
  /// One for each batch of intervals.
  [[nodiscard]] const std::vector<TrafficFigures>& batches() const { return batches_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  /// The live state against itself, and each call counted once.
  [[nodiscard]] std::vector<std::string> violations() const;

 private:
  enum class Kind : std::uint8_t {
    arrive,
    caller_up,
    prompt_end,
    key,
    gives_up,
    agent_up,
    talk_end,
    wrapped,
    back,
    unreached
  };
  struct Event {
    Kind kind{};
    char key = 0;
    CallId call;
    std::uint64_t about = 0;  ///< leg, play, agent; of a key: 1 while waiting, to be called back
  };
  struct Caller {
    Stream chance{0, ""};
    const Intent* intent = nullptr;
    std::size_t pressed = 0;
    std::uint32_t slot = 0;
    bool answered = false, on_trunk = false;
    bool called_back = false;   ///< left, and is to be called
    bool is_call_back = false;  ///< is called by us
    TimePoint came{};
    AgentId agent;
    LegId agent_leg;
  };

  void command(SwitchedCall& call, const call::VoiceCommand& command) override;
  void queued(SwitchedCall& call) override;
  void connected(SwitchedCall& call) override;
  void called_back(SwitchedCall& call, SwitchedCall& promised) override;
  void announced(SwitchedCall& /*call*/) override { ++now_figures_.announcements; }
  void sent_on(SwitchedCall& /*call*/) override { ++now_figures_.sent_on; }
  void ended(SwitchedCall& call) override;

  void plan_calls(double expected);
  void staff(std::uint32_t agents);
  void happen(const Event& event);
  void arrive();
  void press(SwitchedCall& call, Caller& caller, Duration within);
  void ring(SwitchedCall& call, const call::OriginateSip& rung);
  void ring_customer(SwitchedCall& call, const call::OriginateSip& rung);
  void take_trunk(Caller& caller);
  void leave_trunk(Caller& caller);
  Caller& new_caller(const char* stream, std::uint64_t number);
  void add(Duration after, Event event) { agenda_.add(now_ + after, event); }
  [[nodiscard]] Caller& caller_of(const SwitchedCall& call) { return callers_[call.caller]; }
  [[nodiscard]] Duration handling(Caller& caller);
  void note(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL; }

  TrafficScript script_;
  Switchboard board_;
  Agenda<Event> agenda_;
  Stream arrivals_;
  std::vector<Caller> callers_;
  std::vector<std::uint32_t> free_callers_;
  std::vector<TrafficFigures> batches_;
  TrafficFigures now_figures_;
  TimePoint now_{}, trunks_since_{};
  std::size_t interval_ = 0;
  std::uint32_t trunks_in_use_ = 0, staffed_ = 0;
  std::uint64_t events_ = 0, hash_ = 0xcbf29ce484222325ULL, calls_ = 0, legs_ = 0, call_backs_ = 0;
};

/// The queue straight away, for theory: flow "direct", queue "queue".
[[nodiscard]] std::shared_ptr<const call::FlowBook> direct_flow();
[[nodiscard]] acd::QueueConfig plain_queue();

}  // namespace hotline::sim
