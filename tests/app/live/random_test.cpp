// SPDX-License-Identifier: Apache-2.0
// Whole days of a small hotline at random, with every fault in between; a seed makes one world. What breaks here gets a
// test with a name in faults_test.cpp.
#include <gtest/gtest.h>

#include <random>

#include "app/live/sim_world.hpp"

namespace hotline::app {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t seeds_each = 20;

class Day {
 public:
  explicit Day(std::uint64_t seed) : random_(seed), careful_(below(3) == 0) {
    if (seed % 2 == 0) set_routing();
  }

  void step() {
    if (!world.live) {
      if (below(3) == 0) world.start_core();
      return world.pass(Duration{below(1500)});
    }
    const bool long_time = below(10) == 0;
    if (long_time) world.flush();  // nothing is on its way for that long
    world.pass(Duration{long_time ? below(25'000) : below(900)});
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
        customers();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        network();
        break;
      case 7:
      case 8:
      case 9:
        agents();
        break;
      case 10:
      case 11:
      case 12:
        talking();
        break;
      case 13:
      case 14:
        desks();
        break;
      default:
        faults();
        break;
    }
    move();
    pump();
  }

  SimWorld world;
  std::vector<std::string> broken;

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  /// Callers leave by digit and by waiting, are called back and told their place; agents wait for who they know.
  void set_routing() {
    SetQueue general;
    general.id = QueueId{1};
    general.code = "general";
    general.name = {"General", "综合", "綜合"};
    general.wrap_up = Duration{10'000};
    general.routing.exits.digits = {{"1", "call_back"}, {"2", "queue:vip"}, {"3", "flow:menu"}};
    general.routing.exits.wait = "queue:vip";
    general.routing.exits.wait_max_ms = Duration{20'000};
    general.routing.announcements = {Duration{3'000}, Duration{10'000}, true, true};
    general.routing.prefer_wait_ms = Duration{4'000};
    general.routing.ring_plan = {{Duration{5'000}, 0, {}, {"vip"}}};
    general.routing.call_back.on_abandon = true;
    general.routing.call_back.attempts = 2;
    general.routing.call_back.retry_ms = general.routing.call_back.busy_retry_ms = Duration{10'000};
    general.routing.call_back.keep_ms = Duration{60'000};
    world.request([&](Live& live, RequestId id, TimePoint t) { return live.set_queue(id, general, t); });
    world.flush();
  }
  void move_agent() {
    const AgentId agent = any_agent();
    SetAgentSkills command{agent, {"general"}, {}};
    if (below(2) == 0) command.queues.emplace_back("vip");
    world.request([&](Live& live, RequestId id, TimePoint t) { return live.set_agent_skills(id, command, t); });
  }
  AgentId any_agent() { return AgentId{1 + below(sim_agents)}; }

  template <class Wanted>
  std::optional<LegId> any_leg(Wanted wanted) {
    std::vector<LegId> ids;
    for (const auto& [id, leg] : world.node.legs) {
      if (wanted(leg)) ids.push_back(id);
    }
    if (ids.empty()) return std::nullopt;
    return ids[below(ids.size())];
  }

  /// Effects and messages move on, sometimes only a few of them.
  void pump() {
    if (careful_ || below(3) == 0) return world.flush();
    world.commit(below(4));
    world.release(below(4));
    world.deliver_down(below(6));
    world.deliver_up(below(6));
  }
  void move() {
    if (!world.linked() && below(4) == 0) world.connect();
  }

  /// Another leg of the same call: a phone may name its second call, or anything.
  LegId second_of(LegId leg) {
    const CallId call = world.node.legs.at(leg).call;
    return any_leg([&](const auto& l) { return l.call == call && l.phone_calls; }).value_or(LegId{});
  }

  void customers() {
    if (below(3) == 0) {
      if (const auto leg = any_leg([](const auto& l) { return l.customer; })) {
        if (below(2) == 0) return world.node.ended(*leg, call::Cause::normal);
        const CallId call = world.node.legs.at(*leg).call;
        return world.input([&](Live& live, TimePoint t) { return live.web_hangs_up(call, t); });
      }
    }
    const char* const numbers[] = {"1000", "112", "114", "999"};
    const std::string number = numbers[std::min<std::uint64_t>(3, below(8) / 2)];
    if (world.node.legs.size() > 40) return;
    if (below(4) == 0) {
      const char* const targets[] = {"8002", "8005", "5550133", "vip", "112", "110"};
      return (void)world.node.phone_calls("800" + std::to_string(4 + below(3)), targets[below(6)]);
    }
    if (below(3) > 0) return (void)world.node.incoming(number, "555010" + std::to_string(below(8)));
    world.request([&](Live& live, RequestId id, TimePoint t) {
      return live.web_call(id, WebCall{number, "en", "v=0", "Kim"}, t);
    });
  }

  void network() {
    if (const auto leg = any_leg([](const auto& l) {
          return l.customer && !l.answered && (l.accepted || l.kind == SimNode::Kind::browser);
        })) {
      if (below(8) > 0) {
        world.node.answered(*leg);
      } else {
        world.node.ended(*leg, call::Cause::cancelled);
      }
    }
    if (const auto leg = any_leg([](const auto& l) { return !l.customer && !l.answered; }); leg && below(2) == 0) {
      const call::Cause causes[] = {call::Cause::busy, call::Cause::rejected, call::Cause::unreachable,
                                    call::Cause::no_answer};
      if (below(4) == 0) {
        world.node.ended(*leg, causes[below(4)]);
      } else if (below(4) == 0) {
        world.node.ringing(*leg, below(2) == 0);
      } else {
        world.node.answered(*leg);
      }
    }
    if (const auto leg = any_leg([](const auto& l) { return l.play && !l.looped; }); leg && below(2) == 0)
      world.node.play_ended(*leg);
    if (const auto leg = any_leg([](const auto& l) { return l.customer && l.answered; }); leg && below(2) == 0) {
      world.node.pressed(*leg, "1239"[below(4)]);
    }
    if (const auto leg = any_leg([](const auto& l) { return (!l.customer || l.phone_calls) && l.answered; });
        leg && below(6) == 0) {
      switch (below(4)) {
        case 0:
          world.node.held(*leg, true);
          break;
        case 1:
          world.node.held(*leg, false);
          break;
        case 2:
          world.node.asked_for_transfer(*leg,
                                        below(2) == 0   ? "vip"
                                        : below(2) == 0 ? "8002"
                                                        : "5550111",
                                        below(2) == 0 ? second_of(*leg) : LegId{});
          break;
        default:
          world.node.ended(*leg, below(2) == 0 ? call::Cause::normal : call::Cause::media_timeout);
          break;
      }
    }
  }

  void agents() {
    if (below(12) == 0) return move_agent();
    const char* const states[] = {"ready", "ready", "ready", "ready", "paused", "signed_out"};
    const std::string state = states[below(6)];
    const AgentId agent = any_agent();
    world.request([&](Live& live, RequestId id, TimePoint t) {
      return live.set_agent_state(id, SetState{agent, state, state == "paused" ? "lunch" : "", "", ""}, t);
    });
  }

  void talking() {
    const AgentId agent = any_agent();
    const auto call = world.call_of(agent.value());
    if (!call) return;
    const std::string state = world.state(agent.value());
    const auto ask = [&](auto act) {
      world.request([&](Live& live, RequestId id, TimePoint t) { return act(live, id, t); });
    };
    if (state == "offered" && below(5) == 0) {
      return ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_rejects(id, agent, *call, t); });
    }
    switch (state == "offered" ? 0 : below(15)) {
      case 0:
      case 1:
        ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_answers(id, agent, *call, "v=0", t); });
        break;
      case 2:
      case 3: {
        const bool on = below(2) == 0;
        ask([&](Live& live, RequestId id, TimePoint t) { return live.hold(id, agent, *call, on, t); });
        break;
      }
      case 4: {
        const AgentId to = any_agent();
        ask([&](Live& live, RequestId id, TimePoint t) {
          return live.transfer(id, agent, *call, {"agent", to.to_string()}, t);
        });
        break;
      }
      case 5: {
        const std::string queue = below(2) == 0 ? "vip" : "general";
        ask([&](Live& live, RequestId id, TimePoint t) {
          return live.transfer(id, agent, *call, {"queue", queue}, t);
        });
        break;
      }
      case 6:
        ask([&](Live& live, RequestId id, TimePoint t) {
          return live.transfer(id, agent, *call, {"number", "5550122"}, t);
        });
        break;
      case 7:
        ask([&](Live& live, RequestId id, TimePoint t) { return live.send_digits(id, agent, *call, "12", t); });
        break;
      case 8:
      case 9:
      case 10: {
        const AgentId whom = any_agent();
        const TransferTo targets[] = {{"agent", whom.to_string()}, {"queue", "vip"}, {"number", "5550133"}};
        const TransferTo target = targets[below(3)];
        ask([&](Live& live, RequestId id, TimePoint t) { return live.consult(id, agent, *call, target, t); });
        break;
      }
      case 11:
      case 12:
      case 13: {
        const auto what = static_cast<ConsultStep>(below(4));
        ask([&](Live& live, RequestId id, TimePoint t) { return live.consult_step(id, agent, *call, what, t); });
        break;
      }
      default:
        ask([&](Live& live, RequestId id, TimePoint t) { return live.agent_hangs_up(id, agent, *call, t); });
        break;
    }
  }

  /// Any agent as a supervisor of any call.
  void supervise(AgentId agent) {
    const auto leg = any_leg([](const auto& l) { return l.customer && l.answered; });
    if (!leg) return;
    const CallId call = world.node.legs.at(*leg).call;
    const char* const modes[] = {"listen", "whisper", "barge", "take_over"};
    const std::string mode = modes[below(4)];
    world.request([&](Live& live, RequestId id, TimePoint t) {
      if (below(6) == 0) return live.pull_call(id, agent, call, t);
      if (below(6) == 0) return live.end_supervision(id, agent, call, t);
      return live.supervise(id, Supervise{agent, call, mode}, t);
    });
  }

  void desks() {
    const AgentId agent = any_agent();
    if (below(3) == 0) return supervise(agent);
    if (below(4) == 0) {
      return world.request([&](Live& live, RequestId id, TimePoint t) {
        return live.dial(id, Dial{agent, "5550144", below(2) == 0 ? "112" : ""}, t);
      });
    }
    if (below(4) == 0) return world.input([&](Live& live, TimePoint t) { return live.desk_lost(agent, t); });
    const AgentStatus status = world.live->agent_status(agent);
    if (status.state != "wrap_up" || !status.call_id) return;
    WrapUp wrap_up{agent,  ContactId{status.call_id->value()}, "fault", "solved",
                   "note", below(2) == 0 ? "ready" : "paused", "lunch", 0};
    wrap_up.stored_history = static_cast<std::int64_t>(world.store.events(wrap_up.contact).size());
    world.request([&](Live& live, RequestId id, TimePoint t) { return live.wrap_up(id, wrap_up, t); });
  }

  void faults() {
    switch (below(6)) {
      case 0:
        world.disconnect();
        break;
      case 1:
        if (below(3) == 0) world.crash_node(below(2) == 0);
        break;
      case 2:
      case 3:
        world.crash_core();
        break;
      case 4:
        quiet_crash();
        break;
      default:
        look_closely();
        break;
    }
  }

  void look_closely() {
    world.connect();
    world.flush();
    for (const std::string& what : world.broken_when_quiet()) broken.push_back("quiet: " + what);
  }

  /// A core crash while nothing is under way: talk goes on untouched, waiting callers keep their clocks.
  void quiet_crash() {
    world.connect();
    world.flush();
    const auto before = world.entries();
    world.crash_core();
    world.node.obeyed.clear();
    world.start_core();
    world.connect();
    world.flush();
    for (const auto& command : world.node.obeyed) {
      if (std::holds_alternative<call::UnbridgeLeg>(command) || std::holds_alternative<call::UnmixLegs>(command))
        broken.emplace_back("a restart unbridged a leg");
    }
    const auto after = world.entries();
    for (const auto& [id, entry] : before) {
      // Who only rings may stop ringing in the two seconds of a restart.
      if (entry.call.stage == call::Stage::ended || entry.call.stage == call::Stage::dialing) continue;
      const auto found = after.find(id);
      if (found == after.end()) {
        broken.push_back("a restart lost call " + id.to_string());
        continue;
      }
      const bool talks = entry.call.stage == call::Stage::talking && entry.call.agent && entry.call.agent->answered &&
                         !entry.call.on_hold &&
                         (!entry.call.consult || entry.call.consult->with == call::With::customer);
      if (talks && !world.node.bridged(entry.call.customer_leg, entry.call.agent->leg))
        broken.push_back("a restart parted call " + id.to_string());
      if (entry.call.stage == call::Stage::waiting && entry.call.queued &&
          entry.call.place != found->second.call.place) {
        broken.push_back("a restart changed the place of call " + id.to_string());
      }
    }
  }

  std::mt19937_64 random_;
  bool careful_;  ///< in some worlds everything arrives at once
};

class RandomDay : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomDay, NothingBreaks) {
  const std::uint64_t first = GetParam() * seeds_each;
  for (std::uint64_t seed = first; seed < first + seeds_each; ++seed) {
    Day day(seed);
    for (int step = 0; step < 300; ++step) {
      day.step();
      std::vector<std::string> broken = day.world.broken_now();
      broken.insert(broken.end(), day.broken.begin(), day.broken.end());
      ASSERT_TRUE(broken.empty()) << "seed " << seed << " step " << step << ": " << testing::PrintToString(broken)
                                  << day.world.last_log();
    }
    const auto broken = day.world.broken_after_all_is_over();
    ASSERT_TRUE(broken.empty()) << "seed " << seed << " at the end: " << testing::PrintToString(broken)
                                << day.world.last_log();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDay, testing::Range(std::uint64_t{0}, std::uint64_t{15}));

}  // namespace
}  // namespace hotline::app
