// SPDX-License-Identifier: Apache-2.0
// What this process has used so far. Any thread.
#pragma once

namespace hotline::main {

/// CPU of all its threads, in seconds.
[[nodiscard]] double cpu_seconds();

}  // namespace hotline::main
