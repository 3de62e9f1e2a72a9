// SPDX-License-Identifier: Apache-2.0
// Each agent's own times, folded from a contact's history.
#include "app/agent_times.hpp"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

struct Said {
  int at_s;
  const char* type;
  std::uint64_t who = 0;
};

AgentTimes fold(std::initializer_list<Said> history) {
  AgentTimes times;
  for (const Said& said : history)
    times.add(said.type, said.who == 0 ? std::nullopt : std::optional(AgentId{said.who}),
              from_unix_ms(said.at_s * 1'000));
  return times;
}

void expect(const AgentTimes& times, std::uint64_t agent, int talk_s, int hold_s, int consult_s) {
  const auto* share = times.share(AgentId{agent});
  ASSERT_NE(share, nullptr) << agent;
  EXPECT_EQ(share->talk, Duration{talk_s * 1'000}) << "talk of " << agent;
  EXPECT_EQ(share->hold, Duration{hold_s * 1'000}) << "hold of " << agent;
  EXPECT_EQ(share->consult, Duration{consult_s * 1'000}) << "consult of " << agent;
}

TEST(AgentTimes, AfterAHandOverEachHasTheirOwn) {
  const auto times = fold({{0, "arrived"},
                           {5, "connected", 1},
                           {15, "consult", 1},
                           {18, "consult_connected", 2},
                           {38, "transfer"},
                           {38, "agent_left", 1},
                           {38, "connected", 2},
                           {68, "customer_left"},
                           {68, "ended"}});
  expect(times, 1, 10, 23, 20);
  expect(times, 2, 30, 0, 20);
  EXPECT_EQ(times.shares.front().agent, AgentId{1}) << "the first owns it";
}

TEST(AgentTimes, AConferenceIsTalkOfBoth) {
  const auto times = fold({{0, "connected", 1},
                           {10, "consult", 1},
                           {10, "consult_connected", 2},
                           {20, "conference"},
                           {20, "resumed", 1},
                           {50, "held", 1},
                           {50, "consult_resumed"},
                           {55, "conference"},
                           {55, "resumed", 1},
                           {60, "transfer"},
                           {60, "agent_left", 1},
                           {60, "connected", 2},
                           {70, "ended"}});
  expect(times, 1, 45, 15, 15);
  expect(times, 2, 45, 0, 15);
}

TEST(AgentTimes, WhileTheExpertWaitsOnlyTheAgentTalks) {
  const auto times = fold({{0, "connected", 1},
                           {10, "consult", 1},
                           {12, "consult_connected", 2},
                           {20, "consult_parked"},
                           {20, "resumed", 1},
                           {30, "consult_ended"},
                           {40, "ended"}});
  expect(times, 1, 30, 10, 8);
  expect(times, 2, 0, 0, 8);
}

TEST(AgentTimes, ALostPageEndsOnlyItsOwnAgentsTalkInAConference) {
  const auto times = fold({{0, "connected", 1},
                           {5, "consult", 1},
                           {5, "consult_connected", 2},
                           {10, "conference"},
                           {10, "resumed", 1},
                           {20, "agent_lost", 1},
                           {20, "resumed"},
                           {25, "reconnected", 1},
                           {30, "consult_lost", 2},
                           {33, "consult_back", 2},
                           {40, "ended"}});
  expect(times, 1, 30, 5, 5);
  expect(times, 2, 27, 0, 5);
}

TEST(AgentTimes, WhoOnlyRangHasNoPart) {
  const auto times =
      fold({{0, "offered", 1}, {20, "offer_ended", 1}, {20, "offered", 2}, {25, "connected", 2}, {30, "ended"}});
  ASSERT_EQ(times.shares.size(), 1U);
  expect(times, 2, 5, 0, 0);
}

TEST(AgentTimes, AnEventNamesItsAgentInItsData) {
  const auto of = [](std::string data) {
    return agent_of({ContactId{1}, 1, TimePoint{}, "connected", std::move(data)});
  };
  EXPECT_EQ(of(R"({"agent":"8001"})"), AgentId{8001});
  for (const char* none : {"{}", R"({"agent":8001})", R"({"agent":"x"})", R"({"agent":""})", "[]", "{", ""})
    EXPECT_EQ(of(none), std::nullopt) << none;
}

}  // namespace
}  // namespace hotline::app
