// SPDX-License-Identifier: Apache-2.0
#include "runtime/own_process.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace hotline::runtime {

OwnProcess own_process() {
  OwnProcess own;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    unsigned long long total = 0, resident = 0;
    if (std::fscanf(file, "%llu %llu", &total, &resident) == 2)
      own.memory_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::fclose(file);
  }
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
    own.cpu = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(used.tv_sec) +
                                                                    std::chrono::nanoseconds(used.tv_nsec));
  return own;
}

}  // namespace hotline::runtime
