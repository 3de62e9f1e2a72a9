// SPDX-License-Identifier: Apache-2.0
// What the ACD is configured with, and the values it keeps and gives out. Plain data. On the core's live strand.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd/hours.hpp"

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

/// What kind of work waits. A call-back keeps the place its customer had; outbound work (campaigns) is given out when
/// enough agents stay free for those who call in.
enum class Work : std::uint8_t { inbound, call_back, outbound };
[[nodiscard]] const char* to_string(Work work);

/// One step of a ring plan: who may take a call that has waited for `after`. The last step whose time has come holds,
/// alone; before the first, the call asks for what it asks for.
struct RingStep {
  Duration after{};
  int relax = 0;                   ///< every level asked for is this much lower; a level below 1 is not asked for
  std::vector<SkillId> without{};  ///< not asked for at all
  std::vector<QueueId> also{};     ///< members of these queues may take the call, too; it keeps its place in its own
  friend bool operator==(const RingStep&, const RingStep&) = default;
};

/// Ways out of a queue. A target is a text the ACD does not look into (app: "queue:CODE", "flow:NAME", "call_back",
/// "hang_up"); an empty one: no such way.
struct QueueExits {
  std::string closed{};          ///< outside opening hours
  bool empty_at_close = false;   ///< at closing time those who still wait leave as well
  std::string nobody{};          ///< when no agent of the queue is signed in
  std::uint32_t length_max = 0;  ///< when as many wait already; 0: no limit
  std::string length{};
  Duration predicted_max{};  ///< when the expected wait is longer; 0: no limit
  std::string predicted{};
  Duration wait_max{};  ///< after this time in this queue; 0: no limit
  std::string wait{};
  std::map<char, std::string> digits{};  ///< by the caller's wish, at any time while they wait
  friend bool operator==(const QueueExits&, const QueueExits&) = default;
};

/// What waiting callers are told from time to time.
struct Announcements {
  Duration first{};  ///< after this time in the queue; 0: nothing is announced
  Duration every{};  ///< and again after each such time; 0: once
  bool position = true, wait = true;
  friend bool operator==(const Announcements&, const Announcements&) = default;
};

