// SPDX-License-Identifier: Apache-2.0
// Preloaded into the program (LD_PRELOAD) by end-to-end tests: the wall clock is so many seconds ahead
// (HOTLINE_TEST_CLOCK_AHEAD_S), for stories that go on days later. Steady clocks are not touched.
#include <dlfcn.h>
#include <sys/time.h>

#include <cstdlib>
#include <ctime>

namespace {

long ahead() {
  static const long seconds = [] {
    const char* text = std::getenv("HOTLINE_TEST_CLOCK_AHEAD_S");
    return text == nullptr ? 0L : std::strtol(text, nullptr, 10);
  }();
  return seconds;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int result = real(clock, out);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) out->tv_sec += ahead();
  return result;
}

time_t time(time_t* out) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* out, void*) {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1'000;
  return result;
}

}  // extern "C"
