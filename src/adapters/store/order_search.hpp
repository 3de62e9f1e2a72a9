// SPDX-License-Identifier: Apache-2.0
// The full-text index of work orders as SQL (docs/adr/0030): written on the writer's connection in the order's own
// transaction, asked on a read connection.
#pragma once

#include <string>
#include <vector>

#include "adapters/search/asked.hpp"
#include "adapters/search/terms.hpp"
#include "adapters/store/sql.hpp"
#include "app/ports/orders.hpp"

namespace hotline::store {

/// How a search narrows a list of orders: what stands before SELECT and FROM, and a condition. `values` are $1, $2, ...
struct Narrowing {
  std::string with, from, where;
  std::string id = "o.id";  ///< by which the list is sorted newest first
  std::vector<sql::Value> values{};
};

[[nodiscard]] Narrowing by_number(const search::Asked& asked);
[[nodiscard]] Narrowing by_phone(const std::string& suffix, const std::string& suffix_end);
/// `query` must outlive the narrowing. `each`: something else narrows the list more, and the index is asked for each
/// of its orders.
[[nodiscard]] Narrowing by_text(const search::Query& query, const app::OrderQuery& list, sql::Dialect dialect,
                                bool each);
/// PostgreSQL's index gives no order, and would sort all that match. So the words are looked for one by one among the
/// newest orders first: what is common is found there at once, and only what is rare is asked of the index.
[[nodiscard]] Narrowing by_text_among_newest(const search::Query& query, const app::OrderQuery& list,
                                             std::uint32_t rows);
[[nodiscard]] std::int64_t count_among_newest(sql::Connection& connection, const search::Query& query,
                                              const app::OrderQuery& list, std::uint32_t rows);
/// Something besides the search leaves orders out.
[[nodiscard]] bool has_filter(const app::OrderQuery& list);

void write_index(sql::Connection& connection, WorkOrderId order, const search::Indexed& indexed);
/// Of an order that still has this version.
void write_late_index(sql::Connection& connection, WorkOrderId order, std::int64_t version,
                      const search::Indexed& indexed);
void index_all(sql::Connection& connection);
[[nodiscard]] std::vector<WorkOrderId> unindexed(sql::Connection& connection, std::uint32_t limit);
[[nodiscard]] bool indexed_as(sql::Connection& connection, WorkOrderId order, const search::Indexed& indexed);

}  // namespace hotline::store
