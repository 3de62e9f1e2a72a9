// SPDX-License-Identifier: Apache-2.0
// Goal: no second of an answered call is missing from its recordings without the ledger saying which and why; and what
// is whole is not complained of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/ledger/recording_ledger.hpp"

namespace hotline::app {
namespace {

using std::chrono::minutes;

class RecordingLedgerTest : public testing::Test {
 protected:
  RecordingLedgerTest() {
    contact.id = ContactId{7};
    contact.outcome = "answered";
    contact.started_at = at(0);
    contact.ended_at = at(100'000);
    events = {{contact.id, 1, at(0), "arrived"},    {contact.id, 2, at(1'000), "answered"},
              {contact.id, 3, at(5'000), "queued"}, {contact.id, 4, at(9'000), "connected"},
              {contact.id, 5, at(30'000), "held"},  {contact.id, 6, at(100'000), "ended"}};
  }
  static TimePoint at(std::int64_t ms) { return from_unix_ms(1'700'000'000'000 + ms); }
  void recorded(std::int64_t from, std::int64_t to, const std::string& problem = "", std::int64_t missing = 0) {
    Recording recording;
    recording.id = RecordingId{recordings.size() + 1};
    recording.contact = contact.id;
    recording.started_at = at(from);
    recording.ended_at = at(to);
    recording.frames = (to - from - missing) * 8;
    recording.state = problem.empty() ? "whole" : "damaged";
    recording.problem = problem;
    recordings.push_back(recording);
  }
  std::vector<std::string> gaps() {
    const auto entry = reconcile(contact, events, recordings);
    std::vector<std::string> out;
    if (!entry) return {"nothing was due"};
    Duration missing{};
    for (const LedgerGap& gap : entry->gaps) {
      out.push_back(std::to_string((gap.from - at(0)).count()) + "-" + std::to_string((gap.to - at(0)).count()) + " " +
                    gap.cause);
      missing += gap.to - gap.from;
    }
    // Nothing is counted twice and nothing is lost, but for what the tolerance passes over at each seam.
    const Duration rest = entry->due - entry->recorded - missing;
    EXPECT_GE(rest.count(), 0);
    EXPECT_LE(rest, ledger_tolerance * (recordings.size() + 1));
    return out;
  }

  Contact contact;
  std::vector<ContactEvent> events;
  std::vector<Recording> recordings;
};

TEST_F(RecordingLedgerTest, AWholeRecordingLeavesNothing) {
  recorded(1'000, 100'000);
  EXPECT_THAT(gaps(), testing::IsEmpty());
  const auto entry = reconcile(contact, events, recordings);
  EXPECT_EQ(entry->due, Duration{99'000});
  EXPECT_EQ(entry->recorded, Duration{99'000});
}
TEST_F(RecordingLedgerTest, TwoTenthsOfASecondAreNoGap) {
  recorded(1'190, 99'820);
  EXPECT_THAT(gaps(), testing::IsEmpty());
}
TEST_F(RecordingLedgerTest, ARecordingLongerThanTheCallCountsForTheCallAlone) {
  recorded(500, 104'000);
  EXPECT_THAT(gaps(), testing::IsEmpty());
  EXPECT_EQ(reconcile(contact, events, recordings)->recorded, Duration{99'000});
}
TEST_F(RecordingLedgerTest, NoRecordingAtAll) {
  EXPECT_THAT(gaps(), testing::ElementsAre("1000-100000 never_recorded"));
}
TEST_F(RecordingLedgerTest, ALateBeginning) {
  recorded(3'000, 100'000);
  EXPECT_THAT(gaps(), testing::ElementsAre("1000-3000 began_late"));
}
TEST_F(RecordingLedgerTest, AnEarlyEnd) {
  recorded(1'000, 60'000, "disk full");
  EXPECT_THAT(gaps(), testing::ElementsAre("60000-100000 ended_early: disk full"));
}
TEST_F(RecordingLedgerTest, AHoleBetweenTwo) {
  recorded(62'000, 100'000);
  recorded(1'000, 60'000, "disk full");
  EXPECT_THAT(gaps(), testing::ElementsAre("60000-62000 interrupted: disk full"));
}
TEST_F(RecordingLedgerTest, SoundThatIsNotInTheFile) {
  recorded(1'000, 100'000, "3 s missing", 3'000);
  EXPECT_THAT(gaps(), testing::ElementsAre("97000-100000 sound_missing: 3 s missing"));
}
TEST_F(RecordingLedgerTest, ALostVoiceNode) {
  contact.end_cause = "node_lost";
  recorded(1'000, 92'000, "voice node restarted");
  EXPECT_THAT(gaps(), testing::ElementsAre("92000-100000 node_lost: voice node restarted"));
}
TEST_F(RecordingLedgerTest, OverlappingRecordingsCountOnce) {
  recorded(1'000, 60'000);
  recorded(50'000, 100'000);
  EXPECT_THAT(gaps(), testing::IsEmpty());
  EXPECT_EQ(reconcile(contact, events, recordings)->recorded, Duration{99'000});
}
TEST_F(RecordingLedgerTest, APauseIsSilenceOnPurposeAndNoGap) {
  recorded(1'000, 100'000);
  events.insert(events.begin() + 4,
                {{contact.id, 7, at(20'000), "recording_paused"}, {contact.id, 8, at(26'000), "recording_resumed"}});
  EXPECT_THAT(gaps(), testing::IsEmpty());
  EXPECT_EQ(reconcile(contact, events, recordings)->paused, Duration{6'000});
}
TEST_F(RecordingLedgerTest, NothingIsDueOfACallNobodyAnswered) {
  events.erase(events.begin() + 1);
  EXPECT_THAT(gaps(), testing::ElementsAre("nothing was due"));
}
TEST_F(RecordingLedgerTest, WhatStillRunsIsLeftForLater) {
  recorded(1'000, 100'000);
  recordings[0].state = "running";
  EXPECT_THAT(gaps(), testing::ElementsAre("nothing was due"));
  recordings[0].state = "whole";
  contact.outcome = "live";
  EXPECT_THAT(gaps(), testing::ElementsAre("nothing was due"));
}

TEST(LedgerDays, ADayIsLocal) {
  const auto range = range_of_day("2026-11-23", minutes{480});
  ASSERT_TRUE(range);
  EXPECT_EQ(local_day(range->first, minutes{480}), "2026-11-23");
  EXPECT_EQ(local_day(range->first - Duration{1}, minutes{480}), "2026-11-22");
  EXPECT_EQ(local_day(range->second - Duration{1}, minutes{480}), "2026-11-23");
  EXPECT_EQ(local_day(range->first, minutes{0}), "2026-11-22");
}
TEST(LedgerDays, WhatIsNoDayIsRefused) {
  for (const char* text : {"", "2026-13-01", "2026-02-30", "2026-1-1", "2026/01/01", "20260101xx", "-026-01-01"})
    EXPECT_FALSE(range_of_day(text, minutes{480})) << text;
}
TEST(LedgerDays, ASumHasEachContactOnce) {
  LedgerSum sum("2026-11-23", TimePoint{});
  LedgerEntry whole;
  whole.due = whole.recorded = Duration{1'000};
  sum.add(ContactId{1}, whole);
  LedgerEntry short_one;
  short_one.due = Duration{2'000};
  short_one.recorded = Duration{500};
  short_one.gaps.push_back({{}, {}, TimePoint{}, TimePoint{Duration{1'500}}, "began_late"});
  sum.add(ContactId{2}, short_one);
  EXPECT_EQ(sum.result().day.calls, 2);
  EXPECT_EQ(sum.result().day.complete, 1);
  EXPECT_EQ(sum.result().day.due_ms, 3'000);
  EXPECT_EQ(sum.result().day.recorded_ms, 1'500);
  ASSERT_EQ(sum.result().gaps.size(), 1U);
  EXPECT_EQ(sum.result().gaps[0].contact, ContactId{2});
  EXPECT_EQ(sum.result().gaps[0].day, "2026-11-23");
}

}  // namespace
}  // namespace hotline::app
