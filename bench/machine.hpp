// SPDX-License-Identifier: Apache-2.0
// What benchmarks need of the machine: clocks, cores, open files.
#pragma once

#include <netinet/in.h>
#include <sched.h>

#include <cstdint>

namespace hotline::bench {

[[nodiscard]] std::int64_t steady_ns();
[[nodiscard]] std::int64_t wall_ns();
[[nodiscard]] std::int64_t thread_cpu_ns();  ///< of the calling thread
void sleep_until_ns(std::int64_t steady);

/// Binds the calling thread (and those it starts later) to the first or the last of the cores this process may use.
void pin_to_first_core();
void pin_to_last_core();
/// As media threads have it, where the machine allows.
void raise_priority();
/// Lifts the limit of open files as far as it goes; returns it.
std::uint64_t raise_open_files();

[[nodiscard]] sockaddr_in loopback(std::uint16_t port);
/// A UDP socket on 127.0.0.1, any port; -1 on failure.
[[nodiscard]] int loopback_socket();
[[nodiscard]] std::uint16_t port_of(int fd);
bool connect_to(int fd, std::uint16_t port);

}  // namespace hotline::bench
