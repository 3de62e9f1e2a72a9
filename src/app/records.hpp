// SPDX-License-Identifier: Apache-2.0
// What the store keeps, as plain values: the shapes that cross the ports. Codes ("fault", "normal") are stored as text
// so that a row is readable without the program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::app {

/// One customer's contact, inbound or outbound. Its times are computed from its events when it ends (summary.hpp).
struct Contact {
  ContactId id;
  std::string channel = "phone";  ///< phone, web
  std::string direction = "inbound";
  std::string from, to;                       ///< numbers as received
  std::string service_line, queue, language;  ///< codes, empty when not reached
  std::optional<AgentId> agent;               ///< who talked last
  std::optional<CustomerId> customer;
  TimePoint started_at{};
  std::optional<TimePoint> ended_at;
  std::string end_cause;
  /// live, self_service, answered, abandoned, short_abandoned, called_back, refused, lost; outbound: not_reached
  std::string outcome = "live";
  Duration wait{}, talk{}, hold{};
  Duration consult{};                          ///< the agent with whom they consulted, in private; part of hold
  std::string reason_code, result_code, note;  ///< from the wrap-up
  std::optional<AgentId> owner{};              ///< who talked first: answers for the matter, whoever was asked later
  std::string call_back{};                     ///< how it was asked for (digit, web, ...); empty: not a call-back
  friend bool operator==(const Contact&, const Contact&) = default;
};

/// One agent's part in a contact: whoever talked in it or was consulted.
struct ContactPart {
  ContactId contact;
  AgentId agent;
  std::int64_t position = 1;                   ///< in the order in which they came
  TimePoint started_at{};                      ///< of the contact
  Duration talk{}, hold{};                     ///< with the customer; as Contact's, but each agent's own
  Duration consult{};                          ///< in private with a colleague, on either side of it
  std::string reason_code, result_code, note;  ///< what this agent wrote, while they talked and in their wrap-up
  friend bool operator==(const ContactPart&, const ContactPart&) = default;
};

struct Leg {
  LegId id;
  ContactId contact;
  std::string role = "customer";  ///< customer, agent, external
  std::string kind = "sip";       ///< sip, browser
  std::string node;               ///< voice node
  std::string party;              ///< number or agent's staff number
  std::optional<AgentId> agent;
  TimePoint started_at{};
  std::optional<TimePoint> answered_at, ended_at;
  std::string end_cause;
  std::int64_t packets_received = 0, packets_sent = 0, packets_lost = 0, jitter_ms = 0;
  std::string codec;
  std::int64_t loss_x100 = 0;                               ///< percent of what the far end sent, times 100
  std::int64_t rtt_ms = 0;                                  ///< round trip by RTCP; 0: not known
  std::int64_t mos_x100 = 0;                                ///< what we hear (ITU-T G.107), 100 to 450; 0: not known
  std::int64_t remote_loss_x100 = 0, remote_jitter_ms = 0;  ///< of what we send, as the far end reports
  friend bool operator==(const Leg&, const Leg&) = default;
};

/// Append-only. `seq` counts from 1 within the contact. `data` is a JSON object.
struct ContactEvent {
  ContactId contact;
  std::int64_t seq = 0;
  TimePoint at{};
  std::string type;
  std::string data = "{}";
  friend bool operator==(const ContactEvent&, const ContactEvent&) = default;
};

/// What becomes of a recording after its call (ADR 13). Moved on by changes of its own, never by Put of a Recording.
struct RecordingLedger {
  std::string path;    ///< of the archive, relative to the node's recordings folder; empty: none was made
  std::string format;  ///< opus
  std::string key;     ///< id of the key the archive is encrypted with; empty: none
  std::string sha256;  ///< of the archive as it lies on the disk
  std::int64_t bytes = 0, frames = 0;
  std::optional<TimePoint> archived_at, archive_gone_at, wav_gone_at;
  std::string trouble;  ///< what went wrong with its files last; empty: nothing
  bool hold = false;    ///< kept whatever its age
  std::string hold_why;
  std::optional<TimePoint> delete_asked_at, deleted_at;
  std::string delete_why;
  friend bool operator==(const RecordingLedger&, const RecordingLedger&) = default;
};

/// One SIP message of a contact's leg, as it passed the voice node; secrets masked there.
struct SipMessage {
  ContactId contact;
  LegId leg;
  std::int64_t seq = 0;    ///< rises over the messages of a node
  std::int64_t at_us = 0;  ///< µs since 1970
  bool sent = false;       ///< by the node
  std::string transport, local, remote, message;
  friend bool operator==(const SipMessage&, const SipMessage&) = default;
};

struct Recording {
  RecordingId id;
  ContactId contact;
  LegId leg;
  std::string node;
  std::string path;  ///< relative to the node's recordings folder; known when done
  TimePoint started_at{};
  std::optional<TimePoint> ended_at;
  std::int64_t frames = 0, bytes = 0;  ///< samples a channel at 8 kHz
  std::string state = "running";       ///< running, whole, damaged
  std::string problem;
  RecordingLedger ledger{};
  friend bool operator==(const Recording&, const Recording&) = default;
};

struct CustomerPhone {
  std::string number;                  ///< digits only, with area code
  std::string product = "fixed_line";  ///< fixed_line, mobile, phs, broadband
  std::string exchange;
  std::string status = "active";
  friend bool operator==(const CustomerPhone&, const CustomerPhone&) = default;
};

