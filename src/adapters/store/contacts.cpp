// SPDX-License-Identifier: Apache-2.0
// Contacts and what belongs to them as SQL. On a read connection, one thread.
#include "adapters/store/contacts.hpp"

#include <algorithm>

#include "adapters/store/columns.hpp"
#include "adapters/store/digits.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t page_max = 200;

constexpr std::string_view contact_columns =
    "SELECT id, channel, direction, from_number, to_number, service_line, queue, language, agent_id, customer_id, "
    "started_at,"
    " ended_at, end_cause, outcome, wait_ms, talk_ms, hold_ms, reason_code, result_code, note, consult_ms, owner_id, "
    "call_back FROM ";

app::Contact contact_at(const sql::Rows& rows) {
  app::Contact c;
  c.id = id_at<ContactId>(rows, 0);
  c.channel = text_at(rows, 1);
  c.direction = text_at(rows, 2);
  c.from = text_at(rows, 3);
  c.to = text_at(rows, 4);
  c.service_line = text_at(rows, 5);
  c.queue = text_at(rows, 6);
  c.language = text_at(rows, 7);
  c.agent = optional_id_at<AgentId>(rows, 8);
  c.customer = optional_id_at<CustomerId>(rows, 9);
  c.started_at = time_at(rows, 10);
  c.ended_at = optional_time_at(rows, 11);
  c.end_cause = text_at(rows, 12);
  c.outcome = text_at(rows, 13);
  c.wait = duration_at(rows, 14);
  c.talk = duration_at(rows, 15);
  c.hold = duration_at(rows, 16);
  c.reason_code = text_at(rows, 17);
  c.result_code = text_at(rows, 18);
  c.note = text_at(rows, 19);
  c.consult = duration_at(rows, 20);
  c.owner = optional_id_at<AgentId>(rows, 21);
  c.call_back = text_at(rows, 22);
  return c;
}

std::vector<app::Contact> contacts_of(sql::Connection& connection, const std::string& rest,
                                      std::span<const sql::Value> values) {
  std::vector<app::Contact> out;
  const auto rows = connection.query(std::string(contact_columns) + rest, values);
  while (rows->next()) out.push_back(contact_at(*rows));
  return out;
}

/// Conditions joined by AND, with their parameters numbered as they come.
class Conditions {
 public:
  /// `text` has %1 and, with two values, %2 for the parameters.
  void add(std::string text, std::initializer_list<sql::Value> values) {
    char mark = '1';
    for (const sql::Value& value : values) {
      values_.push_back(value);
      const std::string parameter = "$" + std::to_string(values_.size());
      const std::string name{'%', mark++};
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) text.replace(at, 2, parameter);
    }
    text_ += (text_.empty() ? " WHERE " : " AND ") + text;
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<sql::Value>& values() const { return values_; }

 private:
  std::string text_;
  std::vector<sql::Value> values_;
};

}  // namespace

