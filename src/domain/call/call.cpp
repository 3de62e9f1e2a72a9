// SPDX-License-Identifier: Apache-2.0
// The call model: what the voice node and the ACD report. What agents ask is in call_actions.cpp.
#include "domain/call/call.hpp"

#include <algorithm>

namespace hotline::call {

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
  }
  return "unknown";
}

std::optional<TimePoint> next_due(const Call& call) {
  if (call.stage == Stage::ended) return std::nullopt;
  return earlier(earlier(call.deadline, call.recording_paused_until),
                 call.stage == Stage::ivr ? call.position.deadline : std::nullopt);
}

CallStep::CallStep(Call& call, const FlowBook& book, IdMaker& ids, TimePoint now, const Limits& limits)
    : call_(call), book_(book), ids_(ids), now_(now), limits_(limits) {}

Effects CallStep::take() {
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
  std::vector<std::pair<std::string, std::string>> data{
      {"from", call_.from}, {"to", call_.to}, {"channel", call_.channel}, {"node", call_.node}};
  data.insert(data.end(), std::make_move_iterator(network.begin()), std::make_move_iterator(network.end()));
  history("arrived", std::move(data));
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
}

void CallStep::start_flow() {
  call_.stage = Stage::ivr;
  call_.position.variables.emplace("from", call_.from);
  call_.position.variables.emplace("to", call_.to);
  const std::string flow = call_.position.flow;
  run(begin(book_, call_.position, flow, now_));
}

// ---- what the voice node reports

void CallStep::leg_ringing(LegId leg) {
  if (call_.agent && call_.agent->leg == leg) history("ringing", {{"agent", call_.agent->agent.to_string()}});
}

void CallStep::leg_answered(LegId leg) {
  if (call_.stage == Stage::ended) return voice(HangUpLeg{leg, Cause::normal});
  if (leg == call_.customer_leg) {
    if (call_.customer_answered) return;
    call_.customer_answered = true;
    call_.deadline.reset();
    call_.recording = RecordingId{ids_.next()};
    history("answered");
    out_.emplace_back(RecordingStarted{call_.recording, leg});
    voice(StartRecording{leg, call_.recording});
    return start_flow();
  }
  if (call_.agent && call_.agent->leg == leg) {
    call_.agent->answered = true;
    if (!call_.agent->taken) {
      call_.agent->taken = true;
      out_.emplace_back(OfferTaken{call_.agent->agent});
    }
    return connect();
  }
  if (call_.external && call_.external->leg == leg) {
    call_.external->answered = true;
    return connect();
  }
  voice(HangUpLeg{leg, Cause::normal});  // a leg this call has given up meanwhile
}

/// Joins the customer to the agent or outside party whose leg is up.
void CallStep::connect() {
  const LegId far = call_.agent ? call_.agent->leg : call_.external->leg;
  const bool first = call_.stage != Stage::talking || !call_.connected_at;
  call_.stage = Stage::talking;
  call_.queued = false;
  call_.deadline.reset();
  call_.play = PlayId{};
  if (first) call_.connected_at = now_;
  const char* type = first ? "connected" : "reconnected";
  if (call_.agent) {
    history(type, {{"agent", call_.agent->agent.to_string()}});
  } else {
    history(type, {{"number", call_.external->number}});
  }
  if (!call_.on_hold) return voice(BridgeLegs{call_.customer_leg, far});
  history("held", {{"agent", call_.agent->agent.to_string()}});  // the agent's page came back during a hold: it goes on
}

