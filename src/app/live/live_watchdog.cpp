// SPDX-License-Identifier: Apache-2.0
// The watchdog (docs/adr/0022): every two seconds each node is asked what it has; a difference that two answers in a
// row show, or that the core's own parts have among themselves, is repaired, logged, counted and stored.
#include <set>

#include "app/live/live.hpp"
#include "app/live/watchdog.hpp"
#include "app/live/work.hpp"

namespace hotline::app {
namespace {

/// A difference is seen by the next answer (2 s), repaired at the one after it (4 s): within the 5 s that are promised.
constexpr Duration watch_every{2'000};
/// A node that has not answered by then is asked anew.
constexpr Duration answer_within{10'000};
/// What a repair did not mend is tried again after this, then after ever longer times.
constexpr Duration again_after{4'000};
constexpr unsigned doublings_max = 4;

const char* repair_of(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::leg_without_call:
      return "the leg was ended";
    case DifferenceKind::call_without_leg:
      return "the call was ended";
    case DifferenceKind::agent_without_leg:
      return "the agent's part in the call was ended";
    case DifferenceKind::offer_without_leg:
    case DifferenceKind::outside_without_leg:
      return "the number was called again, or given up when it had answered";
    case DifferenceKind::leg_end_unheard:
      return "the leg's end was noted";
    case DifferenceKind::wrong_sound:
      return "the voice node was told again who hears what";
    case DifferenceKind::not_recorded:
      return "the recording was started";
    case DifferenceKind::recording_without_call:
      return "the recording was closed";
    case DifferenceKind::phone_unknown:
    case DifferenceKind::phone_gone:
      return "the registrar's word was taken";
    case DifferenceKind::agent_without_phone:
      return "the agent was set unavailable";
    case DifferenceKind::agent_without_call:
      return "the agent was freed";
    case DifferenceKind::call_without_agent:
      return "the agent was set to what the call says, or the offer was ended";
    case DifferenceKind::wrap_up_overdue:
      return "the after-call work was ended";
    case DifferenceKind::waiting_unknown:
      return "the call was put to where it belongs";
    case DifferenceKind::deadline_overdue:
      return "what was due was done";
  }
  return "";
}

}  // namespace

void Live::watch(Work& work, std::uint64_t touched_before) {
  next_watch_ = work.now() + watch_every;
  for (auto& [name, node] : nodes_) {
    if (!node.connected || !node.synced || !node.reports_legs) continue;
    if (node.asked_at && work.now() < *node.asked_at + answer_within) continue;
    node.asked_at = work.now();
    node.asked_after = touches_;
    work.outward(AskNode{name, ++asked_});
    node.asked = asked_;
  }
  const auto reachable = [&](AgentId id) {
    const Agent* agent = staff(id);
    return agent == nullptr || agent->device != "sip" || phones_due_ || phone_reachable(*agent);
  };
  const auto found =
      compare_core({calls_, acd_, due_of_, reachable, [this](const std::string& node) { return hears(node); },
                    touched_before, work.now()});
  for (const Difference& difference : confirmed("", found, 1, work.now())) {
    tell(work, "", difference);
    repair_core(work, difference);
  }
}

/// Those seen `times` times in a row at this node, and not repaired a moment ago.
std::vector<Difference> Live::confirmed(const std::string& node, const std::vector<Difference>& found, unsigned times,
                                        TimePoint now) {
  auto before = std::exchange(suspects_[node], {});
  std::vector<Difference> out;
  for (const Difference& difference : found) {
    Suspect suspect;
    if (const auto seen = before.find(difference.key()); seen != before.end()) suspect = seen->second;
    if (++suspect.seen >= times && now >= suspect.not_before) {
      out.push_back(difference);
      suspect.not_before = now + again_after * (1 << std::min(suspect.repaired, doublings_max));
      ++suspect.repaired;
    }
    suspects_[node][difference.key()] = suspect;
  }
  return out;
}

LiveEffects Live::node_stands(const std::string& name, const NodeStanding& standing, TimePoint now) {
  Work work(*this, now);
  Node& node = nodes_[name];
  if (!node.connected || !node.synced || !node.asked_at || standing.mark != node.asked) return work.finish();
  node.asked_at.reset();
  std::size_t recorded = 0;
  for (const auto& [leg, reported] : standing.snapshot) recorded += reported.report.recording ? 1 : 0;
  const NodeCompared sides{name,
                           standing.snapshot,
                           standing.recordings_open <= recorded,
                           node.asked_after,
                           calls_,
                           legs_,
                           recordings_,
                           phones_[name],
                           *flows_,
                           config_.call,
                           now};
  std::set<CallId> resynced;
  bool phones_taken = false;
  for (const Difference& difference : confirmed(name, compare_node(sides), 2, now)) {
    const auto entry = calls_.find(difference.call);
    Leg* leg = entry == calls_.end() ? nullptr : entry->second.leg(difference.leg);
    // A leg that was never up is one whose command was lost with a connection: nothing was to be heard of it.
    const bool never_was = difference.kind == DifferenceKind::leg_end_unheard && leg != nullptr && !leg->answered_at;
    if (!never_was) tell(work, name, difference);
    switch (difference.kind) {
      case DifferenceKind::leg_without_call:
        work.outward(ToNode{name, difference.call, call::HangUpLeg{difference.leg, call::Cause::normal}});
        break;
      case DifferenceKind::leg_end_unheard:
        if (leg == nullptr || leg->ended_at) break;
        work.touch(entry->second);
        work.put_leg(end_leg(*leg, now, "unknown"));
        break;
      case DifferenceKind::recording_without_call:
        if (entry != calls_.end() && entry->second.call.recording == difference.recording) {
          work.touch(entry->second);
          entry->second.call.recording = RecordingId{};
        }
        give_up(work, difference.recording);
        break;
      case DifferenceKind::phone_gone:
      case DifferenceKind::phone_unknown:
        if (!std::exchange(phones_taken, true)) phones_of_node(work, name, standing.snapshot.phones);
        break;
      default:
        if (entry != calls_.end() && resynced.insert(difference.call).second)
          resync(work, entry->second, standing.snapshot);
        break;
    }
  }
  return work.finish();
}

void Live::repair_core(Work& work, const Difference& difference) {
  const auto found = calls_.find(difference.call);
  const acd::AgentLive* agent = acd_.agent(difference.agent);
  const auto nothing = [] {};
  switch (difference.kind) {
    case DifferenceKind::agent_without_phone:
      if (auto result = acd_.set_unavailable(difference.agent, "phone_unregistered", work.now())) work.apply(*result);
      break;
    case DifferenceKind::agent_without_call:
      if (agent == nullptr) break;
      if (agent->state == acd::AgentState::busy) {
        work.apply(difference.call, "watchdog call_finished",
                   acd_.call_finished(difference.agent, difference.call, work.now(), false), nothing);
      } else if (found == calls_.end() || found->second.call.stage == call::Stage::ended) {
        work.apply(difference.call, "watchdog dequeue", acd_.dequeue(difference.call, work.now()), nothing);
      } else {  // the call does not know of the offer: it goes to the next, and nobody failed to answer
        work.apply(difference.call, "watchdog refuse",
                   acd_.refuse(difference.call, difference.agent, acd::OfferEnd::device_failed, work.now()), nothing);
        work.apply(difference.call, "watchdog set_state",
                   acd_.set_state(difference.agent, acd::AgentState::ready, "", work.now()), nothing);
      }
      break;
    case DifferenceKind::call_without_agent: {
      if (found == calls_.end()) break;
      const call::Call& call = found->second.call;
      const auto& part = call.agent && call.agent->agent == difference.agent ? call.agent : call.consult->agent;
      if (part->taken) {  // they hear each other: the agent is busy
        work.apply(difference.call, "watchdog begin_call",
                   acd_.begin_call(difference.agent, difference.call, work.now()), nothing);
      } else {
        work.step(found->second, [&](call::CallStep& step) { step.stop_ringing(difference.agent, "gone"); });
      }
      break;
    }
    case DifferenceKind::wrap_up_overdue:
      work.apply(difference.call, "watchdog finish_wrap_up",
                 acd_.finish_wrap_up(difference.agent, std::nullopt, "", work.now()), nothing);
      break;
    case DifferenceKind::waiting_unknown:
      if (acd_.waiting(difference.call) != nullptr)
        work.apply(difference.call, "watchdog dequeue", acd_.dequeue(difference.call, work.now()), nothing);
      else if (found != calls_.end())
        work.step(found->second, [](call::CallStep& step) { step.queue_refused(); });
      break;
    case DifferenceKind::deadline_overdue:
      if (found != calls_.end()) work.step(found->second, [](call::CallStep& step) { step.tick(); });
      break;
    default:
      break;
  }
}

void Live::tell(Work& work, const std::string& node, const Difference& difference) {
  ++differences_[static_cast<std::size_t>(difference.kind)];
  std::string about;
  if (difference.leg) about += " leg " + difference.leg.to_string();
  if (difference.agent) about += " agent " + difference.agent.to_string();
  if (difference.recording) about += " recording " + difference.recording.to_string();
  if (!difference.phone.empty()) about += " phone " + difference.phone;
  work.outward(Logged{difference.call, std::string("watchdog: ") + to_string(difference.kind) + about +
                                           (node.empty() ? "" : " at " + node) + ": " + difference.cause + "; " +
                                           repair_of(difference.kind)});
  StoredDifference row;
  row.at = work.now();
  row.kind = to_string(difference.kind);
  row.node = node;
  row.contact = ContactId{difference.call.value()};
  row.leg = difference.leg;
  row.agent = difference.agent;
  row.phone = difference.phone;
  row.cause = difference.cause;
  row.repair = repair_of(difference.kind);
  work.change(std::move(row));
}

std::map<std::string, std::uint64_t> Live::differences() const {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < differences_.size(); ++i)
    out[to_string(static_cast<DifferenceKind>(i))] = differences_[i];
  return out;
}

}  // namespace hotline::app
