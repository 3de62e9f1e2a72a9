// SPDX-License-Identifier: Apache-2.0
// Customers and their phone numbers as SQL. One connection, one thread.
#include <algorithm>

#include "adapters/store/changes.hpp"
#include "adapters/store/columns.hpp"
#include "adapters/store/digits.hpp"
#include "adapters/store/world.hpp"

namespace hotline::store {
namespace {

constexpr std::uint32_t found_max = 200;

app::Customer customer_at(const sql::Rows& rows) {
  return {id_at<CustomerId>(rows, 0), text_at(rows, 1), text_at(rows, 2), text_at(rows, 3), flag_at(rows, 4),
          text_at(rows, 5),           text_at(rows, 6), text_at(rows, 7), time_at(rows, 8), {}};
}

/// The ids that `sql` gives, in its order.
std::vector<CustomerId> ids_of(sql::Connection& connection, std::string_view sql, std::span<const sql::Value> values) {
  std::vector<CustomerId> ids;
  const auto rows = connection.query(sql, values);
  while (rows->next()) ids.push_back(id_at<CustomerId>(*rows, 0));
  return ids;
}

/// `text` with LIKE's wildcards taken as themselves.
std::string like_literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

/// What follows every text that begins with these digits, by bytes: ':' comes after '9'.
std::string past(const std::string& digits) {
  return digits + ":";
}

}  // namespace

void save_customers(sql::Connection& connection, const std::vector<app::Customer>& customers) {
  for (const app::Customer& c : customers) {
    connection.tell(
        "INSERT INTO customer (id, number, name, name_folded, kind, vip, language, address, district, since_ms)"
        " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
        " ON CONFLICT (id) DO UPDATE SET number = excluded.number, name = excluded.name, name_folded = "
        "excluded.name_folded,"
        " kind = excluded.kind, vip = excluded.vip, language = excluded.language, address = excluded.address,"
        " district = excluded.district, since_ms = excluded.since_ms",
        c.id, c.number, c.name, folded(c.name), c.kind, c.vip, c.language, c.address, c.district, c.since);
    connection.tell("DELETE FROM customer_phone WHERE customer_id = $1", c.id);
    std::int64_t position = 0;
    for (const app::CustomerPhone& phone : c.phones)
      connection.tell(
          "INSERT INTO customer_phone (customer_id, position, number, number_reversed, product, exchange, status)"
          " VALUES ($1,$2,$3,$4,$5,$6,$7)",
          c.id, ++position, phone.number, reversed_digits(phone.number), phone.product, phone.exchange, phone.status);
  }
}

std::optional<app::Customer> customer(sql::Connection& connection, CustomerId id) {
  auto rows = connection.ask(
      "SELECT id, number, name, kind, vip, language, address, district, since_ms FROM customer WHERE id = $1", id);
  if (!rows->next()) return std::nullopt;
  app::Customer found = customer_at(*rows);
  rows = connection.ask(
      "SELECT number, product, exchange, status FROM customer_phone WHERE customer_id = $1 ORDER BY position", id);
  while (rows->next())
    found.phones.push_back({text_at(*rows, 0), text_at(*rows, 1), text_at(*rows, 2), text_at(*rows, 3)});
  return found;
}

std::optional<app::Customer> customer_by_phone(sql::Connection& connection, const std::string& digits) {
  const std::string reversed = reversed_digits(digits);
  if (reversed.empty()) return std::nullopt;
  const sql::Value exact[] = {sql::to_value(reversed)};
  auto ids = ids_of(connection,
                    "SELECT customer_id FROM customer_phone WHERE number_reversed = $1"
                    " ORDER BY CASE WHEN status = 'active' THEN 0 ELSE 1 END, customer_id LIMIT 1",
                    exact);
  if (ids.empty() && reversed.size() >= 8) {
    const std::string suffix = reversed.substr(0, 8);
    const std::string end = past(suffix);
    const sql::Value range[] = {sql::to_value(suffix), sql::to_value(end)};
    ids = ids_of(
        connection,
        "SELECT DISTINCT customer_id FROM customer_phone WHERE number_reversed >= $1 AND number_reversed < $2 LIMIT 2",
        range);
  }
  if (ids.size() != 1) return std::nullopt;
  return customer(connection, ids.front());
}

std::vector<app::Customer> find_customers(sql::Connection& connection, const std::string& text, std::uint32_t limit) {
  const auto first = std::find_if(text.begin(), text.end(), [](char c) { return c != ' '; });
  const auto last = std::find_if(text.rbegin(), text.rend(), [](char c) { return c != ' '; }).base();
  if (first >= last) return {};
  const std::string words(first, last);
  const std::uint32_t rows_max = std::min(limit, found_max);
  std::vector<CustomerId> ids;
  if (all_digits(words)) {
    const std::string suffix = reversed_digits(words);
    const std::string end = past(suffix);
    const sql::Value values[] = {sql::to_value(suffix), sql::to_value(end), sql::to_value(words),
                                 sql::to_value(rows_max)};
    ids = ids_of(connection,
                 "SELECT customer_id FROM customer_phone WHERE number_reversed >= $1 AND number_reversed < $2"
                 " UNION SELECT id FROM customer WHERE number = $3 ORDER BY 1 LIMIT $4",
                 values);
  } else {
    // Whoever types a whole name means it. A part of one is looked for in all of them, which ends soon when many have
    // it.
    const std::string name = folded(words);
    const sql::Value whole[] = {sql::to_value(name), sql::to_value(rows_max)};
    ids = ids_of(connection, "SELECT id FROM customer WHERE name_folded = $1 ORDER BY id LIMIT $2", whole);
    const std::string pattern = "%" + like_literal(name) + "%";
    const sql::Value values[] = {sql::to_value(pattern), sql::to_value(words), sql::to_value(rows_max)};
    if (ids.empty())
      ids = ids_of(connection,
                   "SELECT id FROM customer WHERE name_folded LIKE $1 ESCAPE '\\' OR number = $2 ORDER BY id LIMIT $3",
                   values);
  }
  std::vector<app::Customer> found;
  for (const CustomerId id : ids)
    if (auto one = customer(connection, id)) found.push_back(*std::move(one));
  return found;
}

std::int64_t count_customers(sql::Connection& connection) {
  const auto rows = connection.ask("SELECT count(*) FROM customer");
  rows->next();
  return rows->integer(0);
}

}  // namespace hotline::store
