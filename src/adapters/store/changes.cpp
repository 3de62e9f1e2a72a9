// SPDX-License-Identifier: Apache-2.0
// The live stream's changes as SQL. On the writer's connection.
#include "adapters/store/changes.hpp"

#include "adapters/store/digits.hpp"
#include "adapters/store/ledger.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "adapters/store/watch.hpp"
#include "adapters/store/world.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {
namespace {

using app::AddAudit;
using app::AskRecordingDeletion;
using app::Contact;
using app::ContactEvent;
using app::ContactPart;
using app::DropDifferences;
using app::DropExpiredSessions;
using app::DropLiveCall;
using app::DropSession;
using app::DropSipMessages;
using app::Leg;
using app::LiveAgent;
using app::LiveCall;
using app::NodeCursor;
using app::PutLedgerDay;
using app::PutLineOperation;
using app::PutNotes;
using app::PutQueue;
using app::PutRecordingArchived;
using app::PutRecordingEnd;
using app::PutRecordingFileGone;
using app::PutRecordingTrouble;
using app::PutRoutingRules;
using app::PutSkill;
using app::PutWallboardSettings;
using app::PutWrapUp;
using app::Recording;
using app::Session;
using app::SetAgentDevice;
using app::SetAgentRouting;
using app::SetRecordingHold;
using app::SetSipAccount;
using app::SipMessage;
using app::StoredDifference;

template <class... Texts>
void require(const Texts&... texts) {
  if (!(app::storable(texts) && ...)) throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
}

struct CheckText {
  void operator()(const Contact& c) const {
    require(c.channel, c.direction, c.from, c.to, c.service_line, c.queue, c.language, c.end_cause, c.outcome,
            c.reason_code, c.result_code, c.note, c.call_back);
  }
  void operator()(const Leg& l) const { require(l.role, l.kind, l.node, l.party, l.end_cause, l.codec); }
  void operator()(const ContactEvent& e) const { require(e.type, e.data); }
  void operator()(const Recording& r) const { require(r.node, r.path, r.state, r.problem); }
  void operator()(const LiveCall& c) const { require(c.node, c.state); }
  void operator()(const DropLiveCall&) const {}
  void operator()(const LiveAgent& a) const { require(a.state); }
  void operator()(const NodeCursor& c) const { require(c.node); }
  void operator()(const Session& s) const { require(s.token_hash, s.csrf_token); }
  void operator()(const DropSession& s) const { require(s.token_hash); }
  void operator()(const DropExpiredSessions&) const {}
  void operator()(const SipMessage& m) const { require(m.transport, m.local, m.remote, m.message); }
  void operator()(const DropSipMessages&) const {}
  void operator()(const AddAudit& a) const { require(a.entry.action, a.entry.object, a.entry.source, a.entry.data); }
  void operator()(const PutWrapUp& w) const { require(w.reason_code, w.result_code, w.note); }
  void operator()(const SetAgentDevice& d) const { require(d.device, d.sip_contact); }
  void operator()(const PutRecordingEnd& c) const { require(c.node, c.path, c.state, c.problem); }
  void operator()(const PutRecordingArchived& c) const { require(c.path, c.format, c.key, c.sha256); }
  void operator()(const PutRecordingFileGone& c) const { require(c.path); }
  void operator()(const PutRecordingTrouble& c) const { require(c.trouble); }
  void operator()(const SetRecordingHold& c) const { require(c.why); }
  void operator()(const AskRecordingDeletion& c) const { require(c.why); }
  void operator()(const SetSipAccount& s) const { require(s.account.realm, s.account.ha1_md5, s.account.ha1_sha256); }
  void operator()(const PutQueue& p) const {
    require(p.queue.code, p.queue.name.en, p.queue.name.zh_hans, p.queue.name.zh_hant, p.queue.service_line,
            p.queue.routing);
  }
  void operator()(const PutSkill& p) const {
    require(p.skill.code, p.skill.name.en, p.skill.name.zh_hans, p.skill.name.zh_hant);
  }
  void operator()(const PutLineOperation& p) const { require(p.operation); }
  void operator()(const PutRoutingRules& p) const { require(p.rules); }
  void operator()(const SetAgentRouting&) const {}
  void operator()(const StoredDifference& d) const { require(d.kind, d.node, d.phone, d.cause, d.repair); }
  void operator()(const DropDifferences&) const {}
  void operator()(const PutLedgerDay& p) const {
    require(p.day.day);
    for (const app::LedgerGap& gap : p.gaps) require(gap.cause);
  }
  void operator()(const PutWallboardSettings& p) const { require(p.settings); }
  void operator()(const ContactPart& p) const { require(p.reason_code, p.result_code, p.note); }
  void operator()(const PutNotes& n) const { require(n.reason_code, n.result_code, n.note); }
};

struct Apply {
  sql::Connection& connection;

