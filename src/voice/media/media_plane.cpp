// SPDX-License-Identifier: Apache-2.0
// The media plane's front: which shard has which leg, and the tasks that go there. Any thread; the mutex guards only
// the directory, which no packet touches.
#include "voice/media/media_plane.hpp"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <unordered_map>

#include "voice/media/shard.hpp"
#include "voice/media/tones.hpp"
#include "voice/prompts/prompt_store.hpp"
#include "voice/recorder/recorder.hpp"

namespace hotline::voice::media {
namespace {

/// The pieces of a play, or the key of the first prompt or tone that does not exist.
Result<std::vector<PlayPiece>, std::string> resolve(prompts::PromptStore& store, const std::vector<PlayItem>& items) {
  std::vector<PlayPiece> pieces;
  pieces.reserve(items.size());
  for (const auto& item : items) {
    if (const auto* prompt = std::get_if<PlayItem::Prompt>(&item.what)) {
      auto audio = store.find(prompt->key);
      if (!audio) return fail(std::string(prompt->key));
      pieces.push_back({std::move(*audio), 0});
    } else if (const auto* named = std::get_if<PlayItem::Tone>(&item.what)) {
      auto audio = tone(named->name);
      if (!audio) return fail(std::string(named->name));
      pieces.push_back({std::move(audio), 0});
    } else {
      const auto length = std::max<std::int64_t>(0, std::get<PlayItem::Silence>(item.what).length.count());
      pieces.push_back({nullptr, static_cast<std::size_t>(8 * length)});
    }
  }
  return pieces;
}

}  // namespace

struct MediaPlane::Impl {
  struct Place {
    std::size_t shard = 0;
    bool external = false;
  };

  Impl(const Config& config, prompts::PromptStore& store, recorder::Recorder& record, MediaObserver& watcher)
      : ports(config.bind_address, config.port_min, config.port_max),
        prompts(store),
        recorder(record),
        observer(watcher) {
    const auto count = std::max(1U, config.shards);
    for (unsigned i = 0; i < count; ++i) shards.push_back(std::make_unique<Shard>(i, config, watcher));
    legs_a_shard.resize(count);
  }

  /// Posts `task` to the shard of `leg`, if there is one. With the mutex held, so that tasks keep the order of calls.
  template <class F>
  bool with_leg(LegId leg, F task) {
    const std::lock_guard lock(mutex);
    return with_leg_locked(leg, std::move(task));
  }
  template <class F>
  bool with_leg_locked(LegId leg, F task) {
    const auto found = places.find(leg);
    if (found == places.end()) return false;
    shards[found->second.shard]->post_for(leg, [leg, task = std::move(task)](Shard& shard) {
      if (auto* session = shard.find(leg)) task(shard, *session);
    });
    return true;
  }

  void add_leg(LegId leg, Place place, std::function<std::unique_ptr<Session>(Context&)> make) {
    places[leg] = place;
    ++legs_a_shard[place.shard];
    shards[place.shard]->post([make = std::move(make)](Shard& shard) { shard.add(make(shard.context())); });
  }

  /// Sends a leg to another shard; what is posted for it there meanwhile waits for its arrival.
  void move_locked(LegId leg, Place& place, std::size_t to) {
    auto* target = shards[to].get();
    // In turn with the leg's other tasks: it may still be expected there from a move before, and leave once more first.
    target->post_for(leg, [leg](Shard& shard) { shard.expect(leg); });
    shards[place.shard]->post_for(leg, [leg, target](Shard& shard) {
      auto session = std::make_shared<std::unique_ptr<Session>>(shard.take(leg));
      target->post([leg, session](Shard& there) { there.arrive(leg, std::move(*session)); });
    });
    --legs_a_shard[place.shard];
    ++legs_a_shard[to];
    place.shard = to;
  }

  PortRange ports;
  prompts::PromptStore& prompts;
  recorder::Recorder& recorder;
  MediaObserver& observer;
  std::mutex mutex;
  std::unordered_map<LegId, Place> places;  // guarded by mutex
  std::vector<std::size_t> legs_a_shard;    // guarded by mutex
  std::vector<std::unique_ptr<Shard>> shards;
};

MediaPlane::MediaPlane(Config config, prompts::PromptStore& prompts, recorder::Recorder& recorder,
                       MediaObserver& observer)
    : impl_(std::make_unique<Impl>(config, prompts, recorder, observer)) {}

MediaPlane::~MediaPlane() {
  for (const auto& shard : impl_->shards) shard->stop();
}

Result<std::uint16_t, Problem> MediaPlane::open(LegId leg, std::optional<LegId> near) {
  auto socket = impl_->ports.open();
  if (!socket) return fail(socket.error());
  const auto port = socket->local_port();
  const std::lock_guard lock(impl_->mutex);
  if (impl_->places.contains(leg))
    return fail(Problem{"leg " + leg.to_string() + " has a media session already", "close it first"});
  std::size_t shard = 0;
  if (const auto found = near ? impl_->places.find(*near) : impl_->places.end(); found != impl_->places.end())
    shard = found->second.shard;
  else
    shard = static_cast<std::size_t>(std::min_element(impl_->legs_a_shard.begin(), impl_->legs_a_shard.end()) -
                                     impl_->legs_a_shard.begin());
  auto shared = std::make_shared<UdpSocket>(std::move(*socket));  // std::function wants a copyable one
  impl_->add_leg(leg, {shard, false}, [leg, shared](Context& context) {
    return std::make_unique<Session>(leg, std::move(*shared), context);
  });
  return port;
}

void MediaPlane::open_external(LegId leg, PacketPort& port) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->places.contains(leg)) return;
  impl_->add_leg(leg, {0, true},
                 [leg, &port](Context& context) { return std::make_unique<Session>(leg, port, context); });
}

