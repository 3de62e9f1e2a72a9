// SPDX-License-Identifier: Apache-2.0
// One input's consequences while they are gathered: runs call steps and ACD commands against each other until both are
// quiet, and keeps the records beside them. Only live*.cpp include this.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/live/live.hpp"

namespace hotline::app {

/// How often a deadline is looked at again whose call's node is not heard at the moment.
inline constexpr Duration node_poll{500};

class Live::Work {
 public:
  Work(Live& live, TimePoint now) : live_(live), now_(now) {
    out_.changes.reserve(usual_effects);
    out_.outward.reserve(usual_effects);
  }

  /// A step on a call at `at` (an event's own time). `act` does one thing to the step. The node's clock may be a moment
  /// behind ours: a contact's history never goes back.
  template <class Act>
  void step(Entry& entry, TimePoint at, Act&& act) {
    touch(entry);
    at = std::max(at, entry.tally.newest.value_or(at));
    call::CallStep call_step(entry.call, *live_.flows_, live_.ids_, at, live_.config_.call);
    act(call_step);
    apply(entry, call_step.take(), at);
  }
  template <class Act>
  void step(Entry& entry, Act&& act) {
    step(entry, now_, std::forward<Act>(act));
  }

  void apply(const acd::Effects& effects);
  /// A refused ACD command is a disagreement between call and ACD: logged, and `otherwise` mends the call's side.
  template <class Otherwise>
  void apply(CallId call, const char* command, Result<acd::Effects, acd::Error> result, Otherwise&& otherwise) {
    if (result) return apply(*result);
    out_.outward.emplace_back(Logged{call, std::string(command) + ": " + acd::to_string(result.error())});
    otherwise();
  }

  /// A line of the contact's history that the call model knows nothing of.
  void note(Entry& entry, const call::History& event, TimePoint at) {
    touch(entry);
    history(entry, event, std::max(at, entry.tally.newest.value_or(at)));
  }
  Entry& add(Entry entry);
  void touch(Entry& entry);
  template <class Row>
  void change(Row&& row) {
    out_.changes.emplace_back(std::forward<Row>(row));
  }
  template <class Effect>
  void outward(Effect&& effect) {
    out_.outward.emplace_back(std::forward<Effect>(effect));
  }
  void put_leg(const Leg& leg) { change(leg); }
  /// Ends this contact's part in the live state when nothing more is to come.
  void close(Entry& entry);

  /// The next deadlines of all calls touched so far.
  void plan_touched();
  /// Writes what was touched; the answer to the request, if any, comes last.
  [[nodiscard]] LiveEffects finish();
  void reply(Reply reply) { replies_.push_back(std::move(reply)); }
  /// Leaves after everything else this input led to.
  void acknowledge(AcknowledgeNode ack) { ack_ = std::move(ack); }
  void refuse(RequestId request, std::string code, std::string message, std::string field = {}) {
    reply(Reply{request, Refused{std::move(code), std::move(message), std::move(field)}, {}, {}});
  }
  [[nodiscard]] TimePoint now() const { return now_; }

 private:
  struct Before {
    std::map<AgentId, bool> agents;  ///< who had it or was rung for it, and whether they had taken it
    std::set<AgentId> supervisors;
    Contact contact;
    bool answered = false;
  };
  void apply(Entry& entry, const call::Effects& effects, TimePoint at);
  void apply_one(Entry& entry, const call::Effect& effect, TimePoint at);
  void ask_queue(Entry& entry, const call::AskQueue& ask, TimePoint at);
  void ask_call_back(Entry& entry, const call::AskCallBack& ask, TimePoint at);
  void history(Entry& entry, const call::History& event, TimePoint at);
  void begin_parts(Entry& entry);
  void end_parts(Entry& entry);
  void leg_started(Entry& entry, const call::LegStarted& started, TimePoint at);
  void ended(Entry& entry, TimePoint at);
  void show(Entry& entry, const Before& before);
  void record_outside(Entry& entry);
  void plan(const Entry& entry);
  /// Whether a contact is in its queue's figures: who was called by us and is transferred there was answered already.
  [[nodiscard]] static bool counts(const Entry& entry) { return entry.contact.direction == "inbound"; }

  static constexpr std::size_t usual_effects = 8;  ///< as many as nearly every input has

  Live& live_;
  TimePoint now_;
  LiveEffects out_;
  std::map<CallId, Before> touched_;
  std::vector<Reply> replies_;
  std::optional<AcknowledgeNode> ack_;
};

}  // namespace hotline::app
