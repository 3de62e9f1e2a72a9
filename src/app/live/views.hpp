// SPDX-License-Identifier: Apache-2.0
// What desks, the wallboard and API clients see of the live state. Members are named as in openapi.yaml, so that the
// JSON edge is a plain mapping; that is why times carry `_ms` here.
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/voice.hpp"
#include "app/records.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "base/unless.hpp"

namespace hotline::app {

struct AgentStatus {
  AgentId id;
  std::string number, name, team, state;
  std::optional<std::string> reason;
  TimePoint since_ms{};
  std::optional<std::string> device;
  std::optional<bool> phone_registered;  ///< of an agent whose phone has an account
  std::optional<CallId> call_id;
  std::optional<std::string> next_state;
  std::vector<std::string> queues;
};
BOOST_DESCRIBE_STRUCT(AgentStatus, (),
                      (id, number, name, team, state, reason, since_ms, device, phone_registered, call_id, next_state,
                       queues))

struct PhoneView {
  std::string number, product;
  std::optional<std::string> exchange;
  std::string status;
};
BOOST_DESCRIBE_STRUCT(PhoneView, (), (number, product, exchange, status))

struct CustomerView {
  CustomerId id;
  std::string number, name, kind;
  bool vip = false;
  std::optional<std::string> language;
  std::string address, district;
  TimePoint since_ms{};
  std::vector<PhoneView> phones;
};
BOOST_DESCRIBE_STRUCT(CustomerView, (), (id, number, name, kind, vip, language, address, district, since_ms, phones))
[[nodiscard]] CustomerView view_of(const Customer& customer);

/// Somebody is consulted while the customer stays on the line.
struct ConsultView {
  std::string kind, target;  ///< as asked: agent, queue, number
  std::string state;         ///< queued, ringing, connecting, connected
  std::string with;          ///< whom the agent talks to: consulted, customer, everyone
  std::optional<AgentId> agent_id;
  std::optional<std::string> name;  ///< of the agent who was found
  TimePoint since_ms{};
  std::optional<TimePoint> connected_ms;
  std::optional<std::uint32_t> position{};  ///< while nobody of the queue is free
  std::optional<Duration> wait_ms{};        ///< to be expected; none: nobody of it is signed in
};
BOOST_DESCRIBE_STRUCT(ConsultView, (),
                      (kind, target, state, with, agent_id, name, since_ms, connected_ms, position, wait_ms))

/// Who asked the viewer, or sent the customer on to them, and what for.
struct AskedView {
  AgentId agent_id;
  std::string name;
  std::optional<std::string> why;
  TimePoint at_ms{};
};
BOOST_DESCRIBE_STRUCT(AskedView, (), (agent_id, name, why, at_ms))
/// What one agent has written about the contact so far.
struct NotesView {
  AgentId agent_id;
  std::string name;
  std::optional<std::string> reason_code, result_code, note;
};
BOOST_DESCRIBE_STRUCT(NotesView, (), (agent_id, name, reason_code, result_code, note))

/// How well a leg is heard (docs/adr/0012). Members that are not known are none.
struct QualityView {
  std::string codec;
  std::optional<double> mos;
  double loss_percent = 0;
  std::int64_t jitter_ms = 0;
  std::optional<std::int64_t> rtt_ms;
  std::optional<double> remote_loss_percent;
  std::optional<std::int64_t> remote_jitter_ms;
};
BOOST_DESCRIBE_STRUCT(QualityView, (),
                      (codec, mos, loss_percent, jitter_ms, rtt_ms, remote_loss_percent, remote_jitter_ms))
/// None when no packet was ever measured.
[[nodiscard]] std::optional<QualityView> quality_of(const Leg& leg);
struct LegQualityView {
  LegId leg_id;
  std::string role;
  QualityView quality;
};
BOOST_DESCRIBE_STRUCT(LegQualityView, (), (leg_id, role, quality))

/// A supervisor in a call, as supervisors see it.
struct SupervisionView {
  AgentId agent_id;
  std::string name;
  std::string mode;   ///< listen, whisper, barge, take_over
  std::string state;  ///< connecting, connected
  TimePoint since_ms{};
};
BOOST_DESCRIBE_STRUCT(SupervisionView, (), (agent_id, name, mode, state, since_ms))

struct CallView {
  CallId id;
  std::string state, channel = "phone", direction = "inbound", from, to;
  std::optional<std::string> service_line, queue, language;
  std::optional<AgentId> agent_id;
  TimePoint started_ms{};
  std::optional<TimePoint> queued_ms, offered_ms, offer_expires_ms, connected_ms, ended_ms;
  std::optional<std::string> end_cause;
  std::optional<TimePoint> recording_paused_until_ms;
  std::optional<CustomerView> customer;
  std::map<std::string, std::string> collected;
  std::optional<ConsultView> consult;
  std::optional<std::string> consult_end;      ///< why the last consultation came to nothing
  std::string role = "agent";                  ///< the viewer's: agent, consulted, supervisor, or caller (internal)
  std::optional<SupervisionView> supervision;  ///< the viewer's own; nobody else is told of it here
  std::optional<std::string> agent_name;       ///< who has the call
  std::int64_t revision = 0;        ///< rises with the call's history: of two views the newer has the greater
  std::optional<AgentId> owner_id;  ///< who talked first
  std::optional<std::string> owner_name;
  std::optional<AskedView> asked;
  std::vector<NotesView> notes;
};
BOOST_DESCRIBE_STRUCT(CallView, (),
                      (id, state, channel, direction, from, to, service_line, queue, language, agent_id, started_ms,
                       queued_ms, offered_ms, offer_expires_ms, connected_ms, ended_ms, end_cause,
                       recording_paused_until_ms, customer, collected, consult, consult_end, role, supervision,
                       agent_name, revision, owner_id, owner_name, asked, notes))

/// A live call on the supervisors' page: what they see of it, and who listens.
struct FloorCallView {
  CallView call;
  std::vector<SupervisionView> supervisors;
  std::optional<std::uint32_t> position;  ///< in its queue, 1 is next
  bool may_supervise = false, may_pull = false;
};
BOOST_DESCRIBE_STRUCT(FloorCallView, (), (call, supervisors, position, may_supervise, may_pull))

struct CallBackTryView {
  TimePoint at_ms{};
  std::string cause;
};
BOOST_DESCRIBE_STRUCT(CallBackTryView, (), (at_ms, cause))
/// A customer who waits to be called.
struct CallBackView {
  CallId id;
  std::string number, queue, how, state;  ///< state: waiting, later, offered, calling
  TimePoint since_ms{};                   ///< the waiting clock
  std::optional<TimePoint> next_ms;
  TimePoint expires_ms{};
  std::int64_t attempts = 0, attempts_max = 0;
  std::optional<std::uint32_t> position;
  std::optional<Duration> wait_ms;  ///< to be expected; none: not known
  std::vector<CallBackTryView> tries;
};
BOOST_DESCRIBE_STRUCT(CallBackView, (),
                      (id, number, queue, how, state, since_ms, next_ms, expires_ms, attempts, attempts_max, position,
                       wait_ms, tries))

using NamesView = std::map<std::string, std::string>;
[[nodiscard]] NamesView view_of(const Names& names);

/// Of queues and service lines: counts since midnight as in app::DayFigures; tones: figure -> warn, bad.
struct QueueView {
  QueueId id;
  std::string code;
  NamesView name;
  std::optional<std::string> service_line;
  std::int64_t waiting = 0, longest_wait_ms = 0, ready = 0, busy = 0;
  std::int64_t offered = 0, answered = 0, abandoned = 0, short_abandoned = 0, answer_time_avg_ms = 0;
  std::optional<double> service_level;
  std::int64_t refused = 0, called_back = 0, handling_time_avg_ms = 0;
  std::map<std::string, double> service_levels;  ///< by formula; empty without calls
  std::optional<double> occupancy;
  std::map<std::string, std::string> tones;
};
BOOST_DESCRIBE_STRUCT(QueueView, (),
                      (id, code, name, service_line, waiting, longest_wait_ms, ready, busy, offered, answered,
                       abandoned, short_abandoned, answer_time_avg_ms, service_level, refused, called_back,
                       handling_time_avg_ms, service_levels, occupancy, tones))
struct LineView {
  std::string code;
  NamesView name;
  std::int64_t calls = 0;  ///< live ones from outside
  std::int64_t waiting = 0, longest_wait_ms = 0;
  std::int64_t offered = 0, answered = 0, abandoned = 0, short_abandoned = 0, answer_time_avg_ms = 0;
  std::optional<double> service_level;
  std::int64_t refused = 0, called_back = 0, self_service = 0, handling_time_avg_ms = 0;
  std::map<std::string, double> service_levels;
  std::map<std::string, std::string> tones;
};
BOOST_DESCRIBE_STRUCT(LineView, (),
                      (code, name, calls, waiting, longest_wait_ms, offered, answered, abandoned, short_abandoned,
                       answer_time_avg_ms, service_level, refused, called_back, self_service, handling_time_avg_ms,
                       service_levels, tones))
struct TeamView {
  std::string team;
  std::map<std::string, std::int64_t> agents;          ///< by state
  std::int64_t offered = 0, answered = 0, missed = 0;  ///< rung, taken, not taken
  std::int64_t handling_time_avg_ms = 0;               ///< in calls and after-call work, a call taken
  std::optional<double> occupancy;
};
BOOST_DESCRIBE_STRUCT(TeamView, (), (team, agents, offered, answered, missed, handling_time_avg_ms, occupancy))
struct AgentFiguresView {
  AgentId id;
  std::string number, name, team, state;
  TimePoint since_ms{};
  std::int64_t offered = 0, answered = 0, missed = 0;
  std::int64_t ready_ms = 0, busy_ms = 0, wrap_up_ms = 0, paused_ms = 0, handling_time_avg_ms = 0;
  std::optional<double> occupancy;
};
BOOST_DESCRIBE_STRUCT(AgentFiguresView, (),
                      (id, number, name, team, state, since_ms, offered, answered, missed, ready_ms, busy_ms,
                       wrap_up_ms, paused_ms, handling_time_avg_ms, occupancy))
/// A figure beyond its limit.
struct AlarmView {
  std::string kind;           ///< queue, line, trunk
  std::string scope, figure;  ///< code or name; see app::board_figures()
  std::string tone;           ///< warn, bad
  double value = 0, limit = 0;
  bool ring = false;
};
BOOST_DESCRIBE_STRUCT(AlarmView, (), (kind, scope, figure, tone, value, limit, ring))

struct TrunkOnNodeView {
  std::string node;
  std::int64_t in_use = 0, channels_max = 0, in = 0, out = 0, refused = 0;
};
BOOST_DESCRIBE_STRUCT(TrunkOnNodeView, (), (node, in_use, channels_max, in, out, refused))
/// A trunk over all connected nodes, and each of them beside.
struct TrunkView {
  std::string name;
  std::int64_t in_use = 0, channels_max = 0, in = 0, out = 0, refused = 0;
  std::vector<TrunkOnNodeView> nodes;
  std::map<std::string, std::string> tones;
};
BOOST_DESCRIBE_STRUCT(TrunkView, (), (name, in_use, channels_max, in, out, refused, nodes, tones))

struct CallCounts {
  std::int64_t live = 0, ivr = 0, queued = 0, talking = 0;
};
BOOST_DESCRIBE_STRUCT(CallCounts, (), (live, ivr, queued, talking))
struct NodeView {
  std::string name;
  bool connected = false;
  bool draining = false;    ///< takes no new calls, ends after the last
  bool overloaded = false;  ///< refuses new calls for the moment
  std::int64_t calls = 0;   ///< live ones it carries
};
BOOST_DESCRIBE_STRUCT(NodeView, (), (name, connected, draining, overloaded, calls))

struct Wallboard {
  TimePoint at_ms{};
  std::int64_t threshold_s = 20;
  std::vector<QueueView> queues;
  std::map<std::string, std::int64_t> agents;
  std::vector<TrunkView> trunks;
  CallCounts calls;
  std::vector<NodeView> voice_nodes;
  std::vector<LineView> lines;
  std::vector<TeamView> teams;
  std::vector<AlarmView> alarms;
  std::string formula;                               ///< of the service level shown
  std::vector<TrunkStatus> trunks_by_node;           ///< for the metrics; not in the JSON
  std::map<std::string, std::uint64_t> differences;  ///< the watchdog's, since the start by kind; likewise
};
BOOST_DESCRIBE_STRUCT(Wallboard, (),
                      (at_ms, threshold_s, queues, agents, trunks, calls, voice_nodes, lines, teams, alarms, formula))

}  // namespace hotline::app
