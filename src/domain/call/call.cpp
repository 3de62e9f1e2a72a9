// SPDX-License-Identifier: Apache-2.0
// The call model: what the voice node reports. What the ACD says is in waiting.cpp, what agents ask in
// call_actions.cpp, consultations in consultation.cpp, outbound calls in outbound.cpp, who hears what and resync() in
// sound.cpp.
#include "domain/call/call.hpp"

namespace hotline::call {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

void add_fields(Fields&) {}
template <class Value, class... More>
void add_fields(Fields& to, const char* name, Value&& value, More&&... more) {
  to.emplace_back(name, std::forward<Value>(value));
  add_fields(to, std::forward<More>(more)...);
}

/// Names and values by turns, each made in its place: for the lines every call writes several of. (What stands in
/// braces is made first and copied then.)
template <class... NamesAndValues>
Fields fields(NamesAndValues&&... all) {
  Fields out;
  out.reserve(sizeof...(all) / 2);
  add_fields(out, std::forward<NamesAndValues>(all)...);
  return out;
}

}  // namespace

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::arriving:
      return "arriving";
    case Stage::ivr:
      return "ivr";
    case Stage::waiting:
      return "waiting";
    case Stage::talking:
      return "talking";
    case Stage::transferring:
      return "transferring";
    case Stage::dialing:
      return "dialing";
    case Stage::ended:
      return "ended";
  }
  return "unknown";
}

const char* to_string(Cause cause) {
  switch (cause) {
    case Cause::normal:
      return "normal";
    case Cause::busy:
      return "busy";
    case Cause::no_answer:
      return "no_answer";
    case Cause::rejected:
      return "rejected";
    case Cause::cancelled:
      return "cancelled";
    case Cause::unreachable:
      return "unreachable";
    case Cause::media_timeout:
      return "media_timeout";
    case Cause::node_lost:
      return "node_lost";
    case Cause::capacity:
      return "capacity";
    case Cause::error:
      return "error";
    case Cause::shutdown:
      return "shutdown";
  }
  return "unknown";
}

const char* to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::wrong_stage:
      return "wrong_stage";
    case Refusal::not_your_call:
      return "not_your_call";
    case Refusal::no_media:
      return "no_media";
    case Refusal::no_consultation:
      return "no_consultation";
    case Refusal::not_supervised:
      return "not_supervised";
    case Refusal::takes_part:
      return "takes_part";
    case Refusal::too_many_supervisors:
      return "too_many_supervisors";
  }
  return "unknown";
}

std::optional<TimePoint> next_due(const Call& call) {
  if (call.stage == Stage::ended) return std::nullopt;
  std::optional<TimePoint> due = earlier(earlier(call.deadline, call.recording_paused_until),
                                         call.stage == Stage::ivr ? call.position.deadline : std::nullopt);
  for (const Supervision& supervision : call.supervisions) due = earlier(due, supervision.deadline);
  if (call.waits_to_call_back() && !call.agent)
    return earlier(earlier(due, call.call_back->expires_at), call.call_back->next_at);
  return call.consult ? earlier(due, call.consult->deadline) : due;
}

CallStep::CallStep(Call& call, const FlowBook& book, IdMaker& ids, TimePoint now, const Limits& limits)
    : call_(call), book_(book), ids_(ids), now_(now), limits_(limits) {
  out_.reserve(8);  // as many as nearly every step has
}

Effects CallStep::take() {
  for (std::size_t i = call_.supervisions.size(); i-- > 0;) {  // their agent has the call no more
    const Supervision& supervision = call_.supervisions[i];
    if (!call_.agent || call_.agent->agent != supervision.of || !call_.agent->taken)
      drop_supervision(supervision.who.agent, "agent_left");
  }
  if (call_.recording_paused_until) {
    if (call_.stage == Stage::ended)
      call_.recording_paused_until.reset();  // the recording ends with the call
    else if (!call_.agent || !call_.agent->taken)
      end_recording_pause("agent_left");
  }
  return std::move(out_);
}

void CallStep::history(std::string type, std::vector<std::pair<std::string, std::string>> data) {
  out_.emplace_back(History{std::move(type), std::move(data)});
}

// ---- the customer comes

