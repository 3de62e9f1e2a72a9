// SPDX-License-Identifier: Apache-2.0
// Automatic call distribution: who waits, who is free, and who is offered to whom (requirement A3).
//
// Pure: (state, command, now) -> effects. Lives on the core's live strand; no clock, thread, I/O or randomness. The order
// of effects is the order in which things happened; two runs with the same inputs give the same effects.
//
// Routing: of all waiting calls an agent may take, first the highest priority, then the longest waiting; of all ready
// agents a call may go to, the one idle longest. An agent may take a call of a queue they are a member of when they have
// each skill the call asks for. An agent is in one state only and has at most one call or offer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace hotline::acd {

enum class AgentState : std::uint8_t {
  signed_out,
  ready,
  paused,       ///< by the agent's own will, with a reason code
  offered,      ///< a call rings at the agent
  busy,         ///< talking, or the call is being connected or on hold
  wrap_up,      ///< after-call work
  unavailable,  ///< set by the system: did not answer, device unreachable; only the agent (or a supervisor) ends it
};
[[nodiscard]] const char* to_string(AgentState state);
[[nodiscard]] std::optional<AgentState> agent_state_from(std::string_view text);

struct QueueConfig {
  QueueId id;
  std::string code;
  Duration offer_timeout{20'000};       ///< ringing time at one agent
  Duration wrap_up{60'000};             ///< after-call work ends by itself after this; 0: none
  std::uint32_t waiting_max = 1000;     ///< more are refused
};

struct AgentConfig {
  AgentId id;
  std::vector<QueueId> queues;
  std::map<SkillId, int> skills;        ///< skill -> level, 1 (knows some) to 9 (expert)
};

/// What a waiting call asks for.
struct WaitingCall {
  CallId call;
  QueueId queue;
  int priority = 0;                          ///< higher first
  std::map<SkillId, int> skills;             ///< required, with the least level
  TimePoint enqueued_at{};                   ///< start of the waiting clock; kept over transfers back and restarts
};

/// One agent's live state, as stored and restored.
struct AgentLive {
  AgentId id;
  AgentState state = AgentState::signed_out;
  std::string reason;                        ///< of paused and unavailable
  TimePoint since{};                         ///< of the state
  TimePoint idle_since{};                    ///< last time the agent's last call ended (or they signed in): orders the ready ones
  std::optional<CallId> call;                ///< offered, busy, wrap_up
  std::optional<QueueId> queue;              ///< the offer's or call's; nullopt for a direct call
  std::optional<TimePoint> deadline;         ///< end of the offer or the wrap-up
  std::optional<AgentState> next_state;      ///< asked for during a call: ready, paused or signed_out
  std::string next_reason;
  friend bool operator==(const AgentLive&, const AgentLive&) = default;
};

enum class OfferEnd : std::uint8_t { timeout, rejected, device_failed, withdrawn };
[[nodiscard]] const char* to_string(OfferEnd end);

// ---- effects
struct OfferMade { CallId call; AgentId agent; std::optional<QueueId> queue; TimePoint expires_at; };
struct OfferEnded { CallId call; AgentId agent; OfferEnd why; };       ///< the call waits again (unless withdrawn)
struct AgentChanged { AgentLive agent; };                              ///< store it, push it
using Effect = std::variant<OfferMade, OfferEnded, AgentChanged>;
using Effects = std::vector<Effect>;

enum class Error : std::uint8_t { unknown_agent, unknown_queue, unknown_call, queue_full, wrong_state, already_waiting, no_such_offer };
[[nodiscard]] const char* to_string(Error error);

struct QueueLive {
  QueueId id;
  std::uint32_t waiting = 0;                 ///< offered ones included: they still wait
  std::optional<TimePoint> oldest;           ///< enqueued_at of the longest waiting
  std::uint32_t ready = 0, busy = 0;         ///< member agents
};

class Acd {
 public:
  // -- configuration, at any time; a removed queue's calls stay until they leave, a removed agent is signed out
  Effects configure_queue(QueueConfig config, TimePoint now);
  Effects configure_agent(AgentConfig config, TimePoint now);
  Effects remove_agent(AgentId agent, TimePoint now);

  /// Puts back a stored agent state at start, before any other command. No effects: the caller has it in the store.
  void restore_agent(const AgentLive& live);
  /// Puts back a waiting call at start, keeping its clock; `offered_to` when its offer was running.
  void restore_waiting(const WaitingCall& call);
  /// After all was restored: offers calls which wait to agents who are ready, ends offers whose time is over.
  Effects start(TimePoint now);

  // -- calls
  Result<Effects, Error> enqueue(WaitingCall call, TimePoint now);
  /// The call leaves (hung up, transferred, overflowed); its running offer ends as withdrawn and the agent is ready again.
  Result<Effects, Error> dequeue(CallId call, TimePoint now);
  /// A call straight to one agent (transfer), whether or not they are a member of any queue. wrong_state unless ready.
  Result<Effects, Error> offer_direct(CallId call, AgentId agent, Duration offer_timeout, TimePoint now);

  // -- offers
  /// The agent took it: busy; the call waits no more.
  Result<Effects, Error> accept(CallId call, AgentId agent, TimePoint now);
  /// The agent declined, or the device failed: the agent becomes unavailable, the call goes to the next agent.
  Result<Effects, Error> refuse(CallId call, AgentId agent, OfferEnd why, TimePoint now);

  // -- agents
  /// ready, paused or signed_out; during an offer, a call or wrap-up it is kept for after it (wrap-up: ready ends it at once).
  Result<Effects, Error> set_state(AgentId agent, AgentState state, std::string reason, TimePoint now);
  /// The agent's part in the call is over: wrap-up (or next_state when the queue has none).
  Result<Effects, Error> call_finished(AgentId agent, CallId call, TimePoint now);
  /// Reason and note are in: the wrap-up ends, next_state or ready.
  Result<Effects, Error> finish_wrap_up(AgentId agent, std::optional<AgentState> next, std::string reason, TimePoint now);

  // -- time
  Effects tick(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  // -- looking
  [[nodiscard]] const AgentLive* agent(AgentId id) const;
  [[nodiscard]] const WaitingCall* waiting(CallId id) const;
  [[nodiscard]] std::optional<AgentId> offered_to(CallId id) const;
  [[nodiscard]] std::vector<QueueLive> queues() const;         ///< by id
  [[nodiscard]] std::vector<const AgentLive*> agents() const;  ///< by id
  /// Place of a call in its queue, 1 is next; nullopt when it does not wait.
  [[nodiscard]] std::optional<std::uint32_t> position(CallId id) const;
  /// Every rule this class promises, checked over the whole state (for tests and the simulator); empty when all hold.
  [[nodiscard]] std::vector<std::string> violations(TimePoint now) const;

  Acd();
  ~Acd();
  Acd(Acd&&) noexcept;
  Acd& operator=(Acd&&) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::acd
