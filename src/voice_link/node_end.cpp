// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/node_end.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace hotline::voice_link {
namespace {

constexpr std::uint32_t protocol_version = 1;
constexpr std::size_t peers_max = 8;
constexpr std::size_t send_ahead_bytes_max =
    1024 * 1024;  // of the outbox, handed to a stream before the kernel took it
/// While much happens: so often events are handed to the core. It wakes once for many, and a person notices nothing.
constexpr Duration event_pace{5};
constexpr Duration fenced_within{1'000};
constexpr Duration silence_check_interval{1'000};

using SteadyClock = std::chrono::steady_clock;

}  // namespace

Result<std::unique_ptr<NodeEnd>, Problem> NodeEnd::open(NodeEndConfig config, runtime::EventLoop& loop,
                                                        const runtime::Clock& clock, NodeEndHandler& handler) {
  auto listener = listen(config.address);
  if (!listener) return fail(std::move(listener.error()));
  return std::unique_ptr<NodeEnd>(new NodeEnd(std::move(config), loop, clock, handler, std::move(*listener)));
}

NodeEnd::NodeEnd(NodeEndConfig config, runtime::EventLoop& loop, const runtime::Clock& clock, NodeEndHandler& handler,
                 std::unique_ptr<Listener> listener)
    : config_(std::move(config)),
      loop_(loop),
      clock_(clock),
      handler_(handler),
      listener_(std::move(listener)),
      outbox_(config_.outbox_bytes_max),
      alive_(std::make_shared<NodeEnd*>(this)) {
  loop_.watch(listener_->fd(), false, [this](bool, bool) { accept_all(); });
  watch_silence();
}

NodeEnd::~NodeEnd() {
  loop_.unwatch(listener_->fd());
  for (Peer& peer : peers_) peer.stream->close();
}

void NodeEnd::watch_silence() {
  loop_.after(silence_check_interval, [weak = std::weak_ptr(alive_)] {
    const auto alive = weak.lock();
    if (!alive) return;
    NodeEnd& self = **alive;
    const auto now = SteadyClock::now();
    for (auto peer = self.peers_.begin(); peer != self.peers_.end();) {
      Peer& checked = *peer++;  // drop() takes it out of the list
      const Duration limit = checked.said_hello ? self.config_.silent_after : self.config_.hello_within;
      if (now - checked.heard_at < limit) continue;
      spdlog::warn("voice link: core epoch={} silent for {} ms, stream given up", checked.epoch, limit.count());
      self.drop(checked);
    }
    self.watch_silence();
  });
}

void NodeEnd::accept_all() {
  while (auto bytes = listener_->accept()) {
    if (peers_.size() >= peers_max) continue;  // closes it
    Peer& peer = peers_.emplace_back();
    peer.heard_at = SteadyClock::now();
    peer.stream = LinkStream::open(loop_, std::move(bytes),
                                   {.frame = [this, &peer](std::string_view payload) { on_frame(peer, payload); },
                                    .closed =
                                        [this, &peer](const std::string& why) {
                                          if (peer.said_hello)
                                            spdlog::info("voice link: core epoch={} gone: {}", peer.epoch, why);
                                          drop(peer);
                                        },
                                    .drained = [this] { pump(); }});
  }
}

void NodeEnd::drop(Peer& peer) {
  const bool was_active = &peer == active_;
  if (was_active) active_ = nullptr;
  peer.stream->close();
  forget(peer);
  if (was_active) handler_.on_core_lost();
}

void NodeEnd::forget(Peer& peer) {
  // The stream may be the caller: it keeps itself alive during its callbacks, but what they refer to must not go yet.
  const auto found = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& other) { return &other == &peer; });
  auto gone = std::make_shared<std::list<Peer>>();
  gone->splice(gone->begin(), peers_, found);
  loop_.post([gone] {});
}

void NodeEnd::refuse(Peer& peer, const char* why) {
  ++malformed_;
  spdlog::warn("voice link: stream closed: {}", why);
  drop(peer);
}

void NodeEnd::fence(Peer& peer) {
  ++fenced_;
  spdlog::warn("voice link: core epoch={} refused, epoch {} is in charge", peer.epoch, epoch_);
  link::FromNode message;
  message.mutable_fenced()->set_highest_epoch(epoch_);
  send_now(peer, std::move(message));
  const bool was_active = &peer == active_;
  if (was_active) active_ = nullptr;
  peer.stream->close_when_sent(fenced_within);
  forget(peer);
  if (was_active) handler_.on_core_lost();
}

void NodeEnd::send_now(Peer& peer, link::FromNode message) {
  if (message.at_ms() == 0) message.set_at_ms(to_unix_ms(clock_.now()));
  peer.stream->send(message.SerializeAsString());
}

