// SPDX-License-Identifier: Apache-2.0
// The call model: an agent consults somebody while the customer stays on the line (requirement A6, docs/adr/0014).
//
// Every function leaves the call in a state from which sound_of() tells who hears what; rearrange() says the
// difference to the node. Whoever goes away, the customer is never let go: they stay with the agent, go to the one
// consulted, or go back to their queue.
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {

Refusal CallStep::begin_consultation(AgentId from, Consultation consult, std::string why) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;
  const Sound before = sound_of(call_);
  consult.since = now_;
  consult.former_asked = std::exchange(call_.asked, Asked{from, why, now_});
  std::vector<std::pair<std::string, std::string>> data{
      {"agent", from.to_string()}, {"kind", consult.kind}, {"target", consult.target}};
  if (!why.empty()) data.emplace_back("why", std::move(why));
  history("consult", std::move(data));
  call_.consult = std::move(consult);
  call_.consult_end.clear();
  call_.on_hold = true;
  if (const LegId own = call_.consult->own_leg) {
    out_.emplace_back(LegStarted{own, "agent", "sip", call_.agent->number, from});
    voice(ProgressLeg{own, 100});
  }
  rearrange(before);
  return Refusal::none;
}

Refusal CallStep::consult_agent(AgentId from, AgentId to, LegId own_leg, std::string why) {
  Consultation consult;
  consult.kind = "agent";
  consult.target = to.to_string();
  consult.own_leg = own_leg;
  if (const Refusal refusal = begin_consultation(from, std::move(consult), std::move(why)); refusal != Refusal::none)
    return refusal;
  out_.emplace_back(AskAgent{to});
  return Refusal::none;
}

Refusal CallStep::consult_queue(AgentId from, QueuePlace place, LegId own_leg, std::string why) {
  Consultation consult;
  consult.kind = "queue";
  consult.target = place.queue;
  consult.own_leg = own_leg;
  place.since = now_;
  consult.place = std::move(place);
  if (const Refusal refusal = begin_consultation(from, std::move(consult), std::move(why)); refusal != Refusal::none)
    return refusal;
  out_.emplace_back(AskQueue{*call_.consult->place, true});
  return Refusal::none;
}

Refusal CallStep::consult_number(AgentId from, const std::string& number, const std::string& shown, LegId own_leg) {
  Consultation consult;
  consult.kind = "number";
  consult.target = number;
  consult.own_leg = own_leg;
  if (const Refusal refusal = begin_consultation(from, std::move(consult)); refusal != Refusal::none) return refusal;
  call_.consult->external = ExternalPart{LegId{ids_.next()}, number, false, shown};
  out_.emplace_back(LegStarted{call_.consult->external->leg, "external", "sip", number, std::nullopt});
  call_external(*call_.consult->external, own_leg ? own_leg : call_.agent->leg);
  return Refusal::none;
}

/// The consulted agent takes the call at the desk; also with a new page after a reload.
Refusal CallStep::consulted_answers(const std::string& offer_sdp) {
  AgentPart& part = *call_.consult->agent;
  if (!part.browser) return Refusal::wrong_stage;
  if (offer_sdp.empty()) return Refusal::no_media;
  const Sound before = sound_of(call_);
  if (part.leg) voice(HangUpLeg{part.leg, Cause::normal});
  part.leg = LegId{ids_.next()};
  part.answered = false;
  call_.consult->deadline = now_ + limits_.agent_setup;
  if (!part.taken) {
    part.taken = true;
    call_.consult->queued = false;
    history("consult_accepted", {{"agent", part.agent.to_string()}});
    out_.emplace_back(OfferTaken{part.agent});
  }
  out_.emplace_back(LegStarted{part.leg, "agent", "browser", part.number, part.agent});
  voice(AcceptBrowser{part.leg, offer_sdp, call_.agent->leg ? call_.agent->leg : call_.customer_leg});
  rearrange(before);
  return Refusal::none;
}

/// The leg of whoever is consulted is up, for the first time or again.
void CallStep::consult_connected() {
  const Sound before = sound_of(call_);
  Consultation& consult = *call_.consult;
  consult.deadline.reset();
  if (consult.agent) {
    consult.agent->answered = true;
    consult.queued = false;
    if (!consult.agent->taken) {
      consult.agent->taken = true;
      out_.emplace_back(OfferTaken{consult.agent->agent});
    }
  } else {
    consult.external->answered = true;
  }
  if (consult.own_leg && !std::exchange(consult.own_answered, true)) voice(AnswerLeg{consult.own_leg});
  if (!consult.connected_at) {
    consult.connected_at = now_;
    if (consult.agent)
      history("consult_connected", {{"agent", consult.agent->agent.to_string()}});
    else
      history("consult_connected", {{"number", consult.external->number}});
    if (consult.with == With::customer) history("consult_parked");  // the phone is with the customer meanwhile
  } else if (consult.agent) {
    history("consult_back", {{"agent", consult.agent->agent.to_string()}});
    if (consult.with == With::consulted) history("consult_resumed");
  }
  rearrange(before);
}

