// SPDX-License-Identifier: Apache-2.0
// The complaint's loop as the shipped type has it, step by step.
#include <gmock/gmock.h>

#include "domain/workorder/workorder_fixture.hpp"

namespace hotline::workorder::test {
namespace {

using testing::Contains;
using testing::IsEmpty;

class Complaint : public testing::Test {
 protected:
  Complaint() { EXPECT_TRUE(story.create(monday, 1)); }
  std::string act(std::uint64_t by, const std::string& action, const std::function<void(Command&)>& more = {}) {
    now += minutes{10};
    return story.act(by, action, now, more);
  }
  void to_replied() {
    ASSERT_EQ(act(1, "dispatch"), "");
    ASSERT_EQ(act(30, "accept"), "");
    ASSERT_EQ(act(30, "reply"), "");
  }
  void conditions() {
    for (const char* condition : kClosingConditions)
      ASSERT_EQ(act(4, "record_condition", [&](Command& c) { c.condition = condition; }), "");
  }
  [[nodiscard]] const Order& order() const { return story.order; }

  World world;
  Story story{world, shipped().at("complaint")};
  TimePoint now = monday;
};

TEST_F(Complaint, GoesRoundTheWholeLoop) {
  to_replied();
  EXPECT_TRUE(order().is_to_be_told());
  EXPECT_EQ(act(1, "tell"), "");
  EXPECT_EQ(act(1, "ask"), "");
  EXPECT_EQ(order().state, "inspection");
  EXPECT_EQ(act(4, "inspect"), "");
  EXPECT_EQ(act(3, "report_up"), "");
  EXPECT_EQ(act(4, "assess"), "");
  EXPECT_EQ(act(3, "archive"), "conditions_open");
  conditions();
  EXPECT_EQ(act(3, "archive"), "");
  EXPECT_TRUE(order().closed);
  EXPECT_EQ(order().owner, AgentId{1}) << "the first contact's through all hands";
  EXPECT_EQ(replay(story.history), order());
}

TEST_F(Complaint, GoesBackWhenTheCustomerIsNotSatisfied) {
  to_replied();
  EXPECT_EQ(act(1, "ask"), "wrong_state");
  EXPECT_EQ(act(1, "tell"), "");
  EXPECT_EQ(act(1, "ask", [](Command& c) { c.answer = Answer::unsatisfied; }), "");
  EXPECT_EQ(order().state, "accepted");
  EXPECT_EQ(order().reopened, 1);
  EXPECT_FALSE(order().result_at) << "there is no result any more";
  EXPECT_FALSE(order().told_at);
}

TEST_F(Complaint, EndsWithACustomerWhoStaysUnsatisfiedOnlyByLeaveOfTheServiceSupervisor) {
  const auto unsatisfied = [](Command& c) { c.answer = Answer::unsatisfied; };
  ASSERT_EQ(act(1, "dispatch", [](Command& c) { c.lead = "market"; }), "");
  ASSERT_EQ(act(40, "accept"), "");
  ASSERT_EQ(act(40, "reply"), "");
  EXPECT_EQ(act(1, "ask_closing"), "too_soon") << "the customer has not been asked yet";
  ASSERT_EQ(act(1, "tell"), "");
  ASSERT_EQ(act(1, "ask", unsatisfied), "");
  ASSERT_EQ(order().state, "accepted") << "once round again in any case";
  EXPECT_EQ(act(1, "ask_closing"), "no_result");
  ASSERT_EQ(act(1, "dispatch", [](Command& c) { c.lead = "market"; }), "");
  ASSERT_EQ(act(40, "accept"), "");
  ASSERT_EQ(act(40, "reply"), "");
  ASSERT_EQ(act(1, "tell"), "");
  EXPECT_EQ(act(1, "ask_closing", [](Command& c) { c.evidence.clear(); }), "missing");
  EXPECT_EQ(act(40, "ask_closing"), "not_allowed");
  ASSERT_EQ(act(1, "ask_closing"), "");
  EXPECT_EQ(act(1, "ask_closing"), "wrong_state");
  EXPECT_EQ(act(3, "approve_closing"), "not_allowed") << "the hotline does not approve its own way out";
  EXPECT_EQ(act(22, "approve_closing"), "not_allowed") << "another department's";
  EXPECT_EQ(act(42, "refuse_closing"), "");
  ASSERT_EQ(act(1, "ask_closing"), "");
  EXPECT_THAT(notices_of(world.context(story.type), order(), story.history.back()),
              Contains(Notice{"agent:42", "ask_closing"}));
  ASSERT_EQ(act(42, "approve_closing"), "");
  EXPECT_EQ(act(1, "ask", unsatisfied), "") << "asked all the same";
  EXPECT_EQ(order().state, "inspection");
  EXPECT_EQ(order().answer, Answer::unsatisfied);
  EXPECT_EQ(act(4, "inspect"), "");
  EXPECT_EQ(act(3, "report_up"), "");
  EXPECT_EQ(act(4, "assess"), "");
  EXPECT_EQ(act(3, "archive"), "conditions_open") << "what is to be known is not waived";
  conditions();
  EXPECT_EQ(act(3, "archive"), "");
  EXPECT_TRUE(order().closed);
  EXPECT_EQ(replay(story.history), order());
}

TEST_F(Complaint, LeaveIsForOneResultOnly) {
  const auto unsatisfied = [](Command& c) { c.answer = Answer::unsatisfied; };
  to_replied();
  ASSERT_EQ(act(1, "tell"), "");
  ASSERT_EQ(act(1, "ask", unsatisfied), "");
  to_replied();
  ASSERT_EQ(act(1, "ask_closing"), "");
  ASSERT_EQ(act(22, "approve_closing"), "");
  ASSERT_EQ(act(1, "give_back"), "");
  ASSERT_EQ(act(30, "reply"), "");
  ASSERT_EQ(act(1, "tell"), "");
  ASSERT_EQ(act(1, "ask", unsatisfied), "");
  EXPECT_EQ(order().state, "accepted") << "another result, of which nobody has said that it is the best there is";
}

TEST_F(Complaint, CountsAsAskedAfterThreeAttemptsAnHourApart) {
  to_replied();
  ASSERT_EQ(act(1, "tell"), "");
  const auto unreached = [](Command& c) { c.answer = Answer::unreached; };
  EXPECT_EQ(act(1, "ask", unreached), "");
  EXPECT_EQ(act(1, "ask", unreached), "too_soon");
  now += hours{1};
  EXPECT_EQ(act(1, "ask", unreached), "");
  EXPECT_EQ(order().state, "told");
  now += hours{1};
  EXPECT_EQ(act(1, "ask", unreached), "");
  EXPECT_EQ(order().state, "inspection");
}

TEST_F(Complaint, IsReturnedTransferredAndArbitrated) {
  ASSERT_EQ(act(1, "dispatch"), "");
  EXPECT_EQ(act(40, "accept"), "not_allowed") << "another department's people";
  EXPECT_EQ(act(30, "reject"), "");
  EXPECT_EQ(act(31, "arbitrate"), "not_allowed") << "not by the department itself";
  EXPECT_EQ(act(3, "arbitrate", [](Command& c) { c.passed = false; }), "");
  EXPECT_EQ(order().state, "handling") << "the rejection was not right";
  EXPECT_EQ(act(31, "transfer", [](Command& c) { c.lead = "repair"; }), "bad_value");
  EXPECT_EQ(act(31, "transfer", [](Command& c) { c.lead = "market"; }), "");
  EXPECT_EQ(order().lead, "market");
  EXPECT_EQ(act(30, "accept"), "not_allowed");
  EXPECT_EQ(act(40, "accept"), "");
  EXPECT_EQ(act(40, "reply", [](Command& c) { c.evidence.clear(); }), "missing");
  EXPECT_EQ(act(40, "reply"), "");
  EXPECT_EQ(act(1, "give_back"), "");
  EXPECT_EQ(order().returned, 1);
  EXPECT_EQ(order().state, "handling");
  EXPECT_EQ(act(1, "tell"), "wrong_state");
}

TEST_F(Complaint, WaitsForItsCoHandlers) {
  ASSERT_EQ(act(1, "dispatch", [](Command& c) { c.departments = {"market", "network"}; }), "");
  ASSERT_EQ(act(30, "accept"), "");
  EXPECT_EQ(act(30, "reply"), "co_handlers_open");
  EXPECT_EQ(act(40, "co_reply", [](Command& c) { c.departments = {"network"}; }), "not_allowed");
  EXPECT_EQ(act(40, "co_reply", [](Command& c) { c.departments = {"market"}; }), "");
  EXPECT_EQ(act(30, "release", [](Command& c) { c.departments = {"network"}; }), "not_allowed");
  EXPECT_EQ(act(1, "release", [](Command& c) { c.departments = {"network"}; }), "");
  EXPECT_EQ(act(30, "reply"), "");
  EXPECT_EQ(order().part("market")->text, "done");
}

TEST_F(Complaint, IsOwnedByTheFirstContactUntilItIsHandedOver) {
  EXPECT_EQ(act(2, "take_over"), "not_allowed");
  EXPECT_EQ(act(1, "hand_over", [](Command& c) { c.agent = AgentId{2}; }), "");
  EXPECT_EQ(order().owner, AgentId{1}) << "until the other takes it";
  EXPECT_EQ(act(4, "take_over"), "not_allowed");
  EXPECT_EQ(act(2, "take_over"), "");
  EXPECT_EQ(order().owner, AgentId{2});
  EXPECT_EQ(act(3, "hand_over", [](Command& c) { c.agent = AgentId{4}; }), "");
  EXPECT_EQ(order().owner, AgentId{4}) << "a supervisor does not ask";
}

TEST_F(Complaint, StandsStillWhileItWaitsForTheCustomer) {
  ASSERT_EQ(act(1, "dispatch"), "");
  EXPECT_EQ(act(1, "wait"), "");
  EXPECT_EQ(act(30, "accept"), "waiting");
  EXPECT_EQ(order().clock("total")->phase, ClockPhase::paused);
  now += hours{48};
  EXPECT_EQ(act(1, "resume"), "");
  EXPECT_EQ(order().clock("total")->phase, ClockPhase::running);
  EXPECT_EQ(order().clock("total")->spent, minutes{20}) << "from the call to the waiting";
  EXPECT_EQ(act(30, "accept"), "");
  EXPECT_EQ(act(30, "wait"), "");
  const auto events = tick(world.context(story.type), order(), now + hours{24 * 30});
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().kind, Action::resume) << "nobody waits for ever";
  EXPECT_EQ(events.front().at, now + hours{24 * 7});
}

TEST_F(Complaint, IsExtendedWithApprovalAndWarnsAnew) {
  ASSERT_EQ(act(1, "dispatch"), "");
  ASSERT_EQ(act(30, "accept"), "");
  const auto ask = [](Command& c) {
    c.clock = "handle";
    c.duration = hours{8};
  };
  EXPECT_EQ(act(3, "approve_extension"), "no_extension");
  EXPECT_EQ(act(30, "ask_extension",
                [](Command& c) {
                  c.clock = "total";
                  c.duration = hours{8};
                }),
            "bad_value")
      << "a legal limit is not for us to extend";
  EXPECT_EQ(act(30, "ask_extension", ask), "");
  EXPECT_EQ(act(30, "ask_extension", ask), "extension_open");
  EXPECT_EQ(act(30, "approve_extension"), "not_allowed");
  EXPECT_EQ(act(3, "approve_extension"), "");
  EXPECT_EQ(order().clock("handle")->limit, hours{32});
  EXPECT_EQ(act(30, "ask_extension", ask), "");
  EXPECT_EQ(act(3, "refuse_extension"), "");
  EXPECT_EQ(order().clock("handle")->limit, hours{32});
}

TEST_F(Complaint, EscalatesOnceToEachAndInOrder) {
  ASSERT_EQ(act(1, "dispatch"), "");
  ASSERT_EQ(act(30, "accept"), "");
  std::vector<std::string> told;
  for (int i = 0; i < 24 * 30; ++i) {
    now += hours{1};
    const auto events = tick(world.context(story.type), order(), now);
    story.take(events);
    for (const Event& event : events)
      if (event.clock == "total") told.push_back(to_string(event.kind) + std::string(" ") + event.level);
  }
  EXPECT_THAT(told, testing::ElementsAre("warn ", "warn ", "escalate department_head", "escalate service_supervisor",
                                         "escalate general_manager"));
  const auto notices = notices_of(world.context(story.type), order(), story.history.back());
  EXPECT_FALSE(notices.empty());
}

TEST_F(Complaint, NobodyOvertakesHisOwnEscalation) {
  ASSERT_EQ(act(1, "dispatch"), "");
  now += hours{24 * 20};
  ASSERT_EQ(act(30, "accept"), "");
  const auto escalated = [&](const std::string& clock) {
    return std::count_if(story.history.begin(), story.history.end(),
                         [&](const Event& e) { return e.kind == Action::escalate && e.clock == clock; });
  };
  EXPECT_EQ(escalated("accept"), 2) << "though no tick ran in those twenty days";
  EXPECT_EQ(escalated("total"), 3);
}

TEST_F(Complaint, ARepeatFollowsItsMainOrder) {
  const MergeTarget main{WorkOrderId{9}, "complaint", false, false, ""};
  EXPECT_EQ(act(1, "merge"), "bad_value");
  EXPECT_EQ(act(1, "merge",
                [&](Command& c) {
                  c.target = MergeTarget{WorkOrderId{9}, "fault_report", false, false, ""};
                }),
            "bad_value");
  EXPECT_EQ(act(1, "merge", [&](Command& c) { c.target = main; }), "");
  EXPECT_EQ(order().state, "merged");
  EXPECT_EQ(act(1, "tell"), "no_result");
  Order other;
  other.id = WorkOrderId{9};
  other.result = "The cable was replaced.";
  story.take({follow(world.context(story.type), order(), other, now)});
  EXPECT_EQ(order().result, "The cable was replaced.");
  EXPECT_EQ(act(1, "tell"), "");
  EXPECT_EQ(act(1, "ask", [](Command& c) { c.answer = Answer::unsatisfied; }), "");
  EXPECT_FALSE(order().merged_into) << "an order of its own again";
}

TEST_F(Complaint, ARepeatThatWasToldIsToldTheMainOrdersNewResult) {
  ASSERT_EQ(act(1, "merge",
                [&](Command& c) {
                  c.target = MergeTarget{WorkOrderId{9}, "complaint", false, false, ""};
                }),
            "");
  Order main;
  main.id = WorkOrderId{9};
  main.result = "The cable was replaced.";
  ASSERT_TRUE(follows(order(), main));
  story.take({follow(world.context(story.type), order(), main, now)});
  ASSERT_EQ(act(1, "tell"), "");
  main.result = "It was the switch.";
  ASSERT_TRUE(follows(order(), main));
  story.take({follow(world.context(story.type), order(), main, now)});
  EXPECT_EQ(order().state, "merged") << "where it can be told; from \"told\" there would be no way on";
  EXPECT_EQ(act(1, "ask"), "wrong_state");
  EXPECT_EQ(act(1, "tell"), "");
  EXPECT_EQ(act(1, "ask"), "");
  EXPECT_EQ(order().state, "inspection");
  main.result = "The switch again.";
  EXPECT_FALSE(follows(order(), main)) << "this customer was told and asked, and is satisfied";
}

TEST_F(Complaint, IsReopenedWithinThirtyDays) {
  to_replied();
  for (const char* step : {"tell", "ask"}) ASSERT_EQ(act(1, step), "");
  for (const char* step : {"inspect", "report_up", "assess"}) ASSERT_EQ(act(4, step), "") << step;
  conditions();
  ASSERT_EQ(act(3, "archive"), "");
  EXPECT_EQ(act(1, "note"), "closed");
  EXPECT_EQ(act(2, "reopen"), "");
  EXPECT_FALSE(order().closed);
  EXPECT_EQ(order().clock("total")->phase, ClockPhase::running);
  EXPECT_EQ(order().clock("total")->round, 1);
}

TEST_F(Complaint, TellsWhoMayDoWhat) {
  const Context context = world.context(story.type);
  EXPECT_THAT(open_actions(context, order(), world.actor(1)), Contains("dispatch"));
  EXPECT_THAT(open_actions(context, order(), world.actor(30)), IsEmpty()) << "it is not there yet";
  ASSERT_EQ(act(1, "dispatch"), "");
  EXPECT_THAT(open_actions(context, order(), world.actor(30)), Contains("reject"));
  EXPECT_THAT(open_actions(context, order(), world.actor(40)), IsEmpty());
  EXPECT_TRUE(is_involved(world.actor(22), order(), world.departments)) << "service supervisor of the one above";
}

TEST(FaultReport, HasFortyEightHoursInTownAndSeventyTwoInTheCountry) {
  const World world;
  Story story{world, shipped().at("fault_report")};
  ASSERT_TRUE(story.create(monday, 1));
  EXPECT_EQ(story.order.clock("repair")->limit, hours{48});
  EXPECT_EQ(story.act(1, "set_fields", monday + hours{1}, [](Command& c) { c.fields = {{"area", "rural"}}; }), "");
  EXPECT_EQ(story.order.clock("repair")->limit, hours{72});
  EXPECT_EQ(story.act(1, "set_fields", monday + hours{1},
                      [](Command& c) {
                        c.fields = {{"area", "moon"}};
                      }),
            "bad_value");
  EXPECT_EQ(story.act(1, "set_fields", monday + hours{1}, [](Command& c) { c.fields = {{"area", ""}}; }), "missing");
}

}  // namespace
}  // namespace hotline::workorder::test
