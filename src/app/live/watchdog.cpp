// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/live/watchdog.hpp"

#include <algorithm>
#include <variant>

namespace hotline::app {
namespace {

/// A deadline fires within the tick that is due; one this old never will.
constexpr Duration overdue_after{1'000};

using Kind = DifferenceKind;
using Legs = std::map<LegId, call::LegReport>;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

/// What a command would change in what is heard; empty: nothing (all other commands of a resync have differences of
/// their own, or are said again in any case).
std::string sound_in(const call::Effect& effect) {
  const auto* command = std::get_if<call::VoiceCommand>(&effect);
  if (command == nullptr) return {};
  using Name = std::string;
  return std::visit(
      Overloaded{[](const call::PlayTo& play) { return "play to leg " + play.leg.to_string(); },
                 [](const call::StopPlay&) { return Name("stop playing"); },
                 [](const call::BridgeLegs&) { return Name("join two legs"); },
                 [](const call::UnbridgeLeg&) { return Name("part two legs"); },
                 [](const call::MixLegs&) { return Name("mix legs"); },
                 [](const call::UnmixLegs&) { return Name("end a mix"); }, [](const auto&) { return Name(); }},
      *command);
}

class CompareCall {
 public:
  CompareCall(const Entry& entry, const NodeCompared& sides, std::vector<Difference>& out)
      : entry_(entry), call_(entry.call), sides_(sides), out_(out) {
    for (const auto& [text, leg] : entry.legs) {
      const auto reported = sides.has.find(leg.id);
      if (reported != sides.has.end()) legs_[leg.id] = reported->second.report;
    }
  }

  void run() {
    const std::size_t before = out_.size();
    if (call_.stage != call::Stage::ended) {
      look_for_legs();
      if (out_.size() == before) look_at_recording();
      if (out_.size() == before) look_at_sound();
    }
    for (const auto& [text, leg] : entry_.legs) {
      if (!leg.ended_at && !sides_.has.contains(leg.id) && !call_.has_leg(leg.id))
        say(Kind::leg_end_unheard, leg.id, {}, "the voice node has no such leg any more");
    }
  }

 private:
  [[nodiscard]] bool missing(LegId leg) const { return leg && !legs_.contains(leg); }

  void say(Kind kind, LegId leg, AgentId agent, std::string cause) {
    out_.push_back({kind, call_.id, leg, agent, {}, {}, std::move(cause)});
  }

  void look_for_legs() {
    const bool asked_for =
        call_.customer_called || (call_.stage != call::Stage::dialing && !call_.waits_to_call_back());
    if (asked_for && missing(call_.customer_leg)) {
      const bool dialled = call_.stage == call::Stage::dialing && !call_.customer_answered;
      say(dialled ? Kind::outside_without_leg : Kind::call_without_leg, call_.customer_leg, {},
          "the voice node has no leg of the customer");
    }
    if (call_.agent) look_for_agent(*call_.agent);
    if (call_.external && missing(call_.external->leg)) outside(call_.external->leg);
    if (!call_.consult) return;
    if (call_.consult->agent) look_for_agent(*call_.consult->agent);
    if (call_.consult->external && missing(call_.consult->external->leg)) outside(call_.consult->external->leg);
    if (missing(call_.consult->own_leg))
      say(Kind::agent_without_leg, call_.consult->own_leg, call_.agent ? call_.agent->agent : AgentId{},
          "the voice node has no leg of the agent's second call");
  }

  void look_for_agent(const call::AgentPart& agent) {
    if (!missing(agent.leg)) return;
    // A browser's leg begins with its offer, which is not kept: the deadline for its media settles it.
    if (agent.browser && !agent.answered) return;
    if (agent.taken)
      say(Kind::agent_without_leg, agent.leg, agent.agent,
          "the agent is in talk and the voice node has no leg of them");
    else
      say(Kind::offer_without_leg, agent.leg, agent.agent,
          "the agent's phone should ring and the node has no leg of it");
  }

  void outside(LegId leg) {
    say(Kind::outside_without_leg, leg, {}, "the voice node has no leg of the outside number");
  }

  void look_at_recording() {
    if (!call_.customer_answered) return;
    const auto customer = legs_.find(call_.customer_leg);
    if (customer == legs_.end()) return;
    const RecordingId runs = customer->second.recording;
    if (call_.recording && runs == call_.recording) return;
    out_.push_back({Kind::not_recorded,
                    call_.id,
                    call_.customer_leg,
                    {},
                    call_.recording,
                    {},
                    runs ? "the voice node records the call as another recording" : "the voice node records nothing"});
  }

  /// What a reconnected node would be told (call::CallStep::resync) is what is not as it should be.
  void look_at_sound() {
    if (call_.stage == call::Stage::arriving) return;
    if (call_.stage == call::Stage::ivr) {  // resync would speak the whole prompt again
      const auto customer = legs_.find(call_.customer_leg);
      if (customer == legs_.end()) return;
      if (call_.play && customer->second.play != call_.play)
        say(Kind::wrong_sound, call_.customer_leg, {}, "the flow waits for a prompt that the voice node does not play");
      else if (customer->second.bridged_to)
        say(Kind::wrong_sound, call_.customer_leg, {}, "the caller is in the menu and joined to somebody");
      return;
    }
    call::Call copy = call_;
    IdMaker ids(0, IdMaker::Origin::core);
    call::CallStep step(copy, sides_.flows, ids, sides_.now, sides_.limits);
    step.resync(legs_);
    for (const call::Effect& effect : step.take()) {
      const std::string wanted = sound_in(effect);
      if (wanted.empty() || only_says_again(effect)) continue;
      return say(Kind::wrong_sound, call_.customer_leg, {},
                 "what is heard is not what the call's state says; wanted: " + wanted);
    }
  }

  /// A mix with supervisors, of those who are in it: who does not hear whom no node tells, so that it is said each
  /// time.
  [[nodiscard]] bool only_says_again(const call::Effect& effect) const {
    const auto* command = std::get_if<call::VoiceCommand>(&effect);
    const auto* mix = command == nullptr ? nullptr : std::get_if<call::MixLegs>(command);
    if (mix == nullptr) return false;
    const auto in_it = [&](const auto& leg) { return leg.second.mix == mix->mix; };
    return static_cast<std::size_t>(std::count_if(legs_.begin(), legs_.end(), in_it)) == mix->members.size() &&
           std::all_of(mix->members.begin(), mix->members.end(), [&](LegId leg) {
             const auto found = legs_.find(leg);
             return found != legs_.end() && found->second.mix == mix->mix;
           });
  }

  const Entry& entry_;
  const call::Call& call_;
  const NodeCompared& sides_;
  std::vector<Difference>& out_;
  Legs legs_;
};

void compare_recordings(const NodeCompared& sides, std::vector<Difference>& out) {
  if (!sides.recordings_settled) return;
  for (const auto& [id, row] : sides.recordings) {
    if (row.node != sides.node) continue;
    const RecordingId recording = id;
    const bool runs = std::any_of(sides.has.begin(), sides.has.end(),
                                  [&](const auto& leg) { return leg.second.report.recording == recording; });
    if (runs) continue;
    const auto entry = sides.calls.find(CallId{row.contact.value()});
    if (entry != sides.calls.end()) {
      if (entry->second.touched > sides.asked_after) continue;
      const call::Call& call = entry->second.call;
      if (call.stage != call::Stage::ended && call.recording == id) continue;  // not_recorded
    }
    out.push_back({Kind::recording_without_call,
                   CallId{row.contact.value()},
                   {},
                   {},
                   id,
                   {},
                   "the recording is down as running, the voice node has no such recording"});
  }
}

void compare_phones(const NodeCompared& sides, std::vector<Difference>& out) {
  for (const auto& [number, contact] : sides.phones) {
    if (!sides.has.phones.contains(number))
      out.push_back({Kind::phone_gone, {}, {}, {}, {}, number, "the registrar does not know the phone any more"});
  }
  for (const auto& [number, contact] : sides.has.phones) {
    if (!sides.phones.contains(number))
      out.push_back(
          {Kind::phone_unknown, {}, {}, {}, {}, number, "the registrar has the phone, the core did not know"});
  }
}

}  // namespace

const char* to_string(DifferenceKind kind) {
  switch (kind) {
    case Kind::leg_without_call:
      return "leg_without_call";
    case Kind::call_without_leg:
      return "call_without_leg";
    case Kind::agent_without_leg:
      return "agent_without_leg";
    case Kind::offer_without_leg:
      return "offer_without_leg";
    case Kind::outside_without_leg:
      return "outside_without_leg";
    case Kind::leg_end_unheard:
      return "leg_end_unheard";
    case Kind::wrong_sound:
      return "wrong_sound";
    case Kind::not_recorded:
      return "not_recorded";
    case Kind::recording_without_call:
      return "recording_without_call";
    case Kind::phone_unknown:
      return "phone_unknown";
    case Kind::phone_gone:
      return "phone_gone";
    case Kind::agent_without_phone:
      return "agent_without_phone";
    case Kind::agent_without_call:
      return "agent_without_call";
    case Kind::call_without_agent:
      return "call_without_agent";
    case Kind::wrap_up_overdue:
      return "wrap_up_overdue";
    case Kind::waiting_unknown:
      return "waiting_unknown";
    case Kind::deadline_overdue:
      return "deadline_overdue";
  }
  return "unknown";
}

std::vector<Difference> compare_node(const NodeCompared& sides) {
  std::vector<Difference> out;
  for (const auto& [leg, reported] : sides.has) {
    const auto owner = sides.legs.find(leg);
    const auto entry = owner == sides.legs.end() ? sides.calls.end() : sides.calls.find(owner->second);
    if (entry != sides.calls.end()) {
      if (entry->second.touched > sides.asked_after) continue;
      if (entry->second.call.has_leg(leg) && entry->second.call.node == sides.node) continue;
    }
    out.push_back({Kind::leg_without_call,
                   entry == sides.calls.end() ? reported.call : entry->second.call.id,
                   leg,
                   {},
                   {},
                   {},
                   entry == sides.calls.end() ? "no call has the leg" : "its call does not go on with the leg"});
  }
  for (const auto& [id, entry] : sides.calls) {
    if (entry.call.node == sides.node && entry.touched <= sides.asked_after) CompareCall(entry, sides, out).run();
  }
  compare_recordings(sides, out);
  compare_phones(sides, out);
  return out;
}

std::vector<Difference> compare_core(const CoreCompared& sides) {
  std::vector<Difference> out;
  const auto live_call = [&](CallId id) -> const call::Call* {
    const auto found = sides.calls.find(id);
    return found == sides.calls.end() || found->second.call.stage == call::Stage::ended ? nullptr : &found->second.call;
  };
  for (const acd::AgentLive* agent : sides.acd.agents()) {
    const bool rung = agent->state == acd::AgentState::offered;
    const auto say = [&](Kind kind, const char* cause) {
      out.push_back({kind, agent->call.value_or(CallId{}), {}, agent->id, {}, {}, cause});
    };
    if (rung || agent->state == acd::AgentState::busy) {
      const call::Call* call = agent->call ? live_call(*agent->call) : nullptr;
      if (call == nullptr)
        say(Kind::agent_without_call, "the agent's call is over");
      else if (!call->has_agent(agent->id))
        say(Kind::agent_without_call, "the call goes on without the agent");
    }
    if (agent->state == acd::AgentState::wrap_up && (!agent->deadline || *agent->deadline + overdue_after < sides.now))
      say(Kind::wrap_up_overdue, "the time for after-call work is over");
    if ((rung || agent->state == acd::AgentState::ready) && !sides.reachable(agent->id))
      say(Kind::agent_without_phone, "the agent's phone is registered nowhere");
  }
  for (const auto& [id, entry] : sides.calls) {
    const call::Call& call = entry.call;
    if (call.stage == call::Stage::ended || entry.touched > sides.touched_before) continue;
    const auto look_at = [&, call_id = id](AgentId agent, bool taken) {
      const acd::AgentLive* live = sides.acd.agent(agent);
      const auto wanted = taken ? acd::AgentState::busy : acd::AgentState::offered;
      if (live == nullptr || (live->state == wanted && live->call == call_id)) return;
      out.push_back({Kind::call_without_agent,
                     call_id,
                     {},
                     agent,
                     {},
                     {},
                     taken ? "the agent talks and is not shown as busy with the call"
                           : "the agent is rung and the queues know of no offer"});
    };
    if (call.agent) look_at(call.agent->agent, call.agent->taken);
    if (call.consult && call.consult->agent) look_at(call.consult->agent->agent, call.consult->agent->taken);
    const bool queued = call.queued || (call.consult && call.consult->queued);
    if (queued != (sides.acd.waiting(id) != nullptr))
      out.push_back({Kind::waiting_unknown,
                     id,
                     {},
                     {},
                     {},
                     {},
                     queued ? "the call waits and no queue has it" : "a queue has the call, which does not wait"});
    const bool later = call.waits_to_call_back() && call.call_back->next_at;
    if (call.stage == call::Stage::waiting && !call.queued && !call.agent && !later)
      out.push_back({Kind::waiting_unknown, id, {}, {}, {}, {}, "the call waits for nobody"});
    const auto due = call::next_due(call);
    const auto planned = sides.due.find(id);
    const bool is_planned = planned != sides.due.end() && planned->second + overdue_after >= sides.now;
    if (due && *due + overdue_after < sides.now && !is_planned && (call.node.empty() || sides.hears(call.node)))
      out.push_back({Kind::deadline_overdue, id, {}, {}, {}, {}, "a deadline of the call has passed"});
  }
  return out;
}

}  // namespace hotline::app
