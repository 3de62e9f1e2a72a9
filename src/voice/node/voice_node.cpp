// SPDX-License-Identifier: Apache-2.0
// See the header. The order of the parts is the order of their dependence; the destructor takes them down against it.
#include "voice/node/voice_node.hpp"

#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "base/node_origin.hpp"
#include "runtime/clock.hpp"
#include "runtime/thread_name.hpp"
#include "voice/node/leg_sdp.hpp"
#include "voice/node/node.hpp"
#include "voice/node/real_outside.hpp"
#include "voice/node/real_ports.hpp"
#include "voice/prompts/prompt_store.hpp"
#include "voice/webrtc/media_plane_adapter.hpp"

namespace hotline::voice::node {
namespace {

constexpr Duration farewell_interval{20};
constexpr Duration farewell_limit{3'000};

/// The address our SDP names where media is bound to `bound`; a wildcard cannot be called back.
Result<std::string, Problem> media_address(const NodeConfig& config, const std::string& bound) {
  const auto at = to_socket_address(bound, 0);
  if (!at) return fail(Problem{"the media address '" + bound + "' is not numeric", "give an IPv4 or IPv6 address"});
  std::string address;
  auto candidates = config.media_advertised_addresses;
  candidates.insert(candidates.end(), {config.sip.advertised_address, bound});
  for (const std::string& candidate : candidates) {
    const auto numeric = to_socket_address(candidate, 0);
    if (!numeric || numeric->ss_family != at->ss_family) continue;
    address = candidate;
    break;
  }
  if (address == "0.0.0.0" || address == "::")
    return fail(Problem{"media is bound to every address, and none is named for callers to send to",
                        "set the advertised media address to one that callers can reach"});
  return address;
}

}  // namespace

struct VoiceNode::Parts {
  explicit Parts(NodeConfig c)
      : config(std::move(c)),
        ids(to_unix_ms(clock.now()) / 1'000, origin_of_node(config.name)),
        node(clock),
        reports(node),
        prompts({.directories = config.prompt_directories}) {}

  std::optional<Problem> open();
  std::optional<Problem> open_media();
  std::optional<Problem> open_archiver();
  std::optional<Problem> open_link(const std::string& address, const std::string& other_address);
  void take_over_cut_recordings(const std::vector<media::RecordingResult>& recordings);
  void begin_shutdown();
  void say_farewell(Duration waited);

  NodeConfig config;
  runtime::MonotoneClock clock;
  IdMaker ids;
  Node node;
  Reports reports;
  prompts::PromptStore prompts;
  std::unique_ptr<signalling::SipStack> sip;
  std::unique_ptr<recorder::Recorder> recorder;
  std::unique_ptr<archive::Archiver> archiver;
  std::unique_ptr<media::MediaPlane> plane;
  std::unique_ptr<webrtc::MediaPlaneAdapter> adapter;
  std::unique_ptr<webrtc::Engine> engine;
  std::unique_ptr<siprec::Forwarder> forwarder;
  std::optional<RealOutside> outside_port;
  std::optional<siprec::Client> outside;
  std::optional<RealSip> sip_port;
  std::optional<RealMedia> media_port;
  std::optional<RealFiles> files_port;
  std::optional<RealWebrtc> webrtc_port;
  std::unique_ptr<voice_link::NodeEnd> link_end;
  std::optional<RealLink> link_port;
  Addresses addresses;
  bool shutting_down = false;
};

std::optional<Problem> VoiceNode::Parts::open() {
  auto address = media_address(config, config.media.bind_address);
  if (!address) return address.error();
  std::string other_address;
  if (const std::string& other = config.media.other_bind_address; !other.empty()) {
    auto found = media_address(config, other);
    if (!found) return found.error();
    other_address = std::move(*found);
  }
  // The node's own limit answers first, with its reason in the log; the stack's must not stand below it.
  constexpr std::uint32_t refused_at_once = 64;
  config.sip.sessions_max = std::max(config.sip.sessions_max, 2 * config.calls_max + refused_at_once);
  if (config.siprec.enabled) {
    config.sip.sessions_max += config.siprec.sessions_max;
    config.sip.trunks.push_back(siprec::trunk_of(config.siprec));  // the last: it is never the one for calls
  }
  // Signalling first: it is the loop on which everything else reports.
  config.sip.registrar.awaits_accounts = true;
  auto stack = signalling::SipStack::open(config.sip, node, ids);
  if (!stack) return stack.error();
  sip = std::move(*stack);
  sip_port.emplace(*sip);
  reports.attach(sip->loop());

  auto cut = recorder::Recorder::repair(config.recordings_directory);
  if (!cut) return cut.error();
  if (auto problem = open_media()) return problem;
  if (config.siprec.enabled) {
    forwarder = std::make_unique<siprec::Forwarder>(siprec::ForwarderConfig{.bind_address = config.media.bind_address,
                                                                            .port_min = config.media.port_min,
                                                                            .port_max = config.media.port_max});
    outside_port.emplace(*sip, *plane, *forwarder, node);
    outside.emplace(config.siprec, *address, *outside_port, clock, ids);
  }
  if (auto problem = open_archiver()) return problem;
  if (auto problem = open_link(*address, other_address)) return problem;
  take_over_cut_recordings(*cut);
  return std::nullopt;
}

std::optional<Problem> VoiceNode::Parts::open_media() {
  for (const Problem& problem : prompts.load_all()) spdlog::warn("prompt: {}; {}", problem.what, problem.remedy);
  recorder = std::make_unique<recorder::Recorder>(
      recorder::Config{.directory = config.recordings_directory},
      recorder::Hooks{.failing = [](const Problem& p) { spdlog::error("recording fails: {}; {}", p.what, p.remedy); },
                      .recovered = [] { spdlog::info("recording succeeds again"); }});
  plane = std::make_unique<media::MediaPlane>(config.media, prompts, *recorder, reports);
  adapter = std::make_unique<webrtc::MediaPlaneAdapter>(*plane);
  auto opened = webrtc::Engine::open(config.webrtc, *adapter, *adapter, reports);
  if (!opened) return opened.error();
  engine = std::move(*opened);
  media_port.emplace(*plane, *engine, *recorder);
  webrtc_port.emplace(*engine);
  return std::nullopt;
}

std::optional<Problem> VoiceNode::Parts::open_archiver() {
  auto keys = vault::KeyRing::load(config.recording_keys);
  if (!keys) return keys.error();
  config.archiving.directory = config.recordings_directory;
  config.archiving.keys = std::move(*keys);
  archive::Hooks hooks;
  hooks.archived = [this](const archive::Archived& result) { reports.on_archived(result); };
  hooks.deleted = [this](const archive::Deleted& result) { reports.on_deleted(result); };
  hooks.room = [directory = config.recordings_directory.string()](archive::Room room, const archive::Space& space) {
    const auto megabytes = space.free / 1'000'000;
    if (room == archive::Room::enough)
      spdlog::info("the disk of the recordings {} has room again: {} MB", directory, megabytes);
    else
      spdlog::error("the disk of the recordings {} has only {} MB left{}; make room, or shorten the time they are kept",
                    directory, megabytes, room == archive::Room::short_ ? ", archiving rests" : "");
  };
  archiver = std::make_unique<archive::Archiver>(config.archiving, std::move(hooks));
  files_port.emplace(*archiver);
  return std::nullopt;
}

std::optional<Problem> VoiceNode::Parts::open_link(const std::string& address, const std::string& other_address) {
  // The boot's name: milliseconds of its start. Two boots of one node cannot share one, as the ports are taken.
  const auto boot_id = static_cast<std::uint64_t>(to_unix_ms(clock.now()));
  auto end = voice_link::NodeEnd::open({.address = config.link_path, .boot_id = boot_id}, sip->loop(), clock, node);
  if (!end) return end.error();
  link_end = std::move(*end);
  link_port.emplace(*link_end);
  addresses = {.sip_udp = sip->udp_address(),
               .sip_tcp = sip->tcp_address(),
               .sip_tls = sip->tls_address(),
               .webrtc_udp = engine->udp_address(),
               .link = config.link_path};
  Node::Config settings;
  settings.name = config.name;
  settings.media_address = address;
  settings.other_media_address = other_address;
  settings.sip_udp = addresses.sip_udp;
  settings.sip_tcp = addresses.sip_tcp;
  settings.sip_realm = config.sip.registrar.realm;
  settings.webrtc_udp = addresses.webrtc_udp;
  settings.recordings_directory = std::filesystem::absolute(config.recordings_directory).string();
  settings.calls_max = config.calls_max;
  settings.codecs = config.codecs;
  for (const signalling::TrunkConfig& trunk : config.sip.trunks)
    for (const std::string& name : trunk.codecs)
      if (const auto codec = media::codec_of(name)) settings.codecs_by_trunk[trunk.name].push_back(*codec);
  settings.srtp_by_trunk = config.srtp_by_trunk;
  settings.srtp_phones = config.srtp_phones;
  settings.silence_ends = config.silence_ends;
  settings.retry_after_s = config.sip.retry_after_s;
  settings.shed = config.shed;
  settings.version = config.version;
  settings.own = runtime::own_process;
  settings.media_hangs = [] {
    spdlog::critical("a media thread has not come round for 10 s: this node ends, so that a new one takes its place");
    std::abort();
  };
  settings.signalling_cpu = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  node.start(std::move(settings), {.loop = sip->loop(),
                                   .sip = *sip_port,
                                   .media = *media_port,
                                   .webrtc = *webrtc_port,
                                   .link = *link_port,
                                   .files = &*files_port,
                                   .outside = outside ? &*outside : nullptr,
                                   .forwarder = forwarder.get()});
  return std::nullopt;
}

void VoiceNode::Parts::take_over_cut_recordings(const std::vector<media::RecordingResult>& recordings) {
  for (const media::RecordingResult& recording : recordings) node.on_recording_done(recording);
}

void VoiceNode::Parts::begin_shutdown() {
  if (std::exchange(shutting_down, true)) return node.end_all();
  node.begin_shutdown();
  sip->loop().after(config.drain_limit, [this] { node.end_all(); });
  node.when_empty([this] { say_farewell(Duration{0}); });
}

void VoiceNode::Parts::say_farewell(Duration waited) {
  // What is still to be told: recordings that are being closed, and events on their way to the core.
  const bool told = !link_end->core_connected() || link_end->counters().outbox_events == 0;
  if ((recorder->stats().open == 0 && told) || waited >= farewell_limit) return sip->stop();
  sip->loop().after(farewell_interval, [this, waited] { say_farewell(waited + farewell_interval); });
}

Result<std::unique_ptr<VoiceNode>, Problem> VoiceNode::open(NodeConfig config) {
  auto parts = std::make_unique<Parts>(std::move(config));
  std::unique_ptr<VoiceNode> node(new VoiceNode(std::move(parts)));
  if (auto problem = node->parts_->open()) return fail(std::move(*problem));
  return node;
}

VoiceNode::VoiceNode(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

VoiceNode::~VoiceNode() {
  Parts& parts = *parts_;
  parts.link_end.reset();
  if (parts.media_port && parts.webrtc_port && parts.link_port) parts.node.abandon();
  parts.archiver.reset();
  parts.forwarder.reset();
  parts.engine.reset();  // needs the plane's thread
  parts.plane.reset();
  parts.recorder.reset();  // reports its last recordings to the loop, which runs no more
  parts.sip.reset();
}

void VoiceNode::run() {
  runtime::set_thread_name("signalling");
  parts_->sip->run();
}

void VoiceNode::shut_down() {
  parts_->sip->post([parts = parts_.get()] { parts->begin_shutdown(); });
}

void VoiceNode::stop() {
  parts_->sip->stop();
}

void VoiceNode::reload() {
  if (auto loaded = parts_->sip->reload_certificate(); !loaded)
    spdlog::error("SIGHUP: the SIP certificate stays as it was: {}; {}", loaded.error().what, loaded.error().remedy);
}

runtime::EventLoop& VoiceNode::loop() {
  return parts_->sip->loop();
}

const VoiceNode::Addresses& VoiceNode::addresses() const {
  return parts_->addresses;
}

}  // namespace hotline::voice::node
