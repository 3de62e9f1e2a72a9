// SPDX-License-Identifier: Apache-2.0
// The contract of what becomes of recordings, on every store: what one change may and may not move on, and which rows
// each question finds.
#include <gmock/gmock.h>

#include "adapters/store/store_fixture.hpp"

namespace hotline::store::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Work = app::RecordingWork::Kind;

class StoreLedgerTest : public StoreTest {
 protected:
  static app::Recording make(std::uint64_t id, const std::string& node = "a", const std::string& state = "whole",
                             std::uint64_t contact = 1) {
    app::Recording r;
    r.id = RecordingId{id};
    r.contact = ContactId{contact};
    r.leg = LegId{id};
    r.node = node;
    r.path = state == "running" ? "" : std::to_string(id) + ".wav";
    r.started_at = at(static_cast<std::int64_t>(id));
    r.state = state;
    r.frames = state == "running" ? 0 : 8'000;
    r.bytes = state == "running" ? 0 : 16'058;
    return r;
  }
  static app::PutRecordingArchived archive(std::uint64_t id) {
    return {RecordingId{id}, std::to_string(id) + ".opus", "opus", "k1", "ab12", 4'000, 8'000, at(100)};
  }
  static app::PutRecordingFileGone gone(std::uint64_t id, const char* suffix) {
    return {RecordingId{id}, std::to_string(id) + suffix, at(200)};
  }
  app::RecordingLedger ledger(std::uint64_t id) { return store().recording(RecordingId{id}).value().ledger; }
  std::vector<std::uint64_t> work(Work kind, std::int64_t seconds = 1'000, std::uint32_t limit = 10) {
    std::vector<std::uint64_t> ids;
    for (const auto& r : store().recording_work({kind, "a", at(seconds), limit})) ids.push_back(r.id.value());
    return ids;
  }
};

