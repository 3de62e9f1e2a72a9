// SPDX-License-Identifier: Apache-2.0
#include "adapters/voice/translate.hpp"

#include <algorithm>

#include "app/ports/stored_text.hpp"

namespace hotline::voice_adapter {
namespace {

link::HangupCause to_message(call::Cause cause) {
  switch (cause) {
    case call::Cause::normal:
      return link::CAUSE_NORMAL;
    case call::Cause::busy:
      return link::CAUSE_BUSY;
    case call::Cause::no_answer:
      return link::CAUSE_NO_ANSWER;
    case call::Cause::rejected:
      return link::CAUSE_REJECTED;
    case call::Cause::cancelled:
      return link::CAUSE_CANCELLED;
    case call::Cause::unreachable:
      return link::CAUSE_UNREACHABLE;
    case call::Cause::media_timeout:
      return link::CAUSE_MEDIA_TIMEOUT;
    case call::Cause::node_lost:
      return link::CAUSE_NODE_LOST;
    case call::Cause::capacity:
      return link::CAUSE_CAPACITY;
    case call::Cause::error:
      return link::CAUSE_ERROR;
    case call::Cause::shutdown:
      return link::CAUSE_SHUTDOWN;
  }
  return link::CAUSE_UNKNOWN;
}

call::Cause to_cause(link::HangupCause cause) {
  switch (cause) {
    case link::CAUSE_NORMAL:
      return call::Cause::normal;
    case link::CAUSE_BUSY:
      return call::Cause::busy;
    case link::CAUSE_NO_ANSWER:
      return call::Cause::no_answer;
    case link::CAUSE_REJECTED:
      return call::Cause::rejected;
    case link::CAUSE_CANCELLED:
      return call::Cause::cancelled;
    case link::CAUSE_UNREACHABLE:
      return call::Cause::unreachable;
    case link::CAUSE_MEDIA_TIMEOUT:
      return call::Cause::media_timeout;
    case link::CAUSE_NODE_LOST:
      return call::Cause::node_lost;
    case link::CAUSE_CAPACITY:
      return call::Cause::capacity;
    case link::CAUSE_SHUTDOWN:
      return call::Cause::shutdown;
    default:
      return call::Cause::error;
  }
}

/// Fills one FromCore by the kind of command.
struct Fill {
  link::FromCore& out;
  CallId call;
  const std::string& trunk;

