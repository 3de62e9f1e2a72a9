// SPDX-License-Identifier: Apache-2.0
// The call model: what agents ask of a call.
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {

Refusal CallStep::check_talking(AgentId agent) const {
  if (!call_.agent || call_.agent->agent != agent) return Refusal::not_your_call;
  if (call_.stage != Stage::talking || !call_.agent->answered) return Refusal::wrong_stage;
  if (call_.internal() && !call_.customer_answered)
    return Refusal::wrong_stage;  // the caller's phone is being answered
  return Refusal::none;
}

Refusal CallStep::agent_answers(AgentId agent, const std::string& offer_sdp) {
  if (is_consulted(agent)) return consulted_answers(offer_sdp);
  if (Supervision* own = supervision_of(agent)) return supervisor_answers(*own, offer_sdp);
  if (!call_.agent || call_.agent->agent != agent) return Refusal::not_your_call;
  if (call_.stage != Stage::waiting && call_.stage != Stage::talking && call_.stage != Stage::dialing)
    return Refusal::wrong_stage;
  if (!call_.agent->browser) return Refusal::wrong_stage;  // the phone itself is picked up
  if (offer_sdp.empty()) return Refusal::no_media;
  const Sound before = sound_of(call_);
  AgentPart& part = *call_.agent;
  if (part.leg) voice(HangUpLeg{part.leg, Cause::normal});  // a reloaded page: the new leg takes the old one's place
  part.leg = LegId{ids_.next()};
  part.answered = false;
  call_.deadline = now_ + limits_.agent_setup;
  if (!part.taken) {
    part.taken = true;
    call_.queued = false;
    if (call_.waits_to_call_back()) {
      call_.stage = Stage::dialing;
      call_.customer_leg = LegId{ids_.next()};  // asked for once the agent's leg is up
    } else {
      call_.stage = Stage::talking;
    }
    call_.connected_at.reset();
    history("accepted", {{"agent", agent.to_string()}});
    out_.emplace_back(OfferTaken{agent});
  }
  out_.emplace_back(LegStarted{part.leg, "agent", "browser", part.number, agent});
  voice(AcceptBrowser{part.leg, offer_sdp, call_.customer_leg});
  if (call_.consult || call_.stage == Stage::dialing) rearrange(before);
  return Refusal::none;
}

Refusal CallStep::agent_rejects(AgentId agent) {
  if (is_consulted(agent)) {
    if (call_.consult->agent->taken) return Refusal::wrong_stage;
    history("consult_rejected", {{"agent", agent.to_string()}});
    out_.emplace_back(OfferFailed{agent, false});
    return Refusal::none;
  }
  if (!call_.agent || call_.agent->agent != agent) return Refusal::not_your_call;
  if (call_.agent->taken) return Refusal::wrong_stage;
  history("rejected", {{"agent", agent.to_string()}});
  out_.emplace_back(OfferFailed{agent, false});
  return Refusal::none;
}

Refusal CallStep::hold(AgentId agent) {
  if (const Refusal refusal = check_talking(agent); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;  // swap() is what is meant
  if (call_.on_hold) return Refusal::none;
  const Sound before = sound_of(call_);
  call_.on_hold = true;
  history("held", {{"agent", agent.to_string()}});
  rearrange(before);
  return Refusal::none;
}

Refusal CallStep::resume(AgentId agent) {
  if (const Refusal refusal = check_talking(agent); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;
  if (!call_.on_hold) return Refusal::none;
  const Sound before = sound_of(call_);
  call_.on_hold = false;
  call_.consult_end.clear();
  history("resumed", {{"agent", agent.to_string()}});
  rearrange(before);
  return Refusal::none;
}

Refusal CallStep::send_digits(AgentId agent, const std::string& digits) {
  if (const Refusal refusal = check_talking(agent); refusal != Refusal::none) return refusal;
  const bool privately = call_.consult && call_.consult->with == With::consulted;
  if (privately && !call_.consult->answered()) return Refusal::wrong_stage;
  voice(SendDigits{privately ? call_.consult->leg() : call_.customer_leg, digits});
  history("digits_sent", {{"count", std::to_string(digits.size())}});  // not which: they may be a card number
  return Refusal::none;
}

Refusal CallStep::pause_recording(AgentId agent) {
  if (const Refusal refusal = check_talking(agent); refusal != Refusal::none) return refusal;
  if (!call_.recording) return Refusal::wrong_stage;
  if (call_.recording_paused_until) return Refusal::none;
  call_.recording_paused_until = now_ + limits_.recording_pause_max;
  history("recording_paused", {{"agent", agent.to_string()}});
  voice(PauseRecording{call_.customer_leg, call_.recording, limits_.recording_pause_max});
  return Refusal::none;
}

Refusal CallStep::resume_recording(AgentId agent) {
  if (const Refusal refusal = check_talking(agent); refusal != Refusal::none) return refusal;
  if (call_.recording_paused_until) end_recording_pause("agent");
  return Refusal::none;
}

void CallStep::end_recording_pause(const std::string& why) {
  call_.recording_paused_until.reset();
  history("recording_resumed", {{"why", why}});
  if (call_.recording) voice(ResumeRecording{call_.customer_leg, call_.recording});
}

/// The agent is done with the call; what comes next lets the customer hear music.
void CallStep::leave_agent_for_transfer(AgentId from, std::string why) {
  const bool mixed = !sound_of(call_).mix.empty();
  call_.asked = Asked{from, std::move(why), now_};
  call_.on_hold = call_.mixed = false;
  call_.consult_end.clear();
  if (mixed)
    voice(UnmixLegs{mix_of(call_)});
  else
    voice(UnbridgeLeg{call_.customer_leg});
  history("agent_left", {{"agent", from.to_string()}, {"cause", "transfer"}});
  release_agent(true);
  call_.connected_at.reset();
}

Refusal CallStep::transfer_to_agent(AgentId from, AgentId to, std::string why) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;  // complete_transfer() or end_consultation() first
  history("transfer", {{"kind", "agent"}, {"target", to.to_string()}});
  leave_agent_for_transfer(from, std::move(why));
  call_.stage = Stage::waiting;
  play_music();
  out_.emplace_back(AskAgent{to});
  return Refusal::none;
}

Refusal CallStep::transfer_to_queue(AgentId from, QueuePlace place, std::string why) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;  // complete_transfer() or end_consultation() first
  history("transfer", {{"kind", "queue"}, {"target", place.queue}});
  leave_agent_for_transfer(from, std::move(why));
  place.since = now_;
  call_.place = std::move(place);
  call_.stage = Stage::waiting;
  out_.emplace_back(AskQueue{*call_.place});
  return Refusal::none;
}

Refusal CallStep::transfer_to_number(AgentId from, const std::string& number) {
  if (const Refusal refusal = check_talking(from); refusal != Refusal::none) return refusal;
  if (call_.consult) return Refusal::wrong_stage;  // complete_transfer() or end_consultation() first
  history("transfer", {{"kind", "number"}, {"target", number}});
  leave_agent_for_transfer(from);
  call_.stage = Stage::transferring;
  play_music();
  call_.external = ExternalPart{LegId{ids_.next()}, number, false, {}};
  out_.emplace_back(LegStarted{call_.external->leg, "external", "sip", number, std::nullopt});
  call_external(*call_.external, call_.customer_leg);
  return Refusal::none;
}

Refusal CallStep::agent_hangs_up(AgentId agent) {
  if (is_consulted(agent)) {
    if (!call_.consult->agent->taken) return Refusal::wrong_stage;
    consultation_failed("left");
    return Refusal::none;
  }
  if (call_.supervision_by(agent) != nullptr) return end_supervision(agent, "supervisor");
  if (call_.caller == agent && (!call_.agent || call_.agent->agent != agent)) {
    if (call_.stage == Stage::ended) return Refusal::wrong_stage;
    customer_hangs_up();
    return Refusal::none;
  }
  if (!call_.agent || call_.agent->agent != agent) return Refusal::not_your_call;
  if (!call_.agent->taken) return Refusal::wrong_stage;
  if (call_.stage == Stage::dialing) {
    give_up_dialing(Cause::cancelled);
    return Refusal::none;
  }
  if (!call_.consult || call_.consult->with == With::customer)
    history("agent_left", {{"agent", agent.to_string()}, {"cause", "normal"}});
  agent_is_gone();
  return Refusal::none;
}

}  // namespace hotline::call
