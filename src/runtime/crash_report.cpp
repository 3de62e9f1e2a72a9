// SPDX-License-Identifier: Apache-2.0
#include "runtime/crash_report.hpp"

#include <execinfo.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace hotline::runtime {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    default:
      return "SIGABRT";
  }
}

void say(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

/// Only what signal-safety(7) allows, and backtrace(), which is once its library is loaded.
void report(int signal) {
  std::array<void*, 64> frames{};
  say("crashed: ");
  say(name_of(signal));
  say("\n");
  ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
  ::raise(signal);  // SA_RESETHAND has put the default back: the process ends by it
}

}  // namespace

void report_crashes() {
  if (is_sanitized) return;
  std::array<void*, 1> none{};
  ::backtrace(none.data(), 1);  // loads libgcc now: the first call allocates
  struct sigaction action {};
  action.sa_handler = report;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

}  // namespace hotline::runtime
