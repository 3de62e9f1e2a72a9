// SPDX-License-Identifier: Apache-2.0
// The call model: what agents do with the keys of their phones (docs/adr/0016). A call an agent makes there has a leg
// that came in and is answered by us when the far end answers. A second call beside a customer's is a consultation of
// that customer's call; moving between the two, joining them and hanging up are said by hold and by the end of legs.
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {

void CallStep::phone_dials(const AgentPart& agent) {
  call_.started_at = now_;
  call_.direction = "outbound";
  call_.stage = Stage::dialing;
  call_.customer_leg = LegId{ids_.next()};
  call_.agent = agent;
  call_.agent->browser = false;
  call_.agent->taken = call_.agent->calling = true;
  history("dialled", {{"agent", agent.agent.to_string()}, {"to", call_.to}, {"shown", call_.from}, {"by", "phone"}});
  out_.emplace_back(LegStarted{agent.leg, "agent", "sip", agent.number, agent.agent});
  voice(ProgressLeg{agent.leg, 100});
  call_customer();
}

void CallStep::phone_calls_agent(AgentId caller, AgentId to) {
  call_.started_at = now_;
  call_.direction = "internal";
  call_.caller = caller;
  call_.stage = Stage::waiting;
  history("dialled", {{"agent", caller.to_string()}, {"to", call_.to}, {"by", "phone"}});
  out_.emplace_back(LegStarted{call_.customer_leg, "customer", "sip", call_.from, caller});
  voice(ProgressLeg{call_.customer_leg, 100});
  out_.emplace_back(AskAgent{to});
}

/// The colleague has answered; both are joined once the caller's phone has confirmed.
void CallStep::answer_caller() {
  call_.stage = Stage::talking;
  call_.deadline.reset();
  plan_recording();
  voice(AnswerLeg{call_.customer_leg});
}

/// Of a phone's call that we have answered: it has been joined since then. Only a play has to wait for this.
void CallStep::confirmed(LegId leg) {
  if (const Sound sound = sound_of(call_); sound.side_leg == leg) play_side(sound);
}

void CallStep::progress_own_leg(bool early_media) {
  const Consultation& consult = *call_.consult;
  if (consult.own_leg && !consult.own_answered) voice(ProgressLeg{consult.own_leg, early_media ? 183U : 180U});
}

void CallStep::phone_hold(LegId leg, bool held) {
  if (!leg || !call_.agent) return;
  const bool first = call_.agent->leg == leg;
  const bool second = call_.consult && call_.consult->own_leg == leg;
  const Sound before = sound_of(call_);
  if (first) call_.agent->phone_holds = held;
  if (second) call_.consult->own_held = held;
  if ((!first && !second) || call_.stage != Stage::talking) return;
  if (!call_.consult || !call_.consult->own_leg) {
    (void)(held ? hold(call_.agent->agent) : resume(call_.agent->agent));
    return;
  }
  const Consultation& consult = *call_.consult;
  const bool holds_customer = call_.agent->phone_holds;
  if (holds_customer && consult.own_held) {  // on the way from one to the other
    turn_to(consult.with == With::everyone ? With::consulted : consult.with);
  } else if (holds_customer) {
    turn_to(With::consulted);
  } else {  // neither held: the phone joins the two itself
    turn_to(consult.own_held || !consult.answered() ? With::customer : With::everyone);
  }
  rearrange(before);
}

/// Whom the agent listens to from now on, with what the records are to know of it.
void CallStep::turn_to(With with) {
  Consultation& consult = *call_.consult;
  const bool deaf = consult.own_leg && consult.own_held && call_.agent->phone_holds;
  const With was = std::exchange(consult.with, with);
  const bool hold = with == With::consulted || (with == With::customer && deaf);
  const bool held = std::exchange(call_.on_hold, hold);
  const std::string agent = call_.agent->agent.to_string();
  if (with == With::everyone && was != with) history("conference");
  if (with == With::customer && was != with) history("consult_parked");
  if (held && !hold) history("resumed", {{"agent", agent}});
  if (hold && !held) history("held", {{"agent", agent}});
  if (with == With::consulted && was != with && consult.answered()) history("consult_resumed");
}

/// The agent's phone has hung up its second call: whoever was consulted goes, the customer is where the phone has them.
void CallStep::own_leg_ended() {
  const Sound before = sound_of(call_);
  gone_ = call_.consult->own_leg;
  drop_consultation("agent");
  hold_as_the_phone_does();
  rearrange(before);
}

void CallStep::hold_as_the_phone_does() {
  if (!call_.agent) return;
  const bool held = std::exchange(call_.on_hold, call_.agent->phone_holds);
  const std::string agent = call_.agent->agent.to_string();
  if (held && !call_.on_hold) history("resumed", {{"agent", agent}});
  if (!held && call_.on_hold) history("held", {{"agent", agent}});
}

/// What a phone that has called was to be told, and the node may not have heard.
void CallStep::resync_phone(const std::map<LegId, LegReport>& legs) {
  const auto say = [&](LegId leg, bool answered, bool early_media) {
    const auto found = legs.find(leg);
    if (!leg || found == legs.end() || found->second.answered) return;
    if (answered)
      voice(AnswerLeg{leg});
    else
      voice(ProgressLeg{leg, early_media ? 183U : 180U});
  };
  if (call_.agent && call_.agent->calling) say(call_.agent->leg, call_.agent->answered, call_.early_media);
  if (call_.consult) say(call_.consult->own_leg, call_.consult->own_answered, call_.consult->early_media);
  if (call_.internal() && !call_.customer_answered)
    say(call_.customer_leg, call_.agent && call_.agent->answered, false);
}

}  // namespace hotline::call
