// SPDX-License-Identifier: Apache-2.0
// The call model: what happens to a caller while they wait (announcements, ways out of the queue), and the customer who
// is called back instead of waiting.
#include <string_view>
#include <utility>

#include "domain/call/call.hpp"

namespace hotline::call {
namespace {

/// An agent who left a call-back before the customer answered is not given it again in the same moment.
constexpr Duration left_by_agent{60'000};

}  // namespace

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