  void operator()(const Contact& c) const {
    note_contact(connection, c);
    // Who called whom and when it began is known from the first row on and never changes: written once, so that an
    // update leaves the indexes over it alone. Likewise whose a leg and a recording are.
    connection.tell(
        "INSERT INTO contact (id, channel, direction, from_number, to_number, phone_reversed, service_line, queue, "
        "language,"
        " agent_id, customer_id, started_at, ended_at, end_cause, outcome, wait_ms, talk_ms, hold_ms, reason_code,"
        " result_code, note, consult_ms, owner_id, call_back)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24)"
        " ON CONFLICT (id) DO UPDATE SET service_line = excluded.service_line, queue = excluded.queue,"
        " language = excluded.language, agent_id = excluded.agent_id, customer_id = excluded.customer_id,"
        " ended_at = excluded.ended_at, end_cause = excluded.end_cause, outcome = excluded.outcome,"
        " wait_ms = excluded.wait_ms, talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms,"
        " consult_ms = excluded.consult_ms, owner_id = excluded.owner_id",
        c.id, c.channel, c.direction, c.from, c.to, reversed_digits(customer_number(c)), c.service_line, c.queue,
        c.language, c.agent, c.customer, c.started_at, c.ended_at, c.end_cause, c.outcome, c.wait, c.talk, c.hold,
        c.reason_code, c.result_code, c.note, c.consult, c.owner, c.call_back);
  }
  void operator()(const Leg& l) const {
    connection.tell(
        "INSERT INTO leg (id, contact_id, role, kind, node, party, agent_id, started_at, answered_at, ended_at, "
        "end_cause,"
        " packets_received, packets_sent, packets_lost, jitter_ms, codec, loss_x100, rtt_ms, mos_x100,"
        " remote_loss_x100, remote_jitter_ms)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21)"
        " ON CONFLICT (id) DO UPDATE SET role = excluded.role, kind = excluded.kind, node = excluded.node,"
        " party = excluded.party, agent_id = excluded.agent_id, started_at = excluded.started_at,"
        " answered_at = excluded.answered_at, ended_at = excluded.ended_at, end_cause = excluded.end_cause,"
        " packets_received = excluded.packets_received, packets_sent = excluded.packets_sent,"
        " packets_lost = excluded.packets_lost, jitter_ms = excluded.jitter_ms,"
        " codec = excluded.codec, loss_x100 = excluded.loss_x100, rtt_ms = excluded.rtt_ms,"
        " mos_x100 = excluded.mos_x100, remote_loss_x100 = excluded.remote_loss_x100,"
        " remote_jitter_ms = excluded.remote_jitter_ms",
        l.id, l.contact, l.role, l.kind, l.node, l.party, l.agent, l.started_at, l.answered_at, l.ended_at, l.end_cause,
        l.packets_received, l.packets_sent, l.packets_lost, l.jitter_ms, l.codec, l.loss_x100, l.rtt_ms, l.mos_x100,
        l.remote_loss_x100, l.remote_jitter_ms);
  }
  void operator()(const ContactEvent& e) const {
    connection.tell(
        "INSERT INTO contact_event (contact_id, seq, at_ms, type, data) VALUES ($1,$2,$3,$4,$5)"
        " ON CONFLICT (contact_id, seq) DO NOTHING",
        e.contact, e.seq, e.at, e.type, e.data);
  }
  void operator()(const Recording& r) const { store::apply(connection, r); }
  void operator()(const LiveCall& c) const {
    connection.tell(
        "INSERT INTO live_call (id, node, state) VALUES ($1,$2,$3)"
        " ON CONFLICT (id) DO UPDATE SET node = excluded.node, state = excluded.state",
        c.id, c.node, c.state);
  }
  void operator()(const DropLiveCall& c) const { connection.tell("DELETE FROM live_call WHERE id = $1", c.id); }
  void operator()(const LiveAgent& a) const {
    connection.tell(
        "INSERT INTO live_agent (id, state) VALUES ($1,$2) ON CONFLICT (id) DO UPDATE SET state = excluded.state", a.id,
        a.state);
  }
  void operator()(const NodeCursor& c) const {
    connection.tell(
        "INSERT INTO node_cursor (node, boot_id, seq) VALUES ($1,$2,$3)"
        " ON CONFLICT (node) DO UPDATE SET boot_id = excluded.boot_id, seq = excluded.seq",
        c.node, std::bit_cast<std::int64_t>(c.boot_id), c.seq);
  }
  void operator()(const Session& s) const {
    connection.tell(
        "INSERT INTO session (token_hash, agent_id, csrf_token, created_at, seen_at, expires_at) VALUES "
        "($1,$2,$3,$4,$5,$6)"
        " ON CONFLICT (token_hash) DO UPDATE SET agent_id = excluded.agent_id, csrf_token = excluded.csrf_token,"
        " created_at = excluded.created_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at",
        s.token_hash, s.agent, s.csrf_token, s.created_at, s.seen_at, s.expires_at);
  }
  void operator()(const DropSession& s) const {
    connection.tell("DELETE FROM session WHERE token_hash = $1", s.token_hash);
  }
  void operator()(const DropExpiredSessions& s) const {
    connection.tell("DELETE FROM session WHERE expires_at <= $1", s.now);
  }
  void operator()(const SipMessage& m) const {
    connection.tell(
        "INSERT INTO sip_message (contact_id, leg_id, seq, at_us, sent, transport, local, remote, message)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (contact_id, leg_id, seq) DO NOTHING",
        m.contact, m.leg, m.seq, m.at_us, m.sent, m.transport, m.local, m.remote, m.message);
  }
  void operator()(const DropSipMessages& d) const {
    connection.tell("DELETE FROM sip_message WHERE at_us < $1", to_unix_ms(d.before) * 1000);
  }
  void operator()(const AddAudit& a) const {
    connection.tell("INSERT INTO audit (at_ms, actor_id, action, object, source, data) VALUES ($1,$2,$3,$4,$5,$6)",
                    a.entry.at, a.entry.actor, a.entry.action, a.entry.object, a.entry.source, a.entry.data);
  }
  void operator()(const PutWrapUp& w) const {
    connection.tell("UPDATE contact SET reason_code = $2, result_code = $3, note = $4 WHERE id = $1", w.contact,
                    w.reason_code, w.result_code, w.note);
    note_wrap_up(connection, w.contact);
    if (w.agent) (*this)(PutNotes{w.contact, w.agent, w.reason_code, w.result_code, w.note});
  }
  void operator()(const ContactPart& p) const {
    connection.tell(
        "INSERT INTO contact_part (contact_id, agent_id, position, started_at, talk_ms, hold_ms, consult_ms,"
        " reason_code, result_code, note) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
        " ON CONFLICT (contact_id, agent_id) DO UPDATE SET position = excluded.position,"
        " started_at = excluded.started_at, talk_ms = excluded.talk_ms, hold_ms = excluded.hold_ms,"
        " consult_ms = excluded.consult_ms",
        p.contact, p.agent, p.position, p.started_at, p.talk, p.hold, p.consult, p.reason_code, p.result_code, p.note);
  }
  void operator()(const PutNotes& n) const {
    connection.tell(
        "UPDATE contact_part SET reason_code = $3, result_code = $4, note = $5 WHERE contact_id = $1 AND agent_id = $2",
        n.contact, n.agent, n.reason_code, n.result_code, n.note);
  }
  void operator()(const SetAgentDevice& d) const {
    connection.tell("UPDATE agent SET device = $2, sip_contact = $3 WHERE id = $1", d.agent, d.device, d.sip_contact);
  }
  void operator()(const PutRecordingEnd& c) const { store::apply(connection, c); }
  void operator()(const PutRecordingArchived& c) const { store::apply(connection, c); }
  void operator()(const PutRecordingFileGone& c) const { store::apply(connection, c); }
  void operator()(const PutRecordingTrouble& c) const { store::apply(connection, c); }
  void operator()(const SetRecordingHold& c) const { store::apply(connection, c); }
  void operator()(const AskRecordingDeletion& c) const { store::apply(connection, c); }
  void operator()(const SetSipAccount& s) const {
    connection.tell("UPDATE agent SET sip_realm = $2, sip_ha1_md5 = $3, sip_ha1_sha256 = $4 WHERE id = $1", s.agent,
                    s.account.realm, s.account.ha1_md5, s.account.ha1_sha256);
  }
  void operator()(const PutQueue& p) const { store::apply(connection, p); }
  void operator()(const PutSkill& p) const { store::apply(connection, p); }
  void operator()(const PutLineOperation& p) const { store::apply(connection, p); }
  void operator()(const PutRoutingRules& p) const { store::apply(connection, p); }
  void operator()(const SetAgentRouting& p) const { store::apply(connection, p); }
  void operator()(const StoredDifference& d) const { store::apply(connection, d); }
  void operator()(const DropDifferences& d) const { store::apply(connection, d); }
  void operator()(const PutLedgerDay& p) const { store::apply(connection, p); }
  void operator()(const PutWallboardSettings& p) const { store::apply(connection, p); }
};

struct NameOf {
  const char* operator()(const Contact&) const { return "contact"; }
  const char* operator()(const Leg&) const { return "leg"; }
  const char* operator()(const ContactEvent&) const { return "contact_event"; }
  const char* operator()(const Recording&) const { return "recording"; }
  const char* operator()(const LiveCall&) const { return "live_call"; }
  const char* operator()(const DropLiveCall&) const { return "drop_live_call"; }
  const char* operator()(const LiveAgent&) const { return "live_agent"; }
  const char* operator()(const NodeCursor&) const { return "node_cursor"; }
  const char* operator()(const Session&) const { return "session"; }
  const char* operator()(const DropSession&) const { return "drop_session"; }
  const char* operator()(const DropExpiredSessions&) const { return "drop_expired_sessions"; }
  const char* operator()(const AddAudit&) const { return "audit"; }
  const char* operator()(const SipMessage&) const { return "sip message"; }
  const char* operator()(const DropSipMessages&) const { return "old sip messages"; }
  const char* operator()(const PutWrapUp&) const { return "wrap_up"; }
  const char* operator()(const SetAgentDevice&) const { return "agent_device"; }
  const char* operator()(const PutRecordingEnd&) const { return "recording_end"; }
  const char* operator()(const PutRecordingArchived&) const { return "recording_archived"; }
  const char* operator()(const PutRecordingFileGone&) const { return "recording_file_gone"; }
  const char* operator()(const PutRecordingTrouble&) const { return "recording_trouble"; }
  const char* operator()(const SetRecordingHold&) const { return "recording_hold"; }
  const char* operator()(const AskRecordingDeletion&) const { return "recording_deletion"; }
  const char* operator()(const SetSipAccount&) const { return "sip_account"; }
  const char* operator()(const PutQueue&) const { return "queue"; }
  const char* operator()(const PutSkill&) const { return "skill"; }
  const char* operator()(const PutLineOperation&) const { return "line_operation"; }
  const char* operator()(const PutRoutingRules&) const { return "routing_rules"; }
  const char* operator()(const SetAgentRouting&) const { return "agent_routing"; }
  const char* operator()(const StoredDifference&) const { return "difference"; }
  const char* operator()(const DropDifferences&) const { return "old differences"; }
  const char* operator()(const PutLedgerDay&) const { return "ledger_day"; }
  const char* operator()(const PutWallboardSettings&) const { return "wallboard_settings"; }
  const char* operator()(const ContactPart&) const { return "contact_part"; }
  const char* operator()(const PutNotes&) const { return "notes"; }
};

}  // namespace

void check_text(const app::Batch& batch) {
  for (const app::Change& change : batch) std::visit(CheckText{}, change);
}

void apply(sql::Connection& connection, const app::Change& change) {
  std::visit(Apply{connection}, change);
}

const char* name_of(const app::Change& change) {
  return std::visit(NameOf{}, change);
}

}  // namespace hotline::store
