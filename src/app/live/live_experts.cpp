// SPDX-License-Identifier: Apache-2.0
// Expert transfer (requirement A6, docs/adr/0025): what whoever is asked sees of the matter, what an agent has written
// so far, and how long an agent waits for an expert.
#include <algorithm>
#include <utility>

#include "app/live/live.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

constexpr Duration wait_step{10'000};

bool is_reason(const World& world, const std::string& kind, const std::string& code) {
  return code.empty() || std::any_of(world.reasons.begin(), world.reasons.end(),
                                     [&](const Reason& reason) { return reason.kind == kind && reason.code == code; });
}

}  // namespace

/// To a group of experts a call asks for the group's skills.
call::QueuePlace Live::place_of(const std::string& queue, int priority, TimePoint now) const {
  call::QueuePlace place{queue, priority, {}, "music/hold", now};
  const auto found = routing_.find(queue);
  if (found == routing_.end() || !found->second.experts.group) return place;
  for (const auto& [skill, level] : found->second.experts.skills) place.skills[skill] = static_cast<int>(level);
  return place;
}

void Live::show_context(CallView& view, const Entry& entry, bool to_consulted) const {
  const auto name_of = [&](AgentId id) {
    const Agent* agent = staff(id);
    return agent == nullptr ? std::string() : agent->name;
  };
  view.owner_id = entry.contact.owner;
  if (view.owner_id) view.owner_name = name_of(*view.owner_id);
  const auto& asked = entry.call.consult && !to_consulted ? entry.call.consult->former_asked : entry.call.asked;
  if (asked) view.asked = AskedView{asked->by, name_of(asked->by), unless_empty(asked->why), asked->at};
  for (const AgentTimes::Share& share : entry.agents.shares) {
    const auto part = entry.parts.find(share.agent.to_string());
    if (part == entry.parts.end()) continue;
    const ContactPart& wrote = part->second;
    if (wrote.reason_code.empty() && wrote.result_code.empty() && wrote.note.empty()) continue;
    view.notes.push_back({share.agent, name_of(share.agent), unless_empty(wrote.reason_code),
                          unless_empty(wrote.result_code), unless_empty(wrote.note)});
  }
}

LiveEffects Live::set_notes(RequestId request, const Notes& notes, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, const char* why) {
    work.refuse(request, code, why);
    return work.finish();
  };
  if (!is_reason(world_, "contact", notes.reason_code))
    return refuse("bad_value", "reason_code is none of the contact reasons.");
  if (!is_reason(world_, "outcome", notes.result_code))
    return refuse("bad_value", "result_code is none of the outcomes.");
  if (!storable(notes.note)) return refuse("bad_value", "note is not UTF-8 text, or has a NUL in it.");
  const auto found = calls_.find(notes.call);
  if (found == calls_.end() || found->second.call.stage == call::Stage::ended)
    return refuse("not_found", "No live call has this id.");
  Entry& entry = found->second;
  const auto part = entry.parts.find(notes.agent.to_string());
  if (!entry.call.has_agent(notes.agent) || part == entry.parts.end())
    return refuse("forbidden", "The call is not (or no longer) with this agent.");
  work.touch(entry);
  part->second.reason_code = notes.reason_code;
  part->second.result_code = notes.result_code;
  part->second.note = notes.note;
  work.change(PutNotes{entry.contact.id, notes.agent, notes.reason_code, notes.result_code, notes.note});
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

bool Live::look_at_expert_wait(const call::Call& call, TimePoint now) {
  if (!call.consult || !call.consult->queued || call.consult->agent) return expert_waits_.erase(call.id) > 0;
  ExpertWait seen{acd_.position(call.id), acd_.expected_wait(call.id, now)};
  if (seen.wait)
    seen.wait = Duration{(seen.wait->count() + wait_step.count() - 1) / wait_step.count() * wait_step.count()};
  const auto [known, added] = expert_waits_.try_emplace(call.id, seen);
  return added || std::exchange(known->second, seen) != seen;
}

void Live::look_at_expert_waits(Work& work) {
  std::vector<CallId> waiting;  // looking changes the map
  for (const auto& [id, wait] : expert_waits_) waiting.push_back(id);
  for (const CallId id : waiting) {
    const auto found = calls_.find(id);
    if (found != calls_.end() && look_at_expert_wait(found->second.call, work.now())) work.touch(found->second);
  }
}

}  // namespace hotline::app
