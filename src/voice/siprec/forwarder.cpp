// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/siprec/forwarder.hpp"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/random.h>

#include <cstdlib>
#include <cstring>

#include "voice/media/g711.hpp"
#include "voice/media/rtcp.hpp"
#include "voice/media/rtp.hpp"
#include "voice/media/srtp.hpp"

namespace hotline::voice::siprec {
namespace {

using media::rtp_header_size;
using media::samples_a_frame;

constexpr std::size_t ring_samples = 8'192;  // 1 s
constexpr std::chrono::milliseconds frame{20};
constexpr std::uint64_t smooth_frames = 6;  // waiting in the ring: above it two leave in one go (120 ms)
constexpr std::uint64_t frames_max = 25;    // above it the oldest are left out (500 ms)
constexpr std::chrono::seconds report_every{5};

bool to_address(const std::string& host, std::uint16_t port, sockaddr_storage& out) {
  out = {};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    return v4->sin_addr.s_addr != INADDR_ANY && port != 0;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out);
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  return port != 0;
}

}  // namespace

/// One call's two streams. Its mutex is held for some microseconds by either thread.
class Forwarder::Copy {
 public:
  Copy(std::array<media::UdpSocket, stream_count> sockets, std::shared_ptr<recorder::Tap> tap) : tap_(std::move(tap)) {
    for (std::size_t i = 0; i < stream_count; ++i) {
      auto& stream = streams_[i];
      stream.socket = std::move(sockets[i]);
      struct {
        std::uint32_t ssrc, timestamp;
        std::uint16_t sequence;
      } start{};
      if (getrandom(&start, sizeof start, 0) != static_cast<ssize_t>(sizeof start)) std::abort();
      stream.sent.ssrc = start.ssrc;
      stream.first_timestamp = start.timestamp;
      stream.sequence = start.sequence;
    }
  }

  void send(const FarStreams& far) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < stream_count; ++i) {
      auto& stream = streams_[i];
      stream.sending = far[i].taken && far[i].wanted && to_address(far[i].address, far[i].port, stream.to);
      stream.reports = stream.sending && to_address(far[i].address, far[i].rtcp_port, stream.rtcp_to);
      if (far[i].keys != stream.keys) {  // keys that stay keep their packet counters
        stream.srtp =
            far[i].keys ? media::SrtpSession::make(*far[i].keys, media::SrtpSession::Side::server) : std::nullopt;
        stream.keys = far[i].keys;
      }
      stream.sending = stream.sending && stream.srtp.has_value() == stream.keys.has_value();
      stream.ulaw = far[i].ulaw;
      stream.payload_type = far[i].payload_type;
    }
  }
  void pause(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
  }

  struct Counted {
    std::uint64_t packets = 0, dropped = 0;
  };
  /// The thread's turn, every 20 ms: what is due of both streams.
  Counted work() {
    const std::lock_guard lock(mutex_);
    Counted counted;
    auto waiting = (tap_->head() - tap_->tail()) / samples_a_frame;
    for (; waiting > frames_max; --waiting) {
      (void)take();
      counted.dropped += stream_count;
    }
    for (auto due = waiting > smooth_frames ? 2 : 1; due > 0 && waiting > 0; --due, --waiting) {
      const auto position = take();
      for (std::size_t i = 0; i < stream_count; ++i) send_frame(i, position, counted);
    }
    return counted;
  }

 private:
  struct Stream {
    media::UdpSocket socket;
    sockaddr_storage to{}, rtcp_to{};
    bool sending = false, reports = false, ulaw = false, begins = true;
    std::uint8_t payload_type = 8;
    std::optional<media::SrtpKeys> keys;
    std::optional<media::SrtpSession> srtp;
    std::uint16_t sequence = 0;
    std::uint32_t first_timestamp = 0;
    media::Transmission sent;
    media::Moment report_due{};
  };

  /// The next 20 ms of both channels into frames_; its position.
  std::uint64_t take() {
    const auto position = tap_->tail();
    std::array<std::uint8_t, 2 * samples_a_frame> interleaved;
    for (std::size_t have = 0; have < samples_a_frame;)  // twice at the end of the ring
      have += tap_->take(interleaved.data() + 2 * have, samples_a_frame - have);
    for (std::size_t i = 0; i < samples_a_frame; ++i) {
      frames_[0][i] = interleaved[2 * i];
      frames_[1][i] = interleaved[2 * i + 1];
    }
    return position;
  }

  void send_frame(std::size_t index, std::uint64_t position, Counted& counted) {
    auto& stream = streams_[index];
    if (!stream.sending || paused_) {
      stream.begins = true;
      return;
    }
    std::array<std::uint8_t, rtp_header_size + samples_a_frame + media::SrtpSession::trailer_max> packet;
    const auto timestamp = stream.first_timestamp + static_cast<std::uint32_t>(position);
    media::write_rtp_header(packet.data(), stream.payload_type, std::exchange(stream.begins, false), stream.sequence++,
                            timestamp, stream.sent.ssrc);
    auto* payload = packet.data() + rtp_header_size;
    if (stream.ulaw)
      for (std::size_t i = 0; i < samples_a_frame; ++i) payload[i] = g711::alaw_to_ulaw[frames_[index][i]];
    else
      std::memcpy(payload, frames_[index].data(), samples_a_frame);
    std::size_t size = rtp_header_size + samples_a_frame;
    if (stream.srtp) size = stream.srtp->protect_rtp(packet.data(), size);
    const bool gone = size > 0 && stream.socket.send(std::span(packet).first(size), stream.to);
    ++(gone ? counted.packets : counted.dropped);
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    ++stream.sent.packets;
    stream.sent.payload_bytes += samples_a_frame;
    stream.sent.last_timestamp = timestamp;
    stream.sent.last_at = now;
    if (!stream.reports || now < stream.report_due) return;
    stream.report_due = now + report_every;
    std::array<std::uint8_t, media::report_max + media::SrtpSession::trailer_max> report;
    size = media::write_report(report, stream.sent.ssrc, stream.sent, std::nullopt, std::nullopt, now);
    if (stream.srtp) size = stream.srtp->protect_rtcp(report.data(), size);
    (void)stream.socket.send(std::span(report).first(size), stream.rtcp_to);
  }

  std::mutex mutex_;
  const std::shared_ptr<recorder::Tap> tap_;  // its consumer is the thread alone
  std::array<Stream, stream_count> streams_;
  std::array<std::array<std::uint8_t, samples_a_frame>, stream_count> frames_{};
  bool paused_ = false;
};