TEST_P(StoreLedgerTest, ARecordingsRowNeverTouchesItsLedgerAndTheLedgerNeverTheRow) {
  app::Recording row = make(5);
  store().write_and_wait({row, archive(5), app::SetRecordingHold{RecordingId{5}, true, "court"}});
  row.problem = "said again";
  store().write_and_wait({row});
  const auto now = store().recording(RecordingId{5}).value();
  EXPECT_EQ(now.problem, "said again");
  EXPECT_EQ(now.path, "5.wav");
  EXPECT_EQ(now.ledger.path, "5.opus");
  EXPECT_EQ(now.ledger.format, "opus");
  EXPECT_EQ(now.ledger.key, "k1");
  EXPECT_EQ(now.ledger.sha256, "ab12");
  EXPECT_EQ(now.ledger.bytes, 4'000);
  EXPECT_EQ(now.ledger.frames, 8'000);
  EXPECT_EQ(now.ledger.archived_at, at(100));
  EXPECT_TRUE(now.ledger.hold);
  EXPECT_EQ(now.ledger.hold_why, "court");
  if (durable()) {
    reopen();
    EXPECT_EQ(store().recording(RecordingId{5}), now);
  }
}

TEST_P(StoreLedgerTest, ALateEndIsTakenOnlyWhereItIsMissing) {
  app::Recording given_up = make(5);
  given_up.path.clear();
  given_up.frames = 0;
  given_up.state = "damaged";
  store().write_and_wait({given_up, make(6)});
  for (const std::uint64_t id : {5, 6, 7})
    store().write_and_wait(
        {app::PutRecordingEnd{RecordingId{id}, "a", "late.wav", at(1), at(3), 16'000, 32'058, "whole", ""}});
  const auto mended = store().recording(RecordingId{5}).value();
  EXPECT_EQ(mended.path, "late.wav");
  EXPECT_EQ(mended.frames, 16'000);
  EXPECT_EQ(mended.state, "whole");
  EXPECT_EQ(mended.ended_at, at(3));
  EXPECT_EQ(store().recording(RecordingId{6}), make(6));
  EXPECT_EQ(store().recording(RecordingId{7}), std::nullopt);
}

TEST_P(StoreLedgerTest, FindsWhatIsToBeDoneAndNothingElse) {
  app::Recording empty = make(4, "a", "damaged");
  empty.frames = 0;
  store().write_and_wait({make(1), make(2), make(3), empty, make(5, "a", "running"), make(6, "b")});
  EXPECT_THAT(work(Work::archive), ElementsAre(1, 2, 3));
  EXPECT_THAT(work(Work::archive, 1'000, 2), ElementsAre(1, 2));
  store().write_and_wait({archive(1), archive(2), gone(2, ".wav")});
  EXPECT_THAT(work(Work::archive), ElementsAre(3));
  EXPECT_THAT(work(Work::clear), ElementsAre(1));
  store().write_and_wait({app::AskRecordingDeletion{RecordingId{1}, "old", at(150)},
                          app::AskRecordingDeletion{RecordingId{3}, "old", at(150)},
                          app::AskRecordingDeletion{RecordingId{5}, "old", at(150)}});
  EXPECT_THAT(work(Work::archive), IsEmpty());
  EXPECT_THAT(work(Work::clear), IsEmpty());
  EXPECT_THAT(work(Work::remove), ElementsAre(1, 3)) << "not the running one";
  EXPECT_THAT(store().recording_backlog(),
              ElementsAre(app::RecordingBacklog{"a", 0, 0, 2}, app::RecordingBacklog{"b", 1, 0, 0}));
  store().write_and_wait({gone(1, ".wav"), gone(3, ".wav")});
  EXPECT_EQ(ledger(3).deleted_at, at(200));
  EXPECT_FALSE(ledger(1).deleted_at) << "its archive is still there";
  store().write_and_wait({gone(1, ".opus")});
  EXPECT_EQ(ledger(1).deleted_at, at(200));
  EXPECT_EQ(ledger(1).delete_why, "old");
  EXPECT_THAT(work(Work::remove), IsEmpty());
}

TEST_P(StoreLedgerTest, OneWithoutAnyFileIsDeletedAtOnce) {
  app::Recording nothing = make(5, "a", "damaged");
  nothing.path.clear();
  store().write_and_wait({nothing, app::AskRecordingDeletion{RecordingId{5}, "old", at(150)}});
  EXPECT_EQ(ledger(5).deleted_at, at(150));
}

TEST_P(StoreLedgerTest, AnArchiveThatComesAfterTheDeletionIsFoundAgain) {
  store().write_and_wait({make(5), app::AskRecordingDeletion{RecordingId{5}, "old", at(150)}, gone(5, ".wav")});
  ASSERT_TRUE(ledger(5).deleted_at);
  store().write_and_wait({archive(5)});
  EXPECT_THAT(work(Work::remove), ElementsAre(5));
}

TEST_P(StoreLedgerTest, AHoldKeepsFromDeletionUntilThatHasBegun) {
  store().write_and_wait({make(5), app::SetRecordingHold{RecordingId{5}, true, "court"},
                          app::AskRecordingDeletion{RecordingId{5}, "old", at(150)}});
  EXPECT_FALSE(ledger(5).delete_asked_at);
  store().write_and_wait({app::SetRecordingHold{RecordingId{5}, false, ""},
                          app::AskRecordingDeletion{RecordingId{5}, "old", at(160)},
                          app::SetRecordingHold{RecordingId{5}, true, "too late"},
                          app::AskRecordingDeletion{RecordingId{5}, "again", at(170)}});
  EXPECT_EQ(ledger(5).delete_asked_at, at(160));
  EXPECT_EQ(ledger(5).delete_why, "old");
  EXPECT_FALSE(ledger(5).hold);
}

TEST_P(StoreLedgerTest, AfterTroubleItIsTriedAgainLaterAndLater) {
  store().write_and_wait({make(5)});
  std::int64_t now = 1'000;
  for (const std::int64_t minutes : {1, 4, 9, 16, 25, 36, 49, 60, 60}) {
    store().write_and_wait({app::PutRecordingTrouble{RecordingId{5}, "disk full", at(now), false}});
    EXPECT_THAT(work(Work::archive, now + minutes * 60 - 1), IsEmpty()) << minutes;
    EXPECT_THAT(work(Work::archive, now + minutes * 60), ElementsAre(5)) << minutes;
    now += minutes * 60;
  }
  EXPECT_EQ(ledger(5).trouble, "disk full");
  store().write_and_wait({archive(5)});
  EXPECT_EQ(ledger(5).trouble, "");
  EXPECT_THAT(work(Work::clear, 0), ElementsAre(5)) << "its tries begin anew";
  store().write_and_wait({app::PutRecordingTrouble{RecordingId{5}, "the archive is not there", at(now), true}});
  EXPECT_FALSE(ledger(5).archived_at);
  EXPECT_THAT(work(Work::archive, now + 60), ElementsAre(5));
}

TEST_P(StoreLedgerTest, AgesComeOldestFirstWithLineAndReasonAndGoOnWhereTheyStopped) {
  auto contact = make_contact(1, 0);
  contact.service_line = "112";
  contact.reason_code = "complaint";
  store().write_and_wait({contact, make(3), make(1), make(2, "a", "whole", 77), make(4, "a", "running"), make(5),
                          app::SetRecordingHold{RecordingId{5}, true, "court"}, make(9)});
  const auto ids = [](const std::vector<app::RecordingAge>& ages) {
    std::vector<std::uint64_t> out;
    for (const auto& age : ages) out.push_back(age.id.value());
    return out;
  };
  const auto all = store().recording_ages({{}, {}, at(8), 10});
  ASSERT_THAT(ids(all), ElementsAre(1, 2, 3));
  EXPECT_EQ(all[0], (app::RecordingAge{RecordingId{1}, at(1), "112", "complaint"}));
  EXPECT_EQ(all[1], (app::RecordingAge{RecordingId{2}, at(2), "", ""})) << "without a contact";
  EXPECT_THAT(ids(store().recording_ages({{}, {}, at(8), 2})), ElementsAre(1, 2));
  EXPECT_THAT(ids(store().recording_ages({at(2), RecordingId{2}, at(8), 2})), ElementsAre(3));
}

TEST_P(StoreLedgerTest, ListsThoseInTroubleAndThoseOfANode) {
  store().write_and_wait({make(1, "a", "damaged"), make(2), make(3), make(4, "b", "damaged"),
                          app::PutRecordingTrouble{RecordingId{3}, "disk full", at(1), false}});
  const auto ids = [](const std::vector<app::Recording>& list) {
    std::vector<std::uint64_t> out;
    for (const auto& r : list) out.push_back(r.id.value());
    return out;
  };
  EXPECT_THAT(ids(store().troubled_recordings({}, 10)), ElementsAre(4, 3, 1));
  EXPECT_THAT(ids(store().troubled_recordings({}, 2)), ElementsAre(4, 3));
  EXPECT_THAT(ids(store().troubled_recordings(RecordingId{3}, 10)), ElementsAre(1));
  EXPECT_THAT(ids(store().recordings_of_node("a", {}, 2)), ElementsAre(1, 2));
  EXPECT_THAT(ids(store().recordings_of_node("a", RecordingId{2}, 10)), ElementsAre(3));
}

TEST_P(StoreLedgerTest, TextThatCannotBeStoredIsRefused) {
  store().write_and_wait({make(5)});
  EXPECT_THROW(store().write_and_wait({app::PutRecordingTrouble{RecordingId{5}, "\xFF", at(1), false}}), app::BadText);
}

INSTANTIATE_TEST_SUITE_P(, StoreLedgerTest, testing::Values(Kind::memory, Kind::sqlite, Kind::postgres),
                         [](const auto& kind) {
                           return kind.param == Kind::memory   ? "Memory"
                                  : kind.param == Kind::sqlite ? "Sqlite"
                                                               : "Postgres";
                         });

}  // namespace
}  // namespace hotline::store::test
