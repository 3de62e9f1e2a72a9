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
//   talking: joined to an agent or outside party, or on hold; the agent may consult a third party meanwhile
//            (Consultation, docs/adr/0014): consultation.cpp
//   transferring: an outside number is being rung
//   dialing: outbound; the agent's leg is set up, then the customer is rung, then talking: outbound.cpp
//   Calls that agents make at their phones, and second calls of a phone (docs/adr/0016): phone_calls.cpp
//   Supervisors in a call (docs/adr/0021): supervision.cpp
#pragma once

#include <algorithm>
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
#include "domain/call/supervision.hpp"
#include "domain/call/voice_commands.hpp"

namespace hotline::call {

enum class Stage : std::uint8_t { arriving, ivr, waiting, talking, transferring, dialing, ended };
[[nodiscard]] const char* to_string(Stage stage);

/// An outside number the customer was transferred to, or the agent consults.
struct ExternalPart {
  LegId leg;
  std::string number;
  bool answered = false;
  std::string shown;  ///< the number shown to it; empty: the customer's
  friend bool operator==(const ExternalPart&, const ExternalPart&) = default;
};

/// An agent the caller should be given to, and why: owner, last, requested.
struct PreferredAgent {
  AgentId agent;
  std::string as = "requested";
  friend bool operator==(const PreferredAgent&, const PreferredAgent&) = default;
};

/// Where a call waits and since when. Kept after an agent took it, for coming back when a transfer or the agent's
/// device fails.
struct QueuePlace {
  std::string queue;  ///< code
  int priority = 0;
  std::map<std::string, int> skills;
  std::string music = "music/hold";
  TimePoint since{};
  TimePoint entered{};   ///< this queue; the waiting clock `since` may be older
  int moves = 0;         ///< how often exits of queues have sent the caller on
  bool may_exit = true;  ///< false: came back from an agent; the queue's exits leave the caller alone
  std::vector<PreferredAgent> preferred{};
  friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

/// Who asked the one the call rings at, or is with, and what for: shown to them beside what was written so far.
struct Asked {
  AgentId by;
  std::string why;  ///< the agent's own words; may be empty
  TimePoint at{};
  friend bool operator==(const Asked&, const Asked&) = default;
};

/// Whom an agent in a consultation talks to.
enum class With : std::uint8_t {
  consulted,  ///< in private; the customer hears music
  customer,   ///< the consulted party hears music (broker)
  everyone,   ///< three-way conference
};

/// The agent of the call asks someone else while the customer stays on the line (requirement A6): a colleague, a queue
/// (expert group), or an outside number. Exactly one of `agent` and `external` is set once somebody rings.
struct Consultation {
  std::string kind;                 ///< agent, queue, number
  std::string target;               ///< agent's id, queue's code, number
  std::optional<QueuePlace> place;  ///< of a queue
  bool queued = false;              ///< the ACD has it
  std::optional<AgentPart> agent;
  std::optional<ExternalPart> external;
  With with = With::consulted;
  bool early_media = false;  ///< the outside party's network sends its own ringing or announcement: let through
  LegId own_leg;             ///< the agent's phone asked by a second call: that call's leg; their first stays
  bool own_answered = false, own_held = false;  ///< of own_leg: we have answered it; the phone has it on hold
  TimePoint since{};
  std::optional<TimePoint> connected_at;
  std::optional<TimePoint> deadline;    ///< until when the consulted agent's page may come back, or be set up
  std::optional<Asked> former_asked{};  ///< Call::asked before, for when this comes to nothing
  [[nodiscard]] bool answered() const { return (agent && agent->answered) || (external && external->answered); }
  /// The leg of whoever is consulted; none while nobody rings.
  [[nodiscard]] LegId leg() const { return agent ? agent->leg : external ? external->leg : LegId{}; }
  friend bool operator==(const Consultation&, const Consultation&) = default;
};

struct CallBackTry {
  TimePoint at{};
  std::string cause;  ///< why the customer was not reached
  friend bool operator==(const CallBackTry&, const CallBackTry&) = default;
};

/// The customer is called back and keeps the place they had (docs/adr/0019). While nobody is called, the call has no
/// leg and no voice node.
struct CallBack {
  std::string number;
  std::string of;                                ///< the contact that asked for it; "": from the web
  std::string how;                               ///< digit, abandoned, web, wait, ...
  std::uint32_t attempts = 0, attempts_max = 3;  ///< calls to the customer so far, and at most
  Duration busy_retry{120'000}, retry{900'000};  ///< until the next attempt when busy, and otherwise
  std::optional<TimePoint> next_at;              ///< waits for this before it goes into the queue again
  TimePoint expires_at{};                        ///< not begun later
  std::vector<CallBackTry> tries{};              ///< each call to the customer that came to nothing
  friend bool operator==(const CallBack&, const CallBack&) = default;
};

struct Call {
  CallId id;
  std::string node;               ///< voice node that carries the legs
  std::string channel = "phone";  ///< phone, web
  /// inbound; outbound: `from` is the number shown, `to` the customer's; internal: from one agent's phone to another
  /// agent, the caller's leg is the customer's
  std::string direction = "inbound";
  std::optional<AgentId> caller;  ///< internal: whose phone calls
  std::string from, from_display, to, service_line;
  std::optional<std::string> trunk;  ///< the customer came in on
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
  std::optional<Consultation> consult;
  std::vector<Supervision> supervisions;  ///< in the order in which they began
  bool mixed = false;       ///< customer and agent stay in the mix a supervisor has left: going back would be heard
  std::string consult_end;  ///< why the last consultation came to nothing, until the agent goes on; "" when not
  PlayId side_play;         ///< what somebody else than the customer hears: ringing, music
  bool customer_called = false;  ///< outbound: the customer's leg has been asked for
  bool early_media = false;      ///< outbound: the customer's network sends its own ringing
  bool on_hold = false;
  std::optional<TimePoint> offered_at, connected_at, ended_at;
  std::optional<TimePoint> deadline;                ///< until when a lost agent page may come back, or a leg be set up
  RecordingId recording;                            ///< the running one; none when its end was reported
  RecordingId recording_planned;                    ///< begins with the customer's answer, whoever hears of it
  std::optional<TimePoint> recording_paused_until;  ///< silence is recorded, at the longest until then
  std::optional<CustomerId> customer;
  std::string end_cause;
  std::string forward_to;             ///< instead of its flow the call goes to this outside number
  bool announcing = false;            ///< a waiting caller hears an announcement; music goes on after it
  std::optional<CallBack> call_back;  ///< outbound, and the customer waits for it
  std::optional<Asked> asked;         ///< of the last consultation or transfer to somebody else

