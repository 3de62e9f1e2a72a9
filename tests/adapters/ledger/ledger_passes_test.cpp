// SPDX-License-Identifier: Apache-2.0
// Goal: a recording comes from its WAV to its archive and at last to its deletion whatever is lost on the way, and what
// is held, unfinished or not old enough stays.
#include "adapters/ledger/ledger_passes.hpp"

#include <gmock/gmock.h>

#include "adapters/store/memory_store.hpp"
#include "app/ledger/recording_ledger.hpp"

namespace hotline::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeVoice final : public app::VoicePort {
 public:
  void send(const std::string&, CallId, const call::VoiceCommand&) override {}
  void acknowledge(const std::string&, std::uint64_t, std::uint64_t) override {}
  void drain(const std::string&, bool) override {}
  void send_file_command(const std::string& node, const app::FileCommand& command) override {
    if (const auto* archive = std::get_if<app::ArchiveRecording>(&command))
      said.push_back(node + " archive " + archive->recording.to_string() + " " + archive->path);
    if (const auto* file = std::get_if<app::DeleteRecordingFile>(&command))
      said.push_back(node + " delete " + file->recording.to_string() + " " + file->path +
                     (file->kept_as.empty() ? "" : " kept as " + file->kept_as));
  }
  std::vector<std::string> said;
};

constexpr Duration day = std::chrono::hours(24);

