// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/store/watch.hpp"

#include <algorithm>

#include "adapters/store/columns.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t page_max = 1'000;

}  // namespace

std::vector<app::StoredDifference> differences(sql::Connection& connection, TimePoint from, std::uint32_t limit) {
  std::vector<app::StoredDifference> out;
  const auto rows = connection.ask(
      "SELECT at_ms, kind, node, contact_id, leg_id, agent_id, phone, cause, repair FROM difference"
      " WHERE at_ms >= $1 ORDER BY at_ms DESC, id DESC LIMIT $2",
      from, std::min(limit, page_max));
  while (rows->next())
    out.push_back({time_at(*rows, 0), text_at(*rows, 1), text_at(*rows, 2), id_at<ContactId>(*rows, 3),
                   id_at<LegId>(*rows, 4), id_at<AgentId>(*rows, 5), text_at(*rows, 6), text_at(*rows, 7),
                   text_at(*rows, 8)});
  return out;
}

std::vector<app::LedgerDay> ledger_days(sql::Connection& connection, std::uint32_t limit) {
  std::vector<app::LedgerDay> out;
  const auto rows = connection.ask(
      "SELECT day, reconciled_at, calls, complete, due_ms, recorded_ms, paused_ms FROM ledger_day"
      " ORDER BY day DESC LIMIT $1",
      std::min(limit, page_max));
  while (rows->next())
    out.push_back({text_at(*rows, 0), time_at(*rows, 1), rows->integer(2), rows->integer(3), rows->integer(4),
                   rows->integer(5), rows->integer(6)});
  return out;
}

std::vector<app::LedgerGap> ledger_gaps(sql::Connection& connection, const std::string& day, std::uint32_t limit) {
  std::vector<app::LedgerGap> out;
  const auto rows = connection.ask(
      "SELECT day, contact_id, from_ms, to_ms, cause FROM ledger_gap WHERE day = $1"
      " ORDER BY from_ms, contact_id LIMIT $2",
      day, std::min(limit, page_max));
  while (rows->next())
    out.push_back(
        {text_at(*rows, 0), id_at<ContactId>(*rows, 1), time_at(*rows, 2), time_at(*rows, 3), text_at(*rows, 4)});
  return out;
}

std::string wallboard_settings(sql::Connection& connection) {
  const auto rows = connection.ask("SELECT settings FROM wallboard_settings");
  return rows->next() ? text_at(*rows, 0) : std::string();
}

void apply(sql::Connection& connection, const app::StoredDifference& d) {
  connection.tell(
      "INSERT INTO difference (at_ms, kind, node, contact_id, leg_id, agent_id, phone, cause, repair)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
      d.at, d.kind, d.node, d.contact, d.leg, d.agent, d.phone, d.cause, d.repair);
}

void apply(sql::Connection& connection, const app::DropDifferences& change) {
  connection.tell("DELETE FROM difference WHERE at_ms < $1", change.before);
}

void apply(sql::Connection& connection, const app::PutLedgerDay& change) {
  const app::LedgerDay& d = change.day;
  connection.tell(
      "INSERT INTO ledger_day (day, reconciled_at, calls, complete, due_ms, recorded_ms, paused_ms)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7)"
      " ON CONFLICT (day) DO UPDATE SET reconciled_at = excluded.reconciled_at, calls = excluded.calls,"
      " complete = excluded.complete, due_ms = excluded.due_ms, recorded_ms = excluded.recorded_ms,"
      " paused_ms = excluded.paused_ms",
      d.day, d.reconciled_at, d.calls, d.complete, d.due_ms, d.recorded_ms, d.paused_ms);
  connection.tell("DELETE FROM ledger_gap WHERE day = $1", d.day);
  for (const app::LedgerGap& gap : change.gaps)
    connection.tell(
        "INSERT INTO ledger_gap (day, contact_id, from_ms, to_ms, cause) VALUES ($1,$2,$3,$4,$5)"
        " ON CONFLICT (day, from_ms, contact_id) DO NOTHING",
        d.day, gap.contact, gap.from, gap.to, gap.cause);
}

void apply(sql::Connection& connection, const app::PutWallboardSettings& change) {
  connection.tell(
      "INSERT INTO wallboard_settings (only_row, settings) VALUES (1, $1)"
      " ON CONFLICT (only_row) DO UPDATE SET settings = excluded.settings",
      change.settings);
}

}  // namespace hotline::store
