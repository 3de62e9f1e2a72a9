// SPDX-License-Identifier: Apache-2.0
// The store's ports. SQLite, PostgreSQL and the in-memory fake pass the same contract tests (tests/adapters/store).
//
// Writing: batches of changes, each atomic, in the order given; many batches share one commit (group commit). Reading:
// from any worker, on read connections; sees what is committed. A failed read throws StoreError; "outcome unknown" of a
// write never reaches a caller: the store retries until the commit is known (same batches, same order) or the process
// ends.
#pragma once

#include <functional>
#include <stdexcept>
#include <variant>

#include "app/day_figures.hpp"
#include "app/records.hpp"
#include "base/result.hpp"

namespace hotline::app {

struct StoreError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The caller's text is not UTF-8 or has a NUL in it (see stored_text.hpp: to_storable() for what strangers send).
/// Nothing was written.
struct BadText : StoreError {
  using StoreError::StoreError;
};

// ---- changes. Put* writes the whole row, new or not.
struct DropLiveCall {
  CallId id;
};
struct AddAudit {
  AuditEntry entry;
};
struct DropSession {
  std::string token_hash;
};
struct DropExpiredSessions {
  TimePoint now;
};  ///< every session with expires_at <= now
/// Of a contact that is stored already; of an unknown one it changes nothing.
struct PutWrapUp {
  ContactId contact;
  std::string reason_code, result_code, note;
  AgentId agent{};  ///< who wrote it: stands in their part as well, when they have one
};
/// What an agent has written so far, while the call goes on: in their part alone. Of an unknown part it changes
/// nothing.
struct PutNotes {
  ContactId contact;
  AgentId agent;
  std::string reason_code, result_code, note;
};
struct DropSipMessages {
  TimePoint before;
};  ///< older ones
struct SetAgentDevice {
  AgentId agent;
  std::string device, sip_contact;
};
/// The end of a recording whose row has no path yet: its report came after the core had given it up. Else nothing.
struct PutRecordingEnd {
  RecordingId id;
  std::string node, path;
  TimePoint started_at{}, ended_at{};
  std::int64_t frames = 0, bytes = 0;
  std::string state, problem;
};
struct PutRecordingArchived {
  RecordingId id;
  std::string path, format, key, sha256;
  std::int64_t bytes = 0, frames = 0;
  TimePoint at{};
};
/// The file, WAV or archive, is not there any more. The last file of one whose deletion was asked for: it is deleted.
struct PutRecordingFileGone {
  RecordingId id;
  std::string path;
  TimePoint at{};
};
/// Its node is asked again later, after ever longer times. `archive_missing`: the archive has to be made again.
struct PutRecordingTrouble {
  RecordingId id;
  std::string trouble;
  TimePoint at{};
  bool archive_missing = false;
};
/// Changes nothing once the deletion was asked for.
struct SetRecordingHold {
  RecordingId id;
  bool hold = false;
  std::string why;
};
/// Changes nothing for one that runs or is held.
struct AskRecordingDeletion {
  RecordingId id;
  std::string why;
  TimePoint at{};
};
struct SetSipAccount {
  AgentId agent;
  SipAccount account;  ///< an empty one takes it away
};
/// Configuration changed while the hotline runs: whole rows, new or not.
struct PutQueue {
  Queue queue;
};
struct PutSkill {
  Skill skill;
};
struct PutLineOperation {
  ServiceLineId line;
  std::string operation;
};
struct PutRoutingRules {
  std::string rules;
};
struct SetAgentRouting {
  AgentId agent;
  std::vector<QueueId> queues;
  std::vector<std::pair<SkillId, int>> skills;
};
struct DropDifferences {
  TimePoint before;
};  ///< older ones
/// A day of the recording ledger as it was reconciled now: takes the place of what was stored of it.
struct PutLedgerDay {
  LedgerDay day;
  std::vector<LedgerGap> gaps;
};
struct PutWallboardSettings {
  std::string settings;
};
/// Contact, Leg, Recording, LiveCall, LiveAgent, NodeCursor, Session: whole rows. ContactEvent: appended; the same
/// (contact, seq) twice is one row. Put of a Recording never touches its ledger. PutContact never overwrites the
/// wrap-up columns of an existing row; PutWrapUp alone does. ContactPart: likewise; what is written comes by PutNotes
/// and PutWrapUp.
using Change = std::variant<Contact, Leg, ContactEvent, Recording, LiveCall, DropLiveCall, LiveAgent, NodeCursor,
                            Session, DropSession, DropExpiredSessions, AddAudit, PutWrapUp, SetAgentDevice,
                            PutRecordingEnd, PutRecordingArchived, PutRecordingFileGone, PutRecordingTrouble,
                            SetRecordingHold, AskRecordingDeletion, SipMessage, DropSipMessages, SetSipAccount,
                            PutQueue, PutSkill, PutLineOperation, PutRoutingRules, SetAgentRouting, ContactPart,
                            PutNotes, StoredDifference, DropDifferences, PutLedgerDay, PutWallboardSettings>;
using Batch = std::vector<Change>;

/// The world the hotline runs in: configuration kept in the store.
struct World {
  std::vector<ServiceLine> service_lines;
  std::vector<Queue> queues;
  std::vector<Skill> skills;
  std::vector<Reason> reasons;
  std::vector<Agent> agents;
  std::string routing_rules{};  ///< JSON of app::RoutingRules; empty: as usual
  std::string wallboard{};      ///< JSON of app::WallboardSettings; empty: as usual
};

struct LiveState {
  std::vector<LiveCall> calls;
  std::vector<LiveAgent> agents;
  std::vector<NodeCursor> cursors;
};

struct ContactQuery {
  std::optional<AgentId> agent{};  ///< who has a part in it
  std::optional<CustomerId> customer{};
  std::string phone_suffix{};  ///< end of the customer's number (from, or to when outbound), digits; empty: any
  std::optional<TimePoint> from{}, to{};  ///< of started_at, [from, to)
  std::optional<ContactId> before{};      ///< only contacts older than this one; none when it is unknown
  std::uint32_t limit = 50;               ///< at most 200
  bool call_backs = false;                ///< only those
};

/// Recordings of a node whose files are not as they should be, oldest trouble first.
struct RecordingWork {
  enum class Kind : std::uint8_t {
    archive,  ///< finished, has sound, no archive yet
    clear,    ///< archived, the WAV is still there
    remove    ///< deletion asked for and not done
  };
  Kind kind = Kind::archive;
  std::string node;
  TimePoint now{};  ///< those to be asked again later are left out
  std::uint32_t limit = 32;
};
/// For the retention: those not held, not running, deletion not asked for, by (started_at, id).
struct RecordingAgeQuery {
  TimePoint after_started_at{};
  RecordingId after;
  TimePoint before{};  ///< started before this
  std::uint32_t limit = 500;
};
struct RecordingAge {
  RecordingId id;
  TimePoint started_at{};
  std::string service_line, reason_code;
  friend bool operator==(const RecordingAge&, const RecordingAge&) = default;
};
struct RecordingBacklog {
  std::string node;
  std::int64_t to_archive = 0, to_clear = 0, to_delete = 0;
  friend bool operator==(const RecordingBacklog&, const RecordingBacklog&) = default;
};

/// Counts of one queue and service line from stored inbound contacts, for the wallboard's day. Live contacts are not in
/// it: they count when they end. queue empty: those who never reached one (offered 0). offered = answered + abandoned +
/// short_abandoned + called_back + lost + refused after they had reached the queue.
struct QueueDay : DayFigures {
  std::string queue, service_line;
};

/// What one service line's callers met since `from`, of contacts that have ended and reached a queue.
struct LineFigures {
  std::int64_t offered = 0, answered = 0, answered_in_threshold = 0, abandoned = 0;  ///< without short abandons
  friend bool operator==(const LineFigures&, const LineFigures&) = default;
};

class OrderStore;        // ports/orders.hpp
class AppointmentStore;  // ports/appointments.hpp

class Store {
 public:
  virtual ~Store() = default;

