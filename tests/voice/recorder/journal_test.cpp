// SPDX-License-Identifier: Apache-2.0
// Goal: the journal names exactly the recordings begun and not ended, whatever a crash left of its last line, and stays
// short.
#include "voice/recorder/journal.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "files.hpp"

namespace hotline::voice::recorder {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

class JournalTest : public RecorderDirectory {
 protected:
  [[nodiscard]] fs::path file() const { return directory_ / ".open" / "journal"; }
  [[nodiscard]] static JournalEntry entry(std::uint64_t id) {
    return {RecordingId{id}, LegId{id + 100}, from_unix_ms(static_cast<std::int64_t>(id) * 1000),
            "2030/01/02/a name " + std::to_string(id) + ".wav"};
  }
};

TEST_F(JournalTest, ANewOneKnowsWhatTheLastOneHadOpen) {
  {
    Journal journal(directory_);
    for (const auto id : {1, 2, 3}) ASSERT_TRUE(journal.add(entry(static_cast<std::uint64_t>(id))));
    journal.remove(RecordingId{2});
    journal.remove(RecordingId{9});
  }
  const auto open = Journal(directory_).open();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[0].id, RecordingId{1});
  EXPECT_EQ(open[1].id, RecordingId{3});
  EXPECT_EQ(open[1].leg, LegId{103});
  EXPECT_EQ(open[1].started_at, from_unix_ms(3'000));
  EXPECT_EQ(open[1].path, entry(3).path);
}

TEST_F(JournalTest, AFinishedOneKeepsItsResultUntilItIsRemovedAlsoOverCompacting) {
  {
    Journal journal(directory_);
    ASSERT_TRUE(journal.add(entry(1)));
    journal.finish(RecordingId{1}, {from_unix_ms(7'000), 48'000, 96'058, "2 s are\nmissing"});
    journal.finish(RecordingId{9}, {});
    for (std::uint64_t id = 2; id < 30'000; ++id) {
      ASSERT_TRUE(journal.add(entry(id)));
      journal.remove(RecordingId{id});
    }
  }
  Journal journal(directory_);
  const auto open = journal.open();
  ASSERT_EQ(open.size(), 1U);
  ASSERT_TRUE(open[0].finished);
  EXPECT_EQ(open[0].finished->ended_at, from_unix_ms(7'000));
  EXPECT_EQ(open[0].finished->frames, 48'000U);
  EXPECT_EQ(open[0].finished->bytes, 96'058U);
  EXPECT_EQ(open[0].finished->problem, "2 s are missing");
  journal.remove(RecordingId{1});
  EXPECT_THAT(Journal(directory_).open(), IsEmpty());
}

TEST_F(JournalTest, ALineCutShortIsLeftOutAndWrittenOver) {
  { ASSERT_TRUE(Journal(directory_).add(entry(1))); }
  std::ofstream(file(), std::ios::app) << "+ 2 102 17";
  {
    Journal journal(directory_);
    EXPECT_EQ(journal.open().size(), 1U);
    ASSERT_TRUE(journal.add(entry(3)));
  }
  const auto open = Journal(directory_).open();
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[1].path, entry(3).path);
}

TEST_F(JournalTest, LinesOfAnythingElseArePassedOver) {
  fs::create_directories(file().parent_path());
  std::ofstream(file()) << "\n- \n+\n+ x\n* 4 5 6 7\n- 99999999999999999999999\n+ 5 6\n";
  EXPECT_THAT(Journal(directory_).open(), IsEmpty());
}

TEST_F(JournalTest, StaysShortOverManyRecordings) {
  {
    Journal journal(directory_);
    ASSERT_TRUE(journal.add(entry(1)));
    for (std::uint64_t id = 2; id < 30'000; ++id) {
      ASSERT_TRUE(journal.add(entry(id)));
      journal.remove(RecordingId{id});
    }
  }
  EXPECT_LT(fs::file_size(file()), 1'000'000U);
  const auto open = Journal(directory_).open();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].path, entry(1).path);
}

TEST_F(JournalTest, ADirectoryThatCannotBeUsedShowsAtAdd) {
  std::ofstream(directory_ / "taken") << "a file";
  Journal journal(directory_ / "taken");
  EXPECT_THAT(journal.open(), IsEmpty());
  EXPECT_FALSE(journal.add(entry(1)));
}

}  // namespace
}  // namespace hotline::voice::recorder
