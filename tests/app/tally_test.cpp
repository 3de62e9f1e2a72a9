// SPDX-License-Identifier: Apache-2.0
// A contact's times and outcome from its history.
#include "app/tally.hpp"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

using std::chrono::seconds;

struct Line {
  const char* type;
  int at_s;
};

Summary summary_of(const std::vector<Line>& lines) {
  std::vector<ContactEvent> history;
  for (const Line& line : lines) {
    ContactEvent event;
    event.seq = static_cast<std::int64_t>(history.size()) + 1;
    event.at = from_unix_ms(1'700'000'000'000) + seconds{line.at_s};
    event.type = line.type;
    history.push_back(event);
  }
  return summarize(tally_of(history), seconds{5});
}

Summary times(const char* outcome, int wait_s, int talk_s, int hold_s) {
  return {outcome, seconds{wait_s}, seconds{talk_s}, seconds{hold_s}};
}

TEST(Tally, AnAnsweredCall) {
  EXPECT_EQ(
      summary_of({{"arrived", 0}, {"answered", 1}, {"queued", 10}, {"offered", 12}, {"connected", 25}, {"ended", 85}}),
      times("answered", 15, 60, 0));
}

TEST(Tally, HoldIsNotTalk) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"held", 20},
                        {"resumed", 50},
                        {"held", 60},
                        {"ended", 65}}),
            times("answered", 10, 20, 35));
}

TEST(Tally, ATransferIsAWaitAndASecondTalk) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"transfer", 40},
                        {"agent_left", 40},
                        {"queued", 41},
                        {"connected", 60},
                        {"ended", 100}}),
            times("answered", 30, 70, 0));
}

TEST(Tally, ATransferOutOfAHoldEndsTheHold) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"held", 20},
                        {"transfer", 30},
                        {"connected", 35},
                        {"ended", 45}}),
            times("answered", 15, 20, 10));
}

TEST(Tally, ATransferThatFailsWaitsFromTheTransferOn) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"transfer", 20},
                        {"offer_ended", 40},
                        {"back_to_queue", 40},
                        {"queued", 40},
                        {"connected", 50},
                        {"ended", 60}}),
            times("answered", 40, 20, 0));
}

TEST(Tally, ALostPageIsNeitherTalkNorWait) {
  EXPECT_EQ(
      summary_of(
          {{"answered", 0}, {"queued", 0}, {"connected", 10}, {"agent_lost", 20}, {"reconnected", 27}, {"ended", 37}}),
      times("answered", 10, 20, 0));
}

TEST(Tally, AHoldGoesOnAfterAPageWasLostInIt) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"held", 20},
                        {"agent_lost", 25},
                        {"reconnected", 30},
                        {"held", 30},
                        {"resumed", 40},
                        {"ended", 50}}),
            times("answered", 10, 20, 15));
}

TEST(Tally, APageThatStaysAwayMakesTheCustomerWaitAgain) {
  EXPECT_EQ(summary_of({{"answered", 0},
                        {"queued", 0},
                        {"connected", 10},
                        {"agent_lost", 20},
                        {"back_to_queue", 40},
                        {"queued", 40},
                        {"connected", 45},
                        {"ended", 50}}),
            times("answered", 15, 15, 0));
}

TEST(Tally, Abandoned) {
  EXPECT_EQ(summary_of({{"answered", 0}, {"queued", 10}, {"customer_left", 40}, {"ended", 40}}),
            times("abandoned", 30, 0, 0));
  EXPECT_EQ(summary_of({{"answered", 0}, {"queued", 10}, {"customer_left", 14}, {"ended", 14}}),
            times("short_abandoned", 4, 0, 0));
}

