// SPDX-License-Identifier: Apache-2.0
// The ACD's rules one by one, in small worlds: who is offered what, and how agents come to rest.
#include "domain/acd/acd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotline::acd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;

constexpr QueueId kSales{1}, kFaults{2};
constexpr AgentId kAnna{11}, kBo{12}, kChen{13};
constexpr SkillId kEnglish{5};

TimePoint at(int s) {
  return TimePoint{} + seconds{1'000'000 + s};
}

class AcdTest : public testing::Test {
 protected:
  void SetUp() override {
    acd.configure_queue({.id = kSales, .code = "sales"});
    acd.configure_queue({.id = kFaults, .code = "faults"});
  }
  void TearDown() override { EXPECT_THAT(acd.violations(last_), IsEmpty()); }

  void agent(AgentId id, std::vector<QueueId> queues, std::map<SkillId, int> skills = {}) {
    (void)acd.configure_agent({.id = id, .queues = std::move(queues), .skills = std::move(skills)}, at(0));
  }
  Effects ok(Result<Effects, Error> result) {
    EXPECT_TRUE(result.has_value()) << (result ? "" : to_string(result.error()));
    return result.value_or(Effects{});
  }
  Effects ready(AgentId id, TimePoint now) { return ok(acd.set_state(id, AgentState::ready, "", now)); }
  WaitingCall call(std::uint64_t id, QueueId queue, TimePoint since, int priority = 0,
                   std::map<SkillId, int> skills = {}) {
    return {
        .call = CallId{id}, .queue = queue, .priority = priority, .skills = std::move(skills), .enqueued_at = since};
  }
  AgentState state(AgentId id) { return acd.agent(id)->state; }
  static std::optional<OfferMade> offer_in(const Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* made = std::get_if<OfferMade>(&effect)) return *made;
    }
    return std::nullopt;
  }

  Acd acd;
  TimePoint last_ = at(0);
};

TEST_F(AcdTest, a_call_goes_to_the_agent_idle_longest) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kBo, at(1));
  ready(kAnna, at(2));
  const auto made = offer_in(ok(acd.enqueue(call(1, kSales, at(3)), at(3))));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->agent, kBo);
  EXPECT_EQ(made->expires_at, at(23));
  EXPECT_EQ(state(kBo), AgentState::offered);
  EXPECT_EQ(acd.offered_to(CallId{1}), kBo);
  last_ = at(3);
}

TEST_F(AcdTest, a_ready_agent_gets_the_highest_priority_then_the_longest_waiting_over_all_their_queues) {
  agent(kAnna, {kSales, kFaults});
  ok(acd.enqueue(call(1, kSales, at(1)), at(1)));
  ok(acd.enqueue(call(2, kFaults, at(2)), at(2)));
  ok(acd.enqueue(call(3, kFaults, at(3), 5), at(3)));
  EXPECT_EQ(offer_in(ready(kAnna, at(4)))->call, CallId{3});
  ok(acd.accept(CallId{3}, kAnna, at(5)));
  ok(acd.call_finished(kAnna, CallId{3}, at(6)));
  EXPECT_EQ(offer_in(ok(acd.finish_wrap_up(kAnna, {}, "", at(7))))->call, CallId{1});
  last_ = at(7);
}

TEST_F(AcdTest, a_required_skill_is_had_at_its_least_level_or_the_call_waits) {
  agent(kAnna, {kSales}, {{kEnglish, 2}});
  agent(kBo, {kSales}, {{kEnglish, 4}});
  ready(kAnna, at(1));
  EXPECT_FALSE(offer_in(ok(acd.enqueue(call(1, kSales, at(2), 0, {{kEnglish, 3}}), at(2)))));
  EXPECT_EQ(offer_in(ready(kBo, at(3)))->call, CallId{1});
  EXPECT_EQ(state(kAnna), AgentState::ready);
  last_ = at(3);
}

