// SPDX-License-Identifier: Apache-2.0
// The one order of all waiting calls, ring plans, agents asked for, and the reason each offer is given.
#include "domain/acd/acd_fixture.hpp"

namespace hotline::acd {
namespace {

class AcdOrder : public AcdFixture {};

TEST_F(AcdOrder, a_point_is_worth_a_minute_of_waiting_in_whatever_queue) {
  agent(kAnna, {kSales, kFaults});
  enqueue(call(1, kSales, at(0)), at(0));
  enqueue(call(2, kFaults, at(59), 1), at(59));    // came 59 s later, one point: before the first
  enqueue(call(3, kFaults, at(121), 2), at(121));  // 121 s later, two points: behind it
  const auto made = offer_in(ready(kAnna, at(180)));
  EXPECT_EQ(made->call, CallId{2});
  EXPECT_EQ(made->reason.by, ChosenBy::best_call);
  EXPECT_EQ(made->reason.points, 1 + 2);  // its own, and two whole minutes of waiting
  EXPECT_EQ(made->reason.waited, seconds{121});
  EXPECT_EQ(made->reason.position, 1U);
  EXPECT_EQ(made->reason.idle, Duration::zero());
  EXPECT_EQ(offer_in(serve(kAnna, CallId{2}, at(181), seconds{9}))->call, CallId{1});
}

TEST_F(AcdOrder, without_ageing_points_decide_whatever_the_wait) {
  acd.configure_rules({.ageing_per_minute = 0, .vip_points = 10, .repeat_points = 5, .seats = {}});
  agent(kAnna, {kSales});
  enqueue(call(1, kSales, at(0)), at(0));
  enqueue(call(2, kSales, at(3600), 1), at(3600));
  EXPECT_EQ(offer_in(ready(kAnna, at(3601)))->call, CallId{2});
}

TEST_F(AcdOrder, a_new_rule_orders_those_who_wait_already) {
  agent(kAnna, {kSales});
  enqueue(call(1, kSales, at(0)), at(0));
  enqueue(call(2, kSales, at(60), 3), at(60));
  EXPECT_EQ(acd.position(CallId{1}), 2U);
  acd.configure_rules({.ageing_per_minute = 10, .vip_points = 10, .repeat_points = 5, .seats = {}});
  EXPECT_EQ(acd.position(CallId{1}), 1U);
  EXPECT_EQ(offer_in(ready(kAnna, at(61)))->call, CallId{1});
}

TEST_F(AcdOrder, a_queues_weight_puts_its_calls_ahead_and_can_be_changed_while_they_wait) {
  agent(kAnna, {kSales, kFaults});
  enqueue(call(1, kSales, at(0)), at(0));
  enqueue(call(2, kFaults, at(60)), at(60));
  const auto effects = acd.configure_queue({.id = kFaults, .code = "faults", .weight = 2}, at(61));
  EXPECT_THAT(effects, IsEmpty());
  EXPECT_EQ(offer_in(ready(kAnna, at(62)))->call, CallId{2});
}

TEST_F(AcdOrder, vip_and_repeat_callers_stand_further_ahead_also_when_they_are_recognised_later) {
  agent(kAnna, {kSales});
  enqueue(call(1, kSales, at(0)), at(0));
  auto again = call(2, kSales, at(30));
  again.repeat = true;
  enqueue(again, at(30));
  enqueue(call(3, kSales, at(60)), at(60));
  EXPECT_EQ(acd.position(CallId{2}), 1U);
  ok(acd.revise(CallId{3}, true, false, {}, at(61)));
  EXPECT_EQ(acd.position(CallId{3}), 1U);
  const auto made = offer_in(ready(kAnna, at(90)));
  EXPECT_EQ(made->call, CallId{3});
  EXPECT_EQ(made->reason.points, 10);
}

TEST_F(AcdOrder, a_ring_plan_asks_for_less_with_the_waiting_and_then_asks_another_queue) {
  acd.configure_queue({.id = kSales,
                       .code = "sales",
                       .ring_plan = {{.after = seconds{60}, .relax = 0, .without = {kEnglish}, .also = {kFaults}},
                                     {.after = seconds{20}, .relax = 2, .without = {}, .also = {}}}});
  agent(kAnna, {kSales}, {{kEnglish, 3}});
  agent(kBo, {kFaults});
  ready(kAnna, at(0));
  ready(kBo, at(0));
  EXPECT_FALSE(offer_in(enqueue(call(1, kSales, at(1), 0, {{kEnglish, 5}}), at(1))));
  EXPECT_EQ(acd.next_due(), at(21));
  EXPECT_FALSE(offer_in(tick(at(20))));
  const auto made = offer_in(tick(at(21)));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->agent, kAnna);
  EXPECT_EQ(made->reason.ring_step, 1U);
  EXPECT_EQ(made->reason.by, ChosenBy::longest_idle);
  ok(acd.refuse(CallId{1}, kAnna, OfferEnd::rejected, at(25)));
  const auto other = offer_in(tick(at(61)));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->agent, kBo);
  EXPECT_EQ(other->queue, kSales);  // it keeps its place: only who may take it has changed
  EXPECT_EQ(other->reason.ring_step, 2U);
}

