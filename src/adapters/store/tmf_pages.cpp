// SPDX-License-Identifier: Apache-2.0
// Pages of orders, contacts and appointments with their totals. On a read connection, one thread.
#include <algorithm>

#include "adapters/store/appointment_sql.hpp"
#include "adapters/store/columns.hpp"
#include "adapters/store/contacts.hpp"
#include "adapters/store/order_sql.hpp"
#include "adapters/store/tmf_sql.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t kPageMost = 200;

/// WHERE of a query. Values of text are borrowed from the query.
class Where {
 public:
  template <class T>
  [[nodiscard]] std::string value(const T& value) {
    values_.push_back(sql::to_value(value));
    return "$" + std::to_string(values_.size());
  }
  void add(const std::string& condition) { text_ += (text_.empty() ? " WHERE " : " AND ") + condition; }
  template <class T>
  void equals(const char* column, const std::optional<T>& wanted) {
    if (wanted) add(std::string(column) + " = " + value(*wanted));
  }
  void equals(const char* column, const std::string& wanted) {
    if (!wanted.empty()) add(std::string(column) + " = " + value(wanted));
  }
  void within(const char* column, const app::TmfSpan& span) {
    if (span.from) add(std::string(column) + " >= " + value(*span.from));
    if (span.to) add(std::string(column) + " < " + value(*span.to));
  }
  void one_of(const char* column, const std::vector<std::string>& wanted) {
    std::string list;
    for (const std::string& one : wanted) list += (list.empty() ? "" : ", ") + value(one);
    add(wanted.empty() ? "1 = 0" : std::string(column) + " IN (" + list + ")");
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<sql::Value>& values() const { return values_; }

 private:
  std::string text_;
  std::vector<sql::Value> values_;
};

template <class IdType>
struct Found {
  std::vector<IdType> ids;
  std::uint32_t total = 0;
};

/// How many there are, as far as a total goes (kTmfTotalMost).
std::uint32_t total_of(sql::Connection& connection, const std::string& from, const Where& where) {
  std::vector<sql::Value> values = where.values();
  values.push_back(std::int64_t{app::kTmfTotalMost});
  const auto rows = connection.query(
      "SELECT count(*) FROM (SELECT 1" + from + where.text() + " LIMIT $" + std::to_string(values.size()) + ") t",
      values);
  return rows->next() ? static_cast<std::uint32_t>(rows->integer(0)) : 0;
}

template <class IdType>
Found<IdType> find(sql::Connection& connection, const std::string& from, const Where& where, const std::string& id,
                   const std::string& order, app::TmfPaging page) {
  Found<IdType> found;
  found.total = total_of(connection, from, where);
  if (page.offset >= found.total || page.limit == 0) return found;
  std::vector<sql::Value> values = where.values();
  values.push_back(std::int64_t{std::min(page.limit, kPageMost)});
  values.push_back(std::int64_t{page.offset});
  const auto rows =
      connection.query("SELECT " + id + from + where.text() + " ORDER BY " + order + " LIMIT $" +
                           std::to_string(values.size() - 1) + " OFFSET $" + std::to_string(values.size()),
                       values);
  while (rows->next()) found.ids.push_back(id_at<IdType>(*rows, 0));
  return found;
}

/// Begin and id.
using Place = std::pair<std::int64_t, std::uint64_t>;

/// The newest, up to `end`, and how many there are.
Found<Place> places(sql::Connection& connection, const std::string& from, const Where& where, const std::string& table,
                    std::uint32_t end) {
  Found<Place> found;
  found.total = total_of(connection, from, where);
  std::vector<sql::Value> values = where.values();
  values.push_back(std::int64_t{end});
  const auto rows =
      connection.query("SELECT " + table + ".started_at, " + table + ".id" + from + where.text() + " ORDER BY " +
                           table + ".started_at DESC, " + table + ".id DESC LIMIT $" + std::to_string(values.size()),
                       values);
  while (rows->next()) found.ids.emplace_back(rows->integer(0), static_cast<std::uint64_t>(rows->integer(1)));
  return found;
}

void add_cases(Where& where, const std::string& type, const std::vector<app::TmfOrderQuery::Case>& cases) {
  std::string any;
  // The document leaves out what says nothing, and quotes are escaped within its texts.
  const auto has = [](const std::optional<bool>& wanted, const char* text) -> std::string {
    if (!wanted) return "";
    return std::string(" AND o.document ") + (*wanted ? "" : "NOT ") + "LIKE '%" + text + "%'";
  };
  for (const app::TmfOrderQuery::Case& one : cases)
    any += (any.empty() ? "(" : " OR (") + (type + " = " + where.value(one.type)) +
           " AND o.state = " + where.value(one.state) + has(one.waiting, "\"waiting_since\":") +
           has(one.replied, "\"state\":\"replied\"") + ")";
  where.add(any.empty() ? "1 = 0" : "(" + any + ")");
}

}  // namespace

