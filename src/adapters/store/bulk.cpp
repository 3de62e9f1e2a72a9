// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/store/bulk.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "adapters/store/changes.hpp"
#include "adapters/store/columns.hpp"
#include "adapters/store/migrations.hpp"
#include "adapters/store/order_sql.hpp"

namespace hotline::store {
namespace {

/// The single row of an answer that the bulk load knows by itself.
class OneRow final : public sql::Rows {
 public:
  explicit OneRow(std::optional<std::int64_t> value) : value_(value) {}
  bool next() override { return value_ && !std::exchange(taken_, true); }
  [[nodiscard]] bool null(int /*column*/) const override { return !value_; }
  [[nodiscard]] std::int64_t integer(int /*column*/) const override { return *value_; }
  [[nodiscard]] std::string_view text(int /*column*/) const override { return {}; }

 private:
  std::optional<std::int64_t> value_;
  bool taken_ = false;
};

/// "INSERT INTO contact (id, ...) VALUES ($1, ..., 0)" as the head of a COPY, and where each column's value comes from.
struct Insert {
  struct Field {
    std::size_t parameter = 0;
    std::string literal;  ///< instead, when not empty
  };
  std::string copy;
  std::vector<Field> fields;
};

/// nullopt: not an insert of plain parameters into named columns.
std::optional<Insert> parse_insert(std::string_view sql) {
  constexpr std::string_view head = "INSERT INTO ";
  if (!sql.starts_with(head)) return std::nullopt;
  const auto open = sql.find(" ("), close = sql.find(')'), values = sql.find("VALUES");
  if (open == sql.npos || close == sql.npos || values == sql.npos || close > values) return std::nullopt;
  Insert insert;
  insert.copy = "COPY " + std::string(sql.substr(head.size(), close + 1 - head.size())) + " FROM STDIN";
  const auto list = sql.find('(', values), end = sql.find(')', list);
  if (list == sql.npos || end == sql.npos) return std::nullopt;
  for (std::size_t at = list + 1; at < end;) {
    const auto comma = std::min(sql.find(',', at), end);
    std::string_view one = sql.substr(at, comma - at);
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one.starts_with('$'))
      insert.fields.push_back({std::stoul(std::string(one.substr(1))) - 1, {}});
    else if (!one.empty() && one.find_first_not_of("0123456789") == one.npos)
      insert.fields.push_back({0, std::string(one)});
    else
      return std::nullopt;
    at = comma + 1;
  }
  return insert;
}

void append_field(std::string& out, const sql::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    out += std::to_string(*number);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    for (const char c : *text) {
      if (c == '\\' || c == '\n' || c == '\r' || c == '\t') out += '\\';
      out += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c;
    }
  } else {
    out += "\\N";
  }
}

}  // namespace

/// A connection on which only new rows are written.
class BulkLoad::Gatherer final : public sql::Connection {
 public:
  explicit Gatherer(sql::Connection& real) : real_(real) {
    const auto rows = real_.ask("SELECT prefix, last FROM work_order_count");
    while (rows->next()) counts_[text_at(*rows, 0)] = rows->integer(1);
  }

  [[nodiscard]] sql::Dialect dialect() const override { return real_.dialect(); }
  void run_script(const std::string& script) override { real_.run_script(script); }
  void finish() override { real_.finish(); }
  void begin() override { real_.begin(); }
  void commit() override { real_.commit(); }
  void rollback() noexcept override { real_.rollback(); }
  [[nodiscard]] bool usable() const override { return real_.usable(); }

  std::unique_ptr<sql::Rows> query(std::string_view sql, std::span<const sql::Value> values) override {
    // Nothing that is asked about is there yet.
    if (sql.starts_with("SELECT")) return std::make_unique<OneRow>(std::nullopt);
    if (sql.starts_with("INSERT INTO work_order_count")) {
      const std::string prefix(std::get<std::string_view>(values[0]));
      counted_.insert(prefix);
      return std::make_unique<OneRow>(++counts_[prefix]);
    }
    if (sql.starts_with("INSERT")) {
      const auto returning = sql.find(" ON CONFLICT");
      execute(sql.substr(0, returning), values);
      return std::make_unique<OneRow>(1);
    }
    return real_.query(sql, values);
  }

  void execute(std::string_view sql, std::span<const sql::Value> values) override {
    if (sql.starts_with("DELETE")) return;
    if (sql.starts_with("INSERT INTO tmf_change")) return;  // nobody listens to a store that is being filled
    if (dialect() == sql::Dialect::sqlite) {
      begin_once();
      return real_.execute(sql, values);
    }
    auto known = inserts_.find(sql);
    if (known == inserts_.end()) known = inserts_.emplace(std::string(sql), Known{parse_insert(sql), {}}).first;
    Known& one = known->second;
    if (!one.insert) {
      begin_once();
      return real_.execute(sql, values);
    }
    bool first = true;
    for (const Insert::Field& field : one.insert->fields) {
      if (!std::exchange(first, false)) one.data += '\t';
      if (field.literal.empty())
        append_field(one.data, values[field.parameter]);
      else
        one.data += field.literal;
    }
    one.data += '\n';
  }