TEST_F(AcdTest, a_call_nobody_may_take_does_not_hold_up_those_behind_it) {
  agent(kAnna, {kSales});
  ok(acd.enqueue(call(1, kSales, at(1), 9, {{kEnglish, 1}}), at(1)));
  ok(acd.enqueue(call(2, kSales, at(2)), at(2)));
  EXPECT_EQ(offer_in(ready(kAnna, at(3)))->call, CallId{2});
  EXPECT_EQ(acd.position(CallId{2}), 2U);
  last_ = at(3);
}

TEST_F(AcdTest, when_nobody_answers_the_next_agent_rings_and_the_first_is_unavailable_until_they_say_so) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kAnna, at(1));
  ready(kBo, at(2));
  ok(acd.enqueue(call(1, kSales, at(3)), at(3)));
  EXPECT_EQ(acd.next_due(), at(23));
  EXPECT_THAT(acd.tick(at(22)), IsEmpty());
  const auto effects = acd.tick(at(23));
  ASSERT_EQ(effects.size(), 4U);
  EXPECT_EQ(std::get<OfferEnded>(effects[0]).why, OfferEnd::timeout);
  EXPECT_EQ(std::get<AgentChanged>(effects[1]).agent.reason, "timeout");
  EXPECT_EQ(std::get<OfferMade>(effects[2]).agent, kBo);
  EXPECT_EQ(state(kAnna), AgentState::unavailable);
  ready(kAnna, at(24));
  EXPECT_EQ(state(kAnna), AgentState::ready);
  EXPECT_EQ(acd.waiting(CallId{1})->enqueued_at, at(3));
  last_ = at(24);
}

TEST_F(AcdTest, a_caller_who_hangs_up_stops_ringing_and_the_agent_is_ready_again_in_their_old_place) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kAnna, at(1));
  ready(kBo, at(2));
  ok(acd.enqueue(call(1, kSales, at(3)), at(3)));
  const auto effects = ok(acd.dequeue(CallId{1}, at(4)));
  EXPECT_EQ(std::get<OfferEnded>(effects[0]).why, OfferEnd::withdrawn);
  EXPECT_EQ(state(kAnna), AgentState::ready);
  EXPECT_EQ(acd.waiting(CallId{1}), nullptr);
  EXPECT_EQ(offer_in(ok(acd.enqueue(call(2, kSales, at(5)), at(5))))->agent, kAnna);
  last_ = at(5);
}

TEST_F(AcdTest, wrap_up_ends_by_itself_and_starts_the_next_call) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.enqueue(call(1, kSales, at(2)), at(2)));
  ok(acd.accept(CallId{1}, kAnna, at(3)));
  ok(acd.enqueue(call(2, kSales, at(4)), at(4)));
  ok(acd.call_finished(kAnna, CallId{1}, at(10)));
  EXPECT_EQ(state(kAnna), AgentState::wrap_up);
  EXPECT_EQ(acd.agent(kAnna)->call, CallId{1});
  EXPECT_EQ(acd.agent(kAnna)->idle_since, at(10));
  EXPECT_EQ(acd.next_due(), at(70));
  EXPECT_EQ(offer_in(acd.tick(at(70)))->call, CallId{2});
  last_ = at(70);
}

TEST_F(AcdTest, without_wrap_up_the_agent_is_ready_at_once) {
  acd.configure_queue({.id = kSales, .code = "sales", .wrap_up = Duration::zero()});
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.enqueue(call(1, kSales, at(2)), at(2)));
  ok(acd.accept(CallId{1}, kAnna, at(3)));
  const auto effects = ok(acd.call_finished(kAnna, CallId{1}, at(10)));
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<AgentChanged>(effects[0]).agent.state, AgentState::ready);
  EXPECT_EQ(acd.agent(kAnna)->idle_since, at(10));
  last_ = at(10);
}

TEST_F(AcdTest, a_pause_asked_for_during_a_call_begins_after_the_wrap_up) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.enqueue(call(1, kSales, at(2)), at(2)));
  ok(acd.set_state(kAnna, AgentState::paused, "lunch", at(2)));
  ok(acd.accept(CallId{1}, kAnna, at(3)));
  EXPECT_EQ(state(kAnna), AgentState::busy);
  ok(acd.call_finished(kAnna, CallId{1}, at(10)));
  acd.tick(at(70));
  EXPECT_EQ(state(kAnna), AgentState::paused);
  EXPECT_EQ(acd.agent(kAnna)->reason, "lunch");
  EXPECT_FALSE(acd.agent(kAnna)->next_state);
  last_ = at(70);
}

