// SPDX-License-Identifier: Apache-2.0
// Goal: a started program's output and end are known, a detached one has its own session, and signals can be read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "runtime/child_process.hpp"
#include "runtime/crash_report.hpp"
#include "runtime/signals.hpp"

namespace hotline::runtime {
namespace {

using std::chrono_literals::operator""s;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hotline_runtime_XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

TEST(ChildProcess, its_lines_environment_and_exit_status_are_known) {
  auto child = ChildProcess::start({.argv = {"/bin/sh", "-c", "echo ready $WHERE; echo second; exit 7"},
                                    .environment = {"WHERE=here"},
                                    .log_path = ""});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->read_line(10s), "ready here");
  EXPECT_EQ(child->read_line(10s), "second");
  EXPECT_EQ(child->wait(10s), 7);
  EXPECT_EQ(child->wait(0s), 7) << "asked again, the answer is the same";
}

TEST(ChildProcess, a_signal_ends_it_although_we_have_that_signal_blocked) {
  const SignalFd blocked({SIGTERM});
  auto child = ChildProcess::start({.argv = {"/bin/sleep", "1000"}, .environment = {}, .log_path = ""});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(0s), std::nullopt);
  child->signal(SIGTERM);
  EXPECT_EQ(child->wait(10s), 128 + SIGTERM);
}

TEST(ChildProcess, detached_it_leads_its_own_session_and_logs_to_its_file) {
  const TemporaryFolder folder;
  const std::string log = folder.file("log");
  auto child = ChildProcess::start(
      {.argv = {"/bin/sh", "-c",
                "echo trouble >&2; read -r line < /proc/$$/stat; set -- $line; [ $6 = $$ ] && echo own; read forever"},
       .environment = {},
       .log_path = log,
       .detached = true});
  ASSERT_TRUE(child);
  ASSERT_EQ(child->read_line(10s), "own");
  EXPECT_EQ(child->wait(10s), 1) << "standard input is at its end at once";
  std::string text;
  std::getline(std::ifstream(log) >> std::ws, text);
  EXPECT_EQ(text, "trouble");
}

TEST(ChildProcess, a_program_that_is_not_there_is_a_problem_with_its_name) {
  const auto child = ChildProcess::start({.argv = {"/nowhere/program"}, .environment = {}, .log_path = ""});
  ASSERT_FALSE(child);
  EXPECT_NE(child.error().what.find("/nowhere/program"), std::string::npos);
}

TEST(PidFile, a_second_holder_is_refused_with_the_first_ones_id_and_a_left_file_is_no_hindrance) {
  const TemporaryFolder folder;
  const std::string path = folder.file("hotline.pid");
  EXPECT_EQ(PidFile::holder(path), std::nullopt);
  {
    const auto first = PidFile::acquire(path);
    ASSERT_TRUE(first);
    EXPECT_EQ(PidFile::holder(path), ::getpid());
    const auto second = PidFile::acquire(path);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().what.find(std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_EQ(PidFile::holder(path), std::nullopt);
  EXPECT_TRUE(PidFile::acquire(path));
}

TEST(SignalFd, a_signal_is_read_once) {
  SignalFd signals({SIGUSR1});
  EXPECT_EQ(signals.read(), std::nullopt);
  ::kill(::getpid(), SIGUSR1);
  EXPECT_EQ(signals.wait(10s), SIGUSR1);
  EXPECT_EQ(signals.read(), std::nullopt);
}

TEST(CrashReport, a_fault_is_named_with_its_call_stack_and_still_ends_the_process) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer reports";
#else
  EXPECT_EXIT((report_crashes(), std::raise(SIGSEGV)), testing::KilledBySignal(SIGSEGV),
              "crashed: SIGSEGV\n(.*\\[0x[0-9a-f]+\\]\n){2,}");
#endif
}

}  // namespace
}  // namespace hotline::runtime
