// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/store/order_search.hpp"

#include <algorithm>

#include "adapters/store/columns.hpp"

namespace hotline::store {
namespace {

/// The id before which the page begins.
std::int64_t before_of(const app::OrderQuery& list) {
  return list.before ? sql::checked(list.before->value()) : INT64_MAX;
}

/// Open orders are the newest: the index need not be followed to its end for them.
std::string open_only(const app::OrderQuery& list, const char* id) {
  if (list.closed != false) return {};
  return std::string(" AND ") + id + " >= (SELECT min(id) FROM work_order WHERE closed = 0)";
}

/// The newest so many, and the words looked for in each of them.
std::string among_newest(std::uint32_t rows) {
  return "(SELECT order_id FROM (SELECT order_id, terms FROM work_order_search WHERE order_id < $2"
         " ORDER BY order_id DESC LIMIT " +
         std::to_string(rows) + ") w WHERE w.terms @@ CAST($1 AS tsquery)) s";
}

}  // namespace

bool has_filter(const app::OrderQuery& list) {
  return !list.type.empty() || !list.state.empty() || !list.partner.empty() || !list.number.empty() ||
         !list.phone_suffix.empty() || !list.lead.empty() || list.closed || list.due_before || list.level_least > 0;
}

Narrowing by_number(const search::Asked& asked) {
  Narrowing out;
  out.where = "o.number >= $1 AND o.number < $2";
  out.values = {sql::to_value(asked.number_from), sql::to_value(asked.number_end)};
  return out;
}

Narrowing by_phone(const std::string& suffix, const std::string& suffix_end) {
  Narrowing out;
  out.where = "o.phone_reversed <> '' AND o.phone_reversed >= $1 AND o.phone_reversed < $2";
  out.values = {sql::to_value(suffix), sql::to_value(suffix_end)};
  return out;
}

Narrowing by_text(const search::Query& query, const app::OrderQuery& list, sql::Dialect dialect, bool each) {
  Narrowing out;
  const bool sqlite = dialect == sql::Dialect::sqlite;
  out.values = {sql::to_value(sqlite ? query.fts5 : query.tsquery)};
  if (each) {
    // A subquery with a value, not EXISTS: PostgreSQL would make a join of that, and ask the index for all it knows.
    out.where = sqlite ? "EXISTS (SELECT 1 FROM work_order_search WHERE work_order_search MATCH $1 AND rowid = o.id)"
                       : "(SELECT s.terms @@ CAST($1 AS tsquery) FROM work_order_search s WHERE s.order_id = o.id)";
    return out;
  }
  out.values.emplace_back(before_of(list));
  if (sqlite) {
    // CROSS JOIN: the index first, from its newest entry down (SQLite: "The Order Of Tables In Joins").
    out.from = "work_order_search CROSS JOIN work_order o ON o.id = work_order_search.rowid";
    out.where =
        "work_order_search MATCH $1 AND work_order_search.rowid < $2" + open_only(list, "work_order_search.rowid");
    out.id = "work_order_search.rowid";
    return out;
  }
  out.with =
      "WITH found AS MATERIALIZED (SELECT order_id FROM work_order_search WHERE terms @@ CAST($1 AS tsquery)"
      " AND order_id + 0 < $2" +
      open_only(list, "order_id") + "), newest AS (SELECT order_id FROM found ORDER BY order_id DESC" +
      (has_filter(list) ? "" : " LIMIT " + std::to_string(std::min(list.limit, 200U))) + ") ";
  out.from = "newest s JOIN work_order o ON o.id = s.order_id";
  out.id = "s.order_id";
  return out;
}

Narrowing by_text_among_newest(const search::Query& query, const app::OrderQuery& list, std::uint32_t rows) {
  Narrowing out;
  out.values = {sql::to_value(query.tsquery), before_of(list)};
  out.from = among_newest(rows) + " JOIN work_order o ON o.id = s.order_id";
  out.id = "s.order_id";
  return out;
}

std::int64_t count_among_newest(sql::Connection& connection, const search::Query& query, const app::OrderQuery& list,
                                std::uint32_t rows) {
  const auto counted = connection.ask("SELECT count(*) FROM " + among_newest(rows), query.tsquery, before_of(list));
  counted->next();
  return counted->integer(0);
}

void write_index(sql::Connection& connection, WorkOrderId order, const search::Indexed& indexed) {
  if (connection.dialect() == sql::Dialect::sqlite)
    connection.tell("INSERT OR REPLACE INTO work_order_search (rowid, pairs, singles) VALUES ($1,$2,$3)", order,
                    indexed.pairs, indexed.singles);
  else
    connection.tell(
        "INSERT INTO work_order_search (order_id, terms) VALUES ($1, CAST($2 AS tsvector))"
        " ON CONFLICT (order_id) DO UPDATE SET terms = excluded.terms",
        order, indexed.tsvector);
}

void write_late_index(sql::Connection& connection, WorkOrderId order, std::int64_t version,
                      const search::Indexed& indexed) {
  const bool postgres = connection.dialect() == sql::Dialect::postgres;
  const auto rows = connection.ask(
      std::string("SELECT version FROM work_order WHERE id = $1") + (postgres ? " FOR UPDATE" : ""), order);
  if (rows->next()) {
    if (rows->integer(0) != version) return;  // changed meanwhile: read again by the next round
    write_index(connection, order, indexed);
  }
  connection.tell("DELETE FROM work_order_to_index WHERE order_id = $1", order);
}

void index_all(sql::Connection& connection) {
  connection.tell(
      "INSERT INTO work_order_to_index (order_id) SELECT id FROM work_order WHERE true ON CONFLICT DO NOTHING");
}

std::vector<WorkOrderId> unindexed(sql::Connection& connection, std::uint32_t limit) {
  const auto rows = connection.ask("SELECT order_id FROM work_order_to_index ORDER BY order_id LIMIT $1", limit);
  std::vector<WorkOrderId> found;
  while (rows->next()) found.push_back(id_at<WorkOrderId>(*rows, 0));
  return found;
}

bool indexed_as(sql::Connection& connection, WorkOrderId order, const search::Indexed& indexed) {
  if (connection.dialect() == sql::Dialect::postgres)
    return connection
        .ask("SELECT 1 FROM work_order_search WHERE order_id = $1 AND terms = CAST($2 AS tsvector)", order,
             indexed.tsvector)
        ->next();
  const auto rows = connection.ask("SELECT pairs, singles FROM work_order_search WHERE rowid = $1", order);
  return rows->next() && rows->text(0) == indexed.pairs && rows->text(1) == indexed.singles;
}

}  // namespace hotline::store
