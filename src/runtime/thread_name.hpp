// SPDX-License-Identifier: Apache-2.0
// Names for threads, so that top, gdb and perf show which strand is busy. Any thread.
#pragma once

#include <string_view>

namespace hotline::runtime {

/// Names the calling thread; the kernel keeps the first 15 bytes.
void set_thread_name(std::string_view name);

}  // namespace hotline::runtime
