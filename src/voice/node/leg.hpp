// SPDX-License-Identifier: Apache-2.0
// One leg as the node knows it: a value in the node's table, on the signalling thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "voice/node/leg_sdp.hpp"
#include "voice/signalling/sip_stack.hpp"
#include "voice_link.pb.h"

namespace hotline::voice::node {

struct Leg {
  enum class Kind : std::uint8_t { sip, webrtc };

  LegId id{};
  CallId call{};  ///< as the core set it; none before
  Kind kind = Kind::sip;
  link::LegState state = link::LEG_OFFERED;
  bool incoming = false;
  bool taken_up = false;  ///< a core has given a command for it
  bool accepted = false;  ///< our 200 is out; LEG_ANSWERED comes with the ACK
  bool announced = true;  ///< false: an incoming leg that waits for a core to tell it to
  bool ending = false;    ///< LegEnded is on its way; no command reaches it any more
  bool media_open = false;
  bool held_by_remote = false;
  bool delayed_offer = false;     ///< the INVITE had none: ours goes into the 200
  bool answer_expected = false;   ///< our offer is out: on_answered() brings the far end's answer
  bool early_media = false;       ///< an incoming leg that hears us before it is answered
  bool transfer_pending = false;  ///< REFER came; its outcome is told when the core ends the leg
  bool had_rtp_digit = false;     ///< digits come as RFC 4733; the same in INFO would count twice
  bool had_info_digit = false;    ///< digits come by INFO; the same in the sound would count twice
  std::string trunk{};
  std::string sip_call_id{};
  std::string end_reason{};                         ///< the far end's, kept until the leg's end is told
  std::string first_answer{};                       ///< to the INVITE's offer, made when it came
  std::optional<signalling::OutgoingCall> asked{};  ///< of a call of ours, without its offer
  LegSdp sdp{};
  media::Codec codec = media::Codec::pcma;
  std::optional<link::IncomingLeg> offer_event{};  ///< kept until announced

  LegId bridged_to{};  ///< a leg is in a bridge or in a mix, never in both
  MixId mix{};
  PlayId play{};
  bool play_stops_on_digit = false;
  bool play_ended_by_info = false;  ///< a digit by INFO ended the play: its PlayDone says digit
  bool record_aware = false;        ///< shows its user whether it is recorded: told in our descriptions (RFC 7866 6.2)
  RecordingId recording{};
  RecordingId recording_to_begin{};                   ///< with the answer, which may come while no core is there
  std::optional<TimePoint> recording_paused_until{};  ///< then it goes on by itself, should no core have said so

  TimePoint offered_at{};
  TimePoint answered_at{};
};

/// How a leg ended, until its statistics are there.
struct LegEnd {
  link::HangupCause cause = link::CAUSE_NORMAL;
  unsigned sip_status = 0;
  bool by_remote = false;
};

/// "leg=7 call=9 call-id=abc@host": on each log line about a leg; signalling's lines have leg and call-id too.
[[nodiscard]] std::string log_context(const Leg& leg);

}  // namespace hotline::voice::node
