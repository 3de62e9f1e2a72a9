// SPDX-License-Identifier: Apache-2.0
// The ACD under random commands, beside a shadow that knows only the effects: every promise holds after every step,
// every offer is the best one, and a core restarted from what was stored behaves as if it had never stopped.
#include "domain/acd/acd.hpp"
#include "domain/property.hpp"

namespace hotline::acd {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kQueues = 4, kAgents = 6, kCalls = 12, kSkills = 2;

struct Step {
  int kind, a, b, c;
};
void showValue(const Step& step, std::ostream& out) {
  out << step.kind << '(' << step.a << ',' << step.b << ',' << step.c << ')';
}

rc::Gen<std::vector<Step>> steps() {
  const auto number = rc::gen::inRange(0, 60);
  return rc::gen::resize(300, rc::gen::container<std::vector<Step>>(
                                  rc::gen::construct<Step>(rc::gen::inRange(0, 100), number, number, number)));
}

/// What an outside who sees only commands and effects knows.
struct Shadow {
  std::map<QueueId, QueueConfig> queues;
  std::set<QueueId> removed;
  std::map<AgentId, AgentConfig> configs;
  std::map<AgentId, AgentLive> agents;
  std::map<CallId, WaitingCall> waiting;
  std::map<CallId, AgentId> offers;

  /// What the call asks for at this moment, by its queue's ring plan.
  bool fits(const AgentConfig& agent, const WaitingCall& call, TimePoint at) const {
    auto skills = call.skills;
    std::set<QueueId> open{call.queue};
    const RingStep* step = nullptr;
    for (const RingStep& next : queues.at(call.queue).ring_plan) {
      if (call.enqueued_at + next.after <= at) step = &next;
    }
    if (step != nullptr) {
      for (const SkillId skill : step->without) skills.erase(skill);
      for (auto& [skill, level] : skills) level -= step->relax;
      open.insert(step->also.begin(), step->also.end());
    }
    if (call.work == Work::outbound && !agent.outbound) return false;
    if (std::none_of(agent.queues.begin(), agent.queues.end(), [&](QueueId q) { return open.contains(q); }))
      return false;
    return std::all_of(skills.begin(), skills.end(), [&](const auto& asked) {
      if (asked.second < 1) return true;
      const auto it = agent.skills.find(asked.first);
      return it != agent.skills.end() && it->second >= asked.second;
    });
  }
  /// Now and a moment ago: a step that has just come may not have been looked at yet.
  bool fits_for_sure(const AgentConfig& agent, const WaitingCall& call, TimePoint at) const {
    return fits(agent, call, at) && fits(agent, call, at - milliseconds{1});
  }
  static bool takes_calls(AgentState state) {
    return state == AgentState::ready || state == AgentState::offered || state == AgentState::busy ||
           state == AgentState::wrap_up;
  }
  bool held(const WaitingCall& call, TimePoint at) const {
    if (at >= call.entered_at + queues.at(call.queue).prefer_wait) return false;
    return std::any_of(call.preferred.begin(), call.preferred.end(), [&](const Preferred& p) {
      return agents.contains(p.agent) && takes_calls(agents.at(p.agent).state);
    });
  }
  /// One order over all queues: a point is worth a minute of waiting (Rules), a queue's weight and the caller's kind
  /// count as points.
  auto order(const WaitingCall& call) const {
    const int points = call.priority + queues.at(call.queue).weight + (call.vip ? 10 : 0) + (call.repeat ? 5 : 0);
    return std::tuple{call.enqueued_at - std::chrono::minutes{points}, call.enqueued_at, call.call};
  }