struct Customer {
  CustomerId id;
  std::string number;  ///< customer number
  std::string name;
  std::string kind = "residential";
  bool vip = false;
  std::string language, address, district;
  TimePoint since{};
  std::vector<CustomerPhone> phones;
  friend bool operator==(const Customer&, const Customer&) = default;
};

/// A name in the three languages of the desk.
struct Names {
  std::string en, zh_hans, zh_hant;
  friend bool operator==(const Names&, const Names&) = default;
};

struct Queue {
  QueueId id;
  std::string code;
  Names name;
  std::string service_line;  ///< code, may be empty
  Duration offer_timeout{20'000}, wrap_up{60'000};
  std::int64_t waiting_max = 1000;
  std::string routing{};  ///< JSON of app::QueueRouting; empty: all as usual
  friend bool operator==(const Queue&, const Queue&) = default;
};

struct ServiceLine {
  ServiceLineId id;
  std::string code;  ///< "112"
  Names name;
  std::vector<std::string> numbers;  ///< dialled numbers that land here
  std::string flow;                  ///< flow entered when dialled
  std::string operation{};           ///< JSON of app::LineOperation; empty: all as usual
  friend bool operator==(const ServiceLine&, const ServiceLine&) = default;
};

struct Skill {
  SkillId id;
  std::string code;
  Names name;
  friend bool operator==(const Skill&, const Skill&) = default;
};

/// kind: pause, contact, outcome
struct Reason {
  std::string kind, code;
  Names name;
  std::string service_line;
  std::int64_t position = 0;
  friend bool operator==(const Reason&, const Reason&) = default;
};

/// What an agent's SIP phone proves itself with (RFC 7616): never the password. Empty: no account.
struct SipAccount {
  std::string realm, ha1_md5, ha1_sha256;
  [[nodiscard]] bool exists() const { return !ha1_md5.empty() || !ha1_sha256.empty(); }
  friend bool operator==(const SipAccount&, const SipAccount&) = default;
};

/// A member of staff; an agent when they take calls.
struct Agent {
  AgentId id;
  std::string number;         ///< staff number, "8001"
  std::string username;       ///< lower case
  std::string password_hash;  ///< argon2id, libsodium's string form
  std::string name, team;
  std::string role = "agent";      ///< agent, supervisor, admin
  std::string device = "browser";  ///< browser, sip
  std::string sip_contact;         ///< "sip:8001@host:port", empty when none
  bool enabled = true;
  std::vector<QueueId> queues;
  std::vector<std::pair<SkillId, int>> skills;
  SipAccount sip_account{};  ///< its user is `number`
  friend bool operator==(const Agent&, const Agent&) = default;
};

struct Session {
  std::string token_hash;  ///< SHA-256 hex of the cookie; the cookie itself is never stored
  AgentId agent;
  std::string csrf_token;
  TimePoint created_at{}, seen_at{}, expires_at{};
  friend bool operator==(const Session&, const Session&) = default;
};

/// What the watchdog found and repaired (docs/adr/0022). Append-only; ids that do not apply are none.
struct StoredDifference {
  TimePoint at{};
  std::string kind, node;  ///< node empty: within the core
  ContactId contact;
  LegId leg;
  AgentId agent;
  std::string phone, cause, repair;
  friend bool operator==(const StoredDifference&, const StoredDifference&) = default;
};

/// One local day of the recording ledger (docs/adr/0023): each second of each answered contact that began on it,
/// against its recordings. Times in ms, over all its contacts.
struct LedgerDay {
  std::string day;  ///< "2026-11-23"
  TimePoint reconciled_at{};
  std::int64_t calls = 0;                                   ///< answered and over
  std::int64_t complete = 0;                                ///< of them, those without a gap
  std::int64_t due_ms = 0, recorded_ms = 0, paused_ms = 0;  ///< paused: recorded as silence on purpose
  friend bool operator==(const LedgerDay&, const LedgerDay&) = default;
};
struct LedgerGap {
  std::string day;
  ContactId contact;
  TimePoint from{}, to{};
  std::string cause;
  friend bool operator==(const LedgerGap&, const LedgerGap&) = default;
};

/// Who listened to what, who did what to whom: append-only.
struct AuditEntry {
  TimePoint at{};
  std::optional<AgentId> actor;
  std::string action;  ///< "recording.play", "session.failed", "agent.force_state"
  std::string object;  ///< id or name
  std::string source;  ///< remote address
  std::string data = "{}";
  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// A live call's domain state between two commits, opaque to the store (JSON).
struct LiveCall {
  CallId id;
  std::string node;
  std::string state;
  friend bool operator==(const LiveCall&, const LiveCall&) = default;
};

/// An agent's ACD state as stored (JSON of acd::AgentLive).
struct LiveAgent {
  AgentId id;
  std::string state;
  friend bool operator==(const LiveAgent&, const LiveAgent&) = default;
};

/// How far a voice node's events have been taken up.
struct NodeCursor {
  std::string node;
  std::uint64_t boot_id = 0, seq = 0;
  friend bool operator==(const NodeCursor&, const NodeCursor&) = default;
};

}  // namespace hotline::app
