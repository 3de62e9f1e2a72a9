// SPDX-License-Identifier: Apache-2.0
// One customer's call: its legs, its place in the IVR or the queue, the agent or outside party it is joined to.
//
// Pure: a CallStep changes a Call for one input and collects effects, in order. Lives on the core's live strand. A Call
// is plain data, stored after each step, so that a new core goes on where the old one was killed (resync()).
//
//   arriving -> ivr -> waiting -> talking -> ended
//                 ^       ^  |      |  ^
//                 |       |  +------+  |
//                 +-------+--- transferring
//
//   waiting: queued, or offered straight to an agent; while an agent rings, `agent` is set
//   talking: joined to an agent or outside party, or on hold
//   transferring: an outside number is being rung
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/call/flow.hpp"
#include "domain/call/interpreter.hpp"

namespace hotline::call {

enum class Stage : std::uint8_t { arriving, ivr, waiting, talking, transferring, ended };
[[nodiscard]] const char* to_string(Stage stage);

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

/// The agent a call rings at or is joined to.
struct AgentPart {
  AgentId agent;
  std::string number;  ///< staff number, shown as caller of the agent's SIP leg's far end
  bool browser = true;
  std::string sip_contact;
  LegId leg;                             ///< 0: a browser agent who has not answered, or whose page was lost
  bool answered = false;                 ///< the leg is up
  bool taken = false;                    ///< the agent has accepted the call (ACD: busy)
  std::optional<TimePoint> rings_until;  ///< of a phone; for calling it again when the node never heard of it
  friend bool operator==(const AgentPart&, const AgentPart&) = default;
};

/// An outside number the customer was transferred to.
struct ExternalPart {
  LegId leg;
  std::string number;
  bool answered = false;
  friend bool operator==(const ExternalPart&, const ExternalPart&) = default;
};

/// Where a call waits and since when. Kept after an agent took it, for coming back when a transfer or the agent's
/// device fails.
struct QueuePlace {
  std::string queue;  ///< code
  int priority = 0;
  std::map<std::string, int> skills;
  std::string music = "music/hold";
  TimePoint since{};
  friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

struct Call {
  CallId id;
  std::string node;               ///< voice node that carries the legs
  std::string channel = "phone";  ///< phone, web
  std::string from, from_display, to, service_line;
  Stage stage = Stage::arriving;
  TimePoint started_at{};
  LegId customer_leg;
  bool customer_browser = false;
  bool customer_answered = false;
  FlowPosition position;
  PlayId play;  ///< the play whose end the flow waits for
  std::optional<QueuePlace> place;
  bool queued = false;  ///< the ACD has it
  std::optional<AgentPart> agent;
  std::optional<ExternalPart> external;
  bool on_hold = false;
  std::optional<TimePoint> offered_at, connected_at, ended_at;
  std::optional<TimePoint> deadline;                ///< until when a lost agent page may come back, or a leg be set up
  RecordingId recording;                            ///< the running one; none when its end was reported
  std::optional<TimePoint> recording_paused_until;  ///< silence is recorded, at the longest until then
  std::optional<CustomerId> customer;
  std::string end_cause;

