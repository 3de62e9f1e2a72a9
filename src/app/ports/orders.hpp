// SPDX-License-Identifier: Apache-2.0
// The store's port for work orders. SQLite, PostgreSQL and the in-memory fake pass the same contract tests
// (tests/adapters/store). Any thread.
//
// A command's whole effect (history, state, parts, deadline, outbox, the command's own id) is one commit, made only if
// each order still has the version it was read with. A failed read throws StoreError; what strangers sent and cannot be
// stored throws BadText.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/ports/store.hpp"
#include "domain/workorder/calendar.hpp"
#include "domain/workorder/chain.hpp"
#include "domain/workorder/departments.hpp"

namespace hotline::app {

/// An order as it is searched for, and its state as a document which only app/orders reads.
struct OrderRow {
  WorkOrderId id;
  std::string number;  ///< "TS2611230042": prefix, day, count of the day; given by the store
  std::string type, state, title;
  bool closed = false, urgent = false;
  std::optional<AgentId> owner;
  std::optional<CustomerId> customer;
  std::optional<ContactId> contact;
  std::string phone;    ///< digits are searched for by their end
  std::string partner;  ///< the outside body
  std::string lead;     ///< department
  TimePoint created_at{}, changed_at{};
  std::optional<TimePoint> closed_at;
  std::optional<TimePoint> due_at;         ///< earliest limit of a running clock
  std::optional<TimePoint> to_tell_since;  ///< there is a result the customer has not been told
  std::optional<WorkOrderId> merged_into;
  std::int64_t level = 0;  ///< how far its running clocks have been escalated; 0: not; else workorder::Level + 1
  std::int64_t version = 0;
  std::string hash;      ///< of the last line of its history
  std::string document;  ///< JSON
  friend bool operator==(const OrderRow&, const OrderRow&) = default;
};

/// A department's part in an order that is open. One whose part is done stays until the order is closed.
struct OrderPart {
  std::string department;
  bool lead = false;
  bool done = false;
  std::optional<AgentId> handler{};  ///< who accepted it
  friend bool operator==(const OrderPart&, const OrderPart&) = default;
};

/// A notice to somebody, a message to an outside body: read by them, and spread into deliveries (ports/outside.hpp).
struct OutboxEntry {
  std::int64_t id = 0;  ///< given by the store
  std::string to;       ///< agent:ID, department:CODE, supervisors, partner:CODE, customer
  std::string kind;
  WorkOrderId order;
  TimePoint at{};
  std::string body = "{}";        ///< JSON object
  std::int64_t tries = 0;         ///< how often somebody began to spread it
  std::uint64_t appointment = 0;  ///< it is about; then `order` is the appointment's, or none
  friend bool operator==(const OutboxEntry&, const OutboxEntry&) = default;
};

struct Attachment {
  std::uint64_t id = 0;
  WorkOrderId order;
  std::string name, content_type, sha256, path;
  std::int64_t bytes = 0;
  TimePoint at{};
  AgentId by;
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct OrderWrite {
  OrderRow row;  ///< as it is afterwards; `number` and the day's count are the store's for a new one
  std::int64_t expected_version = 0;  ///< 0: it must not be there yet
  std::string number_prefix;          ///< of a new one: "TS261123"
  std::vector<workorder::SealedEvent> events;
  std::vector<OrderPart> parts;
  std::optional<TimePoint> next_due;  ///< when time has something to say; ends any lease on it
  std::vector<OutboxEntry> outbox;
  std::optional<std::string> search{};     ///< the text it is found by, when that is another one now
  std::vector<Attachment> attachments{};   ///< new ones; their files are there already
  std::string partner, partner_reference;  ///< of a new one from outside: taken once
};

struct OrderCommit {
  std::string command_id;   ///< empty: not a person's command
  std::string fingerprint;  ///< of what was asked for, to tell a repetition from another command with the same id
  TimePoint now{};
  std::vector<OrderWrite> writes;  ///< the first is what the command was about
};

enum class CommitOutcome : std::uint8_t {
  done,
  stale,     ///< an order has another version by now; nothing was changed
  repeated,  ///< the command id was used before; nothing was changed
  taken      ///< the partner's number for the matter is another order's; nothing was changed
};
struct CommitResult {
  CommitOutcome outcome = CommitOutcome::done;
  std::string number;  ///< of the first write, when it is new
};

struct OrderCommand {
  std::string id, fingerprint;
  WorkOrderId order;
  std::int64_t version = 0;  ///< the order's after it
  TimePoint at{};
  friend bool operator==(const OrderCommand&, const OrderCommand&) = default;
};

struct OrderDeadline {
  WorkOrderId order;
  TimePoint due{};
  friend bool operator==(const OrderDeadline&, const OrderDeadline&) = default;
};

/// Where a page of a list that is sorted by deadline ended.
struct OrderPlace {
  std::optional<TimePoint> due{};  ///< none: among those without a deadline
  WorkOrderId id;
};

/// Where at least one open order stands.
struct OrderTypeState {
  std::string type, state;
  friend bool operator==(const OrderTypeState&, const OrderTypeState&) = default;
};

struct OrderQuery {
  std::string department{};  ///< has a part in it that is not done; open orders only
  std::optional<AgentId> owner{};
  std::string type{}, state{}, partner{};
  std::optional<CustomerId> customer{};
  std::optional<ContactId> contact{};
  std::string number{};        ///< exact
  std::string phone_suffix{};  ///< digits
  std::optional<bool> closed{};
  bool to_tell = false;                   ///< the customer is due to be told
  std::optional<TimePoint> due_before{};  ///< of open ones
  bool by_due = false;                    ///< earliest due first; else newest first
  std::optional<OrderPlace> after{};      ///< earliest due first only: what follows this one
  std::optional<WorkOrderId> before{};    ///< newest first only: older than this one
  std::uint32_t limit = 50;               ///< at most 200
  /// As typed: an order's number or its beginning, the end of a telephone number, words of its text. Newest first
  /// unless `owner`, `customer`, `contact`, `department`, `handler` or `to_tell` narrows it.
  std::string search{};
  std::optional<AgentId> handler{};  ///< has accepted a department's part that is not done
  std::string lead{};                ///< department; "-": none has the lead
  std::int64_t level_least = 0;      ///< escalated at least so far
};

/// Open orders that stand alike, counted.
struct OrderTally {
  std::string lead, type;
  std::int64_t level = 0;
  std::int64_t open = 0, overdue = 0, at_risk = 0;  ///< at_risk: not overdue, and due before the moment asked about
  friend bool operator==(const OrderTally&, const OrderTally&) = default;
};

/// A list somebody wants to come back to.
struct OrderView {
  std::string id, name, settings;  ///< settings: JSON of the web application
  friend bool operator==(const OrderView&, const OrderView&) = default;
};

struct Organisation {
  std::vector<workorder::Department> departments;  ///< by code
  std::vector<workorder::Calendar> calendars;      ///< by code
  friend bool operator==(const Organisation&, const Organisation&) = default;
};

class OutsideStore;  // ports/outside.hpp

class OrderStore {
 public:
  virtual ~OrderStore() = default;