TEST(Tally, TheOtherOutcomes) {
  EXPECT_EQ(summary_of({{"arrived", 0}, {"answered", 1}, {"input", 5}, {"ended", 9}}).outcome, "self_service");
  EXPECT_EQ(summary_of({{"arrived", 0}, {"answered", 1}, {"queue_refused", 5}, {"ended", 9}}).outcome, "refused");
  EXPECT_EQ(summary_of({{"arrived", 0}, {"ended", 9}}).outcome, "refused");
  EXPECT_EQ(summary_of({{"arrived", 0}, {"answered", 1}, {"queued", 2}, {"node_lost", 5}, {"ended", 5}}).outcome,
            "lost");
  EXPECT_EQ(
      summary_of({{"arrived", 0}, {"answered", 1}, {"queued", 2}, {"connected", 3}, {"node_lost", 5}, {"ended", 5}})
          .outcome,
      "answered");
  EXPECT_EQ(summary_of({{"arrived", 0}, {"answered", 1}, {"queued", 2}}).outcome, "live");
}

TEST(Tally, AConsultationIsHoldForTheCustomerAndAConferenceTalk) {
  const auto private_then_back = summary_of({{"answered", 0},
                                             {"queued", 1},
                                             {"connected", 11},
                                             {"consult", 31},
                                             {"consult_connected", 41},
                                             {"consult_ended", 61},
                                             {"resumed", 61},
                                             {"ended", 71}});
  EXPECT_EQ(private_then_back.hold, std::chrono::seconds{30});
  EXPECT_EQ(private_then_back.consult, std::chrono::seconds{20});
  EXPECT_EQ(private_then_back.talk, std::chrono::seconds{30});
  const auto conference = summary_of({{"answered", 0},
                                      {"connected", 10},
                                      {"consult", 20},
                                      {"consult_connected", 25},
                                      {"conference", 30},
                                      {"resumed", 30},
                                      {"ended", 50}});
  EXPECT_EQ(conference.hold, std::chrono::seconds{10});
  EXPECT_EQ(conference.consult, std::chrono::seconds{5});
  EXPECT_EQ(conference.talk, std::chrono::seconds{30});
  const auto handed_over = summary_of({{"answered", 0},
                                       {"connected", 10},
                                       {"consult", 20},
                                       {"consult_connected", 25},
                                       {"transfer", 30},
                                       {"connected", 30},
                                       {"ended", 50}});
  EXPECT_EQ(handed_over.talk, std::chrono::seconds{30});
  EXPECT_EQ(handed_over.hold, std::chrono::seconds{10});
  EXPECT_EQ(handed_over.consult, std::chrono::seconds{5});
}

TEST(Tally, AnOutboundCallIsAnsweredOrNotReached) {
  EXPECT_EQ(summary_of({{"dialled", 0}, {"customer_called", 2}, {"not_reached", 20}, {"ended", 20}}).outcome,
            "not_reached");
  EXPECT_EQ(
      summary_of({{"dialled", 0}, {"customer_called", 2}, {"answered", 9}, {"connected", 9}, {"ended", 20}}).outcome,
      "answered");
}

TEST(Tally, AnEventWithAnEarlierTimeTakesNothingAway) {
  // A voice node's clock may be behind the desk's request that came before its event.
  EXPECT_EQ(summary_of({{"answered", 0}, {"queued", 10}, {"connected", 8}, {"held", 7}, {"ended", 6}}),
            times("answered", 0, 0, 0));
}

TEST(Tally, TheLiveFoldIsTheSameFold) {
  const std::vector<const char*> types{"arrived",       "answered",    "queued",    "connected", "held",
                                       "agent_lost",    "reconnected", "held",      "resumed",   "transfer",
                                       "back_to_queue", "queued",      "connected", "ended"};
  Tally live;
  std::vector<ContactEvent> history;
  for (std::size_t i = 0; i < types.size(); ++i) {
    ContactEvent event;
    event.at = from_unix_ms(static_cast<std::int64_t>(i * i) * 1000);
    event.type = types[i];
    live.add(event.type, event.at);
    history.push_back(event);
    EXPECT_EQ(tally_of(history), live) << types[i];
  }
}

}  // namespace
}  // namespace hotline::app
