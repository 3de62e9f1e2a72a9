// SPDX-License-Identifier: Apache-2.0
// Signals as something to read: a program blocks them before it starts threads and watches a descriptor in its loop.
#pragma once

#include <csignal>
#include <initializer_list>
#include <optional>

#include "base/time.hpp"
#include "runtime/fd.hpp"

namespace hotline::runtime {

class SignalFd {
 public:
  /// Blocks `signals` in the calling thread, and so in every thread it starts afterwards: make it first in main().
  explicit SignalFd(std::initializer_list<int> signals);
  /// Gives the calling thread its former mask back.
  ~SignalFd();
  SignalFd(const SignalFd&) = delete;
  SignalFd& operator=(const SignalFd&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next signal that came, nullopt when there is none. Does not wait.
  [[nodiscard]] std::optional<int> read();
  /// Waits for a signal; nullopt when none came within `timeout`.
  [[nodiscard]] std::optional<int> wait(Duration timeout);

 private:
  sigset_t former_{};
  Fd fd_;
};

/// A peer that closed its socket must be an error of write(), not the end of the process. Call once in main().
void ignore_sigpipe();

}  // namespace hotline::runtime
