// SPDX-License-Identifier: Apache-2.0
// The callers' half of People, and whoever is rung outside.
#include <algorithm>

#include "sim/people.hpp"

namespace hotline::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Nobody stays on the line longer than this, whatever happens: what goes on after it is stuck.
constexpr Duration stays_max = minutes{40};
/// A voice node without a core refuses after this long (docs/life_of_a_call.md).
constexpr Duration node_waits_for_core{3'000};

}  // namespace

People::People(Timeline& time, Trace& trace, ScriptedNode& node, const WorldScript& script)
    : time_(time), trace_(trace), node_(node), script_(script), arrivals_(script.seed, "arrivals") {
  for (const AgentHabits& habits : script.agents) {
    const auto row = std::find_if(script.world.agents.begin(), script.world.agents.end(),
                                  [&](const app::Agent& agent) { return agent.id == habits.id; });
    agents_.emplace(habits.id, Agent(habits, row->number, Stream(script.seed, "agent", habits.id.value())));
  }
  node_.watch(*this);
}

void People::begin(CoreHost& core) {
  core_ = &core;
  begin_ = time_.now();
  plan_arrivals();
  for (auto& [id, agent] : agents_) {
    agent.off = true;
    time_.after(agent.habits.signs_in, [this, &agent = agent] {
      agent.off = closing_;
      look(agent);
    });
    if (agent.habits.signs_out > Duration{0}) {
      time_.after(agent.habits.signs_out, [this, &agent = agent] {
        agent.off = true;
        think(agent);
      });
    }
  }
}

