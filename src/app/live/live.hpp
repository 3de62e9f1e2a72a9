// SPDX-License-Identifier: Apache-2.0
// The live operation: joins the call model and the ACD, keeps the records, answers desks and voice nodes.
//
// Pure like the domains it joins: an input and the time go in, effects come out; the simulator drives it in virtual
// time. Lives on the core's one live strand. The driver (adapters/live) commits `changes` and lets `outward` leave
// after that, in order, so that nothing is acknowledged, said or shown before it is durable.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/day_figures.hpp"
#include "app/dial_rules.hpp"
#include "app/live/agent_day.hpp"
#include "app/live/effects.hpp"
#include "app/live/entry.hpp"
#include "app/live/outside_recording.hpp"
#include "app/live/watchdog.hpp"
#include "app/routing.hpp"
#include "app/wallboard_settings.hpp"
#include "domain/acd/acd.hpp"
#include "domain/acd/admission.hpp"
#include "domain/acd/recent_callers.hpp"
#include "domain/call/call.hpp"

namespace hotline::app {

struct LiveConfig {
  std::string entry_number = "1000";      ///< web calls without a number of their own go here
  std::string default_queue = "general";  ///< where callers go when their flow is broken
  Duration service_level_threshold{20'000};
  Duration short_abandon{5'000};
  std::chrono::minutes utc_offset{480};  ///< the wallboard's day
  Duration closing_max{30'000};          ///< legs and recordings of an ended call are waited for this long
  std::uint32_t calls_max = 10'000;      ///< live calls; more are refused with 503
  unsigned retry_after_s = 10;
  DialRules outbound;
  OutsideRules outside;
  std::chrono::days trace_kept{14};  ///< SIP messages of contacts; 0: for ever
  call::Limits call;
};

/// What the store and the flow files give at start.
struct LiveStart {
  World world;
  std::shared_ptr<const call::FlowBook> flows;
  LiveState state;
  std::vector<Contact> open_contacts;         ///< outcome live; those without a live call are settled as lost
  std::vector<Recording> running_recordings;  ///< of all nodes
  std::vector<QueueDay> day;
  std::vector<Contact> recent;  ///< of the last hour, oldest first: repeat callers
};

struct SetState {
  AgentId agent;
  std::string state, reason, device, sip_contact;
};
struct WrapUp {
  AgentId agent;  ///< who writes it
  ContactId contact;
  std::string reason_code, result_code, note, next, pause_reason;
  std::int64_t stored_history = 0;  ///< events the store has of the contact, for one that is no longer live
};
/// A queue as an administrator sets it; a new one has no id.
struct SetQueue {
  QueueId id;
  std::string code;
  Names name;
  std::string service_line;
  Duration offer_timeout{20'000}, wrap_up{60'000};
  std::int64_t waiting_max = 1000;
  QueueRouting routing;
};
struct SetAgentSkills {
  AgentId agent;
  std::vector<std::string> queues;             ///< codes
  std::map<std::string, std::int64_t> skills;  ///< code -> level
};
struct SetLineOperation {
  ServiceLineId line;
  LineOperation operation;
  service_line::Measured measured;  ///< over operation.measured_over_ms
  bool despite = false;             ///< an administrator takes it in although conditions are not met
};
/// A customer asks on the web page to be called.
struct WebCallBack {
  std::string number, queue;  ///< queue: code
};
/// A call-back that came to nothing, as the store has it.
struct RepeatCallBack {
  std::string number, queue, of;  ///< of: the contact of the former
};
struct TransferTo {
  std::string kind, target;  ///< kind: agent, queue, number
  std::string why{};         ///< what is asked, for who is asked
};
/// What a supervisor does in a call: listen, whisper, barge, take_over.
struct Supervise {
  AgentId by;
  CallId call;
  std::string mode;
};
/// What an agent has written about their call so far.
struct Notes {
  AgentId agent;
  CallId call;
  std::string reason_code, result_code, note;
};
enum class ConsultStep : std::uint8_t { complete, conference, swap, end };
/// A call an agent makes.
struct Dial {
  AgentId agent;
  std::string number;
  std::string service_line;  ///< code: for the number shown and the records; may be empty
};
struct WebCall {
  std::string number, language, offer_sdp, name;
};

class Live {
 public:
  Live(LiveConfig config, IdMaker ids);

  /// Rebuilds from the store. Before any other input.
  [[nodiscard]] LiveEffects start(LiveStart start, TimePoint now);

  // -- voice nodes
  /// A node introduced itself. A new boot of it means its former calls are gone: they are settled.
  [[nodiscard]] LiveEffects node_connected(const NodeInfo& info, TimePoint now);
  /// After the events that were not acknowledged: what the node has. Repeats what it never heard, settles what is gone.
  [[nodiscard]] LiveEffects node_snapshot(const std::string& node, const NodeSnapshot& snapshot, TimePoint now);
  [[nodiscard]] LiveEffects node_disconnected(const std::string& node, TimePoint now);
  /// The node will not come back (its process is known to be dead): its calls are settled at once.
  [[nodiscard]] LiveEffects node_dead(const std::string& node, TimePoint now);
  [[nodiscard]] LiveEffects node_event(const std::string& node, const VoiceEvent& event, TimePoint now);
  /// Figures of live legs, every few seconds.
  [[nodiscard]] LiveEffects leg_quality(const std::map<LegId, MediaFigures>& legs);
  /// What a node says of itself every 2 s, and at once when it begins to drain.
  void node_reported(const std::string& node, std::vector<TrunkStatus> trunks, const NodeLoad& load);
  /// The answer to AskNode: compared with what the core has (live_watchdog.cpp).
  [[nodiscard]] LiveEffects node_stands(const std::string& node, const NodeStanding& standing, TimePoint now);
  /// Differences repaired since the start, by kind; every kind is there.
  [[nodiscard]] std::map<std::string, std::uint64_t> differences() const;
  /// What the node is to be told after a connection: how far its events have been taken up.
  [[nodiscard]] NodeCursor cursor(const std::string& node) const;

  // -- desks and API
  /// The agent's desk has been away for longer than a reload takes: a ready browser agent is not offered calls any
  /// more.
  [[nodiscard]] LiveEffects desk_lost(AgentId agent, TimePoint now);
  [[nodiscard]] LiveEffects set_agent_state(RequestId request, const SetState& command, TimePoint now);
  /// Gives the agent's phone an account, or takes it away (an empty one): the nodes are told after the commit.
  [[nodiscard]] LiveEffects set_sip_account(RequestId request, AgentId agent, SipAccount account, TimePoint now);
  [[nodiscard]] LiveEffects agent_answers(RequestId request, AgentId agent, CallId call, const std::string& offer_sdp,
                                          TimePoint now);
  [[nodiscard]] LiveEffects agent_rejects(RequestId request, AgentId agent, CallId call, TimePoint now);
  [[nodiscard]] LiveEffects hold(RequestId request, AgentId agent, CallId call, bool on, TimePoint now);
  [[nodiscard]] LiveEffects send_digits(RequestId request, AgentId agent, CallId call, const std::string& digits,
                                        TimePoint now);
  /// Silence is recorded while it is on, at most for call::Limits::recording_pause_max.
  [[nodiscard]] LiveEffects pause_recording(RequestId request, AgentId agent, CallId call, bool on, TimePoint now);
  [[nodiscard]] LiveEffects transfer(RequestId request, AgentId agent, CallId call, const TransferTo& to,
                                     TimePoint now);
  /// The customer hears music, the agent talks to a colleague, somebody of a queue, or an outside number.
  [[nodiscard]] LiveEffects consult(RequestId request, AgentId agent, CallId call, const TransferTo& whom,
                                    TimePoint now);
  [[nodiscard]] LiveEffects consult_step(RequestId request, AgentId agent, CallId call, ConsultStep what,
                                         TimePoint now);
  /// Kept with the call and shown to whoever is consulted or takes it over.
  [[nodiscard]] LiveEffects set_notes(RequestId request, const Notes& notes, TimePoint now);
  /// The reply has the new call: a browser agent's desk answers it like one that rang.
  [[nodiscard]] LiveEffects dial(RequestId request, const Dial& command, TimePoint now);
  [[nodiscard]] LiveEffects agent_hangs_up(RequestId request, AgentId agent, CallId call, TimePoint now);
  /// Reason, outcome and note; ends the wrap-up when the agent is still in it for this contact.
  [[nodiscard]] LiveEffects wrap_up(RequestId request, const WrapUp& command, TimePoint now);

  // -- supervisors (live_supervise.cpp); whether they are is for the caller to check
  /// Begins the act or changes it. Their own leg comes first: a browser's desk answers the call like one that rang, a
  /// phone rings. They are busy with the call; afterwards they are what they were.
  [[nodiscard]] LiveEffects supervise(RequestId request, const Supervise& command, TimePoint now);
  /// `whose` act ends: their own, or another supervisor's.
  [[nodiscard]] LiveEffects end_supervision(RequestId request, AgentId whose, CallId call, TimePoint now);
  /// A call out of its queue to this supervisor, whatever its place and their state.
  [[nodiscard]] LiveEffects pull_call(RequestId request, AgentId by, CallId call, TimePoint now);
  /// Those who talk, then those who wait by their clocks; at most `limit`.
  [[nodiscard]] std::vector<FloorCallView> floor(std::size_t limit) const;
  /// Who has the call, for the audit.
  [[nodiscard]] std::optional<AgentId> agent_with(CallId call) const;

  // -- configuration while the hotline runs (live_config.cpp); calls are not touched
  [[nodiscard]] LiveEffects set_queue(RequestId request, const SetQueue& command, TimePoint now);
  [[nodiscard]] LiveEffects set_skill(RequestId request, const std::string& code, const Names& name, TimePoint now);
  [[nodiscard]] LiveEffects set_rules(RequestId request, const RoutingRules& rules, TimePoint now);
  [[nodiscard]] LiveEffects set_agent_skills(RequestId request, const SetAgentSkills& command, TimePoint now);
  [[nodiscard]] LiveEffects set_line_operation(RequestId request, const SetLineOperation& command, TimePoint now);

  [[nodiscard]] LiveEffects set_wallboard(RequestId request, const WallboardSettings& settings, TimePoint now);

  // -- call-backs (live_waiting.cpp)
  /// The reply has the call-back, also one that was asked for before.
  [[nodiscard]] LiveEffects web_call_back(RequestId request, const WebCallBack& command, TimePoint now);
  /// One that waits for its next try is due now.
  [[nodiscard]] LiveEffects hasten_call_back(RequestId request, CallId call, TimePoint now);
  /// One that is over begins anew, with all its tries, behind those who wait now.
  [[nodiscard]] LiveEffects repeat_call_back(RequestId request, const RepeatCallBack& command, TimePoint now);
  [[nodiscard]] LiveEffects cancel_call_back(RequestId request, CallId call, TimePoint now);
  /// With the waits to be expected when the time is given.
  [[nodiscard]] std::vector<CallBackView> call_backs(std::optional<TimePoint> now = {}) const;

  // -- web callers
  [[nodiscard]] LiveEffects web_call(RequestId request, const WebCall& command, TimePoint now);
  [[nodiscard]] LiveEffects web_digit(CallId call, char digit, TimePoint now);
  [[nodiscard]] LiveEffects web_hangs_up(CallId call, TimePoint now);

  // -- answers and changes
  [[nodiscard]] LiveEffects customer_found(CallId call, const Customer& customer, TimePoint now);
  void use_flows(std::shared_ptr<const call::FlowBook> flows) { flows_ = std::move(flows); }
  /// False while the store cannot commit: new calls are refused.
  void set_store_healthy(bool healthy) { store_healthy_ = healthy; }
  [[nodiscard]] LiveEffects drain(TimePoint now);
  /// Ends what is left after the drain's limit.
  [[nodiscard]] LiveEffects end_all(TimePoint now);

  // -- time
  [[nodiscard]] LiveEffects tick(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  // -- looking
  [[nodiscard]] std::size_t live_calls() const;
  /// Nothing is open any more: no call, no leg or recording whose end is still to be told.
  [[nodiscard]] bool settled() const;
  /// A voice node as it introduced itself; nullptr when it is not connected.
  [[nodiscard]] const NodeInfo* node(const std::string& name) const;
  [[nodiscard]] Wallboard wallboard(TimePoint now) const;
  /// Agents who were there today, with what they did.
  [[nodiscard]] std::vector<AgentFiguresView> agent_figures(TimePoint now) const;
  [[nodiscard]] AgentStatus agent_status(AgentId agent) const;
  [[nodiscard]] const Agent* staff(AgentId agent) const;
  /// The call that rings at this agent or is joined to them.
  [[nodiscard]] std::optional<CallView> call_of_agent(AgentId agent) const;
  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] const acd::Acd& acd() const { return acd_; }
  [[nodiscard]] std::vector<std::string> violations(TimePoint now) const;

 private:
  struct Node {
    NodeInfo info;
    bool connected = false, synced = false;  ///< synced: its snapshot has been taken up
    NodeLoad load;
    std::optional<TimePoint> away_since;
    bool reports_legs = true;                  ///< false: an older one, which does not know the question
    std::optional<TimePoint> asked_at;         ///< its answer is awaited
    std::uint64_t asked = 0, asked_after = 0;  ///< mark of the question; touches_ when it was put
    std::optional<TimePoint> sweep_at;         ///< recordings of former calls it has not reported by then will not be
  };
  class Work;  // one input's effects while they are gathered (work.hpp)
  friend class Work;

  struct Suspect {
    unsigned seen = 0, repaired = 0;
    TimePoint not_before{};
  };
  using DifferenceKey = std::tuple<DifferenceKind, CallId, LegId, AgentId, RecordingId, std::string>;
  // live_watchdog.cpp
  /// `touched_before`: calls that were touched later are being changed by this very input.
  void watch(Work& work, std::uint64_t touched_before);
  [[nodiscard]] std::vector<Difference> confirmed(const std::string& node, const std::vector<Difference>& found,
                                                  unsigned times, TimePoint now);
  void repair_core(Work& work, const Difference& difference);
  void tell(Work& work, const std::string& node, const Difference& difference);
  /// The call is settled by what its node has: what is missing is said again, what is gone has ended.
  static void resync(Work& work, Entry& entry, const NodeSnapshot& snapshot);

  // wallboard.cpp
  [[nodiscard]] TimePoint midnight() const;
  void sum_up_staff(TimePoint now);
  void put_teams(Wallboard& board) const;
  void put_lines(Wallboard& board, ServiceLevelFormula shown) const;
  void judge_board(Wallboard& board) const;
  void seed_estimates(const std::vector<Contact>& recent);
  /// A call that is sent away at once is a contact too.
  void note_refused(Work& work, const IncomingLeg& leg, const std::string& node, const ServiceLine& line,
                    unsigned status, const char* why, TimePoint at);
  [[nodiscard]] DayFigures& day(const std::string& queue, const std::string& line) { return day_[{queue, line}]; }

  void index_world();
  void configure_acd(TimePoint now);
  void world_changed(Work& work);
  [[nodiscard]] acd::WaitingCall waiting_call(const Entry& entry, const call::QueuePlace& place, const Queue& queue,
                                              bool consulting) const;
  void recognise(Entry& entry, TimePoint now);
  [[nodiscard]] std::string call_back_obstacle(const std::string& number) const;
  struct NewCallBack {
    std::string number, service_line, how, of;
    call::QueuePlace place;
    std::map<std::string, std::string> variables;
  };
  void begin_call_back(Work& work, const NewCallBack& wanted);
  void count_line(const Entry& entry, bool begins);
  [[nodiscard]] Duration short_abandon() const {
    return rules_.short_abandon_ms > Duration::zero() ? rules_.short_abandon_ms : config_.short_abandon;
  }
  [[nodiscard]] acd::Admission admission(const std::string& line) const;
  [[nodiscard]] const LineOperation& operation_of_line(const std::string& code) const;
  void restore_calls(Work& work, const std::vector<LiveCall>& calls);
  void restore_agents(Work& work, const std::vector<LiveAgent>& agents, TimePoint now);
  void restore_waiting(const Entry& entry, const call::QueuePlace& place, bool consulting);
  static void settle_open_contacts(Work& work, const std::map<CallId, Entry>& live, const std::vector<Contact>& open,
                                   TimePoint now);
  void settle_node(Work& work, const std::string& node);
  /// Ends the live calls of a node, or of all when null: those who wait first, so that no agent who becomes free is
  /// offered a call that ends in the same moment.
  void end_calls(Work& work, const std::string* node, const std::function<void(call::CallStep&)>& act);
  void settle_closing(Work& work, Entry& entry);
  void give_up(Work& work, RecordingId recording);
  void sweep_recordings(Work& work, const std::string& node);
  void settle_restored(Work& work);
  void count_restored(const Entry& entry);
  [[nodiscard]] bool hears(const std::string& node) const;
  /// The node for a call of our own making (web callers, calls agents make): one that takes calls, where the agent's
  /// phone is registered, the least used; nullptr when there is none. All legs of a call are on one node (ADR 17).
  [[nodiscard]] const std::string* node_for_call(const Agent* agent) const;
  [[nodiscard]] LiveEffects on_agent_call(RequestId request, CallId call, TimePoint now,
                                          const std::function<call::Refusal(call::CallStep&)>& act);
  [[nodiscard]] Entry new_entry(const std::string& node, const std::string& channel, const std::string& from,
                                const std::string& to, const ServiceLine& line, TimePoint at);
  static Leg& end_leg(Leg& leg, TimePoint at, const std::string& cause);
  void take(Work& work, const std::string& node, const IncomingLeg& leg, TimePoint at);
  void take(Work& work, const std::string& node, const LegRinging& ringing, TimePoint at);
  void take(Work& work, const std::string& node, const LegAnswered& answered, TimePoint at);
  void take(Work& work, const std::string& node, const LegEnded& ended, TimePoint at);
  void take(Work& work, const std::string& node, const WebrtcAnswer& answer, TimePoint at);
  void take(Work& work, const std::string& node, const DigitHeard& heard, TimePoint at);
  void take(Work& work, const std::string& node, const PlayEnded& ended, TimePoint at);
  void take(Work& work, const std::string& node, const HoldChanged& changed, TimePoint at);
  void take(Work& work, const std::string& node, const TransferRequested& requested, TimePoint at);
  void take(Work& work, const std::string& node, const LegReplaced& replaced, TimePoint at);
  void take(Work& work, const std::string& node, const RecordingDone& done, TimePoint at);
  void take(Work& work, const std::string& node, const OutsideRecordingChanged& changed, TimePoint at);
  void take(Work& work, const std::string& node, const RecordingArchived& archived, TimePoint at);
  void take(Work& work, const std::string& node, const RecordingFileDeleted& deleted, TimePoint at);
  void take(Work& work, const std::string& node, const PhoneChanged& changed, TimePoint at);
  void take(Work& work, const std::string& node, const CommandFailed& failed, TimePoint at);
  static void take(Work& work, const std::string& node, const SipTraced& traced, TimePoint at);
  // phone_calls.cpp
  /// The agent whose phone this call comes from: by its account, or by the fixed address it is reached at.
  [[nodiscard]] const Agent* caller_of(const IncomingLeg& leg) const;
  /// What an agent has dialled, or named in a transfer: a colleague, a queue (also by a number of its service line), or
  /// an outside number.
  [[nodiscard]] TransferTo dialled(const std::string& user) const;
  /// A call from an agent's phone. nullopt: it calls the hotline like anybody; else the status it is refused with, 0
  /// when it was taken up.
  [[nodiscard]] std::optional<unsigned> phone_calls(Work& work, const std::string& node, const IncomingLeg& leg,
                                                    const Agent& agent, TimePoint at);
  [[nodiscard]] unsigned phone_consults(Work& work, Entry& entry, const IncomingLeg& leg, const TransferTo& whom,
                                        TimePoint at);
  /// Status for the phone that asked; 0: done.
  [[nodiscard]] unsigned phone_transfers(Work& work, Entry& entry, const TransferRequested& requested, TimePoint at);
  // live_phones.cpp
  [[nodiscard]] std::vector<PhoneAccount> phone_accounts() const;
  [[nodiscard]] bool phone_registered(const Agent& agent) const;
  /// There is a way to this agent's phone: registered somewhere, or at a fixed contact.
  [[nodiscard]] bool phone_reachable(const Agent& agent) const;
  [[nodiscard]] std::string phone_contact(const Agent& agent, const std::string& node) const;
  void phones_of_node(Work& work, const std::string& node, std::map<std::string, std::string> phones);
  /// The node is gone and its registrations with it. Phones that any node can call stay reachable for a while.
  void keep_phones_of(Work& work, const std::string& node);
  void forget_kept_phones(Work& work);
  void phone_moved(Work& work, const std::string& number);
  [[nodiscard]] std::int64_t day_number(TimePoint now) const;
  [[nodiscard]] const ServiceLine* line_of(const std::string& number) const;
  [[nodiscard]] const Queue* queue_by_code(const std::string& code) const;
  [[nodiscard]] const Queue* queue_by_id(QueueId id) const;
  [[nodiscard]] Entry* entry_of_leg(LegId leg);
  /// As everyone sees it, or as the consulted agent does.
  [[nodiscard]] CallView view(const Entry& entry, std::optional<AgentId> viewer = {}) const;
  [[nodiscard]] std::optional<ConsultView> consult_view(const call::Call& call) const;
  [[nodiscard]] SupervisionView supervision_view(const call::Supervision& supervision) const;
  [[nodiscard]] CallBackView call_back_view(const call::Call& call, std::optional<TimePoint> now) const;
  // live_experts.cpp
  void show_context(CallView& view, const Entry& entry, bool to_consulted) const;
  [[nodiscard]] call::QueuePlace place_of(const std::string& queue, int priority, TimePoint now) const;
  /// Place and expected wait of an agent who waits for an expert; true when they are others than before.
  bool look_at_expert_wait(const call::Call& call, TimePoint now);
  void look_at_expert_waits(Work& work);
  /// A target as desks name it, checked; the refusal, or nullopt. `agent` is set for an agent's id.
  [[nodiscard]] std::optional<Refused> check_target(AgentId from, const TransferTo& to, AgentId& agent) const;
  [[nodiscard]] std::string shown_for(const std::string& service_line) const;
  /// The agent as a call's voice node reaches them.
  [[nodiscard]] call::AgentPart part_of(const Agent& agent, const std::string& node) const;

  LiveConfig config_;
  IdMaker ids_;
  World world_;
  std::map<AgentId, std::size_t> staff_;  // -> world_.agents
  std::map<std::string, std::size_t> queues_by_code_;
  std::map<std::string, SkillId> skills_;
  std::shared_ptr<const call::FlowBook> flows_;
  RoutingRules rules_;
  std::map<std::string, QueueRouting> routing_;      // by queue's code
  std::map<std::string, LineOperation> operations_;  // by service line's code
  std::map<std::string, std::uint32_t> line_calls_;  // incoming phone calls by service line
  std::map<std::string, CallId> call_backs_;         // by number: one at a time
  struct ExpertWait {
    std::optional<std::uint32_t> position;
    std::optional<Duration> wait;  // in whole steps, so that a desk is not told every second
    friend bool operator==(const ExpertWait&, const ExpertWait&) = default;
  };
  std::map<CallId, ExpertWait> expert_waits_;  // of consultations for whom nobody is free yet
  acd::RecentCallers recent_;
  acd::Acd acd_;
  std::map<CallId, Entry> calls_;
  std::map<LegId, CallId> legs_;
  std::map<RecordingId, Recording> recordings_;  // running
  std::map<RecordingId, Recording> given_up_;    // settled without a report, in case one comes all the same; bounded
  std::map<ContactId, std::int64_t> history_of_closed_;  // lengths, of the last contacts closed; bounded
  std::map<std::string, Node> nodes_;
  std::map<std::string, NodeCursor> cursors_;
  std::optional<TimePoint> phones_due_;  ///< after a start: by then every node has told which phones it has
  std::map<std::string, std::map<std::string, std::string>> phones_;  ///< node -> staff number -> contact
  struct KeptPhone {
    std::string contact;
    TimePoint until;
  };
  std::map<std::string, KeptPhone> kept_phones_;  ///< staff number -> where its phone was when its node was lost
  std::set<std::pair<TimePoint, CallId>> due_;    // next deadline of each call
  std::map<CallId, TimePoint> due_of_;
  std::map<std::pair<std::string, std::string>, DayFigures> day_;  ///< by queue ("": none reached) and service line
  std::map<AgentId, AgentDay> agent_days_;
  struct StaffBoard {
    std::map<std::string, StaffFigures> teams, queues;
    std::map<std::string, std::int64_t> wrap_up_ms;  ///< by queue
  };
  StaffBoard staff_board_;  ///< a few seconds old
  TimePoint next_staff_{};
  WallboardSettings board_settings_;
  std::int64_t day_number_ = 0;
  TimePoint next_wallboard_{}, next_watch_{};
  std::map<std::string, std::map<DifferenceKey, Suspect>> suspects_;  ///< by node; "": within the core
  std::array<std::uint64_t, kDifferenceKinds> differences_{};
  std::uint64_t touches_ = 0, asked_ = 0;  ///< calls touched, and questions to nodes, since the start
  bool store_healthy_ = true;
  bool draining_ = false;
};

}  // namespace hotline::app
