// SPDX-License-Identifier: Apache-2.0
// The node's table of legs: how legs come and go, what time does to them, and what the core is told at its arrival.
#include "voice/node/node.hpp"

#include <spdlog/spdlog.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "voice/node/translate.hpp"

namespace hotline::voice::node {
namespace {

constexpr Duration tick{1'000};
constexpr unsigned service_unavailable = 503;

}  // namespace

std::string log_context(const Leg& leg) {
  return fmt::format("leg={} call={} call-id={}", leg.id.value(), leg.call.value(),
                     leg.sip_call_id.empty() ? "-" : leg.sip_call_id);
}

void Node::start(Config config, const Ports& ports) {
  config_ = std::move(config);
  ports_.emplace(ports);
  started_at_ = clock_.now();
  core_lost_at_ = clock_.now();
  stats_due_ = clock_.now() + config_.stats_interval;
  quality_due_ = clock_.now() + config_.quality_interval;
  ports_->loop.after(tick, [this] { every_second(); });
}

Leg* Node::find(std::uint64_t leg) {
  const auto found = legs_.find(LegId{leg});
  return found == legs_.end() || found->second.ending ? nullptr : &found->second;
}

Leg& Node::add(Leg leg) {
  leg.offered_at = clock_.now();
  const LegId id = leg.id;
  if (leg.incoming) ++incoming_;
  return legs_.insert_or_assign(id, std::move(leg)).first->second;
}

void Node::part(Leg& leg) {
  if (Leg* partner = find(leg.bridged_to); partner != nullptr && partner->bridged_to == leg.id)
    partner->bridged_to = LegId{};
  leg.bridged_to = LegId{};
  leg.mix = MixId{};
}

void Node::end_leg(Leg& leg, LegEnd end) {
  if (leg.ending) return;
  leg.ending = true;
  const LegId id = leg.id;
  const LegId partner = leg.bridged_to;
  spdlog::info("{} ended cause={} status={} by_remote={}", log_context(leg), link::HangupCause_Name(end.cause),
               end.sip_status, end.by_remote);
  part(leg);
  if (ports_->outside != nullptr) ports_->outside->leg_ended(id);
  if (partner && !ports_->link.core_connected()) {
    // Nobody is there to say what becomes of the other one; its talk is over. A core that comes in time decides itself.
    ports_->loop.after(config_.orphan_grace, [this, partner] {
      Leg* orphan = find(partner);
      if (orphan == nullptr || orphan->bridged_to || ports_->link.core_connected()) return;
      if (orphan->kind == Leg::Kind::sip) ports_->sip.hangup(partner, signalling::EndCause::normal);
      end_leg(*orphan, {.cause = link::CAUSE_NORMAL});
    });
  }
  const bool media_open = leg.media_open;
  const bool webrtc = leg.kind == Leg::Kind::webrtc;
  if (!media_open) {
    finish_leg(id, end, {});
  } else {
    ports_->media.close(id, [this, id, end](media::SessionStats stats) {
      ports_->loop.post([this, id, end, stats] { finish_leg(id, end, stats); });
    });
  }
  if (webrtc) ports_->webrtc.close(id);  // after its media session: that sends through it
}

void Node::finish_leg(LegId leg, LegEnd end, const media::SessionStats& stats) {
  const auto found = legs_.find(leg);
  if (found == legs_.end()) return;
  const bool announced = found->second.announced;
  const std::string reason = std::move(found->second.end_reason);
  if (found->second.incoming) --incoming_;
  if (found->second.kind == Leg::Kind::sip && found->second.call && traced_.size() < 4'096)
    traced_[leg] = found->second.call;
  legs_.erase(found);
  if (announced) {  // a core that was never told of the leg need not hear of its end
    link::FromNode event;
    link::LegEnded& ended = *event.mutable_ended();
    ended.set_leg(leg.value());
    ended.set_cause(end.cause);
    ended.set_sip_status(end.sip_status);
    ended.set_by_remote(end.by_remote);
    ended.set_reason(reason);
    *ended.mutable_media() = to_link(stats);
    emit(std::move(event));
  }
  if (legs_.empty() && when_empty_) std::exchange(when_empty_, nullptr)();
}

void Node::reject_incoming(Leg& leg, unsigned status, link::HangupCause cause) {
  ports_->sip.reject(leg.id, status, status == service_unavailable ? config_.retry_after_s : 0);
  end_leg(leg, {.cause = cause, .sip_status = status});
}

void Node::begin_shutdown() {
  drain(true);
  shutting_down_ = true;
}

void Node::abandon() {
  for (const auto& [id, leg] : legs_) {
    if (leg.media_open) ports_->media.close(id, {});
    if (leg.kind == Leg::Kind::webrtc) ports_->webrtc.close(id);
  }
  legs_.clear();
  incoming_ = 0;
}

void Node::drain(bool on) {
  if (shutting_down_) return;
  if (draining_ != on) spdlog::info("draining {}, legs={}", on ? "on" : "off", legs_.size());
  draining_ = on;
  ports_->sip.set_draining(on);
  send_stats();  // so that the core gives it no calls of its own any more
}

void Node::end_all() {
  for (auto& [id, leg] : legs_) {
    if (leg.ending) continue;
    if (leg.kind == Leg::Kind::sip) ports_->sip.hangup(id, signalling::EndCause::shutdown);
    // Posted: ending a leg without media takes it out of the table we walk over.
    ports_->loop.post([this, id = id] {
      if (Leg* ended = find(id)) end_leg(*ended, {.cause = link::CAUSE_SHUTDOWN});
    });
  }
}

void Node::when_empty(std::function<void()> task) {
  if (legs_.empty()) return task();
  when_empty_ = std::move(task);
}

void Node::every_second() {
  ports_->loop.after(tick, [this] { every_second(); });
  const TimePoint now = clock_.now();
  const bool abandoned = core_lost_at_ && now - *core_lost_at_ >= config_.take_up_within;
  std::vector<LegId> overdue;
  for (const auto& [id, leg] : legs_)
    if (leg.incoming && leg.state != link::LEG_ANSWERED && !leg.ending &&
        now - leg.offered_at >= config_.take_up_within && (!leg.taken_up || abandoned))
      overdue.push_back(id);
  for (const LegId id : overdue)
    if (Leg* leg = find(id)) {
      spdlog::warn("{} no core has taken it up for {} ms", log_context(*leg), config_.take_up_within.count());
      reject_incoming(*leg, service_unavailable, link::CAUSE_REJECTED);
    }
  end_overdue_pauses(now);
  if (ports_->outside != nullptr) ports_->outside->look_around();
  if (now >= quality_due_) {
    quality_due_ = now + config_.quality_interval;
    if (ports_->link.core_connected() && !legs_.empty())
      ports_->media.quality([this](std::vector<media::SessionQuality> qualities) {
        ports_->loop.post([this, qualities = std::move(qualities)] { send_quality(qualities); });
      });
  }
  look_after_media();
  look_at_load(now);
  if (now < stats_due_) return;
  stats_due_ = now + config_.stats_interval;
  send_stats();
}

/// Counted in rounds of this loop, not by a clock: after a process was stopped for a while nobody is accused.
void Node::look_after_media() {
  if (!config_.media_hangs) return;
  if (media_unanswered_ == Duration{0})
    ports_->media.ping([this] { ports_->loop.post([this] { media_unanswered_ = Duration{0}; }); });
  media_unanswered_ += tick;
  if (media_unanswered_ > config_.media_hangs_after) config_.media_hangs();
}

void Node::look_at_load(TimePoint now) {
  if (!config_.shed || !config_.signalling_cpu) return;
  const auto cpu = config_.signalling_cpu();
  const auto plane = ports_->media.stats();
  const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(now - load_seen_at_);
  const bool first = load_seen_at_ == TimePoint{};
  const Overload::Sample sample{.signalling_busy = passed.count() > 0
                                                       ? static_cast<double>((cpu - signalling_cpu_).count()) /
                                                             static_cast<double>(passed.count())
                                                       : 0,
                                .packets_sent = plane.rtp_sent - sent_seen_,
                                .packets_late = plane.rtp_late - late_seen_};
  load_seen_at_ = now;
  signalling_cpu_ = cpu;
  sent_seen_ = plane.rtp_sent;
  late_seen_ = plane.rtp_late;
  const bool was = overload_.on();
  if (first || overload_.take(sample) == was) return;
  if (was) {
    spdlog::info("no longer overloaded: new calls are taken again");
  } else {
    spdlog::warn("overloaded: new calls are refused (signalling busy {:.0f} %, {} of {} packets late)",
                 sample.signalling_busy * 100, sample.packets_late, sample.packets_sent);
  }
  ports_->sip.set_shedding(overload_.on());
}

void Node::fill_trunks(google::protobuf::RepeatedPtrField<link::TrunkStatus>& trunks, bool recorder_too) const {
  for (const signalling::TrunkUse& use : ports_->sip.trunk_use()) {
    if (!recorder_too && use.name == siprec::trunk_name) continue;  // no call of the core's can go there
    link::TrunkStatus& status = *trunks.Add();
    status.set_name(use.name);
    status.set_in_use(use.in_use);
    status.set_channels_max(use.channels_max);
    status.set_in(use.in);
    status.set_out(use.out);
    status.set_in_max(use.in_max);
    status.set_out_max(use.out_max);
    status.set_refused(use.refused);
    status.set_registration(use.registration);
    status.set_calls_in(use.calls_in);
    status.set_calls_out(use.calls_out);
    status.set_refused_in(use.refused_in);
    status.set_refused_out(use.refused_out);
    for (const signalling::GatewayUse& gateway : use.gateways) {
      link::GatewayStatus& added = *status.add_gateways();
      added.set_address(gateway.address);
      added.set_up(gateway.up);
      added.set_calls(gateway.calls);
      added.set_failures(gateway.failures);
      added.set_probed_at_ms(gateway.probed_at_ms);
      added.set_probe_status(gateway.probe_status);
      added.set_probe_ms(static_cast<std::uint32_t>(gateway.probe_took.count()));
    }
  }
}

void Node::fill_stats(link::Stats& stats) const {
  const media::PlaneStats plane = ports_->media.stats();
  fill_trunks(*stats.mutable_trunks());
  stats.set_legs(static_cast<std::uint32_t>(legs_.size()));
  stats.set_rtp_received(plane.rtp_received);
  stats.set_rtp_sent(plane.rtp_sent);
  stats.set_rtp_lost(plane.rtp_lost);
  stats.set_rtp_late(plane.rtp_late);
  stats.set_recording_errors(ports_->media.recording_errors());
  stats.set_sip_rejected(ports_->sip.rejected());
  stats.set_draining(draining_);
  if (ports_->files != nullptr) {
    const archive::Stats files = ports_->files->stats();
    stats.set_archive_waiting(static_cast<std::uint32_t>(files.waiting));
    stats.set_archive_done(files.done);
    stats.set_archive_failed(files.failed);
    stats.set_archive_resting(files.resting);
    stats.set_recordings_free(files.space.free);
    stats.set_recordings_total(files.space.total);
    stats.set_recordings_room(static_cast<std::uint32_t>(files.room));
  }
  fill_outside(stats);
  const auto defence = ports_->sip.defence();
  stats.set_sip_dropped(defence.dropped);
  stats.set_sip_wrong_credentials(defence.failures);
  stats.set_sip_silenced(defence.silenced);
  stats.set_shedding(overload_.on());
  stats.set_calls(static_cast<std::uint32_t>(incoming_));
  stats.set_legs_answered(static_cast<std::uint32_t>(std::count_if(
      legs_.begin(), legs_.end(), [](const auto& item) { return item.second.state == link::LEG_ANSWERED; })));
  stats.set_phones(static_cast<std::uint32_t>(ports_->sip.phones().size()));
  stats.set_recordings_open(static_cast<std::uint32_t>(ports_->media.recordings_open()));
  if (config_.own) {
    const runtime::OwnProcess own = config_.own();
    stats.set_memory_bytes(own.memory_bytes);
    stats.set_cpu_ms(static_cast<std::uint64_t>(own.cpu.count()));
  }
  stats.set_started_at_ms(to_unix_ms(started_at_));
  stats.set_version(config_.version);
}

void Node::send_stats() {
  if (!ports_->link.core_connected()) return;
  link::FromNode message;
  fill_stats(*message.mutable_stats());
  ports_->link.emit_unkept(std::move(message));
}

link::NodeStatus Node::status() {
  link::NodeStatus status;
  *status.mutable_hello() = hello_reply();
  fill_stats(*status.mutable_stats());
  status.set_process(static_cast<std::uint32_t>(::getpid()));
  fill_phones(*status.mutable_phones());
  return status;
}

void Node::send_quality(const std::vector<media::SessionQuality>& qualities) {
  constexpr int legs_a_message = 4'000;  // a message has at most 1 MiB
  link::FromNode message;
  for (const auto& [id, stats] : qualities) {
    const Leg* leg = find(id);
    if (leg == nullptr || leg->state != link::LEG_ANSWERED || !leg->call) continue;
    if (message.quality().legs_size() == legs_a_message) break;
    link::LegQuality::One& one = *message.mutable_quality()->add_legs();
    one.set_leg(id.value());
    *one.mutable_media() = to_link(stats);
  }
  if (message.quality().legs_size() > 0) ports_->link.emit_unkept(std::move(message));
}

const std::string& Node::media_address_for(int family) const {
  const bool other = !config_.other_media_address.empty() && family != AF_UNSPEC &&
                     to_socket_address(config_.other_media_address, 0)->ss_family == family;
  return other ? config_.other_media_address : config_.media_address;
}

SdpOptions Node::sdp_options(const std::string& trunk, std::optional<media::Codec> near) const {
  SdpOptions options;
  const auto own = config_.codecs_by_trunk.find(trunk);
  options.codecs = codec_order(own != config_.codecs_by_trunk.end() ? own->second : config_.codecs, near);
  const auto policy = config_.srtp_by_trunk.find(trunk);
  options.srtp = trunk.empty()                           ? config_.srtp_phones
                 : policy != config_.srtp_by_trunk.end() ? policy->second
                                                         : sdp::SrtpPolicy::off;
  if (options.srtp == sdp::SrtpPolicy::off) return options;
  for (auto& key : options.srtp_keys)
    if (getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) std::abort();
  return options;
}

void Node::fill_phones(google::protobuf::RepeatedPtrField<link::PhoneChanged>& phones) const {
  for (const signalling::PhoneState& phone : ports_->sip.phones()) {
    link::PhoneChanged& added = *phones.Add();
    added.set_user(phone.user);
    added.set_registered(true);
    added.set_contact(phone.contact);
    added.set_user_agent(phone.agent);
  }
}

link::HelloReply Node::hello_reply() {
  link::HelloReply reply;
  reply.set_node(config_.name);
  fill_trunks(*reply.mutable_trunks(), false);
  reply.set_sip_udp(config_.sip_udp);
  reply.set_sip_tcp(config_.sip_tcp);
  reply.set_webrtc_udp(config_.webrtc_udp);
  reply.set_calls_max(config_.calls_max);
  reply.set_recordings_dir(config_.recordings_directory);
  return reply;
}

link::Snapshot Node::snapshot() {
  link::Snapshot snapshot;
  for (const auto& [id, leg] : legs_) {
    if (!leg.announced) continue;
    link::LegStatus& status = *snapshot.add_legs();
    status.set_leg(id.value());
    status.set_call(leg.call.value());
    status.set_state(leg.state);
    status.set_incoming(leg.incoming);
    status.set_trunk(leg.trunk);
    status.set_bridged_to(leg.bridged_to.value());
    status.set_mix(leg.mix.value());
    status.set_play(leg.play.value());
    status.set_recording(leg.recording.value());
    status.set_recording_paused(leg.recording_paused_until.has_value());
    status.set_held_by_remote(leg.held_by_remote);
    if (leg.state == link::LEG_ANSWERED) status.set_answered_at_ms(to_unix_ms(leg.answered_at));
  }
  fill_phones(*snapshot.mutable_phones());
  // A table by hash has no order: the core gets the same list each time.
  std::sort(snapshot.mutable_legs()->begin(), snapshot.mutable_legs()->end(),
            [](const link::LegStatus& a, const link::LegStatus& b) { return a.leg() < b.leg(); });
  return snapshot;
}

void Node::report_legs(const link::ReportLegs& command) {
  link::FromNode message;
  message.mutable_legs_report()->set_mark(command.mark());
  *message.mutable_legs_report()->mutable_snapshot() = snapshot();
  message.mutable_legs_report()->set_recordings_open(static_cast<std::uint32_t>(ports_->media.recordings_open()));
  ports_->link.emit_unkept(std::move(message));
}

void Node::on_core_connected(std::uint64_t epoch) {
  core_lost_at_.reset();
  std::vector<LegId> waiting;
  for (const auto& [id, leg] : legs_)
    if (!leg.announced && !leg.ending) waiting.push_back(id);
  spdlog::info("core epoch={} in charge, legs={} waiting for it={}", epoch, legs_.size(), waiting.size());
  std::sort(waiting.begin(), waiting.end());
  for (const LegId id : waiting)
    if (Leg* leg = find(id)) announce(*leg);
}

void Node::on_recording_settled(std::uint64_t recording) {
  ports_->media.recording_settled(RecordingId{recording});
}

void Node::on_core_lost() {
  core_lost_at_ = clock_.now();
  spdlog::warn("no core: {} legs go on, new calls wait {} ms for one", legs_.size(), config_.core_wait.count());
}

}  // namespace hotline::voice::node
