// SPDX-License-Identifier: Apache-2.0
// Goal: another dialog may take over a leg, transfers name the legs they are about, early media is heard, and why a leg
// ended is told.
#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

using TakeoverTest = NodeTest;

TEST_F(TakeoverTest, a_replaced_leg_goes_on_with_the_sound_of_the_new_phone) {
  talking(7);
  const auto answer_to_it = node.on_replaced(LegId{7}, phone_sdp("0 101"));
  ASSERT_TRUE(answer_to_it);
  EXPECT_NE(answer_to_it->find("m=audio 20000"), std::string::npos) << "the port stays";
  EXPECT_EQ(asked(), Calls{"media remote 7 send true receive true"});
  EXPECT_EQ(told(), Calls{"leg_replaced { leg: 7 }"});
  node.on_answered(LegId{7}, "");  // the ACK of the new dialog
  EXPECT_EQ(told(), Calls{}) << "the leg was answered long ago";
  EXPECT_EQ(asked(), Calls{});
}

TEST_F(TakeoverTest, a_replacement_without_offer_gets_ours_and_its_ack_the_answer) {
  talking(7);
  EXPECT_TRUE(node.on_replaced(LegId{7}, std::nullopt));
  EXPECT_EQ(asked(), Calls{});
  node.on_answered(LegId{7}, phone_sdp("8 101"));
  EXPECT_EQ(asked(), Calls{"media remote 7 send true receive true"});
}

TEST_F(TakeoverTest, a_replacement_that_cannot_be_heard_leaves_the_leg_as_it_is) {
  talking(7);
  EXPECT_FALSE(node.on_replaced(LegId{7}, phone_sdp("3 18")));
  EXPECT_FALSE(node.on_replaced(LegId{8}, phone_sdp("8")));
  EXPECT_EQ(told(), Calls{});
  EXPECT_EQ(asked(), Calls{});
}

TEST_F(TakeoverTest, an_attended_transfer_names_the_other_leg) {
  talking(7);
  node.on_transfer_requested({.leg = LegId{7}, .target_user = "8002", .replaces_leg = LegId{9}, .referred_by = "8001"});
  EXPECT_EQ(told(), Calls{R"(transfer_requested { leg: 7 target: "8002" replaces_leg: 9 referred_by: "8001" })"});
}

TEST_F(TakeoverTest, our_own_transfer_is_asked_for_and_its_progress_told) {
  talking(7);
  command([](auto& m) {
    m.mutable_refer()->set_leg(7);
    m.mutable_refer()->set_target("10086");
  });
  EXPECT_EQ(asked(), Calls{"sip refer 7 to 10086 replaces 0"});
  node.on_refer_progress(LegId{7}, 202);
  EXPECT_EQ(told(), Calls{"refer_progress { leg: 7 sip_status: 202 }"});
  command([](auto& m) { m.mutable_refer()->set_leg(7); });  // neither target nor leg
  EXPECT_EQ(told().size(), 1U);
  EXPECT_EQ(asked(), Calls{});
}

TEST_F(TakeoverTest, early_media_may_be_played_to_before_the_answer) {
  incoming(7);
  asked();
  told();
  command([](auto& m) {
    m.mutable_progress()->set_leg(7);
    m.mutable_progress()->set_sip_status(183);
  });
  EXPECT_EQ(asked(), (Calls{"media remote 7 send true receive true", "sip progress 7 183 with sdp"}));
  command([](auto& m) {
    m.mutable_play()->set_leg(7);
    m.mutable_play()->set_play(3);
    m.mutable_play()->add_items()->set_prompt("en/welcome");
  });
  EXPECT_EQ(asked(), Calls{"media play 7 id 3 items 1 loop false"});
  EXPECT_EQ(told(), Calls{});
}

TEST_F(TakeoverTest, the_far_ends_reason_is_told_with_the_end) {
  talking(7);
  node.on_reason(LegId{7}, "Q.850 17 (User busy)");
  node.on_ended(LegId{7}, signalling::EndCause::normal, 0, true);
  const auto events = told();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_NE(events[0].find(R"-(reason: "Q.850 17 (User busy)")-"), std::string::npos) << events[0];
}

}  // namespace
}  // namespace hotline::voice::node::test
