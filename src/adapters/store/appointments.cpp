// SPDX-License-Identifier: Apache-2.0
// See the header.
#include <algorithm>
#include <map>

#include "adapters/store/appointment_sql.hpp"
#include "adapters/store/columns.hpp"
#include "adapters/store/order_sql.hpp"
#include "adapters/store/tmf_sql.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store {
namespace {

using appointment::AppointmentId;
using appointment::CrewId;
using appointment::Outcome;
using appointment::Slot;
using appointment::State;
using appointment::Visit;

constexpr std::int64_t kNever = 9'007'199'254'740'991;
constexpr std::uint32_t kRowsMost = 500;

constexpr const char* columns =
    "a.id, a.state, a.area, a.skills, a.order_id, a.customer_id, a.contact_id, a.person, a.phone, a.place, a.note,"
    " a.made_by, a.held_until_ms, a.reminded, a.overrun_told, a.created_ms, a.changed_ms, a.version, a.mail,"
    " a.set_out";

template <class Enum>
Enum named(const std::string& text, std::initializer_list<Enum> all) {
  for (const Enum one : all)
    if (text == to_string(one)) return one;
  throw sql::Error(sql::ErrorKind::other, "an appointment has the unknown word \"" + text + "\" in it");
}
State state_of(const std::string& text) {
  return named(text, {State::held, State::booked, State::on_site, State::done, State::missed, State::absent,
                      State::cancelled, State::lapsed});
}
Outcome outcome_of(const std::string& text) {
  return named(
      text, {Outcome::open, Outcome::kept, Outcome::kept_late, Outcome::missed_by_company, Outcome::missed_by_customer,
             Outcome::changed_in_time, Outcome::changed_by_company, Outcome::changed_by_customer});
}
appointment::Event::Kind kind_of(const std::string& text) {
  using Kind = appointment::Event::Kind;
  return named(
      text, {Kind::held, Kind::booked, Kind::moved, Kind::cancelled, Kind::set_out, Kind::arrived, Kind::found_nobody,
             Kind::finished, Kind::lapsed, Kind::missed, Kind::reminder_due, Kind::overrun});
}

/// "fibre install": codes have no blanks.
std::string joined(const std::set<std::string>& codes) {
  std::string out;
  for (const std::string& code : codes) out += (out.empty() ? "" : " ") + code;
  return out;
}
std::set<std::string> parted(const std::string& text) {
  std::set<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    out.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Slot slot_at(const sql::Rows& rows, int column) {
  return {id_at<CrewId>(rows, column), rows.integer(column + 1), static_cast<int>(rows.integer(column + 2))};
}

app::AppointmentRow row_at(const sql::Rows& rows) {
  app::AppointmentRow row;
  row.state.id = id_at<AppointmentId>(rows, 0);
  row.state.state = state_of(text_at(rows, 1));
  row.state.need = {text_at(rows, 2), parted(text_at(rows, 3))};
  row.order = optional_id_at<WorkOrderId>(rows, 4);
  row.customer = optional_id_at<CustomerId>(rows, 5);
  row.contact = optional_id_at<ContactId>(rows, 6);
  row.person = text_at(rows, 7);
  row.phone = text_at(rows, 8);
  row.place = text_at(rows, 9);
  row.note = text_at(rows, 10);
  row.made_by = id_at<AgentId>(rows, 11);
  row.state.held_until = optional_time_at(rows, 12);
  row.state.reminded = flag_at(rows, 13);
  row.state.overrun_told = flag_at(rows, 14);
  row.created_at = time_at(rows, 15);
  row.changed_at = time_at(rows, 16);
  row.state.version = static_cast<std::uint64_t>(rows.integer(17));
  row.mail = text_at(rows, 18);
  row.state.set_out = flag_at(rows, 19);
  return row;
}

void add_visits(sql::Connection& connection, app::AppointmentRow& row) {
  const auto rows = connection.ask(
      "SELECT crew_id, day, from_min, begins_ms, ends_ms, outcome, arrived_ms, settled_ms FROM appointment_visit"
      " WHERE appointment_id = $1 ORDER BY seq",
      row.state.id);
  while (rows->next())
    row.state.visits.push_back({slot_at(*rows, 0), time_at(*rows, 3), time_at(*rows, 4), outcome_of(text_at(*rows, 5)),
                                optional_time_at(*rows, 6), optional_time_at(*rows, 7)});
  if (row.state.visits.empty())
    throw sql::Error(sql::ErrorKind::other, "appointment " + row.state.id.to_string() + " has no visit");
}

/// The version it has, under lock where others may write at the same time; 0: there is none.
std::uint64_t version_of(sql::Connection& connection, AppointmentId id) {
  const bool others = connection.dialect() == sql::Dialect::postgres;
  const auto rows =
      connection.ask(std::string("SELECT version FROM appointment WHERE id = $1") + (others ? " FOR UPDATE" : ""), id);
  return rows->next() ? static_cast<std::uint64_t>(rows->integer(0)) : 0;
}

bool has_room(sql::Connection& connection, const Slot& slot, int capacity) {
  if (connection.dialect() == sql::Dialect::postgres)  // other writers wait here until this commit is done
    (void)connection.ask("SELECT id FROM crew WHERE id = $1 FOR UPDATE", slot.crew)->next();
  const auto rows =
      connection.ask("SELECT count(*) FROM appointment WHERE day = $1 AND crew_id = $2 AND from_min = $3 AND takes = 1",
                     slot.day, slot.crew, slot.from);
  return rows->next() && rows->integer(0) < capacity;
}

void write_row(sql::Connection& connection, const app::AppointmentCommit& commit) {
  const app::AppointmentRow& row = commit.row;
  const appointment::Appointment& state = row.state;
  const Visit& visit = state.visits.back();
  connection.tell(
      "INSERT INTO appointment (id, state, area, skills, order_id, customer_id, contact_id, person, phone, place, note,"
      " made_by, crew_id, day, from_min, begins_ms, ends_ms, takes, held_until_ms, reminded, overrun_told, created_ms,"
      " changed_ms, due_ms, leased_ms, version, mail, set_out)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,0,$25,$26,$27)"
      " ON CONFLICT (id) DO UPDATE SET state = excluded.state, order_id = excluded.order_id,"
      " customer_id = excluded.customer_id, contact_id = excluded.contact_id, person = excluded.person,"
      " phone = excluded.phone, place = excluded.place, note = excluded.note, crew_id = excluded.crew_id,"
      " day = excluded.day, from_min = excluded.from_min, begins_ms = excluded.begins_ms, ends_ms = excluded.ends_ms,"
      " takes = excluded.takes, held_until_ms = excluded.held_until_ms, reminded = excluded.reminded,"
      " overrun_told = excluded.overrun_told, changed_ms = excluded.changed_ms, due_ms = excluded.due_ms,"
      " leased_ms = 0, version = excluded.version, mail = excluded.mail, set_out = excluded.set_out",
      state.id, to_string(state.state), state.need.area, joined(state.need.skills), row.order, row.customer,
      row.contact, row.person, row.phone, row.place, row.note, row.made_by, visit.slot.crew, visit.slot.day,
      visit.slot.from, visit.begins, visit.ends, takes_room(state), state.held_until, state.reminded,
      state.overrun_told, row.created_at, row.changed_at, commit.next_due ? to_unix_ms(*commit.next_due) : kNever,
      state.version, row.mail, state.set_out);
  for (std::size_t i = 0; i < state.visits.size(); ++i) {
    const Visit& one = state.visits[i];
    connection.tell(
        "INSERT INTO appointment_visit (appointment_id, seq, crew_id, day, from_min, begins_ms, ends_ms, outcome,"
        " arrived_ms, settled_ms) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
        " ON CONFLICT (appointment_id, seq) DO UPDATE SET outcome = excluded.outcome,"
        " arrived_ms = excluded.arrived_ms, settled_ms = excluded.settled_ms",
        state.id, i + 1, one.slot.crew, one.slot.day, one.slot.from, one.begins, one.ends, to_string(one.outcome),
        one.arrived_at, one.settled_at);
  }
}

void append_history(sql::Connection& connection, const app::AppointmentCommit& commit) {
  const AppointmentId id = commit.row.state.id;
  std::int64_t seq = 0;
  if (const auto rows =
          connection.ask("SELECT coalesce(max(seq), 0) FROM appointment_event WHERE appointment_id = $1", id);
      rows->next())
    seq = rows->integer(0);
  for (const appointment::Event& event : commit.events)
    connection.tell(
        "INSERT INTO appointment_event (appointment_id, seq, at_ms, kind, side, text, by_agent)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7)",
        id, ++seq, event.at, to_string(event.kind), event.by ? to_string(*event.by) : "", event.text, commit.by);
}

template <class... Texts>
void require(const Texts&... texts) {
  if (!(app::storable(texts) && ...)) throw app::BadText("text that is not UTF-8 or has a NUL in it cannot be stored");
}

void count_visit(app::CrewScore& score, Outcome outcome, std::int64_t times) {
  appointment::Appointment one;
  one.visits.push_back({{}, {}, {}, outcome});
  appointment::Score company, customer;
  count(one, company, customer);
  const auto add = [times](appointment::Score& sum, const appointment::Score& part) {
    sum.visits += times * part.visits;
    sum.kept += times * part.kept;
    sum.kept_late += times * part.kept_late;
    sum.broken += times * part.broken;
  };
  add(score.company, company);
  add(score.customer, customer);
}

}  // namespace

void check_text(const app::AppointmentCommit& commit) {
  const app::AppointmentRow& row = commit.row;
  require(commit.command_id, commit.fingerprint, row.state.need.area, joined(row.state.need.skills), row.person,
          row.phone, row.place, row.note, row.mail);
  for (const app::OutboxEntry& entry : commit.outbox) require(entry.to, entry.kind, entry.body);
  for (const appointment::Event& event : commit.events) require(event.text);
}

void check_text(const app::CrewRow& row) {
  require(row.crew.name, row.department, joined(row.crew.areas), joined(row.crew.skills));
}

void save_crew(sql::Connection& connection, const app::CrewRow& row) {
  const appointment::Crew& crew = row.crew;
  connection.tell(
      "INSERT INTO crew (id, name, department, utc_offset_min) VALUES ($1,$2,$3,$4) ON CONFLICT (id) DO UPDATE SET"
      " name = excluded.name, department = excluded.department, utc_offset_min = excluded.utc_offset_min",
      crew.id, crew.name, row.department, std::int64_t{crew.utc_offset.count()});
  connection.tell("DELETE FROM crew_can WHERE crew_id = $1", crew.id);
  connection.tell("DELETE FROM crew_window WHERE crew_id = $1", crew.id);
  const auto can = [&](const char* kind, const std::set<std::string>& codes) {
    for (const std::string& code : codes)
      connection.tell("INSERT INTO crew_can (crew_id, kind, code) VALUES ($1,$2,$3)", crew.id, kind, code);
  };
  can("area", crew.areas);
  can("skill", crew.skills);
  const auto window = [&](const char* kind, std::int64_t day, const appointment::Window& one) {
    connection.tell(
        "INSERT INTO crew_window (crew_id, kind, day, from_min, to_min, capacity) VALUES ($1,$2,$3,$4,$5,$6)", crew.id,
        kind, day, one.from, one.to, one.capacity);
  };
  for (const auto& [weekday, windows] : crew.week)
    for (const appointment::Window& one : windows) window("week", weekday, one);
  for (const auto& [day, windows] : crew.days) {
    if (windows.empty()) window("date", day, {});
    for (const appointment::Window& one : windows) window("date", day, one);
  }
}

std::vector<app::CrewRow> crews(sql::Connection& connection) {
  std::map<CrewId, app::CrewRow> found;
  auto rows = connection.ask("SELECT id, name, department, utc_offset_min FROM crew");
  while (rows->next()) {
    app::CrewRow& row = found[id_at<CrewId>(*rows, 0)];
    row.crew.id = id_at<CrewId>(*rows, 0);
    row.crew.name = text_at(*rows, 1);
    row.department = text_at(*rows, 2);
    row.crew.utc_offset = std::chrono::minutes{rows->integer(3)};
  }
  rows = connection.ask("SELECT crew_id, kind, code FROM crew_can");
  while (rows->next()) {
    appointment::Crew& crew = found.at(id_at<CrewId>(*rows, 0)).crew;
    (text_at(*rows, 1) == "area" ? crew.areas : crew.skills).insert(text_at(*rows, 2));
  }
  rows =
      connection.ask("SELECT crew_id, kind, day, from_min, to_min, capacity FROM crew_window ORDER BY day, from_min");
  while (rows->next()) {
    appointment::Crew& crew = found.at(id_at<CrewId>(*rows, 0)).crew;
    const std::int64_t day = rows->integer(2);
    auto& windows = text_at(*rows, 1) == "week" ? crew.week[static_cast<int>(day)] : crew.days[day];
    const appointment::Window window{static_cast<int>(rows->integer(3)), static_cast<int>(rows->integer(4)),
                                     static_cast<int>(rows->integer(5))};
    if (window.to > window.from) windows.push_back(window);
  }
  std::vector<app::CrewRow> all;
  for (auto& [id, row] : found) all.push_back(std::move(row));
  return all;
}

app::AppointmentOutcome commit_appointment(sql::Connection& connection, const app::AppointmentCommit& commit) {
  const AppointmentId id = commit.row.state.id;
  if (!commit.command_id.empty() && appointment_command(connection, commit.command_id))
    return app::AppointmentOutcome::repeated;
  if (version_of(connection, id) != commit.expected_version) return app::AppointmentOutcome::stale;
  if (commit.takes && !has_room(connection, commit.takes->first, commit.takes->second))
    return app::AppointmentOutcome::full;
  if (!commit.command_id.empty()) {
    const auto rows = connection.ask(
        "INSERT INTO appointment_command (id, fingerprint, appointment_id, at_ms) VALUES ($1,$2,$3,$4)"
        " ON CONFLICT (id) DO NOTHING RETURNING at_ms",
        commit.command_id, commit.fingerprint, id, commit.now);
    if (!rows->next()) return app::AppointmentOutcome::repeated;  // by another writer, just now
  }
  note_appointment(connection, commit.row);
  write_row(connection, commit);
  append_history(connection, commit);
  for (const app::OutboxEntry& entry : commit.outbox) add_entry(connection, entry);
  return app::AppointmentOutcome::done;
}

std::optional<std::pair<AppointmentId, std::string>> appointment_command(sql::Connection& connection,
                                                                         const std::string& id) {
  const auto rows = connection.ask("SELECT appointment_id, fingerprint FROM appointment_command WHERE id = $1", id);
  if (!rows->next()) return std::nullopt;
  return std::pair(id_at<AppointmentId>(*rows, 0), text_at(*rows, 1));
}

std::optional<app::AppointmentRow> appointment(sql::Connection& connection, AppointmentId id) {
  static const std::string sql = std::string("SELECT ") + columns + " FROM appointment a WHERE a.id = $1";
  std::optional<app::AppointmentRow> row;
  if (const auto rows = connection.ask(sql, id); rows->next()) row = row_at(*rows);
  if (row) add_visits(connection, *row);
  return row;
}

std::vector<app::AppointmentLine> appointment_history(sql::Connection& connection, AppointmentId id) {
  const auto rows = connection.ask(
      "SELECT seq, at_ms, kind, side, text, by_agent FROM appointment_event WHERE appointment_id = $1 ORDER BY seq",
      id);
  std::vector<app::AppointmentLine> lines;
  while (rows->next()) {
    const std::string side = text_at(*rows, 3);
    app::AppointmentLine line{rows->integer(0),
                              {kind_of(text_at(*rows, 2)), time_at(*rows, 1), {}, text_at(*rows, 4)},
                              id_at<AgentId>(*rows, 5)};
    if (!side.empty()) line.event.by = named(side, {appointment::Side::company, appointment::Side::customer});
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<app::AppointmentRow> appointments(sql::Connection& connection, const app::AppointmentQuery& query) {
  std::string where;
  std::vector<sql::Value> values;
  const auto add = [&](const std::string& condition, const auto& value) {
    values.push_back(sql::to_value(value));
    where += (where.empty() ? " WHERE " : " AND ") + condition + "$" + std::to_string(values.size());
  };
  if (query.from_day) add("a.day >= ", *query.from_day);
  if (query.to_day) add("a.day <= ", *query.to_day);
  if (query.crew) add("a.crew_id = ", *query.crew);
  if (!query.area.empty()) add("a.area = ", query.area);
  if (!query.state.empty()) add("a.state = ", query.state);
  if (query.order) add("a.order_id = ", *query.order);
  if (query.customer) add("a.customer_id = ", *query.customer);
  values.push_back(std::int64_t{std::min(query.limit, kRowsMost)});
  const std::string sql = std::string("SELECT ") + columns + " FROM appointment a" + where +
                          " ORDER BY a.begins_ms, a.id LIMIT $" + std::to_string(values.size());
  std::vector<app::AppointmentRow> found;
  {
    const auto rows = connection.query(sql, values);
    while (rows->next()) found.push_back(row_at(*rows));
  }
  for (app::AppointmentRow& row : found) add_visits(connection, row);
  return found;
}

appointment::Taken taken_slots(sql::Connection& connection, std::int64_t from_day, std::int64_t to_day) {
  const auto rows = connection.ask(
      "SELECT crew_id, day, from_min, count(*) FROM appointment WHERE day >= $1 AND day <= $2 AND takes = 1"
      " GROUP BY crew_id, day, from_min",
      from_day, to_day);
  appointment::Taken taken;
  while (rows->next()) taken[slot_at(*rows, 0)] = static_cast<int>(rows->integer(3));
  return taken;
}

bool any_appointment_due(sql::Connection& connection, TimePoint now) {
  const auto rows = connection.ask(
      "SELECT 1 FROM appointment WHERE due_ms <= $1 AND due_ms < 9007199254740991 AND leased_ms <= $1 LIMIT 1", now);
  return rows->next();
}

std::vector<AppointmentId> claim_due_appointments(sql::Connection& connection, TimePoint now, TimePoint until,
                                                  std::uint32_t limit) {
  const std::string skip = connection.dialect() == sql::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "";
  const auto rows = connection.ask(
      "UPDATE appointment SET leased_ms = $2 WHERE id IN (SELECT id FROM appointment WHERE due_ms <= $1"
      " AND due_ms < 9007199254740991 AND leased_ms <= $1 ORDER BY due_ms, id LIMIT $3" +
          skip + ") RETURNING id",
      now, until, limit);
  std::vector<AppointmentId> claimed;
  while (rows->next()) claimed.push_back(id_at<AppointmentId>(*rows, 0));
  return claimed;
}

std::vector<app::CrewScore> crew_scores(sql::Connection& connection, TimePoint from, TimePoint to) {
  const auto rows = connection.ask(
      "SELECT crew_id, outcome, count(*) FROM appointment_visit WHERE settled_ms >= $1 AND settled_ms < $2"
      " GROUP BY crew_id, outcome",
      from, to);
  std::map<CrewId, app::CrewScore> scores;
  while (rows->next()) {
    app::CrewScore& score = scores[id_at<CrewId>(*rows, 0)];
    score.crew = id_at<CrewId>(*rows, 0);
    count_visit(score, outcome_of(text_at(*rows, 1)), rows->integer(2));
  }
  std::vector<app::CrewScore> all;
  for (const auto& [crew, score] : scores) all.push_back(score);
  return all;
}

}  // namespace hotline::store
