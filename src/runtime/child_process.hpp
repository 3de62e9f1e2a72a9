// SPDX-License-Identifier: Apache-2.0
// Starting another program and knowing when it ends; a file that says which process holds a data folder. Any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "runtime/fd.hpp"

namespace hotline::runtime {

class ChildProcess {
 public:
  struct Config {
    std::vector<std::string> argv;         ///< argv[0] is the path of the program (searched in PATH when it has no '/')
    std::vector<std::string> environment;  ///< "NAME=value", added to ours
    std::string log_path;                  ///< standard error is appended here; empty: ours
    bool detached = false;                 ///< in a session of its own: goes on when we and our terminal end
  };

  /// Starts the program with no signal blocked and no descriptor of ours but the standard three; its standard output is
  /// a pipe which read_line() reads. Fails with a Problem when the program cannot be run or the log not be opened.
  static Result<ChildProcess, Problem> start(const Config& config);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable once the process has ended: to be watched by a loop.
  [[nodiscard]] int pid_fd() const { return pid_fd_.get(); }
  /// The next line of its standard output without the line end; nullopt at its end or when `timeout` has passed.
  [[nodiscard]] std::optional<std::string> read_line(Duration timeout);
  /// Closes our end of its standard output: what it writes from then on is an error of its own.
  void close_output() { output_.reset(); }
  void signal(int number) const;
  /// Waits for the end and returns its exit status, 128 + the signal when one ended it; nullopt when it still runs.
  [[nodiscard]] std::optional<int> wait(Duration timeout);

 private:
  pid_t pid_ = -1;
  Fd pid_fd_;
  Fd output_;
  std::string unread_;
  std::optional<int> status_;
};

/// Holds a file locked as long as it lives; the file has the holder's process id in it. The lock goes with the process,
/// so a file left by a crash never stands in the way.
class PidFile {
 public:
  /// Fails with a Problem naming the process that holds the file.
  static Result<PidFile, Problem> acquire(const std::string& path);
  /// The process that holds the file, if any does.
  [[nodiscard]] static std::optional<pid_t> holder(const std::string& path);

 private:
  Fd fd_;
};

}  // namespace hotline::runtime
