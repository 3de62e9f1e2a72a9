// SPDX-License-Identifier: Apache-2.0
// Searches of work orders. On a read connection, one thread.
#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/digits.hpp"
#include "adapters/store/order_sql.hpp"

namespace hotline::store {
namespace {

constexpr std::int64_t kNever = 9'007'199'254'740'991;
constexpr std::uint32_t rows_max = 200;

constexpr const char* columns =
    "o.id, o.number, o.type, o.state, o.title, o.closed, o.urgent, o.owner_id, o.customer_id, o.contact_id, o.phone,"
    " o.partner, o.lead, o.created_ms, o.changed_ms, o.closed_ms, o.due_ms, o.to_tell_ms, o.merged_into, o.version,"
    " o.hash";

app::OrderRow row_at(const sql::Rows& rows, bool with_document) {
  app::OrderRow row;
  row.id = id_at<WorkOrderId>(rows, 0);
  row.number = text_at(rows, 1);
  row.type = text_at(rows, 2);
  row.state = text_at(rows, 3);
  row.title = text_at(rows, 4);
  row.closed = flag_at(rows, 5);
  row.urgent = flag_at(rows, 6);
  row.owner = optional_id_at<AgentId>(rows, 7);
  row.customer = optional_id_at<CustomerId>(rows, 8);
  row.contact = optional_id_at<ContactId>(rows, 9);
  row.phone = text_at(rows, 10);
  row.partner = text_at(rows, 11);
  row.lead = text_at(rows, 12);
  row.created_at = time_at(rows, 13);
  row.changed_at = time_at(rows, 14);
  row.closed_at = optional_time_at(rows, 15);
  if (rows.integer(16) != kNever) row.due_at = time_at(rows, 16);
  row.to_tell_since = optional_time_at(rows, 17);
  row.merged_into = optional_id_at<WorkOrderId>(rows, 18);
  row.version = rows.integer(19);
  row.hash = text_at(rows, 20);
  if (with_document) row.document = text_at(rows, 21);
  return row;
}

/// WHERE of a query, and the values in it.
class Conditions {
 public:
  template <class T>
  void add(const std::string& condition, const T& value) {
    values_.push_back(sql::to_value(value));
    text(condition + "$" + std::to_string(values_.size()));
  }
  void text(const std::string& condition) { where_ += (where_.empty() ? " WHERE " : " AND ") + condition; }
  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::vector<sql::Value>& values() { return values_; }

