// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/core_end.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace hotline::voice_link {
namespace {

constexpr std::uint32_t protocol_version = 1;
constexpr Duration heartbeat_interval{2'000};
using SteadyClock = std::chrono::steady_clock;

}  // namespace

struct CoreEnd::Shared : std::enable_shared_from_this<Shared> {
  Shared(CoreEndConfig c, runtime::EventLoop& l, CoreEndHandler& h)
      : config(std::move(c)),
        loop(l),
        handler(h),
        boot_id(config.known_boot_id),
        acked_seq(config.acked_seq),
        delivered_seq(config.acked_seq),
        retry(config.retry_min) {}

  const CoreEndConfig config;
  runtime::EventLoop& loop;
  CoreEndHandler& handler;
  std::atomic<bool> connected{false};
  std::atomic<std::size_t> unsent_bytes{0};  // posted and not yet given to the stream, or kept by it

  // On the loop's thread:
  bool stopped = false;
  bool told_dead = false;
  std::shared_ptr<LinkStream> stream;
  std::uint64_t boot_id;
  std::uint64_t acked_seq;      // of boot_id: committed by the core
  std::uint64_t delivered_seq;  // of boot_id: given to the handler
  Duration retry;
  SteadyClock::time_point heard_at;
  std::size_t stream_unsent = 0;  // the part of unsent_bytes that the stream keeps

  void try_connect();
  void retry_later();
  void on_frame(std::string_view payload);
  void on_hello(const link::HelloReply& hello);
  void on_event(const link::FromNode& event);
  void lose(const std::string& why);
  void stop();
  void send_now(link::FromCore message);
  void send_acknowledge();
  void watch_silence();
  void count_unsent();
};

void CoreEnd::Shared::try_connect() {
  if (stopped || stream) return;
  auto bytes = connect(config.address);
  if (!bytes) {
    if (bytes.error().listener_dead && !std::exchange(told_dead, true)) handler.on_dead();
    return retry_later();
  }
  heard_at = SteadyClock::now();
  const std::weak_ptr<Shared> weak = weak_from_this();
  stream = LinkStream::open(loop, std::move(*bytes),
                            {.frame =
                                 [weak](std::string_view payload) {
                                   if (const auto self = weak.lock()) self->on_frame(payload);
                                 },
                             .closed =
                                 [weak](const std::string& why) {
                                   if (const auto self = weak.lock()) self->lose(why);
                                 },
                             .drained =
                                 [weak] {
                                   if (const auto self = weak.lock()) self->count_unsent();
                                 }});
  link::FromCore message;
  message.mutable_hello()->set_protocol(protocol_version);
  message.mutable_hello()->set_boot_id(boot_id);
  message.mutable_hello()->set_acked_seq(acked_seq);
  send_now(std::move(message));
}

void CoreEnd::Shared::retry_later() {
  loop.after(retry, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->try_connect();
  });
  retry = std::min(retry * 2, config.retry_max);
}

void CoreEnd::Shared::watch_silence() {
  loop.after(heartbeat_interval, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->stopped) return;
    if (self->stream && SteadyClock::now() - self->heard_at >= self->config.silent_after)
      self->lose("the node is silent");
    if (self->stream && self->connected) self->send_acknowledge();
    self->watch_silence();
  });
}

void CoreEnd::Shared::on_frame(std::string_view payload) {
  link::FromNode message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return lose("the node sent a message that cannot be read");
  heard_at = SteadyClock::now();
  if (message.has_fenced()) {
    const std::uint64_t highest = message.fenced().highest_epoch();
    lose("a newer core is in charge");
    stop();
    return handler.on_fenced(highest);
  }
  if (message.has_hello()) return on_hello(message.hello());
  if (!connected) return lose("the node did not say hello first");
  if (message.has_snapshot()) return handler.on_snapshot(message.snapshot());
  if (message.has_stats()) return handler.on_stats(message.stats());
  if (message.has_quality()) return handler.on_quality(message.quality());
  if (message.has_legs_report()) return handler.on_report(message.legs_report());
  on_event(message);
}

void CoreEnd::Shared::on_hello(const link::HelloReply& hello) {
  if (connected) return lose("the node said hello twice");
  if (hello.protocol() != protocol_version) return lose("the node speaks another protocol version");
  if (hello.boot_id() != boot_id) {
    boot_id = hello.boot_id();
    acked_seq = 0;
    delivered_seq = 0;
  }
  retry = config.retry_min;
  told_dead = false;
  connected = true;
  handler.on_connected(hello);
}

void CoreEnd::Shared::on_event(const link::FromNode& event) {
  // After a reconnect the node sends again what was not acknowledged; what this core had is still on its way to the
  // store.
  if (event.seq() <= delivered_seq) return;
  delivered_seq = event.seq();
  handler.on_event(boot_id, event);
}

void CoreEnd::Shared::lose(const std::string& why) {
  if (!stream) return;
  stream->close();
  stream.reset();
  unsent_bytes -= stream_unsent;
  stream_unsent = 0;
  if (connected.exchange(false)) {
    spdlog::warn("voice link to {} lost: {}", config.address, why);
    handler.on_disconnected(why);
  }
  if (!stopped) retry_later();
}

void CoreEnd::Shared::stop() {
  stopped = true;
  connected = false;
  if (stream) stream->close();
  stream.reset();
}

void CoreEnd::Shared::count_unsent() {
  const std::size_t now = stream ? stream->unsent() : 0;
  unsent_bytes += now - stream_unsent;  // unsigned arithmetic wraps to the right sum
  stream_unsent = now;
}

void CoreEnd::Shared::send_now(link::FromCore message) {
  if (!stream) return;
  message.set_epoch(config.epoch);
  stream->send_soon(message.SerializeAsString());
  count_unsent();
}

void CoreEnd::Shared::send_acknowledge() {
  link::FromCore message;
  message.mutable_acknowledge()->set_seq(acked_seq);
  send_now(std::move(message));
}

CoreEnd::CoreEnd(CoreEndConfig config, runtime::EventLoop& loop, CoreEndHandler& handler)
    : shared_(std::make_shared<Shared>(std::move(config), loop, handler)) {
  loop.post([weak = std::weak_ptr(shared_)] {
    const auto self = weak.lock();
    if (!self) return;
    self->try_connect();
    self->watch_silence();
  });
}

CoreEnd::~CoreEnd() {
  shared_->stop();
}

bool CoreEnd::send(link::FromCore command) {
  const std::size_t bytes = command.ByteSizeLong() + frame_header_bytes;
  if (bytes > frame_bytes_max || !shared_->connected ||
      shared_->unsent_bytes + bytes > shared_->config.unsent_bytes_max)
    return false;
  shared_->unsent_bytes += bytes;
  shared_->loop.post([weak = std::weak_ptr(shared_), bytes, command = std::move(command)]() mutable {
    const auto self = weak.lock();
    if (!self) return;
    self->unsent_bytes -= bytes;
    if (self->connected) self->send_now(std::move(command));
  });
  return true;
}

void CoreEnd::acknowledge(std::uint64_t boot_id, std::uint64_t seq) {
  shared_->loop.post([weak = std::weak_ptr(shared_), boot_id, seq] {
    const auto self = weak.lock();
    if (!self || boot_id != self->boot_id || seq <= self->acked_seq) return;
    self->acked_seq = seq;
    if (self->connected) self->send_acknowledge();
  });
}

bool CoreEnd::connected() const {
  return shared_->connected;
}

}  // namespace hotline::voice_link