  /// Work orders, in the same database and committed by the same writer. As long-lived as the store. Null: this store
  /// keeps none.
  virtual OrderStore* orders() { return nullptr; }
  /// Appointments, likewise.
  virtual AppointmentStore* appointments() { return nullptr; }

  /// Hands a batch over; returns false when the bounded queue is full (then `batch` is as it was). `committed` is
  /// called once, on the store's thread, after the batch is durable (fsync'ed or acknowledged by PostgreSQL), in the
  /// order of write(). It must not throw, block, or call write_and_wait(). Throws BadText, nothing taken.
  virtual bool write(Batch&& batch, std::function<void()> committed) = 0;
  /// Writes and waits, however long commits fail. For start-up, tools and request workers; never on the live strand.
  /// Throws BadText, and StoreError when the store is closed before the batch could be committed.
  virtual void write_and_wait(Batch batch) = 0;
  /// False while commits fail (disk full, server away): /readyz and admission look here. `what` is for people.
  [[nodiscard]] virtual Result<void, Problem> health() const = 0;

  // -- start-up and configuration
  /// Raises and returns the core's epoch (1 at first). Durable before it returns.
  virtual std::uint64_t next_epoch() = 0;
  virtual World load_world() = 0;
  virtual LiveState load_live() = 0;
  /// Writes a whole world (demo, import): upserts by id; one transaction. What is not in it stays as it is. Throws
  /// StoreError when it contradicts what is stored (a code or user name taken by another id); then nothing is changed.
  virtual void save_world(const World& world) = 0;
  virtual void save_customers(const std::vector<Customer>& customers) = 0;
  virtual std::int64_t count_customers() = 0;

