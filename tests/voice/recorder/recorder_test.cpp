// SPDX-License-Identifier: Apache-2.0
// Goal: what is put into taps is in the file, whole, at its place and in its channel; what cannot be written is said
// and costs only its own sound; after a kill at most a second is missing and the file is made right.
#include "voice/recorder/recorder.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.hpp"

namespace hotline::voice::recorder {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr auto silence = g711::alaw_silence;

class RecorderTest : public RecorderDirectory {
 protected:
  [[nodiscard]] Recorder::Done done() {
    return [this](const RecordingResult& result) { results_.tell(result); };
  }
  Told<RecordingResult> results_;
};

/// Puts `frames` frames of 20 ms on both channels at once; a ring holds 200 of them.
void put_frames(Tap& tap, std::uint64_t from, std::uint64_t frames) {
  const std::vector<std::uint8_t> left(160, 11);
  const std::vector<std::uint8_t> right(160, 22);
  for (std::uint64_t i = from; i < from + frames; ++i) {
    tap.put(Channel::received, i * 160, left);
    tap.put(Channel::sent, i * 160, right);
    tap.advance((i + 1) * 160);
  }
}

TEST_F(RecorderTest, WritesBothChannelsAndTheExactLength) {
  Recorder recorder({.directory = directory_});
  auto tap = recorder.open(RecordingId{7}, LegId{3}, "2030/01/02/7.wav", done());
  ASSERT_NE(tap, nullptr);
  tap->begin(from_unix_ms(1'000'000));
  put_frames(*tap, 0, 50);
  tap->finish(50 * 160 + 4000);
  const auto result = results_.next();
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.id, RecordingId{7});
  EXPECT_EQ(result.leg, LegId{3});
  EXPECT_EQ(result.path, "2030/01/02/7.wav");
  EXPECT_EQ(result.frames, 12'000U);
  EXPECT_EQ(result.started_at, from_unix_ms(1'000'000));
  EXPECT_EQ(result.ended_at, from_unix_ms(1'001'500));
  EXPECT_EQ(result.bytes, fs::file_size(directory_ / result.path));
  const auto recording = read_recording(directory_ / result.path);
  EXPECT_TRUE(recording.sound);
  ASSERT_EQ(recording.left.size(), 12'000U);
  EXPECT_EQ(recording.left[7999], 11);
  EXPECT_EQ(recording.right[0], 22);
  EXPECT_EQ(recording.left[8000], silence);
  EXPECT_EQ(recording.right[11'999], silence);
}

TEST_F(RecorderTest, WritesDuringTheCall) {
  Recorder recorder({.directory = directory_});
  auto tap = recorder.open(RecordingId{1}, LegId{1}, "1.wav", done());
  tap->begin(from_unix_ms(0));
  put_frames(*tap, 0, 100);  // two seconds: at least one must be on the disk soon, without an end of the call
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::error_code error;
  while (std::chrono::steady_clock::now() < limit && (fs::file_size(directory_ / "1.wav", error) < 16'000 || error))
    std::this_thread::yield();
  EXPECT_GE(fs::file_size(directory_ / "1.wav"), 16'000U);
  tap->finish(16'000);
  EXPECT_EQ(results_.next().frames, 16'000U);
}

TEST_F(RecorderTest, NeverWritesOverARecordingAndNeverLeavesItsDirectory) {
  std::ofstream(directory_ / "1.wav") << "precious";
  Recorder recorder({.directory = directory_});
  auto tap = recorder.open(RecordingId{1}, LegId{1}, "1.wav", done());
  tap->begin(from_unix_ms(0));
  put_frames(*tap, 0, 10);
  tap->finish(1600);
  EXPECT_NE(results_.next().problem, "");
  EXPECT_EQ(fs::file_size(directory_ / "1.wav"), 8U);

  EXPECT_EQ(recorder.open(RecordingId{2}, LegId{1}, "../2.wav", done()), nullptr);
  EXPECT_THAT(results_.next().problem, HasSubstr("../2.wav"));
  EXPECT_EQ(recorder.open(RecordingId{2}, LegId{1}, "/tmp/2.wav", done()), nullptr);
  EXPECT_NE(results_.next().problem, "");
}

TEST_F(RecorderTest, RefusesWhatDoesNotFitIntoItsMemory) {
  Recorder recorder({.directory = directory_, .ring_samples = 1024, .ring_bytes_max = 4096});
  auto one = recorder.open(RecordingId{1}, LegId{1}, "1.wav", done());
  auto two = recorder.open(RecordingId{2}, LegId{2}, "2.wav", done());
  ASSERT_NE(two, nullptr);
  EXPECT_EQ(recorder.open(RecordingId{3}, LegId{3}, "3.wav", done()), nullptr);
  EXPECT_EQ(results_.next().id, RecordingId{3});
  one->finish(0);
  EXPECT_EQ(results_.next().id, RecordingId{1});
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (recorder.stats().open > 1 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  auto three = recorder.open(RecordingId{4}, LegId{3}, "4.wav", done());
  EXPECT_NE(three, nullptr);
}

TEST_F(RecorderTest, AnUnusedTapIsReportedAndMakesNoFile) {
  Recorder recorder({.directory = directory_});
  recorder.open(RecordingId{1}, LegId{1}, "1.wav", done())->finish(0);
  EXPECT_NE(results_.next().problem, "");
  EXPECT_FALSE(fs::exists(directory_ / "1.wav"));
}

TEST_F(RecorderTest, StoppingTheRecorderClosesWhatRuns) {
  {
    Recorder recorder({.directory = directory_});
    auto tap = recorder.open(RecordingId{1}, LegId{1}, "1.wav", done());
    tap->begin(from_unix_ms(0));
    put_frames(*tap, 0, 30);
  }
  EXPECT_EQ(results_.next().frames, 4800U);
  EXPECT_TRUE(read_recording(directory_ / "1.wav").sound);
}

// A disk that is full for a while: the alarm comes, sound in between is silence, what follows is at its right place.
TEST_F(RecorderTest, AFullDiskCostsOnlyTheSoundOfThatTime) {
  const auto mount_point = directory_ / "small";
  fs::create_directories(mount_point);
  if (::mount("none", mount_point.c_str(), "tmpfs", 0, "size=256k") != 0)
    GTEST_SKIP() << "needs the right to mount a small disk";
  struct Unmount {
    const fs::path& path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } unmount{mount_point};

  Told<std::string> health;
  {
    Recorder recorder({.directory = mount_point, .write_every = Duration{256}},
                      {.failing = [&](const Problem& problem) { health.tell(problem.what); },
                       .recovered = [&] { health.tell("recovered"); }});
    auto tap = recorder.open(RecordingId{1}, LegId{1}, "1.wav", done());
    tap->begin(from_unix_ms(0));
    const auto wait_for_size = [&](std::uintmax_t size) {
      const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      std::error_code error;
      while ((fs::file_size(mount_point / "1.wav", error) < size || error) && std::chrono::steady_clock::now() < limit)
        std::this_thread::yield();
    };
    put_frames(*tap, 0, 50);  // 1 s, of which at least 12,288 bytes reach the disk
    wait_for_size(12'288);
    std::ofstream(mount_point / "filler") << std::string(1 << 20, 'x');
    put_frames(*tap, 50, 50);
    EXPECT_THAT(health.next(), HasSubstr("No space left"));
    EXPECT_GT(recorder.stats().errors, 0U);
    fs::remove(mount_point / "filler");
    put_frames(*tap, 100, 50);
    EXPECT_EQ(health.next(), "recovered");
    tap->finish(150 * 160);
  }
  const auto result = results_.next();
  EXPECT_EQ(result.frames, 24'000U);
  EXPECT_THAT(result.problem, HasSubstr("missing"));
  const auto recording = read_recording(mount_point / "1.wav");
  EXPECT_TRUE(recording.sound);
  ASSERT_EQ(recording.left.size(), 24'000U);
  EXPECT_EQ(recording.left[100], 11);
  EXPECT_EQ(recording.left[23'000], 11);
  EXPECT_EQ(std::count(recording.left.begin(), recording.left.end(), 0), 0) << "holes would be loud clicks";
  EXPECT_GT(std::count(recording.left.begin(), recording.left.end(), silence), 0);
}

TEST_F(RecorderTest, RepairLeavesADirectoryInUseAlone) {
  Recorder recorder({.directory = directory_});
  const auto repaired = Recorder::repair(directory_);
  ASSERT_FALSE(repaired);
  EXPECT_THAT(repaired.error().what, HasSubstr("another process"));
}

TEST_F(RecorderTest, RepairOfANewDirectoryFindsNothing) {
  const auto repaired = Recorder::repair(directory_);
  ASSERT_TRUE(repaired);
  EXPECT_THAT(*repaired, ::testing::IsEmpty());
}

TEST_F(RecorderTest, AFinishedRecordingIsReportedAgainUntilTheCoreHasCommittedItsEnd) {
  RecordingResult first;
  {
    Recorder recorder({.directory = directory_});
    auto tap = recorder.open(RecordingId{7}, LegId{3}, "7.wav", done());
    tap->begin(from_unix_ms(1'000'000));
    put_frames(*tap, 0, 50);
    tap->finish(8'000);
    first = results_.next();
  }
  const auto repaired = Recorder::repair(directory_);  // the node died before the core had heard of it
  ASSERT_TRUE(repaired);
  ASSERT_EQ(repaired->size(), 1U);
  const auto& again = repaired->front();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.leg, first.leg);
  EXPECT_EQ(again.path, first.path);
  EXPECT_EQ(again.started_at, first.started_at);
  EXPECT_EQ(again.ended_at, first.ended_at);
  EXPECT_EQ(again.frames, 8'000U);
  EXPECT_EQ(again.bytes, first.bytes);
  EXPECT_EQ(again.problem, "");
  { Recorder(Config{.directory = directory_}).settled(RecordingId{7}); }
  EXPECT_THAT(*Recorder::repair(directory_), ::testing::IsEmpty());
}

#if !defined(__SANITIZE_THREAD__)  // TSan does not follow threads of a forked child
// A process that records in real time is killed: at most a second of its sound is missing, and the file is made right.
TEST_F(RecorderTest, AKillLosesAtMostASecond) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Recorder recorder({.directory = directory_});
    auto tap = recorder.open(RecordingId{42}, LegId{5}, "2030/01/02/42.wav", [](const RecordingResult&) {});
    tap->begin(from_unix_ms(5'000));
    const std::vector<std::uint8_t> voice(160, 33);
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0;; ++i) {
      std::this_thread::sleep_until(begin + i * std::chrono::milliseconds(20));
      tap->put(Channel::received, i * 160, voice);
      if (i > 4) tap->advance((i - 4) * 160);  // as the media plane does: 80 ms for late packets
      const auto told = static_cast<std::uint32_t>(i);
      if (::write(pipe_ends[1], &told, sizeof told) != sizeof told) ::_exit(0);
    }
  }
  ::close(pipe_ends[1]);
  std::uint32_t frame = 0;
  while (frame < 140 && ::read(pipe_ends[0], &frame, sizeof frame) == sizeof frame) {
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(pipe_ends[0], &frame, sizeof frame) == sizeof frame) {
  }
  ::close(pipe_ends[0]);

  const auto repaired = Recorder::repair(directory_);
  ASSERT_TRUE(repaired);
  ASSERT_EQ(repaired->size(), 1U);
  const auto& result = repaired->front();
  EXPECT_EQ(result.id, RecordingId{42});
  EXPECT_EQ(result.leg, LegId{5});
  EXPECT_EQ(result.path, "2030/01/02/42.wav");
  EXPECT_EQ(result.started_at, from_unix_ms(5'000));
  EXPECT_THAT(result.problem, HasSubstr("cut short"));
  const auto recording = read_recording(directory_ / result.path);
  EXPECT_TRUE(recording.sound);
  EXPECT_EQ(recording.header_frames, result.frames);
  EXPECT_GE(result.frames + 8'000, (frame + 1) * 160ULL) << "more than a second is missing";
  EXPECT_EQ(recording.left.at(result.frames - 1), 33);
  const auto again = Recorder::repair(directory_);  // killed once more before the core had acknowledged
  ASSERT_EQ(again->size(), 1U);
  EXPECT_EQ(again->front().problem, result.problem);
  EXPECT_EQ(again->front().frames, result.frames);
  { Recorder(Config{.directory = directory_}).settled(RecordingId{42}); }
  EXPECT_THAT(*Recorder::repair(directory_), ::testing::IsEmpty()) << "the core has it";
}
#endif

}  // namespace
}  // namespace hotline::voice::recorder
