// SPDX-License-Identifier: Apache-2.0
// The call model: supervisors in a live call (requirement A5, docs/adr/0021). Who hears whom is hears_supervisor(), put
// together by sound_of(); a supervisor who comes, goes or changes the act changes nothing between the others.
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {

const char* to_string(SuperviseMode mode) {
  switch (mode) {
    case SuperviseMode::listen:
      return "listen";
    case SuperviseMode::whisper:
      return "whisper";
    case SuperviseMode::barge:
      return "barge";
    case SuperviseMode::take_over:
      break;
  }
  return "take_over";
}

std::optional<SuperviseMode> supervise_mode_from(std::string_view text) {
  for (const SuperviseMode mode :
       {SuperviseMode::listen, SuperviseMode::whisper, SuperviseMode::barge, SuperviseMode::take_over}) {
    if (text == to_string(mode)) return mode;
  }
  return std::nullopt;
}

Refusal may_supervise(const Call& call, AgentId by) {
  // What colleagues say to each other is nobody's customer's matter.
  if (call.stage != Stage::talking || !call.agent || !call.agent->taken || call.internal()) return Refusal::wrong_stage;
  if (call.supervision_by(by) != nullptr) return Refusal::none;
  if (call.has_agent(by)) return Refusal::takes_part;
  return call.supervisions.size() >= supervisors_max ? Refusal::too_many_supervisors : Refusal::none;
}

Supervision* CallStep::supervision_of(AgentId agent) {
  const auto found = std::find_if(call_.supervisions.begin(), call_.supervisions.end(),
                                  [&](const Supervision& s) { return s.who.agent == agent; });
  return found == call_.supervisions.end() ? nullptr : &*found;
}

Refusal CallStep::supervise(const AgentPart& by, SuperviseMode mode) {
  if (const Refusal refusal = may_supervise(call_, by.agent); refusal != Refusal::none) return refusal;
  if (Supervision* running = supervision_of(by.agent)) {
    if (running->mode == mode) return Refusal::none;
    const Sound before = sound_of(call_);
    running->mode = mode;
    if (mode == SuperviseMode::take_over && running->who.answered) {
      take_over(by.agent);
      return Refusal::none;
    }
    history("supervision_changed", {{"agent", by.agent.to_string()}, {"mode", to_string(mode)}});
    rearrange(before);
    return Refusal::none;
  }
  Supervision added;
  added.who = by;
  added.who.taken = true;
  added.mode = mode;
  added.of = call_.agent->agent;
  added.since = now_;
  history("supervision", {{"agent", by.agent.to_string()}, {"mode", to_string(mode)}, {"of", added.of.to_string()}});
  if (by.browser) {  // its offer follows
    added.deadline = now_ + limits_.agent_setup;
  } else {
    added.who.leg = LegId{ids_.next()};
    added.who.rings_until = now_ + limits_.ring_own_phone;
    out_.emplace_back(LegStarted{added.who.leg, "supervisor", "sip", by.number, by.agent});
    call_phone(added.who, call_.customer_leg);
  }
  call_.supervisions.push_back(std::move(added));
  return Refusal::none;
}

Refusal CallStep::end_supervision(AgentId by, const std::string& why) {
  if (call_.supervision_by(by) == nullptr) return Refusal::not_supervised;
  drop_supervision(by, why);
  return Refusal::none;
}

/// Also with a new page after a reload.
Refusal CallStep::supervisor_answers(Supervision& supervision, const std::string& offer_sdp) {
  AgentPart& part = supervision.who;
  if (!part.browser) return Refusal::wrong_stage;
  if (offer_sdp.empty()) return Refusal::no_media;
  const Sound before = sound_of(call_);
  const LegId former = std::exchange(part.leg, LegId{ids_.next()});
  part.answered = false;
  supervision.deadline = now_ + limits_.agent_setup;
  rearrange(before);
  hang_up(former, Cause::normal);
  out_.emplace_back(LegStarted{part.leg, "supervisor", "browser", part.number, part.agent});
  voice(AcceptBrowser{part.leg, offer_sdp, call_.customer_leg});
  return Refusal::none;
}

void CallStep::supervisor_connected(Supervision& supervision) {
  if (supervision.who.answered) return;
  const Sound before = sound_of(call_);
  supervision.who.answered = true;
  supervision.deadline.reset();
  if (!supervision.connected_at) {
    supervision.connected_at = now_;
    history("supervision_connected", {{"agent", supervision.who.agent.to_string()}});
  }
  if (supervision.mode == SuperviseMode::take_over) return take_over(supervision.who.agent);
  rearrange(before);
}

void CallStep::supervisor_leg_ended(Supervision& supervision, Cause cause) {
  AgentPart& part = supervision.who;
  if (!part.browser) {
    // One that only rang resync() may have called again in the same moment: it is hung up.
    return drop_supervision(part.agent, part.answered ? "left" : to_string(cause), part.answered ? part.leg : LegId{});
  }
  const Sound before = sound_of(call_);
  const bool was_up = std::exchange(part.answered, false);
  part.leg = LegId{};
  if (was_up) supervision.deadline = now_ + limits_.page_return;
  rearrange(before);
}

/// `over`: the leg that has ended by itself.
void CallStep::drop_supervision(AgentId by, const std::string& why, LegId over) {
  const Sound before = sound_of(call_);
  const auto found = std::find_if(call_.supervisions.begin(), call_.supervisions.end(),
                                  [&](const Supervision& s) { return s.who.agent == by; });
  const AgentPart part = found->who;
  call_.supervisions.erase(found);
  history("supervision_ended", {{"agent", by.to_string()}, {"why", why}});
  if (call_.stage != Stage::ended) rearrange(before);
  if (part.leg != over) hang_up(part.leg, part.answered ? Cause::normal : Cause::cancelled);
  out_.emplace_back(AgentFinished{by, false});
}

void CallStep::drop_supervisions(const std::string& why) {
  while (!call_.supervisions.empty()) drop_supervision(call_.supervisions.back().who.agent, why);
}

/// Whoever was consulted is let go; other supervisors leave with the agent they listened to (take()).
void CallStep::take_over(AgentId by) {
  const Sound before = sound_of(call_);
  if (call_.consult) drop_consultation("taken_over");
  if (call_.recording_paused_until) end_recording_pause("agent_left");
  const auto found = std::find_if(call_.supervisions.begin(), call_.supervisions.end(),
                                  [&](const Supervision& s) { return s.who.agent == by; });
  const AgentPart former = std::exchange(*call_.agent, found->who);
  call_.supervisions.erase(found);
  call_.on_hold = false;
  call_.consult_end.clear();
  call_.deadline.reset();
  call_.connected_at = now_;
  history("taken_over", {{"agent", by.to_string()}, {"from", former.agent.to_string()}});
  history("agent_left", {{"agent", former.agent.to_string()}, {"cause", "taken_over"}});
  history("connected", {{"agent", by.to_string()}});
  rearrange(before);
  hang_up(former.leg, Cause::normal);
  out_.emplace_back(AgentFinished{former.agent});
}

}  // namespace hotline::call
