// SPDX-License-Identifier: Apache-2.0
// The bare relay's thread.
#include "bench/bare_relay.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "bench/machine.hpp"

namespace hotline::bench {
namespace {

constexpr std::int64_t pace_ns = 5'000'000;
constexpr std::size_t write_bytes = 8'000;
constexpr std::size_t header_size = 12;

}  // namespace

BareRelay::BareRelay(unsigned sockets, const std::filesystem::path& directory)
    : sockets_(sockets, -1), ports_(sockets) {
  for (unsigned i = 0; i < sockets && ok_; ++i) {
    sockets_[i] = loopback_socket();
    ok_ = sockets_[i] >= 0;
    if (ok_) ports_[i] = port_of(sockets_[i]);
  }
  if (directory.empty()) return;
  files_.resize(sockets);
  for (unsigned i = 0; i < sockets && ok_; ++i) {
    files_[i].bytes.resize(write_bytes + 2048);
    files_[i].fd =
        ::open((directory / fmt::format("{}.raw", i)).c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
    ok_ = files_[i].fd >= 0;
  }
}

BareRelay::~BareRelay() {
  stop();
  for (const int fd : sockets_)
    if (fd >= 0) ::close(fd);
  for (const auto& file : files_)
    if (file.fd >= 0) ::close(file.fd);
}

void BareRelay::connect(unsigned socket, std::uint16_t port) {
  ok_ = connect_to(sockets_[socket], port) && ok_;
}

void BareRelay::start() {
  thread_ = std::thread([this] { run(); });
}

void BareRelay::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

std::uint64_t BareRelay::cpu_ns() const {
  clockid_t clock{};
  timespec time{};
  if (pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0) return 0;
  clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(time.tv_nsec);
}

void BareRelay::run() {
  raise_priority();
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::uint32_t i = 0; i < sockets_.size(); ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u32 = i}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, sockets_[i], &event);
  }
  std::array<epoll_event, 1024> events;
  std::array<std::uint8_t, 2048> packet;
  std::uint64_t packets = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    sleep_until_ns((steady_ns() / pace_ns + 1) * pace_ns);
    int count = 0;
    do {
      count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
      for (int k = 0; k < count; ++k) {
        const auto i = events[static_cast<std::size_t>(k)].data.u32;
        const auto size = ::recv(sockets_[i], packet.data(), packet.size(), MSG_DONTWAIT);
        if (size <= 0) continue;
        ++packets;
        if (!files_.empty() && size > static_cast<ssize_t>(header_size)) {
          auto& file = files_[i];
          std::memcpy(file.bytes.data() + file.filled, packet.data() + header_size,
                      static_cast<std::size_t>(size) - header_size);
          file.filled += static_cast<std::size_t>(size) - header_size;
          if (file.filled >= write_bytes) {
            [[maybe_unused]] const auto written = ::write(file.fd, file.bytes.data(), file.filled);
            file.filled = 0;
          }
        }
        ::send(sockets_[i ^ 1U], packet.data(), static_cast<std::size_t>(size), MSG_DONTWAIT);
      }
      packets_.store(packets, std::memory_order_relaxed);
    } while (count == static_cast<int>(events.size()));
  }
  ::close(epoll);
}

}  // namespace hotline::bench
