// SPDX-License-Identifier: Apache-2.0
// Commits of work orders: all of one, or nothing of it.
#include <fmt/format.h>

#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/digits.hpp"
#include "adapters/store/order_search.hpp"
#include "adapters/store/order_sql.hpp"
#include "adapters/store/outside_sql.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {
namespace {

constexpr std::int64_t kNever = 9'007'199'254'740'991;

std::int64_t or_never(const std::optional<TimePoint>& time) {
  return time ? to_unix_ms(*time) : kNever;
}

template <class... Texts>
void require(const Texts&... texts) {
  if (!(app::storable(texts) && ...)) throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
}

/// The version an order has, under lock where others may write at the same time; 0: there is none.
std::int64_t version_of(sql::Connection& connection, WorkOrderId id) {
  const auto rows = connection.dialect() == sql::Dialect::postgres
                        ? connection.ask("SELECT version FROM work_order WHERE id = $1 FOR UPDATE", id)
                        : connection.ask("SELECT version FROM work_order WHERE id = $1", id);
  return rows->next() ? rows->integer(0) : 0;
}

std::string next_number(sql::Connection& connection, const std::string& prefix) {
  const auto rows = connection.ask(
      "INSERT INTO work_order_count (prefix, last) VALUES ($1, 1)"
      " ON CONFLICT (prefix) DO UPDATE SET last = work_order_count.last + 1 RETURNING last",
      prefix);
  if (!rows->next()) throw sql::Error(sql::ErrorKind::other, "the count of work orders gave nothing back");
  return prefix + fmt::format("{:04}", rows->integer(0));
}

void insert_row(sql::Connection& connection, const app::OrderRow& row, const std::string& number) {
  connection.tell(
      "INSERT INTO work_order (id, number, type, state, title, closed, urgent, owner_id, customer_id, contact_id,"
      " phone, phone_reversed, partner, lead, created_ms, changed_ms, closed_ms, due_ms, to_tell_ms, merged_into,"
      " version, hash, document, level)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24)",
      row.id, number, row.type, row.state, row.title, row.closed, row.urgent, row.owner, row.customer, row.contact,
      row.phone, reversed_digits(row.phone), row.partner, row.lead, row.created_at, row.changed_at, row.closed_at,
      or_never(row.due_at), row.to_tell_since, row.merged_into, row.version, row.hash, row.document, row.level);
}

void update_row(sql::Connection& connection, const app::OrderRow& row) {
  connection.tell(
      "UPDATE work_order SET state = $2, title = $3, closed = $4, urgent = $5, owner_id = $6, customer_id = $7,"
      " contact_id = $8, phone = $9, phone_reversed = $10, partner = $11, lead = $12, changed_ms = $13,"
      " closed_ms = $14, due_ms = $15, to_tell_ms = $16, merged_into = $17, version = $18, hash = $19, document = $20,"
      " level = $21"
      " WHERE id = $1",
      row.id, row.state, row.title, row.closed, row.urgent, row.owner, row.customer, row.contact, row.phone,
      reversed_digits(row.phone), row.partner, row.lead, row.changed_at, row.closed_at, or_never(row.due_at),
      row.to_tell_since, row.merged_into, row.version, row.hash, row.document, row.level);
}

void write_rest(sql::Connection& connection, const app::OrderWrite& write) {
  const WorkOrderId id = write.row.id;
  for (const workorder::SealedEvent& line : write.events) {
    connection.tell(
        "INSERT INTO work_order_event (order_id, seq, at_ms, by_agent, kind, data, hash) VALUES ($1,$2,$3,$4,$5,$6,$7)",
        id, line.seq, line.at, line.by, line.kind, line.data, line.hash);
    note_order(connection, id, line.seq, line.at);
  }
  connection.tell("DELETE FROM work_order_part WHERE order_id = $1", id);
  for (const app::OrderPart& part : write.parts)
    connection.tell(
        "INSERT INTO work_order_part (order_id, department, lead, done, due_ms, handler_id)"
        " VALUES ($1,$2,$3,$4,$5,$6)",
        id, part.department, part.lead, part.done, or_never(write.row.due_at), part.handler);
  for (const app::Attachment& attachment : write.attachments) add_attachment(connection, attachment);
  if (write.next_due)
    connection.tell(
        "INSERT INTO work_order_deadline (order_id, due_ms, leased_ms) VALUES ($1,$2,0)"
        " ON CONFLICT (order_id) DO UPDATE SET due_ms = excluded.due_ms, leased_ms = 0",
        id, *write.next_due);
  else
    connection.tell("DELETE FROM work_order_deadline WHERE order_id = $1", id);
  for (const app::OutboxEntry& entry : write.outbox) add_entry(connection, entry);
}

void save(sql::Connection& connection, const workorder::Calendar& calendar) {
  connection.tell("INSERT INTO calendar (code, utc_offset_min) VALUES ($1,$2)", calendar.code,
                  std::int64_t{calendar.utc_offset.count()});
  const auto span = [&](const char* kind, std::int64_t day, int from, int to) {
    connection.tell("INSERT INTO calendar_span (calendar, kind, day, from_min, to_min) VALUES ($1,$2,$3,$4,$5)",
                    calendar.code, kind, day, from, to);
  };
  for (const auto& [day, spans] : calendar.week)
    for (const auto& [from, to] : spans) span("week", day, from, to);
  for (const auto& [day, spans] : calendar.days) {
    if (spans.empty()) span("date", day, 0, 0);
    for (const auto& [from, to] : spans) span("date", day, from, to);
  }
}

}  // namespace