std::optional<app::Contact> contact(sql::Connection& connection, ContactId id) {
  const sql::Value values[] = {sql::to_value(id)};
  auto found = contacts_of(connection, "contact WHERE id = $1", values);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<app::Contact> contacts(sql::Connection& connection, const app::ContactQuery& query) {
  Conditions conditions;
  const std::string suffix = reversed_digits(query.phone_suffix);
  const std::string suffix_end = suffix + ":";
  const bool own = query.agent.has_value();
  const std::string age = own ? "(part_started, part_contact)" : "(started_at, id)";
  const std::string started = own ? "part_started" : "started_at";
  if (query.customer) conditions.add("customer_id = %1", {sql::to_value(*query.customer)});
  if (!suffix.empty())
    conditions.add("phone_reversed >= %1 AND phone_reversed < %2 AND phone_reversed <> ''",
                   {sql::to_value(suffix), sql::to_value(suffix_end)});
  if (query.call_backs) conditions.add("call_back <> ''", {});
  if (query.from) conditions.add(started + " >= %1", {sql::to_value(*query.from)});
  if (query.to) conditions.add(started + " < %1", {sql::to_value(*query.to)});
  if (query.before)
    conditions.add(age + " < ((SELECT c.started_at FROM contact c WHERE c.id = %1), %1)",
                   {sql::to_value(*query.before)});
  std::vector<sql::Value> values = conditions.values();
  const auto parameter = [&](sql::Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  };
  std::string from = "contact";
  if (own)
    from = "(SELECT contact_id AS part_contact, started_at AS part_started FROM contact_part WHERE agent_id = " +
           parameter(sql::to_value(*query.agent)) + ") own JOIN contact ON contact.id = own.part_contact";
  const std::string order = " ORDER BY " + started + " DESC, " + (own ? "part_contact" : "id") + " DESC LIMIT ";
  const std::string limit = parameter(sql::to_value(std::min(query.limit, page_max)));
  return contacts_of(connection, from + conditions.text() + order + limit, values);
}

std::vector<app::Contact> open_contacts(sql::Connection& connection) {
  return contacts_of(connection, "contact WHERE outcome = 'live' ORDER BY id", {});
}

std::vector<app::SipMessage> sip_messages(sql::Connection& connection, ContactId id) {
  std::vector<app::SipMessage> out;
  const auto rows = connection.ask(
      "SELECT contact_id, leg_id, seq, at_us, sent, transport, local, remote, message FROM sip_message"
      " WHERE contact_id = $1 ORDER BY at_us, seq LIMIT 1000",
      id);
  while (rows->next())
    out.push_back({id_at<ContactId>(*rows, 0), id_at<LegId>(*rows, 1), rows->integer(2), rows->integer(3),
                   flag_at(*rows, 4), text_at(*rows, 5), text_at(*rows, 6), text_at(*rows, 7), text_at(*rows, 8)});
  return out;
}

std::vector<app::ContactEvent> events(sql::Connection& connection, ContactId id) {
  std::vector<app::ContactEvent> out;
  const auto rows = connection.ask(
      "SELECT contact_id, seq, at_ms, type, data FROM contact_event WHERE contact_id = $1 ORDER BY seq", id);
  while (rows->next())
    out.push_back(
        {id_at<ContactId>(*rows, 0), rows->integer(1), time_at(*rows, 2), text_at(*rows, 3), text_at(*rows, 4)});
  return out;
}

std::vector<app::Leg> legs(sql::Connection& connection, ContactId id) {
  std::vector<app::Leg> out;
  const auto rows = connection.ask(
      "SELECT id, contact_id, role, kind, node, party, agent_id, started_at, answered_at, ended_at, end_cause,"
      " packets_received, packets_sent, packets_lost, jitter_ms, codec, loss_x100, rtt_ms, mos_x100,"
      " remote_loss_x100, remote_jitter_ms FROM leg WHERE contact_id = $1 ORDER BY started_at, id",
      id);
  while (rows->next())
    out.push_back({id_at<LegId>(*rows, 0),
                   id_at<ContactId>(*rows, 1),
                   text_at(*rows, 2),
                   text_at(*rows, 3),
                   text_at(*rows, 4),
                   text_at(*rows, 5),
                   optional_id_at<AgentId>(*rows, 6),
                   time_at(*rows, 7),
                   optional_time_at(*rows, 8),
                   optional_time_at(*rows, 9),
                   text_at(*rows, 10),
                   rows->integer(11),
                   rows->integer(12),
                   rows->integer(13),
                   rows->integer(14),
                   text_at(*rows, 15),
                   rows->integer(16),
                   rows->integer(17),
                   rows->integer(18),
                   rows->integer(19),
                   rows->integer(20)});
  return out;
}

std::vector<app::ContactPart> parts(sql::Connection& connection, ContactId id) {
  std::vector<app::ContactPart> out;
  const auto rows = connection.ask(
      "SELECT contact_id, agent_id, position, started_at, talk_ms, hold_ms, consult_ms, reason_code, result_code, note"
      " FROM contact_part WHERE contact_id = $1 ORDER BY position, agent_id",
      id);
  while (rows->next())
    out.push_back({id_at<ContactId>(*rows, 0), id_at<AgentId>(*rows, 1), rows->integer(2), time_at(*rows, 3),
                   duration_at(*rows, 4), duration_at(*rows, 5), duration_at(*rows, 6), text_at(*rows, 7),
                   text_at(*rows, 8), text_at(*rows, 9)});
  return out;
}

std::vector<app::QueueDay> queue_days(sql::Connection& connection, TimePoint from, Duration service_level_threshold,
                                      Duration short_abandon) {
  // PostgreSQL sums 64-bit integers into a numeric; the sums here stay far below 2^63.
  const auto count = [](const std::string& condition) {
    return " CAST(sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END) AS BIGINT),";
  };
  const auto sum = [](const char* column) {
    return std::string(" CAST(sum(CASE WHEN outcome = 'answered' THEN ") + column + " ELSE 0 END) AS BIGINT)";
  };
  const auto rows = connection.ask(
      "SELECT queue, service_line," + count("queue <> ''") + count("outcome = 'answered'") +
          count("outcome = 'answered' AND wait_ms <= $2") + count("outcome = 'abandoned' AND wait_ms >= $3") +
          count("outcome = 'abandoned' AND wait_ms >= $3 AND wait_ms <= $2") +
          count("outcome = 'short_abandoned' OR (outcome = 'abandoned' AND wait_ms < $3)") +
          count("outcome = 'refused'") + count("outcome = 'called_back'") + count("outcome = 'lost'") +
          count("outcome = 'self_service'") + sum("wait_ms") + "," + sum("talk_ms") + "," + sum("hold_ms") +
          " FROM contact WHERE started_at >= $1 AND outcome <> 'live' AND direction = 'inbound'"
          " GROUP BY queue, service_line",
      from, service_level_threshold, short_abandon);
  std::vector<app::QueueDay> out;
  while (rows->next()) {
    app::QueueDay day;
    day.queue = text_at(*rows, 0);
    day.service_line = text_at(*rows, 1);
    day.offered = rows->integer(2);
    day.answered = day.handled = rows->integer(3);
    day.answered_in_time = rows->integer(4);
    day.abandoned = rows->integer(5);
    day.abandoned_in_time = rows->integer(6);
    day.short_abandoned = rows->integer(7);
    day.refused = rows->integer(8);
    day.called_back = rows->integer(9);
    day.lost = rows->integer(10);
    day.self_service = rows->integer(11);
    day.answer_time = duration_at(*rows, 12);
    day.talk = duration_at(*rows, 13);
    day.hold = duration_at(*rows, 14);
    out.push_back(std::move(day));
  }
  // Each database sorts text by its own rules.
  std::sort(out.begin(), out.end(), [](const app::QueueDay& a, const app::QueueDay& b) {
    return std::tie(a.queue, a.service_line) < std::tie(b.queue, b.service_line);
  });
  return out;
}

app::LineFigures line_figures(sql::Connection& connection, const std::string& service_line, TimePoint from,
                              Duration service_level_threshold) {
  const auto rows = connection.ask(
      "SELECT count(*), CAST(COALESCE(sum(CASE WHEN outcome = 'answered' THEN 1 ELSE 0 END), 0) AS BIGINT),"
      " CAST(COALESCE(sum(CASE WHEN outcome = 'answered' AND wait_ms <= $3 THEN 1 ELSE 0 END), 0) AS BIGINT),"
      " CAST(COALESCE(sum(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END), 0) AS BIGINT)"
      " FROM contact WHERE service_line = $1 AND started_at >= $2 AND queue <> '' AND outcome <> 'live'"
      " AND outcome <> 'short_abandoned'",
      service_line, from, service_level_threshold);
  app::LineFigures figures;
  if (rows->next()) figures = {rows->integer(0), rows->integer(1), rows->integer(2), rows->integer(3)};
  return figures;
}

app::LiveState load_live(sql::Connection& connection) {
  app::LiveState live;
  auto rows = connection.ask("SELECT id, node, state FROM live_call ORDER BY id");
  while (rows->next()) live.calls.push_back({id_at<CallId>(*rows, 0), text_at(*rows, 1), text_at(*rows, 2)});
  rows = connection.ask("SELECT id, state FROM live_agent ORDER BY id");
  while (rows->next()) live.agents.push_back({id_at<AgentId>(*rows, 0), text_at(*rows, 1)});
  rows = connection.ask("SELECT node, boot_id, seq FROM node_cursor ORDER BY node");
  while (rows->next())
    live.cursors.push_back({text_at(*rows, 0), std::bit_cast<std::uint64_t>(rows->integer(1)),
                            static_cast<std::uint64_t>(rows->integer(2))});
  return live;
}

std::optional<app::Session> session(sql::Connection& connection, const std::string& token_hash) {
  const auto rows = connection.ask(
      "SELECT token_hash, agent_id, csrf_token, created_at, seen_at, expires_at FROM session WHERE token_hash = $1",
      token_hash);
  if (!rows->next()) return std::nullopt;
  return app::Session{text_at(*rows, 0), id_at<AgentId>(*rows, 1), text_at(*rows, 2),
                      time_at(*rows, 3), time_at(*rows, 4),        time_at(*rows, 5)};
}

std::vector<app::AuditEntry> audit(sql::Connection& connection, const std::string& action, std::uint32_t limit) {
  const std::string columns = "SELECT at_ms, actor_id, action, object, source, data FROM audit";
  const std::uint32_t rows_max = std::min(limit, page_max);
  const auto rows = action.empty()
                        ? connection.ask(columns + " ORDER BY id DESC LIMIT $1", rows_max)
                        : connection.ask(columns + " WHERE action = $1 ORDER BY id DESC LIMIT $2", action, rows_max);
  std::vector<app::AuditEntry> out;
  while (rows->next())
    out.push_back({time_at(*rows, 0), optional_id_at<AgentId>(*rows, 1), text_at(*rows, 2), text_at(*rows, 3),
                   text_at(*rows, 4), text_at(*rows, 5)});
  return out;
}

}  // namespace hotline::store