app::TmfPage<app::OrderRow> order_page(sql::Connection& connection, const app::TmfOrderQuery& query) {
  // Two ways to read millions of orders: what leaves few of them by its own index, then sorted; all else along the
  // index that gives the order, until the page is full. Written so that no planner takes the other way.
  const bool open_ones = query.cases && std::all_of(query.cases->begin(), query.cases->end(),
                                                    [](const auto& one) { return one.waiting.has_value(); });
  const bool few = query.id || query.customer || query.contact || query.owner || query.visible || open_ones ||
                   !query.number.empty() || !query.department.empty();
  const std::string type = few ? "o.type" : "(o.type || '')";
  const std::string when = query.changed.from || query.changed.to ? "o.changed_ms" : "o.created_ms";
  Where where;
  std::string from = " FROM work_order o";
  if (!query.department.empty()) {
    from = " FROM work_order_part p JOIN work_order o ON o.id = p.order_id";
    where.add("p.department = " + where.value(query.department));
  }
  where.one_of(type.c_str(), query.types);
  if (query.cases) add_cases(where, type, *query.cases);
  where.equals("o.id", query.id);
  where.equals("o.number", query.number);
  where.equals("o.customer_id", query.customer);
  where.equals("o.contact_id", query.contact);
  where.equals("o.owner_id", query.owner);
  if (query.owner) where.add("o.closed = 0");
  where.equals("o.urgent", query.urgent);
  where.within("o.created_ms", query.created);
  where.within("o.changed_ms", query.changed);
  if (query.visible) {
    std::string list;
    for (const std::string& one : query.visible->departments) list += (list.empty() ? "" : ", ") + where.value(one);
    where.add(
        "o.id IN (SELECT w.id FROM work_order w WHERE w.closed = 0 AND w.owner_id = " +
        where.value(query.visible->owner) +
        (list.empty() ? ")" : " UNION SELECT v.order_id FROM work_order_part v WHERE v.department IN (" + list + "))"));
  }
  const auto found =
      find<WorkOrderId>(connection, from, where, "o.id", when + (few ? " + 0" : "") + " DESC, o.id DESC", query.page);
  app::TmfPage<app::OrderRow> page{{}, found.total};
  for (const WorkOrderId id : found.ids)
    if (auto row = order(connection, id)) page.rows.push_back(*std::move(row));
  return page;
}

app::TmfPage<std::variant<app::Contact, app::TmfInteraction>> interaction_page(sql::Connection& connection,
                                                                               const app::TmfContactQuery& query) {
  Where contacts, recorded;
  std::string from = " FROM contact c";
  if (query.agent) {
    from = " FROM contact_part p JOIN contact c ON c.id = p.contact_id";
    contacts.add("p.agent_id = " + contacts.value(*query.agent));
  }
  contacts.equals("c.id", query.id);
  contacts.equals("c.customer_id", query.customer);
  if (query.ended) contacts.add(*query.ended ? "c.outcome <> 'live'" : "c.outcome = 'live'");
  contacts.equals("c.direction", query.direction);
  contacts.equals("c.channel", query.channel);
  contacts.equals("c.reason_code", query.reason);
  contacts.within("c.started_at", query.started);

  if (query.id) recorded.add("1 = 0");  // a contact is asked for
  recorded.equals("i.made_by", query.agent);
  recorded.equals("i.customer_id", query.customer);
  recorded.equals("i.ended", query.ended);
  recorded.equals("i.direction", query.direction);
  recorded.equals("i.channel", query.channel);
  recorded.equals("i.reason", query.reason);
  recorded.within("i.started_at", query.started);

  // Few are recorded by others: the front of both lists is merged, each read by its own index.
  const std::uint32_t end = query.page.offset + std::min(query.page.limit, kPageMost);
  const auto ours = places(connection, from, contacts, "c", end);
  const auto theirs = places(connection, " FROM tmf_interaction i", recorded, "i", end);
  std::vector<std::pair<Place, bool>> all;
  for (const Place& place : ours.ids) all.emplace_back(place, true);
  for (const Place& place : theirs.ids) all.emplace_back(place, false);
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return b < a; });
  app::TmfPage<std::variant<app::Contact, app::TmfInteraction>> page{
      {}, std::min(ours.total + theirs.total, app::kTmfTotalMost)};
  for (std::size_t n = query.page.offset; n < std::min<std::size_t>(end, all.size()); ++n) {
    const auto& [place, is_contact] = all[n];
    if (is_contact) {
      if (auto one = contact(connection, ContactId{place.second})) page.rows.emplace_back(*std::move(one));
    } else if (auto one = interaction(connection, place.second)) {
      page.rows.emplace_back(*std::move(one));
    }
  }
  return page;
}

app::TmfPage<app::AppointmentRow> appointment_page(sql::Connection& connection, const app::TmfAppointmentQuery& query) {
  Where where;
  if (!query.states.empty()) where.one_of("a.state", query.states);
  where.equals("a.id", query.id);
  where.equals("a.order_id", query.order);
  where.equals("a.customer_id", query.customer);
  where.equals("a.area", query.area);
  where.within("a.begins_ms", query.begins);
  where.within("a.created_ms", query.created);
  const auto found = find<appointment::AppointmentId>(connection, " FROM appointment a", where, "a.id",
                                                      "a.begins_ms, a.id", query.page);
  app::TmfPage<app::AppointmentRow> page{{}, found.total};
  for (const auto id : found.ids)
    if (auto one = appointment(connection, id)) page.rows.push_back(*std::move(one));
  return page;
}

}  // namespace hotline::store