  void flush() {
    begin_once();
    for (auto& [sql, one] : inserts_) {
      if (one.data.empty()) continue;
      real_.copy_in(one.insert->copy, one.data);
      one.data.clear();
    }
    for (const std::string& prefix : counted_)
      real_.tell(
          "INSERT INTO work_order_count (prefix, last) VALUES ($1, $2)"
          " ON CONFLICT (prefix) DO UPDATE SET last = excluded.last",
          prefix, counts_.at(prefix));
    counted_.clear();
    real_.commit();
    begun_ = false;
  }

 private:
  struct Known {
    std::optional<Insert> insert;
    std::string data;
  };
  void begin_once() {
    if (!std::exchange(begun_, true)) real_.begin();
  }
  sql::Connection& real_;
  std::map<std::string, Known, std::less<>> inserts_;
  std::map<std::string, std::int64_t> counts_;
  std::set<std::string> counted_;  ///< since the last flush
  bool begun_ = false;
};

BulkLoad::BulkLoad(const std::string& url) : connection_(sql::open(url, sql::Access::write)) {
  if (const auto done = migrate(*connection_, migrations()); !done)
    throw app::StoreError(done.error().what + "; " + done.error().remedy);
  if (connection_->dialect() == sql::Dialect::sqlite)
    connection_->run_script(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; PRAGMA threads = 2;"
        " PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF");
  else
    connection_->run_script(
        "SET synchronous_commit = off; SET maintenance_work_mem = '1GB'; SET idle_in_transaction_session_timeout = 0");
  take_indexes_away();
  gatherer_ = std::make_unique<Gatherer>(*connection_);
}

BulkLoad::~BulkLoad() = default;

void BulkLoad::take_indexes_away() {
  connection_->run_script("CREATE TABLE IF NOT EXISTS bulk_index (name TEXT NOT NULL PRIMARY KEY, sql TEXT NOT NULL)");
  const auto rows =
      connection_->dialect() == sql::Dialect::sqlite
          ? connection_->ask("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
          : connection_->ask(
                "SELECT CAST(i.indexname AS TEXT), CAST(i.indexdef AS TEXT) FROM pg_indexes i"
                " LEFT JOIN pg_constraint c ON c.conname = i.indexname"
                " WHERE i.schemaname = current_schema() AND c.conname IS NULL");
  std::vector<std::pair<std::string, std::string>> indexes;
  while (rows->next()) indexes.emplace_back(text_at(*rows, 0), text_at(*rows, 1));
  sql::Transaction transaction(*connection_);
  for (const auto& [name, sql] : indexes) {
    connection_->tell("INSERT INTO bulk_index (name, sql) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, sql);
    connection_->tell("DROP INDEX " + name);
  }
  transaction.commit();
}

void BulkLoad::add(const app::OrderCommit& commit) {
  check_text(commit);
  (void)commit_orders(*gatherer_, commit, index_writes(commit));
}

void BulkLoad::add(const app::OrderCommand& command) {
  (void)note_command(*gatherer_, command);
}

void BulkLoad::add(const app::Change& change) {
  store::apply(*gatherer_, change);
}

void BulkLoad::add(const std::vector<app::Customer>& customers) {
  store::save_customers(*gatherer_, customers);
}

void BulkLoad::flush() {
  gatherer_->flush();
}

void BulkLoad::finish() {
  std::vector<std::string> statements;
  {
    const auto rows = connection_->ask("SELECT sql FROM bulk_index ORDER BY name");
    while (rows->next()) statements.push_back(text_at(*rows, 0));
  }
  for (const std::string& statement : statements) {
    const auto name_at = statement.find("INDEX ") + 6;
    std::string once = statement;
    if (!statement.substr(name_at).starts_with("IF NOT EXISTS")) once.insert(name_at, "IF NOT EXISTS ");
    connection_->run_script(once);
  }
  // PostgreSQL gathers statistics by itself, in its own time; SQLite has none unless asked, and nothing here asks.
  if (connection_->dialect() == sql::Dialect::postgres) connection_->run_script("ANALYZE");
  connection_->run_script("DROP TABLE bulk_index");
  if (connection_->dialect() == sql::Dialect::sqlite)
    connection_->run_script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
}

std::uint64_t BulkLoad::highest(const std::string& table, const std::string& column) {
  const auto rows = connection_->ask("SELECT coalesce(max(" + column + "), 0) FROM " + table);
  return rows->next() ? static_cast<std::uint64_t>(rows->integer(0)) : 0;
}

std::uint64_t BulkLoad::count(const std::string& table) {
  const auto rows = connection_->ask("SELECT count(*) FROM " + table);
  return rows->next() ? static_cast<std::uint64_t>(rows->integer(0)) : 0;
}

}  // namespace hotline::store
