// SPDX-License-Identifier: Apache-2.0
// The media plane's front: which shard has which leg, and the tasks that go there. Any thread; the mutex guards only
// the directory, which no packet touches.
#include "voice/media/media_plane.hpp"

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <unordered_map>

#include "voice/media/shard.hpp"
#include "voice/media/tones.hpp"
#include "voice/prompts/prompt_store.hpp"
#include "voice/recorder/recorder.hpp"

namespace hotline::voice::media {
namespace {

/// The pieces of a play, or the key of the first prompt or tone that does not exist.
Result<std::vector<PlayPiece>, std::string> resolve(prompts::PromptStore& store, const Tones& tones,
                                                    const std::vector<PlayItem>& items) {
  std::vector<PlayPiece> pieces;
  pieces.reserve(items.size());
  for (const auto& item : items) {
    if (const auto* prompt = std::get_if<PlayItem::Prompt>(&item.what)) {
      auto audio = store.find(prompt->key);
      if (!audio) return fail(std::string(prompt->key));
      pieces.push_back({std::move(*audio), 0});
    } else if (const auto* named = std::get_if<PlayItem::Tone>(&item.what)) {
      auto audio = tones.find(named->name);
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
    bool moving = false;  // on its way to `shard`
    MixId mix{};
  };
  struct Waiting {
    std::vector<LegId> legs;
    MixId mix;
    std::function<bool()> command;
  };
  struct Conference {
    std::size_t shard = 0;
    std::size_t members = 0;
  };

  Impl(const Config& config, prompts::PromptStore& store, recorder::Recorder& record, MediaObserver& watcher)
      : ports(config.bind_address, config.port_min, config.port_max),
        tones(config.country),
        prompts(store),
        recorder(record),
        observer(watcher) {
    if (!config.other_bind_address.empty())
      other_ports = std::make_unique<PortRange>(config.other_bind_address, config.port_min, config.port_max);
    const auto count = std::max(1U, config.shards);
    for (unsigned i = 0; i < count; ++i) shards.push_back(std::make_unique<Shard>(i, config, watcher));
    legs_a_shard.resize(count);
  }

  /// Runs `task` on the shard of `leg`, behind what was ordered for the leg before. Unknown legs: dropped.
  template <class F>
  void with_leg(LegId leg, F task) {
    const std::lock_guard lock(mutex);
    order({leg}, [this, leg, task = std::move(task)] {
      const auto found = places.find(leg);
      if (found != places.end()) post(found->second, leg, task);
      return true;
    });
  }
  template <class F>
  void post(const Place& place, LegId leg, F task) {
    shards[place.shard]->post([leg, task = std::move(task)](Shard& shard) {
      if (auto* session = shard.find(leg)) task(shard, *session);
    });
  }

  /// Does `command` now, or, when one of its legs is on its way to another shard, when it has arrived; always in the
  /// order given for each of the legs, and for the mix. The command returns false when it has just sent a leg on its
  /// way and must run again.
  void order(std::vector<LegId> legs, std::function<bool()> command, MixId mix = {}) {
    waiting.push_back({std::move(legs), mix, std::move(command)});
    run_waiting();
  }
  void run_waiting() {
    std::vector<LegId> blocked;  // by a command further to the front
    const auto is_blocked = [&](LegId leg) {
      const auto found = places.find(leg);
      return (found != places.end() && found->second.moving) ||
             std::find(blocked.begin(), blocked.end(), leg) != blocked.end();
    };
    std::vector<MixId> blocked_mixes;
    for (auto at = waiting.begin(); at != waiting.end();) {
      const bool mix_blocked = std::find(blocked_mixes.begin(), blocked_mixes.end(), at->mix) != blocked_mixes.end();
      if (!mix_blocked && std::none_of(at->legs.begin(), at->legs.end(), is_blocked) && at->command()) {
        at = waiting.erase(at);
        continue;
      }
      blocked.insert(blocked.end(), at->legs.begin(), at->legs.end());
      if (at->mix) blocked_mixes.push_back(at->mix);
      ++at;
    }
  }

  /// Sends a leg to another shard.
  void move(LegId leg, Place& place, std::size_t to) {
    auto* target = shards[to].get();
    shards[place.shard]->post([this, leg, target](Shard& shard) {
      auto session = std::make_shared<std::unique_ptr<Session>>(shard.take(leg));
      target->post([this, leg, session](Shard& there) {
        if (*session) there.add(std::move(*session));
        const std::lock_guard lock(mutex);
        if (const auto found = places.find(leg); found != places.end()) found->second.moving = false;
        run_waiting();
      });
    });
    --legs_a_shard[place.shard];
    ++legs_a_shard[to];
    place.shard = to;
    place.moving = true;
  }

  /// One of a bridge's commands: brings both legs to one shard, then joins them there.
  bool join(LegId a, LegId b) {
    const auto at = places.find(a);
    const auto bt = places.find(b);
    if (at == places.end() || bt == places.end()) return true;
    if (at->second.shard != bt->second.shard) {
      if (bt->second.external)  // an external leg lives where its port is
        move(a, at->second, bt->second.shard);
      else
        move(b, bt->second, at->second.shard);
      return false;
    }
    note_mix(at->second, MixId{});
    note_mix(bt->second, MixId{});
    post(at->second, a, [b](Shard& shard, Session& session) {
      if (auto* other = shard.find(b)) session.bridge(*other);
    });
    return true;
  }

  /// Notes which mix a leg is in; a mix without members is forgotten.
  void note_mix(Place& place, MixId mix) {
    if (place.mix == mix) return;
    if (const auto before = mixes.find(place.mix); before != mixes.end() && --before->second.members == 0)
      mixes.erase(before);
    place.mix = mix;
    if (mix) ++mixes[mix].members;
  }

  /// One of a mix's commands: brings its members to one shard (that of the browsers, if one is among them), then puts
  /// them together there.
  bool assemble(MixId mix, const std::vector<MixMember>& members) {
    std::vector<MixMember> present;
    for (const auto& member : members)
      if (places.contains(member.leg)) present.push_back(member);
    std::optional<std::size_t> before, target;
    if (const auto found = mixes.find(mix); found != mixes.end()) before = target = found->second.shard;
    for (const auto& member : present) {
      const auto& place = places[member.leg];
      if (place.external || !target) target = place.shard;
    }
    bool moved = false;
    for (const auto& member : present)
      if (auto& place = places[member.leg]; place.shard != *target) {
        move(member.leg, place, *target);
        moved = true;
      }
    if (moved) return false;
    if (before && (present.empty() || before != target))
      shards[*before]->post([mix](Shard& shard) { shard.context().mixes.end(mix); });
    for (auto& [leg, place] : places)
      if (place.mix == mix && std::none_of(present.begin(), present.end(), [id = leg](auto& m) { return m.leg == id; }))
        note_mix(place, MixId{});
    for (const auto& member : present) note_mix(places[member.leg], mix);
    if (present.empty()) return true;
    mixes[mix].shard = *target;
    shards[*target]->post([mix, present](Shard& shard) {
      std::vector<std::pair<Session*, std::vector<LegId>>> sessions;
      for (const auto& member : present)
        if (auto* session = shard.find(member.leg)) sessions.emplace_back(session, member.not_heard);
      shard.context().mixes.set(mix, sessions);
    });
    return true;
  }

  void add_leg(LegId leg, Place place, std::function<std::unique_ptr<Session>(Context&)> make) {
    places[leg] = place;
    ++legs_a_shard[place.shard];
    shards[place.shard]->post([make = std::move(make)](Shard& shard) { shard.add(make(shard.context())); });
  }

  PortRange ports;
  std::unique_ptr<PortRange> other_ports;  // of the other address family, if there is one
  const Tones tones;
  prompts::PromptStore& prompts;
  recorder::Recorder& recorder;
  MediaObserver& observer;
  std::mutex mutex;
  std::unordered_map<LegId, Place> places;      // guarded by mutex
  std::unordered_map<MixId, Conference> mixes;  // guarded by mutex
  std::list<Waiting> waiting;                   // guarded by mutex
  std::vector<std::size_t> legs_a_shard;        // guarded by mutex
  std::vector<std::unique_ptr<Shard>> shards;
};

MediaPlane::MediaPlane(Config config, prompts::PromptStore& prompts, recorder::Recorder& recorder,
                       MediaObserver& observer)
    : impl_(std::make_unique<Impl>(config, prompts, recorder, observer)) {}

MediaPlane::~MediaPlane() {
  for (const auto& shard : impl_->shards) shard->stop();
}

Result<std::uint16_t, Problem> MediaPlane::open(LegId leg, std::optional<LegId> near, int family) {
  auto* const other = impl_->other_ports.get();
  auto socket = (other != nullptr && other->family() == family ? *other : impl_->ports).open();
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
  impl_->with_leg(leg, [remote](Shard& shard, Session& session) {
    session.set_remote(remote);
    shard.watch_rtcp(session);
  });
}

void MediaPlane::bridge(LegId a, LegId b) {
  if (a == b) return;
  const std::lock_guard lock(impl_->mutex);
  impl_->order({a, b}, [impl = impl_.get(), a, b] { return impl->join(a, b); });
}

void MediaPlane::mix(MixId mix, std::vector<MixMember> members) {
  if (!mix) return;
  if (members.size() > mix_members_max) members.resize(mix_members_max);
  std::vector<LegId> legs;
  for (const auto& member : members) legs.push_back(member.leg);
  const std::lock_guard lock(impl_->mutex);
  impl_->order(
      std::move(legs), [impl = impl_.get(), mix, members = std::move(members)] { return impl->assemble(mix, members); },
      mix);
}

void MediaPlane::unmix(MixId mix) {
  this->mix(mix, {});
}

void MediaPlane::unbridge(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.unbridge(); });
}

void MediaPlane::play(LegId leg, PlayRequest request) {
  auto pieces = resolve(impl_->prompts, impl_->tones, request.items);
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

void MediaPlane::pause_recording(LegId leg, bool paused) {
  impl_->with_leg(leg, [paused](Shard&, Session& session) { session.pause_recording(paused); });
}

void MediaPlane::stop_recording(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.stop_recording(); });
}

