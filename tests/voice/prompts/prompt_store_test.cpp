// SPDX-License-Identifier: Apache-2.0
// Goal: a prompt is found in the first directory that has it, encoded in both laws, loaded anew when its file changes,
// and whatever is missing or damaged is said clearly while the last good sound stays in use.
#include "voice/prompts/prompt_store.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>
#include <thread>

#include "voice/prompts/wav.hpp"

namespace hotline::voice::prompts {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string wav(const std::vector<std::int16_t>& samples, std::uint32_t rate = 8000, int channels = 1,
                bool extra_chunk = false) {
  std::string out;
  const auto number = [&out](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  };
  out += "RIFF";
  number(0, 4);
  out += "WAVE";
  if (extra_chunk) {
    out += "LIST";
    number(3, 4);
    out += "abc";
    out += '\0';  // chunks are padded to even length
  }
  out += "fmt ";
  number(16, 4);
  number(1, 2);
  number(static_cast<std::uint32_t>(channels), 2);
  number(rate, 4);
  number(rate * 2, 4);
  number(2, 2);
  number(16, 2);
  out += "data";
  number(static_cast<std::uint32_t>(2 * samples.size()), 4);
  for (const auto sample : samples) number(static_cast<std::uint16_t>(sample), 2);
  return out;
}

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

class PromptStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto name = (fs::temp_directory_path() / "prompts-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    fs::create_directories(recorded() / "cmn");
    fs::create_directories(generated() / "cmn");
  }
  void TearDown() override { fs::remove_all(root_); }

  [[nodiscard]] fs::path recorded() const { return root_ / "recorded"; }
  [[nodiscard]] fs::path generated() const { return root_ / "generated"; }
  [[nodiscard]] PromptStore::Config config(Duration recheck = Duration{0}) const {
    return {.directories = {recorded(), generated()}, .recheck_after = recheck};
  }
  static void write(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }

  fs::path root_;
};

TEST_F(PromptStoreTest, EncodesInBothLaws) {
  write(recorded() / "cmn/welcome.wav", wav({0, 1000, -1000, 32767, -32768}));
  PromptStore store(config());
  const auto audio = store.find("cmn/welcome");
  ASSERT_TRUE(audio);
  ASSERT_EQ((*audio)->samples(), 5U);
  EXPECT_EQ((*audio)->alaw[1], g711::encode_alaw(1000));
  EXPECT_EQ((*audio)->ulaw[2], g711::encode_ulaw(-1000));
}

TEST_F(PromptStoreTest, PrefersTheRecordedToTheGenerated) {
  write(generated() / "cmn/welcome.wav", wav({1, 2}));
  PromptStore store(config());
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 2U);
  write(recorded() / "cmn/welcome.wav", wav({1, 2, 3}));
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 3U) << "a recorded file put later replaces the generated one";
  fs::remove(recorded() / "cmn/welcome.wav");
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 2U);
}

TEST_F(PromptStoreTest, LoadsAChangedFileAnewAndKeepsTheLastGoodOne) {
  const auto path = recorded() / "cmn/welcome.wav";
  write(path, wav({1, 2}));
  PromptStore store(config());
  const auto before = *store.find("cmn/welcome");
  write(path, wav({1, 2, 3, 4}));
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 4U);
  EXPECT_EQ(before->samples(), 2U) << "a play that runs keeps its sound";
  write(path, "half a file");
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 4U);
}

TEST_F(PromptStoreTest, DoesNotLookAtTheDiskEachTime) {
  const auto path = recorded() / "cmn/welcome.wav";
  write(path, wav({1, 2}));
  PromptStore store(config(Duration{3'600'000}));
  EXPECT_EQ((*store.find("cmn/welcome"))->samples(), 2U);
  fs::remove(path);
  EXPECT_TRUE(store.find("cmn/welcome"));
}