TEST_F(AcdTest, ready_takes_back_a_pause_asked_for_during_a_call) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.enqueue(call(1, kSales, at(2)), at(2)));
  ok(acd.accept(CallId{1}, kAnna, at(3)));
  ok(acd.set_state(kAnna, AgentState::signed_out, "", at(4)));
  ready(kAnna, at(5));
  ok(acd.call_finished(kAnna, CallId{1}, at(10)));
  ready(kAnna, at(11));
  EXPECT_EQ(state(kAnna), AgentState::ready);
  last_ = at(11);
}

TEST_F(AcdTest, a_direct_call_rings_its_agent_only_and_has_its_own_wrap_up) {
  agent(kAnna, {});
  ready(kAnna, at(1));
  const auto made = offer_in(ok(acd.offer_direct(CallId{1}, kAnna, seconds{15}, at(2))));
  EXPECT_FALSE(made->queue);
  EXPECT_EQ(made->expires_at, at(17));
  EXPECT_EQ(acd.enqueue(call(1, kSales, at(3)), at(3)).error(), Error::already_waiting);
  EXPECT_EQ(acd.offer_direct(CallId{2}, kAnna, seconds{15}, at(3)).error(), Error::wrong_state);
  ok(acd.accept(CallId{1}, kAnna, at(4)));
  ok(acd.call_finished(kAnna, CallId{1}, at(5)));
  EXPECT_EQ(acd.agent(kAnna)->deadline, at(65));
  last_ = at(5);
}

TEST_F(AcdTest, a_direct_call_nobody_answers_is_given_back_and_forgotten) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.offer_direct(CallId{1}, kAnna, seconds{15}, at(2)));
  const auto effects = acd.tick(at(17));
  EXPECT_EQ(std::get<OfferEnded>(effects[0]).why, OfferEnd::timeout);
  EXPECT_EQ(acd.dequeue(CallId{1}, at(18)).error(), Error::unknown_call);
  last_ = at(18);
}

TEST_F(AcdTest, a_lost_device_keeps_the_agent_from_calls) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.set_unavailable(kAnna, "device_unreachable", at(2)));
  EXPECT_EQ(state(kAnna), AgentState::unavailable);
  EXPECT_FALSE(offer_in(ok(acd.enqueue(call(1, kSales, at(3)), at(3)))));
  EXPECT_EQ(offer_in(ready(kAnna, at(4)))->call, CallId{1});
  ok(acd.accept(CallId{1}, kAnna, at(5)));
  ok(acd.set_unavailable(kAnna, "device_unreachable", at(6)));
  ok(acd.call_finished(kAnna, CallId{1}, at(7)));
  acd.tick(at(67));
  EXPECT_EQ(state(kAnna), AgentState::unavailable);
  EXPECT_EQ(acd.agent(kAnna)->reason, "device_unreachable");
  last_ = at(67);
}

TEST_F(AcdTest, refusals_say_why_and_change_nothing) {
  acd.configure_queue({.id = kFaults, .code = "faults", .waiting_max = 1});
  agent(kAnna, {kSales});
  EXPECT_EQ(acd.enqueue(call(1, QueueId{99}, at(1)), at(1)).error(), Error::unknown_queue);
  ok(acd.enqueue(call(1, kFaults, at(1)), at(1)));
  EXPECT_EQ(acd.enqueue(call(1, kSales, at(1)), at(1)).error(), Error::already_waiting);
  EXPECT_EQ(acd.enqueue(call(2, kFaults, at(1)), at(1)).error(), Error::queue_full);
  EXPECT_EQ(acd.set_state(kBo, AgentState::ready, "", at(1)).error(), Error::unknown_agent);
  EXPECT_EQ(acd.set_state(kAnna, AgentState::busy, "", at(1)).error(), Error::wrong_state);
  EXPECT_EQ(acd.accept(CallId{1}, kAnna, at(1)).error(), Error::no_such_offer);
  EXPECT_EQ(acd.refuse(CallId{1}, kAnna, OfferEnd::rejected, at(1)).error(), Error::no_such_offer);
  EXPECT_EQ(acd.call_finished(kAnna, CallId{1}, at(1)).error(), Error::wrong_state);
  EXPECT_EQ(acd.finish_wrap_up(kAnna, {}, "", at(1)).error(), Error::wrong_state);
  EXPECT_EQ(acd.dequeue(CallId{9}, at(1)).error(), Error::unknown_call);
  EXPECT_EQ(state(kAnna), AgentState::signed_out);
  last_ = at(1);
}