void CallStep::consult_leg_ended(Cause cause) {
  Consultation& consult = *call_.consult;
  if (consult.external) {
    const bool answered = consult.external->answered;
    // When it only rang, resync() may have called it again in the same moment, so it is hung up.
    if (answered) gone_ = consult.external->leg;
    return consultation_failed(answered ? "left" : to_string(cause));
  }
  AgentPart& part = *consult.agent;
  if (!part.taken) {  // a phone that did not answer, was busy or is not there; stop_ringing() follows
    voice(HangUpLeg{std::exchange(part.leg, LegId{}), Cause::cancelled});
    out_.emplace_back(OfferFailed{part.agent, cause != Cause::rejected && cause != Cause::busy});
    return;
  }
  if (!part.browser) {
    gone_ = part.leg;
    return consultation_failed("left");
  }
  const Sound before = sound_of(call_);
  if (part.answered) consult.deadline = now_ + limits_.page_return;
  part.leg = LegId{};
  part.answered = false;
  history("consult_lost", {{"agent", part.agent.to_string()}, {"cause", to_string(cause)}});
  rearrange(before);
}

void CallStep::drop_consultation(const std::string& why, bool device_lost) {
  const Consultation consult = *std::exchange(call_.consult, std::nullopt);
  call_.asked = consult.former_asked;
  history("consult_ended", {{"why", why}});
  if (consult.queued || (consult.agent && !consult.agent->taken)) out_.emplace_back(LeaveQueue{});
  hang_up(consult.leg(), consult.answered() ? Cause::normal : Cause::cancelled);
  hang_up(consult.own_leg, consult.own_answered                 ? Cause::normal
                           : why == "busy" || why == "not_free" ? Cause::busy
                           : why == "rejected"                  ? Cause::rejected
                           : why == "unreachable"               ? Cause::unreachable
                                                                : Cause::no_answer);
  if (!consult.agent || !consult.agent->taken) return;
  if (device_lost)
    out_.emplace_back(AgentDeviceLost{consult.agent->agent});
  else
    out_.emplace_back(AgentFinished{consult.agent->agent, false});
}

/// The agent is not thrown back to a customer who would hear the end of a sentence: one on hold stays there until the
/// agent resumes.
void CallStep::consultation_failed(const std::string& why, bool device_lost) {
  const Sound before = sound_of(call_);
  const bool own = call_.consult->own_leg.operator bool();
  drop_consultation(why, device_lost);
  call_.consult_end = why;
  if (own) hold_as_the_phone_does();
  rearrange(before);
}

void CallStep::hand_over(const std::string& cause, bool device_lost) {
  const Sound before = sound_of(call_);
  Consultation consult = *std::exchange(call_.consult, std::nullopt);
  const AgentPart former = *std::exchange(call_.agent, std::nullopt);
  history("transfer",
          {{"kind", consult.kind}, {"target", consult.target}, {"consulted", consult.connected_at ? "yes" : "no"}});
  history("agent_left", {{"agent", former.agent.to_string()}, {"cause", cause}});
  call_.on_hold = false;
  call_.consult_end.clear();
  call_.connected_at.reset();
  call_.deadline = consult.deadline;
  call_.queued = consult.queued;
  if (consult.place) call_.place = consult.place;
  call_.agent = consult.agent;
  call_.external = consult.external;
  if (call_.external)
    call_.stage = call_.external->answered ? Stage::talking : Stage::transferring;
  else
    call_.stage = call_.agent && call_.agent->taken ? Stage::talking : Stage::waiting;
  if (consult.answered()) {
    call_.connected_at = now_;
    if (call_.agent)
      history("connected", {{"agent", call_.agent->agent.to_string()}});
    else
      history("connected", {{"number", call_.external->number}});
  }
  rearrange(before);
  hang_up(former.leg, device_lost ? Cause::unreachable : Cause::normal);
  hang_up(consult.own_leg, Cause::normal);
  if (device_lost)
    out_.emplace_back(AgentDeviceLost{former.agent});
  else
    out_.emplace_back(AgentFinished{former.agent});
}

// ---- what the agent asks

Refusal CallStep::complete_transfer(AgentId from) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (!call_.consult) return Refusal::no_consultation;
  hand_over("transfer");
  return Refusal::none;
}

Refusal CallStep::make_conference(AgentId from) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (!call_.consult) return Refusal::no_consultation;
  if (!call_.consult->answered()) return Refusal::wrong_stage;
  if (call_.consult->with == With::everyone) return Refusal::none;
  const Sound before = sound_of(call_);
  turn_to(With::everyone);
  rearrange(before);
  return Refusal::none;
}

Refusal CallStep::swap(AgentId from) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (!call_.consult) return Refusal::no_consultation;
  if (!call_.consult->answered()) return Refusal::wrong_stage;
  const Sound before = sound_of(call_);
  turn_to(call_.consult->with == With::consulted ? With::customer : With::consulted);
  rearrange(before);
  return Refusal::none;
}

Refusal CallStep::end_consultation(AgentId from) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (!call_.consult) return Refusal::no_consultation;
  const Sound before = sound_of(call_);
  const bool own = call_.consult->own_leg.operator bool();
  drop_consultation("agent");
  if (own)
    hold_as_the_phone_does();
  else if (std::exchange(call_.on_hold, false))
    history("resumed", {{"agent", from.to_string()}});
  rearrange(before);
  return Refusal::none;
}

}  // namespace hotline::call
