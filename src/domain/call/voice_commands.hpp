// SPDX-License-Identifier: Apache-2.0
// What a call asks of its voice node: plain data, carried out in the order given, each safe to be said twice. Pure; on
// the core's live strand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/call/supervision.hpp"

namespace hotline::call {

enum class Cause : std::uint8_t {
  normal,
  busy,
  no_answer,
  rejected,
  cancelled,
  unreachable,
  media_timeout,
  node_lost,
  capacity,
  error,
  shutdown,
};
[[nodiscard]] const char* to_string(Cause cause);

struct AnswerLeg {
  LegId leg;
};
/// Of an incoming leg: 180, 183 (its early media begins), or 100, which says nothing to the caller but that the leg is
/// this call's.
struct ProgressLeg {
  LegId leg;
  unsigned sip_status = 180;
};
struct RejectLeg {
  LegId leg;
  unsigned sip_status = 503;
  unsigned retry_after_s = 0;
};
struct OriginateSip {
  LegId leg;
  std::string uri;
  bool trunk = false;
  std::string from_user, from_display;
  Duration ring_timeout{};
  LegId near;
};
struct AcceptBrowser {
  LegId leg;
  std::string offer_sdp;
  LegId near;
};
struct HangUpLeg {
  LegId leg;
  Cause cause = Cause::normal;
};
struct PlayTo {
  LegId leg;
  PlayId play;
  std::vector<std::string> prompts;
  bool loop = false;
  bool stop_on_digit = false;
};
struct StopPlay {
  LegId leg;
};
struct SendDigits {
  LegId leg;
  std::string digits;
};
struct BridgeLegs {
  LegId a, b;
};
struct UnbridgeLeg {
  LegId leg;
};
/// The conference has these members from now on and no others; takes them out of bridges and ends their plays.
struct MixLegs {
  MixId mix;
  std::vector<LegId> members;
  std::vector<Unheard> not_heard{};  ///< all others hear each other
};
struct UnmixLegs {
  MixId mix;
};
/// Of a leg that is not answered yet: begins with its answer.
struct StartRecording {
  LegId leg;
  RecordingId recording;
};
/// Silence instead of sound, while a customer says a card number; at most `limit`, also when no core is there.
struct PauseRecording {
  LegId leg;
  RecordingId recording;
  Duration limit{};
};
struct ResumeRecording {
  LegId leg;
  RecordingId recording;
};
/// What becomes of a phone's REFER; a HangUpLeg of the leg that asked says 200 by itself.
struct TellTransfer {
  LegId leg;
  unsigned sip_status = 603;
};
/// One who takes part in a call, as the outside recorder is told.
struct OutsideParticipant {
  std::uint64_t id = 0;  ///< the same over the whole call
  std::string role;      ///< customer, agent, external, service
  std::string number, name;
  std::optional<AgentId> agent;
  bool talks = false;  ///< the customer, or whom they hear now
  friend bool operator==(const OutsideParticipant&, const OutsideParticipant&) = default;
};
/// The copy of the call's sound to the outside recorder (SIPREC), as it is to be from now on.
struct RecordOutside {
  LegId leg;  ///< the customer's
  RecordingId recording;
  std::string service_line, direction;
  std::vector<OutsideParticipant> participants;
  friend bool operator==(const RecordOutside&, const RecordOutside&) = default;
};
using VoiceCommand = std::variant<AnswerLeg, ProgressLeg, TellTransfer, RejectLeg, OriginateSip, AcceptBrowser,
                                  HangUpLeg, PlayTo, StopPlay, SendDigits, BridgeLegs, UnbridgeLeg, MixLegs, UnmixLegs,
                                  StartRecording, PauseRecording, ResumeRecording, RecordOutside>;

}  // namespace hotline::call