struct QueueConfig {
  QueueId id{};
  std::string code{};
  Duration offer_timeout{20'000};    ///< ringing time at one agent
  Duration wrap_up{60'000};          ///< after-call work ends by itself after this; 0: none
  std::uint32_t waiting_max = 1000;  ///< more are refused
  /// Reason and note must be in before the agent can be ready; if they are not when the time is over, the agent is
  /// unavailable (wrap_up_open).
  bool wrap_up_forced = false;
  int weight = 0;                      ///< points each of its calls starts with
  std::vector<RingStep> ring_plan{};   ///< by rising `after`
  Duration prefer_wait{20'000};        ///< how long a call waits for an agent it asks for, and no other
  std::uint32_t outbound_reserve = 0;  ///< ready agents left for those who call in; outbound work waits meanwhile
  Duration handling{180'000};          ///< expected time of an agent for a call, until enough have been seen
  OpenHours hours{};
  QueueExits exits{};
  Announcements announce{};
};

struct AgentConfig {
  AgentId id{};
  std::vector<QueueId> queues{};
  std::map<SkillId, int> skills{};  ///< skill -> level, 1 (knows some) to 9 (expert)
  Duration wrap_up_direct{60'000};  ///< after-call work of a call that came straight to the agent; 0: none
  std::string seat_group{};         ///< Rules::seats limits how many of a group are signed in at once
  bool inbound = true, call_backs = true, outbound = true;  ///< kinds of work they take from queues
};

/// What holds for all queues alike.
struct Rules {
  /// Every minute of waiting is worth this many points, for every call: so one call is before another for ever, and
  /// places that were announced only get better. 0: points first, whatever the waiting time.
  int ageing_per_minute = 1;
  int vip_points = 10;                           ///< of callers known as such
  int repeat_points = 5;                         ///< of callers who called within the hour
  std::map<std::string, std::uint32_t> seats{};  ///< seat group -> most agents signed in at once; not listed: no limit
  friend bool operator==(const Rules&, const Rules&) = default;
};

/// Why a call asks for a certain agent, in the order in which they are tried.
enum class PreferredAs : std::uint8_t {
  owner,      ///< had the first contact of the matter and answers for it to its end
  last,       ///< talked to this caller last
  requested,  ///< asked for by the caller, the flow or a supervisor
};
[[nodiscard]] const char* to_string(PreferredAs as);
struct Preferred {
  AgentId agent{};
  PreferredAs as = PreferredAs::requested;
  friend bool operator==(const Preferred&, const Preferred&) = default;
};

/// What a waiting call asks for.
struct WaitingCall {
  CallId call{};
  QueueId queue{};
  int priority = 0;                 ///< points
  std::map<SkillId, int> skills{};  ///< required, with the least level
  TimePoint enqueued_at{};          ///< start of the waiting clock; kept over transfers back and restarts
  TimePoint entered_at{};           ///< start of the time in this queue: exits and announcements; the epoch: now
  Work work = Work::inbound;
  bool vip = false, repeat = false;
  bool may_exit = true;                ///< false: stays whatever the queue's exits say
  std::vector<Preferred> preferred{};  ///< asked for, in this order
};

/// One agent's live state, as stored and restored.
struct AgentLive {
  AgentId id{};
  AgentState state = AgentState::signed_out;
  std::string reason{};            ///< of paused and unavailable
  TimePoint since{};               ///< of the state; the epoch: never signed in
  TimePoint idle_since{};          ///< last time the agent's last call ended (or they signed in): orders the ready ones
  std::optional<CallId> call{};    ///< offered, busy, wrap_up
  std::optional<QueueId> queue{};  ///< the offer's or call's; nullopt for a direct call
  std::optional<TimePoint> deadline{};  ///< end of the offer or the wrap-up
  std::optional<AgentState>
      next_state{};  ///< after the offer, call or wrap-up, when not ready: paused, signed_out, unavailable
  std::string next_reason{};
  friend bool operator==(const AgentLive&, const AgentLive&) = default;
};

enum class OfferEnd : std::uint8_t { timeout, rejected, device_failed, withdrawn };
[[nodiscard]] const char* to_string(OfferEnd end);

/// By which rule a call met an agent.
enum class ChosenBy : std::uint8_t {
  longest_idle,  ///< the call came (or its ring plan widened): of the ready agents who may take it, the one idle
                 ///< longest
  best_call,     ///< the agent became ready: of the calls they may take, the first in the order of all
  owner,
  last,
  requested,  ///< the three: the call asked for this agent (PreferredAs)
  direct,     ///< straight to the agent, by a transfer
  pulled,     ///< taken out of its queue by or for this agent
};
[[nodiscard]] const char* to_string(ChosenBy by);

/// Why this call went to this agent at this moment; kept in the contact's history.
struct OfferReason {
  ChosenBy by = ChosenBy::direct;
  std::int64_t points = 0;      ///< of the call at that moment: priority, queue weight, caller, ageing
  Duration waited{};            ///< by its waiting clock
  std::uint32_t position = 0;   ///< in its queue; 0: a direct call
  std::uint32_t ring_step = 0;  ///< steps of the ring plan that had come; 0: none yet
  std::uint32_t ready = 0;      ///< agents of its queue who were ready, this one included when a member
  Duration idle{};              ///< how long the agent had had no call
  friend bool operator==(const OfferReason&, const OfferReason&) = default;
};

enum class ExitWhy : std::uint8_t { closed, nobody, length, predicted, wait, digit };
[[nodiscard]] const char* to_string(ExitWhy why);

enum class Error : std::uint8_t {
  unknown_agent,
  unknown_queue,
  unknown_call,
  queue_full,
  wrong_state,
  already_waiting,
  no_such_offer,
  no_such_exit,
  no_seat,       ///< as many of the agent's seat group are signed in as may be
  wrap_up_open,  ///< reason and note must be in first
};
[[nodiscard]] const char* to_string(Error error);

struct QueueLive {
  QueueId id{};
  std::uint32_t waiting = 0;                          ///< offered ones and call-backs included: they still wait
  std::optional<TimePoint> oldest{};                  ///< enqueued_at of the longest waiting
  std::uint32_t ready = 0, busy = 0;                  ///< member agents in that state
  std::array<std::uint32_t, kAgentStates> members{};  ///< member agents by state, at the state's number
  std::uint32_t call_backs = 0;                       ///< of those waiting
};

}  // namespace hotline::acd
