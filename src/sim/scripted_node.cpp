// SPDX-License-Identifier: Apache-2.0
#include "sim/scripted_node.hpp"

#include <algorithm>

namespace hotline::sim {
namespace {

constexpr Duration prompt_length_min{400}, prompt_length_max{4'000};

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace

TimePoint ScriptedNode::clock() {
  clock_ = std::max(clock_, time_.now() + offset_);
  return clock_;
}

void ScriptedNode::emit(app::VoiceReport report) {
  if (!runs_) return;
  kept_.push_back(app::VoiceEvent{++seq_, clock(), std::move(report)});
  if (on_event) on_event(kept_.back());
}

LegId ScriptedNode::call_in(const std::string& to, const std::string& from) {
  const LegId id{++next_leg_};
  if (!runs_) return id;
  legs_[id].customer = true;
  emit(app::IncomingLeg{id, "trunk", from, "", to, "call-" + id.to_string(), "192.0.2.1:5060", {}, {}, {}});
  return id;
}

void ScriptedNode::answer(LegId id) {
  const auto found = legs_.find(id);
  if (found == legs_.end() || found->second.answered) return;
  found->second.answered = true;
  emit(app::LegAnswered{id, "PCMA"});
  if (const RecordingId recording = found->second.recording_to_begin) start_recording({id, recording});
}

void ScriptedNode::press(LegId id, char digit) {
  const auto found = legs_.find(id);
  if (found == legs_.end() || !found->second.answered) return;
  emit(app::DigitHeard{id, digit});
}

void ScriptedNode::part(Leg& leg) {
  if (const auto other = legs_.find(leg.bridged_to); other != legs_.end()) other->second.bridged_to = LegId{};
  leg.bridged_to = LegId{};
}

void ScriptedNode::finish_recording(LegId id, Leg& leg, const std::string& problem) {
  if (!leg.recording) return;
  const TimePoint now = clock();
  const auto ms = (now - leg.recording_since).count();
  app::RecordingDone done{leg.recording, id,     leg.recording.to_string() + ".wav", leg.recording_since, now, ms * 8,
                          44 + ms * 16,  problem};
  leg.recording = RecordingId{};
  leg.recording_paused = false;
  if (problem.empty()) {
    emit(std::move(done));
  } else {
    to_repair_.push_back(std::move(done));
  }
}

void ScriptedNode::end(LegId id, call::Cause cause, bool rejected) {
  const auto found = legs_.find(id);
  if (found == legs_.end()) return;
  Leg leg = found->second;
  part(found->second);
  legs_.erase(found);
  const bool recording_first = chance_.chance(0.5);  // the file may be closed before or after the leg's end is told
  if (recording_first) finish_recording(id, leg, "");
  app::LegEnded report;
  report.leg = id;
  report.cause = cause;
  emit(report);
  finish_recording(id, leg, "");
  if (watcher_ != nullptr) watcher_->gone(id, rejected);
}

void ScriptedNode::acknowledged(std::uint64_t seq) {
  const auto last = std::find_if(kept_.begin(), kept_.end(), [&](const auto& event) { return event.seq > seq; });
  kept_.erase(kept_.begin(), last);
}

void ScriptedNode::crash() {
  if (!runs_) return;
  for (auto& [id, leg] : legs_) finish_recording(id, leg, "cut off");
  const auto legs = std::exchange(legs_, {});
  // The journal knows what had ended, too, and no core had committed (voice/recorder/journal.hpp).
  for (app::VoiceEvent& event : kept_)
    if (auto* done = std::get_if<app::RecordingDone>(&event.report)) to_repair_.push_back(std::move(*done));
  kept_.clear();
  runs_ = false;
  for (const auto& [id, leg] : legs) {
    if (watcher_ != nullptr) watcher_->gone(id, false);
  }
}

void ScriptedNode::restart() {
  if (runs_) return;
  runs_ = true;
  ++boot_;
  seq_ = 0;
  for (auto& done : std::exchange(to_repair_, {})) emit(std::move(done));
}

app::NodeSnapshot ScriptedNode::snapshot() const {
  app::NodeSnapshot out;
  for (const auto& [id, leg] : legs_) {
    out[id] = app::LegReported{leg.call, call::LegReport{true, leg.answered, leg.bridged_to, leg.play, leg.recording,
                                                         leg.recording_paused, leg.mix}};
  }
  return out;
}

ScriptedNode::Leg* ScriptedNode::wanted(LegId id, const char* command) {
  const auto found = legs_.find(id);
  if (found != legs_.end()) return &found->second;
  fail(id, command, "no such leg");
  return nullptr;
}

// ---- commands

void ScriptedNode::obey(CallId call, const call::VoiceCommand& command) {
  if (!runs_) return;
  std::visit(Overloaded{
                 [&](const call::AnswerLeg& c) {
                   Leg* leg = wanted(c.leg, "answer");
                   if (leg == nullptr || leg->accepted) return;
                   leg->call = call;
                   leg->accepted = true;
                   watcher_->accepted(c.leg);
                 },
                 [&](const call::RejectLeg& c) { end(c.leg, call::Cause::rejected, true); },
                 [&](const call::OriginateSip& c) { originate(call, c); },
                 [&](const call::AcceptBrowser& c) { accept(call, c); },
                 [&](const call::HangUpLeg& c) { end(c.leg, c.cause, false); },
                 [&](const call::PlayTo& c) { play(c); },
                 [&](const call::StopPlay& c) {
                   if (const auto leg = legs_.find(c.leg); leg != legs_.end()) leg->second.play = PlayId{};
                 },
                 [&](const call::SendDigits& c) { (void)wanted(c.leg, "send_digits"); },
                 [&](const call::BridgeLegs& c) { bridge(c); },
                 [&](const call::UnbridgeLeg& c) {
                   if (const auto leg = legs_.find(c.leg); leg != legs_.end()) part(leg->second);
                 },
                 [&](const call::MixLegs& c) { mix(c); },
                 [&](const call::UnmixLegs& c) {
                   for (auto& [id, leg] : legs_) {
                     if (leg.mix == c.mix) leg.mix = MixId{};
                   }
                 },
                 [&](const call::StartRecording& c) { start_recording(c); },
                 [&](const call::PauseRecording& c) {
                   if (Leg* leg = wanted(c.leg, "pause_recording"); leg != nullptr && leg->recording == c.recording)
                     leg->recording_paused = true;
                 },
                 [&](const call::ResumeRecording& c) {
                   if (Leg* leg = wanted(c.leg, "resume_recording"); leg != nullptr && leg->recording == c.recording)
                     leg->recording_paused = false;
                 },
                 [](const auto&) {},
             },
             command);
}

void ScriptedNode::originate(CallId call, const call::OriginateSip& what) {
  if (legs_.contains(what.leg)) return fail(what.leg, "originate_sip", "the leg exists already");
  Leg leg;
  leg.call = call;
  leg.kind = Kind::phone;
  leg.uri = what.uri;
  leg.outside = what.trunk;
  leg.near = what.near;
  leg.customer = !what.near;
  legs_[what.leg] = leg;
  time_.after(what.ring_timeout, [this, id = what.leg] {
    if (const Leg* rung = this->leg(id); rung != nullptr && !rung->answered) end(id, call::Cause::no_answer, false);
  });
  watcher_->rings(what.leg);
}

void ScriptedNode::accept(CallId call, const call::AcceptBrowser& what) {
  if (legs_.contains(what.leg)) return fail(what.leg, "accept_webrtc", "the leg exists already");
  Leg leg;
  leg.call = call;
  leg.kind = Kind::browser;
  leg.customer = !what.near;
  leg.near = what.near;
  legs_[what.leg] = leg;
  emit(app::WebrtcAnswer{what.leg, "v=0 answer"});
  watcher_->browser_asked(what.leg);
}

void ScriptedNode::play(const call::PlayTo& what) {
  Leg* leg = wanted(what.leg, "play");
  if (leg == nullptr) return;
  if (!leg->answered) return fail(what.leg, "play", "the leg is not answered");
  leg->play = what.play;
  leg->looped = what.loop;
  if (what.loop) return watcher_->hears_music(what.leg);
  Duration length{};
  for (std::size_t i = 0; i < what.prompts.size(); ++i) length += chance_.between(prompt_length_min, prompt_length_max);
  time_.after(length, [this, id = what.leg, play = what.play] {
    const auto found = legs_.find(id);
    if (found == legs_.end() || found->second.play != play) return;
    found->second.play = PlayId{};
    emit(app::PlayEnded{id, play, ""});
  });
  watcher_->hears_prompt(what.leg, length, what.stop_on_digit);
}

void ScriptedNode::join(LegId id) {
  legs_.at(id).play = PlayId{};
  watcher_->joined(id);
}

void ScriptedNode::bridge(const call::BridgeLegs& what) {
  Leg* a = wanted(what.a, "bridge");
  Leg* b = wanted(what.b, "bridge");
  if (a == nullptr || b == nullptr || a == b || a->bridged_to == what.b) return;
  part(*a);
  part(*b);
  a->mix = b->mix = MixId{};
  a->bridged_to = what.b;
  b->bridged_to = what.a;
  join(what.a);
  join(what.b);
}

void ScriptedNode::mix(const call::MixLegs& what) {
  for (auto& [id, leg] : legs_) {
    if (leg.mix == what.mix) leg.mix = MixId{};
  }
  for (const LegId id : what.members) {
    Leg* leg = wanted(id, "mix");
    if (leg == nullptr) continue;
    if (!leg->answered) {
      fail(id, "mix", "the leg is not answered");
      continue;
    }
    part(*leg);
    leg->mix = what.mix;
    join(id);
  }
}

void ScriptedNode::start_recording(const call::StartRecording& what) {
  Leg* leg = wanted(what.leg, "start_recording");
  if (leg == nullptr || leg->recording == what.recording) return;
  if (!leg->answered) {
    leg->recording_to_begin = what.recording;
    return;
  }
  finish_recording(what.leg, *leg, "");
  leg->recording = what.recording;
  leg->recording_since = clock();
}

}  // namespace hotline::sim