TEST_F(PromptStoreTest, SaysWhatIsMissingAndWhereItBelongs) {
  PromptStore store(config());
  const auto audio = store.find("cmn/nothing");
  ASSERT_FALSE(audio);
  EXPECT_THAT(audio.error().what, HasSubstr("cmn/nothing"));
  EXPECT_THAT(audio.error().remedy, HasSubstr(recorded().string()));
  EXPECT_EQ(store.size(), 0U) << "unknown keys must not fill the memory";
  write(generated() / "cmn/nothing.wav", wav({7}));
  EXPECT_TRUE(store.find("cmn/nothing")) << "a file put later is found without a restart";
}

TEST_F(PromptStoreTest, SaysWhatIsWrongWithADamagedFile) {
  write(recorded() / "cmn/stereo.wav", wav({1, 2}, 8000, 2));
  PromptStore store(config());
  const auto audio = store.find("cmn/stereo");
  ASSERT_FALSE(audio);
  EXPECT_THAT(audio.error().what, HasSubstr("2 channel"));
  EXPECT_THAT(store.load_all(), ::testing::SizeIs(1));
}

TEST_F(PromptStoreTest, KeysDoNotLeadOutOfTheDirectories) {
  write(root_ / "secret.wav", wav({1}));
  PromptStore store(config());
  EXPECT_FALSE(store.find("../secret"));
  EXPECT_FALSE(store.find((root_ / "secret").string()));
  EXPECT_FALSE(store.find(""));
  EXPECT_FALSE(store.find(std::string("cmn/a\0b", 7)));
}

TEST_F(PromptStoreTest, ManyThreadsReadWhileAFileChanges) {
  const auto path = recorded() / "cmn/welcome.wav";
  write(path, wav({1, 2}));
  PromptStore store(config());
  std::vector<std::thread> threads;
  std::atomic<int> bad{0};
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto audio = store.find("cmn/welcome");
        if (!audio || ((*audio)->samples() != 2 && (*audio)->samples() != 3)) ++bad;
      }
    });
  for (int i = 0; i < 20; ++i) {  // as a good generator does: written aside, then renamed
    write(root_ / "new.wav", wav(i % 2 == 0 ? std::vector<std::int16_t>{1, 2, 3} : std::vector<std::int16_t>{1, 2}));
    fs::rename(root_ / "new.wav", path);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
}

TEST_F(PromptStoreTest, AFileReplacedWhileItIsFirstLoadedIsLoadedWhole) {
  const auto path = recorded() / "cmn/welcome.wav";
  const auto replace = [&](std::size_t samples) {
    write(root_ / "new.wav", wav(std::vector<std::int16_t>(samples)));
    fs::rename(root_ / "new.wav", path);
  };
  replace(2);
  std::atomic<bool> done{false};
  std::thread generator([&] {
    for (std::size_t i = 0; !done; ++i) replace(2 + i % 2);
  });
  for (int i = 0; i < 2'000; ++i) {
    PromptStore store(config());
    const auto audio = store.find("cmn/welcome");
    EXPECT_TRUE(audio) << audio.error().what;
  }
  done = true;
  generator.join();
}

TEST(PromptWav, SkipsChunksItDoesNotKnow) {
  const auto samples = parse_prompt_wav(bytes(wav({5, -6}, 8000, 1, true)));
  ASSERT_TRUE(samples);
  EXPECT_THAT(*samples, ::testing::ElementsAre(5, -6));
}

TEST(PromptWav, EveryCutOfAFileIsHandled) {
  const auto whole = wav({1, 2, 3});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto samples = parse_prompt_wav(bytes(whole).first(size));
    EXPECT_LT(samples ? samples->size() : 0, 3U) << "cut at " << size;
  }
}

TEST(PromptWav, RefusesOtherRatesWithARemedy) {
  const auto samples = parse_prompt_wav(bytes(wav({1}, 44100)));
  ASSERT_FALSE(samples);
  EXPECT_THAT(samples.error().what, HasSubstr("44100"));
  EXPECT_THAT(samples.error().remedy, HasSubstr("8 kHz"));
}

}  // namespace
}  // namespace hotline::voice::prompts