  /// Waits for the commit. Not on the live strand.
  virtual CommitResult commit(const OrderCommit& commit) = 0;
  virtual std::optional<OrderCommand> command(const std::string& id) = 0;
  /// Ids given before this moment are forgotten, the oldest first, at most `limit`: the same id is a new command then.
  /// Returns how many.
  virtual std::uint32_t forget_commands(TimePoint before, std::uint32_t limit) = 0;
  virtual std::optional<OrderRow> order(WorkOrderId id) = 0;
  virtual std::vector<workorder::SealedEvent> history(WorkOrderId id) = 0;  ///< by seq
  virtual std::vector<OrderRow> orders(const OrderQuery& query) = 0;        ///< without their documents
  virtual std::vector<OrderTypeState> open_places() = 0;                    ///< by type and state
  /// All of them by id, for doctor.
  virtual std::vector<OrderRow> orders_after(WorkOrderId after, std::uint32_t limit) = 0;

  /// Takes up to `limit` deadlines that are due and nobody else has, earliest first; they are this caller's until
  /// `until`. A commit of the order ends the lease.
  virtual std::vector<OrderDeadline> claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) = 0;
  virtual std::optional<OrderDeadline> deadline(WorkOrderId order) = 0;

  /// What leaves the program, in the same database. Null: this store keeps none.
  virtual OutsideStore* outside() { return nullptr; }
  /// Newest first; `before` 0: from the newest. At most 200.
  virtual std::vector<OutboxEntry> notices(const std::vector<std::string>& to, std::int64_t before,
                                           std::uint32_t limit) = 0;

  virtual void add_attachment(const Attachment& attachment) = 0;
  virtual std::vector<Attachment> attachments(WorkOrderId order) = 0;  ///< by id
  virtual std::optional<Attachment> attachment(std::uint64_t id) = 0;
  /// All of them by id, for doctor.
  virtual std::vector<Attachment> attachments_after(std::uint64_t after, std::uint32_t limit) = 0;

  /// Open ones by lead department, type and level; `soon`: until when they are at risk.
  virtual std::vector<OrderTally> tallies(TimePoint now, TimePoint soon) = 0;

  /// Orders whose text is still to be indexed, by id.
  virtual std::vector<WorkOrderId> unindexed(std::uint32_t limit) = 0;
  /// Writes the index of an order that still has this version; else nothing.
  virtual void index(WorkOrderId order, std::int64_t version, const std::string& text) = 0;
  /// Whether the index has exactly this text.
  virtual bool indexed_as(WorkOrderId order, const std::string& text) = 0;
  /// Every order is to be indexed anew.
  virtual void index_all() = 0;

  virtual std::vector<OrderView> views(AgentId agent) = 0;  ///< by name
  virtual void save_view(AgentId agent, const OrderView& view) = 0;
  virtual void delete_view(AgentId agent, const std::string& id) = 0;

  virtual Organisation organisation() = 0;
  /// Replaces departments and calendars as a whole.
  virtual void save_organisation(const Organisation& organisation) = 0;
};

}  // namespace hotline::app
