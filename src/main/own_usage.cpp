// SPDX-License-Identifier: Apache-2.0
#include "main/own_usage.hpp"

#include <sys/resource.h>

namespace hotline::main {

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace hotline::main