/// Poisson within each interval (thinning would need the highest rate; the next interval begins afresh instead).
void People::plan_arrivals() {
  for (std::size_t i = 0; i < script_.arrivals_per_minute.size(); ++i) {
    const double rate = script_.arrivals_per_minute[i];
    if (rate <= 0) continue;
    const Duration mean{static_cast<std::int64_t>(60'000 / rate)};
    const auto index = static_cast<std::int64_t>(i);
    for (Duration at = arrivals_.exponential(mean); at < script_.interval; at += arrivals_.exponential(mean)) {
      const std::string& number = script_.callers.numbers[arrivals_.below(script_.callers.numbers.size())];
      time_.at(begin_ + script_.interval * index + at, [this, number] { call_in(number, true); });
    }
  }
}

People::Caller& People::caller_at(LegId leg) {
  const auto [found, added] =
      callers_.try_emplace(leg, Caller{Stream(script_.seed, "caller", 0), false, false, false, 0, ""});
  if (added) found->second.chance = Stream(script_.seed, "caller", ++parties_);
  return found->second;
}

void People::call_in(const std::string& number, bool again) {
  ++calls_;
  Stream chance(script_.seed, "call", calls_);
  if (chance.chance(script_.callers.by_web)) {
    core_->request("web call", calls_, [&](app::Live& live, app::RequestId id, TimePoint now) {
      return live.web_call(id, app::WebCall{number, chance.chance(0.3) ? "en" : "", "v=0 offer", "Kim"}, now);
    });
    return;
  }
  if (!node_.runs()) return;
  const std::string from = chance.chance(0.1) ? "" : "555010" + std::to_string(chance.below(10));
  const LegId leg = node_.call_in(number, from);
  trace_.add(time_.now(), "caller: calls", leg.value());
  caller_at(leg).number = again ? number : "";
  time_.after(node_waits_for_core, [this, leg] {
    const ScriptedNode::Leg* here = node_.leg(leg);
    if (here != nullptr && !here->accepted) node_.hang_up(leg, call::Cause::cancelled);
  });
  plan_leaving(leg, stays_max - Duration{static_cast<std::int64_t>(chance.below(1'200'000))});
}

void People::plan_leaving(LegId leg, Duration after) {
  time_.after(after, [this, leg] { leave(leg); });
}

void People::accepted(LegId leg) {
  Caller& caller = caller_at(leg);
  const Duration delay = caller.chance.between(Duration{20}, Duration{300});
  if (caller.chance.chance(0.02)) {
    time_.after(delay, [this, leg] { node_.hang_up(leg, call::Cause::cancelled); });
  } else {
    time_.after(delay, [this, leg] { node_.answer(leg); });
  }
}

void People::browser_asked(LegId leg) {
  const ScriptedNode::Leg& here = *node_.leg(leg);
  Caller* caller = nullptr;
  if (here.customer) {
    caller = &caller_at(leg);
    caller->web = true;
    plan_leaving(leg, stays_max - Duration{static_cast<std::int64_t>(caller->chance.below(1'200'000))});
  }
  Stream chance(script_.seed, "media", leg.value());
  for (auto& [id, agent] : agents_) {
    if (!here.customer && agent.asked == here.call) agent.leg = leg;
  }
  const double fate = chance.uniform();
  const Duration delay = chance.between(Duration{80}, Duration{1'200});
  if (fate < 0.94) {
    time_.after(delay, [this, leg] { node_.answer(leg); });
  } else if (fate < 0.97) {
    time_.after(delay, [this, leg] { node_.hang_up(leg, call::Cause::media_timeout); });
  }  // else its media never comes up
}

/// A phone, an agent's or an outside one, is called.
void People::rings(LegId leg) {
  const ScriptedNode::Leg& here = *node_.leg(leg);
  if (Agent* agent = here.outside ? nullptr : by_number(here.uri)) {
    const ScriptedNode::Leg* other = node_.leg(agent->leg);
    if (other != nullptr && other->answered && (other->bridged_to || other->mix))
      complain("the phone of agent " + agent->number + " is rung while it talks");
    agent->leg = leg;
    if (!agent->there) return;
    const double fate = agent->chance.uniform();
    const Duration reaction = agent->chance.exponential(agent->habits.reaction);
    time_.after(Duration{60}, [this, leg] {
      if (node_.leg(leg) != nullptr) node_.ring(leg);
    });
    if (fate < agent->habits.answers) {
      time_.after(reaction, [this, leg] { node_.answer(leg); });
    } else if (fate < agent->habits.answers + agent->habits.rejects) {
      time_.after(reaction, [this, leg] {
        if (const auto* rung = node_.leg(leg); rung != nullptr && !rung->answered)
          node_.hang_up(leg, call::Cause::rejected);
      });
    }
    return;
  }
  for (const auto& [id, other] : node_.legs()) {
    if (here.uri.starts_with("555010") && id != leg && other.outside && other.uri == here.uri)
      complain("customer " + here.uri + " is called twice at once");
  }
  Caller& far = caller_at(leg);
  const double fate = far.chance.uniform();
  const Duration after = far.chance.between(seconds{1}, seconds{12});
  plan_leaving(leg, stays_max);
  if (fate < 0.7) {
    time_.after(after / 2, [this, leg] {
      if (node_.leg(leg) != nullptr) node_.ring(leg);
    });
    time_.after(after, [this, leg] { node_.answer(leg); });
  } else if (fate < 0.85) {
    time_.after(after, [this, leg] {
      if (const auto* rung = node_.leg(leg); rung != nullptr && !rung->answered) node_.hang_up(leg, call::Cause::busy);
    });
  }
}

void People::hears_prompt(LegId leg, Duration length, bool may_press) {
  const auto found = callers_.find(leg);
  if (found == callers_.end() || !may_press) return;
  Caller& caller = found->second;
  if (!caller.chance.chance(script_.callers.presses)) return;
  const int keys = caller.chance.chance(0.2) ? 3 : 1;
  Duration after = caller.chance.between(Duration{100}, length + seconds{6});
  for (int i = 0; i < keys; ++i) {
    const char digit = "1112223349905*#"[caller.chance.below(15)];
    time_.after(after, [this, leg, digit] { node_.press(leg, digit); });
    after += caller.chance.between(Duration{150}, seconds{2});
  }
}

void People::hears_music(LegId leg) {
  const auto found = callers_.find(leg);
  if (found == callers_.end()) return;
  Caller& caller = found->second;
  caller.talks = false;
  const Duration patience = caller.chance.exponential(script_.callers.patience * (caller.has_talked ? 2 : 1));
  if (caller.chance.chance(script_.callers.presses_waiting)) {
    const char digit = "11122*#7"[caller.chance.below(8)];
    time_.after(caller.chance.between(Duration{200}, patience), [this, leg, digit] { node_.press(leg, digit); });
  }
  time_.after(patience, [this, leg, mood = ++caller.mood] {
    const auto waits = callers_.find(leg);
    if (waits != callers_.end() && waits->second.mood == mood) leave(leg);
  });
}

void People::joined(LegId leg) {
  const auto found = callers_.find(leg);
  if (found == callers_.end()) return;
  Caller& caller = found->second;
  caller.has_talked = true;
  if (std::exchange(caller.talks, true)) return;
  const Duration length = caller.chance.lognormal(script_.callers.handling, script_.callers.handling_variation);
  time_.after(length, [this, leg, mood = ++caller.mood] {
    const auto talks = callers_.find(leg);
    if (talks != callers_.end() && talks->second.mood == mood) end_talk(leg);
  });
}

/// All is said: one of them hangs up first.
void People::end_talk(LegId leg) {
  Caller& caller = callers_.at(leg);
  const ScriptedNode::Leg* here = node_.leg(leg);
  if (here != nullptr && caller.chance.chance(0.35)) {
    for (auto& [id, agent] : agents_) {
      if (!agent.call || agent.call->id != here->call || !agent.there) continue;
      hang_up(agent);
      return plan_leaving(leg, seconds{20});
    }
  }
  leave(leg);
}

void People::leave(LegId leg) {
  const auto found = callers_.find(leg);
  if (found == callers_.end()) return;
  trace_.add(time_.now(), "caller: hangs up", leg.value());
  const ScriptedNode::Leg* here = node_.leg(leg);
  if (found->second.web && here != nullptr && core_->runs() && found->second.chance.chance(0.5)) {
    const CallId call = here->call;
    core_->input("web hangs up", call.value(),
                 [&](app::Live& live, TimePoint now) { return live.web_hangs_up(call, now); });
    time_.after(seconds{15}, [this, leg] { node_.hang_up(leg, call::Cause::media_timeout); });
    return;
  }
  node_.hang_up(leg, here != nullptr && here->answered ? call::Cause::normal : call::Cause::cancelled);
}

void People::gone(LegId leg, bool rejected) {
  for (auto& [id, agent] : agents_) {
    if (agent.leg == leg) agent.leg = LegId{};
  }
  const auto found = callers_.find(leg);
  if (found == callers_.end()) return;
  Caller caller = found->second;
  callers_.erase(found);
  if (!rejected || caller.number.empty() || closing_ || !caller.chance.chance(script_.callers.calls_again)) return;
  time_.after(caller.chance.between(seconds{5}, minutes{1}), [this, number = caller.number] {
    if (!closing_) call_in(number, false);
  });
}

}  // namespace hotline::sim