void CallStep::arrive(const std::string& flow, std::vector<std::pair<std::string, std::string>> network) {
  call_.started_at = now_;
  call_.position.flow = flow;
  out_.emplace_back(LegStarted{call_.customer_leg, "customer", "sip", call_.from, std::nullopt});
  Fields data = fields("from", call_.from, "to", call_.to, "channel", call_.channel, "node", call_.node);
  data.insert(data.end(), std::make_move_iterator(network.begin()), std::make_move_iterator(network.end()));
  history("arrived", std::move(data));
  plan_recording();
  voice(AnswerLeg{call_.customer_leg});
}

void CallStep::arrive_browser(const std::string& flow, const std::string& offer_sdp) {
  call_.started_at = now_;
  call_.position.flow = flow;
  call_.customer_browser = true;
  call_.deadline = now_ + limits_.agent_setup;
  out_.emplace_back(LegStarted{call_.customer_leg, "customer", "browser", call_.from, std::nullopt});
  history("arrived", {{"from", call_.from}, {"to", call_.to}, {"channel", call_.channel}, {"node", call_.node}});
  voice(AcceptBrowser{call_.customer_leg, offer_sdp, LegId{}});
  plan_recording();
}

/// Said before the customer's leg is answered, so that no second of the call is missing when no core is there to hear
/// of the answer.
void CallStep::plan_recording() {
  if (!call_.recording_planned) call_.recording_planned = RecordingId{ids_.next()};
  voice(StartRecording{call_.customer_leg, call_.recording_planned});
}

void CallStep::start_flow() {
  if (!call_.forward_to.empty()) return forward();
  call_.stage = Stage::ivr;
  call_.position.variables.emplace("from", call_.from);
  call_.position.variables.emplace("to", call_.to);
  const std::string flow = call_.position.flow;
  run(begin(book_, call_.position, flow, now_));
}

// ---- what the voice node reports

void CallStep::leg_ringing(LegId leg, bool early_media) {
  if (!leg || call_.stage == Stage::ended) return;
  const Sound before = sound_of(call_);
  if (call_.agent && call_.agent->leg == leg) {
    history("ringing", {{"agent", call_.agent->agent.to_string()}});
    if (call_.internal() && !call_.customer_answered) voice(ProgressLeg{call_.customer_leg, 180});
  } else if (in_consultation(leg)) {
    history("consult_ringing");
    if (call_.consult->external && early_media) call_.consult->early_media = true;
    progress_own_leg(call_.consult->early_media);
    rearrange(before);
  } else if (call_.external && call_.external->leg == leg) {
    history("external_ringing");
  } else if (call_.stage == Stage::dialing && leg == call_.customer_leg) {
    history("customer_ringing");
    call_.early_media = call_.early_media || early_media;
    if (call_.agent->calling && !call_.agent->answered)
      voice(ProgressLeg{call_.agent->leg, call_.early_media ? 183U : 180U});
    rearrange(before);
  }
}

void CallStep::leg_answered(LegId leg) {
  if (call_.stage == Stage::ended) {
    if (leg == call_.customer_leg && call_.recording_planned) {  // it runs until the leg is ended now
      call_.recording = std::exchange(call_.recording_planned, RecordingId{});
      out_.emplace_back(RecordingStarted{call_.recording, leg});
    }
    return voice(HangUpLeg{leg, Cause::normal});
  }
  const Sound before = sound_of(call_);
  if (leg == call_.customer_leg) {
    if (call_.customer_answered) return;
    call_.customer_answered = true;
    if (call_.stage != Stage::dialing) call_.deadline.reset();
    call_.recording = std::exchange(call_.recording_planned, RecordingId{});
    if (!call_.recording) call_.recording = RecordingId{ids_.next()};
    history("answered");
    out_.emplace_back(RecordingStarted{call_.recording, leg});
    voice(StartRecording{leg, call_.recording});
    if (call_.internal()) {
      if (call_.agent && call_.agent->answered) return connect(before);
      return sound_of(call_).customer_music ? play_music() : void();
    }
    return call_.stage == Stage::dialing ? customer_reached(before) : start_flow();
  }
  if (call_.consult && call_.consult->own_leg == leg) return confirmed(leg);
  if (in_consultation(leg)) return consult_connected();
  for (Supervision& supervision : call_.supervisions)
    if (supervision.who.leg == leg) return supervisor_connected(supervision);
  if (call_.agent && call_.agent->leg == leg) {
    if (call_.agent->calling && call_.agent->answered) return confirmed(leg);
    call_.agent->answered = true;
    if (call_.waits_to_call_back()) {  // a phone was picked up for a call-back
      call_.stage = Stage::dialing;
      call_.queued = false;
      call_.agent->taken = true;
      call_.customer_leg = LegId{ids_.next()};
      history("accepted", {{"agent", call_.agent->agent.to_string()}});
      out_.emplace_back(OfferTaken{call_.agent->agent});
    }
    if (call_.stage == Stage::dialing) {
      call_.deadline.reset();
      if (!call_.customer_called) call_customer();
      return rearrange(before);
    }
    if (!call_.agent->taken) {
      call_.agent->taken = true;
      out_.emplace_back(OfferTaken{call_.agent->agent});
    }
    return call_.consult ? reconnect(before) : connect(before);
  }
  if (call_.external && call_.external->leg == leg) {
    call_.external->answered = true;
    return connect(before);
  }
  voice(HangUpLeg{leg, Cause::normal});  // a leg this call has given up meanwhile
}

