// SPDX-License-Identifier: Apache-2.0
// Notes of changes, listeners, events and their delivery. Writes are on the writer's connection inside its transaction.
#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {
namespace {

constexpr const char* hub_columns =
    "h.id, h.topic, h.callback, h.query, h.base_url, h.owner_id, h.created_ms, h.tries, h.next_try_ms, h.trouble";
constexpr std::uint32_t kRowsMost = 200;

app::TmfHub hub_at(const sql::Rows& rows) {
  return {rows.integer(0),         text_at(rows, 1), text_at(rows, 2), text_at(rows, 3), text_at(rows, 4),
          id_at<AgentId>(rows, 5), time_at(rows, 6), rows.integer(7),  time_at(rows, 8), text_at(rows, 9)};
}
app::TmfEvent event_at(const sql::Rows& rows) {
  return {rows.integer(0), text_at(rows, 1), time_at(rows, 2), text_at(rows, 3)};
}
std::vector<app::TmfHub> hubs_of(const std::unique_ptr<sql::Rows>& rows) {
  std::vector<app::TmfHub> found;
  while (rows->next()) found.push_back(hub_at(*rows));
  return found;
}

template <class... Texts>
void require(const Texts&... texts) {
  if (!(app::storable(texts) && ...)) throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
}

void note(sql::Connection& connection, const char* kind, std::uint64_t object, TimePoint at, const std::string& was,
          const std::string& is_now) {
  connection.tell(
      "INSERT INTO tmf_change (kind, object_id, seq, at_ms, was, is_now)"
      " SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), 0, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT)"
      " WHERE EXISTS (SELECT 1 FROM tmf_hub)",
      kind, object, at, was, is_now);
}

std::uint32_t total(sql::Connection& connection, const std::string& sql, const std::string& value) {
  const auto rows = connection.ask("SELECT count(*) FROM (" + sql + " LIMIT $2) t", value, app::kTmfTotalMost);
  return rows->next() ? static_cast<std::uint32_t>(rows->integer(0)) : 0;
}

}  // namespace

void check_text(const app::TmfHub& hub) {
  require(hub.topic, hub.callback, hub.query, hub.base_url);
}
void check_text(const app::TmfResource& resource) {
  require(resource.kind, resource.body);
}
void check_text(const app::TmfInteraction& interaction) {
  require(interaction.channel, interaction.direction, interaction.reason, interaction.body);
}
void check_text(const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>>& made) {
  for (const auto& [change, drafts] : made)
    for (const app::TmfDraft& draft : drafts) {
      require(draft.event.type, draft.event.body);
      for (const std::string& topic : draft.topics) require(topic);
    }
}

void note_order(sql::Connection& connection, WorkOrderId id, std::int64_t seq, TimePoint at) {
  connection.tell(
      "INSERT INTO tmf_change (kind, object_id, seq, at_ms, was, is_now)"
      " SELECT 'order', CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), '', ''"
      " WHERE EXISTS (SELECT 1 FROM tmf_hub)",
      id, seq, at);
}
void note_appointment(sql::Connection& connection, const app::AppointmentRow& after) {
  connection.tell(
      "INSERT INTO tmf_change (kind, object_id, seq, at_ms, was, is_now)"
      " SELECT 'appointment', CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT),"
      " coalesce((SELECT a.state FROM appointment a WHERE a.id = $1), ''), CAST($4 AS TEXT)"
      " WHERE EXISTS (SELECT 1 FROM tmf_hub)",
      after.state.id, after.state.version, after.changed_at, to_string(after.state.state));
}
void note_contact(sql::Connection& connection, const app::Contact& after) {
  connection.tell(
      "INSERT INTO tmf_change (kind, object_id, seq, at_ms, was, is_now)"
      " SELECT 'contact', CAST($1 AS BIGINT), 0, CAST($2 AS BIGINT),"
      " coalesce((SELECT c.outcome FROM contact c WHERE c.id = $1), ''), CAST($3 AS TEXT)"
      " WHERE EXISTS (SELECT 1 FROM tmf_hub)",
      after.id, after.ended_at ? *after.ended_at : after.started_at, after.outcome);
}
void note_wrap_up(sql::Connection& connection, ContactId id) {
  connection.tell(
      "INSERT INTO tmf_change (kind, object_id, seq, at_ms, was, is_now)"
      " SELECT 'contact', c.id, 0, coalesce(c.ended_at, c.started_at), c.outcome, c.outcome FROM contact c"
      " WHERE c.id = $1 AND EXISTS (SELECT 1 FROM tmf_hub)",
      id);
}

