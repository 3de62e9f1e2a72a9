// SPDX-License-Identifier: Apache-2.0
// The call model: who hears what, how one arrangement becomes the next, and what a reconnected node is told again.
#include <algorithm>

#include "domain/call/call.hpp"

namespace hotline::call {
namespace {

constexpr const char* ringback = "tone/ringback";
constexpr const char* waiting_music = "music/hold";

/// Everyone hears everyone: three in a mix, two in a bridge, a customer alone hears music.
void join(Sound& sound, LegId customer, LegId agent, LegId third) {
  if (agent && third) {
    sound.mix = {customer, agent, third};
  } else if (agent || third) {
    sound.bridge = {customer, agent ? agent : third};
  } else {
    sound.customer_music = true;
  }
}

/// Which of the agent's legs they listen with. A phone with two calls holds one of them; a consultation it has asked
/// for itself is heard on the second.
LegId ear_of(const Call& call, LegId first) {
  const Consultation& consult = *call.consult;
  if (!consult.own_leg) return first;
  const bool second = call.agent->phone_holds || (consult.with == With::consulted && !consult.own_held);
  return second ? consult.own_leg : first;
}

void consultation_sound(const Call& call, LegId agent, Sound& sound) {
  const Consultation& consult = *call.consult;
  const LegId third = consult.answered() ? consult.leg() : LegId{};
  const LegId ear = ear_of(call, agent);
  const bool deaf = consult.own_leg && consult.own_held && call.agent->phone_holds;  // the phone holds both calls
  if (consult.with == With::everyone) return join(sound, call.customer_leg, ear, third);
  if (consult.with == With::customer) {
    join(sound, call.customer_leg, deaf ? LegId{} : ear, LegId{});
    sound.side_leg = third;
    sound.side_prompt = waiting_music;
    return;
  }
  sound.customer_music = true;
  const LegId heard = consult.early_media ? consult.leg() : third;
  if (ear && heard && !deaf) {
    sound.bridge = {ear, heard};
  } else if (ear && !deaf) {
    if (consult.own_leg && !consult.own_answered) return;  // the phone makes its own ringing
    sound.side_leg = ear;
    sound.side_prompt = consult.connected_at ? waiting_music : ringback;
  } else {
    sound.side_leg = third;
    sound.side_prompt = waiting_music;
  }
}

bool is_among(const std::vector<LegId>& legs, LegId leg) {
  return std::find(legs.begin(), legs.end(), leg) != legs.end();
}

/// Supervisors are where the agent is: with the customer, in a consultation, alone with the agent during a hold. Where
/// the agent hears a tone or music alone, there is nothing to listen to.
void supervised_sound(const Call& call, Sound& sound) {
  const LegId first = call.agent && call.agent->answered ? call.agent->leg : LegId{};
  const LegId second = call.consult ? call.consult->own_leg : LegId{};
  LegId ear = sound.joins(second) ? second : sound.joins(first) ? first : LegId{};
  std::vector<LegId> members = sound.mix;
  if (ear && members.empty()) members = {sound.bridge.first, sound.bridge.second};
  if (!ear && first && call.on_hold && !call.consult) {
    ear = first;
    members = {first};
  }
  if (!ear) return;
  const std::size_t others = members.size();
  std::vector<const Supervision*> heard;
  for (const Supervision& supervision : call.supervisions) {
    if (!supervision.who.answered || supervision.of != call.agent->agent) continue;
    members.push_back(supervision.who.leg);
    heard.push_back(&supervision);
  }
  if (heard.empty() && (!call.mixed || others != 2)) return;
  sound.bridge = {};
  sound.mix = std::move(members);
  sound.supervised = true;
  for (const Supervision* speaker : heard) {
    for (const LegId listener : sound.mix) {
      if (listener != speaker->who.leg && !hears_supervisor(speaker->mode, listener == ear))
        sound.not_heard.push_back({listener, speaker->who.leg});
    }
  }
}

}  // namespace

bool Sound::joins(LegId leg) const {
  return leg && (bridge.first == leg || bridge.second == leg || is_among(mix, leg));
}

Sound sound_of(const Call& call) {
  Sound sound;
  const LegId agent = call.agent && call.agent->answered ? call.agent->leg : LegId{};
  const LegId outside = call.external && call.external->answered ? call.external->leg : LegId{};
  switch (call.stage) {
    case Stage::arriving:
    case Stage::ivr:
    case Stage::ended:
      break;
    case Stage::dialing:
      if (call.agent && call.agent->calling && !agent) {  // the phone makes its own ringing
        if (call.early_media) sound.bridge = {call.customer_leg, call.agent->leg};
        break;
      }
      if (!agent || !call.customer_called) break;
      if (call.early_media) {
        sound.bridge = {call.customer_leg, agent};
      } else {
        sound.side_leg = agent;
        sound.side_prompt = ringback;
      }
      break;
    case Stage::waiting:
    case Stage::transferring:
      sound.customer_music = !call.waits_to_call_back() && (!call.internal() || call.customer_answered);
      break;
    case Stage::talking:
      if (call.internal() && !call.customer_answered) break;  // the caller's phone is being answered
      if (call.consult)
        consultation_sound(call, agent, sound);
      else if (call.on_hold)
        sound.customer_music = true;
      else
        join(sound, call.customer_leg, agent, outside);
      if (!call.supervisions.empty() || call.mixed) supervised_sound(call, sound);
      break;
  }
  return sound;
}

void CallStep::play_side(const Sound& sound) {
  call_.side_play = PlayId{ids_.next()};
  voice(PlayTo{sound.side_leg, call_.side_play, {sound.side_prompt}, true, false});
}

void CallStep::rearrange(const Sound& before) {
  call_.mixed = false;
  Sound after = sound_of(call_);
  if (before.supervised && is_among(before.mix, after.bridge.first) && is_among(before.mix, after.bridge.second)) {
    call_.mixed = true;
    after = sound_of(call_);
  }
  const bool mix_changes = after.mix != before.mix || after.not_heard != before.not_heard;
  const auto mix = [&] { voice(MixLegs{mix_of(call_), after.mix, after.not_heard}); };
  if (!before.mix.empty() && after.mix.empty()) voice(UnmixLegs{mix_of(call_)});
  // Who leaves a supervisor's mix may be played something below; a pair that comes into one goes there in one step.
  const bool mixed_at_once = before.supervised && !after.mix.empty();
  if (mixed_at_once && mix_changes) mix();
  const bool taken_along =
      after.supervised && is_among(after.mix, before.bridge.first) && is_among(after.mix, before.bridge.second);
  if (before.bridge.first && before.bridge != after.bridge && !taken_along) {
    // Parting one parts both; the other may have ended.
    const LegId leg = call_.has_leg(before.bridge.first) ? before.bridge.first : before.bridge.second;
    if (call_.has_leg(leg)) voice(UnbridgeLeg{leg});
    // Had the other gone before the node could join them, what this one heard while waiting would go on for ever.
    for (const LegId alone : {before.bridge.first, before.bridge.second}) {
      const bool hears = after.joins(alone) || alone == after.side_leg || alone == call_.customer_leg;
      if (call_.has_leg(alone) && !hears) voice(StopPlay{alone});
    }
  }
  if (before.side_leg && before.side_leg != after.side_leg && !after.joins(before.side_leg) &&
      call_.has_leg(before.side_leg)) {
    voice(StopPlay{before.side_leg});
  }
  if (!after.customer_music) {
    call_.play = PlayId{};
  } else if (!before.customer_music) {
    play_music();
  }
  if (!after.side_leg) {
    call_.side_play = PlayId{};
  } else if (before.side_leg != after.side_leg || before.side_prompt != after.side_prompt) {
    play_side(after);
  }
  if (after.bridge.first && after.bridge != before.bridge) voice(BridgeLegs{after.bridge.first, after.bridge.second});
  if (!after.mix.empty() && mix_changes && !mixed_at_once) mix();
}

// ---- after a reconnection

void CallStep::resync(const std::map<LegId, LegReport>& legs) {
  if (call_.stage == Stage::ended) return;
  const auto reported = legs.find(call_.customer_leg);
  const LegReport customer = reported == legs.end() ? LegReport{} : reported->second;
  const bool begun = call_.stage != Stage::dialing && !call_.waits_to_call_back();
  const bool expected = begun || call_.customer_answered;
  if (!customer.present && expected) return leg_ended(call_.customer_leg, Cause::node_lost);
  if (call_.stage == Stage::arriving) {
    plan_recording();
    if (!call_.customer_browser) voice(AnswerLeg{call_.customer_leg});
    return;
  }
  for (const auto& [leg, report] : legs) {  // given up, and the node was never told
    if (report.present && !call_.has_leg(leg)) voice(HangUpLeg{leg, Cause::normal});
  }
  resync_phone(legs);
  if (!expected || call_.stage == Stage::dialing) return resync_far_end(legs);
  if (call_.internal() && !call_.customer_answered) return resync_far_end(legs);
  resync_recording(customer);
  if (call_.stage != Stage::ivr) return resync_far_end(legs);
  if (customer.bridged_to) voice(UnbridgeLeg{call_.customer_leg});
  if (!call_.play || customer.play != call_.play) run(re_enter(book_, call_.position, now_));
}

void CallStep::resync_recording(const LegReport& customer) {
  if (!call_.recording) {  // the former one has ended before its time, say because the disk was full
    call_.recording = RecordingId{ids_.next()};
    out_.emplace_back(RecordingStarted{call_.recording, call_.customer_leg});
  }
  const bool runs = customer.recording == call_.recording;
  if (!runs) voice(StartRecording{call_.customer_leg, call_.recording});
  if (call_.recording_paused_until) {  // said again in any case: a new core's pause has the time that is left
    const Duration left = std::max(*call_.recording_paused_until - now_, Duration{1});
    voice(PauseRecording{call_.customer_leg, call_.recording, left});
  } else if (runs && customer.recording_paused) {
    voice(ResumeRecording{call_.customer_leg, call_.recording});
  }
}

/// The part of resync() for a customer who waits for someone or is joined to someone.
void CallStep::resync_far_end(const std::map<LegId, LegReport>& legs) {
  resync_missing(legs);
  if (call_.stage != Stage::ended && call_.stage != Stage::ivr) resync_sound(legs);
}

/// Legs the node does not have: those that were up have ended, those that were to be rung it has never heard of. A
/// browser's offer is not kept: `deadline` settles it unless the page answers again.
void CallStep::resync_missing(const std::map<LegId, LegReport>& legs) {
  const auto missing = [&](LegId leg) { return leg && !legs.contains(leg); };
  if (call_.consult && missing(call_.consult->own_leg)) own_leg_ended();
  if (call_.consult && missing(call_.consult->leg())) {
    const LegId leg = call_.consult->leg();
    const LegId near = call_.agent ? call_.agent->leg : call_.customer_leg;
    if (call_.consult->answered())
      leg_ended(leg, Cause::media_timeout);
    else if (call_.consult->external)
      call_external(*call_.consult->external, near);
    else if (!call_.consult->agent->browser)
      call_phone(*call_.consult->agent, near);
  }
  for (std::size_t i = call_.supervisions.size(); i-- > 0;) {
    Supervision& supervision = call_.supervisions[i];
    if (!missing(supervision.who.leg)) continue;
    if (supervision.who.answered)
      supervisor_leg_ended(supervision, Cause::media_timeout);
    else if (!supervision.who.browser)
      call_phone(supervision.who, call_.customer_leg);
  }
  if (call_.agent && missing(call_.agent->leg)) {
    if (call_.agent->answered)
      leg_ended(call_.agent->leg, Cause::media_timeout);
    else if (call_.agent->calling)
      leg_ended(call_.agent->leg, Cause::cancelled);
    else if (!call_.agent->browser)
      call_phone(*call_.agent, call_.customer_leg);
  }
  if (call_.external && missing(call_.external->leg)) {
    if (call_.external->answered)
      leg_ended(call_.external->leg, Cause::media_timeout);
    else
      call_external(*call_.external, call_.customer_leg);
  }
  if (call_.stage == Stage::dialing && call_.customer_called && missing(call_.customer_leg)) call_customer();
}

void CallStep::resync_sound(const std::map<LegId, LegReport>& legs) {
  const Sound want = sound_of(call_);
  const auto report = [&](LegId leg) {
    const auto found = legs.find(leg);
    return found == legs.end() ? LegReport{} : found->second;
  };
  const auto in_mix = [](const auto& item) { return item.second.mix.operator bool(); };
  if (want.mix.empty()) {
    if (std::any_of(legs.begin(), legs.end(), in_mix)) voice(UnmixLegs{mix_of(call_)});
  } else {
    const auto joined = std::count_if(legs.begin(), legs.end(), in_mix);
    const bool all =
        std::all_of(want.mix.begin(), want.mix.end(), [&](LegId leg) { return report(leg).mix == mix_of(call_); });
    // Who does not hear whom the node does not tell: said again.
    if (want.supervised || !all || static_cast<std::size_t>(joined) != want.mix.size())
      voice(MixLegs{mix_of(call_), want.mix, want.not_heard});
  }
  for (const auto& [leg, r] : legs) {  // a pair is parted by its first; what is joined anew is parted by that
    if (!r.bridged_to || !call_.has_leg(leg) || want.joins(leg)) continue;
    if (want.joins(r.bridged_to) || (leg > r.bridged_to && call_.has_leg(r.bridged_to))) continue;
    voice(UnbridgeLeg{leg});
  }
  if (want.bridge.first && report(want.bridge.first).bridged_to != want.bridge.second)
    voice(BridgeLegs{want.bridge.first, want.bridge.second});
  if (want.customer_music && (!call_.play || report(call_.customer_leg).play != call_.play)) play_music();
  if (want.side_leg && (!call_.side_play || report(want.side_leg).play != call_.side_play)) play_side(want);
  for (const auto& [leg, r] : legs) {
    const bool heard = leg == want.side_leg || leg == call_.customer_leg || want.joins(leg);
    if (r.play && call_.has_leg(leg) && !heard) voice(StopPlay{leg});
  }
}

}  // namespace hotline::call
