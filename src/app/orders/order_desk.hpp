// SPDX-License-Identifier: Apache-2.0
// The use cases of work orders: load → decide → commit with the version that was read, and what goes with it (history
// with its hashes, parts, deadline, outbox, the command's id) in one transaction. Any thread, many at a time; never the
// live strand, since commits are waited for.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/orders.hpp"
#include "app/records.hpp"
#include "base/result.hpp"
#include "domain/workorder/engine.hpp"

namespace hotline::app {

/// Why an order was not made or changed. `code`: not_found, forbidden, stale (somebody was faster: read it again),
/// command_reused (the id was used for another command), or a word of workorder::Why.
struct OrderRefusal {
  std::string code, field, message;
};

/// An order as it is stored.
struct OrderRecord {
  OrderRow row;
  workorder::Order order;
};

/// A person's command as it came in.
struct OrderRequest {
  std::string command_id;               ///< chosen by the sender; the same one twice is done once
  std::string fingerprint;              ///< of the whole request, and who sent it
  std::optional<std::int64_t> version;  ///< the one the sender saw; none: whatever it is now
  workorder::Actor by;
};

class OrderDesk {
 public:
  struct Config {
    std::chrono::minutes utc_offset{480};  ///< whose day an order's number counts
    std::int64_t start_seconds = 0;        ///< of this process, for ids (ADR 7)
    Duration lease{30'000};                ///< how long a deadline is this process's
  };
  /// `store` must outlive the desk. Reads the organisation.
  OrderDesk(OrderStore& store, workorder::TypeBook types, workorder::HashFunction sha256, Config config);

  /// As read last. Stays valid for the desk's life: books that were replaced are kept, for they are few and small.
  [[nodiscard]] const workorder::TypeBook& types() const;
  /// From the next command on. Refused, with everything staying as it is, when an open order would stand in a state
  /// that is there no more; the text names one.
  [[nodiscard]] Result<void, std::string> use_types(workorder::TypeBook types);
  [[nodiscard]] OrderStore& store() { return store_; }

  /// Departments and calendars as read last.
  struct Organised {
    Organisation rows;
    workorder::Departments departments;
    workorder::Calendars calendars;
  };
  [[nodiscard]] std::shared_ptr<const Organised> organisation() const;
  void reload_organisation();
  /// Of a request's text, for OrderRequest::fingerprint.
  [[nodiscard]] std::string fingerprint(const std::string& text) const { return sha256_(text); }
  [[nodiscard]] workorder::Actor actor_of(const Agent& agent) const;

  [[nodiscard]] Result<OrderRecord, OrderRefusal> create(const OrderRequest& request, workorder::Opening opening,
                                                         TimePoint now);
  /// `target`: the main order of a merge.
  [[nodiscard]] Result<OrderRecord, OrderRefusal> act(WorkOrderId id, const OrderRequest& request,
                                                      workorder::Command command, std::optional<WorkOrderId> target,
                                                      TimePoint now);
  [[nodiscard]] std::optional<OrderRecord> find(WorkOrderId id);

  /// Gives what has come due: at most `limit` orders. Returns how many deadlines it took; as many as `limit`: call
  /// again.
  std::size_t tick(TimePoint now, std::uint32_t limit);

  /// Indexes orders which wait for it (work_order_to_index): at most `limit`. Returns how many there were.
  std::size_t index_waiting(std::uint32_t limit);
  /// What an order is found by is what it says now.
  [[nodiscard]] bool is_indexed(const OrderRow& row);

  /// A file that is stored already is attached: its row, and the line of the history that names it, in one commit.
  /// `file`: without id, time and person.
  [[nodiscard]] Result<OrderRecord, OrderRefusal> attach(WorkOrderId id, const OrderRequest& request, Attachment file,
                                                         std::string text, TimePoint now);

  /// What is wrong with an order's history: a broken chain, a state that does not follow from it. Empty: nothing.
  /// Others may go on changing the order meanwhile.
  [[nodiscard]] std::string wrong_with(const OrderRow& row);

 private:
  using Refused = OrderRefusal;
  [[nodiscard]] Result<OrderRecord, Refused> act_with(WorkOrderId id, const OrderRequest& request,
                                                      workorder::Command command, std::optional<WorkOrderId> target,
                                                      std::vector<Attachment> files, TimePoint now);
  [[nodiscard]] std::string text_of(const OrderRow& row) const;
  [[nodiscard]] std::string wrong_with_lines(const OrderRow& row);
  [[nodiscard]] Result<OrderRecord, Refused> answer_repeated(const OrderRequest& request);
  [[nodiscard]] std::optional<Refused> used_before(const OrderRequest& request, std::optional<OrderRecord>& answer);
  [[nodiscard]] std::optional<OrderRecord> record_of(std::optional<OrderRow> row);
  [[nodiscard]] OrderWrite write_of(const workorder::Context& context, const OrderRecord& before,
                                    const std::vector<workorder::Event>& events) const;
  [[nodiscard]] std::optional<workorder::Context> context_of(const Organised& organised, const std::string& type) const;
  void add_companions(const workorder::Context& context, const workorder::Order& after,
                      const std::vector<workorder::Event>& events, std::vector<OrderWrite>& writes, TimePoint now);
  void tick_one(const Organised& organised, WorkOrderId id, TimePoint now);

  OrderStore& store_;
  const workorder::HashFunction sha256_;
  const Config config_;
  mutable std::mutex mutex_;  ///< of what follows
  std::shared_ptr<const Organised> organised_;
  std::vector<std::unique_ptr<const workorder::TypeBook>> books_;  ///< the last is in use
  IdMaker ids_;
};

}  // namespace hotline::app
