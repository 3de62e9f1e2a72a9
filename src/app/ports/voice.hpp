// SPDX-License-Identifier: Apache-2.0
// What the core knows of voice nodes, as plain values: their reports, and the port commands leave by. The protocol
// itself (protobuf, sockets, epochs) is behind adapters/voice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/records.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/call/call.hpp"

namespace hotline::app {

struct GatewayStatus {
  std::string address;
  bool up = true;
  std::uint64_t calls = 0, failures = 0;
  std::optional<TimePoint> probed_at{};  ///< end of the last OPTIONS
  unsigned probe_status = 0;             ///< of its answer; 0: none came
  Duration probe_took{};
  friend bool operator==(const GatewayStatus&, const GatewayStatus&) = default;
};
struct TrunkStatus {
  std::string name;
  std::int64_t in_use = 0, channels_max = 0;
  std::int64_t in = 0, out = 0, in_max = 0, out_max = 0;  ///< maximum 0: none of its own
  std::uint64_t refused = 0;                              ///< calls that found no channel
  std::string registration{};                             ///< with the carrier; "" when it does not register
  std::vector<GatewayStatus> gateways{};
  std::string node{};                                                          ///< that reported it
  std::uint64_t calls_in = 0, calls_out = 0, refused_in = 0, refused_out = 0;  ///< since the node's start
  friend bool operator==(const TrunkStatus&, const TrunkStatus&) = default;
};

/// A voice node as it introduced itself.
struct NodeInfo {
  std::string name;
  std::uint64_t boot_id = 0;
  std::vector<TrunkStatus> trunks;
  std::string sip_udp, sip_tcp, webrtc_udp, recordings_dir;
  std::uint32_t calls_max = 0;
};

/// A voice node's counters since its start, as it reports them every 2 s.
struct NodeFigures {
  std::uint64_t legs = 0, rtp_received = 0, rtp_sent = 0;
  std::uint64_t rtp_lost = 0;  ///< gaps in what arrived
  std::uint64_t rtp_late = 0;  ///< relayed or played more than 40 ms late
  std::uint64_t recording_errors = 0, sip_rejected = 0;
  std::uint64_t sip_dropped = 0;  ///< strangers' requests that got no answer
  std::uint64_t sip_wrong_credentials = 0;
  std::uint64_t sip_silenced = 0;  ///< sources put on the greylist
  bool shedding = false;           ///< overloaded: new calls are refused
  std::uint64_t archive_waiting = 0, archive_done = 0, archive_failed = 0;
  bool archive_resting = false;
  std::uint64_t recordings_free = 0, recordings_total = 0;  ///< bytes
  unsigned recordings_room = 0;                             ///< 0 enough, 1 low, 2 short
  bool draining = false;                                    ///< it takes no new calls and ends after the last
  std::uint64_t calls = 0, phones = 0, recordings_open = 0;
  std::uint64_t memory_bytes = 0, cpu_ms = 0;
  std::int64_t started_at_ms = 0;
  // The outside recorder: copies it takes, copies it should take and does not, and what went wrong.
  std::uint64_t outside_open = 0, outside_waiting = 0, outside_failures = 0, outside_packets = 0, outside_dropped = 0;
};

/// Whether a node should be given calls of our own making.
struct NodeLoad {
  bool draining = false;  ///< it will end: none
  bool shedding = false;  ///< overloaded: only when there is no other
};

struct LegReported {
  CallId call;  ///< none: an incoming leg no core has taken up
  call::LegReport report;
};
struct NodeSnapshot : std::map<LegId, LegReported> {
  std::map<std::string, std::string> phones{};  ///< registered accounts and where they are reached
};

/// What a node has at a moment between two connections; answers VoicePort::ask().
struct NodeStanding {
  std::uint64_t mark = 0;
  NodeSnapshot snapshot;
  std::size_t recordings_open = 0;  ///< those of legs that have ended and are still being written included
};

/// What a node's registrar is told: who may register (RFC 7616; never a password).
struct PhoneAccount {
  std::string user, realm, ha1_md5, ha1_sha256;
  friend bool operator==(const PhoneAccount&, const PhoneAccount&) = default;
};

struct IncomingLeg {
  LegId leg;
  std::string trunk, from_user, from_display, to_user, sip_call_id, source;
  std::string asserted_user{};  ///< the caller as a trusted network says, also when withheld
  std::string diverted_from{};  ///< the number that was called and sends its calls here
  std::string referred_by{};
  std::string account{};  ///< staff number of the phone that calls, proved by its password
};
struct LegRinging {
  LegId leg;
  bool early_media = false;  ///< the far end sends its own ringing
};
struct LegAnswered {
  LegId leg;
  std::string codec;
};
/// What a node measured of a leg's sound, since it began. Units: *_x100 hundredths (loss of a percent), ms; 0: not
/// known.
struct MediaFigures {
  std::int64_t packets_received = 0, packets_sent = 0, packets_lost = 0, jitter_ms = 0;
  std::string codec;
  std::int64_t loss_x100 = 0, rtt_ms = 0, mos_x100 = 0, remote_loss_x100 = 0, remote_jitter_ms = 0;
};
struct LegEnded {
  LegId leg;
  call::Cause cause = call::Cause::normal;
  std::uint32_t sip_status = 0;
  bool by_remote = false;
  MediaFigures media{};
  std::string reason{};  ///< the far end's own words: "Q.850 17 (User busy)"
};
struct WebrtcAnswer {
  LegId leg;
  std::string sdp;
};
struct DigitHeard {
  LegId leg;
  char digit = 0;
};
struct PlayEnded {
  LegId leg;
  PlayId play;
  std::string missing_prompt;
};
struct HoldChanged {
  LegId leg;
  bool held = false;
};
struct TransferRequested {
  LegId leg;
  std::string target;
  LegId replaces_leg{};  ///< attended: the phone's other leg, whose party the customer is to be joined with
  std::string referred_by{};
};
/// Another dialog goes on with the leg (SIP Replaces): nothing changes for the call.
struct LegReplaced {
  LegId leg;
};
struct RecordingDone {
  RecordingId recording;
  LegId leg;
  std::string path;
  TimePoint started_at{}, ended_at{};
  std::int64_t frames = 0, bytes = 0;
  std::string problem;
};
/// The outside recorder (SIPREC) takes the call, or does not: `problem`.
struct OutsideRecordingChanged {
  LegId leg;
  bool taken = false;
  std::string server, problem;
};
/// A recording's WAV has been compressed; `problem`: it has not, and nothing was changed.
struct RecordingArchived {
  RecordingId recording;
  std::string path, format, key, sha256;
  std::int64_t bytes = 0, frames = 0;
  std::string problem;
};
struct RecordingFileDeleted {
  RecordingId recording;
  std::string path, problem;
};
/// What was said in SIP for a leg that has ended; its call may be closed already.
struct SipTraced {
  LegId leg;
  std::vector<SipMessage> messages;
  std::uint32_t left_out = 0;
};

/// A phone of an account, as a node's registrar has it.
struct PhoneChanged {
  std::string user;  ///< staff number
  bool registered = false;
  std::string contact;  ///< SIP URI at which it is reached
};
struct CommandFailed {
  LegId leg;
  std::string command, why;
};
using VoiceReport = std::variant<IncomingLeg, LegRinging, LegAnswered, LegEnded, WebrtcAnswer, DigitHeard, PlayEnded,
                                 HoldChanged, TransferRequested, LegReplaced, RecordingDone, RecordingArchived,
                                 RecordingFileDeleted, PhoneChanged, CommandFailed, SipTraced, OutsideRecordingChanged>;

struct VoiceEvent {
  std::uint64_t seq = 0;  ///< counts from 1 per boot of the node
  TimePoint at{};         ///< the node's clock
  VoiceReport report;
};

// What the ledger asks of a node's files (ADR 13); said again until it is done.
struct ArchiveRecording {
  RecordingId recording;
  std::string path;  ///< of the WAV
};
struct DeleteRecordingFile {
  RecordingId recording;
  std::string path;
  std::string kept_as;  ///< the file goes only if this one is there; empty: in any case
};
using FileCommand = std::variant<ArchiveRecording, DeleteRecordingFile>;

/// Where commands to voice nodes leave the core. Implementations never block; a command to a node that is away is
/// dropped, since the reconnection settles what it should have done (Live::node_snapshot).
class VoicePort {
 public:
  virtual ~VoicePort() = default;
  virtual void send(const std::string& node, CallId call, const call::VoiceCommand& command) = 0;
  /// `boot_id`: the boot the event was of; one of an earlier boot is of no use and ignored.
  virtual void acknowledge(const std::string& node, std::uint64_t boot_id, std::uint64_t seq) = 0;
  virtual void drain(const std::string& node, bool on) = 0;
  /// NodeStanding answers, with this mark, after everything that was sent before.
  virtual void ask(const std::string& /*node*/, std::uint64_t /*mark*/) {}
  virtual void send_file_command(const std::string& /*node*/, const FileCommand& /*command*/) {}
  /// All accounts, replacing those told before.
  virtual void set_accounts(const std::string& node, const std::vector<PhoneAccount>& accounts) {
    (void)node, (void)accounts;
  }
};

}  // namespace hotline::app