  void apply(const Effects& effects, TimePoint now) {
    for (const auto& effect : effects) {
      if (const auto* made = std::get_if<OfferMade>(&effect)) {
        offer_made(*made, now);
      } else if (const auto* ended = std::get_if<OfferEnded>(&effect)) {
        RC_ASSERT(offers.contains(ended->call));
        RC_ASSERT(offers[ended->call] == ended->agent);
        if (ended->why == OfferEnd::timeout) RC_ASSERT(*agents[ended->agent].deadline <= now);
        offers.erase(ended->call);
      } else if (const auto* exited = std::get_if<Exited>(&effect)) {
        RC_ASSERT(!offers.contains(exited->call));
        RC_ASSERT(exited->target == to_string(exited->why));
        if (exited->why == ExitWhy::wait)
          RC_ASSERT(waiting.at(exited->call).entered_at + queues.at(exited->queue).exits.wait_max <= now);
        waiting.erase(exited->call);
      } else if (const auto* changed = std::get_if<AgentChanged>(&effect)) {
        agents[changed->agent.id] = changed->agent;
      } else {
        const auto& due = std::get<AnnounceDue>(effect);
        RC_ASSERT(waiting.contains(due.call) && !offers.contains(due.call));
        RC_ASSERT(*due.position >= 1 && *due.position <= waiting.size());
      }
    }
  }

  void offer_made(const OfferMade& made, TimePoint now) {
    RC_ASSERT(!offers.contains(made.call));
    RC_ASSERT(made.expires_at > now);
    const AgentLive& agent = agents[made.agent];
    RC_ASSERT(agent.state == AgentState::ready);
    offers[made.call] = made.agent;
    if (!made.queue) return;
    const WaitingCall& call = waiting.at(made.call);
    RC_ASSERT(made.reason.waited == now - call.enqueued_at);
    RC_ASSERT(made.reason.position >= 1);
    const auto asks_for = [&](const WaitingCall& c) {
      return std::any_of(c.preferred.begin(), c.preferred.end(),
                         [&](const Preferred& p) { return p.agent == made.agent; });
    };
    const bool asked_for = asks_for(call);
    RC_ASSERT(asked_for == (made.reason.by == ChosenBy::owner || made.reason.by == ChosenBy::last ||
                            made.reason.by == ChosenBy::requested));
    if (!asked_for) {
      RC_ASSERT(fits(configs[made.agent], call, now));
      RC_ASSERT(!held(call, now));
    }
    for (const auto& [id, other] : waiting) {  // no better call for this agent
      if (id == made.call || offers.contains(id)) continue;
      if (asked_for ? !asks_for(other) : asks_for(other)) continue;  // who asks for the agent comes before all others
      if (asked_for || (fits_for_sure(configs[made.agent], other, now) && !held(other, now) &&
                        !held(other, now - milliseconds{1}) && other.work != Work::outbound)) {
        RC_ASSERT(made.reason.by == ChosenBy::longest_idle || order(other) > order(call));
      }
    }
    if (asked_for || made.reason.by == ChosenBy::best_call) return;
    for (const auto& [id, other] : agents) {  // no longer idle agent for this call
      if (id == made.agent || other.state != AgentState::ready || !fits_for_sure(configs[id], call, now)) continue;
      RC_ASSERT(std::pair(other.idle_since, id) > std::pair(agent.idle_since, made.agent));
    }
  }
};

std::string text(const Effects& effects) {
  std::string out;
  for (const auto& effect : effects) {
    if (const auto* made = std::get_if<OfferMade>(&effect)) {
      out += fmt::format("offer {} to {} until {}; ", made->call.value(), made->agent.value(),
                         to_unix_ms(made->expires_at));
    } else if (const auto* ended = std::get_if<OfferEnded>(&effect)) {
      out += fmt::format("end {} at {} {}; ", ended->call.value(), ended->agent.value(), to_string(ended->why));
    } else if (const auto* exited = std::get_if<Exited>(&effect)) {
      out += fmt::format("exit {} by {}; ", exited->call.value(), to_string(exited->why));
    } else if (const auto* due = std::get_if<AnnounceDue>(&effect)) {
      out += fmt::format("announce {} at {}; ", due->call.value(), *due->position);
    } else {
      const auto& live = std::get<AgentChanged>(effect).agent;
      out += fmt::format("agent {} {} {} {} {}; ", live.id.value(), to_string(live.state), live.reason,
                         to_unix_ms(live.since), to_unix_ms(live.idle_since));
    }
  }
  return out;
}

/// Drives one Acd (and, for the restart property, a second one) with random steps.
struct World {
  Acd acd;
  Shadow shadow;
  TimePoint now = TimePoint{} + std::chrono::hours{24};

