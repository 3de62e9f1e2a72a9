// SPDX-License-Identifier: Apache-2.0
// What desks, API clients and web callers ask of the live operation. Every request with an id gets exactly one Reply.
#include <algorithm>
#include <charconv>

#include "app/live/live.hpp"
#include "app/live/refusal_text.hpp"
#include "app/live/work.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::app {
namespace {

const Reason* find_reason(const World& world, const std::string& kind, const std::string& code) {
  const auto found = std::find_if(world.reasons.begin(), world.reasons.end(),
                                  [&](const Reason& r) { return r.kind == kind && r.code == code; });
  return found == world.reasons.end() ? nullptr : &*found;
}

/// "sip:user@host:port" with nothing in it that could break out of a SIP header.
bool is_sip_contact(const std::string& uri) {
  return uri.size() >= 7 && uri.size() <= 128 && uri.starts_with("sip:") && uri.find('@') != std::string::npos &&
         std::all_of(uri.begin(), uri.end(), [](unsigned char c) {
           return std::isalnum(c) ||
                  std::string_view("@:.;=_-+[]").find(static_cast<char>(c)) != std::string_view::npos;
         });
}

}  // namespace

LiveEffects Live::set_agent_state(RequestId request, const SetState& command, TimePoint now) {
  Work work(*this, now);
  const auto found = staff_.find(command.agent);
  const auto refuse = [&](const char* code, std::string why) {
    work.refuse(request, code, std::move(why));
    return work.finish();
  };
  if (found == staff_.end()) return refuse("not_found", "No agent has this id.");
  Agent& agent = world_.agents[found->second];
  const auto state = acd::agent_state_from(command.state);
  if (!state || (*state != acd::AgentState::ready && *state != acd::AgentState::paused &&
                 *state != acd::AgentState::signed_out)) {
    return refuse("bad_value", "state must be ready, paused or signed_out.");
  }
  if (*state == acd::AgentState::paused && find_reason(world_, "pause", command.reason) == nullptr) {
    return refuse("bad_value", "reason must be one of the pause reasons.");
  }
  if (!command.sip_contact.empty() && !is_sip_contact(command.sip_contact)) {
    return refuse("bad_value", "sip_contact must look like sip:user@host:port[;transport=tcp].");
  }
  const std::string device = command.device.empty() ? agent.device : command.device;
  const std::string contact = command.sip_contact.empty() ? agent.sip_contact : command.sip_contact;
  if (device == "sip" && contact.empty() && !agent.sip_account.exists())
    return refuse("bad_value", "This agent has no SIP account and no SIP contact; give sip_contact.");
  if (device == "sip" && *state == acd::AgentState::ready && contact.empty() && !phone_reachable(agent))
    return refuse("wrong_state", "The agent's phone is not registered.");
  // Refused states leave the device as it is; a ready agent is offered calls in this very step, on the new device.
  if (acd_.agent(command.agent) == nullptr) return refuse("wrong_state", "This agent does not take calls.");
  if (device != agent.device || contact != agent.sip_contact) {
    agent.device = device;
    agent.sip_contact = contact;
    work.change(SetAgentDevice{agent.id, device, contact});
  }
  auto result = acd_.set_state(command.agent, *state, *state == acd::AgentState::paused ? command.reason : "", now);
  if (!result)
    return refuse("wrong_state",
                  std::string("The agent's state does not allow this: ") + acd::to_string(result.error()) + ".");
  work.apply(*result);
  work.reply(Reply{request, {}, agent_status(command.agent), {}});
  return work.finish();
}

LiveEffects Live::desk_lost(AgentId agent, TimePoint now) {
  Work work(*this, now);
  const Agent* member = staff(agent);
  const acd::AgentLive* live = acd_.agent(agent);
  if (member == nullptr || live == nullptr || member->device == "sip") return work.finish();
  if (live->state != acd::AgentState::ready && live->state != acd::AgentState::offered) return work.finish();
  if (auto result = acd_.device_lost(agent, "desk_closed", now)) work.apply(*result);
  return work.finish();
}

LiveEffects Live::on_agent_call(RequestId request, CallId call, TimePoint now,
                                const std::function<call::Refusal(call::CallStep&)>& act) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  if (found == calls_.end() || found->second.call.stage == call::Stage::ended) {
    work.refuse(request, "not_found", "No live call has this id.");
    return work.finish();
  }
  call::Refusal refusal = call::Refusal::none;
  work.step(found->second, [&](call::CallStep& step) { refusal = act(step); });
  if (refusal != call::Refusal::none) {
    work.refuse(request, refusal == call::Refusal::not_your_call ? "forbidden" : "wrong_state", sentence_of(refusal));
  } else {
    work.reply(Reply{request, {}, {}, view(found->second)});
  }
  return work.finish();
}