 private:
  std::string where_;
  std::vector<sql::Value> values_;
};

void add_span(workorder::Calendar& calendar, std::string_view kind, std::int64_t day, int from, int to) {
  workorder::DaySpans& spans = kind == "week" ? calendar.week[static_cast<int>(day)] : calendar.days[day];
  if (to > from) spans.emplace_back(from, to);
}

}  // namespace

std::optional<app::OrderCommand> order_command(sql::Connection& connection, const std::string& id) {
  const auto rows =
      connection.ask("SELECT id, fingerprint, order_id, version, at_ms FROM work_order_command WHERE id = $1", id);
  if (!rows->next()) return std::nullopt;
  return app::OrderCommand{text_at(*rows, 0), text_at(*rows, 1), id_at<WorkOrderId>(*rows, 2), rows->integer(3),
                           time_at(*rows, 4)};
}

std::optional<app::OrderRow> order(sql::Connection& connection, WorkOrderId id) {
  static const std::string sql = std::string("SELECT ") + columns + ", o.document FROM work_order o WHERE o.id = $1";
  const auto rows = connection.ask(sql, id);
  if (!rows->next()) return std::nullopt;
  return row_at(*rows, true);
}

std::vector<workorder::SealedEvent> order_history(sql::Connection& connection, WorkOrderId id) {
  const auto rows = connection.ask(
      "SELECT seq, at_ms, by_agent, kind, data, hash FROM work_order_event WHERE order_id = $1 ORDER BY seq", id);
  std::vector<workorder::SealedEvent> history;
  while (rows->next())
    history.push_back({id, rows->integer(0), time_at(*rows, 1), id_at<AgentId>(*rows, 2), text_at(*rows, 3),
                       text_at(*rows, 4), text_at(*rows, 5)});
  return history;
}

std::vector<app::OrderRow> orders(sql::Connection& connection, const app::OrderQuery& query) {
  Conditions where;
  const bool inbox = !query.department.empty();
  const std::string suffix = reversed_digits(query.phone_suffix), suffix_end = suffix + ":";
  if (inbox) {
    where.add("p.department = ", query.department);
    where.text("p.done = 0");
  }
  if (query.owner) where.add("o.owner_id = ", *query.owner);
  if (!query.type.empty()) where.add("o.type = ", query.type);
  if (!query.state.empty()) where.add("o.state = ", query.state);
  if (!query.partner.empty()) where.add("o.partner = ", query.partner);
  if (query.customer) where.add("o.customer_id = ", *query.customer);
  if (query.contact) where.add("o.contact_id = ", *query.contact);
  if (!query.number.empty()) where.add("o.number = ", query.number);
  if (!suffix.empty()) {
    where.text("o.phone_reversed <> ''");
    where.add("o.phone_reversed >= ", suffix);
    where.add("o.phone_reversed < ", suffix_end);
  }
  // Written out, so that the partial indexes are seen to fit.
  if (query.closed) where.text(*query.closed ? "o.closed = 1" : "o.closed = 0");
  if (query.to_tell) where.text("o.to_tell_ms IS NOT NULL");
  if (query.due_before) {
    if (query.closed != false) where.text("o.closed = 0");
    where.add("o.due_ms < ", *query.due_before);
  }
  if (query.before && !query.by_due) where.add("o.id < ", *query.before);
  const std::string due = inbox ? "p.due_ms, p.order_id" : "o.due_ms, o.id";
  std::string sql = std::string("SELECT ") + columns +
                    (inbox ? " FROM work_order_part p JOIN work_order o ON o.id = p.order_id" : " FROM work_order o") +
                    where.where() + " ORDER BY " +
                    (query.by_due ? due
                     : inbox      ? "p.order_id DESC"
                                  : "o.id DESC");
  where.values().push_back(std::int64_t{std::min(query.limit, rows_max)});
  sql += " LIMIT $" + std::to_string(where.values().size());
  const auto rows = connection.query(sql, where.values());
  std::vector<app::OrderRow> found;
  while (rows->next()) found.push_back(row_at(*rows, false));
  return found;
}

std::vector<app::OrderRow> orders_after(sql::Connection& connection, WorkOrderId after, std::uint32_t limit) {
  static const std::string sql =
      std::string("SELECT ") + columns + ", o.document FROM work_order o WHERE o.id > $1 ORDER BY o.id LIMIT $2";
  const auto rows = connection.ask(sql, after, limit);
  std::vector<app::OrderRow> found;
  while (rows->next()) found.push_back(row_at(*rows, true));
  return found;
}

bool any_deadline_due(sql::Connection& connection, TimePoint now) {
  return connection
      .ask("SELECT order_id FROM work_order_deadline WHERE due_ms <= $1 AND leased_ms <= $1 ORDER BY due_ms LIMIT 1",
           now)
      ->next();
}

bool any_outbox_due(sql::Connection& connection, TimePoint now) {
  return connection
      .ask("SELECT id FROM outbox WHERE outside = 1 AND done_ms IS NULL AND next_try_ms <= $1 LIMIT 1", now)
      ->next();
}

std::optional<app::OrderDeadline> order_deadline(sql::Connection& connection, WorkOrderId id) {
  const auto rows = connection.ask("SELECT due_ms FROM work_order_deadline WHERE order_id = $1", id);
  if (!rows->next()) return std::nullopt;
  return app::OrderDeadline{id, time_at(*rows, 0)};
}

std::vector<app::OutboxEntry> notices(sql::Connection& connection, const std::vector<std::string>& to,
                                      std::int64_t before, std::uint32_t limit) {
  if (to.empty()) return {};
  std::vector<sql::Value> values;
  std::string list;
  for (const std::string& one : to) {
    values.push_back(sql::to_value(one));
    list += (list.empty() ? "$" : ", $") + std::to_string(values.size());
  }
  values.push_back(before > 0 ? before : kNever);
  values.push_back(std::int64_t{std::min(limit, rows_max)});
  const auto rows =
      connection.query("SELECT id, recipient, kind, order_id, at_ms, body, tries FROM outbox WHERE recipient IN (" +
                           list + ") AND id < $" + std::to_string(values.size() - 1) + " ORDER BY id DESC LIMIT $" +
                           std::to_string(values.size()),
                       values);
  std::vector<app::OutboxEntry> found;
  while (rows->next())
    found.push_back({rows->integer(0), text_at(*rows, 1), text_at(*rows, 2), id_at<WorkOrderId>(*rows, 3),
                     time_at(*rows, 4), text_at(*rows, 5), rows->integer(6)});
  return found;
}

std::vector<app::Attachment> attachments(sql::Connection& connection, WorkOrderId id) {
  const auto rows = connection.ask(
      "SELECT id, name, content_type, sha256, path, bytes, at_ms, by_agent FROM work_order_attachment"
      " WHERE order_id = $1 ORDER BY id",
      id);
  std::vector<app::Attachment> found;
  while (rows->next())
    found.push_back({static_cast<std::uint64_t>(rows->integer(0)), id, text_at(*rows, 1), text_at(*rows, 2),
                     text_at(*rows, 3), text_at(*rows, 4), rows->integer(5), time_at(*rows, 6),
                     id_at<AgentId>(*rows, 7)});
  return found;
}

app::Organisation organisation(sql::Connection& connection) {
  app::Organisation out;
  std::map<std::string, workorder::Department> departments;
  auto rows =
      connection.ask("SELECT code, parent, name_en, name_zh_hans, name_zh_hant, calendar, hotline FROM department");
  while (rows->next()) {
    workorder::Department d{
        text_at(*rows, 0), text_at(*rows, 1), {text_at(*rows, 2), text_at(*rows, 3), text_at(*rows, 4)},
        text_at(*rows, 5), flag_at(*rows, 6), {}};
    departments.emplace(d.code, std::move(d));
  }
  rows = connection.ask("SELECT department, agent_id, member_as FROM department_member ORDER BY department, place");
  while (rows->next()) {
    const auto found = departments.find(text_at(*rows, 0));
    const auto position = workorder::position_from(rows->text(2));
    if (found != departments.end() && position) found->second.members.push_back({id_at<AgentId>(*rows, 1), *position});
  }
  std::map<std::string, workorder::Calendar> calendars;
  rows = connection.ask("SELECT code, utc_offset_min FROM calendar");
  while (rows->next()) {
    const std::string code = text_at(*rows, 0);
    calendars[code] = {code, std::chrono::minutes{rows->integer(1)}, {}, {}};
  }
  rows = connection.ask(
      "SELECT calendar, kind, day, from_min, to_min FROM calendar_span ORDER BY calendar, kind, day, from_min");
  while (rows->next()) {
    const auto found = calendars.find(text_at(*rows, 0));
    if (found != calendars.end())
      add_span(found->second, rows->text(1), rows->integer(2), static_cast<int>(rows->integer(3)),
               static_cast<int>(rows->integer(4)));
  }
  for (auto& [code, d] : departments) out.departments.push_back(std::move(d));
  for (auto& [code, c] : calendars) out.calendars.push_back(std::move(c));
  return out;
}

}  // namespace hotline::store
