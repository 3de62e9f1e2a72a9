// SPDX-License-Identifier: Apache-2.0
// Goal: an archive has the recording's sound in its channels and its exact length; a WAV goes only when there is one;
// jobs may be said any number of times; archiving rests when it should and leaves no half files under a whole name.
#include "voice/archive/archiver.hpp"

#include <gmock/gmock.h>
#include <sodium.h>

#include <cmath>
#include <fstream>
#include <numbers>

#include "vault/bytes.hpp"
#include "voice/archive/ogg_opus.hpp"
#include "voice/media/g711.hpp"
#include "voice/recorder/files.hpp"
#include "voice/recorder/wav_file.hpp"

namespace hotline::voice::archive {
namespace {

namespace fs = std::filesystem;
using recorder::Told;
using ::testing::HasSubstr;
using Samples = std::vector<double>;

/// Something like a voice: a gliding tone with overtones, loud and soft as syllables are. The two voices differ.
std::int16_t speech_at(std::size_t sample, int voice) {
  const double t = static_cast<double>(sample) / 8'000;
  const double turn = 2 * std::numbers::pi;
  const double phase =
      voice == 0 ? turn * 120 * t + 20 * std::sin(turn * 0.7 * t) : turn * 210 * t + 15 * std::sin(turn * t);
  const double loud = std::max(0.0, std::sin(turn * (voice == 0 ? 2.1 : 2.9) * t));
  double value = 0;
  for (int overtone = 1; overtone <= 6; ++overtone) value += std::sin(phase * overtone) / overtone;
  return static_cast<std::int16_t>(5'000 * loud * value / 1.6);
}
double original(std::size_t sample, int voice) {
  return g711::decode_alaw(g711::encode_alaw(speech_at(sample, voice)));
}

double correlation(const Samples& sound, int voice) {
  double both = 0, one = 0, other = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    both += sound[i] * original(i, voice);
    one += sound[i] * sound[i];
    other += original(i, voice) * original(i, voice);
  }
  return both / std::sqrt(one * other + 1);
}

class ArchiverTest : public recorder::RecorderDirectory {
 protected:
  void SetUp() override {
    RecorderDirectory::SetUp();
    ASSERT_GE(sodium_init(), 0);
    config_.directory = directory_;
    config_.room = {0, 0};
    config_.rest = Duration{1};
    config_.priority = Priority::normal;  // on a busy machine the tests would wait for ever
    vault::Key key{.id = "k1", .bytes = {}};
    key.bytes.fill(3);
    ring_.add(key);
  }
  [[nodiscard]] Hooks hooks() {
    Hooks hooks;
    hooks.archived = [this](const Archived& result) { archived_.tell(result); };
    hooks.deleted = [this](const Deleted& result) { deleted_.tell(result); };
    hooks.load = [this] { return load_.load(); };
    return hooks;
  }
  void make_wav(const std::string& path, std::size_t frames) {
    fs::create_directories((directory_ / path).parent_path());
    std::ofstream file(directory_ / path, std::ios::binary);
    const auto header = recorder::wav_header(frames);
    file.write(reinterpret_cast<const char*>(header.data()), static_cast<std::streamsize>(header.size()));
    for (std::size_t i = 0; i < frames; ++i)
      for (const int voice : {0, 1}) file.put(static_cast<char>(g711::encode_alaw(speech_at(i, voice))));
  }
  /// Both channels of an archive.
  std::pair<Samples, Samples> sound_of(const std::string& path) {
    std::pair<Samples, Samples> sound;
    auto source = vault::open_source(directory_ / path, ring_);
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    if (!source) return sound;
    const auto frames = decode(
        **source,
        [&](std::span<const std::int16_t> samples) {
          for (std::size_t i = 0; i < samples.size(); i += 2) {
            sound.first.push_back(samples[i]);
            sound.second.push_back(samples[i + 1]);
          }
        },
        [] { return true; });
    EXPECT_TRUE(frames) << (frames ? "" : frames.error().what);
    EXPECT_EQ(frames.value_or(0), sound.first.size());
    return sound;
  }
  static void until_resting(const Archiver& archiver) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!archiver.stats().resting && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    EXPECT_TRUE(archiver.stats().resting);
  }

