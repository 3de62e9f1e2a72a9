// SPDX-License-Identifier: Apache-2.0
// The port app::OrderStore over the SQL facade: commits join the writer's groups, reads go to the pool. Thread-safe.
#pragma once

#include "adapters/store/order_search.hpp"
#include "adapters/store/order_sql.hpp"
#include "adapters/store/read_pool.hpp"
#include "adapters/store/sql_outside.hpp"
#include "adapters/store/writer.hpp"

namespace hotline::store {

class SqlOrders final : public app::OrderStore {
 public:
  SqlOrders(ReadPool& readers, Writer& writer) : readers_(readers), writer_(writer), outside_(readers, writer) {}

  app::OutsideStore* outside() override { return &outside_; }
  app::CommitResult commit(const app::OrderCommit& commit) override {
    check_text(commit);
    const IndexedWrites indexed = index_writes(commit);
    app::CommitResult result;
    writer_.join([&](sql::Connection& connection) { result = commit_orders(connection, commit, indexed); });
    return result;
  }
  std::vector<app::OrderDeadline> claim_deadlines(TimePoint now, TimePoint until, std::uint32_t limit) override {
    if (!readers_.with([&](sql::Connection& connection) { return any_deadline_due(connection, now); })) return {};
    std::vector<app::OrderDeadline> claimed;
    writer_.join([&](sql::Connection& connection) { claimed = store::claim_deadlines(connection, now, until, limit); });
    return claimed;
  }
  std::uint32_t forget_commands(TimePoint before, std::uint32_t limit) override {
    std::uint32_t gone = 0;
    writer_.join([&](sql::Connection& connection) { gone = store::forget_commands(connection, before, limit); });
    return gone;
  }
  void add_attachment(const app::Attachment& attachment) override {
    writer_.run([&](sql::Connection& connection) { store::add_attachment(connection, attachment); });
  }
  void save_organisation(const app::Organisation& organisation) override {
    writer_.run([&](sql::Connection& connection) { store::save_organisation(connection, organisation); });
  }

  std::optional<app::OrderCommand> command(const std::string& id) override { return read(order_command, id); }
  std::optional<app::OrderRow> order(WorkOrderId id) override { return read(store::order, id); }
  std::vector<workorder::SealedEvent> history(WorkOrderId id) override { return read(order_history, id); }
  std::vector<app::OrderRow> orders(const app::OrderQuery& query) override { return read(store::orders, query); }
  std::vector<app::OrderRow> orders_after(WorkOrderId after, std::uint32_t limit) override {
    return read(store::orders_after, after, limit);
  }
  std::vector<app::OrderTypeState> open_places() override { return read(open_order_places); }
  std::optional<app::OrderDeadline> deadline(WorkOrderId id) override { return read(order_deadline, id); }
  std::vector<app::OutboxEntry> notices(const std::vector<std::string>& to, std::int64_t before,
                                        std::uint32_t limit) override {
    return read(store::notices, to, before, limit);
  }
  std::vector<app::Attachment> attachments(WorkOrderId id) override { return read(store::attachments, id); }
  std::optional<app::Attachment> attachment(std::uint64_t id) override {
    if (id >> 63U) return std::nullopt;  // ids come from URLs too: no column holds it
    return read(store::attachment, id);
  }
  std::vector<app::Attachment> attachments_after(std::uint64_t after, std::uint32_t limit) override {
    return read(store::attachments_after, after, limit);
  }
  std::vector<app::OrderTally> tallies(TimePoint now, TimePoint soon) override {
    return read(order_tallies, now, soon);
  }
  std::vector<WorkOrderId> unindexed(std::uint32_t limit) override { return read(store::unindexed, limit); }
  void index(WorkOrderId order, std::int64_t version, const std::string& text) override {
    const search::Indexed indexed = search::index_text(text);
    writer_.join([&](sql::Connection& connection) { write_late_index(connection, order, version, indexed); });
  }
  bool indexed_as(WorkOrderId order, const std::string& text) override {
    return read(store::indexed_as, order, search::index_text(text));
  }
  void index_all() override {
    writer_.run([&](sql::Connection& connection) { store::index_all(connection); });
  }
  std::vector<app::OrderView> views(AgentId agent) override { return read(order_views, agent); }
  void save_view(AgentId agent, const app::OrderView& view) override {
    writer_.run([&](sql::Connection& connection) { store::save_view(connection, agent, view); });
  }
  void delete_view(AgentId agent, const std::string& id) override {
    writer_.run([&](sql::Connection& connection) {
      connection.tell("DELETE FROM order_view WHERE agent_id = $1 AND id = $2", agent, id);
    });
  }
  app::Organisation organisation() override { return read(store::organisation); }

 private:
  template <class Function, class... Args>
  auto read(Function function, const Args&... args)
      -> std::invoke_result_t<Function, sql::Connection&, const Args&...> {
    return readers_.with([&](sql::Connection& connection) { return function(connection, args...); });
  }

  ReadPool& readers_;
  Writer& writer_;
  SqlOutside outside_;
};

}  // namespace hotline::store