std::int64_t add_hub(sql::Connection& connection, const app::TmfHub& hub) {
  const auto rows = connection.ask(
      "INSERT INTO tmf_hub (topic, callback, query, base_url, owner_id, created_ms, tries, next_try_ms, leased_ms,"
      " trouble) VALUES ($1,$2,$3,$4,$5,$6,0,$6,0,'') RETURNING id",
      hub.topic, hub.callback, hub.query, hub.base_url, hub.owner, hub.created_at);
  if (!rows->next()) throw sql::Error(sql::ErrorKind::other, "a new listener got no id");
  return rows->integer(0);
}

std::optional<app::TmfHub> hub(sql::Connection& connection, std::int64_t id) {
  const auto rows = connection.ask(std::string("SELECT ") + hub_columns + " FROM tmf_hub h WHERE h.id = $1", id);
  if (!rows->next()) return std::nullopt;
  return hub_at(*rows);
}

std::vector<app::TmfHub> hubs(sql::Connection& connection, const std::string& topic) {
  const std::string sql = std::string("SELECT ") + hub_columns + " FROM tmf_hub h";
  return hubs_of(topic.empty() ? connection.ask(sql + " ORDER BY h.id")
                               : connection.ask(sql + " WHERE h.topic = $1 ORDER BY h.id", topic));
}

bool drop_hub(sql::Connection& connection, std::int64_t id) {
  connection.tell("DELETE FROM tmf_delivery WHERE hub_id = $1", id);
  return connection.ask("DELETE FROM tmf_hub WHERE id = $1 RETURNING id", id)->next();
}

std::vector<app::TmfChange> changes(sql::Connection& connection, std::uint32_t limit) {
  const auto rows =
      connection.ask("SELECT id, kind, object_id, seq, at_ms, was, is_now FROM tmf_change ORDER BY id LIMIT $1", limit);
  std::vector<app::TmfChange> found;
  while (rows->next())
    found.push_back({rows->integer(0), text_at(*rows, 1), static_cast<std::uint64_t>(rows->integer(2)),
                     rows->integer(3), time_at(*rows, 4), text_at(*rows, 5), text_at(*rows, 6)});
  return found;
}

void publish(sql::Connection& connection,
             const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>>& made) {
  for (const auto& [change, drafts] : made) {
    // Another core may have been faster.
    if (!connection.ask("DELETE FROM tmf_change WHERE id = $1 RETURNING id", change.id)->next()) continue;
    for (const app::TmfDraft& draft : drafts) (void)publish_now(connection, draft);
  }
}

std::int64_t publish_now(sql::Connection& connection, const app::TmfDraft& draft) {
  std::int64_t id = 0;
  if (const auto rows = connection.ask("INSERT INTO tmf_event (type, at_ms, body) VALUES ($1,$2,$3) RETURNING id",
                                       draft.event.type, draft.event.at, draft.event.body);
      rows->next())
    id = rows->integer(0);
  for (const std::string& topic : draft.topics)
    connection.tell("INSERT INTO tmf_topic_event (topic, event_id) VALUES ($1,$2)", topic, id);
  for (const std::int64_t hub : draft.hubs)  // unless it has gone meanwhile
    connection.tell(
        "INSERT INTO tmf_delivery (hub_id, event_id) SELECT h.id, CAST($2 AS BIGINT) FROM tmf_hub h WHERE h.id = $1",
        hub, id);
  return id;
}

