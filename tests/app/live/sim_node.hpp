// SPDX-License-Identifier: Apache-2.0
// A voice node for tests, in virtual time: legs, plays, bridges and recordings as the core can see them. It answers
// commands by events with sequence numbers and keeps them until they are acknowledged, as the voice link promises.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "app/ports/voice.hpp"

namespace hotline::app {

class SimNode {
 public:
  enum class Kind : std::uint8_t { incoming, phone, browser };
  struct SimLeg {
    CallId call;
    Kind kind = Kind::incoming;
    bool phone_calls = false;  ///< an agent's phone has made this call
    bool customer = false, outside = false, accepted = false, answered = false, looped = false;
    LegId bridged_to;
    PlayId play;
    MixId mix;
    RecordingId recording, recording_to_begin;
    TimePoint rings_until{};
    std::string uri;
  };

  TimePoint now{};
  std::uint64_t boot = 1, seq = 0;
  std::map<LegId, SimLeg> legs;
  std::vector<VoiceEvent> kept;                ///< not acknowledged
  std::deque<VoiceEvent> fresh;                ///< emitted and not yet handed to the link
  std::vector<RecordingDone> to_repair;        ///< recordings cut by a crash: reported after the next start
  std::map<std::string, std::string> phones;   ///< registered: staff number -> contact
  std::size_t recordings_being_written = 100;  ///< as the watchdog is told; many: closed ones may still be reported
  std::vector<call::VoiceCommand> obeyed;      ///< every command that arrived

  LegId incoming(const std::string& to, const std::string& from = "5550100");
  /// An agent's phone calls, proved by its account.
  LegId phone_calls(const std::string& account, const std::string& to);
  /// A command arrives from the core.
  void obey(CallId call, const call::VoiceCommand& command);
  void acknowledged(std::uint64_t boot_id, std::uint64_t up_to);
  /// kill -9 and a new start: nothing is left but the files of the recordings.
  void crash();
  [[nodiscard]] NodeSnapshot snapshot() const;

  // -- what parties do
  void answered(LegId leg);  ///< ACK came, the phone was picked up, or the browser's media is up
  void ringing(LegId leg, bool early_media = false) { emit(LegRinging{leg, early_media}); }
  void ended(LegId leg, call::Cause cause);
  void pressed(LegId leg, char digit) { emit(DigitHeard{leg, digit}); }
  void play_ended(LegId leg);
  void held(LegId leg, bool on) { emit(HoldChanged{leg, on}); }
  void asked_for_transfer(LegId leg, const std::string& target, LegId replaces = {}) {
    emit(TransferRequested{leg, target, replaces});
  }
  void outside_changed(const OutsideRecordingChanged& changed) { emit(changed); }
  void time_passes(TimePoint to);  ///< phones that rang long enough give up

  [[nodiscard]] bool bridged(LegId a, LegId b) const;

 private:
  void emit(VoiceReport report);
  void part(SimLeg& leg);
  void fail(LegId leg, const char* command, const char* why) { emit(CommandFailed{leg, command, why}); }
  SimLeg* wanted(LegId leg, const char* command);
  void stop_recording(LegId id, SimLeg& leg);

  std::uint64_t next_leg_ = std::uint64_t{1} << 56;
};

}  // namespace hotline::app