  World() {
    for (std::uint64_t q = 1; q <= kQueues; ++q) configure_queue(QueueId{q}, static_cast<int>(q));
    for (std::uint64_t a = 1; a <= kAgents; ++a)
      configure_agent(AgentId{a}, static_cast<int>(a * 5), static_cast<int>(a));
  }

  void configure_queue(QueueId id, int variant) {
    QueueConfig config{.id = id,
                       .code = "q",
                       .offer_timeout = milliseconds{variant % 3 * 4000},
                       .wrap_up = milliseconds{variant % 4 * 3000},
                       .waiting_max = static_cast<std::uint32_t>(variant % 5 + 2)};
    config.wrap_up_forced = variant % 7 == 3;
    config.weight = variant % 5 - 2;
    config.prefer_wait = milliseconds{variant % 3 * 1500};
    config.outbound_reserve = static_cast<std::uint32_t>(variant % 3);
    if (variant % 2 == 1) {
      config.ring_plan = {{.after = milliseconds{1000}, .relax = 1, .without = {}, .also = {}},
                          {.after = milliseconds{2500}, .relax = 2, .without = {SkillId{1}}, .also = {QueueId{1}}}};
    }
    if (variant % 4 == 2) {
      config.exits.wait_max = milliseconds{4000};
      config.exits.wait = "wait";
      config.exits.digits['1'] = "digit";
    }
    if (variant % 6 == 4) {
      config.exits.length_max = 2;
      config.exits.length = "length";
    }
    if (variant % 3 == 1) config.announce = {.first = milliseconds{700}, .every = milliseconds{900}};
    shadow.queues[id] = config;
    shadow.removed.erase(id);
    shadow.apply(acd.configure_queue(config, now), now);
  }
  void configure_agent(AgentId id, int queues, int skills) {
    AgentConfig config{.id = id, .queues = {}, .skills = {}, .wrap_up_direct = milliseconds{skills % 2 * 5000}};
    for (std::uint64_t q = 1; q <= kQueues; ++q) {
      if ((queues >> (q - 1)) & 1) config.queues.push_back(QueueId{q});
    }
    for (std::uint64_t s = 1; s <= kSkills; ++s) {
      if (const int level = skills >> (2 * (s - 1)) & 3; level > 0) config.skills[SkillId{s}] = level;
    }
    config.outbound = queues % 3 != 1;
    shadow.configs[id] = config;
    shadow.agents.try_emplace(id).first->second.id = id;
    shadow.apply(acd.configure_agent(config, now), now);
  }

  static AgentId some_agent(int n) { return AgentId{static_cast<std::uint64_t>(n) % kAgents + 1}; }
  static QueueId some_queue(int n) { return QueueId{static_cast<std::uint64_t>(n) % kQueues + 1}; }
  static CallId some_call(int n) { return CallId{static_cast<std::uint64_t>(n) % kCalls + 1}; }
  /// Most commands should mean something: the agent's own call if there is one.
  CallId call_of(AgentId agent, int n) const {
    const auto it = shadow.agents.find(agent);
    return it != shadow.agents.end() && it->second.call ? *it->second.call : some_call(n);
  }

  /// Time passes from deadline to deadline, as the driver lets it.
  Effects pass(milliseconds time) {
    const TimePoint until = now + time;
    Effects all;
    for (;;) {
      const auto due = acd.next_due();
      if (due && *due > now && *due < until) now = *due;
      const bool last = !due || *due >= until;
      if (last) now = until;
      const auto effects = acd.tick(now);
      shadow.apply(effects, now);
      all.insert(all.end(), effects.begin(), effects.end());
      if (last) return all;
      check();
    }
  }

  std::optional<Effects> keep(Result<Effects, Error> result) {
    if (!result) return std::nullopt;
    return *result;
  }