app::TmfPage<app::TmfEvent> tmf_events(sql::Connection& connection, const std::string& topic, app::TmfPaging page) {
  app::TmfPage<app::TmfEvent> found;
  found.total = total(connection, "SELECT 1 FROM tmf_topic_event WHERE topic = $1", topic);
  const auto rows = connection.ask(
      "SELECT e.id, e.type, e.at_ms, e.body FROM tmf_topic_event t JOIN tmf_event e ON e.id = t.event_id"
      " WHERE t.topic = $1 ORDER BY t.event_id DESC LIMIT $2 OFFSET $3",
      topic, std::min(page.limit, kRowsMost), page.offset);
  while (rows->next()) found.rows.push_back(event_at(*rows));
  return found;
}

std::optional<app::TmfEvent> tmf_event(sql::Connection& connection, const std::string& topic, std::int64_t id) {
  const auto rows = connection.ask(
      "SELECT e.id, e.type, e.at_ms, e.body FROM tmf_topic_event t JOIN tmf_event e ON e.id = t.event_id"
      " WHERE t.topic = $1 AND t.event_id = $2",
      topic, id);
  if (!rows->next()) return std::nullopt;
  return event_at(*rows);
}

bool any_hub_due(sql::Connection& connection, TimePoint now) {
  return connection
      .ask(
          "SELECT h.id FROM tmf_hub h WHERE h.next_try_ms <= $1 AND h.leased_ms <= $1"
          " AND EXISTS (SELECT 1 FROM tmf_delivery d WHERE d.hub_id = h.id) LIMIT 1",
          now)
      ->next();
}

std::optional<app::TmfHub> claim_hub(sql::Connection& connection, TimePoint now, TimePoint until) {
  const std::string skip = connection.dialect() == sql::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "";
  // The lease is also its place in the queue: whoever was served last comes last.
  const auto rows = connection.ask(
      "UPDATE tmf_hub SET leased_ms = $2 WHERE id IN (SELECT h.id FROM tmf_hub h WHERE h.next_try_ms <= $1"
      " AND h.leased_ms <= $1 AND EXISTS (SELECT 1 FROM tmf_delivery d WHERE d.hub_id = h.id)"
      " ORDER BY h.leased_ms, h.id LIMIT 1" +
          skip + ") RETURNING id",
      now, until);
  if (!rows->next()) return std::nullopt;
  return hub(connection, rows->integer(0));
}

std::vector<app::TmfEvent> to_deliver(sql::Connection& connection, std::int64_t hub, std::uint32_t limit) {
  const auto rows = connection.ask(
      "SELECT e.id, e.type, e.at_ms, e.body FROM tmf_delivery d JOIN tmf_event e ON e.id = d.event_id"
      " WHERE d.hub_id = $1 ORDER BY d.event_id LIMIT $2",
      hub, limit);
  std::vector<app::TmfEvent> found;
  while (rows->next()) found.push_back(event_at(*rows));
  return found;
}

void settle_hub(sql::Connection& connection, std::int64_t hub, const std::vector<std::int64_t>& accepted,
                TimePoint next_try, const std::string& trouble) {
  for (const std::int64_t id : accepted)
    connection.tell("DELETE FROM tmf_delivery WHERE hub_id = $1 AND event_id = $2", hub, id);
  if (trouble.empty())
    connection.tell("UPDATE tmf_hub SET tries = 0, next_try_ms = $2, leased_ms = $2, trouble = '' WHERE id = $1", hub,
                    next_try);
  else
    connection.tell(
        "UPDATE tmf_hub SET tries = CASE WHEN $3 = 1 THEN 1 ELSE tries + 1 END, next_try_ms = $2, leased_ms = 0,"
        " trouble = $4 WHERE id = $1",
        hub, next_try, !accepted.empty(), trouble);
}

std::vector<app::TmfHub> hubs_behind(sql::Connection& connection, TimePoint before) {
  return hubs_of(
      connection.ask(std::string("SELECT ") + hub_columns +
                         " FROM tmf_hub h WHERE EXISTS (SELECT 1 FROM tmf_event e WHERE e.at_ms < $1 AND e.id ="
                         " (SELECT min(d.event_id) FROM tmf_delivery d WHERE d.hub_id = h.id)) ORDER BY h.id",
                     before));
}