void CallStep::leg_ended(LegId leg, Cause cause) {
  if (call_.stage == Stage::ended) return;
  if (leg == call_.customer_leg) {
    history("customer_left", {{"cause", to_string(cause)}});
    return finish(cause);
  }
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
  agent.leg = LegId{};
  if (!agent.taken) {  // a SIP phone that did not answer, was busy or is not there; stop_ringing() follows
    const bool device = cause != Cause::rejected && cause != Cause::busy;
    voice(HangUpLeg{leg, Cause::cancelled});  // resync() may have called it again in the same moment
    out_.emplace_back(OfferFailed{agent.agent, device});
    return;
  }
  const bool was_up = agent.answered;
  agent.answered = false;
  if (agent.browser) {  // the desk hangs up by command, so the page was closed or reloaded, or its network is gone: it
                        // may come back
    history("agent_lost", {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
    if (was_up) call_.deadline = now_ + limits_.page_return;
    return play_music();
  }
  history("agent_left", {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
  finish(Cause::normal);
}

void CallStep::webrtc_answer(LegId leg, const std::string& sdp) {
  if (leg == call_.customer_leg) out_.emplace_back(SdpAnswer{std::nullopt, sdp});
  if (call_.agent && call_.agent->leg == leg) out_.emplace_back(SdpAnswer{call_.agent->agent, sdp});
}

void CallStep::digit(LegId leg, char digit) {
  if (leg == call_.customer_leg && call_.stage == Stage::ivr)
    run(advance(book_, call_.position, DigitPressed{digit}, now_));
}

void CallStep::play_done(LegId leg, PlayId play) {
  if (leg != call_.customer_leg || play != call_.play || call_.stage != Stage::ivr) return;
  call_.play = PlayId{};
  run(advance(book_, call_.position, SpeechEnded{}, now_));
}

void CallStep::leg_replaced(LegId leg) {
  if (!call_.has_leg(leg)) return;
  history("leg_replaced", {{"leg", leg == call_.customer_leg ? "customer" : call_.agent ? "agent" : "external"}});
}

void CallStep::phone_hold(LegId leg, bool held) {
  if (!call_.agent || call_.agent->leg != leg || call_.stage != Stage::talking) return;
  (void)(held ? hold(call_.agent->agent) : resume(call_.agent->agent));
}

// ---- the flow

void CallStep::run(const FlowActions& actions) {
  for (const FlowAction& action : actions) {
    if (const auto* speak = std::get_if<Speak>(&action)) {
      play(speak->prompts, false, speak->stop_on_digit);
    } else if (const auto* queue = std::get_if<EnterQueue>(&action)) {
      call_.place = QueuePlace{queue->queue, queue->priority, queue->skills, queue->music, now_};
      call_.stage = Stage::waiting;
      out_.emplace_back(AskQueue{*call_.place});
    } else if (std::get_if<HangUpCaller>(&action)) {
      history("flow_ended");
      return finish(Cause::normal);
    } else if (const auto* visited = std::get_if<Visited>(&action)) {
      history("node", {{"flow", visited->flow}, {"node", visited->node}});
    } else if (const auto* chosen = std::get_if<Chosen>(&action)) {
      history("input", {{"flow", chosen->flow}, {"node", chosen->node}, {"input", chosen->input}});
    } else if (const auto* broken = std::get_if<FlowBroken>(&action)) {
      history("flow_broken", {{"why", broken->why}});
      call_.place = QueuePlace{limits_.default_queue, 0, {}, "music/hold", now_};
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
  play({call_.place ? call_.place->music : std::string("music/hold")}, true, false);
}

// ---- what the ACD says

void CallStep::queue_accepted() {
  call_.queued = true;
  history("queued", {{"queue", call_.place->queue},
                     {"priority", std::to_string(call_.place->priority)},
                     {"since_ms", std::to_string(to_unix_ms(call_.place->since))}});
  play_music();
}

void CallStep::queue_refused() {
  history("queue_refused", {{"queue", call_.place ? call_.place->queue : std::string()}});
  call_.place.reset();
  call_.queued = false;
  if (call_.position.node.empty() || call_.connected_at) return finish(Cause::capacity);
  call_.stage = Stage::ivr;
  run(advance(book_, call_.position, QueueRefused{}, now_));
}

void CallStep::ring_agent(const AgentPart& agent, Duration ring_timeout) {
  call_.agent = agent;
  call_.offered_at = now_;
  history("offered", {{"agent", agent.agent.to_string()}});
  if (agent.browser) return;  // the desk rings; its leg begins with the agent's answer
  call_.agent->leg = LegId{ids_.next()};
  call_.agent->rings_until = now_ + ring_timeout;
  out_.emplace_back(LegStarted{call_.agent->leg, "agent", "sip", agent.number, agent.agent});
  call_agent_phone();
}

void CallStep::call_agent_phone() {
  const AgentPart& agent = *call_.agent;
  const Duration left = agent.rings_until.value_or(now_) - now_;
  voice(OriginateSip{agent.leg, agent.sip_contact, false, call_.from, call_.from_display,
                     std::max(left, Duration{1'000}), call_.customer_leg});
}

void CallStep::call_external() {
  voice(OriginateSip{call_.external->leg, call_.external->number, true, call_.from, call_.from_display,
                     limits_.ring_external, call_.customer_leg});
}

void CallStep::stop_ringing(AgentId agent, const std::string& why) {
  if (!call_.agent || call_.agent->agent != agent || call_.agent->taken) return;
  history("offer_ended", {{"agent", agent.to_string()}, {"why", why}});
  if (call_.agent->leg) voice(HangUpLeg{call_.agent->leg, Cause::no_answer});
  call_.agent.reset();
  if (call_.stage == Stage::waiting && !call_.queued) back_to_queue("no_answer");  // was offered straight to this agent
}

void CallStep::agent_refused(AgentId agent) {
  history("agent_not_free", {{"agent", agent.to_string()}});
  back_to_queue("not_free");
}

/// A transfer did not come about, or the agent's device is lost: the customer goes back where they waited, first in
/// line by the old clock; from the IVR's default queue when there was none.
void CallStep::back_to_queue(const std::string& why) {
  if (!call_.place) call_.place = QueuePlace{limits_.default_queue, 0, {}, "music/hold", now_};
  call_.place->priority = std::max(call_.place->priority, 100);
  call_.stage = Stage::waiting;
  call_.on_hold = false;
  call_.deadline.reset();
  call_.connected_at.reset();
  history("back_to_queue", {{"why", why}});
  out_.emplace_back(AskQueue{*call_.place});
}

// ---- the end

/// Lets go of the agent: their leg ends, and the ACD is told what that means for them.
void CallStep::release_agent(bool finished) {
  if (!call_.agent) return;
  const AgentPart agent = *call_.agent;
  call_.agent.reset();
  if (agent.leg) voice(HangUpLeg{agent.leg, finished ? Cause::normal : Cause::cancelled});
  if (agent.taken) out_.emplace_back(AgentFinished{agent.agent});
}

void CallStep::finish(Cause cause) {
  if (call_.stage == Stage::ended) return;
  const bool asked_acd = call_.stage == Stage::waiting;
  call_.stage = Stage::ended;
  call_.ended_at = now_;
  call_.end_cause = to_string(cause);
  call_.deadline.reset();
  if (asked_acd) out_.emplace_back(LeaveQueue{});
  call_.queued = false;
  release_agent(true);
  if (call_.external) voice(HangUpLeg{call_.external->leg, Cause::normal});
  voice(HangUpLeg{call_.customer_leg, cause});
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
  history("node_lost", {{"node", call_.node}});
  finish(Cause::node_lost);
}

// ---- time

void CallStep::tick() {
  if (call_.stage == Stage::ended) return;
  if (call_.recording_paused_until && *call_.recording_paused_until <= now_) end_recording_pause("limit");
  if (call_.deadline && *call_.deadline <= now_) {
    call_.deadline.reset();
    if (!call_.customer_answered) return finish(Cause::unreachable);
    if (call_.agent && !call_.agent->answered &&
        call_.agent->taken) {  // the page did not come back, or its media not up
      const AgentPart agent = *call_.agent;
      call_.agent.reset();
      if (agent.leg) voice(HangUpLeg{agent.leg, Cause::unreachable});
      out_.emplace_back(AgentDeviceLost{agent.agent});
      return back_to_queue("device_lost");
    }
  }
  if (call_.stage == Stage::ivr && call_.position.deadline && *call_.position.deadline <= now_) {
    run(advance(book_, call_.position, TimePassed{}, now_));
  }
}

// ---- after a reconnection

void CallStep::resync(const std::map<LegId, LegReport>& legs) {
  if (call_.stage == Stage::ended) return;
  const auto find = [&](LegId leg) {
    const auto it = legs.find(leg);
    return it == legs.end() ? LegReport{} : it->second;
  };
  const LegReport customer = find(call_.customer_leg);
  if (!customer.present) return leg_ended(call_.customer_leg, Cause::node_lost);
  if (call_.stage == Stage::arriving) {
    if (!call_.customer_browser) voice(AnswerLeg{call_.customer_leg});
    return;
  }
  for (const auto& [leg, report] : legs) {  // given up, and the node was never told
    if (report.present && !call_.has_leg(leg)) voice(HangUpLeg{leg, Cause::normal});
  }
  resync_recording(customer);
  if (call_.stage != Stage::ivr) return resync_far_end(legs);
  if (customer.bridged_to) voice(UnbridgeLeg{call_.customer_leg});
  if (!call_.play || customer.play != call_.play) run(re_enter(book_, call_.position, now_));
}

void CallStep::resync_recording(const LegReport& customer) {
  if (!call_.recording) {  // the former one has ended before its time, say because the disk was full
    call_.recording = RecordingId{ids_.next()};
    out_.emplace_back(RecordingStarted{call_.recording, call_.customer_leg});
  }
  const bool runs = customer.recording == call_.recording;
  if (!runs) voice(StartRecording{call_.customer_leg, call_.recording});
  if (call_.recording_paused_until) {  // said again in any case: a new core's pause has the time that is left
    const Duration left = std::max(*call_.recording_paused_until - now_, Duration{1});
    voice(PauseRecording{call_.customer_leg, call_.recording, left});
  } else if (runs && customer.recording_paused) {
    voice(ResumeRecording{call_.customer_leg, call_.recording});
  }
}

/// The part of resync() for a customer who waits for someone or is joined to someone.
void CallStep::resync_far_end(const std::map<LegId, LegReport>& legs) {
  const auto missing = [&](LegId leg) { return leg && !legs.contains(leg); };
  if (call_.agent && missing(call_.agent->leg)) {
    const AgentPart& agent = *call_.agent;
    if (agent.answered) return leg_ended(agent.leg, Cause::media_timeout);
    if (!agent.browser)
      call_agent_phone();  // a browser's offer is not kept: `deadline` settles it unless the page answers again
  }
  if (call_.external && missing(call_.external->leg)) {
    if (call_.external->answered) return leg_ended(call_.external->leg, Cause::media_timeout);
    call_external();
  }
  const LegReport& customer = legs.at(call_.customer_leg);
  LegId far;
  if (call_.agent && call_.agent->answered) far = call_.agent->leg;
  if (call_.external && call_.external->answered) far = call_.external->leg;
  if (far && !call_.on_hold) {
    if (customer.bridged_to != far) voice(BridgeLegs{call_.customer_leg, far});
    return;
  }
  if (customer.bridged_to) voice(UnbridgeLeg{call_.customer_leg});
  if (!call_.play || customer.play != call_.play) play_music();
}

}  // namespace hotline::call