TEST_F(AcdOrder, a_call_waits_for_its_owner_for_a_while_and_is_their_first) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  ok(acd.accept(CallId{1}, kAnna, at(2)));
  ready(kBo, at(3));
  auto own = call(2, kSales, at(4));
  own.preferred = {{kAnna, PreferredAs::owner}};
  EXPECT_FALSE(offer_in(enqueue(own, at(4)))) << "kept for Anna while Bo is ready";
  ok(acd.set_state(kBo, AgentState::paused, "tea", at(5)));
  enqueue(call(3, kSales, at(5), 9), at(5));
  ok(acd.call_finished(kAnna, CallId{1}, at(6)));
  const auto made = offer_in(ok(acd.finish_wrap_up(kAnna, AgentState::ready, "", at(7))));
  EXPECT_EQ(made->call, CallId{2});
  EXPECT_EQ(made->reason.by, ChosenBy::owner);
  last_ = at(7);
}

TEST_F(AcdOrder, nobody_waits_longer_for_an_agent_than_agreed) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  ok(acd.accept(CallId{1}, kAnna, at(2)));
  ready(kBo, at(3));
  auto own = call(2, kSales, at(4));
  own.preferred = {{kAnna, PreferredAs::last}};
  enqueue(own, at(4));
  EXPECT_EQ(acd.next_due(), at(24));
  const auto made = offer_in(tick(at(24)));
  EXPECT_EQ(made->agent, kBo);
  EXPECT_EQ(made->reason.by, ChosenBy::longest_idle);
}

TEST_F(AcdOrder, a_call_does_not_wait_for_who_takes_no_calls_nor_after_they_have_left) {
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  ready(kBo, at(0));
  auto own = call(1, kSales, at(1));
  own.preferred = {{kAnna, PreferredAs::owner}};
  EXPECT_EQ(offer_in(enqueue(own, at(1)))->agent, kBo) << "Anna is signed out";
  ok(acd.accept(CallId{1}, kBo, at(2)));
  ready(kAnna, at(3));
  enqueue(call(2, kSales, at(3)), at(3));
  ok(acd.accept(CallId{2}, kAnna, at(4)));
  agent(kChen, {kSales});
  ready(kChen, at(5));
  own = call(3, kSales, at(6));
  own.preferred = {{kAnna, PreferredAs::owner}};
  EXPECT_FALSE(offer_in(enqueue(own, at(6))));
  ok(acd.set_state(kAnna, AgentState::signed_out, "", at(7)));
  ok(acd.call_finished(kAnna, CallId{2}, at(8), false));
  EXPECT_EQ(state(kAnna), AgentState::signed_out);
  EXPECT_EQ(acd.offered_to(CallId{3}), kChen);
  last_ = at(8);
}

TEST_F(AcdOrder, the_first_of_those_asked_for_who_is_ready_gets_the_call_without_being_a_member) {
  agent(kAnna, {});
  agent(kBo, {kSales});
  ready(kAnna, at(0));
  ready(kBo, at(0));
  auto own = call(1, kSales, at(1), 0, {{kRouter, 9}});
  own.preferred = {{kChen, PreferredAs::owner}, {kAnna, PreferredAs::last}};
  const auto made = offer_in(enqueue(own, at(1)));
  EXPECT_EQ(made->agent, kAnna);
  EXPECT_EQ(made->reason.by, ChosenBy::last);
}