Forwarder::Forwarder(ForwarderConfig config)
    : ports_(std::move(config.bind_address), config.port_min, config.port_max), thread_([this] { run(); }) {}

Forwarder::~Forwarder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<Forwarder::Opened, Problem> Forwarder::open(LegId id, RecordingId recording, LegId leg) {
  std::array<media::UdpSocket, stream_count> sockets;
  Opened opened;
  for (std::size_t i = 0; i < stream_count; ++i) {
    auto socket = ports_.open();
    if (!socket) return fail(socket.error());
    sockets[i] = std::move(*socket);
    opened.ports[i] = sockets[i].local_port();
  }
  opened.tap = std::make_shared<recorder::Tap>(recording, leg, ring_samples);
  const auto copy = std::make_shared<Copy>(std::move(sockets), opened.tap);
  {
    const std::lock_guard lock(mutex_);
    copies_[id] = copy;
  }
  wake_.notify_one();
  return opened;
}

void Forwarder::send(LegId id, const FarStreams& far) {
  std::shared_ptr<Copy> copy;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = copies_.find(id); found != copies_.end()) copy = found->second;
  }
  if (copy) copy->send(far);
}

void Forwarder::pause(LegId id, bool paused) {
  std::shared_ptr<Copy> copy;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = copies_.find(id); found != copies_.end()) copy = found->second;
  }
  if (copy) copy->pause(paused);
}

void Forwarder::close(LegId id) {
  const std::lock_guard lock(mutex_);
  copies_.erase(id);
}

ForwarderStats Forwarder::stats() const {
  return {packets_.load(std::memory_order_relaxed), dropped_.load(std::memory_order_relaxed)};
}

void Forwarder::run() {
  pthread_setname_np(pthread_self(), "siprec");
  auto next = std::chrono::steady_clock::now();
  std::vector<std::shared_ptr<Copy>> copies;
  for (;;) {
    copies.clear();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !copies_.empty(); });
      next = std::max(next + frame, std::chrono::steady_clock::now());
      wake_.wait_until(lock, next, [this] { return stopping_; });
      if (stopping_) return;
      for (const auto& [id, copy] : copies_) copies.push_back(copy);
    }
    Copy::Counted counted;
    for (const auto& copy : copies) {
      const auto one = copy->work();
      counted.packets += one.packets;
      counted.dropped += one.dropped;
    }
    packets_.fetch_add(counted.packets, std::memory_order_relaxed);
    dropped_.fetch_add(counted.dropped, std::memory_order_relaxed);
  }
}

}  // namespace hotline::voice::siprec
