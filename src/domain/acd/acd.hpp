// SPDX-License-Identifier: Apache-2.0
// Automatic call distribution: who waits, who is free, and who is offered to whom (requirement A3).
//
// Pure: (state, command, now) -> effects. Lives on the core's live strand; no clock, thread, I/O or randomness. The
// order of effects is the order in which things happened; two runs with the same inputs give the same effects.
//
// Routing (docs/adr/0019): all waiting calls of all queues stand in one order: points (priority, weight of the queue,
// kind of caller) and waiting time, each minute worth Rules::ageing_per_minute points. An agent who becomes ready gets
// the first call of that order they may take; a call that comes gets, of the ready agents who may take it, the one idle
// longest. An agent may take a call of a queue they are a member of when they have each skill it asks for at that step
// of the queue's ring plan. A call may ask for an agent (the matter's owner, the one who talked to the caller last):
// that agent gets it before all other calls, and no other agent gets it until QueueConfig::prefer_wait is over or none
// of those asked for takes calls. An agent is in one state only and has at most one call or offer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/acd/types.hpp"

namespace hotline::acd {

// ---- effects
struct OfferMade {
  CallId call;
  AgentId agent;
  std::optional<QueueId> queue;
  TimePoint expires_at;
  OfferReason reason{};
};
struct OfferEnded {
  CallId call;
  AgentId agent;
  OfferEnd why;
};  ///< the call waits again (unless withdrawn)
struct AgentChanged {
  AgentLive agent;
};  ///< store it, push it
/// The call left the queue by one of its exits (it is not here any more): to be sent on to `target`.
struct Exited {
  CallId call;
  QueueId queue;
  ExitWhy why;
  std::string target;
};
/// The waiting caller is to be told their place and the wait to be expected (none: not known, or not to be said).
struct AnnounceDue {
  CallId call;
  QueueId queue;
  std::optional<std::uint32_t> position;
  std::optional<Duration> wait;
};
/// A waiting call as it stands in the order of all.
struct WaitingSeen {
  CallId call;
  QueueId queue;
  Work work = Work::inbound;
  std::int64_t rank = 0;
  TimePoint enqueued_at;
  std::optional<AgentId> offered_to;
  bool held = false;          ///< for the agents it asks for
  std::vector<AgentId> fits;  ///< who may take it at this step of its ring plan, ready or not; by id
};
using Effect = std::variant<OfferMade, OfferEnded, AgentChanged, Exited, AnnounceDue>;
using Effects = std::vector<Effect>;

class Acd {
 public:
  // -- configuration, at any time (before or after restoring), without touching a call that is offered or talked on
  /// The order of those who wait follows at once.
  void configure_rules(Rules rules);
  [[nodiscard]] const Rules& rules() const;
  void configure_queue(QueueConfig config);
  /// The same while calls may wait: those who may be taken now by somebody are offered at once.
  Effects configure_queue(QueueConfig config, TimePoint now);
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
  /// Before start(): an agent took a call of this queue at this moment, after which it occupied them for so long;
  /// oldest first. What the expected wait goes by, as far as it was seen before.
  void observe(QueueId queue, TimePoint taken_at, bool others_waited, Duration occupied);
  /// After all was restored: ends offers whose time is over or whose call is gone, offers waiting calls to ready
  /// agents, signs out restored agents who are configured no longer. A restored `busy` agent stays so: whoever knows
  /// that the call has ended says call_finished; a direct offer whose call has ended needs a dequeue.
  Effects start(TimePoint now);

  // -- calls
  /// With exactly one effect Exited the call does not wait here: an exit was open already.
  Result<Effects, Error> enqueue(WaitingCall call, TimePoint now);
  /// The caller pressed a digit: they leave by the queue's exit for it (no_such_exit when it has none).
  Result<Effects, Error> press(CallId call, char digit, TimePoint now);
  /// A waiting call goes to this agent, whatever the order and the skills. wrong_state unless ready; already_waiting
  /// when it is offered to someone. `whenever_free`: also when paused, unavailable or signed out, and after the offer
  /// or the call they are so again.
  Result<Effects, Error> pull(CallId call, AgentId agent, TimePoint now, bool whenever_free = false);
  /// What is known of the caller by now, or asked for: the call's place follows.
  Result<Effects, Error> revise(CallId call, bool vip, bool repeat, std::vector<Preferred> preferred, TimePoint now);
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
  /// Signing in: no_seat when the agent's seat group is full. ready: wrap_up_open in a forced wrap-up.
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
  /// wrong_state unless ready, paused, unavailable, or (`whenever_free`) signed out.
  Result<Effects, Error> begin_call(AgentId agent, CallId call, TimePoint now, bool whenever_free = false);
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
  /// The wait to be expected by a call at this place (1: next) of the queue, from now on; nullopt while nobody who
  /// serves it is signed in.
  [[nodiscard]] std::optional<Duration> expected_wait(QueueId queue, std::uint32_t position, TimePoint now) const;
  [[nodiscard]] std::optional<Duration> expected_wait(CallId call, TimePoint now) const;
  [[nodiscard]] const QueueConfig* queue_config(QueueId queue) const;
  [[nodiscard]] const AgentConfig* agent_config(AgentId agent) const;
  /// All waiting calls of all queues, the first of the order first. For tests and the simulator: looks at each agent
  /// for each call.
  [[nodiscard]] std::vector<WaitingSeen> waiting_order() const;
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