  Effects step(const Step& s) {
    std::optional<Effects> out;
    const AgentId agent = some_agent(s.a);
    if (s.kind < 22) {
      WaitingCall call{
          .call = some_call(s.a), .queue = some_queue(s.b), .priority = s.c % 3, .skills = {}, .enqueued_at = now};
      if (s.c % 4 == 3) call.skills[SkillId{static_cast<std::uint64_t>(s.b) % kSkills + 1}] = s.a % 3 + 1;
      if (s.c % 5 == 4) call.enqueued_at -= milliseconds{s.b * 100};  // a transfer back keeps its clock
      call.entered_at = now;
      call.vip = s.b % 7 == 2;
      call.repeat = s.b % 5 == 3;
      if (s.a % 6 == 5) call.work = s.b % 2 ? Work::outbound : Work::call_back;
      if (s.c % 6 == 1) call.preferred.push_back({some_agent(s.a + s.b), PreferredAs::owner});
      if (s.c % 9 == 1) call.preferred.push_back({some_agent(s.a + s.b + 1), PreferredAs::last});
      out = keep(acd.enqueue(call, now));
      const bool left = out && !out->empty() && std::holds_alternative<Exited>(out->front());
      if (out && !left) shadow.waiting[call.call] = call;
    } else if (s.kind < 26) {
      const CallId call = some_call(s.a);
      out = keep(acd.dequeue(call, now));
      if (out) shadow.waiting.erase(call);
    } else if (s.kind < 28) {
      out = keep(acd.press(some_call(s.a), '1', now));
    } else if (s.kind < 29) {
      const CallId call = some_call(s.a);
      std::vector<Preferred> preferred;
      if (s.b % 2) preferred.push_back({agent, PreferredAs::requested});
      out = keep(acd.revise(call, s.c % 2 == 0, s.c % 3 == 0, preferred, now));
      if (out) {
        shadow.waiting[call].vip = s.c % 2 == 0;
        shadow.waiting[call].repeat = s.c % 3 == 0;
        shadow.waiting[call].preferred = preferred;
      }
    } else if (s.kind < 33) {
      out = keep(acd.offer_direct(some_call(s.b), agent, milliseconds{s.c * 200}, now));
    } else if (s.kind < 45) {
      const CallId call = call_of(agent, s.b);
      out = keep(acd.accept(call, agent, now));
      if (out) {
        RC_ASSERT(shadow.offers[call] == agent);
        shadow.offers.erase(call);
        shadow.waiting.erase(call);
      }
    } else if (s.kind < 50) {
      out = keep(acd.refuse(call_of(agent, s.b), agent, static_cast<OfferEnd>(s.c % 3 + 1), now));
    } else if (s.kind < 64) {
      constexpr std::array kAsked{AgentState::ready, AgentState::ready, AgentState::ready, AgentState::paused,
                                  AgentState::signed_out};
      out = keep(
          acd.set_state(agent, kAsked[static_cast<std::size_t>(s.b) % kAsked.size()], s.c % 2 ? "tea" : "lunch", now));
    } else if (s.kind < 66) {
      out = keep(acd.set_unavailable(agent, "device", now));
    } else if (s.kind < 74) {
      out = keep(acd.call_finished(agent, call_of(agent, s.b), now));
    } else if (s.kind < 80) {
      out = keep(acd.finish_wrap_up(agent, s.b % 3 ? std::nullopt : std::optional{AgentState::paused}, "note", now));
    } else if (s.kind < 94) {
      return pass(milliseconds{s.a * s.b});
    } else if (s.kind < 95) {
      configure_queue(some_queue(s.a), s.b);
    } else if (s.kind < 96) {
      acd.remove_queue(some_queue(s.a));
      shadow.removed.insert(some_queue(s.a));
    } else if (s.kind < 99) {
      configure_agent(agent, s.b, s.c);
    } else {
      const auto effects = acd.remove_agent(agent, now);
      shadow.configs.erase(agent);
      shadow.apply(effects, now);
      shadow.agents.erase(agent);
      out = Effects{};
    }
    Effects all = out.value_or(Effects{});
    if (out) shadow.apply(*out, now);
    const auto due = acd.tick(now);
    shadow.apply(due, now);
    all.insert(all.end(), due.begin(), due.end());
    return all;
  }