LiveEffects Live::agent_answers(RequestId request, AgentId agent, CallId call, const std::string& offer_sdp,
                                TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) { return step.agent_answers(agent, offer_sdp); });
}
LiveEffects Live::agent_rejects(RequestId request, AgentId agent, CallId call, TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) { return step.agent_rejects(agent); });
}
LiveEffects Live::hold(RequestId request, AgentId agent, CallId call, bool on, TimePoint now) {
  return on_agent_call(request, call, now,
                       [&](call::CallStep& step) { return on ? step.hold(agent) : step.resume(agent); });
}
LiveEffects Live::send_digits(RequestId request, AgentId agent, CallId call, const std::string& digits, TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) { return step.send_digits(agent, digits); });
}
LiveEffects Live::pause_recording(RequestId request, AgentId agent, CallId call, bool on, TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) {
    return on ? step.pause_recording(agent) : step.resume_recording(agent);
  });
}
LiveEffects Live::agent_hangs_up(RequestId request, AgentId agent, CallId call, TimePoint now) {
  return on_agent_call(request, call, now, [&](call::CallStep& step) { return step.agent_hangs_up(agent); });
}

LiveEffects Live::wrap_up(RequestId request, const WrapUp& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](std::string why) {
    work.refuse(request, "bad_value", std::move(why));
    return work.finish();
  };
  if (find_reason(world_, "contact", command.reason_code) == nullptr)
    return refuse("reason_code is none of the contact reasons.");
  if (find_reason(world_, "outcome", command.result_code) == nullptr)
    return refuse("result_code is none of the outcomes.");
  const bool paused = command.next == "paused";
  if (paused && find_reason(world_, "pause", command.pause_reason) == nullptr)
    return refuse("pause_reason is none of the pause reasons.");

  if (!storable(command.note)) return refuse("note is not UTF-8 text, or has a NUL in it.");
  work.change(PutWrapUp{command.contact, command.reason_code, command.result_code, command.note, command.agent});
  const auto live = calls_.find(CallId{command.contact.value()});
  std::int64_t seq = command.stored_history + 1;
  if (live != calls_.end()) {
    live->second.contact.reason_code = command.reason_code;
    live->second.contact.result_code = command.result_code;
    live->second.contact.note = command.note;
    if (const auto part = live->second.parts.find(command.agent.to_string()); part != live->second.parts.end()) {
      part->second.reason_code = command.reason_code;
      part->second.result_code = command.result_code;
      part->second.note = command.note;
    }
    seq = ++live->second.history_length;
    work.touch(live->second);
  } else if (const auto closed = history_of_closed_.find(command.contact); closed != history_of_closed_.end()) {
    // What the store had when the request was made may be less than what is on its way to it.
    seq = closed->second = std::max(seq, closed->second + 1);
  }
  work.change(ContactEvent{command.contact, seq, now, "wrap_up", "{\"agent\":\"" + command.agent.to_string() + "\"}"});
  const acd::AgentLive* agent = acd_.agent(command.agent);
  if (agent != nullptr && agent->state == acd::AgentState::wrap_up && agent->call == CallId{command.contact.value()}) {
    std::optional<acd::AgentState> next;
    if (paused) next = acd::AgentState::paused;
    if (command.next == "ready") next = acd::AgentState::ready;
    if (auto result = acd_.finish_wrap_up(command.agent, next, paused ? command.pause_reason : "", now))
      work.apply(*result);
  }
  work.reply(Reply{request, {}, {}, {}});
  return work.finish();
}

// ---- web callers

LiveEffects Live::web_call(RequestId request, const WebCall& command, TimePoint now) {
  Work work(*this, now);
  const auto refuse = [&](const char* code, std::string why) {
    work.refuse(request, code, std::move(why));
    return work.finish();
  };
  if (draining_ || !store_healthy_ || calls_.size() >= config_.calls_max) {
    return refuse("unavailable", "The hotline takes no new calls at the moment; try again in a minute.");
  }
  const ServiceLine* line = line_of(command.number.empty() ? config_.entry_number : command.number);
  if (line == nullptr) return refuse("bad_value", "This number is not one of the hotline's.");
  const LineOperation& operation = operation_of_line(line->code);
  const auto stage = service_line::stage_from(operation.stage);
  if (stage == service_line::Stage::retired) return refuse("unavailable", "This service is not offered any more.");
  const std::string* node = node_for_call(nullptr);
  if (node == nullptr) return refuse("unavailable", "No voice node takes calls; try again in a minute.");
  Entry entry = new_entry(*node, "web", to_storable(command.name),
                          command.number.empty() ? config_.entry_number : command.number, *line, now);
  entry.call.customer_leg = LegId{ids_.next()};
  if (stage == service_line::Stage::outsourced) entry.call.forward_to = operation.outsourced_to;
  if (command.language == "en") entry.call.position.variables["language"] = "en";
  if (command.language.starts_with("zh")) entry.call.position.variables["language"] = "cmn";
  Entry& added = work.add(std::move(entry));
  work.step(added, [&](call::CallStep& step) { step.arrive_browser(line->flow, command.offer_sdp); });
  work.reply(Reply{request, {}, {}, view(added)});
  return work.finish();
}

LiveEffects Live::web_digit(CallId call, char digit, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  if (found != calls_.end()) {
    work.step(found->second, [&](call::CallStep& step) { step.digit(found->second.call.customer_leg, digit); });
  }
  return work.finish();
}

LiveEffects Live::web_hangs_up(CallId call, TimePoint now) {
  Work work(*this, now);
  const auto found = calls_.find(call);
  if (found != calls_.end()) work.step(found->second, [](call::CallStep& step) { step.customer_hangs_up(); });
  return work.finish();
}

}  // namespace hotline::app
