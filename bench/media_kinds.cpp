// SPDX-License-Identifier: Apache-2.0
// `bench media --kinds`: what encryption, transcoding and conferences cost, beside a bare relay and plain bridged calls
// of the same number of legs, in one run, alternating.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstring>
#include <functional>

#include "bench/bare_relay.hpp"
#include "bench/bench.hpp"
#include "bench/browser.hpp"
#include "bench/machine.hpp"
#include "bench/node.hpp"
#include "bench/sound_load.hpp"
#include "bench/temporary_directory.hpp"
#include "voice/webrtc/media_plane_adapter.hpp"

namespace hotline::bench {
namespace {

using namespace voice::media;

constexpr std::int64_t warm_up_ns = 1'500'000'000;

struct Kind {
  const char* name;
  const char* key;
  unsigned legs;  ///< that belong together: a call of two, a conference of three or eight
  Codec first = Codec::pcma, others = Codec::pcma;
  std::optional<SrtpProfile> srtp{};  ///< of the first leg
  bool bare = false;
  bool browser = false;  ///< the first leg is WebRTC: DTLS-SRTP on the one port
};
constexpr std::array kinds{
    Kind{"bare relay", "bare_relay", 2, Codec::pcma, Codec::pcma, std::nullopt, true},
    Kind{"G.711 bridged", "bridged", 2},
    Kind{"one leg SRTP AES-CM/SHA1-80", "srtp_sha1_80", 2, Codec::pcma, Codec::pcma, SrtpProfile::aes128_cm_sha1_80},
    Kind{"one leg SRTP AES-GCM", "srtp_gcm", 2, Codec::pcma, Codec::pcma, SrtpProfile::aead_aes_128_gcm},
    Kind{"one leg DTLS-SRTP (WebRTC)", "dtls_srtp", 2, Codec::pcma, Codec::pcma, std::nullopt, false, true},
    Kind{"G.722 to G.711", "g722_transcoded", 2, Codec::g722, Codec::pcma},
    Kind{"Opus to G.711", "opus_transcoded", 2, Codec::opus, Codec::pcma},
    Kind{"Opus to Opus, relayed", "opus_relayed", 2, Codec::opus, Codec::opus},
    Kind{"conference of 3, G.711", "conference_3", 3},
    Kind{"conference of 8, G.711", "conference_8", 8},
};

struct Cost {
  std::uint64_t cpu_ns = 0, received = 0;
  double seconds = 0;
};

std::optional<SrtpKeys> keys_of(const Kind& kind, unsigned leg) {
  if (!kind.srtp || leg % kind.legs != 0) return std::nullopt;
  SrtpKeys keys;
  keys.profile = *kind.srtp;
  for (std::size_t i = 0; i < keys.client.size(); ++i) {
    keys.client[i] = static_cast<std::uint8_t>(leg + i);
    keys.server[i] = static_cast<std::uint8_t>(leg * 3 + i);
  }
  return keys;
}

bool open_leg(Node& node, SoundLoad& load, unsigned i, const SoundLoad::End& end) {
  const auto port = node.plane.open(LegId{i + 1});
  if (!port) return false;
  load.connect(i, *port);
  Remote remote;
  const auto address = loopback(load.port(i));
  std::memcpy(&remote.address, &address, sizeof address);
  remote.codec = end.codec;
  remote.srtp = end.keys;
  node.plane.set_remote(LegId{i + 1}, remote);
  return true;
}

/// Browsers' legs on a node. They are closed before the engine, and it before the node.
class Browsers final : public voice::webrtc::Observer {
 public:
  explicit Browsers(Node& node) : node_(node), adapter_(node.plane) {
    voice::webrtc::Config config;
    config.consent_timeout = Duration{600'000};  // the load sends no checks
    if (auto opened = voice::webrtc::Engine::open(config, adapter_, adapter_, *this)) engine_ = std::move(*opened);
  }
  ~Browsers() override {
    for (const LegId leg : legs_) {
      node_.plane.close(leg);
      engine_->close(leg);
    }
  }
  Browsers(const Browsers&) = delete;
  Browsers& operator=(const Browsers&) = delete;
  std::optional<Browser> connect(LegId leg) {
    if (!engine_) return std::nullopt;
    node_.plane.open_external(leg, *engine_);
    legs_.push_back(leg);
    auto browser = connect_browser(*engine_, leg);
    if (browser) node_.plane.set_remote(leg, browser->remote);
    return browser;
  }
  void on_connected(LegId) override {}
  void on_failed(LegId, voice::webrtc::Failure) override {}
  void on_lost(LegId, voice::webrtc::Loss) override {}

 private:
  Node& node_;
  voice::webrtc::MediaPlaneAdapter adapter_;
  std::unique_ptr<voice::webrtc::Engine> engine_;
  std::vector<LegId> legs_;
};

/// `groups` calls or conferences of a kind, for a while.
bool run_kind(const Kind& kind, unsigned groups, double seconds, const std::filesystem::path& directory, Cost& cost) {
  const unsigned legs = groups * kind.legs;
  std::optional<Node> node;
  if (!kind.bare) node.emplace(directory, directory);
  std::optional<Browsers> browsers;
  if (kind.browser) browsers.emplace(*node);
  std::vector<SoundLoad::End> ends;
  for (unsigned i = 0; i < legs; ++i) {
    auto& end = ends.emplace_back(SoundLoad::End{i % kind.legs == 0 ? kind.first : kind.others, keys_of(kind, i),
                                                 kind.legs == 2 || i % kind.legs < 2});
    if (!kind.browser || i % kind.legs != 0) continue;
    const auto browser = browsers->connect(LegId{i + 1});
    if (!browser) return false;
    end.keys = browser->keys;
    end.fd = browser->fd;
  }
  SoundLoad load(ends);
  if (!load.ok()) return false;
  std::optional<BareRelay> relay;
  if (kind.bare) {
    relay.emplace(legs, std::filesystem::path{});
    if (!relay->ok()) return false;
    for (unsigned i = 0; i < legs; ++i) {
      relay->connect(i, load.port(i));
      load.connect(i, relay->port(i));
    }
    relay->start();
  } else {
    std::vector<MixMember> members;
    for (unsigned i = 0; i < legs; ++i) {
      if (ends[i].fd < 0 && !open_leg(*node, load, i, ends[i])) return false;
      members.push_back({LegId{i + 1}});
      if (members.size() < kind.legs) continue;
      if (kind.legs == 2)
        node->plane.bridge(LegId{i}, LegId{i + 1});
      else
        node->plane.mix(MixId{i + 1}, members);
      members.clear();
    }
  }
  const auto cpu = [&] { return relay ? relay->cpu_ns() : node->cpu_ns(); };
  load.start();
  sleep_until_ns(steady_ns() + warm_up_ns);
  const auto begin = steady_ns();
  const auto cpu_before = cpu();
  const auto received_before = load.received();
  sleep_until_ns(begin + static_cast<std::int64_t>(seconds * 1e9));
  cost.cpu_ns += cpu() - cpu_before;
  cost.received += load.received() - received_before;
  cost.seconds += static_cast<double>(steady_ns() - begin) / 1e9;
  load.stop();
  return load.ok();
}

}  // namespace

int media_kinds(const MediaOptions& options) {
  raise_open_files();
  pin_to_first_core();
  const unsigned groups = options.calls.empty() ? 100 : options.calls.front();
  std::array<Cost, kinds.size()> costs;
  for (unsigned round = 0; round < options.rounds; ++round)
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      std::fprintf(stderr, "%s, round %u of %u ...\n", kinds[i].name, round + 1, options.rounds);
      const TemporaryDirectory directory(options.directory);
      if (!run_kind(kinds[i], groups, options.seconds, directory.path(), costs[i])) {
        std::fprintf(stderr, "%s cannot be set up: sockets or files are short\n", kinds[i].name);
        return 1;
      }
    }
  boost::json::object result{{"groups", groups}};
  fmt::print("{:<30} {:>6} {:>12} {:>9} {:>14}\n", "kind", "legs", "CPU per 100", "times", "of its packets");
  double bare = 0;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto& kind = kinds[i];
    const auto& cost = costs[i];
    const double per_100 = static_cast<double>(cost.cpu_ns) / 1e9 / cost.seconds * 100 * 100 / groups;
    const double expected = groups * kind.legs * 50.0 * cost.seconds;
    if (kind.bare) bare = per_100;
    fmt::print("{:<30} {:>6} {:>10.2f} % {:>9.2f} {:>12.1f} %\n", kind.name, groups * kind.legs, per_100,
               bare > 0 ? per_100 / bare : 0, 100 * static_cast<double>(cost.received) / expected);
    result[kind.key] = static_cast<double>(static_cast<std::int64_t>(per_100 * 1000 + 0.5)) / 1000;
  }
  if (options.json) fmt::print("{}\n", boost::json::serialize(result));
  return 0;
}

}  // namespace hotline::bench
