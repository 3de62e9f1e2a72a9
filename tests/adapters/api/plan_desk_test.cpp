// SPDX-License-Identifier: Apache-2.0
// Plans are computed one after the other on a thread of their own: one for each user, a few in all, none for ever.
#include "adapters/api/plan_desk.hpp"

#include <gtest/gtest.h>

#include <future>

namespace hotline::api {
namespace {

using Result = std::optional<app::PlanResult>;

/// A planner that waits to be let on, and says with how many trunks it was done.
struct SlowPlanner {
  std::promise<void> started, let_on;
  app::Planner planner() {
    return [this, first = true](const app::PlanInput& input, const app::PlanStop& /*stop*/) mutable -> Result {
      if (std::exchange(first, false)) {
        started.set_value();
        let_on.get_future().wait();
      }
      app::PlanResult result;
      result.trunks = static_cast<std::int64_t>(input.rows.size());
      return result;
    };
  }
};

app::PlanInput rows(std::size_t count) {
  app::PlanInput input;
  input.rows.resize(count);
  return input;
}

PlanDesk::Done keep(std::promise<Result>& into) {
  return [&into](const Result& result) { into.set_value(result); };
}

TEST(PlanDesk, AUserHasOnePlanAtATime) {
  SlowPlanner slow;
  std::promise<Result> first, second, third;
  PlanDesk desk(slow.planner());
  ASSERT_EQ(desk.ask(AgentId{1}, rows(1), keep(first)), PlanDesk::Taken::yes);
  slow.started.get_future().wait();
  EXPECT_EQ(desk.ask(AgentId{1}, rows(2), keep(third)), PlanDesk::Taken::already_one);
  EXPECT_EQ(desk.ask(AgentId{2}, rows(3), keep(second)), PlanDesk::Taken::yes);
  EXPECT_EQ(desk.ask(AgentId{2}, rows(4), keep(third)), PlanDesk::Taken::already_one);  // waits
  slow.let_on.set_value();
  EXPECT_EQ(first.get_future().get()->trunks, 1);
  EXPECT_EQ(second.get_future().get()->trunks, 3);
  EXPECT_EQ(desk.ask(AgentId{1}, rows(5), keep(third)), PlanDesk::Taken::yes);  // done, and may ask again
  EXPECT_EQ(third.get_future().get()->trunks, 5);
}

TEST(PlanDesk, AFewMayWait) {
  SlowPlanner slow;
  std::vector<std::promise<Result>> results(4);
  PlanDesk desk(slow.planner(), {.waiting_max = 2, .plan_max = std::chrono::seconds{20}});
  ASSERT_EQ(desk.ask(AgentId{1}, rows(1), keep(results[0])), PlanDesk::Taken::yes);
  slow.started.get_future().wait();
  EXPECT_EQ(desk.ask(AgentId{2}, rows(1), keep(results[1])), PlanDesk::Taken::yes);
  EXPECT_EQ(desk.ask(AgentId{3}, rows(1), keep(results[2])), PlanDesk::Taken::yes);
  EXPECT_EQ(desk.ask(AgentId{4}, rows(1), keep(results[3])), PlanDesk::Taken::too_many);
  slow.let_on.set_value();
  EXPECT_TRUE(results[2].get_future().get());
}

TEST(PlanDesk, APlanThatTakesTooLongIsGivenUp) {
  const app::Planner endless = [](const app::PlanInput& /*input*/, const app::PlanStop& stop) -> Result {
    while (!stop()) {
    }
    return std::nullopt;
  };
  std::promise<Result> result;
  PlanDesk desk(endless, {.waiting_max = 2, .plan_max = std::chrono::seconds{0}});
  ASSERT_EQ(desk.ask(AgentId{1}, rows(1), keep(result)), PlanDesk::Taken::yes);
  EXPECT_FALSE(result.get_future().get());
}

TEST(PlanDesk, ItsEndAnswersEverybody) {
  std::promise<void> started;
  const app::Planner endless = [&](const app::PlanInput& input, const app::PlanStop& stop) -> Result {
    if (input.rows.size() == 1) started.set_value();
    while (!stop()) {
    }
    return std::nullopt;
  };
  std::promise<Result> running, waiting;
  {
    PlanDesk desk(endless);
    ASSERT_EQ(desk.ask(AgentId{1}, rows(1), keep(running)), PlanDesk::Taken::yes);
    ASSERT_EQ(desk.ask(AgentId{2}, rows(2), keep(waiting)), PlanDesk::Taken::yes);
    started.get_future().wait();
  }
  EXPECT_FALSE(running.get_future().get());
  EXPECT_FALSE(waiting.get_future().get());
}

}  // namespace
}  // namespace hotline::api
