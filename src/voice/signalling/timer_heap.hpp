// SPDX-License-Identifier: Apache-2.0
// Our replacement of libre's timers: a binary heap a thread instead of a sorted list, which is O(n) a start.
//
// timer_heap.cpp defines libre's own tmr_* functions. The dynamic linker takes the executable's definition before the
// library's, so that libre's transactions use it too; use_timer_heap() makes the static linker keep the object.
#pragma once

#include <cstddef>

namespace hotline::voice::signalling {

/// True when libre itself calls our timers. To be checked once at start: with libre's list, 1,000 calls/s is out of
/// reach.
[[nodiscard]] bool use_timer_heap();

/// Keeps libre_log.cpp, which replaces what libre writes to stderr, in the program. Does nothing else.
void use_log();

/// Running timers of the calling thread.
[[nodiscard]] std::size_t timers_running();

}  // namespace hotline::voice::signalling
