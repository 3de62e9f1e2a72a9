// SPDX-License-Identifier: Apache-2.0
// Searches of work orders. On a read connection, one thread.
#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/digits.hpp"
#include "adapters/store/order_search.hpp"
#include "adapters/store/order_sql.hpp"

namespace hotline::store {
namespace {

constexpr std::int64_t kNever = 9'007'199'254'740'991;
constexpr std::uint32_t rows_max = 200;

constexpr const char* columns =
    "o.id, o.number, o.type, o.state, o.title, o.closed, o.urgent, o.owner_id, o.customer_id, o.contact_id, o.phone,"
    " o.partner, o.lead, o.created_ms, o.changed_ms, o.closed_ms, o.due_ms, o.to_tell_ms, o.merged_into, o.version,"
    " o.hash, o.level";

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
  row.level = rows.integer(21);
  if (with_document) row.document = text_at(rows, 22);
  return row;
}

/// WHERE of a query, and the values in it.
class Conditions {
 public:
  explicit Conditions(const Narrowing& narrowing) : values_(narrowing.values) {
    if (!narrowing.where.empty()) text(narrowing.where);
  }
  template <class T>
  void add(const std::string& condition, const T& value) {
    values_.push_back(sql::to_value(value));
    text(condition + "$" + std::to_string(values_.size()));
  }
  /// Goes on with the last condition, which has an open parenthesis.
  template <class T>
  void more(const std::string& condition, const T& value) {
    values_.push_back(sql::to_value(value));
    where_ += condition + "$" + std::to_string(values_.size()) + ")";
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

/// One of those alone keeps a list short.
bool is_narrow(const app::OrderQuery& query) {
  return query.owner || query.customer || query.contact || query.handler || !query.department.empty() || query.to_tell;
}

std::vector<app::OrderRow> list(sql::Connection& connection, const app::OrderQuery& query, const Narrowing& narrowing) {
  Conditions where(narrowing);
  const bool inbox = !query.department.empty() || query.handler;
  const std::string suffix = reversed_digits(query.phone_suffix), suffix_end = suffix + ":";
  if (!query.department.empty()) where.add("p.department = ", query.department);
  if (query.handler) where.add("p.handler_id = ", *query.handler);
  if (inbox) where.text("p.done = 0");
  if (query.owner) where.add("o.owner_id = ", *query.owner);
  if (!query.type.empty()) where.add("o.type = ", query.type);
  if (!query.state.empty()) where.add("o.state = ", query.state);
  if (!query.partner.empty()) {
    where.text("o.partner <> ''");
    where.add("o.partner = ", query.partner);
  }
  if (query.customer) where.add("o.customer_id = ", *query.customer);
  if (query.contact) where.add("o.contact_id = ", *query.contact);
  if (!query.number.empty()) where.add("o.number = ", query.number);
  if (!suffix.empty()) {
    where.text("o.phone_reversed <> ''");
    where.add("o.phone_reversed >= ", suffix);
    where.add("o.phone_reversed < ", suffix_end);
  }
  if (!query.lead.empty())
    where.add("o.lead = ", query.lead == "-" ? std::string_view{} : std::string_view{query.lead});
  if (query.level_least > 0) where.add("o.level >= ", query.level_least);
  // Written out, so that the partial indexes are seen to fit.
  if (query.closed) where.text(*query.closed ? "o.closed = 1" : "o.closed = 0");
  if (query.to_tell) where.text("o.to_tell_ms IS NOT NULL");
  const std::string due_at = inbox ? "p.due_ms" : "o.due_ms", due_id = inbox ? "p.order_id" : "o.id";
  if (query.due_before) {
    if (query.closed != false) where.text("o.closed = 0");
    where.add(due_at + " < ", *query.due_before);
  }
  const bool by_due = query.by_due && (query.search.empty() || is_narrow(query));
  if (query.before && !by_due) where.add((inbox ? "p.order_id" : narrowing.id) + " < ", *query.before);
  if (query.after && by_due) {
    // Both bounds: the first is what an index begins with, the second leaves out those of the same moment.
    const std::int64_t due_ms = query.after->due ? to_unix_ms(*query.after->due) : kNever;
    where.add(due_at + " >= ", due_ms);
    where.add("(" + due_at + " > ", due_ms);
    where.more(" OR " + due_id + " > ", query.after->id);
  }
  const std::string due = due_at + ", " + due_id;
  const std::string from = !narrowing.from.empty() ? narrowing.from
                           : inbox                 ? "work_order_part p JOIN work_order o ON o.id = p.order_id"
                                                   : "work_order o";
  std::string sql = narrowing.with + "SELECT " + columns + " FROM " + from + where.where() + " ORDER BY " +
                    (by_due  ? due
                     : inbox ? "p.order_id DESC"
                             : narrowing.id + " DESC");
  where.values().push_back(std::int64_t{std::min(query.limit, rows_max)});
  sql += " LIMIT $" + std::to_string(where.values().size());
  const auto rows = connection.query(sql, where.values());
  std::vector<app::OrderRow> found;
  while (rows->next()) found.push_back(row_at(*rows, false));
  return found;
}

/// So many of the newest orders say how common words are; with so many among them they are common, and a page of fifty
/// is filled by ten times as many.
constexpr std::uint32_t sample_rows = 2'000, sample_many = 6, newest_rows = 10 * sample_rows;

std::vector<app::OrderRow> list_with_text(sql::Connection& connection, const app::OrderQuery& query,
                                          const search::Query& text) {
  const bool each = is_narrow(query);
  if (connection.dialect() == sql::Dialect::sqlite || each)
    return list(connection, query, by_text(text, query, connection.dialect(), each));
  const std::size_t full = std::min(query.limit, rows_max);
  auto found = list(connection, query, by_text_among_newest(text, query, sample_rows));
  if (found.size() >= full) return found;
  const bool filtered = has_filter(query);
  const auto matches =
      filtered ? count_among_newest(connection, text, query, sample_rows) : static_cast<std::int64_t>(found.size());
  if (matches >= sample_many && filtered)  // what else is asked leads
    return list(connection, query, by_text(text, query, connection.dialect(), true));
  if (matches >= sample_many) {
    found = list(connection, query, by_text_among_newest(text, query, newest_rows));
    if (found.size() >= full) return found;
  }
  return list(connection, query, by_text(text, query, connection.dialect(), false));
}

/// Both lists in one, in the query's order, each order once.
std::vector<app::OrderRow> either_of(const app::OrderQuery& query, std::vector<app::OrderRow> found,
                                     std::vector<app::OrderRow> others) {
  const auto due = [](const app::OrderRow& row) { return row.due_at ? to_unix_ms(*row.due_at) : kNever; };
  const bool by_due = query.by_due && is_narrow(query);
  found.insert(found.end(), std::move_iterator(others.begin()), std::move_iterator(others.end()));
  std::sort(found.begin(), found.end(), [&](const app::OrderRow& a, const app::OrderRow& b) {
    return by_due ? std::pair(due(a), a.id) < std::pair(due(b), b.id) : a.id > b.id;
  });
  const auto twice = std::unique(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.id == b.id; });
  found.erase(twice, found.end());
  if (found.size() > query.limit) found.resize(query.limit);
  return found;
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
  if (query.search.empty()) return list(connection, query, {});
  const search::Asked asked = search::asked_for(query.search);
  if (!asked.number_from.empty()) return list(connection, query, by_number(asked));
  std::vector<app::OrderRow> found;
  if (asked.text) found = list_with_text(connection, query, *asked.text);
  if (asked.digits.empty()) return found;
  const std::string suffix = reversed_digits(asked.digits), suffix_end = suffix + ":";
  return either_of(query, std::move(found), list(connection, query, by_phone(suffix, suffix_end)));
}

std::vector<app::OrderTally> order_tallies(sql::Connection& connection, TimePoint now, TimePoint soon) {
  const auto rows = connection.ask(
      "SELECT lead, type, level, CAST(count(*) AS BIGINT),"
      " CAST(sum(CASE WHEN due_ms < $1 THEN 1 ELSE 0 END) AS BIGINT),"
      " CAST(sum(CASE WHEN due_ms >= $1 AND due_ms < $2 THEN 1 ELSE 0 END) AS BIGINT)"
      " FROM work_order WHERE closed = 0 GROUP BY lead, type, level ORDER BY lead, type, level",
      now, soon);
  std::vector<app::OrderTally> found;
  while (rows->next())
    found.push_back(
        {text_at(*rows, 0), text_at(*rows, 1), rows->integer(2), rows->integer(3), rows->integer(4), rows->integer(5)});
  return found;
}

std::vector<app::OrderView> order_views(sql::Connection& connection, AgentId agent) {
  const auto rows =
      connection.ask("SELECT id, name, settings FROM order_view WHERE agent_id = $1 ORDER BY name, id", agent);
  std::vector<app::OrderView> found;
  while (rows->next()) found.push_back({text_at(*rows, 0), text_at(*rows, 1), text_at(*rows, 2)});
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

std::vector<app::OrderTypeState> open_order_places(sql::Connection& connection) {
  const auto rows = connection.ask("SELECT DISTINCT type, state FROM work_order WHERE closed = 0 ORDER BY type, state");
  std::vector<app::OrderTypeState> found;
  while (rows->next()) found.push_back({text_at(*rows, 0), text_at(*rows, 1)});
  return found;
}

bool any_deadline_due(sql::Connection& connection, TimePoint now) {
  return connection
      .ask("SELECT order_id FROM work_order_deadline WHERE due_ms <= $1 AND leased_ms <= $1 ORDER BY due_ms LIMIT 1",
           now)
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
  const auto rows = connection.query(
      "SELECT id, recipient, kind, order_id, at_ms, body, tries, appointment_id FROM outbox WHERE recipient IN (" +
          list + ") AND id < $" + std::to_string(values.size() - 1) + " ORDER BY id DESC LIMIT $" +
          std::to_string(values.size()),
      values);
  std::vector<app::OutboxEntry> found;
  while (rows->next())
    found.push_back({rows->integer(0), text_at(*rows, 1), text_at(*rows, 2), id_at<WorkOrderId>(*rows, 3),
                     time_at(*rows, 4), text_at(*rows, 5), rows->integer(6),
                     static_cast<std::uint64_t>(rows->integer(7))});
  return found;
}

namespace {

constexpr const char* attachment_columns = "id, name, content_type, sha256, path, bytes, at_ms, by_agent, order_id";

std::vector<app::Attachment> attachments_in(std::unique_ptr<sql::Rows> rows) {
  std::vector<app::Attachment> found;
  while (rows->next())
    found.push_back({static_cast<std::uint64_t>(rows->integer(0)), id_at<WorkOrderId>(*rows, 8), text_at(*rows, 1),
                     text_at(*rows, 2), text_at(*rows, 3), text_at(*rows, 4), rows->integer(5), time_at(*rows, 6),
                     id_at<AgentId>(*rows, 7)});
  return found;
}

}  // namespace

std::vector<app::Attachment> attachments(sql::Connection& connection, WorkOrderId id) {
  static const std::string sql =
      std::string("SELECT ") + attachment_columns + " FROM work_order_attachment WHERE order_id = $1 ORDER BY id";
  return attachments_in(connection.ask(sql, id));
}

std::optional<app::Attachment> attachment(sql::Connection& connection, std::uint64_t id) {
  static const std::string sql =
      std::string("SELECT ") + attachment_columns + " FROM work_order_attachment WHERE id = $1";
  auto found = attachments_in(connection.ask(sql, id));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<app::Attachment> attachments_after(sql::Connection& connection, std::uint64_t after, std::uint32_t limit) {
  static const std::string sql =
      std::string("SELECT ") + attachment_columns + " FROM work_order_attachment WHERE id > $1 ORDER BY id LIMIT $2";
  return attachments_in(connection.ask(sql, after, limit));
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