  void check() {
    for (const auto& violation : acd.violations(now)) RC_FAIL(violation);
    for (const auto& [id, live] : shadow.agents) {
      const auto* real = acd.agent(id);
      RC_ASSERT(real != nullptr);
      RC_ASSERT(*real == live);  // an outside which applies the effects knows the whole state
    }
    for (const auto& [id, call] : shadow.waiting) RC_ASSERT(acd.waiting(id) != nullptr);
    for (std::uint64_t c = 1; c <= kCalls; ++c) {
      const auto offered = acd.offered_to(CallId{c});
      const auto it = shadow.offers.find(CallId{c});
      RC_ASSERT(offered == (it == shadow.offers.end() ? std::nullopt : std::optional{it->second}));
    }
  }

  /// Everybody does their work: every call that somebody may take must be served.
  void drain() {
    for (int round = 0; round < 200; ++round) {
      for (int turn = 0; turn < 4; ++turn) {  // before the shortest offer is over
        for (const auto& [id, live] : std::map(shadow.agents)) {
          const auto* fresh = acd.agent(id);
          if (fresh->state == AgentState::offered) {
            const CallId call = *fresh->call;
            const auto out = acd.accept(call, id, now);
            shadow.offers.erase(call);
            shadow.waiting.erase(call);
            shadow.apply(*out, now);
          } else if (fresh->state == AgentState::busy) {
            shadow.apply(*acd.call_finished(id, *fresh->call, now), now);
          } else if (fresh->state == AgentState::wrap_up) {
            shadow.apply(*acd.finish_wrap_up(id, AgentState::ready, "", now), now);
          } else {
            shadow.apply(*acd.set_state(id, AgentState::ready, "", now), now);
          }
        }
      }
      check();
      (void)pass(milliseconds{100});
    }
    for (const auto& [id, call] : shadow.waiting) {
      if (call.work == Work::outbound) continue;  // may wait for more agents than there are
      for (const auto& [agent, config] : shadow.configs) RC_ASSERT(!shadow.fits(config, call, now));
    }
  }
};

RC_GTEST_PROP(AcdProperty, every_promise_holds_after_every_step_and_nothing_is_stuck, ()) {
  World world;
  for (const auto& step : *steps()) {
    world.step(step);
    world.check();
  }
  world.drain();
}

RC_GTEST_PROP(AcdProperty, a_core_restarted_from_the_store_goes_on_as_if_it_had_not_stopped, ()) {
  const auto all = *steps();
  const auto cut = *rc::gen::inRange<std::size_t>(0, all.size() + 1);
  World before;
  for (std::size_t i = 0; i < cut; ++i) before.step(all[i]);

  World after;
  after.acd = Acd{};
  after.now = before.now;
  after.shadow = before.shadow;
  for (const auto& [id, config] : before.shadow.queues) after.acd.configure_queue(config);
  for (const QueueId id : before.shadow.removed) after.acd.remove_queue(id);
  const bool restore_first = *rc::gen::arbitrary<bool>();
  const auto restore = [&] {
    for (const auto& [id, live] : before.shadow.agents) after.acd.restore_agent(live);
    for (const auto& [id, call] : before.shadow.waiting) after.acd.restore_waiting(call);
  };
  if (restore_first) restore();
  for (const auto& [id, config] : before.shadow.configs)
    RC_ASSERT(after.acd.configure_agent(config, after.now).empty());
  if (!restore_first) restore();
  RC_ASSERT(text(after.acd.start(after.now)) == "");
  after.check();

  for (std::size_t i = cut; i < all.size(); ++i) {
    const auto expected = text(before.step(all[i]));
    RC_ASSERT(text(after.step(all[i])) == expected);
  }
  after.check();
}

}  // namespace
}  // namespace hotline::acd
