// SPDX-License-Identifier: Apache-2.0
// What the core commands, put to signalling, media and WebRTC. A command that cannot be carried out is answered with
// CommandFailed; one for a leg that may just have ended and needs no answer (hang-up, stop) is passed over.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "voice/node/clean_text.hpp"
#include "voice/node/node.hpp"
#include "voice/node/translate.hpp"

namespace hotline::voice::node {
namespace {

constexpr unsigned ringing = 180;
constexpr unsigned session_progress = 183;
constexpr unsigned not_acceptable_here = 488;
constexpr unsigned service_unavailable = 503;
constexpr unsigned trying = 100;
constexpr unsigned transfer_done = 200;
constexpr Duration ring_timeout_default{30'000};
constexpr Duration digit_default{160};
constexpr Duration gap_default{100};
constexpr std::size_t digits_max = 64;
constexpr std::uint32_t pause_ms_max = 3'600'000;
constexpr Duration pause_grace{2'000};

link::HangupCause cause_of_rejection(unsigned status) {
  switch (status) {
    case 486:
    case 600:
      return link::CAUSE_BUSY;
    case 503:
      return link::CAUSE_CAPACITY;
    default:
      return link::CAUSE_REJECTED;
  }
}

}  // namespace

void Node::on_command(const link::FromCore& command) {
  switch (command.body_case()) {
    case link::FromCore::kAnswer:
      return answer(command.answer());
    case link::FromCore::kReject:
      return reject(command.reject());
    case link::FromCore::kProgress:
      return progress(command.progress());
    case link::FromCore::kOriginateSip:
      return originate_sip(command.originate_sip());
    case link::FromCore::kAcceptWebrtc:
      return accept_webrtc(command.accept_webrtc());
    case link::FromCore::kHangup:
      return hangup(command.hangup());
    case link::FromCore::kRefer:
      return refer(command.refer());
    case link::FromCore::kTransferResult:
      return transfer_result(command.transfer_result());
    case link::FromCore::kPlay:
      return play(command.play());
    case link::FromCore::kStopPlay:
      return stop_play(command.stop_play());
    case link::FromCore::kSendDigits:
      return send_digits(command.send_digits());
    case link::FromCore::kBridge:
      return bridge(command.bridge());
    case link::FromCore::kUnbridge:
      return unbridge(command.unbridge());
    case link::FromCore::kMix:
      return mix(command.mix());
    case link::FromCore::kUnmix:
      return unmix(command.unmix());
    case link::FromCore::kStartRecording:
      return start_recording(command.start_recording());
    case link::FromCore::kStopRecording:
      return stop_recording(command.stop_recording());
    case link::FromCore::kPauseRecording:
      return pause_recording(command.pause_recording());
    case link::FromCore::kResumeRecording:
      return resume_recording(command.resume_recording());
    case link::FromCore::kRecordOutside:
      return record_outside(command.record_outside());
    case link::FromCore::kArchiveRecording: {
      const auto& wanted = command.archive_recording();
      if (ports_->files != nullptr) ports_->files->archive(RecordingId{wanted.recording()}, wanted.path());
      return;
    }
    case link::FromCore::kDeleteRecordingFile: {
      const auto& wanted = command.delete_recording_file();
      if (ports_->files != nullptr)
        ports_->files->remove(RecordingId{wanted.recording()}, wanted.path(), wanted.kept_as());
      return;
    }
    case link::FromCore::kSipAccounts:
      return set_accounts(command.sip_accounts());
    case link::FromCore::kReportLegs:
      return report_legs(command.report_legs());
    case link::FromCore::kDrain:
      return drain(command.drain().on());
    case link::FromCore::kHello:
    case link::FromCore::kAcknowledge:
    case link::FromCore::kStatusRequest:
      return;  // the link's own business
    case link::FromCore::BODY_NOT_SET:
      return fail_command(0, "unknown", "this node does not know the command");
  }
}

void Node::fail_command(std::uint64_t leg, const char* command, const std::string& why) {
  spdlog::warn("leg={} command {} failed: {}", leg, command, why);
  link::FromNode event;
  event.mutable_command_failed()->set_leg(leg);
  event.mutable_command_failed()->set_command(command);
  event.mutable_command_failed()->set_why(clean_text(why, 1'000));
  emit(std::move(event));
}

void Node::fail_new_leg(std::uint64_t leg, const char* command, const std::string& why, LegEnd end) {
  // The core has the leg in its books already, so it is closed there by LegEnded like every other.
  fail_command(leg, command, why);
  link::FromNode event;
  event.mutable_ended()->set_leg(leg);
  event.mutable_ended()->set_cause(end.cause);
  event.mutable_ended()->set_sip_status(end.sip_status);
  emit(std::move(event));
}

Leg* Node::wanted(std::uint64_t id, const char* command) {
  Leg* leg = find(id);
  if (leg == nullptr) {
    fail_command(id, command, "no such leg");
    return nullptr;
  }
  leg->taken_up = true;
  return leg;
}

bool Node::may_add(std::uint64_t leg, const char* command) {
  if (leg == 0) {
    fail_command(leg, command, "no leg id");
  } else if (legs_.contains(LegId{leg})) {
    fail_command(leg, command, "the leg exists already");
  } else if (legs_.size() >= std::size_t{2} * config_.calls_max) {
    fail_new_leg(leg, command, "at capacity", {.cause = link::CAUSE_CAPACITY, .sip_status = service_unavailable});
  } else {
    return true;
  }
  return false;
}

void Node::answer(const link::Answer& command) {
  Leg* leg = wanted(command.leg(), "answer");
  if (leg == nullptr) return;
  if (command.call() != 0) leg->call = CallId{command.call()};
  if (!leg->incoming || leg->state == link::LEG_ANSWERED)
    return fail_command(command.leg(), "answer", "the leg is not an incoming one that waits for an answer");
  if (std::exchange(leg->accepted, true)) return;  // a core that came back says it again: the 200 is under way
  if (leg->delayed_offer) {
    ports_->sip.accept(leg->id, leg->sdp.offer());
  } else {
    apply_remote(*leg);
    ports_->sip.accept(leg->id, leg->first_answer);
  }
}

void Node::reject(const link::Reject& command) {
  Leg* leg = wanted(command.leg(), "reject");
  if (leg == nullptr) return;
  if (!leg->incoming || leg->accepted)
    return fail_command(command.leg(), "reject", "the leg is not an incoming one that waits for an answer");
  const unsigned status = command.sip_status() >= 300 && command.sip_status() < 700 ? command.sip_status() : 603;
  ports_->sip.reject(leg->id, status, command.retry_after_s());
  end_leg(*leg, {.cause = cause_of_rejection(status), .sip_status = status});
}

void Node::progress(const link::Progress& command) {
  Leg* leg = wanted(command.leg(), "progress");
  if (leg == nullptr) return;
  if (command.call() != 0) leg->call = CallId{command.call()};
  if (!leg->incoming || leg->accepted)
    return fail_command(command.leg(), "progress", "the leg is not an incoming one that waits for an answer");
  if (command.sip_status() == trying) return;  // taken up, no more: signalling has said 100 by itself
  if (command.sip_status() != ringing && command.sip_status() != session_progress)
    return fail_command(command.leg(), "progress", "sip_status must be 100, 180 or 183");
  leg->state = link::LEG_RINGING;
  std::string sdp;
  if (command.sip_status() == session_progress &&
      !leg->delayed_offer) {  // early media: the caller hears us from now on
    sdp = leg->first_answer;
    if (!std::exchange(leg->early_media, true)) apply_remote(*leg);
  }
  ports_->sip.progress(leg->id, command.sip_status(), sdp);
}

void Node::set_accounts(const link::SipAccounts& command) {
  constexpr int accounts_max = 20'000;
  std::vector<signalling::PhoneAccount> accounts;
  std::size_t foreign = 0;
  for (const link::SipAccount& account : command.accounts()) {
    if (static_cast<int>(accounts.size()) >= accounts_max) break;
    if (account.realm() != config_.sip_realm) {
      ++foreign;
      continue;
    }
    accounts.push_back({account.user(), account.ha1_md5(), account.ha1_sha256()});
  }
  if (foreign > 0)
    spdlog::warn(
        "{} SIP accounts are of another realm than \"{}\" and cannot be used: give them new passwords, or set "
        "[sip] realm back",
        foreign, config_.sip_realm);
  ports_->sip.set_accounts(std::move(accounts));
}

void Node::originate_sip(const link::OriginateSip& command) {
  constexpr const char* name = "originate_sip";
  if (!may_add(command.leg(), name)) return;
  const LegId id{command.leg()};
  const Leg* near = find(command.near_leg());
  const int family = ports_->sip.family_of(command.uri(), command.trunk());
  const auto port = ports_->media.open(id, near != nullptr ? std::optional(near->id) : std::nullopt, family);
  if (!port)
    return fail_new_leg(command.leg(), name, port.error().what,
                        {.cause = link::CAUSE_CAPACITY, .sip_status = service_unavailable});
  Leg leg{.id = id, .call = CallId{command.call()}, .taken_up = true, .media_open = true, .trunk = command.trunk()};
  leg.answer_expected = true;
  leg.sdp = LegSdp(media_address_for(family), *port, id.value(),
                   sdp_options(command.trunk(), near != nullptr ? std::optional(near->codec) : std::nullopt));
  Leg& added = add(std::move(leg));
  const Duration timeout = command.ring_timeout_ms() > 0 ? Duration{command.ring_timeout_ms()} : ring_timeout_default;
  spdlog::info("{} calling uri={} trunk={}", log_context(added), command.uri(), command.trunk());
  signalling::OutgoingCall call{.leg = id,
                                .uri = command.uri(),
                                .trunk = command.trunk(),
                                .from_user = command.from_user(),
                                .from_display = command.from_display(),
                                .ring_timeout = timeout,
                                .asserted_user = command.asserted_user(),
                                .referred_by = command.referred_by()};
  added.asked = call;
  call.offer = added.sdp.offer();
  ports_->sip.invite(call);
}

void Node::accept_webrtc(const link::AcceptWebrtc& command) {
  constexpr const char* name = "accept_webrtc";
  if (!may_add(command.leg(), name)) return;
  const LegId id{command.leg()};
  const Leg* near = find(command.near_leg());
  // The session first: the browser's first packets may come before accept() has returned.
  ports_->media.open_external(id);
  auto accepted =
      ports_->webrtc.accept(id, command.offer_sdp(),
                            codec_order(config_.codecs, near != nullptr ? std::optional(near->codec) : std::nullopt));
  if (!accepted) {
    ports_->media.close(id, [](media::SessionStats) {});
    return fail_new_leg(command.leg(), name, accepted.error().what,
                        {.cause = link::CAUSE_ERROR, .sip_status = not_acceptable_here});
  }
  ports_->media.set_remote(id, accepted->remote);
  Leg& leg =
      add({.id = id, .call = CallId{command.call()}, .kind = Leg::Kind::webrtc, .taken_up = true, .media_open = true});
  leg.codec = accepted->remote.codec;
  spdlog::info("{} browser offered, answered with codec={}", log_context(leg), to_string(leg.codec));
  link::FromNode event;
  event.mutable_webrtc_answer()->set_leg(id.value());
  event.mutable_webrtc_answer()->set_sdp(std::move(accepted->answer_sdp));
  emit(std::move(event));
}

void Node::hangup(const link::Hangup& command) {
  Leg* leg = find(command.leg());
  if (leg == nullptr) return;  // it ended in the same moment: LegEnded is on its way or has gone
  if (leg->kind == Leg::Kind::sip) {
    if (leg->transfer_pending) ports_->sip.transfer_result(leg->id, transfer_done);
    ports_->sip.hangup(leg->id, to_signalling(command.cause()));
  }
  end_leg(*leg, {.cause = command.cause() == link::CAUSE_UNKNOWN ? link::CAUSE_NORMAL : command.cause()});
}

void Node::refer(const link::Refer& command) {
  Leg* leg = wanted(command.leg(), "refer");
  if (leg == nullptr) return;
  if (leg->kind != Leg::Kind::sip || leg->state != link::LEG_ANSWERED)
    return fail_command(command.leg(), "refer", "the leg is no answered SIP leg");
  if (command.target().empty() == (command.replaces_leg() == 0))
    return fail_command(command.leg(), "refer", "either target or replaces_leg is needed");
  ports_->sip.refer(leg->id, command.target(), LegId{command.replaces_leg()});
}

void Node::transfer_result(const link::TransferResult& command) {
  Leg* leg = find(command.leg());
  if (leg == nullptr || !leg->transfer_pending || command.sip_status() < 100 || command.sip_status() > 699) return;
  if (command.sip_status() >= 200) leg->transfer_pending = false;
  ports_->sip.transfer_result(leg->id, command.sip_status());
}

void Node::play(const link::Play& command) {
  Leg* leg = wanted(command.leg(), "play");
  if (leg == nullptr) return;
  if (leg->state != link::LEG_ANSWERED && !leg->early_media)
    return fail_command(command.leg(), "play", "the leg is not answered");
  auto request = to_media(command);
  if (!request) return fail_command(command.leg(), "play", request.error().what + ": " + request.error().remedy);
  leg->play = request->id;
  leg->play_stops_on_digit = request->stop_on_digit;
  leg->play_ended_by_info = false;
  ports_->media.play(leg->id, std::move(*request));
}

void Node::stop_play(const link::StopPlay& command) {
  if (const Leg* leg = find(command.leg())) ports_->media.stop_play(leg->id);
}

void Node::send_digits(const link::SendDigits& command) {
  Leg* leg = wanted(command.leg(), "send_digits");
  if (leg == nullptr) return;
  if (leg->state != link::LEG_ANSWERED) return fail_command(command.leg(), "send_digits", "the leg is not answered");
  if (!are_digits(command.digits()) || command.digits().size() > digits_max)
    return fail_command(command.leg(), "send_digits", "digits must be 1 to 64 of 0-9, *, #, A-D");
  const Duration digit_length = command.digit_ms() > 0 ? Duration{command.digit_ms()} : digit_default;
  const Duration gap = command.gap_ms() > 0 ? Duration{command.gap_ms()} : gap_default;
  // Without telephone-event by INFO; media makes tones for those who do not take that either.
  const bool by_info = leg->kind == Leg::Kind::sip && leg->sdp.agreed() && !leg->sdp.agreed()->dtmf_payload_type &&
                       ports_->sip.takes_info(leg->id);
  if (by_info) return send_info_digits(leg->id, command.digits(), digit_length, gap);
  ports_->media.send_digits(leg->id, command.digits(), digit_length, gap);
}

void Node::send_info_digits(LegId id, std::string digits, Duration digit_length, Duration gap) {
  if (digits.empty() || find(id) == nullptr) return;
  ports_->sip.send_info_digit(id, digits.front(), digit_length);
  ports_->loop.after(digit_length + gap, [this, id, rest = digits.substr(1), digit_length, gap] {
    send_info_digits(id, rest, digit_length, gap);
  });
}

void Node::bridge(const link::Bridge& command) {
  Leg* a = wanted(command.a(), "bridge");
  Leg* b = wanted(command.b(), "bridge");
  if (a == nullptr || b == nullptr) return;
  if (a == b) return fail_command(command.a(), "bridge", "a leg cannot be bridged to itself");
  if (a->bridged_to == b->id && b->bridged_to == a->id) return;
  part(*a);
  part(*b);
  a->bridged_to = b->id;
  b->bridged_to = a->id;
  const bool relayed = a->codec == b->codec || (media::is_g711(a->codec) && media::is_g711(b->codec));
  spdlog::info("{} bridged to leg={}, {} {} {}", log_context(*a), b->id.value(), to_string(a->codec),
               relayed ? "relayed to" : "transcoded to", to_string(b->codec));
  ports_->media.bridge(a->id, b->id);
}

void Node::unbridge(const link::Unbridge& command) {
  Leg* leg = find(command.leg());
  if (leg == nullptr || !leg->bridged_to) return;
  part(*leg);
  ports_->media.unbridge(leg->id);
}

void Node::mix(const link::Mix& command) {
  const MixId id{command.mix()};
  if (!id) return fail_command(0, "mix", "no mix id");
  if (static_cast<std::size_t>(command.members_size()) > media::mix_members_max)
    return fail_command(0, "mix", fmt::format("at most {} members", media::mix_members_max));
  std::vector<media::MixMember> members;
  for (const link::MixMember& named : command.members()) {
    const Leg* leg = wanted(named.leg(), "mix");  // one that has just ended is missing; the others talk on
    if (leg == nullptr) continue;
    media::MixMember& member = members.emplace_back();
    member.leg = leg->id;
    for (const std::uint64_t other : named.not_heard()) member.not_heard.emplace_back(other);
  }
  const auto is_member = [&](LegId leg) {
    return std::any_of(members.begin(), members.end(), [&](const media::MixMember& m) { return m.leg == leg; });
  };
  for (auto& [leg_id, leg] : legs_) {
    if (is_member(leg_id)) {
      if (leg.mix == id) continue;
      part(leg);
      leg.mix = id;
    } else if (leg.mix == id) {
      leg.mix = MixId{};
    }
  }
  spdlog::info("mix={} has {} members", id.value(), members.size());
  ports_->media.mix(id, std::move(members));
}

void Node::unmix(const link::Unmix& command) {
  link::Mix nobody;
  nobody.set_mix(command.mix());
  mix(nobody);
}

void Node::start_recording(const link::StartRecording& command) {
  Leg* leg = wanted(command.leg(), "start_recording");
  if (leg == nullptr) return;
  if (command.recording() == 0) return fail_command(command.leg(), "start_recording", "no recording id");
  if (command.call() != 0) leg->call = CallId{command.call()};
  const RecordingId recording{command.recording()};
  if (leg->state != link::LEG_ANSWERED) {
    leg->recording_to_begin = recording;
    return;
  }
  begin_recording(*leg, recording);
}

void Node::begin_recording(Leg& leg, RecordingId recording) {
  leg.recording_to_begin = RecordingId{};
  if (leg.recording == recording) return;
  if (leg.recording) ports_->media.stop_recording(leg.id);
  leg.recording = recording;
  leg.recording_paused_until.reset();
  ports_->media.start_recording(leg.id, recording, recording_path(recording, clock_.now()));
}

void Node::pause_recording(const link::PauseRecording& command) {
  Leg* leg = find(command.leg());
  if (leg == nullptr || !leg->recording || leg->recording.value() != command.recording()) return;
  const Duration limit{std::clamp<std::uint32_t>(command.limit_ms(), 1, pause_ms_max)};
  const bool was_paused = leg->recording_paused_until.has_value();
  leg->recording_paused_until = clock_.now() + limit + pause_grace;  // the core ends it before, when there is one
  if (!was_paused) set_recording_paused(*leg, true);
}

/// Says it to whoever records, and to a far end that shows it.
void Node::set_recording_paused(Leg& leg, bool paused) {
  ports_->media.pause_recording(leg.id, paused);
  if (ports_->outside != nullptr) ports_->outside->pause(leg.id, leg.recording, paused);
  if (!leg.record_aware) return;
  leg.sdp.set_record(paused ? "paused" : "on");
  ports_->sip.reinvite(leg.id, leg.sdp.offer());
}

void Node::resume_recording(const link::ResumeRecording& command) {
  Leg* leg = find(command.leg());
  if (leg == nullptr || leg->recording.value() != command.recording() || !leg->recording_paused_until) return;
  leg->recording_paused_until.reset();
  set_recording_paused(*leg, false);
}

void Node::end_overdue_pauses(TimePoint now) {
  for (auto& [id, leg] : legs_) {
    if (leg.ending || !leg.recording_paused_until || *leg.recording_paused_until > now) continue;
    spdlog::warn("{} its recording's pause has reached its limit and no core has ended it", log_context(leg));
    leg.recording_paused_until.reset();
    set_recording_paused(leg, false);
  }
}

void Node::stop_recording(const link::StopRecording& command) {
  if (const Leg* leg = find(command.leg()); leg != nullptr && leg->recording) ports_->media.stop_recording(leg->id);
}

}  // namespace hotline::voice::node