  /// Whether the call still goes on with this leg.
  [[nodiscard]] bool has_leg(LegId leg) const {
    return stage != Stage::ended &&
           (leg == customer_leg || (agent && agent->leg == leg) || (external && external->leg == leg));
  }
  friend bool operator==(const Call&, const Call&) = default;
};

// ---- effects: to the voice node
struct AnswerLeg {
  LegId leg;
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
using VoiceCommand = std::variant<AnswerLeg, RejectLeg, OriginateSip, AcceptBrowser, HangUpLeg, PlayTo, StopPlay,
                                  SendDigits, BridgeLegs, UnbridgeLeg, StartRecording, PauseRecording, ResumeRecording>;

// ---- effects: to the ACD (joined by app)
struct AskQueue {
  QueuePlace place;
};  ///< answer: queue_accepted() or queue_refused()
struct AskAgent {
  AgentId agent;
};                     ///< straight to one agent; answer: ring_agent() or agent_refused()
struct LeaveQueue {};  ///< waits no more, a running offer is withdrawn
struct OfferTaken {
  AgentId agent;
};
struct OfferFailed {
  AgentId agent;
  bool device = false;
};  ///< the agent declined, or (device) could not be reached
struct AgentFinished {
  AgentId agent;
};
struct AgentDeviceLost {
  AgentId agent;
};  ///< took the call, then the device went away for good

// ---- effects: to the records
/// One line of the contact's history; the values are text, app writes them as JSON.
struct History {
  std::string type;
  std::vector<std::pair<std::string, std::string>> data;
};
struct LegStarted {
  LegId leg;
  std::string role, kind, party;
  std::optional<AgentId> agent;
};
struct RecordingStarted {
  RecordingId recording;
  LegId leg;
};
/// The browser's SDP answer, for whoever owns the leg: the agent, or nullopt for the web caller.
struct SdpAnswer {
  std::optional<AgentId> agent;
  std::string sdp;
};
struct CallEnded {
  Cause cause;
};

using Effect = std::variant<VoiceCommand, AskQueue, AskAgent, LeaveQueue, OfferTaken, OfferFailed, AgentFinished,
                            AgentDeviceLost, History, LegStarted, RecordingStarted, SdpAnswer, CallEnded>;
using Effects = std::vector<Effect>;

/// What a voice node reports of a leg after a reconnection.
struct LegReport {
  bool present = false, answered = false;
  LegId bridged_to;
  PlayId play;
  RecordingId recording;
  bool recording_paused = false;
};

enum class Refusal : std::uint8_t { none, wrong_stage, not_your_call, no_media };
[[nodiscard]] const char* to_string(Refusal refusal);

struct Limits {
  Duration agent_setup{10'000};  ///< a browser's media must be up this long after the click
  Duration page_return{20'000};  ///< a lost agent page may come back
  Duration ring_external{40'000};
  Duration recording_pause_max{180'000};  ///< a pause of the recording ends by itself after this
  std::string default_queue = "general";  ///< code; where a call goes that has no place to go back to
};

class CallStep {
 public:
  CallStep(Call& call, const FlowBook& book, IdMaker& ids, TimePoint now, const Limits& limits = {});

  // -- the customer comes
  /// An incoming SIP leg: answered at once, the flow starts when the answer is confirmed.
  /// `network`: what else the network says, for the history: {"diverted_from", number}.
  void arrive(const std::string& flow, std::vector<std::pair<std::string, std::string>> network = {});
  /// A browser's call: its offer is accepted by the node, the flow starts once media is up.
  void arrive_browser(const std::string& flow, const std::string& offer_sdp);

  // -- what the voice node reports
  void leg_ringing(LegId leg);
  void leg_answered(LegId leg);
  void leg_ended(LegId leg, Cause cause);
  void webrtc_answer(LegId leg, const std::string& sdp);
  void digit(LegId leg, char digit);
  void play_done(LegId leg, PlayId play);
  void leg_replaced(LegId leg);           ///< another dialog goes on with it (SIP Replaces)
  void phone_hold(LegId leg, bool held);  ///< the agent's phone pressed hold
  /// The node's legs of this call after a reconnection: repeats what it had not got, settles what is gone. The node has
  /// reported every leg's end before, so a leg it does not know was never begun there.
  void resync(const std::map<LegId, LegReport>& legs);
  /// The node is gone with all its legs.
  void node_lost();

  // -- what the ACD says
  void queue_accepted();
  void queue_refused();
  void ring_agent(const AgentPart& agent, Duration ring_timeout);
  void stop_ringing(AgentId agent,
                    const std::string& why);  ///< the offer is over (time-out, withdrawn); the call goes on waiting
  void agent_refused(AgentId agent);          ///< a direct offer was not possible

  // -- what agents (and web callers) ask
  [[nodiscard]] Refusal agent_answers(AgentId agent, const std::string& offer_sdp);
  [[nodiscard]] Refusal agent_rejects(AgentId agent);
  [[nodiscard]] Refusal hold(AgentId agent);
  [[nodiscard]] Refusal resume(AgentId agent);
  [[nodiscard]] Refusal send_digits(AgentId agent, const std::string& digits);
  /// The pause ends with resume_recording(), at its limit, or when the agent leaves the call.
  [[nodiscard]] Refusal pause_recording(AgentId agent);
  [[nodiscard]] Refusal resume_recording(AgentId agent);
  [[nodiscard]] Refusal transfer_to_agent(AgentId from, AgentId to);
  [[nodiscard]] Refusal transfer_to_queue(AgentId from, QueuePlace place);
  [[nodiscard]] Refusal transfer_to_number(AgentId from, const std::string& number);
  [[nodiscard]] Refusal agent_hangs_up(AgentId agent);
  void customer_hangs_up();  ///< the web page's button, or its WebSocket is gone for good
  void end(Cause cause);     ///< by the system: shutdown

  // -- time
  void tick();

  [[nodiscard]] Effects take();

 private:
  void run(const FlowActions& actions);
  void start_flow();
  void play(std::vector<std::string> prompts, bool loop, bool stop_on_digit);
  void play_music();
  void call_agent_phone();
  void call_external();
  void resync_far_end(const std::map<LegId, LegReport>& legs);
  void connect();
  void end_recording_pause(const std::string& why);
  void resync_recording(const LegReport& customer);
  void release_agent(bool finished);
  void back_to_queue(const std::string& why);
  void finish(Cause cause);
  [[nodiscard]] Refusal check_talking(AgentId agent) const;
  void leave_agent_for_transfer(AgentId from);
  void history(std::string type, std::vector<std::pair<std::string, std::string>> data = {});
  void voice(VoiceCommand command) { out_.emplace_back(std::move(command)); }

  Call& call_;
  const FlowBook& book_;
  IdMaker& ids_;
  TimePoint now_;
  Limits limits_;
  Effects out_;
};

/// The call's next deadline: input time-out of the flow, or `deadline`.
[[nodiscard]] std::optional<TimePoint> next_due(const Call& call);

}  // namespace hotline::call