void MediaPlane::receive(LegId leg, std::span<std::uint8_t> packet) {
  if (auto* session = impl_->shards[0]->find(leg)) session->on_packet(packet, 0);
}

void MediaPlane::set_remote(LegId leg, const Remote& remote) {
  impl_->with_leg(leg, [remote](Shard&, Session& session) { session.set_remote(remote); });
}

void MediaPlane::bridge(LegId a, LegId b) {
  const std::lock_guard lock(impl_->mutex);
  const auto at = impl_->places.find(a);
  const auto bt = impl_->places.find(b);
  if (a == b || at == impl_->places.end() || bt == impl_->places.end()) return;
  auto moving = b;
  auto staying = a;
  if (at->second.shard != bt->second.shard) {
    if (bt->second.external) std::swap(moving, staying);  // an external leg lives where its port is
    auto& place = impl_->places[moving];
    impl_->move_locked(moving, place, impl_->places[staying].shard);
  }
  // Waits for either leg that may still be on its way: first for the one, then for the other.
  impl_->with_leg_locked(moving, [moving, staying](Shard& shard, Session&) {
    shard.when_here(staying, [moving, staying](Shard& here) {
      auto* one = here.find(moving);
      auto* other = here.find(staying);
      if (one != nullptr && other != nullptr) one->bridge(*other);
    });
  });
}

void MediaPlane::unbridge(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.unbridge(); });
}

void MediaPlane::play(LegId leg, PlayRequest request) {
  auto pieces = resolve(impl_->prompts, request.items);
  impl_->with_leg(leg, [request, pieces = std::move(pieces)](Shard& shard, Session& session) {
    if (pieces) return session.play(Player(request.id, *pieces, request.loop, request.stop_on_digit));
    session.stop_play(PlayEnd::stopped);
    shard.context().observer->on_play_done(session.leg(), request.id, PlayEnd::missing, pieces.error());
  });
}

void MediaPlane::stop_play(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.stop_play(PlayEnd::stopped); });
}

void MediaPlane::send_digits(LegId leg, std::string digits, Duration digit_length, Duration gap) {
  impl_->with_leg(leg, [digits = std::move(digits), digit_length, gap](Shard&, Session& session) {
    session.send_digits(digits, digit_length, gap);
  });
}

void MediaPlane::start_recording(LegId leg, RecordingId recording, std::string path) {
  auto* observer = &impl_->observer;
  auto tap = impl_->recorder.open(recording, leg, std::move(path),
                                  [observer](const RecordingResult& result) { observer->on_recording_done(result); });
  if (!tap) return;  // refused; the observer hears why
  // Whoever drops the tap unused (the leg has just ended) must end it, or the recorder would wait for ever.
  const auto guard = std::shared_ptr<void>(nullptr, [tap](void*) {
    if (!tap->begun() && !tap->finished()) tap->finish(0);
  });
  impl_->with_leg(leg, [tap, guard](Shard&, Session& session) { session.start_recording(tap); });
}

void MediaPlane::stop_recording(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.stop_recording(); });
}

void MediaPlane::close(LegId leg, std::function<void(SessionStats)> done) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->places.find(leg);
  if (found == impl_->places.end()) return;
  impl_->with_leg_locked(leg, [leg, done = std::move(done)](Shard& shard, Session&) { shard.remove(leg, done); });
  --impl_->legs_a_shard[found->second.shard];
  impl_->places.erase(found);
}

void MediaPlane::run_on_shard0(std::function<void()> task) {
  impl_->shards[0]->post([task = std::move(task)](Shard&) { task(); });
}

void MediaPlane::watch_on_shard0(int fd, std::function<void()> readable) {
  impl_->shards[0]->post([fd, readable = std::move(readable)](Shard& shard) { shard.watch(fd, readable); });
}

void MediaPlane::unwatch_on_shard0(int fd) {
  impl_->shards[0]->post([fd](Shard& shard) { shard.unwatch(fd); });
}

void MediaPlane::every_tick_on_shard0(std::function<void(TimePoint now)> tick) {
  impl_->shards[0]->post([tick = std::move(tick)](Shard& shard) { shard.add_tick(tick); });
}

PlaneStats MediaPlane::stats() const {
  PlaneStats stats;
  for (const auto& shard : impl_->shards) {
    const auto counters = shard->counters();
    stats.rtp_received += counters.received;
    stats.rtp_sent += counters.sent;
    stats.rtp_lost += counters.lost;
    stats.rtp_late += counters.late;
    stats.cpu_ns += counters.cpu_ns;
  }
  return stats;
}

}  // namespace hotline::voice::media
