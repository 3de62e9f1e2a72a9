// SPDX-License-Identifier: Apache-2.0
// Deliveries, and people's addresses for notices. Partners: partners.cpp.
#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/outside_sql.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t rows_max = 200;

constexpr const char* delivery_columns =
    "id, outbox_id, order_id, appointment_id, recipient, channel, address, kind, body, at_ms, tries, state, settled_ms,"
    " trouble";
constexpr const char* entry_columns = "id, recipient, kind, order_id, at_ms, body, tries, appointment_id";

app::Delivery delivery_at(const sql::Rows& rows) {
  return {rows.integer(0),
          rows.integer(1),
          id_at<WorkOrderId>(rows, 2),
          static_cast<std::uint64_t>(rows.integer(3)),
          text_at(rows, 4),
          text_at(rows, 5),
          text_at(rows, 6),
          text_at(rows, 7),
          text_at(rows, 8),
          time_at(rows, 9),
          rows.integer(10),
          text_at(rows, 11),
          optional_time_at(rows, 12),
          text_at(rows, 13)};
}

app::OutboxEntry entry_at(const sql::Rows& rows) {
  return {rows.integer(0),  text_at(rows, 1), text_at(rows, 2), id_at<WorkOrderId>(rows, 3),
          time_at(rows, 4), text_at(rows, 5), rows.integer(6),  static_cast<std::uint64_t>(rows.integer(7))};
}

app::PushSubscription subscription_at(const sql::Rows& rows) {
  return {rows.integer(0),  id_at<AgentId>(rows, 1), text_at(rows, 2),
          text_at(rows, 3), text_at(rows, 4),        time_at(rows, 5)};
}

/// Where other writers may be at work: rows that they have are left to them.
const char* skip_locked(const sql::Connection& connection) {
  return connection.dialect() == sql::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "";
}

template <class Row, class Read>
std::vector<Row> all(sql::Rows& rows, Read read) {
  std::vector<Row> found;
  while (rows.next()) found.push_back(read(rows));
  return found;
}

}  // namespace

bool any_outbox_due(sql::Connection& connection, TimePoint now) {
  return connection.ask("SELECT id FROM outbox WHERE done_ms IS NULL AND next_try_ms <= $1 LIMIT 1", now)->next();
}

