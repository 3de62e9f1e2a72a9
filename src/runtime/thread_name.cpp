// SPDX-License-Identifier: Apache-2.0
// See the header. Any thread.
#include "runtime/thread_name.hpp"

#include <pthread.h>

#include <string>

namespace hotline::runtime {

void set_thread_name(std::string_view name) {
  constexpr std::size_t kernel_limit = 15;
  pthread_setname_np(pthread_self(), std::string(name.substr(0, kernel_limit)).c_str());
}

}  // namespace hotline::runtime