TEST_F(AcdTest, a_queue_taken_away_still_serves_those_who_wait_in_it) {
  agent(kAnna, {kSales});
  ok(acd.enqueue(call(1, kSales, at(1)), at(1)));
  acd.remove_queue(kSales);
  EXPECT_EQ(acd.enqueue(call(2, kSales, at(2)), at(2)).error(), Error::unknown_queue);
  EXPECT_EQ(acd.queues().size(), 2U);
  EXPECT_EQ(offer_in(ready(kAnna, at(3)))->call, CallId{1});
  ok(acd.accept(CallId{1}, kAnna, at(4)));
  EXPECT_EQ(acd.queues().size(), 1U);
  last_ = at(4);
}

TEST_F(AcdTest, an_agent_taken_away_gives_their_offer_to_the_next) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kAnna, at(1));
  ready(kBo, at(2));
  ok(acd.enqueue(call(1, kSales, at(3)), at(3)));
  const auto effects = acd.remove_agent(kAnna, at(4));
  EXPECT_EQ(acd.agent(kAnna), nullptr);
  EXPECT_EQ(offer_in(effects)->agent, kBo);
  last_ = at(4);
}

TEST_F(AcdTest, a_new_membership_or_skill_counts_at_once) {
  agent(kAnna, {kSales});
  ready(kAnna, at(1));
  ok(acd.enqueue(call(1, kFaults, at(2), 0, {{kEnglish, 1}}), at(2)));
  EXPECT_FALSE(offer_in(acd.configure_agent({.id = kAnna, .queues = {kFaults}, .skills = {}}, at(3))));
  EXPECT_TRUE(
      offer_in(acd.configure_agent({.id = kAnna, .queues = {kFaults, kFaults}, .skills = {{kEnglish, 1}}}, at(4))));
  last_ = at(4);
}

TEST_F(AcdTest, queue_figures_count_waiting_oldest_and_members) {
  agent(kAnna, {kSales, kFaults});
  agent(kBo, {kSales});
  agent(kChen, {kFaults});
  ready(kAnna, at(1));
  ok(acd.set_state(kBo, AgentState::paused, "tea", at(1)));
  ok(acd.enqueue(call(1, kSales, at(3), 0, {{kEnglish, 1}}), at(3)));
  ok(acd.enqueue(call(2, kSales, at(2), 7, {{kEnglish, 1}}), at(3)));
  const auto sales = acd.queues().at(0);
  EXPECT_EQ(sales.waiting, 2U);
  EXPECT_EQ(sales.oldest, at(2));
  EXPECT_EQ(sales.ready, 1U);
  EXPECT_EQ(sales.members[static_cast<std::size_t>(AgentState::paused)], 1U);
  EXPECT_EQ(acd.position(CallId{1}), 2U);
  EXPECT_EQ(acd.agents().size(), 3U);
  last_ = at(3);
}

TEST_F(AcdTest, names_of_states_read_back) {
  for (std::size_t i = 0; i < kAgentStates; ++i) {
    const auto s = static_cast<AgentState>(i);
    EXPECT_EQ(agent_state_from(to_string(s)), s);
  }
  EXPECT_FALSE(agent_state_from("asleep"));
}

// ---- restart