  void operator()(const call::AnswerLeg& c) const {
    out.mutable_answer()->set_leg(c.leg.value());
    out.mutable_answer()->set_call(call.value());
  }
  void operator()(const call::ProgressLeg& c) const {
    out.mutable_progress()->set_leg(c.leg.value());
    out.mutable_progress()->set_sip_status(c.sip_status);
    out.mutable_progress()->set_call(call.value());
  }
  void operator()(const call::TellTransfer& c) const {
    out.mutable_transfer_result()->set_leg(c.leg.value());
    out.mutable_transfer_result()->set_sip_status(c.sip_status);
  }
  void operator()(const call::RejectLeg& c) const {
    auto* message = out.mutable_reject();
    message->set_leg(c.leg.value());
    message->set_sip_status(c.sip_status);
    message->set_retry_after_s(c.retry_after_s);
  }
  void operator()(const call::OriginateSip& c) const {
    auto* message = out.mutable_originate_sip();
    message->set_leg(c.leg.value());
    message->set_call(call.value());
    message->set_uri(c.uri);
    if (c.trunk) message->set_trunk(trunk);
    message->set_from_user(c.from_user);
    message->set_from_display(c.from_display);
    message->set_ring_timeout_ms(static_cast<std::uint32_t>(std::max<std::int64_t>(1'000, c.ring_timeout.count())));
    message->set_near_leg(c.near.value());
  }
  void operator()(const call::AcceptBrowser& c) const {
    auto* message = out.mutable_accept_webrtc();
    message->set_leg(c.leg.value());
    message->set_call(call.value());
    message->set_offer_sdp(c.offer_sdp);
    message->set_near_leg(c.near.value());
  }
  void operator()(const call::HangUpLeg& c) const {
    out.mutable_hangup()->set_leg(c.leg.value());
    out.mutable_hangup()->set_cause(to_message(c.cause));
  }
  void operator()(const call::PlayTo& c) const {
    auto* message = out.mutable_play();
    message->set_leg(c.leg.value());
    message->set_play(c.play.value());
    for (const std::string& prompt : c.prompts) {
      if (prompt.starts_with("tone/"))
        message->add_items()->set_tone(prompt.substr(5));
      else
        message->add_items()->set_prompt(prompt);
    }
    message->set_loop(c.loop);
    message->set_stop_on_digit(c.stop_on_digit);
  }
  void operator()(const call::StopPlay& c) const { out.mutable_stop_play()->set_leg(c.leg.value()); }
  void operator()(const call::SendDigits& c) const {
    auto* message = out.mutable_send_digits();
    message->set_leg(c.leg.value());
    message->set_digits(c.digits);
    message->set_digit_ms(120);
    message->set_gap_ms(80);
  }
  void operator()(const call::BridgeLegs& c) const {
    out.mutable_bridge()->set_a(c.a.value());
    out.mutable_bridge()->set_b(c.b.value());
  }
  void operator()(const call::UnbridgeLeg& c) const { out.mutable_unbridge()->set_leg(c.leg.value()); }
  void operator()(const call::MixLegs& c) const {
    auto* message = out.mutable_mix();
    message->set_mix(c.mix.value());
    for (const LegId leg : c.members) {
      auto* member = message->add_members();
      member->set_leg(leg.value());
      for (const call::Unheard& unheard : c.not_heard)
        if (unheard.listener == leg) member->add_not_heard(unheard.speaker.value());
    }
  }
  void operator()(const call::UnmixLegs& c) const { out.mutable_unmix()->set_mix(c.mix.value()); }
  void operator()(const call::StartRecording& c) const {
    auto* message = out.mutable_start_recording();
    message->set_leg(c.leg.value());
    message->set_recording(c.recording.value());
    message->set_call(call.value());
  }
  void operator()(const call::PauseRecording& c) const {
    auto* message = out.mutable_pause_recording();
    message->set_leg(c.leg.value());
    message->set_recording(c.recording.value());
    message->set_limit_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(c.limit.count(), 1, 3'600'000)));
  }
  void operator()(const call::ResumeRecording& c) const {
    out.mutable_resume_recording()->set_leg(c.leg.value());
    out.mutable_resume_recording()->set_recording(c.recording.value());
  }
  void operator()(const call::RecordOutside& c) const {
    auto* message = out.mutable_record_outside();
    message->set_leg(c.leg.value());
    message->set_recording(c.recording.value());
    message->set_call(call.value());
    message->set_service_line(c.service_line);
    message->set_direction(c.direction);
    for (const call::OutsideParticipant& participant : c.participants) {
      auto* added = message->add_participants();
      added->set_id(participant.id);
      added->set_role(participant.role);
      added->set_number(participant.number);
      added->set_name(participant.name);
      if (participant.agent) added->set_agent(participant.agent->to_string());
      added->set_talks(participant.talks);
    }
  }
};

app::MediaFigures to_media(const link::MediaStats& m) {
  app::MediaFigures media;
  media.packets_received = static_cast<std::int64_t>(m.packets_received());
  media.packets_sent = static_cast<std::int64_t>(m.packets_sent());
  media.packets_lost = static_cast<std::int64_t>(m.packets_lost());
  media.jitter_ms = m.jitter_ms();
  media.codec = m.codec();
  media.loss_x100 = m.loss_x100();
  media.rtt_ms = m.rtt_ms();
  media.mos_x100 = m.mos_x100();
  media.remote_loss_x100 = m.remote_loss_x100();
  media.remote_jitter_ms = m.remote_jitter_ms();
  return media;
}

app::LegEnded to_ended(const link::LegEnded& m) {
  app::LegEnded ended;
  ended.leg = LegId{m.leg()};
  ended.cause = to_cause(m.cause());
  ended.sip_status = m.sip_status();
  ended.by_remote = m.by_remote();
  ended.media = to_media(m.media());
  ended.reason = m.reason();
  return ended;
}

app::RecordingDone to_done(const link::RecordingDone& m) {
  app::RecordingDone done;
  done.recording = RecordingId{m.recording()};
  done.leg = LegId{m.leg()};
  done.path = m.path();
  done.started_at = from_unix_ms(m.started_at_ms());
  done.ended_at = from_unix_ms(m.ended_at_ms());
  done.frames = static_cast<std::int64_t>(m.frames());
  done.bytes = static_cast<std::int64_t>(m.bytes());
  done.problem = m.problem();
  return done;
}

app::RecordingArchived to_archived(const link::RecordingArchived& m) {
  app::RecordingArchived archived;
  archived.recording = RecordingId{m.recording()};
  archived.path = m.path();
  archived.format = m.format();
  archived.key = m.key();
  archived.sha256 = m.sha256();
  archived.bytes = static_cast<std::int64_t>(m.bytes());
  archived.frames = static_cast<std::int64_t>(m.frames());
  archived.problem = m.problem();
  return archived;
}

app::SipTraced to_traced(const link::SipTrace& m) {
  app::SipTraced traced;
  traced.leg = LegId{m.leg()};
  traced.left_out = m.left_out();
  if (m.call() == 0) return traced;
  for (const auto& message : m.messages()) {
    traced.messages.push_back({ContactId{m.call()}, LegId{m.leg()}, static_cast<std::int64_t>(message.seq()),
                               message.at_us(), message.sent(), app::to_storable(message.transport()),
                               app::to_storable(message.local()), app::to_storable(message.remote()),
                               app::to_storable(message.text())});
  }
  return traced;
}

std::optional<app::VoiceReport> to_report(const link::FromNode& m) {
  using app::VoiceReport;
  switch (m.body_case()) {
    case link::FromNode::kIncoming: {
      const auto& in = m.incoming();
      return VoiceReport{app::IncomingLeg{LegId{in.leg()}, in.trunk(), in.from_user(), in.from_display(), in.to_user(),
                                          in.sip_call_id(), in.source(), in.asserted_user(), in.diverted_from(),
                                          in.referred_by(), in.account()}};
    }
    case link::FromNode::kRinging:
      return VoiceReport{app::LegRinging{LegId{m.ringing().leg()}, m.ringing().early_media()}};
    case link::FromNode::kAnswered:
      return VoiceReport{app::LegAnswered{LegId{m.answered().leg()}, m.answered().codec()}};
    case link::FromNode::kEnded:
      return VoiceReport{to_ended(m.ended())};
    case link::FromNode::kWebrtcAnswer:
      return VoiceReport{app::WebrtcAnswer{LegId{m.webrtc_answer().leg()}, m.webrtc_answer().sdp()}};
    case link::FromNode::kDigit:
      if (m.digit().digit().size() != 1) return std::nullopt;
      return VoiceReport{app::DigitHeard{LegId{m.digit().leg()}, m.digit().digit()[0]}};
    case link::FromNode::kPlayDone:
      return VoiceReport{
          app::PlayEnded{LegId{m.play_done().leg()}, PlayId{m.play_done().play()}, m.play_done().missing_prompt()}};
    case link::FromNode::kHoldChanged:
      return VoiceReport{app::HoldChanged{LegId{m.hold_changed().leg()}, m.hold_changed().held()}};
    case link::FromNode::kTransferRequested:
      return VoiceReport{app::TransferRequested{LegId{m.transfer_requested().leg()}, m.transfer_requested().target(),
                                                LegId{m.transfer_requested().replaces_leg()},
                                                m.transfer_requested().referred_by()}};
    case link::FromNode::kLegReplaced:
      return VoiceReport{app::LegReplaced{LegId{m.leg_replaced().leg()}}};
    case link::FromNode::kRecordingDone:
      return VoiceReport{to_done(m.recording_done())};
    case link::FromNode::kOutsideRecordingChanged: {
      const auto& changed = m.outside_recording_changed();
      return VoiceReport{
          app::OutsideRecordingChanged{LegId{changed.leg()}, changed.taken(), changed.server(), changed.problem()}};
    }
    case link::FromNode::kRecordingArchived:
      return VoiceReport{to_archived(m.recording_archived())};
    case link::FromNode::kRecordingFileDeleted:
      return VoiceReport{app::RecordingFileDeleted{RecordingId{m.recording_file_deleted().recording()},
                                                   m.recording_file_deleted().path(),
                                                   m.recording_file_deleted().problem()}};
    case link::FromNode::kPhoneChanged:
      return VoiceReport{
          app::PhoneChanged{m.phone_changed().user(), m.phone_changed().registered(), m.phone_changed().contact()}};
    case link::FromNode::kCommandFailed:
      return VoiceReport{
          app::CommandFailed{LegId{m.command_failed().leg()}, m.command_failed().command(), m.command_failed().why()}};
    case link::FromNode::kSipTrace:
      return VoiceReport{to_traced(m.sip_trace())};
    default:
      return std::nullopt;
  }
}

}  // namespace

link::FromCore to_message(CallId call, const call::VoiceCommand& command, const std::string& trunk) {
  link::FromCore out;
  std::visit(Fill{out, call, trunk}, command);
  return out;
}

link::FromCore to_message(const app::FileCommand& command) {
  link::FromCore out;
  if (const auto* archive = std::get_if<app::ArchiveRecording>(&command)) {
    out.mutable_archive_recording()->set_recording(archive->recording.value());
    out.mutable_archive_recording()->set_path(archive->path);
  } else if (const auto* file = std::get_if<app::DeleteRecordingFile>(&command)) {
    out.mutable_delete_recording_file()->set_recording(file->recording.value());
    out.mutable_delete_recording_file()->set_path(file->path);
    out.mutable_delete_recording_file()->set_kept_as(file->kept_as);
  }
  return out;
}

std::optional<app::VoiceEvent> to_event(const link::FromNode& message) {
  auto report = to_report(message);
  if (!report) return std::nullopt;
  return app::VoiceEvent{message.seq(), from_unix_ms(message.at_ms()), std::move(*report)};
}

namespace {

app::GatewayStatus to_gateway(const link::GatewayStatus& gateway) {
  app::GatewayStatus out{gateway.address(), gateway.up(), gateway.calls(), gateway.failures()};
  if (gateway.probed_at_ms() != 0) out.probed_at = from_unix_ms(gateway.probed_at_ms());
  out.probe_status = gateway.probe_status();
  out.probe_took = Duration{gateway.probe_ms()};
  return out;
}

}  // namespace

std::vector<app::TrunkStatus> to_trunks(const google::protobuf::RepeatedPtrField<link::TrunkStatus>& trunks) {
  std::vector<app::TrunkStatus> out;
  for (const auto& trunk : trunks) {
    app::TrunkStatus status{.name = trunk.name(),
                            .in_use = trunk.in_use(),
                            .channels_max = trunk.channels_max(),
                            .in = trunk.in(),
                            .out = trunk.out(),
                            .in_max = trunk.in_max(),
                            .out_max = trunk.out_max(),
                            .refused = trunk.refused(),
                            .registration = trunk.registration(),
                            .calls_in = trunk.calls_in(),
                            .calls_out = trunk.calls_out(),
                            .refused_in = trunk.refused_in(),
                            .refused_out = trunk.refused_out()};
    for (const auto& gateway : trunk.gateways()) status.gateways.push_back(to_gateway(gateway));
    out.push_back(std::move(status));
  }
  return out;
}

std::map<LegId, app::MediaFigures> to_quality(const link::LegQuality& quality) {
  std::map<LegId, app::MediaFigures> out;
  for (const auto& one : quality.legs()) out[LegId{one.leg()}] = to_media(one.media());
  return out;
}

app::NodeFigures to_figures(const link::Stats& stats) {
  return {.legs = stats.legs(),
          .rtp_received = stats.rtp_received(),
          .rtp_sent = stats.rtp_sent(),
          .rtp_lost = stats.rtp_lost(),
          .rtp_late = stats.rtp_late(),
          .recording_errors = stats.recording_errors(),
          .sip_rejected = stats.sip_rejected(),
          .sip_dropped = stats.sip_dropped(),
          .sip_wrong_credentials = stats.sip_wrong_credentials(),
          .sip_silenced = stats.sip_silenced(),
          .shedding = stats.shedding(),
          .archive_waiting = stats.archive_waiting(),
          .archive_done = stats.archive_done(),
          .archive_failed = stats.archive_failed(),
          .archive_resting = stats.archive_resting(),
          .recordings_free = stats.recordings_free(),
          .recordings_total = stats.recordings_total(),
          .recordings_room = stats.recordings_room(),
          .draining = stats.draining(),
          .calls = stats.calls(),
          .phones = stats.phones(),
          .recordings_open = stats.recordings_open(),
          .memory_bytes = stats.memory_bytes(),
          .cpu_ms = stats.cpu_ms(),
          .started_at_ms = stats.started_at_ms(),
          .outside_open = stats.outside_open(),
          .outside_waiting = stats.outside_waiting(),
          .outside_failures = stats.outside_failures(),
          .outside_packets = stats.outside_packets(),
          .outside_dropped = stats.outside_dropped()};
}

app::NodeInfo to_info(const link::HelloReply& hello) {
  app::NodeInfo info;
  info.name = hello.node();
  info.boot_id = hello.boot_id();
  info.trunks = to_trunks(hello.trunks());
  info.sip_udp = hello.sip_udp();
  info.sip_tcp = hello.sip_tcp();
  info.webrtc_udp = hello.webrtc_udp();
  info.recordings_dir = hello.recordings_dir();
  info.calls_max = hello.calls_max();
  return info;
}

app::NodeSnapshot to_snapshot(const link::Snapshot& snapshot) {
  app::NodeSnapshot out;
  for (const auto& phone : snapshot.phones()) out.phones[phone.user()] = phone.contact();
  for (const auto& leg : snapshot.legs()) {
    app::LegReported reported;
    reported.call = CallId{leg.call()};
    reported.report.present = true;
    reported.report.answered = leg.state() == link::LEG_ANSWERED;
    reported.report.bridged_to = LegId{leg.bridged_to()};
    reported.report.play = PlayId{leg.play()};
    reported.report.recording = RecordingId{leg.recording()};
    reported.report.mix = MixId{leg.mix()};
    reported.report.recording_paused = leg.recording_paused();
    out.emplace(LegId{leg.leg()}, reported);
  }
  return out;
}

app::NodeStanding to_standing(const link::LegsReport& report) {
  return {report.mark(), to_snapshot(report.snapshot()), report.recordings_open()};
}

}  // namespace hotline::voice_adapter