void add_entry(sql::Connection& connection, const app::OutboxEntry& entry) {
  connection.tell(
      "INSERT INTO outbox (recipient, kind, order_id, at_ms, body, outside, tries, next_try_ms, appointment_id)"
      " VALUES ($1,$2,$3,$4,$5,$6,0,$4,$7)",
      entry.to, entry.kind, entry.order, entry.at, entry.body, entry.to.starts_with("partner:"), entry.appointment);
}

void check_text(const app::OrderCommit& commit) {
  require(commit.command_id, commit.fingerprint);
  for (const app::OrderWrite& write : commit.writes) {
    const app::OrderRow& row = write.row;
    require(row.number, row.type, row.state, row.title, row.phone, row.partner, row.lead, row.hash, row.document,
            write.number_prefix, write.partner, write.partner_reference);
    for (const workorder::SealedEvent& line : write.events) require(line.kind, line.data, line.hash);
    for (const app::OrderPart& part : write.parts) require(part.department);
    for (const app::OutboxEntry& entry : write.outbox) require(entry.to, entry.kind, entry.body);
    for (const app::Attachment& a : write.attachments) require(a.name, a.content_type, a.sha256, a.path);
  }
}

IndexedWrites index_writes(const app::OrderCommit& commit) {
  IndexedWrites indexed;
  for (const app::OrderWrite& write : commit.writes)
    indexed.push_back(write.search ? std::optional(search::index_text(*write.search)) : std::nullopt);
  return indexed;
}

bool note_command(sql::Connection& connection, const app::OrderCommand& command) {
  const auto rows = connection.ask(
      "INSERT INTO work_order_command (id, fingerprint, order_id, version, at_ms) VALUES ($1,$2,$3,$4,$5)"
      " ON CONFLICT (id) DO NOTHING RETURNING version",
      command.id, command.fingerprint, command.order, command.version, command.at);
  return rows->next();
}

std::uint32_t forget_commands(sql::Connection& connection, TimePoint before, std::uint32_t limit) {
  const auto rows = connection.ask(
      "DELETE FROM work_order_command WHERE id IN"
      " (SELECT id FROM work_order_command WHERE at_ms < $1 ORDER BY at_ms LIMIT $2) RETURNING id",
      before, limit);
  std::uint32_t gone = 0;
  while (rows->next()) ++gone;
  return gone;
}

