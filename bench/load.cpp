// SPDX-License-Identifier: Apache-2.0
// The load generator's thread.
#include "bench/load.hpp"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bench/machine.hpp"

namespace hotline::bench {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr unsigned slots = 20;  // of 1 ms
constexpr std::size_t packet_size = 172;
constexpr std::size_t stamp_at = 12;  // in the payload: when it was sent, and whether it counts
constexpr std::size_t counted_at = 20;
constexpr std::int64_t late_after = 40 * ms;

}  // namespace

Load::Load(unsigned endpoints, Lateness lateness) : lateness_(lateness), endpoints_(endpoints), ports_(endpoints) {
  for (unsigned i = 0; i < endpoints; ++i) {
    const int fd = loopback_socket();
    if (fd < 0) {
      ok_ = false;
      return;
    }
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    endpoints_[i].fd = fd;
    endpoints_[i].sequence = static_cast<std::uint16_t>(i * 7919);
    endpoints_[i].timestamp = i * 104'729;
    ports_[i] = port_of(fd);
  }
}

Load::~Load() {
  if (thread_.joinable()) static_cast<void>(stop());
  for (const auto& endpoint : endpoints_)
    if (endpoint.fd >= 0) ::close(endpoint.fd);
}

void Load::connect(unsigned endpoint, std::uint16_t port) {
  ok_ = connect_to(endpoints_[endpoint].fd, port) && ok_;
}

void Load::start() {
  thread_ = std::thread([this] { run(); });
}

Load::Totals Load::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  thread_.join();
  return totals_;
}

void Load::run() {
  pin_to_last_core();
  raise_priority();
  const auto begin = steady_ns();
  for (std::int64_t slot = 0; !stopping_.load(std::memory_order_relaxed); ++slot) {
    const auto due = begin + slot * ms;
    const auto behind = steady_ns() - due;
    if (behind < 0) sleep_until_ns(due);
    const bool counted = measuring_.load(std::memory_order_relaxed);
    if (counted) totals_.sender_behind_max_ns = std::max(totals_.sender_behind_max_ns, behind);
    for (auto i = static_cast<std::size_t>(slot % slots); i < endpoints_.size(); i += slots) {
      send(endpoints_[i], counted);
      receive(endpoints_[i], counted);
    }
  }
  sleep_until_ns(steady_ns() + 150 * ms);
  for (auto& endpoint : endpoints_) receive(endpoint, lateness_ == Lateness::of_packet);
}

void Load::send(Endpoint& endpoint, bool counted) {
  std::array<std::uint8_t, packet_size> packet;
  packet.fill(0xD5);
  packet[0] = 0x80;
  packet[1] = 8;
  packet[2] = static_cast<std::uint8_t>(endpoint.sequence >> 8);
  packet[3] = static_cast<std::uint8_t>(endpoint.sequence);
  const std::uint32_t timestamp = htonl(endpoint.timestamp);
  const std::uint32_t ssrc = htonl(static_cast<std::uint32_t>(endpoint.fd));
  std::memcpy(packet.data() + 4, &timestamp, 4);
  std::memcpy(packet.data() + 8, &ssrc, 4);
  const auto now = wall_ns();
  std::memcpy(packet.data() + stamp_at, &now, sizeof now);
  packet[counted_at] = counted ? 1 : 0;
  ++endpoint.sequence;
  endpoint.timestamp += 160;
  if (::send(endpoint.fd, packet.data(), packet.size(), 0) == static_cast<ssize_t>(packet.size()) && counted)
    ++totals_.sent;
}

void Load::receive(Endpoint& endpoint, bool counted) {
  constexpr unsigned batch = 4;
  std::array<std::array<std::uint8_t, 256>, batch> packets;
  std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(timespec))>, batch> controls;
  std::array<iovec, batch> vectors;
  std::array<mmsghdr, batch> messages{};
  for (;;) {
    for (unsigned i = 0; i < batch; ++i) {
      vectors[i] = {packets[i].data(), packets[i].size()};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_control = controls[i].data();
      messages[i].msg_hdr.msg_controllen = controls[i].size();
    }
    const int count = ::recvmmsg(endpoint.fd, messages.data(), batch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < count; ++i) {
      auto& header = messages[static_cast<std::size_t>(i)].msg_hdr;
      timespec arrived{};
      for (auto* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control))
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS)
          std::memcpy(&arrived, CMSG_DATA(control), sizeof arrived);
      if (messages[static_cast<std::size_t>(i)].msg_len == packet_size)
        on_packet(endpoint, packets[static_cast<std::size_t>(i)].data(),
                  arrived.tv_sec * 1'000'000'000LL + arrived.tv_nsec, counted);
    }
    if (count < static_cast<int>(batch)) return;
  }
}

void Load::on_packet(Endpoint& endpoint, const std::uint8_t* packet, std::int64_t arrived_ns, bool counted) {
  std::int64_t behind = 0;
  if (lateness_ == Lateness::of_packet) {
    counted = packet[counted_at] != 0;  // by when it was sent, so that sent and received are the same packets
    std::int64_t sent_ns = 0;
    std::memcpy(&sent_ns, packet + stamp_at, sizeof sent_ns);
    behind = arrived_ns - sent_ns;
  } else {
    std::uint32_t timestamp = 0;
    std::memcpy(&timestamp, packet + 4, 4);
    const auto sequence = static_cast<std::uint16_t>(packet[2] << 8 | packet[3]);
    const auto offset = arrived_ns - static_cast<std::int64_t>(ntohl(timestamp)) * 125'000;
    if (!endpoint.heard) endpoint.earliest_ns = offset;
    if (endpoint.heard && counted) totals_.gaps += static_cast<std::uint16_t>(sequence - endpoint.heard_sequence - 1);
    endpoint.heard = true;
    endpoint.heard_sequence = sequence;
    endpoint.earliest_ns = std::min(endpoint.earliest_ns, offset);
    behind = offset - endpoint.earliest_ns;
  }
  if (!counted) return;
  ++totals_.received;
  totals_.late_max_ns = std::max(totals_.late_max_ns, behind);
  if (behind > late_after) ++totals_.late;
}

}  // namespace hotline::bench