void forget(sql::Connection& connection, TimePoint before, const std::string& resource_kind,
            TimePoint resources_before) {
  const std::string old =
      "(SELECT e.id FROM tmf_event e WHERE e.at_ms < $1 AND NOT EXISTS"
      " (SELECT 1 FROM tmf_delivery d WHERE d.event_id = e.id))";
  connection.tell("DELETE FROM tmf_topic_event WHERE event_id IN " + old, before);
  connection.tell("DELETE FROM tmf_event WHERE id IN " + old, before);
  connection.tell("DELETE FROM tmf_resource WHERE kind = $1 AND created_ms < $2", resource_kind, resources_before);
}

void put_resource(sql::Connection& connection, const app::TmfResource& resource, TimePoint now) {
  const auto before = store::resource(connection, resource.kind, resource.id);
  note(connection, resource.kind.c_str(), resource.id, now, before ? before->body : "", resource.body);
  connection.tell(
      "INSERT INTO tmf_resource (kind, id, created_ms, body) VALUES ($1,$2,$3,$4)"
      " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
      resource.kind, resource.id, resource.created_at, resource.body);
}

std::optional<app::TmfResource> resource(sql::Connection& connection, const std::string& kind, std::uint64_t id) {
  const auto rows = connection.ask("SELECT created_ms, body FROM tmf_resource WHERE kind = $1 AND id = $2", kind, id);
  if (!rows->next()) return std::nullopt;
  return app::TmfResource{kind, id, time_at(*rows, 0), text_at(*rows, 1)};
}

app::TmfPage<app::TmfResource> resources(sql::Connection& connection, const std::string& kind, app::TmfPaging page) {
  app::TmfPage<app::TmfResource> found;
  found.total = total(connection, "SELECT 1 FROM tmf_resource WHERE kind = $1", kind);
  const auto rows = connection.ask(
      "SELECT id, created_ms, body FROM tmf_resource WHERE kind = $1 ORDER BY id DESC LIMIT $2 OFFSET $3", kind,
      std::min(page.limit, kRowsMost), page.offset);
  while (rows->next())
    found.rows.push_back({kind, static_cast<std::uint64_t>(rows->integer(0)), time_at(*rows, 1), text_at(*rows, 2)});
  return found;
}

void put_interaction(sql::Connection& connection, const app::TmfInteraction& one, TimePoint now) {
  const auto before = interaction(connection, one.id);
  note(connection, "interaction", one.id, now, before ? before->body : "", one.body);
  connection.tell(
      "INSERT INTO tmf_interaction (id, started_at, channel, direction, customer_id, reason, ended, made_by, body)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9) ON CONFLICT (id) DO UPDATE SET reason = excluded.reason,"
      " ended = excluded.ended, body = excluded.body",
      one.id, one.started_at, one.channel, one.direction, one.customer, one.reason, one.ended, one.made_by, one.body);
}

std::optional<app::TmfInteraction> interaction(sql::Connection& connection, std::uint64_t id) {
  const auto rows = connection.ask(
      "SELECT started_at, channel, direction, reason, customer_id, ended, made_by, body FROM tmf_interaction"
      " WHERE id = $1",
      id);
  if (!rows->next()) return std::nullopt;
  return app::TmfInteraction{id,
                             time_at(*rows, 0),
                             text_at(*rows, 1),
                             text_at(*rows, 2),
                             text_at(*rows, 3),
                             optional_id_at<CustomerId>(*rows, 4),
                             flag_at(*rows, 5),
                             id_at<AgentId>(*rows, 6),
                             text_at(*rows, 7)};
}

bool drop_resource(sql::Connection& connection, const std::string& kind, std::uint64_t id, TimePoint now) {
  const auto last = resource(connection, kind, id);
  if (!last) return false;
  // The event about its end tells what it was.
  note(connection, kind.c_str(), id, now, last->body, "");
  connection.tell("DELETE FROM tmf_resource WHERE kind = $1 AND id = $2", kind, id);
  return true;
}

}  // namespace hotline::store