app::CommitResult commit_orders(sql::Connection& connection, const app::OrderCommit& commit,
                                const IndexedWrites& indexed) {
  if (!commit.command_id.empty() && order_command(connection, commit.command_id))
    return {app::CommitOutcome::repeated, {}};
  // In one order, so that two commits about the same orders cannot wait for each other.
  std::vector<const app::OrderWrite*> by_id;
  for (const app::OrderWrite& write : commit.writes) by_id.push_back(&write);
  std::sort(by_id.begin(), by_id.end(), [](const auto* a, const auto* b) { return a->row.id < b->row.id; });
  for (const app::OrderWrite* write : by_id)
    if (version_of(connection, write->row.id) != write->expected_version) return {app::CommitOutcome::stale, {}};
  for (const app::OrderWrite& write : commit.writes)
    if (!write.partner_reference.empty() && matter(connection, write.partner, write.partner_reference))
      return {app::CommitOutcome::taken, {}};
  if (!commit.command_id.empty()) {
    const app::OrderRow& about = commit.writes.front().row;
    if (!note_command(connection, {commit.command_id, commit.fingerprint, about.id, about.version, commit.now}))
      return {app::CommitOutcome::repeated, {}};  // by another writer, just now
  }
  app::CommitResult result;
  for (const app::OrderWrite& write : commit.writes) {
    if (write.expected_version == 0) {
      const std::string number = next_number(connection, write.number_prefix);
      insert_row(connection, write.row, number);
      if (&write == &commit.writes.front()) result.number = number;
      if (!write.partner_reference.empty())
        connection.tell("INSERT INTO partner_matter (partner, reference, order_id) VALUES ($1,$2,$3)", write.partner,
                        write.partner_reference, write.row.id);
    } else {
      update_row(connection, write.row);
    }
    write_rest(connection, write);
    if (const auto& text = indexed[static_cast<std::size_t>(&write - commit.writes.data())])
      write_index(connection, write.row.id, *text);
  }
  return result;
}

std::vector<app::OrderDeadline> claim_deadlines(sql::Connection& connection, TimePoint now, TimePoint until,
                                                std::uint32_t limit) {
  const std::string skip = connection.dialect() == sql::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "";
  const auto rows = connection.ask(
      "UPDATE work_order_deadline SET leased_ms = $2 WHERE order_id IN (SELECT order_id FROM work_order_deadline"
      " WHERE due_ms <= $1 AND leased_ms <= $1 ORDER BY due_ms, order_id LIMIT $3" +
          skip + ") RETURNING order_id, due_ms",
      now, until, limit);
  std::vector<app::OrderDeadline> claimed;
  while (rows->next()) claimed.push_back({id_at<WorkOrderId>(*rows, 0), time_at(*rows, 1)});
  std::sort(claimed.begin(), claimed.end(),
            [](const auto& a, const auto& b) { return std::pair(a.due, a.order) < std::pair(b.due, b.order); });
  return claimed;
}

void add_attachment(sql::Connection& connection, const app::Attachment& a) {
  connection.tell(
      "INSERT INTO work_order_attachment (id, order_id, name, content_type, sha256, path, bytes, at_ms, by_agent)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
      a.id, a.order, a.name, a.content_type, a.sha256, a.path, a.bytes, a.at, a.by);
}

void save_view(sql::Connection& connection, AgentId agent, const app::OrderView& view) {
  connection.tell(
      "INSERT INTO order_view (agent_id, id, name, settings) VALUES ($1,$2,$3,$4)"
      " ON CONFLICT (agent_id, id) DO UPDATE SET name = excluded.name, settings = excluded.settings",
      agent, view.id, view.name, view.settings);
}

void save_organisation(sql::Connection& connection, const app::Organisation& organisation) {
  for (const char* table : {"department_member", "department", "calendar_span", "calendar"})
    connection.tell("DELETE FROM " + std::string(table));
  for (const workorder::Calendar& calendar : organisation.calendars) save(connection, calendar);
  for (const workorder::Department& d : organisation.departments) {
    connection.tell(
        "INSERT INTO department (code, parent, name_en, name_zh_hans, name_zh_hant, calendar, hotline)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7)",
        d.code, d.parent, d.name.en, d.name.zh_hans, d.name.zh_hant, d.calendar, d.hotline);
    std::int64_t place = 0;
    for (const workorder::Member& member : d.members)
      connection.tell("INSERT INTO department_member (department, agent_id, member_as, place) VALUES ($1,$2,$3,$4)",
                      d.code, member.agent, to_string(member.position), ++place);
  }
}

}  // namespace hotline::store
