// SPDX-License-Identifier: Apache-2.0
// Goal: a recording that was asked for before the answer begins with it, whether or not a core is there then; and the
// node says exactly what it has when it is asked.
#include "voice/node/fakes.hpp"

namespace hotline::voice::node::test {
namespace {

class WatchTest : public NodeTest {
 protected:
  void record(std::uint64_t leg, std::uint64_t recording) {
    command([&](auto& m) {
      m.mutable_start_recording()->set_leg(leg);
      m.mutable_start_recording()->set_recording(recording);
      m.mutable_start_recording()->set_call(9);
    });
  }
};

TEST_F(WatchTest, a_recording_begins_with_the_answer) {
  incoming(7);
  record(7, 5);
  answer(7);
  forget();
  EXPECT_EQ(node.snapshot().legs(0).recording(), 0U);
  link.connected = false;  // the core dies in this moment
  node.on_answered(LegId{7}, "");
  EXPECT_EQ(asked(), Calls{"media record 7 5 2024/04/30/5.wav"});
  EXPECT_EQ(node.snapshot().legs(0).recording(), 5U);
  link.connected = true;
  record(7, 5);  // said again by the next core
  EXPECT_EQ(asked(), Calls{});
}

TEST_F(WatchTest, what_was_never_answered_is_never_recorded) {
  incoming(7);
  record(7, 5);
  answer(7);
  node.on_ended(LegId{7}, signalling::EndCause::cancelled, 487, true);
  for (const std::string& call : asked()) EXPECT_EQ(call.find("media record"), std::string::npos) << call;
}

TEST_F(WatchTest, the_node_says_what_it_has_when_it_is_asked) {
  talking(7);
  talking(8);
  bridge(7, 8);
  link.unkept.clear();
  command([](auto& m) { m.mutable_report_legs()->set_mark(42); });
  ASSERT_EQ(link.unkept.size(), 1U);
  const std::string& said = link.unkept[0];
  EXPECT_NE(said.find("mark: 42"), std::string::npos) << said;
  EXPECT_NE(said.find("bridged_to: 8"), std::string::npos) << said;
  EXPECT_NE(said.find("bridged_to: 7"), std::string::npos) << said;
}

}  // namespace
}  // namespace hotline::voice::node::test
