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
  friend bool operator==(const OrderPart&, const OrderPart&) = default;
};

/// Something that is to leave the program, once: a notice to somebody, a message to an outside body.
struct OutboxEntry {
  std::int64_t id = 0;  ///< given by the store
  std::string to;       ///< agent:ID, department:CODE, supervisors, partner:CODE
  std::string kind;
  WorkOrderId order;
  TimePoint at{};
  std::string body = "{}";  ///< JSON object
  std::int64_t tries = 0;
  friend bool operator==(const OutboxEntry&, const OutboxEntry&) = default;
};

struct OrderWrite {
  OrderRow row;  ///< as it is afterwards; `number` and the day's count are the store's for a new one
  std::int64_t expected_version = 0;  ///< 0: it must not be there yet
  std::string number_prefix;          ///< of a new one: "TS261123"
  std::vector<workorder::SealedEvent> events;
  std::vector<OrderPart> parts;
  std::optional<TimePoint> next_due;  ///< when time has something to say; ends any lease on it
  std::vector<OutboxEntry> outbox;
};

struct OrderCommit {
  std::string command_id;   ///< empty: not a person's command
  std::string fingerprint;  ///< of what was asked for, to tell a repetition from another command with the same id
  TimePoint now{};
  std::vector<OrderWrite> writes;  ///< the first is what the command was about
};

enum class CommitOutcome : std::uint8_t {
  done,
  stale,    ///< an order has another version by now; nothing was changed
  repeated  ///< the command id was used before; nothing was changed
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
  std::optional<WorkOrderId> before{};    ///< newest first only: older than this one
  std::uint32_t limit = 50;               ///< at most 200
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

struct Organisation {
  std::vector<workorder::Department> departments;  ///< by code
  std::vector<workorder::Calendar> calendars;      ///< by code
  friend bool operator==(const Organisation&, const Organisation&) = default;
};

class OrderStore {
 public:
  virtual ~OrderStore() = default;

  /// Waits for the commit. Not on the live strand.
  virtual CommitResult commit(const OrderCommit& commit) = 0;
  virtual std::optional<OrderCommand> command(const std::string& id) = 0;
  virtual std::optional<OrderRow> order(WorkOrderId id) = 0;
  virtual std::vector<workorder::SealedEvent> history(WorkOrderId id) = 0;  ///< by seq
  virtual std::vector<OrderRow> orders(const OrderQuery& query) = 0;        ///< without their documents
  /// All of them by id, for doctor.
  virtual std::vector<OrderRow> orders_after(WorkOrderId after, std::uint32_t limit) = 0;

  /// Takes up to `limit` deadlines that are due and nobody else has, earliest first; they are this caller's until
  /// `until`. A commit of the order ends the lease.
  virtual std::vector<OrderDeadline> claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) = 0;
  virtual std::optional<OrderDeadline> deadline(WorkOrderId order) = 0;

  /// Entries to partners that are due and nobody else has, oldest first; this caller's until `until`.
  virtual std::vector<OutboxEntry> claim_outbox(TimePoint now, TimePoint until, std::uint32_t limit) = 0;
  /// Delivered, or to be tried again at `again`.
  virtual void settle_outbox(std::int64_t id, TimePoint now, std::optional<TimePoint> again) = 0;
  /// Newest first; `before` 0: from the newest. At most 200.
  virtual std::vector<OutboxEntry> notices(const std::vector<std::string>& to, std::int64_t before,
                                           std::uint32_t limit) = 0;

  virtual void add_attachment(const Attachment& attachment) = 0;
  virtual std::vector<Attachment> attachments(WorkOrderId order) = 0;  ///< by id

  virtual Organisation organisation() = 0;
  /// Replaces departments and calendars as a whole.
  virtual void save_organisation(const Organisation& organisation) = 0;
};

}  // namespace hotline::app