  Config config_;
  vault::KeyRing ring_;
  std::atomic<double> load_{0};
  Told<Archived> archived_;
  Told<Deleted> deleted_;
};

TEST_F(ArchiverTest, TheArchiveHasTheSoundOfEachChannelAtItsTimeAndTheExactLength) {
  Archiver archiver(config_, hooks());
  for (const std::size_t frames :
       {std::size_t{8'000 * 7 + 123}, std::size_t{160}, std::size_t{1}, std::size_t{8'000}}) {
    const RecordingId id{frames};
    const std::string name = "2030/01/02/" + id.to_string();
    make_wav(name + ".wav", frames);
    ASSERT_TRUE(archiver.archive(id, name + ".wav"));
    const auto result = archived_.next();
    EXPECT_EQ(result.problem, "");
    EXPECT_EQ(result.id, id);
    EXPECT_EQ(result.path, name + ".opus");
    EXPECT_EQ(result.frames, frames);
    EXPECT_EQ(result.key, "");
    EXPECT_EQ(result.bytes, fs::file_size(directory_ / result.path));
    EXPECT_EQ(result.sha256, vault::sha256_of_file(directory_ / result.path).value_or("?"));
    EXPECT_TRUE(fs::exists(directory_ / (name + ".wav"))) << "the WAV stays until the core has committed";
    EXPECT_FALSE(fs::exists(directory_ / (result.path + ".part")));
    const auto [left, right] = sound_of(result.path);
    ASSERT_EQ(left.size(), frames);
    if (frames < 8'000) continue;
    EXPECT_GT(correlation(left, 0), 0.9);
    EXPECT_GT(correlation(right, 1), 0.9);
    EXPECT_LT(std::abs(correlation(left, 1)), 0.2) << "the voices do not mix";
    EXPECT_LT(std::abs(correlation(right, 0)), 0.2);
    if (frames > 50'000) {
      EXPECT_LT(result.bytes * 3, fs::file_size(directory_ / (name + ".wav")));
    }
  }
}

TEST_F(ArchiverTest, AnEncryptedArchiveOpensWithItsKeyOnly) {
  config_.keys = ring_;
  Archiver archiver(config_, hooks());
  make_wav("5.wav", 24'000);
  archiver.archive(RecordingId{5}, "5.wav");
  const auto result = archived_.next();
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.path, "5.opus.sealed");
  EXPECT_EQ(result.key, "k1");
  EXPECT_EQ(sound_of("5.opus.sealed").first.size(), 24'000U);
  EXPECT_FALSE(vault::open_source(directory_ / "5.opus.sealed", {}));
}

TEST_F(ArchiverTest, AJobSaidAgainFindsTheArchiveAndReportsItAgain) {
  make_wav("5.wav", 16'000);
  std::string hash;
  {
    Archiver archiver(config_, hooks());
    archiver.archive(RecordingId{5}, "5.wav");
    hash = archived_.next().sha256;
  }
  const auto made = fs::last_write_time(directory_ / "5.opus");
  Archiver archiver(config_, hooks());
  archiver.archive(RecordingId{5}, "5.wav");
  EXPECT_EQ(archived_.next().sha256, hash);
  EXPECT_EQ(fs::last_write_time(directory_ / "5.opus"), made);
  {  // one that is damaged is made anew from the WAV
    std::fstream file(directory_ / "5.opus", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(300);
    file.write("\xAA\x55", 2);
  }
  ASSERT_NE(vault::sha256_of_file(directory_ / "5.opus").value_or("?"), hash);
  archiver.archive(RecordingId{5}, "5.wav");
  const auto again = archived_.next();
  EXPECT_EQ(again.problem, "");
  EXPECT_EQ(again.sha256, hash) << "the encoder is deterministic";
}

TEST_F(ArchiverTest, WhatACrashLeftHalfDoneIsDoneAgain) {
  make_wav("5.wav", 16'000);
  std::ofstream(directory_ / "5.opus.part") << "half a file";
  Archiver archiver(config_, hooks());
  archiver.archive(RecordingId{5}, "5.wav");
  EXPECT_EQ(archived_.next().problem, "");
  EXPECT_EQ(sound_of("5.opus").first.size(), 16'000U);
  EXPECT_FALSE(fs::exists(directory_ / "5.opus.part"));
}

TEST_F(ArchiverTest, SaysWhatCannotBeArchivedAndLeavesItAsItIs) {
  Archiver archiver(config_, hooks());
  archiver.archive(RecordingId{1}, "none.wav");
  EXPECT_THAT(archived_.next().problem, HasSubstr("not there"));
  std::ofstream(directory_ / "2.wav")
      << "this is no recording of ours, whatever it says of itself, and it is long enough";
  archiver.archive(RecordingId{2}, "2.wav");
  EXPECT_THAT(archived_.next().problem, HasSubstr("no whole recording"));
  EXPECT_TRUE(fs::exists(directory_ / "2.wav"));
  EXPECT_FALSE(fs::exists(directory_ / "2.opus"));
  EXPECT_FALSE(fs::exists(directory_ / "2.opus.part"));
  archiver.archive(RecordingId{3}, "../3.wav");
  EXPECT_THAT(archived_.next().problem, HasSubstr("inside"));
}

TEST_F(ArchiverTest, AWavGoesOnlyWhenItsArchiveIsThere) {
  Archiver archiver(config_, hooks());
  make_wav("5.wav", 8'000);
  archiver.remove(RecordingId{5}, "5.wav", "5.opus");
  EXPECT_THAT(deleted_.next().problem, HasSubstr("not there"));
  EXPECT_TRUE(fs::exists(directory_ / "5.wav"));
  archiver.archive(RecordingId{5}, "5.wav");
  archived_.next();
  for (int i = 0; i < 2; ++i) {  // said twice
    archiver.remove(RecordingId{5}, "5.wav", "5.opus");
    EXPECT_EQ(deleted_.next().problem, "");
    EXPECT_FALSE(fs::exists(directory_ / "5.wav"));
  }
  archiver.remove(RecordingId{5}, "5.opus", "");
  EXPECT_EQ(deleted_.next().problem, "");
  EXPECT_FALSE(fs::exists(directory_ / "5.opus"));
  archiver.remove(RecordingId{5}, "../../etc/passwd", "");
  EXPECT_THAT(deleted_.next().problem, HasSubstr("inside"));
}

TEST_F(ArchiverTest, RestsWhileTheMachineIsBusyAndItsQueueIsBounded) {
  config_.jobs_max = 2;
  load_ = 1.0;
  Archiver archiver(config_, hooks());
  for (std::uint64_t id = 1; id <= 4; ++id) make_wav(std::to_string(id) + ".wav", 8'000);
  ASSERT_TRUE(archiver.archive(RecordingId{1}, "1.wav"));
  until_resting(archiver);
  EXPECT_TRUE(archiver.archive(RecordingId{1}, "1.wav")) << "is being done";
  EXPECT_TRUE(archiver.archive(RecordingId{2}, "2.wav"));
  EXPECT_TRUE(archiver.archive(RecordingId{3}, "3.wav"));
  EXPECT_TRUE(archiver.archive(RecordingId{3}, "3.wav")) << "waits already";
  EXPECT_FALSE(archiver.archive(RecordingId{4}, "4.wav"));
  EXPECT_EQ(archiver.stats().waiting, 3U);
  EXPECT_EQ(archived_.count(), 0U);
  load_ = 0.1;
  for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_EQ(archived_.next().id, RecordingId{id});
}

TEST_F(ArchiverTest, ArchivingRestsWhileRoomIsShortAndDeletingDoesNot) {
  config_.room = {UINT64_MAX, UINT64_MAX};
  Told<Room> rooms;
  auto told = hooks();
  told.room = [&](Room room, const Space&) { rooms.tell(room); };
  Archiver archiver(config_, told);
  EXPECT_EQ(rooms.next(), Room::short_);
  make_wav("1.wav", 8'000);
  make_wav("2.wav", 8'000);
  archiver.archive(RecordingId{1}, "1.wav");
  archiver.remove(RecordingId{2}, "2.wav", "");
  EXPECT_EQ(deleted_.next().problem, "");
  until_resting(archiver);
  EXPECT_EQ(archived_.count(), 0U);
}

TEST_F(ArchiverTest, GivesUpARunningJobWhenItEnds) {
  load_ = 1.0;
  make_wav("1.wav", 8'000);
  {
    Archiver archiver(config_, hooks());
    archiver.archive(RecordingId{1}, "1.wav");
    until_resting(archiver);
  }
  EXPECT_EQ(archived_.count(), 0U);
  EXPECT_FALSE(fs::exists(directory_ / "1.opus"));
  EXPECT_FALSE(fs::exists(directory_ / "1.opus.part"));
  EXPECT_TRUE(fs::exists(directory_ / "1.wav"));
}

TEST(Room, GoesByItsLimits) {
  constexpr RoomLimits limits{.warn_free = 100, .stop_free = 10};
  EXPECT_EQ(room_of(100, limits), Room::enough);
  EXPECT_EQ(room_of(99, limits), Room::low);
  EXPECT_EQ(room_of(10, limits), Room::low);
  EXPECT_EQ(room_of(9, limits), Room::short_);
}

TEST(Load, ReadsTheFirstLineOfProcStatAndNiceTimeIsNotBusy) {
  const auto time = parse_cpu_time("cpu  100 50 30 1000 20 1 2 3 0 0");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->all, 1'206U);
  EXPECT_EQ(time->busy, 136U);
  EXPECT_FALSE(parse_cpu_time("cpu  100 50"));
  EXPECT_FALSE(parse_cpu_time("intr 1 2 3"));
}

}  // namespace
}  // namespace hotline::voice::archive
