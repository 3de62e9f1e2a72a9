// SPDX-License-Identifier: Apache-2.0
// See the header. The partial indexes of migration 2 answer each of these questions without looking at settled rows;
// their conditions stand here word by word.
#include "adapters/store/ledger.hpp"

#include <algorithm>

#include "adapters/store/columns.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t page_max = 1'000;

constexpr std::string_view columns =
    "SELECT id, contact_id, leg_id, node, path, started_at, ended_at, frames, bytes, state, problem,"
    " archive_path, archive_format, archive_key, archive_sha256, archive_bytes, archive_frames, archived_at,"
    " archive_gone_at, wav_gone_at, trouble, hold, hold_why, delete_asked_at, delete_why, deleted_at FROM recording";

app::Recording recording_at(const sql::Rows& rows) {
  app::Recording r;
  r.id = id_at<RecordingId>(rows, 0);
  r.contact = id_at<ContactId>(rows, 1);
  r.leg = id_at<LegId>(rows, 2);
  r.node = text_at(rows, 3);
  r.path = text_at(rows, 4);
  r.started_at = time_at(rows, 5);
  r.ended_at = optional_time_at(rows, 6);
  r.frames = rows.integer(7);
  r.bytes = rows.integer(8);
  r.state = text_at(rows, 9);
  r.problem = text_at(rows, 10);
  app::RecordingLedger& l = r.ledger;
  l.path = text_at(rows, 11);
  l.format = text_at(rows, 12);
  l.key = text_at(rows, 13);
  l.sha256 = text_at(rows, 14);
  l.bytes = rows.integer(15);
  l.frames = rows.integer(16);
  l.archived_at = optional_time_at(rows, 17);
  l.archive_gone_at = optional_time_at(rows, 18);
  l.wav_gone_at = optional_time_at(rows, 19);
  l.trouble = text_at(rows, 20);
  l.hold = flag_at(rows, 21);
  l.hold_why = text_at(rows, 22);
  l.delete_asked_at = optional_time_at(rows, 23);
  l.delete_why = text_at(rows, 24);
  l.deleted_at = optional_time_at(rows, 25);
  return r;
}

template <class... Args>
std::vector<app::Recording> recordings_of(sql::Connection& connection, const std::string& rest, const Args&... args) {
  std::vector<app::Recording> out;
  const auto rows = connection.ask(std::string(columns) + rest, args...);
  while (rows->next()) out.push_back(recording_at(*rows));
  return out;
}

}  // namespace

std::vector<app::Recording> recordings(sql::Connection& connection, ContactId id) {
  return recordings_of(connection, " WHERE contact_id = $1 ORDER BY started_at, id", id);
}