TEST_F(AcdOrder, a_supervisor_pulls_a_waiting_call_to_a_ready_agent) {
  agent(kAnna, {kFaults});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  enqueue(call(2, kSales, at(2)), at(2));
  const auto made = offer_in(ok(acd.pull(CallId{2}, kAnna, at(3))));
  EXPECT_EQ(made->call, CallId{2});
  EXPECT_EQ(made->reason.by, ChosenBy::pulled);
  EXPECT_EQ(made->reason.position, 2U);
  EXPECT_EQ(acd.pull(CallId{1}, kAnna, at(3)).error(), Error::wrong_state);
  EXPECT_EQ(acd.pull(CallId{2}, kAnna, at(3)).error(), Error::already_waiting);
  EXPECT_EQ(acd.pull(CallId{9}, kAnna, at(3)).error(), Error::unknown_call);
  last_ = at(3);
}

TEST_F(AcdOrder, outbound_work_waits_while_only_the_reserve_is_ready_and_call_backs_do_not) {
  acd.configure_queue({.id = kSales, .code = "sales", .outbound_reserve = 1});
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  auto task = call(1, kSales, at(0));
  task.work = Work::outbound;
  enqueue(task, at(0));
  EXPECT_FALSE(offer_in(ready(kAnna, at(1))));
  EXPECT_EQ(offer_in(ready(kBo, at(2)))->call, CallId{1}) << "one is left for those who call in";
  EXPECT_EQ(acd.offered_to(CallId{1}), kBo);
  auto back = call(2, kSales, at(3));
  back.work = Work::call_back;
  EXPECT_EQ(offer_in(enqueue(back, at(3)))->agent, kAnna);
  EXPECT_EQ(acd.queues().at(0).call_backs, 1U);
}

TEST_F(AcdOrder, an_agent_takes_only_their_kinds_of_work) {
  (void)acd.configure_agent(
      {.id = kAnna, .queues = {kSales}, .skills = {}, .inbound = false, .call_backs = true, .outbound = true}, at(0));
  (void)acd.configure_agent(
      {.id = kBo, .queues = {kSales}, .skills = {}, .inbound = true, .call_backs = false, .outbound = false}, at(0));
  ready(kAnna, at(0));
  EXPECT_FALSE(offer_in(enqueue(call(1, kSales, at(1)), at(1))));
  auto back = call(2, kSales, at(2));
  back.work = Work::call_back;
  EXPECT_EQ(offer_in(enqueue(back, at(2)))->agent, kAnna);
  EXPECT_EQ(offer_in(ready(kBo, at(3)))->call, CallId{1});
}

TEST_F(AcdOrder, seats_of_a_group_are_limited) {
  acd.configure_rules({.ageing_per_minute = 1, .vip_points = 10, .repeat_points = 5, .seats = {{"north", 1}}});
  for (const AgentId id : {kAnna, kBo})
    (void)acd.configure_agent({.id = id, .queues = {kSales}, .skills = {}, .seat_group = "north"}, at(0));
  agent(kChen, {kSales});
  ready(kAnna, at(1));
  EXPECT_EQ(acd.set_state(kBo, AgentState::ready, "", at(1)).error(), Error::no_seat);
  EXPECT_EQ(acd.set_state(kBo, AgentState::paused, "tea", at(1)).error(), Error::no_seat);
  ready(kChen, at(1));
  ok(acd.set_state(kAnna, AgentState::paused, "tea", at(2)));
  ok(acd.set_state(kAnna, AgentState::signed_out, "", at(3)));
  ready(kBo, at(4));
}

TEST_F(AcdOrder, a_forced_wrap_up_ends_by_its_note_or_leaves_the_agent_unavailable) {
  acd.configure_queue({.id = kSales, .code = "sales", .wrap_up = seconds{30}, .wrap_up_forced = true});
  agent(kAnna, {kSales});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  ok(acd.accept(CallId{1}, kAnna, at(2)));
  ok(acd.call_finished(kAnna, CallId{1}, at(3)));
  EXPECT_EQ(acd.set_state(kAnna, AgentState::ready, "", at(4)).error(), Error::wrap_up_open);
  tick(at(33));
  EXPECT_EQ(state(kAnna), AgentState::unavailable);
  EXPECT_EQ(acd.agent(kAnna)->reason, "wrap_up_open");
  ready(kAnna, at(34));
  enqueue(call(2, kSales, at(35)), at(35));
  ok(acd.accept(CallId{2}, kAnna, at(36)));
  ok(acd.call_finished(kAnna, CallId{2}, at(37)));
  ok(acd.finish_wrap_up(kAnna, {}, "", at(38)));
  EXPECT_EQ(state(kAnna), AgentState::ready);
  last_ = at(38);
}

}  // namespace
}  // namespace hotline::acd