std::vector<app::OutboxEntry> claim_outbox(sql::Connection& connection, TimePoint now, TimePoint until,
                                           std::uint32_t limit) {
  const auto rows = connection.ask(
      std::string("UPDATE outbox SET next_try_ms = $2, tries = tries + 1 WHERE id IN (SELECT id FROM outbox"
                  " WHERE done_ms IS NULL AND next_try_ms <= $1 ORDER BY next_try_ms, id LIMIT $3") +
          skip_locked(connection) + ") RETURNING " + entry_columns,
      now, until, limit);
  auto claimed = all<app::OutboxEntry>(*rows, entry_at);
  std::sort(claimed.begin(), claimed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return claimed;
}

void spread(sql::Connection& connection, std::int64_t outbox, const std::vector<app::Delivery>& deliveries,
            TimePoint now) {
  for (const app::Delivery& one : deliveries)
    connection.tell(
        "INSERT INTO delivery (outbox_id, order_id, appointment_id, recipient, channel, address, kind, body, at_ms,"
        " tries, next_try_ms, state, settled_ms, trouble) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,0,$10,'waiting',NULL,'')"
        " ON CONFLICT (outbox_id, channel, address, recipient) DO NOTHING",
        outbox, one.order, one.appointment, one.to, one.channel, one.address, one.kind, one.body, one.at, now);
  connection.tell("UPDATE outbox SET done_ms = $2 WHERE id = $1 AND done_ms IS NULL", outbox, now);
}

bool any_delivery_due(sql::Connection& connection, const std::string& channel, TimePoint now) {
  return connection
      .ask("SELECT id FROM delivery WHERE channel = $1 AND state = 'waiting' AND next_try_ms <= $2 LIMIT 1", channel,
           now)
      ->next();
}

std::vector<app::Delivery> claim_deliveries(sql::Connection& connection, const std::string& channel, TimePoint now,
                                            TimePoint until, std::uint32_t limit) {
  const auto rows = connection.ask(
      std::string("UPDATE delivery SET next_try_ms = $3, tries = tries + 1 WHERE id IN (SELECT id FROM delivery"
                  " WHERE channel = $1 AND state = 'waiting' AND next_try_ms <= $2 ORDER BY next_try_ms, id LIMIT $4") +
          skip_locked(connection) + ") RETURNING " + delivery_columns,
      channel, now, until, limit);
  auto claimed = all<app::Delivery>(*rows, delivery_at);
  std::sort(claimed.begin(), claimed.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return claimed;
}

void settle_delivery(sql::Connection& connection, std::int64_t id, const app::DeliveryOutcome& outcome, TimePoint now) {
  if (outcome.again && !outcome.delivered)
    connection.tell("UPDATE delivery SET next_try_ms = $2, trouble = $3 WHERE id = $1 AND state = 'waiting'", id,
                    *outcome.again, outcome.trouble);
  else
    connection.tell("UPDATE delivery SET state = $2, settled_ms = $3, trouble = $4 WHERE id = $1 AND state = 'waiting'",
                    id, outcome.delivered ? "delivered" : "failed", now, outcome.trouble);
}

std::vector<app::Delivery> deliveries_of(sql::Connection& connection, WorkOrderId order) {
  const auto rows = connection.ask(std::string("SELECT ") + delivery_columns +
                                       " FROM delivery WHERE order_id = $1 AND order_id <> 0 ORDER BY id"
                                       " LIMIT $2",
                                   order, rows_max);
  return all<app::Delivery>(*rows, delivery_at);
}

std::vector<app::Delivery> deliveries_to(sql::Connection& connection, const std::string& to, const std::string& state,
                                         std::uint32_t limit) {
  const auto rows =
      connection.ask(std::string("SELECT ") + delivery_columns +
                         " FROM delivery WHERE recipient = $1 AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT $3",
                     to, state, std::min(limit, rows_max));
  return all<app::Delivery>(*rows, delivery_at);
}

std::uint32_t forget_deliveries(sql::Connection& connection, TimePoint before, std::uint32_t limit) {
  const auto rows = connection.ask(
      // Among the oldest alone: nothing waits for longer than a few days, and no scan over all there are is needed.
      "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery ORDER BY id LIMIT $2) AND state <> 'waiting'"
      " AND settled_ms < $1 RETURNING id",
      before, limit);
  std::uint32_t gone = 0;
  while (rows->next()) ++gone;
  return gone;
}

std::vector<app::OutboxEntry> entries_to(sql::Connection& connection, const std::string& to, std::int64_t after,
                                         std::uint32_t limit) {
  const auto rows = connection.ask(
      std::string("SELECT ") + entry_columns + " FROM outbox WHERE recipient = $1 AND id > $2 ORDER BY id LIMIT $3", to,
      after, std::min(limit, rows_max));
  return all<app::OutboxEntry>(*rows, entry_at);
}

std::vector<app::OutboxEntry> entries_of_matter(sql::Connection& connection, WorkOrderId order) {
  const auto rows = connection.ask(
      std::string("SELECT ") + entry_columns + " FROM outbox WHERE order_id = $1 AND outside = 1 ORDER BY id LIMIT $2",
      order, rows_max);
  return all<app::OutboxEntry>(*rows, entry_at);
}

std::string mail_of(sql::Connection& connection, AgentId agent) {
  const auto rows = connection.ask("SELECT mail FROM notice_address WHERE agent_id = $1", agent);
  return rows->next() ? text_at(*rows, 0) : std::string();
}

void set_mail(sql::Connection& connection, AgentId agent, const std::string& mail) {
  connection.tell("DELETE FROM notice_address WHERE agent_id = $1", agent);
  if (!mail.empty()) connection.tell("INSERT INTO notice_address (agent_id, mail) VALUES ($1,$2)", agent, mail);
}

std::vector<app::PushSubscription> subscriptions_of(sql::Connection& connection, AgentId agent) {
  const auto rows = connection.ask(
      "SELECT id, agent_id, endpoint, p256dh, auth, made_ms FROM push_subscription WHERE agent_id = $1 ORDER BY id",
      agent);
  return all<app::PushSubscription>(*rows, subscription_at);
}

std::optional<app::PushSubscription> subscription(sql::Connection& connection, std::int64_t id) {
  const auto rows =
      connection.ask("SELECT id, agent_id, endpoint, p256dh, auth, made_ms FROM push_subscription WHERE id = $1", id);
  if (!rows->next()) return std::nullopt;
  return subscription_at(*rows);
}

void save_subscription(sql::Connection& connection, const app::PushSubscription& s) {
  connection.tell("DELETE FROM push_subscription WHERE endpoint = $1", s.endpoint);
  connection.tell("INSERT INTO push_subscription (agent_id, endpoint, p256dh, auth, made_ms) VALUES ($1,$2,$3,$4,$5)",
                  s.agent, s.endpoint, s.p256dh, s.auth, s.made_at);
  const auto rows =
      connection.ask("SELECT id FROM push_subscription WHERE agent_id = $1 ORDER BY id DESC LIMIT 1000", s.agent);
  std::vector<std::int64_t> ids;
  while (rows->next()) ids.push_back(rows->integer(0));
  for (std::size_t i = app::kPushSubscriptionsMost; i < ids.size(); ++i)
    connection.tell("DELETE FROM push_subscription WHERE id = $1", ids[i]);
}

void drop_subscription(sql::Connection& connection, const std::string& endpoint) {
  connection.tell("DELETE FROM push_subscription WHERE endpoint = $1", endpoint);
}

}  // namespace hotline::store
