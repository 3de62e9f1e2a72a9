// SPDX-License-Identifier: Apache-2.0
// What a program says when it dies of a fault of its own.
#pragma once

namespace hotline::runtime {

/// From now on a fault (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) writes `crashed: NAME` and the faulting thread's call
/// stack (program and offset, for addr2line) to standard error before the process ends as it would have without: same
/// signal, same core file. Call once in main(), after standard error leads where the log is wanted. Does nothing under
/// a sanitizer, which reports better.
void report_crashes();

}  // namespace hotline::runtime
