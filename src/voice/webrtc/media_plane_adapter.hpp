// SPDX-License-Identifier: Apache-2.0
// Puts the engine on shard 0 of the media plane: its thread is the engine's, its sessions take the voice.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <utility>

#include "voice/media/media_plane.hpp"
#include "voice/webrtc/loop.hpp"

namespace hotline::voice::webrtc {

/// The plane must outlive it, and it the engine. One a node:
///   MediaPlaneAdapter adapter{plane};
///   auto engine = Engine::open(config, adapter, adapter, observer);
/// and for each leg: plane.open_external(leg, engine), engine.accept(leg, offer), plane.set_remote(leg,
/// accepted.remote). At the end: plane.close(leg) before engine.close(leg), and all legs closed before the engine goes.
class MediaPlaneAdapter final : public Loop, public Sink {
 public:
  explicit MediaPlaneAdapter(media::MediaPlane& plane) : plane_{plane} {}

  void run(std::function<void()> task) override { plane_.run_on_shard0(std::move(task)); }
  void watch(int fd, std::function<void()> readable) override { plane_.watch_on_shard0(fd, std::move(readable)); }
  void unwatch(int fd) override { plane_.unwatch_on_shard0(fd); }
  void every_tick(std::function<void()> tick) override {
    plane_.every_tick_on_shard0([tick = std::move(tick)](TimePoint) { tick(); });
  }
  /// Anchored to the wall clock once and then steady: a step of the clock must not end calls.
  Moment now() override {
    return anchor_ + std::chrono::duration_cast<Moment::duration>(std::chrono::steady_clock::now() - started_);
  }

  void on_rtp(LegId leg, std::span<std::uint8_t> packet) override { plane_.receive(leg, packet); }

 private:
  media::MediaPlane& plane_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const Moment anchor_ = std::chrono::time_point_cast<Moment::duration>(std::chrono::system_clock::now());
};

}  // namespace hotline::voice::webrtc