void NodeEnd::on_frame(Peer& peer, std::string_view payload) {
  link::FromCore message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return refuse(peer, "a message that cannot be read");
  peer.heard_at = SteadyClock::now();
  if (message.has_hello()) {
    if (peer.said_hello) return refuse(peer, "a second hello");
    return on_hello(peer, message);
  }
  if (message.has_status_request()) return send_status(peer);
  if (!peer.said_hello) return refuse(peer, "a command before hello");
  if (message.epoch() != peer.epoch) return refuse(peer, "a command of another epoch than the hello");
  if (&peer != active_) return fence(peer);
  if (message.has_acknowledge()) {
    return acknowledge(std::min(message.acknowledge().seq(), peer.sent_seq));
  }
  // No body: a newer core may know commands we do not; saying so is the node's business.
  handler_.on_command(message);
}

void NodeEnd::on_hello(Peer& peer, const link::FromCore& message) {
  const link::Hello& hello = message.hello();
  peer.epoch = message.epoch();
  if (hello.protocol() != protocol_version) return refuse(peer, "a core that speaks another protocol version");
  if (peer.epoch == 0 || peer.epoch < epoch_) return fence(peer);
  peer.said_hello = true;
  // The same epoch again is the same core on a new stream: its old one is dead even if we have not noticed yet.
  if (active_ != nullptr) {
    Peer& former = *active_;
    if (former.epoch < peer.epoch) {
      epoch_ = peer.epoch;
      fence(former);
    } else {
      drop(former);
    }
  }
  epoch_ = peer.epoch;
  active_ = &peer;
  if (hello.boot_id() == config_.boot_id) {
    acknowledge(std::min(hello.acked_seq(), outbox_.last_seq()));
    peer.sent_seq = std::min(hello.acked_seq(), outbox_.last_seq());
  }
  spdlog::info("voice link: core epoch={} connected, {} events to send", peer.epoch, outbox_.size());

  link::FromNode reply;
  *reply.mutable_hello() = handler_.hello_reply();
  reply.mutable_hello()->set_protocol(protocol_version);
  reply.mutable_hello()->set_boot_id(config_.boot_id);
  send_now(peer, std::move(reply));
  pumping_ = true;  // what the handler emits now goes out before the Snapshot like the rest
  handler_.on_core_connected(peer.epoch);
  pumping_ = false;
  pump();
}

void NodeEnd::send_status(Peer& peer) {
  link::FromNode reply;
  link::NodeStatus& status = *reply.mutable_node_status();
  status = handler_.status();
  status.mutable_hello()->set_protocol(protocol_version);
  status.mutable_hello()->set_boot_id(config_.boot_id);
  status.set_core_connected(active_ != nullptr);
  status.set_core_epoch(epoch_);
  status.set_outbox_events(outbox_.size());
  status.set_outbox_bytes(outbox_.bytes());
  send_now(peer, std::move(reply));
}

void NodeEnd::acknowledge(std::uint64_t seq) {
  outbox_.acknowledge(seq, [this](const Outbox::Entry& entry) {
    if (entry.kind != link::FromNode::kRecordingDone) return;
    link::FromNode event;
    if (event.ParseFromString(entry.payload)) handler_.on_recording_settled(event.recording_done().recording());
  });
}

void NodeEnd::pump() {
  if (pumping_) return;  // snapshot() may emit
  pumping_ = true;
  while (active_ != nullptr && active_->stream->unsent() < send_ahead_bytes_max && active_->stream->is_open()) {
    if (const Outbox::Entry* entry = outbox_.first_after(active_->sent_seq)) {
      active_->sent_seq = entry->seq;
      active_->stream->send_paced(entry->payload, event_pace);
    } else if (!active_->snapshot_sent) {
      link::FromNode message;
      *message.mutable_snapshot() = handler_.snapshot();
      active_->snapshot_sent = true;
      send_now(*active_, std::move(message));
    } else {
      break;
    }
  }
  pumping_ = false;
}

std::uint64_t NodeEnd::emit(link::FromNode event) {
  if (event.at_ms() == 0) event.set_at_ms(to_unix_ms(clock_.now()));
  const std::uint64_t seq = outbox_.append(std::move(event));
  pump();
  return seq;
}

void NodeEnd::emit_unkept(link::FromNode message) {
  if (active_ == nullptr || !active_->snapshot_sent || active_->stream->unsent() >= send_ahead_bytes_max) return;
  send_now(*active_, std::move(message));
}

NodeEnd::Counters NodeEnd::counters() const {
  return {.outbox_events = outbox_.size(),
          .outbox_bytes = outbox_.bytes(),
          .outbox_dropped = outbox_.dropped(),
          .outbox_over_bound = outbox_.over_bound(),
          .fenced = fenced_,
          .malformed = malformed_};
}

}  // namespace hotline::voice_link