std::optional<app::Recording> recording(sql::Connection& connection, RecordingId id) {
  auto found = recordings_of(connection, " WHERE id = $1", id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<app::Recording> running_recordings(sql::Connection& connection, const std::string& node) {
  return recordings_of(connection, " WHERE node = $1 AND state = 'running' ORDER BY started_at, id", node);
}

std::vector<app::Recording> recording_work(sql::Connection& connection, const app::RecordingWork& work) {
  std::string condition;
  switch (work.kind) {
    case app::RecordingWork::Kind::archive:
      condition =
          "archived_at IS NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL AND state <> 'running' AND frames > "
          "0";
      break;
    case app::RecordingWork::Kind::clear:
      condition = "archived_at IS NOT NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL";
      break;
    case app::RecordingWork::Kind::remove:
      condition = "delete_asked_at IS NOT NULL AND deleted_at IS NULL";
      break;
  }
  return recordings_of(connection,
                       " WHERE node = $1 AND next_try_at <= $2 AND " + condition + " ORDER BY next_try_at, id LIMIT $3",
                       work.node, work.now, std::min(work.limit, page_max));
}

std::vector<app::RecordingAge> recording_ages(sql::Connection& connection, const app::RecordingAgeQuery& query) {
  std::vector<app::RecordingAge> out;
  const auto rows = connection.ask(
      "SELECT r.id, r.started_at, coalesce(c.service_line, ''), coalesce(c.reason_code, '')"
      " FROM recording r LEFT JOIN contact c ON c.id = r.contact_id"
      " WHERE r.delete_asked_at IS NULL AND r.hold = 0 AND (r.started_at, r.id) > ($1, $2) AND r.started_at < $3"
      " AND r.state <> 'running' ORDER BY r.started_at, r.id LIMIT $4",
      query.after_started_at, query.after, query.before, std::min(query.limit, page_max));
  while (rows->next())
    out.push_back({id_at<RecordingId>(*rows, 0), time_at(*rows, 1), text_at(*rows, 2), text_at(*rows, 3)});
  return out;
}

std::vector<app::RecordingBacklog> recording_backlog(sql::Connection& connection) {
  std::vector<app::RecordingBacklog> out;
  const auto of = [&](const std::string& node) -> app::RecordingBacklog& {
    const auto found = std::find_if(out.begin(), out.end(), [&](const auto& entry) { return entry.node == node; });
    if (found != out.end()) return *found;
    out.push_back({node, 0, 0, 0});
    return out.back();
  };
  const auto count = [&](const char* condition, std::int64_t app::RecordingBacklog::*figure) {
    const auto rows = connection.ask(std::string("SELECT node, count(*) FROM recording WHERE ") + condition +
                                     " GROUP BY node ORDER BY node");
    while (rows->next()) of(text_at(*rows, 0)).*figure = rows->integer(1);
  };
  count("archived_at IS NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL AND state <> 'running' AND frames > 0",
        &app::RecordingBacklog::to_archive);
  count("archived_at IS NOT NULL AND wav_gone_at IS NULL AND delete_asked_at IS NULL",
        &app::RecordingBacklog::to_clear);
  count("delete_asked_at IS NOT NULL AND deleted_at IS NULL", &app::RecordingBacklog::to_delete);
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  return out;
}

std::vector<app::Recording> troubled_recordings(sql::Connection& connection, RecordingId before, std::uint32_t limit) {
  const std::string condition = " WHERE (state = 'damaged' OR trouble <> '')";
  const std::uint32_t rows_max = std::min(limit, page_max);
  if (!before) return recordings_of(connection, condition + " ORDER BY id DESC LIMIT $1", rows_max);
  return recordings_of(connection, condition + " AND id < $1 ORDER BY id DESC LIMIT $2", before, rows_max);
}

std::vector<app::Recording> recordings_of_node(sql::Connection& connection, const std::string& node, RecordingId after,
                                               std::uint32_t limit) {
  return recordings_of(connection, " WHERE id > $2 AND node = $1 ORDER BY id LIMIT $3", node, after,
                       std::min(limit, page_max));
}

// ---- changes

void apply(sql::Connection& connection, const app::Recording& r) {
  connection.tell(
      "INSERT INTO recording (id, contact_id, leg_id, node, path, started_at, ended_at, frames, bytes, state, problem)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)"
      " ON CONFLICT (id) DO UPDATE SET leg_id = excluded.leg_id, node = excluded.node, path = excluded.path,"
      " started_at = excluded.started_at, ended_at = excluded.ended_at,"
      " frames = excluded.frames, bytes = excluded.bytes, state = excluded.state, problem = excluded.problem",
      r.id, r.contact, r.leg, r.node, r.path, r.started_at, r.ended_at, r.frames, r.bytes, r.state, r.problem);
}

void apply(sql::Connection& connection, const app::PutRecordingEnd& e) {
  connection.tell(
      "UPDATE recording SET node = $2, path = $3, started_at = $4, ended_at = $5, frames = $6, bytes = $7, state = $8,"
      " problem = $9 WHERE id = $1 AND path = ''",
      e.id, e.node, e.path, e.started_at, e.ended_at, e.frames, e.bytes, e.state, e.problem);
}

void apply(sql::Connection& connection, const app::PutRecordingArchived& a) {
  // One whose deletion was asked for meanwhile has a file again, which goes like the others.
  connection.tell(
      "UPDATE recording SET archive_path = $2, archive_format = $3, archive_key = $4, archive_sha256 = $5,"
      " archive_bytes = $6, archive_frames = $7, archived_at = $8, archive_gone_at = NULL, deleted_at = NULL,"
      " trouble = '', tries = 0, next_try_at = 0 WHERE id = $1",
      a.id, a.path, a.format, a.key, a.sha256, a.bytes, a.frames, a.at);
}

void apply(sql::Connection& connection, const app::PutRecordingFileGone& g) {
  connection.tell(
      "UPDATE recording SET wav_gone_at = $3, trouble = '', tries = 0, next_try_at = 0"
      " WHERE id = $1 AND path = $2",
      g.id, g.path, g.at);
  connection.tell(
      "UPDATE recording SET archive_gone_at = $3, trouble = '', tries = 0, next_try_at = 0"
      " WHERE id = $1 AND archive_path = $2",
      g.id, g.path, g.at);
  connection.tell(
      "UPDATE recording SET deleted_at = $2 WHERE id = $1 AND delete_asked_at IS NOT NULL AND deleted_at IS NULL"
      " AND (path = '' OR wav_gone_at IS NOT NULL) AND (archive_path = '' OR archive_gone_at IS NOT NULL)",
      g.id, g.at);
}

void apply(sql::Connection& connection, const app::PutRecordingTrouble& t) {
  // Asked again after 1, 4, 9, ... minutes, at last every hour.
  connection.tell(
      "UPDATE recording SET trouble = $2, next_try_at = $3 + 60000 * (CASE WHEN tries > 6 THEN 60 ELSE (tries + 1) *"
      " (tries + 1) END), tries = tries + 1 WHERE id = $1 AND deleted_at IS NULL",
      t.id, t.trouble, t.at);
  if (t.archive_missing)
    connection.tell("UPDATE recording SET archived_at = NULL WHERE id = $1 AND wav_gone_at IS NULL", t.id);
}

void apply(sql::Connection& connection, const app::SetRecordingHold& h) {
  connection.tell("UPDATE recording SET hold = $2, hold_why = $3 WHERE id = $1 AND delete_asked_at IS NULL", h.id,
                  h.hold, h.why);
}

void apply(sql::Connection& connection, const app::AskRecordingDeletion& d) {
  connection.tell(
      "UPDATE recording SET delete_asked_at = $2, delete_why = $3, next_try_at = 0, tries = 0,"
      " deleted_at = CASE WHEN (path = '' OR wav_gone_at IS NOT NULL) AND (archive_path = '' OR archive_gone_at IS NOT"
      " NULL) THEN CAST($2 AS BIGINT) ELSE NULL END"
      " WHERE id = $1 AND hold = 0 AND delete_asked_at IS NULL AND state <> 'running'",
      d.id, d.at, d.why);
}

}  // namespace hotline::store
