// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "runtime/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace hotline::runtime {

SignalFd::SignalFd(std::initializer_list<int> signals) {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : signals) sigaddset(&mask, signal);
  if (const int error = pthread_sigmask(SIG_BLOCK, &mask, &former_); error != 0)
    throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  fd_.reset(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

SignalFd::~SignalFd() {
  pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

std::optional<int> SignalFd::read() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

std::optional<int> SignalFd::wait(Duration timeout) {
  pollfd poll_entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&poll_entry, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
  return read();
}

void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace hotline::runtime