class LedgerPassesTest : public ::testing::Test {
 protected:
  LedgerPassesTest() { config.nodes = {"a"}; }
  app::Recording recording(std::uint64_t id, const std::string& state = "whole", std::uint64_t contact = 1) {
    app::Recording r;
    r.id = RecordingId{id};
    r.contact = ContactId{contact};
    r.node = "a";
    r.path = state == "running" ? "" : std::to_string(id) + ".wav";
    r.started_at = now;
    r.frames = state == "running" ? 0 : 8'000;
    r.state = state;
    return r;
  }
  /// One pass after the time in which nothing is said twice.
  std::vector<std::string> pass(Duration later = Duration{20'000}) {
    now += later;
    if (!passes) passes.emplace(config, store, voice, [this] { return low; });
    passes->pass(now);
    return std::exchange(voice.said, {});
  }
  void archived(std::uint64_t id) {
    store.write_and_wait(
        {app::PutRecordingArchived{RecordingId{id}, std::to_string(id) + ".opus", "opus", "", "00", 10, 8'000, now}});
  }
  void gone(std::uint64_t id, const std::string& path) {
    store.write_and_wait({app::PutRecordingFileGone{RecordingId{id}, path, now}});
  }
  app::RecordingLedger ledger(std::uint64_t id) { return store.recording(RecordingId{id})->ledger; }

  TimePoint now = from_unix_ms(1'700'000'000'000);
  Config config;
  store::MemoryStore store;
  FakeVoice voice;
  bool low = false;
  std::optional<LedgerPasses> passes;
};

TEST_F(LedgerPassesTest, SaysEachStepUntilItIsDone) {
  store.write_and_wait({recording(5), recording(6, "running")});
  EXPECT_THAT(pass(), ElementsAre("a archive 5 5.wav"));
  EXPECT_THAT(pass(Duration{2'000}), IsEmpty()) << "just said";
  EXPECT_THAT(pass(), ElementsAre("a archive 5 5.wav")) << "lost, perhaps";
  archived(5);
  EXPECT_THAT(pass(), ElementsAre("a delete 5 5.wav kept as 5.opus"));
  EXPECT_THAT(pass(), ElementsAre("a delete 5 5.wav kept as 5.opus"));
  gone(5, "5.wav");
  EXPECT_THAT(pass(), IsEmpty());
  EXPECT_TRUE(ledger(5).wav_gone_at);
  passes.reset();  // a new core knows as much
  EXPECT_THAT(pass(), IsEmpty());
}

TEST_F(LedgerPassesTest, LeavesTheNodeInPeaceForAWhileAfterTrouble) {
  store.write_and_wait({recording(5)});
  EXPECT_THAT(pass(), ElementsAre("a archive 5 5.wav"));
  store.write_and_wait({app::PutRecordingTrouble{RecordingId{5}, "disk full", now, false}});
  EXPECT_THAT(pass(), IsEmpty());
  EXPECT_THAT(pass(std::chrono::minutes(1)), ElementsAre("a archive 5 5.wav"));
  EXPECT_EQ(ledger(5).trouble, "disk full");
  archived(5);
  EXPECT_EQ(ledger(5).trouble, "");
}

TEST_F(LedgerPassesTest, AnArchiveThatIsMissingIsMadeAgainFromTheWavThatWasKept) {
  store.write_and_wait({recording(5)});
  archived(5);
  store.write_and_wait({app::PutRecordingTrouble{RecordingId{5}, "its archive is not there", now, true}});
  EXPECT_THAT(pass(std::chrono::minutes(2)), ElementsAre("a archive 5 5.wav"));
}

TEST_F(LedgerPassesTest, WithoutArchivingWavFilesStayAndExpireAllTheSame) {
  config.archive = false;
  config.retention.days = 10;
  store.write_and_wait({recording(5)});
  EXPECT_THAT(pass(), IsEmpty());
  EXPECT_THAT(pass(10 * day), ElementsAre("a delete 5 5.wav"));
  gone(5, "5.wav");
  EXPECT_TRUE(ledger(5).deleted_at);
  EXPECT_THAT(pass(), IsEmpty());
}

TEST_F(LedgerPassesTest, LetsGoWhatIsOldEnoughByLineAndReasonAndKeepsTheRow) {
  config.retention = {100, {{"112", "", 10}, {"", "complaint", 0}}};
  const auto contact = [&](std::uint64_t id, const std::string& line) {
    app::Contact c;
    c.id = ContactId{id};
    c.service_line = line;
    c.started_at = now;
    return c;
  };
  store.write_and_wait({contact(1, "112"), contact(2, "112"), contact(3, "180"), recording(5, "whole", 1),
                        recording(6, "whole", 2), recording(7, "whole", 3), recording(8, "whole", 4),
                        app::PutWrapUp{ContactId{2}, "complaint", "", ""}});
  for (const std::uint64_t id : {5, 6, 7, 8}) {
    archived(id);
    gone(id, std::to_string(id) + ".wav");
  }
  EXPECT_THAT(pass(9 * day), IsEmpty());
  EXPECT_THAT(pass(day), ElementsAre("a delete 5 5.opus"));
  EXPECT_FALSE(ledger(5).deleted_at) << "not before the node has said so";
  gone(5, "5.opus");
  EXPECT_TRUE(ledger(5).deleted_at);
  EXPECT_EQ(ledger(5).delete_why, "kept for 10 days");
  EXPECT_EQ(store.audit("recording.expire", 10).size(), 1U);
  EXPECT_THAT(pass(90 * day), ElementsAre("a delete 7 7.opus", "a delete 8 8.opus"));
  EXPECT_THAT(pass(10'000 * day), ElementsAre("a delete 7 7.opus", "a delete 8 8.opus"));
  EXPECT_FALSE(ledger(6).delete_asked_at) << "complaints are kept for ever";
}

TEST_F(LedgerPassesTest, AHeldRecordingStaysUntilItIsReleased) {
  config.retention.days = 10;
  store.write_and_wait({recording(5), app::SetRecordingHold{RecordingId{5}, true, "court"}});
  archived(5);
  gone(5, "5.wav");
  EXPECT_THAT(pass(20 * day), IsEmpty());
  store.write_and_wait({app::AskRecordingDeletion{RecordingId{5}, "race", now}});
  EXPECT_FALSE(ledger(5).delete_asked_at);
  store.write_and_wait({app::SetRecordingHold{RecordingId{5}, false, ""}});
  EXPECT_THAT(pass(day), ElementsAre("a delete 5 5.opus"));
  store.write_and_wait({app::SetRecordingHold{RecordingId{5}, true, "too late"}});
  EXPECT_FALSE(ledger(5).hold);
}

TEST_F(LedgerPassesTest, AnArchiveThatIsFinishedAfterItsDeletionWasDoneIsDeletedToo) {
  config.retention.days = 10;
  store.write_and_wait({recording(5)});
  EXPECT_THAT(pass(10 * day), ElementsAre("a delete 5 5.wav"));
  gone(5, "5.wav");
  ASSERT_TRUE(ledger(5).deleted_at);
  archived(5);
  EXPECT_THAT(pass(), ElementsAre("a delete 5 5.opus"));
  gone(5, "5.opus");
  EXPECT_TRUE(ledger(5).deleted_at);
}

TEST_F(LedgerPassesTest, APassIsBoundedAndTheNextOnesGoOn) {
  config.retention.days = 10;
  config.ages_max = 3;
  config.commands_max = 4;
  config.archive = false;
  for (std::uint64_t id = 1; id <= 7; ++id) store.write_and_wait({recording(id)});
  EXPECT_EQ(pass(10 * day).size(), 3U);
  EXPECT_EQ(pass(std::chrono::minutes(1)).size(), 4U);
  for (std::uint64_t id = 1; id <= 4; ++id) gone(id, std::to_string(id) + ".wav");
  EXPECT_EQ(pass(std::chrono::minutes(1)).size(), 3U);
}

TEST_F(LedgerPassesTest, WhileRoomIsLowWhatIsDueGoesAtOnce) {
  config.retention.days = 10;
  config.archive = false;
  store.write_and_wait({recording(5)});
  now += 10 * day - Duration{10'000};
  EXPECT_THAT(pass(Duration{0}), IsEmpty());
  EXPECT_THAT(pass(Duration{11'000}), IsEmpty()) << "not looked at again so soon";
  low = true;
  EXPECT_THAT(pass(Duration{2'000}), ElementsAre("a delete 5 5.wav"));
}

TEST_F(LedgerPassesTest, YesterdayIsReconciledOnceHalfAnHourAfterMidnight) {
  config.archive = false;
  const TimePoint midnight = app::range_of_day("2023-11-16", config.utc_offset)->first;
  app::Contact contact;
  contact.id = ContactId{1};
  contact.outcome = "answered";
  contact.started_at = midnight - Duration{60'000};
  contact.ended_at = midnight + Duration{30'000};
  app::Recording one = recording(5);
  one.started_at = midnight - Duration{58'000};
  one.ended_at = midnight + Duration{30'000};
  one.frames = 88'000 * 8;
  store.write_and_wait({contact, one, app::ContactEvent{contact.id, 1, midnight - Duration{59'000}, "answered"},
                        app::ContactEvent{contact.id, 2, midnight + Duration{30'000}, "ended"}});
  now = midnight;
  (void)pass();
  EXPECT_THAT(store.ledger_days(5), IsEmpty());
  (void)pass(std::chrono::minutes(31));
  const auto days = store.ledger_days(5);
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].day, "2023-11-15");
  EXPECT_EQ(days[0].calls, 1);
  EXPECT_EQ(days[0].due_ms, 89'000);
  EXPECT_EQ(days[0].recorded_ms, 88'000);
  ASSERT_EQ(store.ledger_gaps("2023-11-15", 5).size(), 1U);
  EXPECT_EQ(store.ledger_gaps("2023-11-15", 5)[0].cause, "began_late");
  (void)pass(std::chrono::minutes(60));
  EXPECT_EQ(store.ledger_days(5)[0].reconciled_at, days[0].reconciled_at) << "once is enough";
}

}  // namespace
}  // namespace hotline::ledger
