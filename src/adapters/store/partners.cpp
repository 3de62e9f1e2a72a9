// SPDX-License-Identifier: Apache-2.0
// Outside bodies: their people's accounts and sessions, their programs' keys, and the matters they raised.
#include "adapters/store/columns.hpp"
#include "adapters/store/outside_sql.hpp"

namespace hotline::store {
namespace {

constexpr const char* account_columns = "id, partner, username, name, password_hash, enabled, made_ms";

app::PartnerAccount account_at(const sql::Rows& rows) {
  return {rows.integer(0),  text_at(rows, 1), text_at(rows, 2), text_at(rows, 3),
          text_at(rows, 4), flag_at(rows, 5), time_at(rows, 6)};
}
app::PartnerKey key_at(const sql::Rows& rows) {
  return {rows.integer(0), text_at(rows, 1), text_at(rows, 2), text_at(rows, 3), time_at(rows, 4)};
}

}  // namespace

std::vector<app::PartnerAccount> partner_accounts(sql::Connection& connection, const std::string& partner) {
  const auto rows = connection.ask(std::string("SELECT ") + account_columns +
                                       " FROM partner_account WHERE partner = $1 ORDER BY username LIMIT 1000",
                                   partner);
  std::vector<app::PartnerAccount> found;
  while (rows->next()) found.push_back(account_at(*rows));
  return found;
}

std::optional<app::PartnerAccount> partner_account(sql::Connection& connection, const std::string& username) {
  const auto rows =
      connection.ask(std::string("SELECT ") + account_columns + " FROM partner_account WHERE username = $1", username);
  if (!rows->next()) return std::nullopt;
  return account_at(*rows);
}

std::optional<app::PartnerAccount> partner_account_of(sql::Connection& connection, std::int64_t id) {
  const auto rows =
      connection.ask(std::string("SELECT ") + account_columns + " FROM partner_account WHERE id = $1", id);
  if (!rows->next()) return std::nullopt;
  return account_at(*rows);
}

bool save_partner_account(sql::Connection& connection, const app::PartnerAccount& a) {
  const auto had = partner_account(connection, a.username);
  if (had && had->partner != a.partner) return false;
  if (!had) {
    connection.tell(
        "INSERT INTO partner_account (partner, username, name, password_hash, enabled, made_ms)"
        " VALUES ($1,$2,$3,$4,$5,$6)",
        a.partner, a.username, a.name, a.password_hash, a.enabled, a.made_at);
    return true;
  }
  connection.tell("UPDATE partner_account SET name = $2, password_hash = $3, enabled = $4 WHERE id = $1", had->id,
                  a.name, a.password_hash, a.enabled);
  connection.tell("DELETE FROM partner_session WHERE account_id = $1", had->id);  // whoever had the old password
  return true;
}

std::optional<app::PartnerSession> partner_session(sql::Connection& connection, const std::string& token_hash) {
  const auto rows = connection.ask(
      "SELECT token_hash, account_id, csrf_token, seen_ms, expires_ms FROM partner_session WHERE token_hash = $1",
      token_hash);
  if (!rows->next()) return std::nullopt;
  return app::PartnerSession{text_at(*rows, 0), rows->integer(1), text_at(*rows, 2), time_at(*rows, 3),
                             time_at(*rows, 4)};
}

void save_partner_session(sql::Connection& connection, const app::PartnerSession& s, TimePoint now) {
  connection.tell("DELETE FROM partner_session WHERE expires_ms <= $1", now);
  connection.tell(
      "INSERT INTO partner_session (token_hash, account_id, csrf_token, seen_ms, expires_ms) VALUES ($1,$2,$3,$4,$5)"
      " ON CONFLICT (token_hash) DO UPDATE SET seen_ms = excluded.seen_ms",
      s.token_hash, s.account, s.csrf_token, s.seen_at, s.expires_at);
}

void drop_partner_session(sql::Connection& connection, const std::string& token_hash) {
  connection.tell("DELETE FROM partner_session WHERE token_hash = $1", token_hash);
}

std::vector<app::PartnerKey> partner_keys(sql::Connection& connection, const std::string& partner) {
  const auto rows = connection.ask(
      "SELECT id, partner, name, key_hash, made_ms FROM partner_key WHERE partner = $1 ORDER BY id LIMIT 1000",
      partner);
  std::vector<app::PartnerKey> found;
  while (rows->next()) found.push_back(key_at(*rows));
  return found;
}

std::optional<app::PartnerKey> partner_key(sql::Connection& connection, const std::string& key_hash) {
  const auto rows =
      connection.ask("SELECT id, partner, name, key_hash, made_ms FROM partner_key WHERE key_hash = $1", key_hash);
  if (!rows->next()) return std::nullopt;
  return key_at(*rows);
}

void add_partner_key(sql::Connection& connection, const app::PartnerKey& key) {
  connection.tell("INSERT INTO partner_key (partner, name, key_hash, made_ms) VALUES ($1,$2,$3,$4)", key.partner,
                  key.name, key.key_hash, key.made_at);
}

void drop_partner_key(sql::Connection& connection, const std::string& partner, std::int64_t id) {
  connection.tell("DELETE FROM partner_key WHERE partner = $1 AND id = $2", partner, id);
}

std::optional<WorkOrderId> matter(sql::Connection& connection, const std::string& partner,
                                  const std::string& reference) {
  const auto rows =
      connection.ask("SELECT order_id FROM partner_matter WHERE partner = $1 AND reference = $2", partner, reference);
  if (!rows->next()) return std::nullopt;
  return id_at<WorkOrderId>(*rows, 0);
}

}  // namespace hotline::store
