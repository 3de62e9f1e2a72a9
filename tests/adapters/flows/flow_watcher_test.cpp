// SPDX-License-Identifier: Apache-2.0
// Hot reload: a changed file is taken, a damaged one is refused once and the old book stays.
#include "adapters/flows/flow_watcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace hotline::flows {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class FlowWatcherTest : public testing::Test {
 protected:
  FlowWatcherTest() {
    std::string name = (fs::temp_directory_path() / "hotline_flows_XXXXXX").string();
    dir = ::mkdtemp(name.data());
  }
  ~FlowWatcherTest() override { fs::remove_all(dir); }

  void write(const std::string& file, const std::string& node) {
    const auto path = dir / file;
    std::ofstream(path) << "start = \"" << node << "\"\n[nodes.bye]\ntype = \"hang_up\"\n";
    // Two writes may fall into one tick of the file system's clock.
    fs::last_write_time(path, fs::file_time_type{} + std::chrono::seconds{++clock});
  }

  fs::path dir;
  int clock = 0;
};

TEST_F(FlowWatcherTest, reads_at_the_first_poll_and_then_only_after_a_change) {
  write("a.toml", "bye");
  FlowWatcher watcher(dir, {});
  EXPECT_EQ(watcher.book(), nullptr);
  EXPECT_TRUE(watcher.poll().reloaded);
  const auto first = watcher.book();
  EXPECT_FALSE(watcher.poll().reloaded);
  EXPECT_EQ(watcher.book(), first);
  write("b.toml", "bye");
  EXPECT_TRUE(watcher.poll().reloaded);
  EXPECT_THAT(watcher.book()->flows, SizeIs(2));
  EXPECT_THAT(first->flows, SizeIs(1));  // who runs in the old book keeps it
  fs::remove(dir / "b.toml");
  EXPECT_TRUE(watcher.poll().reloaded);
  EXPECT_THAT(watcher.book()->flows, SizeIs(1));
}

TEST_F(FlowWatcherTest, refuses_a_damaged_version_once_and_keeps_the_old_one) {
  write("a.toml", "bye");
  FlowWatcher watcher(dir, {});
  watcher.poll();
  const auto good = watcher.book();
  write("a.toml", "by");
  const auto refused = watcher.poll();
  EXPECT_FALSE(refused.reloaded);
  ASSERT_FALSE(refused.problems.empty());
  EXPECT_THAT(to_string(refused.problems[0]), HasSubstr("a.toml: start names the node \"by\""));
  EXPECT_THAT(watcher.poll().problems, IsEmpty());
  EXPECT_EQ(watcher.book(), good);
  write("a.toml", "bye");
  EXPECT_TRUE(watcher.poll().reloaded);
}

TEST_F(FlowWatcherTest, checks_again_when_the_outside_changed) {
  write("a.toml", "bye");
  FlowWatcher watcher(dir, {});
  watcher.poll();
  watcher.set_context({});
  EXPECT_TRUE(watcher.poll().reloaded);
}

TEST_F(FlowWatcherTest, a_missing_folder_is_told_once) {
  FlowWatcher watcher(dir / "nothing", {});
  EXPECT_THAT(watcher.poll().problems, SizeIs(1));
  EXPECT_THAT(watcher.poll().problems, IsEmpty());
  EXPECT_EQ(watcher.book(), nullptr);
}

TEST_F(FlowWatcherTest, prompt_files_are_listed_by_key) {
  fs::create_directories(dir / "cmn" / "digits");
  std::ofstream(dir / "cmn" / "welcome.wav");
  std::ofstream(dir / "cmn" / "digits" / "1.wav");
  std::ofstream(dir / "cmn" / "notes.txt");
  EXPECT_THAT(list_prompts(dir), testing::ElementsAre("cmn/digits/1", "cmn/welcome"));
}

}  // namespace
}  // namespace hotline::flows
