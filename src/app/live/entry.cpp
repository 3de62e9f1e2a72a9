// SPDX-License-Identifier: Apache-2.0
// The stored form of live state: JSON by description, so that a row can be read by a person when something went wrong.
#include "app/live/entry.hpp"

#include <algorithm>
#include <boost/describe.hpp>

#include "base/json/sparse.hpp"

namespace hotline::call {
BOOST_DESCRIBE_ENUM(Stage, arriving, ivr, waiting, talking, transferring, dialing, ended)
BOOST_DESCRIBE_ENUM(With, consulted, customer, everyone)
BOOST_DESCRIBE_STRUCT(FlowPosition, (),
                      (flow, node, no_inputs, no_matches, digits, speaking, deadline, variables, path))
BOOST_DESCRIBE_STRUCT(AgentPart, (),
                      (agent, number, browser, sip_contact, leg, answered, taken, rings_until, calling, phone_holds))
BOOST_DESCRIBE_STRUCT(ExternalPart, (), (leg, number, answered, shown))
BOOST_DESCRIBE_STRUCT(PreferredAgent, (), (agent, as))
BOOST_DESCRIBE_STRUCT(QueuePlace, (), (queue, priority, skills, music, since, entered, moves, may_exit, preferred))
BOOST_DESCRIBE_STRUCT(CallBackTry, (), (at, cause))
BOOST_DESCRIBE_STRUCT(CallBack, (),
                      (number, of, how, attempts, attempts_max, busy_retry, retry, next_at, expires_at, tries))
BOOST_DESCRIBE_STRUCT(Asked, (), (by, why, at))
BOOST_DESCRIBE_STRUCT(Consultation, (),
                      (kind, target, place, queued, agent, external, with, early_media, own_leg, own_answered, own_held,
                       since, connected_at, deadline, former_asked))
BOOST_DESCRIBE_ENUM(SuperviseMode, listen, whisper, barge, take_over)
BOOST_DESCRIBE_STRUCT(Supervision, (), (who, mode, of, since, connected_at, deadline))
BOOST_DESCRIBE_STRUCT(Call, (),
                      (id, node, channel, direction, caller, from, from_display, to, service_line, trunk, stage,
                       started_at, customer_leg, customer_browser, customer_answered, position, play, place, queued,
                       agent, external, consult, supervisions, mixed, consult_end, side_play, customer_called,
                       early_media, on_hold, offered_at, connected_at, ended_at, deadline, recording, recording_planned,
                       recording_paused_until, customer, end_cause, announcing, call_back, forward_to, asked))
}  // namespace hotline::call
namespace hotline::acd {
BOOST_DESCRIBE_ENUM(AgentState, signed_out, ready, paused, offered, busy, wrap_up, unavailable)
BOOST_DESCRIBE_STRUCT(AgentLive, (),
                      (id, state, reason, since, idle_since, call, queue, deadline, next_state, next_reason))
}  // namespace hotline::acd
namespace hotline::app {
BOOST_DESCRIBE_STRUCT(Contact, (),
                      (id, channel, direction, from, to, service_line, queue, language, agent, customer, started_at,
                       ended_at, end_cause, outcome, wait, talk, hold, consult, reason_code, result_code, note, owner,
                       call_back))
BOOST_DESCRIBE_STRUCT(ContactPart, (),
                      (contact, agent, position, started_at, talk, hold, consult, reason_code, result_code, note))
BOOST_DESCRIBE_STRUCT(AgentTimes::Share, (), (agent, talk, hold, consult, talking_since, held_since, consulting_since))
BOOST_DESCRIBE_STRUCT(AgentTimes, (), (shares, agent, consulted, conference))
BOOST_DESCRIBE_STRUCT(Leg, (),
                      (id, contact, role, kind, node, party, agent, started_at, answered_at, ended_at, end_cause,
                       packets_received, packets_sent, packets_lost, jitter_ms, codec, loss_x100, rtt_ms, mos_x100,
                       remote_loss_x100, remote_jitter_ms))
BOOST_DESCRIBE_STRUCT(Tally, (),
                      (arrived, answered, waiting_since, talking_since, held_since, consulting_since, ended, wait, talk,
                       hold, consult, newest, was_dialled, was_queued, was_connected, was_refused, node_lost,
                       was_called_back))
BOOST_DESCRIBE_STRUCT(StoredAgent, (), (live, day))
namespace {
/// What of an Entry is stored.
struct Stored {
  call::Call call;
  Contact contact;
  Tally tally;
  std::map<std::string, Leg> legs;
  std::optional<TimePoint> closing_until;
  std::int64_t history_length = 0;
  AgentTimes agents;
  std::map<std::string, ContactPart> parts;
};
BOOST_DESCRIBE_STRUCT(Stored, (), (call, contact, tally, legs, closing_until, history_length, agents, parts))
const jsonmap::Limits stored_limits{.none_ids = true, .missing_ok = true};
}  // namespace

bool Entry::closed() const {
  if (call.stage != call::Stage::ended || call.recording) return false;
  for (const auto& [id, leg] : legs) {
    if (!leg.ended_at) return false;
  }
  return true;
}

std::string encode(const Entry& entry) {
  std::string out;  // as Stored, member by member: a copy of the whole call would cost as much as writing it
  out.reserve(std::max<std::size_t>(entry.stored.size() + 128, 1024));
  const auto put = [&](const char* name, const auto& value) {
    out += name;
    jsonmap::append_sparse(out, value);
  };
  put(R"({"call":)", entry.call);
  put(R"(,"contact":)", entry.contact);
  put(R"(,"tally":)", entry.tally);
  put(R"(,"legs":)", entry.legs);
  put(R"(,"closing_until":)", entry.closing_until);
  put(R"(,"history_length":)", entry.history_length);
  put(R"(,"agents":)", entry.agents);
  put(R"(,"parts":)", entry.parts);
  out += '}';
  return out;
}

Result<Entry, std::string> decode_entry(const std::string& text) {
  auto stored = jsonmap::read<Stored>(text, stored_limits);
  if (!stored) return fail(jsonmap::to_string(stored.error()));
  Entry entry;
  entry.call = std::move(stored->call);
  entry.contact = std::move(stored->contact);
  entry.tally = stored->tally;
  entry.legs = std::move(stored->legs);
  entry.closing_until = stored->closing_until;
  entry.history_length = stored->history_length;
  entry.agents = std::move(stored->agents);
  entry.parts = std::move(stored->parts);
  return entry;
}

std::string encode(const acd::AgentLive& live, const AgentDay& day) {
  return R"({"live":)" + jsonmap::write(live) + R"(,"day":)" + jsonmap::write(day) + "}";
}

Result<StoredAgent, std::string> decode_agent(const std::string& text) {
  auto stored = jsonmap::read<StoredAgent>(text, stored_limits);
  if (stored) return std::move(*stored);
  auto live = jsonmap::read<acd::AgentLive>(text, stored_limits);  // as an older core wrote it
  if (!live) return fail(jsonmap::to_string(stored.error()));
  return StoredAgent{*live, {}};
}

}  // namespace hotline::app
