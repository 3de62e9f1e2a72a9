// SPDX-License-Identifier: Apache-2.0
// The routing core alone: the call model with its flow interpreter (domain/call) and the ACD (domain/acd), joined as
// app::Live joins them, without its records, views, link and store. For months of calls in seconds and for comparison
// with theory; what Live adds is proven by simulate.hpp (docs/adr/0020).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/acd/acd.hpp"
#include "domain/call/call.hpp"

namespace hotline::sim {

/// A call in the switchboard, and what whoever drives it notes beside it.
struct SwitchedCall {
  call::Call call;
  std::optional<TimePoint> queued_at, connected_at;
  std::optional<TimePoint> planned{};  ///< its next tick, as the switchboard has it in its order of times
  std::uint64_t caller = 0;            ///< the driver's own number of the caller
};

/// What the voice node and the records would be told.
class SwitchboardEdge {
 public:
  virtual ~SwitchboardEdge() = default;
  virtual void command(SwitchedCall& call, const call::VoiceCommand& command) = 0;
  virtual void queued(SwitchedCall& call) = 0;
  virtual void connected(SwitchedCall& call) = 0;
  /// The caller leaves `call` and is to be called by `promised`, which begins to wait after this.
  virtual void called_back(SwitchedCall& call, SwitchedCall& promised) = 0;
  virtual void announced(SwitchedCall& call) = 0;  ///< its place, and the wait to be expected
  virtual void sent_on(SwitchedCall& call) = 0;    ///< by one of its queue's exits
  virtual void ended(SwitchedCall& call) = 0;      ///< the last that is heard of it
};

class Switchboard {
 public:
  Switchboard(std::shared_ptr<const call::FlowBook> flows, SwitchboardEdge& edge);
  void add(const acd::QueueConfig& queue);
  void add(const acd::AgentConfig& agent, const std::string& number, TimePoint now);
  void name_skill(const std::string& code, SkillId skill) { skills_[code] = skill; }

  /// A call comes in on a trunk; the flow begins when its leg is answered.
  void arrive(LegId leg, const std::string& to, const std::string& flow, std::uint64_t caller, TimePoint now);
  void leg_answered(CallId call, LegId leg, TimePoint now);
  void leg_ended(CallId call, LegId leg, call::Cause cause, TimePoint now);
  void digit(CallId call, char digit, TimePoint now);
  void play_done(CallId call, PlayId play, TimePoint now);
  void set_state(AgentId agent, acd::AgentState state, TimePoint now);
  void finish_wrap_up(AgentId agent, TimePoint now);

  void tick(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_due() const { return earlier(acd_.next_due(), due()); }

  [[nodiscard]] SwitchedCall* find(CallId id);
  [[nodiscard]] std::size_t live_calls() const { return calls_.size(); }
  [[nodiscard]] const acd::Acd& acd() const { return acd_; }
  /// As Live::violations: the calls, the agents and the ACD agree.
  [[nodiscard]] std::vector<std::string> violations(TimePoint now) const;

 private:
  template <class Act>
  void step(SwitchedCall& call, TimePoint now, Act&& act);
  /// Nothing when it is null: the call has ended.
  template <class Act>
  void input(SwitchedCall* call, TimePoint now, Act&& act);
  void apply(SwitchedCall& call, const call::Effect& effect, TimePoint now);
  void apply(const acd::Effects& effects, TimePoint now);
  void apply_one(const acd::Effect& effect, TimePoint now);
  void ask_queue(SwitchedCall& call, const call::AskQueue& ask, TimePoint now);
  void ask_call_back(SwitchedCall& call, const call::AskCallBack& ask, TimePoint now);
  void plan(SwitchedCall& call);
  [[nodiscard]] std::optional<TimePoint> due() const;
  void forget_ended();

  std::shared_ptr<const call::FlowBook> flows_;
  SwitchboardEdge& edge_;
  IdMaker ids_{0, IdMaker::Origin::core};
  call::Limits limits_;
  acd::Acd acd_;
  std::unordered_map<CallId, SwitchedCall> calls_;
  std::unordered_map<AgentId, std::string> numbers_;
  std::unordered_map<std::string, acd::QueueConfig> queues_;
  std::map<std::string, SkillId> skills_;
  std::set<std::pair<TimePoint, CallId>> due_;
  std::vector<CallId> ended_;
};

}  // namespace hotline::sim
