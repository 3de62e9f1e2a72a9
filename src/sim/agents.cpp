// SPDX-License-Identifier: Apache-2.0
// The agents' half of People.
#include <algorithm>

#include "sim/people.hpp"

namespace hotline::sim {
namespace {

using std::chrono::seconds;

/// How long the API waits for a page that was closed before it says Live::desk_lost.
constexpr Duration desk_grace{20'000};

}  // namespace

People::Agent* People::by_number(const std::string& uri) {
  for (auto& [id, agent] : agents_) {
    if (uri.starts_with("sip:" + agent.number + "@") || uri == "account:" + agent.number) return &agent;
  }
  return nullptr;
}

// ---- what the desk shows

void People::agent_shown(const app::AgentStatus& status) {
  const auto found = agents_.find(status.id);
  if (found == agents_.end()) return;
  Agent& agent = found->second;
  if (!agent.there) return;
  agent.status = status;
  if (!status.call_id) agent.call.reset();
  think(agent);
}

void People::call_shown(const app::CallSeen& seen) {
  for (const AgentId id : seen.tell) {
    const auto found = agents_.find(id);
    if (found == agents_.end() || !found->second.there) continue;
    Agent& agent = found->second;
    if (seen.call->state == "ended") {
      if (agent.call && agent.call->id == seen.call->id) agent.call.reset();
    } else {
      agent.call = *seen.call;
    }
    think(agent);
  }
}

void People::core_is_back() {
  for (auto& [id, agent] : agents_) {
    time_.after(agent.chance.between(Duration{300}, Duration{3'000}), [this, &agent = agent] { look(agent); });
  }
}

/// The page is loaded anew.
void People::look(Agent& agent) {
  if (!core_->runs() || !agent.there) return;
  agent.status = core_->live().agent_status(agent.habits.id);
  agent.call = core_->live().call_of_agent(agent.habits.id);
  if (agent.call && agent.call->state == "ended") agent.call.reset();
  agent.shown.clear();  // what was planned may have been lost with the page
  think(agent);
}

void People::vanish(AgentId id, Duration away) {
  const auto found = agents_.find(id);
  if (found == agents_.end() || !found->second.there) return;
  Agent& agent = found->second;
  trace_.add(time_.now(), "agent: vanishes", id.value());
  agent.there = false;
  if (agent.leg) {
    time_.after(agent.chance.between(Duration{0}, seconds{10}),
                [this, leg = agent.leg] { node_.hang_up(leg, call::Cause::media_timeout); });
  }
  time_.after(desk_grace, [this, &agent, id] {
    if (agent.there) return;
    core_->input("desk lost", id.value(), [&](app::Live& live, TimePoint now) { return live.desk_lost(id, now); });
  });
  time_.after(away, [this, &agent] {
    agent.there = true;
    look(agent);
  });
}

void People::go_home() {
  closing_ = true;
  for (auto& [id, agent] : agents_) {
    agent.off = true;
    look(agent);
  }
}

// ---- what they do

/// Something new is shown: whatever was planned is about what is no more.
void People::think(Agent& agent) {
  std::string shown = agent.status.state + std::to_string(to_unix_ms(agent.status.since_ms));
  if (agent.off) shown += "off";
  if (agent.call) {
    shown += agent.call->id.to_string() + agent.call->state + agent.call->role;
    if (agent.call->offered_ms) shown += std::to_string(to_unix_ms(*agent.call->offered_ms));
  }
  if (shown == agent.shown) return;
  agent.shown = std::move(shown);
  agent.decided = false;
  plan(agent, until_next_act(agent));
}

void People::plan(Agent& agent, Duration after) {
  time_.after(after, [this, &agent, plan = ++agent.plan] {
    if (plan == agent.plan) act(agent);
  });
}

Duration People::until_next_act(Agent& agent) {
  const std::string& state = agent.status.state;
  Stream& chance = agent.chance;
  if (agent.off && state != "busy" && state != "offered") return chance.between(Duration{100}, seconds{5});
  if (state == "offered") return chance.exponential(agent.habits.reaction);
  if (state == "busy") {
    const bool hurry = agent.call && (agent.call->state == "connecting" || agent.call->state == "held");
    return hurry ? chance.between(seconds{1}, seconds{15}) : chance.exponential(agent.habits.acts_every);
  }
  if (state == "wrap_up") return chance.exponential(agent.habits.wrap_up);
  if (state == "ready") return chance.exponential(agent.habits.pause_every);
  if (state == "paused") return chance.exponential(agent.habits.pause);
  return chance.between(seconds{1}, seconds{40});
}

void People::act(Agent& agent) {
  if (!agent.there) return;
  trace_.add(time_.now(), "agent: acts", agent.habits.id.value());
  const std::string state = agent.status.state;
  plan(agent, agent.chance.between(seconds{8}, seconds{20}));  // unless something happens before
  if (state == "offered") return act_offered(agent);
  if (state == "busy") return act_busy(agent);
  if (state == "wrap_up") return finish_wrap_up(agent);
  if (agent.off) {
    if (state != "signed_out") set_state(agent, "signed_out");
    return;
  }
  if (state == "ready") {
    if (!agent.chance.chance(0.2)) return set_state(agent, "paused");
    const AgentId id = agent.habits.id;
    const bool line = agent.chance.chance(0.5);
    return ask(agent, "agent: dials", [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.dial(request, app::Dial{id, "5550144", line ? "112" : ""}, now);
    });
  }
  set_state(agent, "ready");
}

void People::set_state(Agent& agent, const char* state) {
  const bool paused = std::string_view(state) == "paused";
  ask(agent, "agent: sets state", [&](app::Live& live, app::RequestId request, TimePoint now) {
    return live.set_agent_state(request, app::SetState{agent.habits.id, state, paused ? "lunch" : "", "", ""}, now);
  });
}

void People::finish_wrap_up(Agent& agent) {
  if (!agent.status.call_id || agent.chance.chance(agent.habits.lets_wrap_up_expire)) return;
  app::WrapUp wrap_up{agent.habits.id, ContactId{agent.status.call_id->value()},       "fault", "solved",
                      "note",          agent.chance.chance(0.85) ? "ready" : "paused", "lunch", 0};
  ask(agent, "agent: wraps up", [&](app::Live& live, app::RequestId request, TimePoint now) {
    wrap_up.stored_history = history_of ? history_of(wrap_up.contact) : 0;  // as the API reads it
    return live.wrap_up(request, wrap_up, now);
  });
}

void People::act_offered(Agent& agent) {
  if (!agent.call || agent.call->state != "offered" || !agent.habits.browser) return;
  if (!std::exchange(agent.decided, true)) {
    const double fate = agent.chance.uniform();
    agent.fate = fate < agent.habits.answers ? 0 : fate < agent.habits.answers + agent.habits.rejects ? 1 : 2;
  }
  const CallId call = agent.call->id;
  const AgentId id = agent.habits.id;
  if (agent.fate == 0) {
    agent.asked = call;
    ask(agent, "agent: answers", [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.agent_answers(request, id, call, "v=0 offer", now);
    });
  } else if (agent.fate == 1) {
    ask(agent, "agent: rejects", [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.agent_rejects(request, id, call, now);
    });
  }
}

void People::act_busy(Agent& agent) {
  if (!agent.call) return look(agent);
  const CallId call = agent.call->id;
  const AgentId id = agent.habits.id;
  const std::string& state = agent.call->state;
  if (state == "connecting" && agent.habits.browser) {
    agent.asked = call;
    return ask(agent, "agent: answers again", [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.agent_answers(request, id, call, "v=0 offer", now);
    });
  }
  if (agent.call->role == "consulted") {
    if (agent.chance.chance(0.2)) hang_up(agent);
    return;
  }
  if (state == "talking" && !agent.call->consult) return act_talking(agent);
  if (state == "held" && !agent.call->consult && agent.chance.chance(0.8)) {
    return ask(agent, "agent: resumes", [&](app::Live& live, app::RequestId request, TimePoint now) {
      return live.hold(request, id, call, false, now);
    });
  }
  if (agent.call->consult) return consult_step(agent);
  if (agent.chance.chance(0.2)) hang_up(agent);
}

void People::act_talking(Agent& agent) {
  const CallId call = agent.call->id;
  const AgentId id = agent.habits.id;
  const bool phone = !agent.habits.browser;
  switch (agent.chance.below(12)) {
    case 0:
    case 1:
      if (phone && agent.leg) return node_.press_hold(agent.leg, true);
      return ask(agent, "agent: holds", [&](app::Live& live, app::RequestId request, TimePoint now) {
        return live.hold(request, id, call, true, now);
      });
    case 2: {
      const bool on = !agent.call->recording_paused_until_ms;
      return ask(agent, "agent: pauses recording", [&](app::Live& live, app::RequestId request, TimePoint now) {
        return live.pause_recording(request, id, call, on, now);
      });
    }
    case 3:
      return ask(agent, "agent: sends digits", [&](app::Live& live, app::RequestId request, TimePoint now) {
        return live.send_digits(request, id, call, "12#", now);
      });
    case 4:
    case 5:
    case 6:
      return consult_or_transfer(agent, true);
    case 7:
      if (phone && agent.leg && agent.chance.chance(0.5))
        return node_.ask_for_transfer(agent.leg, agent.chance.chance(0.5) ? "experts" : "5550122");
      return consult_or_transfer(agent, false);
    case 8:
      return set_state(agent, agent.chance.chance(0.5) ? "paused" : "ready");  // after the call
    case 9:
      return hang_up(agent);
    default:
      return;  // they just talk
  }
}

void People::consult_or_transfer(Agent& agent, bool consult) {
  app::TransferTo to{"queue", agent.chance.chance(0.5) ? "experts" : "general"};
  const std::uint64_t kind = agent.chance.below(3);
  if (kind == 1) to = {"number", "5550133"};
  if (kind == 2) to = {"agent", std::to_string(1 + agent.chance.below(agents_.size()))};
  const CallId call = agent.call->id;
  const AgentId id = agent.habits.id;
  ask(agent, consult ? "agent: consults" : "agent: transfers",
      [&](app::Live& live, app::RequestId request, TimePoint now) {
        return consult ? live.consult(request, id, call, to, now) : live.transfer(request, id, call, to, now);
      });
}

void People::consult_step(Agent& agent) {
  const std::uint64_t what = agent.chance.below(6);
  if (what == 5) return hang_up(agent);
  if (what == 4) return;
  ask(agent, "agent: goes on with the consultation", [&](app::Live& live, app::RequestId request, TimePoint now) {
    return live.consult_step(request, agent.habits.id, agent.call->id, static_cast<app::ConsultStep>(what), now);
  });
}

/// At the desk, or by the phone's receiver.
void People::hang_up(Agent& agent) {
  if (!agent.habits.browser && agent.leg && agent.chance.chance(0.7))
    return node_.hang_up(agent.leg, call::Cause::normal);
  ask(agent, "agent: hangs up", [&](app::Live& live, app::RequestId request, TimePoint now) {
    return live.agent_hangs_up(request, agent.habits.id, agent.call->id, now);
  });
}

}  // namespace hotline::sim
