// SPDX-License-Identifier: Apache-2.0
// What the far ends do, told to the core: signalling, media and WebRTC reports become events.
#include <spdlog/spdlog.h>

#include "voice/node/clean_text.hpp"
#include "voice/node/node.hpp"
#include "voice/node/translate.hpp"

namespace hotline::voice::node {
namespace {

constexpr unsigned not_acceptable_here = 488;
constexpr unsigned service_unavailable = 503;

}  // namespace

void Node::on_incoming(const signalling::IncomingCall& received) {
  signalling::IncomingCall call = received;
  for (std::string* text : {&call.from_user, &call.from_display, &call.to_user, &call.sip_call_id, &call.source,
                            &call.asserted_user, &call.diverted_from, &call.referred_by, &call.account})
    *text = clean_text(*text);
  const auto refuse = [&](unsigned status, std::string_view why) {
    spdlog::warn("leg={} call=0 call-id={} refused with {}: {}", call.leg.value(), call.sip_call_id, status, why);
    ports_->sip.reject(call.leg, status, status == service_unavailable ? config_.retry_after_s : 0);
  };
  if (draining_) return refuse(service_unavailable, "draining");
  if (incoming_ >= config_.calls_max || legs_.size() >= std::size_t{2} * config_.calls_max)
    return refuse(service_unavailable, "at capacity");
  const int family = call.offer ? family_of_sdp(*call.offer) : call.source.starts_with('[') ? AF_INET6 : AF_INET;
  const auto port = ports_->media.open(call.leg, std::nullopt, family);
  if (!port) return refuse(service_unavailable, port.error().what);

  Leg leg{.id = call.leg, .incoming = true, .media_open = true, .trunk = call.trunk, .sip_call_id = call.sip_call_id};
  leg.delayed_offer = leg.answer_expected = !call.offer.has_value();
  leg.sdp = LegSdp(media_address_for(family), *port, call.leg.value(), sdp_options(call.trunk, std::nullopt));
  leg.record_aware = call.record_aware;
  if (leg.record_aware) leg.sdp.set_record("on");  // every call that is answered is recorded, from the answer on
  if (call.offer) {
    auto answer = leg.sdp.answer(*call.offer);
    if (!answer) {
      ports_->media.close(call.leg, [](media::SessionStats) {});
      return refuse(not_acceptable_here, answer.error().what);
    }
    leg.first_answer = std::move(*answer);
  }
  link::IncomingLeg& event = leg.offer_event.emplace();
  event.set_leg(call.leg.value());
  event.set_trunk(call.trunk);
  event.set_from_user(call.from_user);
  event.set_from_display(call.from_display);
  event.set_to_user(call.to_user);
  event.set_sip_call_id(call.sip_call_id);
  event.set_source(call.source);
  event.set_asserted_user(call.asserted_user);
  event.set_diverted_from(call.diverted_from);
  event.set_referred_by(call.referred_by);
  event.set_account(call.account);
  leg.announced = false;
  Leg& added = add(std::move(leg));
  spdlog::info("{} incoming trunk={} from={} to={} source={}", log_context(added), call.trunk, call.from_user,
               call.to_user, call.source);
  if (ports_->link.core_connected()) return announce(added);
  ports_->loop.after(config_.core_wait, [this, id = call.leg] {
    Leg* waiting = find(id);
    if (waiting == nullptr || waiting->announced) return;
    spdlog::warn("{} refused: no core", log_context(*waiting));
    reject_incoming(*waiting, service_unavailable, link::CAUSE_REJECTED);
  });
}

void Node::announce(Leg& leg) {
  leg.announced = true;
  link::FromNode event;
  *event.mutable_incoming() = std::move(*leg.offer_event);
  leg.offer_event.reset();
  emit(std::move(event));
}

void Node::on_ringing(LegId id, const std::optional<std::string>& early_sdp) {
  Leg* leg = find(id);
  if (leg == nullptr || leg->state == link::LEG_ANSWERED) return;
  leg->state = link::LEG_RINGING;
  const bool early_media = early_sdp && leg->sdp.take_answer(*early_sdp).has_value();
  if (early_media) apply_remote(*leg);
  link::FromNode event;
  event.mutable_ringing()->set_leg(id.value());
  event.mutable_ringing()->set_early_media(early_media);
  emit(std::move(event));
}

void Node::on_answered(LegId id, const std::string& remote_sdp) {
  if (is_outside(id)) return ports_->outside->on_answered(id, remote_sdp);
  Leg* leg = find(id);
  if (leg == nullptr) return;
  if (std::exchange(leg->answer_expected, false)) {
    if (const auto taken = leg->sdp.take_answer(remote_sdp); !taken) {
      spdlog::warn("{} answered with a description that does not fit: {}", log_context(*leg), taken.error().what);
      ports_->sip.hangup(id, signalling::EndCause::error);
      return end_leg(*leg, {.cause = link::CAUSE_ERROR, .sip_status = not_acceptable_here});
    }
    apply_remote(*leg);
  }
  mark_answered(*leg);
}

void Node::mark_answered(Leg& leg) {
  if (leg.state == link::LEG_ANSWERED) return;
  leg.state = link::LEG_ANSWERED;
  leg.answered_at = clock_.now();
  spdlog::info("{} answered codec={}", log_context(leg), to_string(leg.codec));
  link::FromNode event;
  event.mutable_answered()->set_leg(leg.id.value());
  event.mutable_answered()->set_codec(to_string(leg.codec));
  emit(std::move(event));
  if (leg.recording_to_begin) begin_recording(leg, leg.recording_to_begin);
}

void Node::apply_remote(Leg& leg) {
  const auto remote = leg.sdp.remote();
  if (!remote) return;
  leg.codec = remote->codec;
  const bool held = leg.sdp.held_by_remote();
  if (leg.held_by_remote && !held) {
    // A phone that holds us need not send anything. From now on it must: silence is counted from here, not from before.
    media::Remote quiet = *remote;
    quiet.receive = false;
    ports_->media.set_remote(leg.id, quiet);
  }
  ports_->media.set_remote(leg.id, *remote);
  if (leg.held_by_remote == held) return;
  leg.held_by_remote = held;
  spdlog::info("{} {} by the far end", log_context(leg), leg.held_by_remote ? "held" : "resumed");
  link::FromNode event;
  event.mutable_hold_changed()->set_leg(leg.id.value());
  event.mutable_hold_changed()->set_held(leg.held_by_remote);
  emit(std::move(event));
}

std::optional<std::string> Node::on_remote_offer(LegId id, const std::string& offer) {
  if (is_outside(id)) return ports_->outside->on_remote_offer(id, offer);
  Leg* leg = find(id);
  if (leg == nullptr || leg->kind != Leg::Kind::sip) return std::nullopt;
  if (offer.empty()) return leg->sdp.offer();
  auto answer = leg->sdp.answer(offer);
  if (!answer) {
    spdlog::info("{} new offer refused: {}", log_context(*leg), answer.error().what);
    return std::nullopt;
  }
  apply_remote(*leg);
  return std::move(*answer);
}

void Node::on_remote_answer(LegId id, const std::string& sdp) {
  if (is_outside(id)) return ports_->outside->on_remote_answer(id, sdp);
  Leg* leg = find(id);
  if (leg == nullptr || sdp.empty()) return;  // refused: what was agreed before holds
  if (leg->state != link::LEG_ANSWERED) leg->delayed_offer = leg->answer_expected = false;  // came with PRACK
  if (const auto taken = leg->sdp.take_answer(sdp); !taken)
    return spdlog::warn("{} an answer that does not fit is ignored: {}", log_context(*leg), taken.error().what);
  apply_remote(*leg);
}

void Node::on_info_digit(LegId id, char digit, Duration length) {
  Leg* leg = find(id);
  if (leg == nullptr || leg->had_rtp_digit) return;  // some phones send both; the RTP one has been counted
  leg->had_info_digit = true;
  if (leg->play && leg->play_stops_on_digit) {
    leg->play_ended_by_info = true;
    ports_->media.stop_play(id);
  }
  report_digit(*leg, digit, length);
}

void Node::on_digit(LegId id, char digit, Duration length) {
  Leg* leg = find(id);
  if (leg == nullptr) return;
  // A tone in the sound of a phone that sends INFO is the same key.
  const bool inband = leg->kind == Leg::Kind::sip && leg->sdp.agreed() && !leg->sdp.agreed()->dtmf_payload_type;
  if (inband && leg->had_info_digit) return;
  leg->had_rtp_digit = true;
  report_digit(*leg, digit, length);
}

void Node::report_digit(Leg& leg, char digit, Duration length) {
  link::FromNode event;
  event.mutable_digit()->set_leg(leg.id.value());
  event.mutable_digit()->set_digit(std::string(1, digit));
  event.mutable_digit()->set_duration_ms(static_cast<std::uint32_t>(length.count()));
  emit(std::move(event));
}

void Node::on_transfer_requested(const signalling::TransferRequest& request) {
  Leg* leg = find(request.leg);
  if (leg == nullptr) return;
  const std::string target = clean_text(request.target_user);
  leg->transfer_pending = true;
  spdlog::info("{} asks for a transfer to {} replaces leg={}", log_context(*leg), target, request.replaces_leg.value());
  link::FromNode event;
  link::TransferRequested& requested = *event.mutable_transfer_requested();
  requested.set_leg(request.leg.value());
  requested.set_target(target);
  requested.set_replaces_leg(request.replaces_leg.value());
  requested.set_referred_by(clean_text(request.referred_by));
  emit(std::move(event));
}

void Node::on_refer_progress(LegId id, unsigned status) {
  if (find(id) == nullptr) return;
  link::FromNode event;
  event.mutable_refer_progress()->set_leg(id.value());
  event.mutable_refer_progress()->set_sip_status(status);
  emit(std::move(event));
}

std::optional<std::string> Node::on_replaced(LegId id, const std::optional<std::string>& offer) {
  Leg* leg = find(id);
  if (leg == nullptr || leg->kind != Leg::Kind::sip) return std::nullopt;
  std::string description;
  if (offer) {
    auto answer = leg->sdp.answer(*offer);
    if (!answer) {
      spdlog::info("{} replacement refused: {}", log_context(*leg), answer.error().what);
      return std::nullopt;
    }
    description = std::move(*answer);
    apply_remote(*leg);
  } else {
    description = leg->sdp.offer();
  }
  leg->answer_expected = !offer.has_value();
  leg->had_rtp_digit = leg->transfer_pending = false;  // another phone
  spdlog::info("{} is taken over by another dialog", log_context(*leg));
  link::FromNode event;
  event.mutable_leg_replaced()->set_leg(id.value());
  emit(std::move(event));
  return description;
}

void Node::on_reason(LegId id, const std::string& reason) {
  if (Leg* leg = find(id)) leg->end_reason = clean_text(reason);
}

void Node::on_ended(LegId id, signalling::EndCause cause, unsigned sip_status, bool by_remote) {
  if (is_outside(id)) return ports_->outside->on_ended(id, cause, sip_status, by_remote);
  // A leg that we ended is not found any more: its end has been told with our cause.
  Leg* leg = find(id);
  if (leg != nullptr && sip_status == not_acceptable_here && leg->asked && leg->state != link::LEG_ANSWERED &&
      leg->sdp.insist_on_keys()) {
    // RFC 4568 has no way to offer both RTP/AVP and RTP/SAVP in one section: who wants the other is asked once more.
    spdlog::info("{} refused the offer of keys as an option, is asked for them alone", log_context(*leg));
    auto call = *leg->asked;
    call.offer = leg->sdp.offer();
    return ports_->sip.invite(call);
  }
  if (leg != nullptr) end_leg(*leg, {.cause = to_link(cause), .sip_status = sip_status, .by_remote = by_remote});
}

void Node::on_trace(LegId id, const std::vector<signalling::TracedMessage>& messages, std::uint32_t left_out) {
  CallId call;
  if (const Leg* leg = find(id)) {  // one way of several was tried in vain, the leg goes on
    call = leg->call;
  } else if (const auto ended = traced_.find(id); ended != traced_.end()) {
    call = ended->second;
    traced_.erase(ended);
  }
  if (!call || messages.empty()) return;
  link::FromNode event;
  link::SipTrace& trace = *event.mutable_sip_trace();
  trace.set_leg(id.value());
  trace.set_call(call.value());
  trace.set_left_out(left_out);
  for (const signalling::TracedMessage& message : messages) {
    link::SipMessage& out = *trace.add_messages();
    out.set_seq(message.seq);
    out.set_at_us(message.at_us);
    out.set_sent(message.sent);
    out.set_transport(message.transport);
    out.set_local(message.local);
    out.set_remote(message.remote);
    out.set_text(message.text);
  }
  emit(std::move(event));
}

void Node::on_phone(const signalling::PhoneState& phone) {
  link::FromNode event;
  link::PhoneChanged& changed = *event.mutable_phone_changed();
  changed.set_user(phone.user);
  changed.set_registered(phone.registered);
  changed.set_contact(phone.contact);
  changed.set_user_agent(phone.agent);
  emit(std::move(event));
}

void Node::on_play_done(LegId id, PlayId play, media::PlayEnd end, const std::string& missing_prompt) {
  // Also for a leg that is ending: the core may wait for the end of this play.
  const auto found = legs_.find(id);
  link::PlayEnd reason = to_link(end);
  if (found != legs_.end() && found->second.play == play) {
    Leg& leg = found->second;
    leg.play = PlayId{};
    if (std::exchange(leg.play_ended_by_info, false) && end == media::PlayEnd::stopped) reason = link::PLAY_DIGIT;
  }
  if (end == media::PlayEnd::missing) spdlog::warn("leg={} prompt {} is missing", id.value(), missing_prompt);
  link::FromNode event;
  link::PlayDone& done = *event.mutable_play_done();
  done.set_leg(id.value());
  done.set_play(play.value());
  done.set_reason(reason);
  done.set_missing_prompt(missing_prompt);
  emit(std::move(event));
}

void Node::on_media_timeout(LegId id) {
  Leg* leg = find(id);
  if (leg == nullptr || leg->held_by_remote) return;
  spdlog::warn("{} nothing is heard from the far end any more", log_context(*leg));
  if (leg->kind == Leg::Kind::sip) ports_->sip.hangup(id, signalling::EndCause::normal);
  end_leg(*leg, {.cause = link::CAUSE_MEDIA_TIMEOUT});
}

void Node::on_long_silence(LegId id, Duration length) {
  Leg* leg = find(id);
  if (leg == nullptr || leg->state != link::LEG_ANSWERED || leg->held_by_remote) return;
  spdlog::info("{} nothing but silence for {} ms", log_context(*leg), length.count());
  link::FromNode event;
  event.mutable_silence()->set_leg(id.value());
  event.mutable_silence()->set_silent_ms(static_cast<std::uint32_t>(length.count()));
  emit(std::move(event));
  if (!config_.silence_ends) return;
  if (leg->kind == Leg::Kind::sip) ports_->sip.hangup(id, signalling::EndCause::normal);
  end_leg(*leg, {.cause = link::CAUSE_MEDIA_TIMEOUT});
}

void Node::on_recording_done(const media::RecordingResult& result) {
  if (const auto found = legs_.find(result.leg); found != legs_.end() && found->second.recording == result.id) {
    found->second.recording = RecordingId{};
    found->second.recording_paused_until.reset();
  }
  spdlog::info("leg={} recording={} done path={} frames={} problem={}", result.leg.value(), result.id.value(),
               result.path, result.frames, result.problem.empty() ? "-" : result.problem);
  link::FromNode event;
  link::RecordingDone& done = *event.mutable_recording_done();
  done.set_recording(result.id.value());
  done.set_leg(result.leg.value());
  done.set_path(result.path);
  done.set_started_at_ms(to_unix_ms(result.started_at));
  done.set_ended_at_ms(to_unix_ms(result.ended_at));
  done.set_frames(result.frames);
  done.set_bytes(result.bytes);
  done.set_problem(clean_text(result.problem));
  emit(std::move(event));
}

void Node::on_archived(const archive::Archived& result) {
  spdlog::info("recording={} archived path={} bytes={} problem={}", result.id.value(), result.path, result.bytes,
               result.problem.empty() ? "-" : result.problem);
  link::FromNode event;
  link::RecordingArchived& archived = *event.mutable_recording_archived();
  archived.set_recording(result.id.value());
  archived.set_path(result.path);
  archived.set_format(result.format);
  archived.set_key(result.key);
  archived.set_sha256(result.sha256);
  archived.set_bytes(result.bytes);
  archived.set_frames(result.frames);
  archived.set_problem(clean_text(result.problem));
  emit(std::move(event));
}

void Node::on_deleted(const archive::Deleted& result) {
  spdlog::info("recording={} file {} deleted problem={}", result.id.value(), result.path,
               result.problem.empty() ? "-" : result.problem);
  link::FromNode event;
  event.mutable_recording_file_deleted()->set_recording(result.id.value());
  event.mutable_recording_file_deleted()->set_path(result.path);
  event.mutable_recording_file_deleted()->set_problem(clean_text(result.problem));
  emit(std::move(event));
}

void Node::on_webrtc_connected(LegId id) {
  if (Leg* leg = find(id)) mark_answered(*leg);
}

void Node::on_webrtc_failed(LegId id, webrtc::Failure why) {
  Leg* leg = find(id);
  if (leg == nullptr) return;
  spdlog::warn("{} browser did not connect: {}", log_context(*leg), webrtc::to_string(why));
  end_leg(*leg, {.cause = to_link(why), .by_remote = true});
}

void Node::on_webrtc_lost(LegId id, webrtc::Loss why) {
  Leg* leg = find(id);
  if (leg == nullptr) return;
  spdlog::info("{} browser gone: {}", log_context(*leg), webrtc::to_string(why));
  end_leg(*leg, {.cause = to_link(why), .by_remote = true});
}

}  // namespace hotline::voice::node
