// SPDX-License-Identifier: Apache-2.0
// The SQL facade over sqlite3: WAL, synchronous=FULL (a COMMIT that returned survives a power cut), foreign keys on.
// One thread at a time a connection.
#include <sqlite3.h>

#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/store/checkpointer.hpp"
#include "adapters/store/sql.hpp"
#include "app/ports/stored_text.hpp"

namespace hotline::store::sql {
namespace {

ErrorKind kind_of(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ErrorKind::unique;
    case SQLITE_IOERR_SHMSIZE:  // the wal-index could not grow: in practice, no room
    case SQLITE_FULL:
      return ErrorKind::disk_full;
    default:
      break;
  }
  switch (extended_code & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return ErrorKind::constraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::retry;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_CORRUPT:  // not the statement's fault: people must look, and nothing may be thrown away meanwhile
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return ErrorKind::io;
    default:
      return ErrorKind::other;
  }
}

/// SQLite reads $2 as a name and numbers names as they come; ?2 is the second parameter.
std::string numbered_parameters(std::string_view sql) {
  std::string out(sql);
  for (char& c : out)
    if (c == '$') c = '?';
  return out;
}

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const std::string& file, Access access) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                      (access == Access::write ? SQLITE_OPEN_CREATE : 0);
    try {
      if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
      sqlite3_busy_timeout(handle_, 5000);
      run_script("PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
      if (access == Access::write)
        use_write_ahead_log(file);
      else
        run_script("PRAGMA query_only = ON");
    } catch (...) {
      sqlite3_close(handle_);
      throw;
    }
  }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() override {
    for (auto& [text, statement] : idle_statements_) sqlite3_finalize(statement);
    checkpointer_.reset();  // before: the last connection to close copies the log back and removes it
    sqlite3_close(handle_);
  }

  Dialect dialect() const override { return Dialect::sqlite; }
  bool usable() const override { return true; }

  void run_script(const std::string& script) override {
    if (sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }

  std::unique_ptr<Rows> query(std::string_view sql, std::span<const Value> values) override {
    return std::make_unique<SqliteRows>(*this, take(sql, values, SQLITE_TRANSIENT));
  }

  void execute(std::string_view sql, std::span<const Value> values) override {
    const Statement statement = take(sql, values, SQLITE_STATIC);  // done with before this returns
    const int code = sqlite3_step(statement.handle);
    if (code == SQLITE_DONE || code == SQLITE_ROW) {
      give_back(statement);
      return;
    }
    const Error error = last_error();
    give_back(statement);
    throw error;
  }
  void finish() override {}

  // IMMEDIATE: the write lock is taken at once, so that no later statement of the transaction can find it taken.
  void begin() override { execute("BEGIN IMMEDIATE", {}); }
  void commit() override { execute("COMMIT", {}); }
  void rollback() noexcept override {
    // Many errors (disk full among them) have rolled back by themselves already.
    if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }

 private:
  using Cache = std::map<std::string, sqlite3_stmt*, std::less<>>;  ///< by text; null while the statement is in use
  struct Statement {
    Cache::value_type* place;  ///< lives as long as the connection
    sqlite3_stmt* handle;
    [[nodiscard]] const std::string& text() const { return place->first; }
  };

  class SqliteRows final : public Rows {
   public:
    SqliteRows(SqliteConnection& connection, Statement statement) : connection_(connection), statement_(statement) {}
    SqliteRows(const SqliteRows&) = delete;
    SqliteRows& operator=(const SqliteRows&) = delete;
    ~SqliteRows() override { connection_.give_back(statement_); }

    bool next() override {
      if (done_) return false;
      const int code = sqlite3_step(statement_.handle);
      if (code != SQLITE_ROW) done_ = true;
      if (code != SQLITE_ROW && code != SQLITE_DONE) connection_.fail();
      return !done_;
    }
    bool null(int column) const override { return sqlite3_column_type(statement_.handle, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override {
      expect(column, SQLITE_INTEGER, "an integer");
      return sqlite3_column_int64(statement_.handle, column);
    }
    std::string_view text(int column) const override {
      expect(column, SQLITE_TEXT, "text");
      const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle, column));
      return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle, column))};
    }

   private:
    void expect(int column, int type, const char* what) const {
      if (sqlite3_column_type(statement_.handle, column) != type)
        throw Error(ErrorKind::other,
                    "column " + std::to_string(column) + " is not " + what + " in: " + statement_.text());
    }
    SqliteConnection& connection_;
    Statement statement_;
    bool done_ = false;
  };

  void use_write_ahead_log(const std::string& file) {
    const auto mode = ask("PRAGMA journal_mode = WAL");
    if (!mode->next() || mode->text(0) != "wal")
      throw Error(ErrorKind::other,
                  "this file system cannot hold a write-ahead log (no shared memory): use a local disk");
    run_script("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864");
    checkpointer_ = std::make_unique<Checkpointer>(file);
    sqlite3_wal_hook(  // instead of SQLite's own, which copies within the commit
        handle_,
        [](void* checkpointer, sqlite3* handle, const char*, int pages) {
          static_cast<Checkpointer*>(checkpointer)->committed(handle, pages);
          return SQLITE_OK;
        },
        checkpointer_.get());
  }

  [[nodiscard]] Error last_error() const {
    if (handle_ == nullptr) return Error(ErrorKind::io, "out of memory");
    const int code = sqlite3_extended_errcode(handle_);
    return Error(kind_of(code), std::string(sqlite3_errmsg(handle_)) + " (SQLite " + std::to_string(code) + ")");
  }
  [[noreturn]] void fail() const { throw last_error(); }

  /// Almost every text is a literal: found by where it is. What else may have come to that place since is compared.
  Cache::value_type& place_of(std::string_view sql) {
    auto& known = by_address_[sql.data()];
    if (known != nullptr && known->first == sql) return *known;
    auto entry = idle_statements_.find(sql);
    if (entry == idle_statements_.end()) entry = idle_statements_.emplace(std::string(sql), nullptr).first;
    if (by_address_.size() > addresses_max) by_address_.clear();
    by_address_[sql.data()] = &*entry;
    return *entry;
  }

  Statement take(std::string_view sql, std::span<const Value> values, sqlite3_destructor_type lifetime) {
    for (const Value& value : values)
      if (const auto* text = std::get_if<std::string_view>(&value); text != nullptr && !app::storable(*text))
        throw Error(ErrorKind::bad_text, "text that is not UTF-8 or has a NUL in it cannot be stored");
    auto& place = place_of(sql);
    Statement statement{&place, std::exchange(place.second, nullptr)};
    if (statement.handle == nullptr) {
      const std::string own = numbered_parameters(sql);
      if (sqlite3_prepare_v3(handle_, own.data(), static_cast<int>(own.size()), SQLITE_PREPARE_PERSISTENT,
                             &statement.handle, nullptr) != SQLITE_OK)
        fail();
    }
    int index = 0;
    for (const Value& value : values) {
      if (bind(statement.handle, ++index, value, lifetime) == SQLITE_OK) continue;
      const Error error = last_error();
      give_back(statement);
      throw error;
    }
    return statement;
  }

  static int bind(sqlite3_stmt* statement, int index, const Value& value, sqlite3_destructor_type lifetime) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
    if (const auto* text = std::get_if<std::string_view>(&value))
      return sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(), lifetime,
                                 SQLITE_UTF8);
    return sqlite3_bind_null(statement, index);
  }

  void give_back(const Statement& statement) {
    sqlite3_reset(statement.handle);
    sqlite3_clear_bindings(statement.handle);
    if (statement.place->second == nullptr)
      statement.place->second = statement.handle;
    else
      sqlite3_finalize(statement.handle);  // the same query was open twice
  }

  sqlite3* handle_ = nullptr;
  std::unique_ptr<Checkpointer> checkpointer_;  ///< of a connection that writes
  static constexpr std::size_t addresses_max = 1000;
  Cache idle_statements_;
  std::unordered_map<const char*, Cache::value_type*> by_address_;
};

}  // namespace

std::unique_ptr<Connection> open_sqlite(const std::string& file, Access access) {
  if (file.empty() || file == ":memory:")
    throw Error(ErrorKind::other, "a SQLite store needs a file, as in sqlite:/var/lib/hotline/hotline.db");
  return std::make_unique<SqliteConnection>(file, access);
}

}  // namespace hotline::store::sql
