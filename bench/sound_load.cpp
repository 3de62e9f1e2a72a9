// SPDX-License-Identifier: Apache-2.0
#include "bench/sound_load.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <numbers>

#include "bench/machine.hpp"
#include "voice/media/coder.hpp"
#include "voice/media/rtp.hpp"

namespace hotline::bench {
namespace {

using namespace voice::media;
using Payloads = std::vector<std::vector<std::uint8_t>>;

constexpr std::int64_t ms = 1'000'000;
constexpr unsigned slots = 20;
constexpr std::size_t frames = 100;  // 2 s of sound, said again and again

/// Syllables of a voice, or silence.
const Payloads& payloads(Codec codec, bool speaks) {
  static std::map<std::pair<Codec, bool>, Payloads> made;
  auto& out = made[{codec, speaks}];
  if (!out.empty()) return out;
  const auto encoder = Encoder::make(codec);
  const auto rate = sample_rate(codec);
  std::vector<std::int16_t> pcm(frame_samples(rate), 0);
  std::array<std::uint8_t, payload_bytes_max> bytes{};
  for (std::size_t f = 0; f < frames; ++f) {
    for (std::size_t i = 0; speaks && i < pcm.size(); ++i) {
      const double t = static_cast<double>(f * pcm.size() + i) / rate;
      const double envelope = std::max(0.0, std::sin(2 * std::numbers::pi * 3 * t));
      double sample = 0;
      for (int k = 1; k <= 20; ++k) sample += std::sin(2 * std::numbers::pi * 130 * k * t + k * k) / k;
      pcm[i] = static_cast<std::int16_t>(4'000 * envelope * sample);
    }
    const auto size = encoder->encode(pcm, bytes);
    out.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return out;
}

}  // namespace

SoundLoad::SoundLoad(std::vector<End> ends) : endpoints_(ends.size()), ports_(ends.size()) {
  for (std::size_t i = 0; i < ends.size(); ++i) {
    auto& endpoint = endpoints_[i];
    endpoint.end = ends[i];
    endpoint.fd = ends[i].fd >= 0 ? ends[i].fd : loopback_socket();
    if (endpoint.fd < 0) {
      ok_ = false;
      return;
    }
    endpoint.at = i * 7;
    static_cast<void>(payloads(ends[i].codec, ends[i].speaks));
    if (ends[i].keys) endpoint.srtp = SrtpSession::make(*ends[i].keys, SrtpSession::Side::client);
    ports_[i] = port_of(endpoint.fd);
  }
}

SoundLoad::~SoundLoad() {
  stop();
  for (const auto& endpoint : endpoints_)
    if (endpoint.fd >= 0) ::close(endpoint.fd);
}

void SoundLoad::connect(unsigned end, std::uint16_t port) {
  ok_ = connect_to(endpoints_[end].fd, port) && ok_;
}

void SoundLoad::start() {
  thread_ = std::thread([this] { run(); });
}

void SoundLoad::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  thread_.join();
}

void SoundLoad::send(Endpoint& endpoint) {
  const auto& all = payloads(endpoint.end.codec, endpoint.end.speaks);
  const auto& payload = all[endpoint.at++ % all.size()];
  std::array<std::uint8_t, 2'048> packet;
  write_rtp_header(packet.data(), static_cast<std::uint8_t>(endpoint.end.codec), false, endpoint.sequence++,
                   endpoint.timestamp, static_cast<std::uint32_t>(endpoint.fd));
  std::memcpy(packet.data() + rtp_header_size, payload.data(), payload.size());
  endpoint.timestamp += samples_a_frame * clock_scale(endpoint.end.codec);
  auto size = rtp_header_size + payload.size();
  if (endpoint.srtp) size = endpoint.srtp->protect_rtp(packet.data(), size);
  [[maybe_unused]] const auto sent = ::send(endpoint.fd, packet.data(), size, 0);
}

void SoundLoad::run() {
  pin_to_last_core();
  raise_priority();
  std::array<std::uint8_t, 2'048> packet;
  const auto begin = steady_ns();
  for (std::int64_t slot = 0; !stopping_.load(std::memory_order_relaxed); ++slot) {
    const auto due = begin + slot * ms;
    if (steady_ns() < due) sleep_until_ns(due);
    std::uint64_t count = 0;
    for (auto i = static_cast<std::size_t>(slot % slots); i < endpoints_.size(); i += slots) {
      send(endpoints_[i]);
      while (::recv(endpoints_[i].fd, packet.data(), packet.size(), MSG_DONTWAIT) > 0) ++count;
    }
    received_.fetch_add(count, std::memory_order_relaxed);
  }
}

}  // namespace hotline::bench