  /// A call-back whose customer is not on the line: nothing of it is at a voice node unless an agent is rung.
  [[nodiscard]] bool waits_to_call_back() const { return call_back && !customer_called && stage == Stage::waiting; }

  /// Whether the call still goes on with this leg.
  [[nodiscard]] bool has_leg(LegId leg) const {
    return stage != Stage::ended &&
           (leg == customer_leg || (agent && agent->leg == leg) || (external && external->leg == leg) ||
            (consult && (consult->leg() == leg || consult->own_leg == leg)) || supervision_at(leg) != nullptr);
  }
  [[nodiscard]] const Supervision* supervision_at(LegId leg) const {
    const auto found = std::find_if(supervisions.begin(), supervisions.end(),
                                    [&](const Supervision& s) { return leg && s.who.leg == leg; });
    return found == supervisions.end() ? nullptr : &*found;
  }
  [[nodiscard]] const Supervision* supervision_by(AgentId id) const {
    const auto found =
        std::find_if(supervisions.begin(), supervisions.end(), [&](const Supervision& s) { return s.who.agent == id; });
    return found == supervisions.end() ? nullptr : &*found;
  }
  /// Whether this agent has the call, is rung for it, is consulted, supervises it, or has made it to a colleague.
  [[nodiscard]] bool has_agent(AgentId id) const {
    return (agent && agent->agent == id) || (consult && consult->agent && consult->agent->agent == id) ||
           caller == id || supervision_by(id) != nullptr;
  }
  [[nodiscard]] bool internal() const { return direction == "internal"; }
  friend bool operator==(const Call&, const Call&) = default;
};

// ---- effects: to the ACD (joined by app)
struct AskQueue {
  QueuePlace place;
  bool consulting = false;  ///< the customer does not wait: an expert is looked for
};                          ///< answer: queue_accepted() or queue_refused()
struct AskAgent {
  AgentId agent;
};                     ///< straight to one agent; answer: ring_agent() or agent_refused()
struct LeaveQueue {};  ///< waits no more, a running offer is withdrawn
struct PressedWaiting {
  char digit;
};  ///< answer: queue_exit() when the queue has an exit for it
/// The caller is to be called back and keeps their place; answer: call_back_noted() or call_back_refused().
struct AskCallBack {
  std::string how;
};
struct OfferTaken {
  AgentId agent;
};
struct OfferFailed {
  AgentId agent;
  bool device = false;
};  ///< the agent declined, or (device) could not be reached
struct AgentFinished {
  AgentId agent;
  bool wrap_up = true;  ///< false: was only consulted, has nothing to write down
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

using Effect =
    std::variant<VoiceCommand, AskQueue, AskAgent, LeaveQueue, PressedWaiting, AskCallBack, OfferTaken, OfferFailed,
                 AgentFinished, AgentDeviceLost, History, LegStarted, RecordingStarted, SdpAnswer, CallEnded>;
using Effects = std::vector<Effect>;

/// What a voice node reports of a leg after a reconnection.
struct LegReport {
  bool present = false, answered = false;
  LegId bridged_to;
  PlayId play;
  RecordingId recording;
  bool recording_paused = false;
  MixId mix;
};

/// Who hears what, as it follows from the call's state alone. A leg is in at most one of bridge and mix, and hears a
/// play only when it is in neither.
struct Sound {
  std::pair<LegId, LegId> bridge;
  std::vector<LegId> mix;
  std::vector<Unheard> not_heard;  ///< in the mix
  bool supervised = false;         ///< the mix is, or was, a supervisor's
  bool customer_music = false;
  LegId side_leg;           ///< agent or consulted party who waits
  std::string side_prompt;  ///< what they hear
  [[nodiscard]] bool joins(LegId leg) const;
  friend bool operator==(const Sound&, const Sound&) = default;
};
/// Of a call in the IVR: nothing, the flow speaks.
[[nodiscard]] Sound sound_of(const Call& call);
[[nodiscard]] inline MixId mix_of(const Call& call) {
  return MixId{call.id.value()};
}

enum class Refusal : std::uint8_t {
  none,
  wrong_stage,
  not_your_call,
  no_media,
  no_consultation,
  not_supervised,        ///< nobody of this id supervises the call
  takes_part,            ///< the supervisor is in the call already, as agent or consulted
  too_many_supervisors,  ///< supervisors_max
};
[[nodiscard]] const char* to_string(Refusal refusal);

struct Limits {
  Duration agent_setup{10'000};  ///< a browser's media must be up this long after the click
  Duration page_return{20'000};  ///< a lost agent page may come back
  Duration ring_external{40'000};
  Duration recording_pause_max{180'000};  ///< a pause of the recording ends by itself after this
  Duration ring_customer{60'000};         ///< an outbound call's
  Duration ring_own_phone{20'000};        ///< the agent's own phone, for an outbound call
  std::string default_queue = "general";  ///< code; where a call goes that has no place to go back to
};

class CallStep {
 public:
  CallStep(Call& call, const FlowBook& book, IdMaker& ids, TimePoint now, const Limits& limits = {});

  /// The customer is to be called back: waits in the queue like a caller, with the clock of `place`.
  void begin_call_back(CallBack call_back, QueuePlace place);
  /// The customer has reached us by themselves, or a supervisor says so: not called any more. False once an agent has
  /// it in hand.
  bool cancel_call_back(const std::string& why);
  /// What waits for its next try goes into the queue now, in its place. False when it waits for nothing but an agent.
  bool hasten_call_back();

  // -- the customer comes
  /// An incoming SIP leg: answered at once, the flow starts when the answer is confirmed.
  /// `network`: what else the network says, for the history: {"diverted_from", number}.
  void arrive(const std::string& flow, std::vector<std::pair<std::string, std::string>> network = {});
  /// A browser's call: its offer is accepted by the node, the flow starts once media is up.
  void arrive_browser(const std::string& flow, const std::string& offer_sdp);

  /// An outbound call: the agent's own leg first (a browser's agent_answers() is awaited), then `to` is rung.
  void dial(const AgentPart& agent);

  // -- calls made at an agent's phone (docs/adr/0016): its leg has come in and is not answered yet
  /// To an outside number: `agent` has the leg, call_.to is rung at once.
  void phone_dials(const AgentPart& agent);
  /// To a colleague, asked straight away.
  void phone_calls_agent(AgentId caller, AgentId to);

  // -- what the voice node reports
  void leg_ringing(LegId leg, bool early_media = false);
  void leg_answered(LegId leg);
  void leg_ended(LegId leg, Cause cause);
  void webrtc_answer(LegId leg, const std::string& sdp);
  void digit(LegId leg, char digit);
  void play_done(LegId leg, PlayId play);
  void leg_replaced(LegId leg);  ///< another dialog goes on with it (SIP Replaces)
  /// The agent's phone pressed hold, or moved between its two calls.
  void phone_hold(LegId leg, bool held);
  /// The node's legs of this call after a reconnection: repeats what it had not got, settles what is gone. The node has
  /// reported every leg's end before, so a leg it does not know was never begun there.
  void resync(const std::map<LegId, LegReport>& legs);
  /// The node is gone with all its legs.
  void node_lost();

  // -- what the ACD says
  void queue_accepted();
  void queue_refused();
  /// The queue sends the caller on by one of its exits: "queue:CODE", "flow:NAME", "call_back", "hang_up".
  void queue_exit(const std::string& why, const std::string& target);
  /// The answers to AskCallBack: noted, the call ends; or not possible, the caller waits on.
  void call_back_noted();
  void call_back_refused(const std::string& why);
  /// The waiting caller hears these prompt keys (with language folder), then music again.
  void announce(std::vector<std::string> prompts);
  /// `reason`: why this agent, for the history.
  void ring_agent(const AgentPart& offered, Duration ring_timeout,
                  std::vector<std::pair<std::string, std::string>> reason = {});
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
  [[nodiscard]] Refusal transfer_to_agent(AgentId from, AgentId to, std::string why = {});
  [[nodiscard]] Refusal transfer_to_queue(AgentId from, QueuePlace place, std::string why = {});
  [[nodiscard]] Refusal transfer_to_number(AgentId from, const std::string& number);
  /// The agent leaves the call. In a private consultation, or out of a conference, the customer is handed over to
  /// whoever is consulted; otherwise the call ends. A consulted agent only leaves the consultation.
  [[nodiscard]] Refusal agent_hangs_up(AgentId agent);

  // -- consultation (docs/adr/0014); `from` has the call and talks. `own_leg`: the agent's phone asks by a second call,
  // which is answered when whoever is consulted answers; `why`: what is asked, for who is consulted (Call::asked)
  [[nodiscard]] Refusal consult_agent(AgentId from, AgentId to, LegId own_leg = {}, std::string why = {});
  [[nodiscard]] Refusal consult_queue(AgentId from, QueuePlace place, LegId own_leg = {}, std::string why = {});
  /// `shown` is the number shown to the outside party.
  [[nodiscard]] Refusal consult_number(AgentId from, const std::string& number, const std::string& shown,
                                       LegId own_leg = {});
  /// The customer goes to whoever is consulted, who may still be ringing; `from` is free.
  [[nodiscard]] Refusal complete_transfer(AgentId from);
  /// All three hear each other.
  [[nodiscard]] Refusal make_conference(AgentId from);
  /// From the consulted party to the customer and back; out of a conference: to the consulted party in private.
  [[nodiscard]] Refusal swap(AgentId from);
  /// The consulted party is let go; agent and customer talk again.
  [[nodiscard]] Refusal end_consultation(AgentId from);
  // -- supervision (docs/adr/0021); whether `by` may is for the caller to check
  /// Begins the act, or changes what it is. A browser's agent_answers() is awaited, a phone is rung.
  [[nodiscard]] Refusal supervise(const AgentPart& by, SuperviseMode mode);
  [[nodiscard]] Refusal end_supervision(AgentId by, const std::string& why);

  void customer_hangs_up();  ///< the web page's button, or its WebSocket is gone for good
  void end(Cause cause);     ///< by the system: shutdown

  // -- time
  void tick();

  [[nodiscard]] Effects take();

 private:
  void run(FlowActions actions);
  void start_flow();
  void forward();
  void play(std::vector<std::string> prompts, bool loop, bool stop_on_digit);
  void play_music();
  void play_side(const Sound& sound);
  void call_phone(const AgentPart& agent, LegId near);
  void call_external(const ExternalPart& external, LegId near);
  void call_customer();
  void plan_recording();
  void call_back_not_reached(Cause cause);
  void call_back_left(Cause cause);
  void call_back_waits_again(const std::string& why);
  void resync_far_end(const std::map<LegId, LegReport>& legs);
  void resync_missing(const std::map<LegId, LegReport>& legs);
  void resync_sound(const std::map<LegId, LegReport>& legs);
  /// Says what leads from one arrangement of sound to the one the call's state now asks for.
  void rearrange(const Sound& before);
  [[nodiscard]] bool in_consultation(LegId leg) const { return leg && call_.consult && call_.consult->leg() == leg; }
  [[nodiscard]] bool is_consulted(AgentId agent) const {
    return call_.consult && call_.consult->agent && call_.consult->agent->agent == agent;
  }
  [[nodiscard]] Refusal begin_consultation(AgentId from, Consultation consult, std::string why = {});
  [[nodiscard]] Refusal consulted_answers(const std::string& offer_sdp);
  void consult_connected();
  void turn_to(With with);
  void own_leg_ended();
  /// The second call of the agent's phone is over: the customer is held if the phone holds its first.
  void hold_as_the_phone_does();
  void progress_own_leg(bool early_media);
  void answer_caller();
  void confirmed(LegId leg);
  void resync_phone(const std::map<LegId, LegReport>& legs);
  void consult_leg_ended(Cause cause);
  [[nodiscard]] Supervision* supervision_of(AgentId agent);
  [[nodiscard]] Refusal supervisor_answers(Supervision& supervision, const std::string& offer_sdp);
  void supervisor_connected(Supervision& supervision);
  void supervisor_leg_ended(Supervision& supervision, Cause cause);
  /// The supervisor is out of the call; the others talk on.
  void drop_supervision(AgentId by, const std::string& why, LegId over = {});
  void drop_supervisions(const std::string& why);
  void take_over(AgentId by);
  /// Lets go of whoever is consulted, for `why`, without touching agent and customer. The state is settled; sound is
  /// the caller's.
  void drop_consultation(const std::string& why, bool device_lost = false);
  /// The same, and the agent is where they were before: the customer on hold, or talking to them.
  void consultation_failed(const std::string& why, bool device_lost = false);
  void hand_over(const std::string& cause, bool device_lost = false);
  void reconnect(const Sound& before);
  void agent_page_lost(Cause cause);
  void agent_is_gone();
  void dialing_leg_ended(LegId leg, Cause cause);
  void customer_reached(const Sound& before);
  void give_up_dialing(Cause cause);
  void connect(const Sound& before);
  void end_recording_pause(const std::string& why);
  void resync_recording(const LegReport& customer);
  void release_agent(bool finished, Cause cause = Cause::normal);
  void back_to_queue(const std::string& why);
  void finish(Cause cause);
  [[nodiscard]] Refusal check_talking(AgentId agent) const;
  void leave_agent_for_transfer(AgentId from, std::string why = {});
  void history(std::string type, std::vector<std::pair<std::string, std::string>> data = {});
  /// Not of the leg whose end this step is about, which is over already.
  void hang_up(LegId leg, Cause cause) {
    if (leg && leg != gone_) voice(HangUpLeg{leg, cause});
  }
  void voice(VoiceCommand command) { out_.emplace_back(std::move(command)); }

  Call& call_;
  const FlowBook& book_;
  IdMaker& ids_;
  TimePoint now_;
  Limits limits_;
  Effects out_;
  LegId gone_;
};

/// Why this agent could not supervise() the call now; none when they could.
[[nodiscard]] Refusal may_supervise(const Call& call, AgentId by);

/// The call's next deadline: input time-out of the flow, or `deadline`.
[[nodiscard]] std::optional<TimePoint> next_due(const Call& call);

}  // namespace hotline::call