/// Joins the customer to the agent or outside party whose leg is up.
void CallStep::connect(const Sound& before) {
  if (call_.internal() && !call_.customer_answered) return answer_caller();
  const LegId far = call_.agent ? call_.agent->leg : call_.external->leg;
  const bool first = call_.stage != Stage::talking || !call_.connected_at;
  call_.stage = Stage::talking;
  call_.queued = false;
  call_.deadline.reset();
  if (!call_.on_hold) call_.play = PlayId{};  // else the music goes on
  if (first) call_.connected_at = now_;
  const char* type = first ? "connected" : "reconnected";
  call_.announcing = false;
  if (call_.agent) {
    history(type, {{"agent", call_.agent->agent.to_string()}});
  } else {
    history(type, {{"number", call_.external->number}});
  }
  if (call_.on_hold)  // the agent's page came back during a hold: it goes on
    history("held", {{"agent", call_.agent->agent.to_string()}});
  if (!call_.supervisions.empty()) return rearrange(before);
  if (!call_.on_hold) voice(BridgeLegs{call_.customer_leg, far});
}

/// The agent's page is back during a consultation: all is as it was.
void CallStep::reconnect(const Sound& before) {
  call_.deadline.reset();
  history("reconnected", {{"agent", call_.agent->agent.to_string()}});
  if (call_.on_hold) history("held", {{"agent", call_.agent->agent.to_string()}});
  if (call_.on_hold && call_.consult->answered()) history("consult_resumed");
  rearrange(before);
}

