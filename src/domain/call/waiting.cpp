// SPDX-License-Identifier: Apache-2.0
// The call model: what the ACD says of a caller who waits (queues, agents who are rung, announcements, ways out of the
// queue), and the customer who is called back instead of waiting.
#include <algorithm>
#include <string_view>
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {
namespace {

/// An agent who left a call-back before the customer answered is not given it again in the same moment.
constexpr Duration left_by_agent{60'000};

}  // namespace

// ---- what the ACD says

void CallStep::queue_accepted() {
  if (call_.consult) {
    call_.consult->queued = true;
    progress_own_leg(false);
    return history("consult_queued", {{"queue", call_.consult->target}});
  }
  call_.queued = true;
  if (call_.waits_to_call_back())
    return history("call_back_queued",
                   {{"queue", call_.place->queue}, {"attempt", std::to_string(call_.call_back->attempts + 1)}});
  history("queued", {{"queue", call_.place->queue},
                     {"priority", std::to_string(call_.place->priority)},
                     {"since_ms", std::to_string(to_unix_ms(call_.place->since))}});
  play_music();
}

void CallStep::queue_refused() {
  if (call_.consult) {
    call_.consult->queued = false;
    return consultation_failed("queue_full");
  }
  history("queue_refused", {{"queue", call_.place ? call_.place->queue : std::string()}});
  if (call_.waits_to_call_back()) return finish(Cause::capacity);
  const int moves = call_.place ? call_.place->moves : 0;
  call_.place.reset();
  if (moves > 0) {  // not forgotten how often exits have sent them on: two queues would send them to and fro for ever
    call_.place = QueuePlace{limits_.default_queue, 0, {}, "music/hold", now_};
    call_.place->moves = moves;
  }
  call_.queued = false;
  if (call_.position.node.empty() || call_.connected_at) return finish(Cause::capacity);
  call_.stage = Stage::ivr;
  run(advance(book_, call_.position, QueueRefused{}, now_));
}

void CallStep::ring_agent(const AgentPart& offered, Duration ring_timeout,
                          std::vector<std::pair<std::string, std::string>> reason) {
  std::optional<AgentPart>& part = call_.consult ? call_.consult->agent : call_.agent;
  part = offered;
  call_.offered_at = now_;
  reason.insert(reason.begin(), {"agent", offered.agent.to_string()});
  history(call_.consult ? "consult_offered" : "offered", std::move(reason));
  if (offered.browser) {  // the desk rings; its leg begins with the agent's answer
    if (call_.internal() && !call_.customer_answered) voice(ProgressLeg{call_.customer_leg, 180});
    if (call_.consult) progress_own_leg(false);
    return;
  }
  part->leg = LegId{ids_.next()};
  part->rings_until = now_ + ring_timeout;
  out_.emplace_back(LegStarted{part->leg, "agent", "sip", offered.number, offered.agent});
  LegId near = call_.customer_leg;
  if (call_.consult) near = call_.consult->own_leg ? call_.consult->own_leg : call_.agent->leg;
  call_phone(*part, near);
}

void CallStep::call_phone(const AgentPart& agent, LegId near) {
  const Duration left = agent.rings_until.value_or(now_) - now_;
  const bool outbound = call_.direction == "outbound";
  voice(OriginateSip{agent.leg, agent.sip_contact, false, outbound ? call_.to : call_.from,
                     outbound ? std::string() : call_.from_display, std::max(left, Duration{1'000}), near});
}

void CallStep::call_external(const ExternalPart& external, LegId near) {
  const bool own = !external.shown.empty();
  voice(OriginateSip{external.leg, external.number, true, own ? external.shown : call_.from,
                     own ? std::string() : call_.from_display, limits_.ring_external, near});
}

void CallStep::stop_ringing(AgentId agent, const std::string& why) {
  if (is_consulted(agent)) {
    if (call_.consult->agent->taken) return;
    history("consult_offer_ended", {{"agent", agent.to_string()}, {"why", why}});
    if (const LegId leg = call_.consult->agent->leg) voice(HangUpLeg{leg, Cause::no_answer});
    call_.consult->agent.reset();
    if (!call_.consult->queued) consultation_failed(why);
    return;
  }
  if (!call_.agent || call_.agent->agent != agent || call_.agent->taken) return;
  history("offer_ended", {{"agent", agent.to_string()}, {"why", why}});
  if (call_.agent->leg) voice(HangUpLeg{call_.agent->leg, Cause::no_answer});
  call_.agent.reset();
  if (call_.stage == Stage::waiting && !call_.queued) back_to_queue("no_answer");  // was offered straight to this agent
}

void CallStep::agent_refused(AgentId agent) {
  if (call_.consult) return consultation_failed("not_free");
  history("agent_not_free", {{"agent", agent.to_string()}});
  back_to_queue("not_free");
}

/// A transfer did not come about, or the agent's device is lost: the customer goes back where they waited, first in
/// line by the old clock; from the IVR's default queue when there was none.
void CallStep::back_to_queue(const std::string& why) {
  if (call_.internal()) return finish(why == "not_free" ? Cause::busy : Cause::no_answer);
  if (!call_.place) call_.place = QueuePlace{limits_.default_queue, 0, {}, "music/hold", now_};
  call_.place->priority = std::max(call_.place->priority, 100);
  call_.place->may_exit = false;
  call_.stage = Stage::waiting;
  call_.on_hold = false;
  call_.deadline.reset();
  call_.connected_at.reset();
  history("back_to_queue", {{"why", why}});
  out_.emplace_back(AskQueue{*call_.place});
}

// ---- while they wait

void CallStep::announce(std::vector<std::string> prompts) {
  if (call_.stage != Stage::waiting || !call_.queued || call_.agent || call_.call_back || prompts.empty()) return;
  play(std::move(prompts), false, false);
  call_.announcing = true;
}

void CallStep::queue_exit(const std::string& why, const std::string& target) {
  if (call_.stage != Stage::waiting) return;
  call_.queued = false;
  history("queue_exit", {{"queue", call_.place ? call_.place->queue : std::string()}, {"why", why}, {"to", target}});
  const auto rest = [&](std::string_view kind) {
    return target.starts_with(kind) ? std::optional(target.substr(kind.size())) : std::nullopt;
  };
  if (const auto queue = rest("queue:"); queue && call_.place) {  // the waiting clock goes on
    call_.place->queue = *queue;
    call_.place->entered = now_;
    ++call_.place->moves;
    out_.emplace_back(AskQueue{*call_.place});
  } else if (const auto flow = rest("flow:")) {
    if (call_.place) ++call_.place->moves;
    call_.stage = Stage::ivr;
    run(begin(book_, call_.position, *flow, now_));
  } else if (target == "call_back") {
    out_.emplace_back(AskCallBack{why});
  } else {
    finish(Cause::capacity);
  }
}

void CallStep::call_back_noted() {
  if (call_.stage != Stage::waiting) return;
  history("call_back_asked");
  finish(Cause::normal);
}

void CallStep::call_back_refused(const std::string& why) {
  if (call_.stage != Stage::waiting) return;
  history("call_back_refused", {{"why", why}});
  call_.place->may_exit = false;
  out_.emplace_back(AskQueue{*call_.place});
}

/// The service line is operated by others: the caller is joined to them, and waits here when they do not answer.
void CallStep::forward() {
  history("forwarded", {{"number", call_.forward_to}});
  call_.stage = Stage::transferring;
  play_music();
  call_.external = ExternalPart{LegId{ids_.next()}, call_.forward_to, false, {}};
  out_.emplace_back(LegStarted{call_.external->leg, "external", "sip", call_.forward_to, std::nullopt});
  call_external(*call_.external, call_.customer_leg);
}

// ---- call-backs

void CallStep::begin_call_back(CallBack call_back, QueuePlace place) {
  call_.started_at = now_;
  call_.direction = "outbound";
  call_.stage = Stage::waiting;
  history("call_back", {{"number", call_back.number},
                        {"queue", place.queue},
                        {"how", call_back.how},
                        {"of", call_back.of},
                        {"since_ms", std::to_string(to_unix_ms(place.since))}});
  call_.call_back = std::move(call_back);
  call_.place = std::move(place);
  out_.emplace_back(AskQueue{*call_.place});
}

bool CallStep::cancel_call_back(const std::string& why) {
  if (!call_.waits_to_call_back() || (call_.agent && call_.agent->taken)) return false;
  history("call_back_cancelled", {{"why", why}});
  finish(Cause::cancelled);
  return true;
}

bool CallStep::hasten_call_back() {
  if (!call_.waits_to_call_back() || call_.agent || !call_.call_back->next_at) return false;
  call_.call_back->next_at.reset();
  history("call_back_hastened");
  out_.emplace_back(AskQueue{*call_.place});
  return true;
}

/// The customer did not answer. They keep their place and are called again by the rule, or no more.
void CallStep::call_back_not_reached(Cause cause) {
  CallBack& back = *call_.call_back;
  ++back.attempts;
  back.tries.push_back({now_, to_string(cause)});
  history("call_back_not_reached", {{"cause", to_string(cause)}, {"attempt", std::to_string(back.attempts)}});
  const TimePoint next = now_ + (cause == Cause::busy ? back.busy_retry : back.retry);
  if (back.attempts >= back.attempts_max || next >= back.expires_at) return finish(cause);
  back.next_at = next;
  const AgentPart agent = *call_.agent;
  call_.agent.reset();
  hang_up(agent.leg, Cause::normal);
  call_back_waits_again("not_reached");
  out_.emplace_back(AgentFinished{agent.agent, false});
}

/// The agent's part is over before the customer answered: by their own will, or their device is gone.
void CallStep::call_back_left(Cause cause) {
  const AgentPart agent = *call_.agent;
  call_.agent.reset();
  hang_up(agent.leg, Cause::normal);
  history(agent.answered ? "agent_left" : "agent_lost",
          {{"agent", agent.agent.to_string()}, {"cause", to_string(cause)}});
  if (agent.answered) call_.call_back->next_at = now_ + left_by_agent;
  call_back_waits_again("agent_left");
  if (agent.answered)
    out_.emplace_back(AgentFinished{agent.agent, false});
  else
    out_.emplace_back(AgentDeviceLost{agent.agent});
}

/// Back to where it waited, without anybody.
void CallStep::call_back_waits_again(const std::string& why) {
  if (call_.agent) {                              // their device went with the node
    hang_up(call_.agent->leg, Cause::node_lost);  // as in node_lost()
    out_.emplace_back(AgentDeviceLost{call_.agent->agent});
    call_.agent.reset();
  }
  if (call_.customer_called) hang_up(call_.customer_leg, Cause::cancelled);
  call_.customer_leg = LegId{};
  call_.customer_called = call_.early_media = false;
  call_.deadline.reset();
  call_.offered_at.reset();
  call_.side_play = PlayId{};
  call_.stage = Stage::waiting;
  history("call_back_waits", {{"why", why}});
  if (call_.call_back->expires_at <= now_) {  // its time ended while somebody had it
    history("call_back_expired");
    return finish(Cause::no_answer);
  }
  if (!call_.call_back->next_at) out_.emplace_back(AskQueue{*call_.place});
}

}  // namespace hotline::call
