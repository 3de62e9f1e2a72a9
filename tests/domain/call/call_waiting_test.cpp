// SPDX-License-Identifier: Apache-2.0
// Ways out of queues: a caller is never sent to and fro for ever, whatever queues and flows say.
#include "call_fixture.hpp"

namespace hotline::call {
namespace {

TEST_F(CallTest, AnExitIntoAFlowThatIsBrokenCountsAsAMove) {
  in_queue();
  for (const int moves : {1, 2, 3}) {
    step([&](CallStep& s) { s.queue_exit("closed", "flow:not_there"); });
    const AskQueue* asked = effect<AskQueue>();
    ASSERT_NE(asked, nullptr);
    EXPECT_EQ(asked->place.queue, limits.default_queue);
    EXPECT_EQ(asked->place.moves, moves);
    step([&](CallStep& s) { s.queue_accepted(); });
  }
}

TEST_F(CallTest, AFullQueueBetweenTwoExitsDoesNotForgetTheMoves) {
  auto& nodes = book.flows["entry"].nodes;
  nodes["queue"] = {"queue", QueueNode{.queue = "billing", .refused = "other"}, 1};
  nodes["other"] = {"other", QueueNode{.queue = "other", .refused = "full"}, 1};
  book.flows["again"] = book.flows["entry"];
  book.flows["again"].name = "again";
  book.flows["again"].start = "queue";
  in_queue();
  for (const int moves : {1, 2, 3}) {
    step([&](CallStep& s) { s.queue_exit("closed", "flow:again"); });
    ASSERT_NE(effect<AskQueue>(), nullptr);
    EXPECT_EQ(effect<AskQueue>()->place.queue, "billing");
    step([&](CallStep& s) { s.queue_refused(); });  // full: the flow goes on to the other queue
    ASSERT_NE(effect<AskQueue>(), nullptr);
    EXPECT_EQ(effect<AskQueue>()->place.queue, "other");
    EXPECT_EQ(effect<AskQueue>()->place.moves, moves);
  }
}

TEST_F(CallTest, WithoutExitsARefusedCallHasNoPlace) {
  in_menu();
  step([&](CallStep& s) { s.digit(customer, '1'); });
  step([&](CallStep& s) { s.queue_refused(); });
  EXPECT_FALSE(call.place);
}

}  // namespace
}  // namespace hotline::call
