// SPDX-License-Identifier: Apache-2.0
// What supervisors do with live calls (requirement A5, docs/adr/0021): listen, whisper, barge, take over, pull.
#include <algorithm>
#include <tuple>

#include "app/live/live.hpp"
#include "app/live/refusal_text.hpp"
#include "app/live/work.hpp"

namespace hotline::app {
namespace {

/// For programs, and for pages that say it in their own language.
const char* code_of(call::Refusal refusal) {
  return refusal == call::Refusal::wrong_stage ? "nobody_to_hear" : call::to_string(refusal);
}

std::string sentence(call::Refusal refusal) {
  return refusal == call::Refusal::wrong_stage
             ? "Nobody can be listened to: no agent talks to the customer in this call now."
             : sentence_of(refusal);
}

}  // namespace

LiveEffects Live::supervise(RequestId request, const Supervise& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why) {
    work.refuse(request, code, std::move(why));
    return work.finish();
  };
  const auto mode = call::supervise_mode_from(command.mode);
  if (!mode) return refuse("bad_value", "mode must be listen, whisper, barge or take_over.");
  const auto found = calls_.find(command.call);
  if (found == calls_.end() || found->second.call.stage == call::Stage::ended)
    return refuse("not_found", "No live call has this id.");
  Entry& entry = found->second;
  const Agent* agent = staff(command.by);
  const acd::AgentLive* live = acd_.agent(command.by);
  if (agent == nullptr || live == nullptr) return refuse("wrong_state", "This account takes no part in calls.");
  if (const call::Refusal refusal = call::may_supervise(entry.call, command.by); refusal != call::Refusal::none)
    return refuse(code_of(refusal), sentence(refusal));
  std::optional<acd::Effects> busy;
  if (entry.call.supervision_by(command.by) == nullptr) {
    if (agent->device == "sip" && !phone_reachable(*agent))
      return refuse("phone_away", "Your phone is not registered.");
    auto begun = acd_.begin_call(command.by, command.call, now, true);
    if (!begun)
      return refuse("own_call_first", "You have a call, or the wrap-up of one, yourself; it must be over first.");
    busy = std::move(*begun);
  }
  const call::AgentPart part = part_of(*agent, entry.call.node);
  work.step(entry, [&](call::CallStep& step) { (void)step.supervise(part, *mode); });  // asked above
  if (busy) work.apply(*busy);
  work.reply(Reply{request, {}, {}, view(entry, command.by), command.by});
  return work.finish();
}

LiveEffects Live::end_supervision(RequestId request, AgentId whose, CallId call, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  if (found == calls_.end()) {
    work.refuse(request, "not_found", "No live call has this id.");
    return work.finish();
  }
  call::Refusal refusal = call::Refusal::none;
  work.step(found->second, [&](call::CallStep& step) { refusal = step.end_supervision(whose, "supervisor"); });
  if (refusal != call::Refusal::none) {
    work.refuse(request, "not_found", sentence(refusal));
  } else {
    work.reply(Reply{request, {}, {}, view(found->second)});
  }
  return work.finish();
}

LiveEffects Live::pull_call(RequestId request, AgentId by, CallId call, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why) {
    work.refuse(request, code, std::move(why));
    return work.finish();
  };
  const auto found = calls_.find(call);
  const Agent* agent = staff(by);
  if (found == calls_.end() || acd_.waiting(call) == nullptr)
    return refuse("not_found", "This call does not wait (any more).");
  if (found->second.call.consult)
    return refuse("wrong_state", "An agent is asking for a colleague here; nobody waits.");
  if (agent == nullptr || acd_.agent(by) == nullptr)
    return refuse("wrong_state", "This account takes no part in calls.");
  if (agent->device == "sip" && !phone_reachable(*agent)) return refuse("phone_away", "Your phone is not registered.");
  auto pulled = acd_.pull(call, by, now, true);
  if (!pulled) {
    if (pulled.error() == acd::Error::already_waiting)
      return refuse("rings_elsewhere", "The call rings at somebody at the moment; try again in some seconds.");
    return refuse("own_call_first", "You have a call, or the wrap-up of one, yourself; it must be over first.");
  }
  work.apply(*pulled);
  work.reply(Reply{request, {}, {}, view(found->second)});
  return work.finish();
}

std::optional<AgentId> Live::agent_with(CallId call) const {
  const auto found = calls_.find(call);
  if (found == calls_.end() || !found->second.call.agent) return std::nullopt;
  return found->second.call.agent->agent;
}

std::vector<FloorCallView> Live::floor(std::size_t limit) const {
  std::vector<const Entry*> shown;
  for (const auto& [id, entry] : calls_)
    if (entry.call.stage != call::Stage::ended) shown.push_back(&entry);
  const auto rank = [](const Entry* entry) {
    const bool waits = entry->call.stage == call::Stage::waiting;
    const int kind = entry->call.stage == call::Stage::talking ? 0 : waits ? 1 : 2;
    const TimePoint since = waits && entry->call.place ? entry->call.place->since : entry->call.started_at;
    return std::tuple(kind, since, entry->call.id);
  };
  const auto middle = shown.begin() + static_cast<std::ptrdiff_t>(std::min(limit, shown.size()));
  std::partial_sort(shown.begin(), middle, shown.end(),
                    [&](const Entry* a, const Entry* b) { return rank(a) < rank(b); });
  std::vector<FloorCallView> out;
  for (auto at = shown.begin(); at != middle; ++at) {
    const Entry& entry = **at;
    FloorCallView& added = out.emplace_back();
    added.call = view(entry);
    for (const call::Supervision& supervision : entry.call.supervisions)
      added.supervisors.push_back(supervision_view(supervision));
    added.position = entry.call.consult ? std::nullopt : acd_.position(entry.call.id);
    added.may_supervise = call::may_supervise(entry.call, AgentId{}) == call::Refusal::none;
    added.may_pull = added.position && !acd_.offered_to(entry.call.id);
  }
  return out;
}

}  // namespace hotline::app