void CallStep::leg_ended(LegId leg, Cause cause) {
  if (call_.stage == Stage::ended || !leg) return;
  if (call_.stage == Stage::dialing) return dialing_leg_ended(leg, cause);
  if (leg == call_.customer_leg) {
    history("customer_left", {{"cause", to_string(cause)}});
    return finish(cause);
  }
  if (call_.consult && call_.consult->own_leg == leg) return own_leg_ended();
  if (in_consultation(leg)) return consult_leg_ended(cause);
  for (Supervision& supervision : call_.supervisions)
    if (supervision.who.leg == leg) return supervisor_leg_ended(supervision, cause);
  if (call_.external && call_.external->leg == leg) {
    const bool answered = call_.external->answered;
    history("external_left", {{"cause", to_string(cause)}});
    call_.external.reset();
    if (answered) return finish(Cause::normal);
    voice(HangUpLeg{leg, Cause::cancelled});  // resync() may have called it again in the same moment
    return back_to_queue("no_answer");
  }
  if (!call_.agent || call_.agent->leg != leg) return;
  AgentPart& agent = *call_.agent;
  if (!agent.taken) {  // a SIP phone that did not answer, was busy or is not there; stop_ringing() follows
    agent.leg = LegId{};
    const bool device = cause != Cause::rejected && cause != Cause::busy;
    voice(HangUpLeg{leg, Cause::cancelled});  // resync() may have called it again in the same moment
    out_.emplace_back(OfferFailed{agent.agent, device});
    return;
  }
  if (agent.browser) return agent_page_lost(cause);
  gone_ = leg;
  if (!call_.consult) history("agent_left", {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
  agent_is_gone();
}

/// The desk hangs up by command, so the page was closed or reloaded, or its network is gone: it may come back.
void CallStep::agent_page_lost(Cause cause) {
  const Sound before = sound_of(call_);
  AgentPart& agent = *call_.agent;
  const bool was_up = agent.answered;
  agent.leg = LegId{};
  agent.answered = false;
  history("agent_lost", {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
  if (was_up) call_.deadline = now_ + limits_.page_return;
  if (!call_.consult && before.mix.empty()) return play_music();
  if (call_.consult && call_.consult->with == With::everyone && call_.consult->answered())
    history("resumed");  // the others talk on
  rearrange(before);
}

/// The agent has left for good, by their own will.
void CallStep::agent_is_gone() {
  if (call_.consult && call_.consult->with != With::customer) return hand_over("normal");
  finish(Cause::normal);
}

void CallStep::webrtc_answer(LegId leg, const std::string& sdp) {
  if (leg == call_.customer_leg) out_.emplace_back(SdpAnswer{std::nullopt, sdp});
  if (call_.agent && call_.agent->leg == leg) out_.emplace_back(SdpAnswer{call_.agent->agent, sdp});
  if (in_consultation(leg) && call_.consult->agent) out_.emplace_back(SdpAnswer{call_.consult->agent->agent, sdp});
  if (const Supervision* supervision = call_.supervision_at(leg))
    out_.emplace_back(SdpAnswer{supervision->who.agent, sdp});
}

void CallStep::digit(LegId leg, char digit) {
  if (leg != call_.customer_leg) return;
  if (call_.stage == Stage::ivr) return run(advance(book_, call_.position, DigitPressed{digit}, now_));
  if (call_.stage == Stage::waiting && call_.queued) out_.emplace_back(PressedWaiting{digit});
}

void CallStep::play_done(LegId leg, PlayId play) {
  if (leg != call_.customer_leg || play != call_.play) return;
  // Also while the agent's device is being connected: the music goes on until the two are joined.
  if (call_.announcing && (call_.stage == Stage::waiting || sound_of(call_).customer_music)) return play_music();
  if (call_.stage != Stage::ivr) return;
  call_.play = PlayId{};
  run(advance(book_, call_.position, SpeechEnded{}, now_));
}

void CallStep::leg_replaced(LegId leg) {
  if (!call_.has_leg(leg)) return;
  history("leg_replaced", {{"leg", leg == call_.customer_leg ? "customer" : call_.agent ? "agent" : "external"}});
}

// ---- the flow

void CallStep::run(FlowActions actions) {
  for (FlowAction& action : actions) {
    if (auto* speak = std::get_if<Speak>(&action)) {
      play(std::move(speak->prompts), false, speak->stop_on_digit);
    } else if (const auto* queue = std::get_if<EnterQueue>(&action)) {
      const int moves = call_.place ? call_.place->moves : 0;  // a queue's exit may lead through a flow
      call_.place = QueuePlace{queue->queue, queue->priority, queue->skills, queue->music, now_};
      call_.place->moves = moves;
      call_.stage = Stage::waiting;
      out_.emplace_back(AskQueue{*call_.place});
    } else if (std::get_if<HangUpCaller>(&action)) {
      history("flow_ended");
      return finish(Cause::normal);
    } else if (auto* visited = std::get_if<Visited>(&action)) {
      history("node", fields("flow", std::move(visited->flow), "node", std::move(visited->node)));
    } else if (auto* chosen = std::get_if<Chosen>(&action)) {
      history("input", fields("flow", std::move(chosen->flow), "node", std::move(chosen->node), "input",
                              std::move(chosen->input)));
    } else if (const auto* broken = std::get_if<FlowBroken>(&action)) {
      history("flow_broken", {{"why", broken->why}});
      const int moves = call_.place ? call_.place->moves : 0;  // else an exit into a broken flow would never end
      call_.place = QueuePlace{limits_.default_queue, 0, {}, "music/hold", now_};
      call_.place->moves = moves;
      call_.stage = Stage::waiting;
      out_.emplace_back(AskQueue{*call_.place});
    }
  }
}

void CallStep::play(std::vector<std::string> prompts, bool loop, bool stop_on_digit) {
  call_.play = PlayId{ids_.next()};
  voice(PlayTo{call_.customer_leg, call_.play, std::move(prompts), loop, stop_on_digit});
}

void CallStep::play_music() {
  call_.announcing = false;
  play({call_.place ? call_.place->music : std::string("music/hold")}, true, false);
}

// ---- the end

/// Lets go of the agent: their leg ends, and the ACD is told what that means for them.
void CallStep::release_agent(bool finished, Cause cause) {
  if (!call_.agent) return;
  const AgentPart agent = *call_.agent;
  call_.agent.reset();
  const bool waits = agent.calling && !agent.answered;  // the phone is told why nobody answered
  hang_up(agent.leg, waits ? cause : finished ? Cause::normal : Cause::cancelled);
  const bool nothing_done = call_.internal() || (call_.direction == "outbound" && !call_.customer_called);
  if (agent.taken) out_.emplace_back(AgentFinished{agent.agent, !nothing_done});
}

void CallStep::finish(Cause cause) {
  if (call_.stage == Stage::ended) return;
  const bool asked_acd = call_.stage == Stage::waiting;
  call_.stage = Stage::ended;
  call_.ended_at = now_;
  call_.end_cause = to_string(cause);
  call_.deadline.reset();
  if (call_.consult) drop_consultation("call_ended");
  drop_supervisions("call_ended");
  if (asked_acd) out_.emplace_back(LeaveQueue{});
  call_.queued = false;
  release_agent(true, cause);
  if (call_.caller) out_.emplace_back(AgentFinished{*call_.caller, false});
  if (call_.external) voice(HangUpLeg{call_.external->leg, Cause::normal});
  if (call_.direction != "outbound" || call_.customer_called) voice(HangUpLeg{call_.customer_leg, cause});
  history("ended", {{"cause", to_string(cause)}});
  out_.emplace_back(CallEnded{cause});
}

void CallStep::end(Cause cause) {
  finish(cause);
}
void CallStep::customer_hangs_up() {
  if (call_.stage == Stage::ended) return;
  history("customer_left", {{"cause", "normal"}});
  finish(Cause::normal);
}
void CallStep::node_lost() {
  if (call_.stage == Stage::ended) return;
  if (call_.call_back && !call_.customer_answered) {  // the customer waits on, at no node
    if (call_.stage == Stage::dialing) return call_back_waits_again("node_lost");
    if (!call_.agent || !call_.agent->leg) return;
    // What asked for the leg may still wait for its commit, and then reach the node that comes after the lost one.
    hang_up(call_.agent->leg, Cause::node_lost);
    call_.agent->leg = LegId{};
    out_.emplace_back(OfferFailed{call_.agent->agent, true});
    return;
  }
  history("node_lost", {{"node", call_.node}});
  finish(Cause::node_lost);
}

// ---- time

void CallStep::tick() {
  if (call_.stage == Stage::ended) return;
  if (call_.recording_paused_until && *call_.recording_paused_until <= now_) end_recording_pause("limit");
  if (call_.waits_to_call_back() && !call_.agent) {
    if (call_.call_back->expires_at <= now_) {
      history("call_back_expired");
      return finish(Cause::no_answer);
    }
    if (call_.call_back->next_at && *call_.call_back->next_at <= now_) {
      call_.call_back->next_at.reset();
      out_.emplace_back(AskQueue{*call_.place});
    }
  }
  if (call_.deadline && *call_.deadline <= now_) {
    call_.deadline.reset();
    if (call_.stage == Stage::dialing) return give_up_dialing(Cause::unreachable);
    // The agent's device did not come up: the customer, who was not called yet, goes on waiting.
    if (call_.waits_to_call_back() && call_.agent) return call_back_left(Cause::media_timeout);
    if (!call_.customer_answered) return finish(Cause::unreachable);
    if (call_.agent && !call_.agent->answered &&
        call_.agent->taken) {  // the page did not come back, or its media not up
      if (call_.consult && call_.consult->agent && call_.consult->agent->answered)
        return hand_over("device_lost", true);  // a colleague has the matter in hand already
      const AgentPart agent = *call_.agent;
      if (call_.consult) drop_consultation("device_lost");
      call_.agent.reset();
      if (agent.leg) voice(HangUpLeg{agent.leg, Cause::unreachable});
      out_.emplace_back(AgentDeviceLost{agent.agent});
      return back_to_queue("device_lost");
    }
  }
  if (call_.consult && call_.consult->deadline && *call_.consult->deadline <= now_) {
    call_.consult->deadline.reset();
    if (call_.consult->agent && !call_.consult->agent->answered) consultation_failed("device_lost", true);
  }
  for (std::size_t i = call_.supervisions.size(); i-- > 0;) {
    const Supervision& supervision = call_.supervisions[i];
    if (supervision.deadline && *supervision.deadline <= now_) drop_supervision(supervision.who.agent, "device_lost");
  }
  if (call_.stage == Stage::ivr && call_.position.deadline && *call_.position.deadline <= now_) {
    run(advance(book_, call_.position, TimePassed{}, now_));
  }
}

}  // namespace hotline::call
