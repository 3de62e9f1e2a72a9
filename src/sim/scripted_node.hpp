// SPDX-License-Identifier: Apache-2.0
// A voice node as the core sees one, in virtual time: it obeys commands, numbers its events and keeps them until they
// are acknowledged. Sound is who is joined to whom. What people do at its legs is scripted elsewhere, through
// NodeWatcher.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/ports/voice.hpp"
#include "sim/random.hpp"
#include "sim/timeline.hpp"

namespace hotline::sim {

/// What the parties at a node's legs notice. Called in the middle of a command: plan, do not act.
class NodeWatcher {
 public:
  virtual ~NodeWatcher() = default;
  virtual void hears_prompt(LegId leg, Duration length, bool may_press) = 0;
  virtual void hears_music(LegId leg) = 0;
  virtual void joined(LegId leg) = 0;         ///< bridged or in a conference
  virtual void accepted(LegId leg) = 0;       ///< the caller's INVITE was answered with 200
  virtual void rings(LegId leg) = 0;          ///< a phone or outside number is called
  virtual void browser_asked(LegId leg) = 0;  ///< the node has answered a browser's offer
  virtual void gone(LegId leg, bool rejected) = 0;
};

class ScriptedNode {
 public:
  enum class Kind : std::uint8_t { incoming, phone, browser };
  struct Leg {
    CallId call;
    Kind kind = Kind::incoming;
    bool customer = false, outside = false, accepted = false, answered = false, looped = false;
    LegId bridged_to, near;
    PlayId play;
    MixId mix;
    RecordingId recording, recording_to_begin;
    bool recording_paused = false;
    TimePoint recording_since{};
    std::string uri;
  };

  ScriptedNode(Timeline& time, std::uint64_t seed) : time_(time), chance_(seed, "node") {}
  void watch(NodeWatcher& watcher) { watcher_ = &watcher; }

  // -- the link's side
  std::function<void(const app::VoiceEvent&)> on_event;  ///< a new event; it is among kept() already
  void obey(CallId call, const call::VoiceCommand& command);
  void acknowledged(std::uint64_t seq);
  [[nodiscard]] const std::vector<app::VoiceEvent>& kept() const { return kept_; }
  [[nodiscard]] app::NodeSnapshot snapshot() const;
  [[nodiscard]] std::uint64_t boot() const { return boot_; }
  [[nodiscard]] bool runs() const { return runs_; }
  std::int64_t trunks = 0;  ///< channels it tells of; 0: of none

  // -- what parties do; ignored for legs that are gone
  LegId call_in(const std::string& to, const std::string& from);
  void answer(LegId leg);  ///< the caller's ACK, the receiver lifted, the browser's media up
  void ring(LegId leg) { emit(app::LegRinging{leg, false}); }
  void hang_up(LegId leg, call::Cause cause) { end(leg, cause, false); }
  void press(LegId leg, char digit);
  void press_hold(LegId leg, bool on) { emit(app::HoldChanged{leg, on}); }
  void ask_for_transfer(LegId leg, const std::string& target) { emit(app::TransferRequested{leg, target, {}, {}}); }

  // -- faults
  /// kill -9: nothing is left but the recordings and their journal, from which they are reported after restart().
  void crash();
  void restart();
  /// The clock is set; what it says still never goes back.
  void jump_clock(Duration by) { offset_ += by; }

  [[nodiscard]] const std::map<LegId, Leg>& legs() const { return legs_; }
  [[nodiscard]] const Leg* leg(LegId id) const {
    const auto found = legs_.find(id);
    return found == legs_.end() ? nullptr : &found->second;
  }

 private:
  void emit(app::VoiceReport report);
  TimePoint clock();
  Leg* wanted(LegId id, const char* command);
  void fail(LegId id, const char* command, const char* why) { emit(app::CommandFailed{id, command, why}); }
  void end(LegId id, call::Cause cause, bool rejected);
  void part(Leg& leg);
  void join(LegId id);
  void play(const call::PlayTo& play);
  void bridge(const call::BridgeLegs& bridge);
  void mix(const call::MixLegs& mix);
  void originate(CallId call, const call::OriginateSip& what);
  void accept(CallId call, const call::AcceptBrowser& what);
  void start_recording(const call::StartRecording& what);
  void finish_recording(LegId id, Leg& leg, const std::string& problem);

  Timeline& time_;
  Stream chance_;
  NodeWatcher* watcher_ = nullptr;
  std::map<LegId, Leg> legs_;
  std::vector<app::VoiceEvent> kept_;
  std::vector<app::RecordingDone> to_repair_;
  std::uint64_t boot_ = 1, seq_ = 0, next_leg_ = std::uint64_t{1} << 56;
  bool runs_ = true;
  Duration offset_{};
  TimePoint clock_{};
};

}  // namespace hotline::sim
