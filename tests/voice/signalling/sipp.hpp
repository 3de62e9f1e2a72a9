// SPDX-License-Identifier: Apache-2.0
// Runs SIPp (a real SIP peer) with a scenario of this folder, as a process that is killed when it takes too long.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace hotline::voice::signalling {

class Sipp {
 public:
  /// `target` is "ip:port" of the stack under test; `options` are added as they are.
  Sipp(const std::string& scenario, const std::string& target, std::vector<std::string> options = {}) {
    static int number = 0;
    log_ = std::filesystem::temp_directory_path() /
           ("sipp-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    std::vector<std::string> words = {
        "sipp", target,           "-sf",        scenario_path(scenario), "-i", "127.0.0.1", "-nostdin", "-timeout",
        "20s",  "-timeout_error", "-trace_err", "-error_file",           log_};
    if (std::ranges::find(options, "-m") == options.end()) options.insert(options.end(), {"-m", "1"});
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; ++fd) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    EXPECT_EQ(::posix_spawnp(&process_, "sipp", &actions, nullptr, arguments.data(), environ), 0)
        << "SIPp is not installed (package sip-tester)";
    posix_spawn_file_actions_destroy(&actions);
  }
  ~Sipp() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    std::filesystem::remove(log_);
  }
  Sipp(const Sipp&) = delete;
  Sipp& operator=(const Sipp&) = delete;

  /// Waits for its end (SIPp's own limit is 20 s). 0: every call went as the scenario says.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(process_, 0), &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code != 0) {
      std::ostringstream text;
      text << std::ifstream(log_).rdbuf();
      ADD_FAILURE() << "SIPp ended with " << code << ": " << text.str().substr(0, 4'000);
    }
    return code;
  }

  /// A UDP port nobody has at the moment, for a SIPp that is called.
  static std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&here), size), 0);
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size), 0);
    ::close(fd);
    return ntohs(here.sin_port);
  }

 private:
  static std::string scenario_path(const std::string& name) {
    return std::string(HOTLINE_SOURCE_DIR) + "/tests/voice/signalling/scenarios/" + name + ".xml";
  }

  std::filesystem::path log_;
  pid_t process_ = 0;
};

}  // namespace hotline::voice::signalling
