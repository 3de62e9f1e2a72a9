// SPDX-License-Identifier: Apache-2.0
// Work orders as SQL: commits on the writer's connection inside its transaction, searches on a read connection.
#pragma once

#include "adapters/search/terms.hpp"
#include "adapters/store/sql.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store {

/// Throws app::BadText when a text of the commit cannot be stored. Any thread.
void check_text(const app::OrderCommit& commit);

/// What the writes' texts are found by, one for each write; made before the writer's turn, since it takes a while.
using IndexedWrites = std::vector<std::optional<search::Indexed>>;
[[nodiscard]] IndexedWrites index_writes(const app::OrderCommit& commit);

/// Adds to the outbox; of appointments too.
void add_entry(sql::Connection& connection, const app::OutboxEntry& entry);

/// False: its id was used before.
[[nodiscard]] bool note_command(sql::Connection& connection, const app::OrderCommand& command);
[[nodiscard]] app::CommitResult commit_orders(sql::Connection& connection, const app::OrderCommit& commit,
                                              const IndexedWrites& indexed);
void save_view(sql::Connection& connection, AgentId agent, const app::OrderView& view);
[[nodiscard]] std::vector<app::OrderDeadline> claim_deadlines(sql::Connection& connection, TimePoint now,
                                                              TimePoint until, std::uint32_t limit);
void add_attachment(sql::Connection& connection, const app::Attachment& attachment);
void save_organisation(sql::Connection& connection, const app::Organisation& organisation);

[[nodiscard]] std::optional<app::OrderCommand> order_command(sql::Connection& connection, const std::string& id);
[[nodiscard]] std::uint32_t forget_commands(sql::Connection& connection, TimePoint before, std::uint32_t limit);
[[nodiscard]] std::optional<app::OrderRow> order(sql::Connection& connection, WorkOrderId id);
[[nodiscard]] std::vector<workorder::SealedEvent> order_history(sql::Connection& connection, WorkOrderId id);
[[nodiscard]] std::vector<app::OrderRow> orders(sql::Connection& connection, const app::OrderQuery& query);
[[nodiscard]] std::vector<app::OrderRow> orders_after(sql::Connection& connection, WorkOrderId after,
                                                      std::uint32_t limit);
[[nodiscard]] std::vector<app::OrderTypeState> open_order_places(sql::Connection& connection);
[[nodiscard]] bool any_deadline_due(sql::Connection& connection, TimePoint now);
[[nodiscard]] std::optional<app::OrderDeadline> order_deadline(sql::Connection& connection, WorkOrderId id);
[[nodiscard]] std::vector<app::OutboxEntry> notices(sql::Connection& connection, const std::vector<std::string>& to,
                                                    std::int64_t before, std::uint32_t limit);
[[nodiscard]] std::vector<app::Attachment> attachments(sql::Connection& connection, WorkOrderId id);
[[nodiscard]] std::optional<app::Attachment> attachment(sql::Connection& connection, std::uint64_t id);
[[nodiscard]] std::vector<app::Attachment> attachments_after(sql::Connection& connection, std::uint64_t after,
                                                             std::uint32_t limit);
[[nodiscard]] std::vector<app::OrderTally> order_tallies(sql::Connection& connection, TimePoint now, TimePoint soon);
[[nodiscard]] std::vector<app::OrderView> order_views(sql::Connection& connection, AgentId agent);
[[nodiscard]] app::Organisation organisation(sql::Connection& connection);

}  // namespace hotline::store
