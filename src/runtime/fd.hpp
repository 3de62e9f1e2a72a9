// SPDX-License-Identifier: Apache-2.0
// A file descriptor that closes itself, and an eventfd to wake a loop. Descriptors are moved, not shared.
#pragma once

#include <cstddef>
#include <utility>

namespace hotline::runtime {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// signal() from any thread makes fd() readable for the loop that watches it; clear() there makes it quiet again.
class EventFd {
 public:
  EventFd();
  [[nodiscard]] int fd() const { return fd_.get(); }
  void signal();
  void clear();

 private:
  Fd fd_;
};

/// Raises the process's limit of open descriptors as far as it may go, and returns it. Call once in main(): the default
/// of 1,024 would end a voice node's growth at about 500 calls.
std::size_t raise_open_files_limit();

}  // namespace hotline::runtime
