// SPDX-License-Identifier: Apache-2.0
// The call model: a call an agent makes (click to dial). The agent's own leg comes first, so that they hear the
// customer's line ring and the customer never hears silence; then the customer is rung.
#include "domain/call/call.hpp"

namespace hotline::call {

void CallStep::dial(const AgentPart& agent) {
  call_.started_at = now_;
  call_.direction = "outbound";
  call_.stage = Stage::dialing;
  call_.customer_leg = LegId{ids_.next()};  // chosen now, asked for once the agent's leg is up
  call_.agent = agent;
  call_.agent->taken = true;
  history("dialled", {{"agent", agent.agent.to_string()}, {"to", call_.to}, {"shown", call_.from}});
  if (agent.browser) {  // its offer follows
    call_.deadline = now_ + limits_.agent_setup;
    return;
  }
  call_.agent->leg = LegId{ids_.next()};
  call_.agent->rings_until = now_ + limits_.ring_own_phone;
  out_.emplace_back(LegStarted{call_.agent->leg, "agent", "sip", agent.number, agent.agent});
  call_phone(*call_.agent, call_.customer_leg);
}

void CallStep::call_customer() {
  if (!call_.customer_called) {
    call_.customer_called = true;
    call_.recording_planned = RecordingId{};  // another one for each attempt
    out_.emplace_back(LegStarted{call_.customer_leg, "customer", "sip", call_.to, std::nullopt});
    history("customer_called");
  }
  voice(OriginateSip{call_.customer_leg, call_.to, true, call_.from, call_.from_display, limits_.ring_customer,
                     call_.agent->leg});
  plan_recording();
}

void CallStep::customer_reached(const Sound& before) {
  if (call_.agent->calling && !call_.agent->answered) {
    voice(AnswerLeg{call_.agent->leg});
    call_.agent->answered = true;
  }
  if (call_.agent->answered) return connect(before);
  // The agent's page has just been given a new leg, which is not up yet: music until it is, or until the deadline.
  call_.stage = Stage::talking;
  call_.connected_at = now_;
  history("connected", {{"agent", call_.agent->agent.to_string()}});
  rearrange(before);
}

void CallStep::dialing_leg_ended(LegId leg, Cause cause) {
  if (leg == call_.customer_leg) {
    gone_ = leg;
    if (call_.call_back) return call_back_not_reached(cause);
    history("not_reached", {{"cause", to_string(cause)}});
    return finish(cause);
  }
  if (!call_.agent || call_.agent->leg != leg) return;
  call_.agent->leg = LegId{};
  gone_ = leg;
  give_up_dialing(cause);
}

/// The agent is gone before the customer answered: whether they hung up, their phone was not picked up, or their page
/// was closed. A customer who answered now would hear nobody.
void CallStep::give_up_dialing(Cause cause) {
  if (call_.call_back) return call_back_left(cause);
  const AgentPart agent = *call_.agent;
  const bool own_will = agent.answered || cause == Cause::cancelled || cause == Cause::rejected || cause == Cause::busy;
  history(own_will ? "agent_left" : "agent_lost", {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
  if (!own_will) {
    call_.agent.reset();
    if (agent.leg) voice(HangUpLeg{agent.leg, Cause::cancelled});
    out_.emplace_back(AgentDeviceLost{agent.agent});
  }
  finish(own_will ? Cause::cancelled : Cause::unreachable);
}

}  // namespace hotline::call
