// SPDX-License-Identifier: Apache-2.0
// Goal: a node whose core is gone goes on with what there is, does not take on what nobody will serve, and never leaves
// a party alone in a dead bridge.
#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

class WithoutCoreTest : public NodeTest {
 protected:
  void lose_core() {
    link.connected = false;
    node.on_core_lost();
  }
  void find_core() {
    link.connected = true;
    node.on_core_connected(2);
  }
};

TEST_F(WithoutCoreTest, a_new_call_waits_three_seconds_for_a_core_and_is_then_refused_with_retry_after) {
  lose_core();
  incoming(7);
  EXPECT_EQ(told(), Calls{});
  EXPECT_EQ(node.snapshot().legs_size(), 0);
  asked();
  loop.advance(Duration{2'999});
  EXPECT_EQ(asked(), Calls{});
  loop.advance(Duration{1});
  EXPECT_EQ(asked(), (Calls{"sip reject 7 503 retry 10", "media close 7"}));
  find_core();
  EXPECT_EQ(told(), Calls{}) << "the core has never heard of it";
}

TEST_F(WithoutCoreTest, a_call_that_waits_is_told_to_the_core_that_comes_in_time) {
  lose_core();
  incoming(7);
  loop.advance(Duration{2'000});
  find_core();
  ASSERT_EQ(told().size(), 1U);
  loop.advance(Duration{10'000});
  EXPECT_EQ(node.leg_count(), 1U);
  answer(7);
  node.on_answered(LegId{7}, "");
  EXPECT_EQ(told(), Calls{R"(answered { leg: 7 codec: "PCMA" })"});
}

TEST_F(WithoutCoreTest, a_caller_who_gives_up_while_waiting_for_a_core_leaves_no_trace) {
  lose_core();
  incoming(7);
  node.on_ended(LegId{7}, signalling::EndCause::cancelled, 487, true);
  find_core();
  EXPECT_EQ(told(), Calls{});
  EXPECT_EQ(node.leg_count(), 0U);
}

TEST_F(WithoutCoreTest, a_call_no_core_takes_up_within_a_minute_is_rejected) {
  incoming(7);
  incoming(8);
  command([](auto& m) {
    m.mutable_progress()->set_leg(8);
    m.mutable_progress()->set_sip_status(180);
  });
  forget();
  loop.advance(Duration{61'000});
  EXPECT_EQ(asked(), (Calls{"sip reject 7 503 retry 10", "media close 7"}));
  EXPECT_EQ(node.leg_count(), 1U) << "the one the core rings stays";
  lose_core();
  loop.advance(Duration{61'000});
  EXPECT_EQ(asked(), (Calls{"sip reject 8 503 retry 10", "media close 8"}))
      << "a minute after its core has gone, it goes";
}

TEST_F(WithoutCoreTest, bridged_legs_talk_on_and_when_one_ends_the_other_is_ended_after_a_grace) {
  talking(1);
  talking(2);
  bridge(1, 2);
  asked();
  lose_core();
  loop.advance(Duration{600'000});
  EXPECT_EQ(asked(), Calls{});
  node.on_ended(LegId{1}, signalling::EndCause::normal, 0, true);
  EXPECT_EQ(asked(), Calls{"media close 1"});
  loop.advance(Duration{1'999});
  EXPECT_EQ(asked(), Calls{});
  loop.advance(Duration{1});
  EXPECT_EQ(asked(), (Calls{"sip hangup 2 cause 0", "media close 2"}));
  EXPECT_EQ(told().size(), 2U) << "both ends are kept for the core";
}

TEST_F(WithoutCoreTest, a_core_that_comes_within_the_grace_decides_about_the_other_leg) {
  talking(1);
  talking(2);
  bridge(1, 2);
  lose_core();
  node.on_ended(LegId{1}, signalling::EndCause::normal, 0, true);
  loop.advance(Duration{1'000});
  find_core();
  loop.advance(Duration{10'000});
  EXPECT_EQ(node.leg_count(), 1U);
}

TEST_F(WithoutCoreTest, with_a_core_the_other_leg_of_a_bridge_is_the_cores_business) {
  talking(1);
  talking(2);
  bridge(1, 2);
  node.on_ended(LegId{1}, signalling::EndCause::normal, 0, true);
  loop.advance(Duration{60'000});
  EXPECT_EQ(node.leg_count(), 1U);
  EXPECT_EQ(node.snapshot().legs(0).bridged_to(), 0U);
}

TEST_F(WithoutCoreTest, events_go_on_being_emitted) {
  talking(1);
  play(1, 21);
  lose_core();
  node.on_digit(LegId{1}, '5', Duration{100});
  node.on_play_done(LegId{1}, PlayId{21}, media::PlayEnd::finished, "");
  EXPECT_EQ(told().size(), 2U);
  loop.advance(Duration{60'000});
  EXPECT_TRUE(link.unkept.empty()) << "stats have nobody to hear them";
}

}  // namespace
}  // namespace hotline::voice::node::test