  // -- reading
  virtual std::optional<Contact> contact(ContactId id) = 0;
  virtual std::vector<Contact> contacts(const ContactQuery& query) = 0;  ///< newest first (started_at, then id)
  virtual std::vector<SipMessage> sip_messages(ContactId id) = 0;        ///< by time, at most 1,000
  virtual std::vector<ContactEvent> events(ContactId id) = 0;            ///< by seq
  virtual std::vector<Leg> legs(ContactId id) = 0;                       ///< by start
  virtual std::vector<ContactPart> parts(ContactId id) = 0;              ///< by position
  virtual std::vector<Recording> recordings(ContactId id) = 0;           ///< by start
  virtual std::optional<Recording> recording(RecordingId id) = 0;
  virtual std::vector<Recording> running_recordings(const std::string& node) = 0;
  virtual std::vector<Recording> recording_work(const RecordingWork& work) = 0;
  virtual std::vector<RecordingAge> recording_ages(const RecordingAgeQuery& query) = 0;
  virtual std::vector<RecordingBacklog> recording_backlog() = 0;  ///< nodes with something to do, by name
  /// Damaged ones and those whose files give trouble, newest first; `before` none: from the newest.
  virtual std::vector<Recording> troubled_recordings(RecordingId before, std::uint32_t limit) = 0;
  virtual std::vector<Recording> recordings_of_node(const std::string& node, RecordingId after,
                                                    std::uint32_t limit) = 0;  ///< by id
  virtual std::vector<QueueDay> queue_days(TimePoint from, Duration service_level_threshold,
                                           Duration short_abandon) = 0;
  virtual LineFigures line_figures(const std::string& service_line, TimePoint from,
                                   Duration service_level_threshold) = 0;
  virtual std::vector<StoredDifference> differences(TimePoint from,
                                                    std::uint32_t limit) = 0;  ///< newest first, not before `from`
  virtual std::vector<LedgerDay> ledger_days(std::uint32_t limit) = 0;         ///< newest first
  virtual std::vector<LedgerGap> ledger_gaps(const std::string& day, std::uint32_t limit) = 0;  ///< by time
  virtual std::vector<Contact> open_contacts() = 0;                                             ///< outcome live
  virtual std::optional<Customer> customer(CustomerId id) = 0;
  virtual std::optional<Customer> customer_by_phone(
      const std::string& digits) = 0;  ///< exact, else same last 8 digits when unique
  virtual std::vector<Customer> find_customers(const std::string& text,
                                               std::uint32_t limit) = 0;  ///< number end or name part
  virtual std::optional<Agent> agent_by_username(const std::string& username) = 0;
  virtual std::optional<Agent> agent(AgentId id) = 0;
  virtual std::optional<Session> session(const std::string& token_hash) = 0;
  virtual std::vector<AuditEntry> audit(const std::string& action,
                                        std::uint32_t limit) = 0;  ///< newest first; action empty: any
};

}  // namespace hotline::app