void MediaPlane::start_copy(LegId leg, std::shared_ptr<recorder::Tap> tap) {
  impl_->with_leg(leg, [tap = std::move(tap)](Shard&, Session& session) { session.start_copy(tap); });
}

void MediaPlane::stop_copy(LegId leg) {
  impl_->with_leg(leg, [](Shard&, Session& session) { session.stop_copy(); });
}

void MediaPlane::close(LegId leg, std::function<void(SessionStats)> done) {
  const std::lock_guard lock(impl_->mutex);
  impl_->order({leg}, [impl = impl_.get(), leg, done = std::move(done)] {
    const auto found = impl->places.find(leg);
    if (found == impl->places.end()) return true;
    impl->post(found->second, leg, [leg, done](Shard& shard, Session&) { shard.remove(leg, done); });
    --impl->legs_a_shard[found->second.shard];
    impl->note_mix(found->second, MixId{});
    impl->places.erase(found);
    return true;
  });
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

void MediaPlane::ping(std::function<void()> done) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(impl_->shards.size());
  for (const auto& shard : impl_->shards)
    shard->post([left, done](Shard&) {
      if (--*left == 0) done();
    });
}

void MediaPlane::quality(std::function<void(std::vector<SessionQuality>)> done) {
  for (const auto& shard : impl_->shards) shard->post([done](Shard& there) { done(there.quality()); });
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
