// SPDX-License-Identifier: Apache-2.0
// Automatic call distribution: who waits, who is free, and who is offered to whom (requirement A3).
//
// Pure: (state, command, now) -> effects. Lives on the core's live strand; no clock, thread, I/O or randomness. The
// order of effects is the order in which things happened; two runs with the same inputs give the same effects.
//
// Routing: of all waiting calls an agent may take, first the highest priority, then the longest waiting; of all ready
// agents a call may go to, the one idle longest. An agent may take a call of a queue they are a member of when they
// have each skill the call asks for. An agent is in one state only and has at most one call or offer.
#pragma once

#include <array>
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
inline constexpr std::size_t kAgentStates = 7;
[[nodiscard]] const char* to_string(AgentState state);
[[nodiscard]] std::optional<AgentState> agent_state_from(std::string_view text);

struct QueueConfig {
  QueueId id;
  std::string code;
  Duration offer_timeout{20'000};    ///< ringing time at one agent
  Duration wrap_up{60'000};          ///< after-call work ends by itself after this; 0: none
  std::uint32_t waiting_max = 1000;  ///< more are refused
};

struct AgentConfig {
  AgentId id;
  std::vector<QueueId> queues;
  std::map<SkillId, int> skills;    ///< skill -> level, 1 (knows some) to 9 (expert)
  Duration wrap_up_direct{60'000};  ///< after-call work of a call that came straight to the agent; 0: none
};

/// What a waiting call asks for.
struct WaitingCall {
  CallId call;
  QueueId queue;
  int priority = 0;               ///< higher first
  std::map<SkillId, int> skills;  ///< required, with the least level
  TimePoint enqueued_at{};        ///< start of the waiting clock; kept over transfers back and restarts
};

/// One agent's live state, as stored and restored.
struct AgentLive {
  AgentId id;
  AgentState state = AgentState::signed_out;
  std::string reason;            ///< of paused and unavailable
  TimePoint since{};             ///< of the state; the epoch: never signed in
  TimePoint idle_since{};        ///< last time the agent's last call ended (or they signed in): orders the ready ones
  std::optional<CallId> call;    ///< offered, busy, wrap_up
  std::optional<QueueId> queue;  ///< the offer's or call's; nullopt for a direct call
  std::optional<TimePoint> deadline;  ///< end of the offer or the wrap-up
  std::optional<AgentState>
      next_state;  ///< after the offer, call or wrap-up, when not ready: paused, signed_out, unavailable
  std::string next_reason;
  friend bool operator==(const AgentLive&, const AgentLive&) = default;
};

enum class OfferEnd : std::uint8_t { timeout, rejected, device_failed, withdrawn };
[[nodiscard]] const char* to_string(OfferEnd end);

// ---- effects
struct OfferMade {
  CallId call;
  AgentId agent;
  std::optional<QueueId> queue;
  TimePoint expires_at;
};
struct OfferEnded {
  CallId call;
  AgentId agent;
  OfferEnd why;
};  ///< the call waits again (unless withdrawn)
struct AgentChanged {
  AgentLive agent;
};  ///< store it, push it
using Effect = std::variant<OfferMade, OfferEnded, AgentChanged>;
using Effects = std::vector<Effect>;

enum class Error : std::uint8_t {
  unknown_agent,
  unknown_queue,
  unknown_call,
  queue_full,
  wrong_state,
  already_waiting,
  no_such_offer
};
[[nodiscard]] const char* to_string(Error error);

struct QueueLive {
  QueueId id;
  std::uint32_t waiting = 0;                          ///< offered ones included: they still wait
  std::optional<TimePoint> oldest;                    ///< enqueued_at of the longest waiting
  std::uint32_t ready = 0, busy = 0;                  ///< member agents in that state
  std::array<std::uint32_t, kAgentStates> members{};  ///< member agents by state, at the state's number
};

class Acd {
 public:
  // -- configuration, at any time (before or after restoring)
  void configure_queue(QueueConfig config);
  /// No new calls; those that wait stay, and are served, until they leave.
  void remove_queue(QueueId queue);
  /// A new agent is signed out, without an effect: a stored state may follow by restore_agent.
  Effects configure_agent(AgentConfig config, TimePoint now);
  /// Signs the agent out at once and forgets them; an offer ends as withdrawn. A call they talk on is not touched.
  Effects remove_agent(AgentId agent, TimePoint now);

  /// Puts back a stored agent state at start. No effects: the caller has it in the store. After the first restore_*
  /// nothing is offered to anyone until start().
  void restore_agent(const AgentLive& live);
  /// Puts back a waiting call at start, keeping its clock. An agent restored as `offered` this call keeps the offer.
  void restore_waiting(const WaitingCall& call);
  /// After all was restored: ends offers whose time is over or whose call is gone, offers waiting calls to ready
  /// agents, signs out restored agents who are configured no longer. A restored `busy` agent stays so: whoever knows
  /// that the call has ended says call_finished; a direct offer whose call has ended needs a dequeue.
  Effects start(TimePoint now);

  // -- calls
  Result<Effects, Error> enqueue(WaitingCall call, TimePoint now);
  /// The call leaves (hung up, transferred, overflowed); its running offer (direct ones too) ends as withdrawn and the
  /// agent is ready again. unknown_call when it neither waits nor is offered.
  Result<Effects, Error> dequeue(CallId call, TimePoint now);
  /// A call straight to one agent (transfer), whether or not they are a member of any queue. wrong_state unless ready;
  /// already_waiting when the call waits or is offered. If nobody answers, the call is not kept here (OfferEnded says
  /// so).
  Result<Effects, Error> offer_direct(CallId call, AgentId agent, Duration offer_timeout, TimePoint now);

  // -- offers
  /// The agent took it: busy; the call waits no more.
  Result<Effects, Error> accept(CallId call, AgentId agent, TimePoint now);
  /// The agent declined, did not answer, or the device failed: the agent becomes unavailable with to_string(why) as
  /// reason (or what they asked for: next_state), the call goes to the next agent. wrong_state for `withdrawn`: see
  /// dequeue.
  Result<Effects, Error> refuse(CallId call, AgentId agent, OfferEnd why, TimePoint now);

  // -- agents
  /// ready, paused or signed_out; during an offer, a call or wrap-up it is kept for after it (ready: forgets what was
  /// kept; in wrap-up it ends it at once). Whether the agent's device is reachable is for the caller to check before
  /// `ready`.
  Result<Effects, Error> set_state(AgentId agent, AgentState state, std::string reason, TimePoint now);
  /// The agent's device cannot be reached: unavailable now, or after the call; a running offer goes to the next agent.
  /// Paused and signed-out agents stay so.
  Result<Effects, Error> set_unavailable(AgentId agent, std::string reason, TimePoint now);
  /// The agent's part in the call is over: wrap-up (unless `wrap_up` is false: was only consulted), or next_state when
  /// there is none. wrong_state unless busy with it.
  Result<Effects, Error> call_finished(AgentId agent, CallId call, TimePoint now, bool wrap_up = true);
  /// The agent makes a call: busy with it at once. After it they are paused or unavailable again if they were before.
  /// wrong_state unless ready, paused or unavailable.
  Result<Effects, Error> begin_call(AgentId agent, CallId call, TimePoint now);
  /// The agent, busy with one call, is now in another one (two calls became one). wrong_state unless busy with `from`.
  Result<Effects, Error> move_call(AgentId agent, CallId from, CallId to);
  /// Reason and note are in: the wrap-up ends; the agent is `next` (ready, paused, signed_out), else next_state, else
  /// ready.
  Result<Effects, Error> finish_wrap_up(AgentId agent, std::optional<AgentState> next, std::string reason,
                                        TimePoint now);

  /// The agent's device (desk, phone) is gone for good: unavailable with this reason, out of an offer or a call as
  /// well. No effect on an agent who takes no calls anyway.
  Result<Effects, Error> device_lost(AgentId agent, std::string reason, TimePoint now);

  // -- time
  /// Fires every deadline that has come, each once.
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
  /// To be asked after tick(now).
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