TEST_F(AcdTest, a_restart_keeps_offers_and_ends_those_whose_time_or_call_is_over) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  agent(kChen, {kSales});
  const auto offered = [](AgentId id, std::uint64_t call, TimePoint until) {
    AgentLive live;
    live.id = id;
    live.state = AgentState::offered;
    live.since = live.idle_since = at(0);
    live.call = CallId{call};
    live.queue = kSales;
    live.deadline = until;
    return live;
  };
  acd.restore_agent(offered(kAnna, 1, at(20)));
  acd.restore_agent(offered(kBo, 2, at(5)));     // expired while the core was away
  acd.restore_agent(offered(kChen, 3, at(20)));  // its caller hung up meanwhile
  acd.restore_waiting(call(1, kSales, at(0)));
  acd.restore_waiting(call(2, kSales, at(-5)));
  const auto effects = acd.start(at(10));
  EXPECT_EQ(acd.offered_to(CallId{1}), kAnna);
  EXPECT_EQ(state(kBo), AgentState::unavailable);
  EXPECT_EQ(offer_in(effects)->call, CallId{2});
  EXPECT_EQ(acd.offered_to(CallId{2}), kChen);
  last_ = at(10);
}

TEST_F(AcdTest, a_restart_signs_out_agents_who_are_configured_no_longer) {
  AgentLive live;
  live.id = kAnna;
  live.state = AgentState::paused;
  acd.restore_agent(live);
  const auto effects = acd.start(at(1));
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<AgentChanged>(effects[0]).agent.state, AgentState::signed_out);
  EXPECT_THAT(acd.agents(), IsEmpty());
  last_ = at(1);
}

TEST_F(AcdTest, a_damaged_stored_state_cannot_leave_an_agent_stuck) {
  for (const auto& [id, damaged] :
       {std::pair{kAnna, AgentState::busy}, {kBo, AgentState::offered}, {kChen, AgentState::wrap_up}}) {
    agent(id, {kSales});
    AgentLive live;
    live.id = id;
    live.state = damaged;  // without a call
    acd.restore_agent(live);
  }
  (void)acd.start(at(1));
  for (const auto* live : acd.agents()) EXPECT_EQ(live->state, AgentState::ready);
  last_ = at(1);
}

TEST_F(AcdTest, a_pause_asked_for_during_a_call_that_ended_while_the_core_was_away_begins_at_the_restart) {
  agent(kAnna, {kSales});
  AgentLive live;
  live.id = kAnna;
  live.state = AgentState::ready;
  live.next_state = AgentState::paused;
  live.next_reason = "lunch";
  acd.restore_agent(live);
  EXPECT_EQ(acd.start(at(1)).size(), 1U);
  EXPECT_EQ(state(kAnna), AgentState::paused);
  EXPECT_EQ(acd.agent(kAnna)->reason, "lunch");
  last_ = at(1);
}

TEST_F(AcdTest, a_thirty_thousand_seat_world_decides_in_order) {
  // Goal: the indexes hold at the size the architecture names; the time itself is measured by the benchmark.
  constexpr std::uint64_t kAgents = 30'000, kQueues = 500, kCalls = 15'000;
  for (std::uint64_t q = 1; q <= kQueues; ++q)
    acd.configure_queue({.id = QueueId{q + 1000}, .code = std::to_string(q), .waiting_max = 100'000});
  for (std::uint64_t a = 0; a < kAgents; ++a) {
    agent(AgentId{a + 1000}, {QueueId{a % kQueues + 1001}, QueueId{(a * 7) % kQueues + 1001}},
          {{SkillId{a % 9 + 1}, 3}});
  }
  for (std::uint64_t c = 1; c <= kCalls; ++c) {
    ok(acd.enqueue(call(c, QueueId{c % kQueues + 1001}, at(static_cast<int>(c % 100)), static_cast<int>(c % 3),
                        {{SkillId{c % 9 + 1}, static_cast<int>(c % 3 + 1)}}),
                   at(100)));
  }
  std::size_t offers = 0;
  for (std::uint64_t a = 0; a < kAgents; ++a) offers += offer_in(ready(AgentId{a + 1000}, at(101))) ? 1U : 0U;
  EXPECT_GT(offers, 14'000U);
  last_ = at(101);
}

}  // namespace
}  // namespace hotline::acd
