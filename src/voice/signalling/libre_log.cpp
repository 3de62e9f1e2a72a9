// SPDX-License-Identifier: Apache-2.0
// libre writes what it cannot parse straight to stderr, a line a packet: any stranger could fill the log. Our
// definition of re_fprintf() comes before the library's (as with timer_heap.cpp) and makes it a debug line. Any thread.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "voice/signalling/libre.hpp"
#include "voice/signalling/timer_heap.hpp"

extern "C" int re_fprintf(std::FILE*, const char* format, ...) {
  if (!spdlog::should_log(spdlog::level::debug)) return 0;
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  const int length = re_vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length <= 0) return length;
  std::string_view text{line, std::min(static_cast<std::size_t>(length), sizeof line - 1)};
  while (text.ends_with('\n')) text.remove_suffix(1);
  spdlog::debug("libre: {}", text);
  return length;
}

namespace hotline::voice::signalling {
void use_log() {}
}  // namespace hotline::voice::signalling
