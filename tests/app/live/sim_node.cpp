// SPDX-License-Identifier: Apache-2.0
#include "app/live/sim_node.hpp"

#include <algorithm>

namespace hotline::app {

void SimNode::emit(VoiceReport report) {
  kept.push_back(VoiceEvent{++seq, now, std::move(report)});
  fresh.push_back(kept.back());
}

LegId SimNode::incoming(const std::string& to, const std::string& from) {
  const LegId id{++next_leg_};
  SimLeg leg;
  leg.customer = true;
  legs[id] = leg;
  emit(IncomingLeg{id, "trunk", from, "", to, "sip-call-id", "192.0.2.1:5060"});
  return id;
}

LegId SimNode::phone_calls(const std::string& account, const std::string& to) {
  const LegId id{++next_leg_};
  SimLeg leg;
  leg.customer = leg.phone_calls = true;
  legs[id] = leg;
  IncomingLeg report{id, "", account, "", to, "sip-call-id", "192.0.2.9:5060"};
  report.account = account;
  emit(report);
  return id;
}

void SimNode::part(SimLeg& leg) {
  if (leg.bridged_to) {
    if (const auto other = legs.find(leg.bridged_to); other != legs.end()) other->second.bridged_to = LegId{};
  }
  leg.bridged_to = LegId{};
}

void SimNode::stop_recording(LegId id, SimLeg& leg) {
  if (!leg.recording) return;
  emit(RecordingDone{leg.recording, id, leg.recording.to_string() + ".wav", now, now, 8000, 32044, ""});
  leg.recording = RecordingId{};
}

void SimNode::ended(LegId id, call::Cause cause) {
  const auto found = legs.find(id);
  if (found == legs.end()) return;
  part(found->second);
  const RecordingId recording = found->second.recording;
  if (id.value() % 2 == 0) stop_recording(id, found->second);
  legs.erase(found);
  LegEnded report;
  report.leg = id;
  report.cause = cause;
  emit(report);
  if (recording && id.value() % 2 != 0) {  // a recording may be finished before or after its leg's end is told
    emit(RecordingDone{recording, id, recording.to_string() + ".wav", now, now, 8000, 32044, ""});
  }
}

void SimNode::answered(LegId id) {
  const auto found = legs.find(id);
  if (found == legs.end() || found->second.answered) return;
  found->second.answered = true;
  emit(LegAnswered{id, "PCMA"});
  found->second.recording = found->second.recording_to_begin;
}

void SimNode::play_ended(LegId id) {
  const auto found = legs.find(id);
  if (found == legs.end() || !found->second.play || found->second.looped) return;
  const PlayId play = found->second.play;
  found->second.play = PlayId{};
  emit(PlayEnded{id, play, ""});
}

void SimNode::time_passes(TimePoint to) {
  now = std::max(now, to);
  std::vector<LegId> over;
  for (const auto& [id, leg] : legs) {
    if (leg.kind == Kind::phone && !leg.answered && leg.rings_until <= now) over.push_back(id);
  }
  for (const LegId id : over) ended(id, call::Cause::no_answer);
}

void SimNode::acknowledged(std::uint64_t boot_id, std::uint64_t up_to) {
  if (boot_id != boot) return;
  std::erase_if(kept, [&](const VoiceEvent& event) { return event.seq <= up_to; });
}

void SimNode::crash() {
  for (const auto& [id, leg] : legs) {
    if (leg.recording)
      to_repair.push_back({leg.recording, id, leg.recording.to_string() + ".wav", now, now, 8000, 32044, "cut off"});
  }
  legs.clear();
  kept.clear();
  fresh.clear();
  ++boot;
  seq = 0;
  for (const RecordingDone& done : to_repair) emit(done);
  to_repair.clear();
}

NodeSnapshot SimNode::snapshot() const {
  NodeSnapshot out;
  out.phones = phones;
  for (const auto& [id, leg] : legs) {
    out[id] = LegReported{leg.call,
                          call::LegReport{true, leg.answered, leg.bridged_to, leg.play, leg.recording, false, leg.mix}};
  }
  return out;
}

bool SimNode::bridged(LegId a, LegId b) const {
  const auto found = legs.find(a);
  return found != legs.end() && b && found->second.bridged_to == b;
}

SimNode::SimLeg* SimNode::wanted(LegId id, const char* command) {
  const auto found = legs.find(id);
  if (found != legs.end()) return &found->second;
  fail(id, command, "no such leg");
  return nullptr;
}

void SimNode::obey(CallId call, const call::VoiceCommand& command) {
  obeyed.push_back(command);
  if (const auto* answer = std::get_if<call::AnswerLeg>(&command)) {
    if (SimLeg* leg = wanted(answer->leg, "answer")) {
      leg->call = call;
      leg->accepted = true;
    }
  } else if (const auto* progress = std::get_if<call::ProgressLeg>(&command)) {
    if (SimLeg* leg = wanted(progress->leg, "progress")) leg->call = call;
  } else if (const auto* reject = std::get_if<call::RejectLeg>(&command)) {
    ended(reject->leg, call::Cause::rejected);
  } else if (const auto* phone = std::get_if<call::OriginateSip>(&command)) {
    if (legs.contains(phone->leg)) return fail(phone->leg, "originate_sip", "the leg exists already");
    SimLeg leg;
    leg.call = call;
    leg.kind = Kind::phone;
    leg.rings_until = now + phone->ring_timeout;
    leg.uri = phone->uri;
    leg.outside = phone->trunk;
    legs[phone->leg] = leg;
  } else if (const auto* browser = std::get_if<call::AcceptBrowser>(&command)) {
    if (legs.contains(browser->leg)) return fail(browser->leg, "accept_webrtc", "the leg exists already");
    SimLeg leg;
    leg.call = call;
    leg.kind = Kind::browser;
    leg.customer = !browser->near;
    legs[browser->leg] = leg;
    emit(WebrtcAnswer{browser->leg, "v=0 answer"});
  } else if (const auto* hangup = std::get_if<call::HangUpLeg>(&command)) {
    ended(hangup->leg, hangup->cause);
  } else if (const auto* play = std::get_if<call::PlayTo>(&command)) {
    SimLeg* leg = wanted(play->leg, "play");
    if (leg == nullptr) return;
    if (!leg->answered) return fail(play->leg, "play", "the leg is not answered");
    leg->play = play->play;
    leg->looped = play->loop;
  } else if (const auto* stop = std::get_if<call::StopPlay>(&command)) {
    if (const auto leg = legs.find(stop->leg); leg != legs.end()) leg->second.play = PlayId{};
  } else if (const auto* bridge = std::get_if<call::BridgeLegs>(&command)) {
    SimLeg* a = wanted(bridge->a, "bridge");
    SimLeg* b = wanted(bridge->b, "bridge");
    if (a == nullptr || b == nullptr || a == b || a->bridged_to == bridge->b) return;
    part(*a);
    part(*b);
    a->mix = b->mix = MixId{};
    a->bridged_to = bridge->b;
    b->bridged_to = bridge->a;
    a->play = b->play = PlayId{};
  } else if (const auto* mix = std::get_if<call::MixLegs>(&command)) {
    for (auto& [id, leg] : legs) {
      if (leg.mix == mix->mix) leg.mix = MixId{};
    }
    for (const LegId id : mix->members) {
      SimLeg* leg = wanted(id, "mix");
      if (leg == nullptr) continue;
      if (!leg->answered) fail(id, "mix", "the leg is not answered");
      part(*leg);
      leg->play = PlayId{};
      leg->mix = mix->mix;
    }
  } else if (const auto* unmix = std::get_if<call::UnmixLegs>(&command)) {
    for (auto& [id, leg] : legs) {
      if (leg.mix == unmix->mix) leg.mix = MixId{};
    }
  } else if (const auto* unbridge = std::get_if<call::UnbridgeLeg>(&command)) {
    if (const auto leg = legs.find(unbridge->leg); leg != legs.end()) part(leg->second);
  } else if (const auto* record = std::get_if<call::StartRecording>(&command)) {
    SimLeg* leg = wanted(record->leg, "start_recording");
    if (leg == nullptr || leg->recording == record->recording) return;
    if (!leg->answered) {
      leg->recording_to_begin = record->recording;
      return;
    }
    stop_recording(record->leg, *leg);
    leg->recording = record->recording;
  }
}

}  // namespace hotline::app
