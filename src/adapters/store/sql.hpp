// SPDX-License-Identifier: Apache-2.0
// One thin facade over sqlite3 and libpq: the same statements, strict types, and errors of the same kinds. Nothing of
// the drivers' headers shows. A Connection belongs to one thread at a time.
//
// Statements are written once for both dialects, with parameters $1..$n, and are prepared and cached by their text.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::store::sql {

enum class ErrorKind : std::uint8_t {
  unique,           ///< a unique or primary key exists already
  constraint,       ///< another constraint, or a value the column refuses
  retry,            ///< busy, deadlock, serialization: the same transaction again may succeed
  disk_full,        ///< no room, at the file or at the server
  lost_connection,  ///< the server is away; a COMMIT under way may or may not have been done
  io,               ///< reading or writing failed otherwise
  bad_text,         ///< a parameter is not UTF-8 or has a NUL in it; nothing was sent
  other,            ///< wrong SQL, wrong type of a column, rights missing
};
[[nodiscard]] const char* to_string(ErrorKind kind);

struct Error : std::runtime_error {
  Error(ErrorKind what_kind, const std::string& what, std::string constraint_name = {})
      : std::runtime_error(what), kind(what_kind), constraint(std::move(constraint_name)) {}
  ErrorKind kind;
  std::string constraint;  ///< table or constraint of unique/constraint where the driver tells it
  /// Waiting and trying again can help.
  [[nodiscard]] bool transient() const {
    return kind == ErrorKind::retry || kind == ErrorKind::disk_full || kind == ErrorKind::lost_connection ||
           kind == ErrorKind::io;
  }
};

using Null = std::monostate;
/// A parameter. Text is borrowed for the length of the call.
using Value = std::variant<Null, std::int64_t, std::string_view>;

/// An unsigned number that must fit the signed column. Throws Error(constraint) when it does not.
[[nodiscard]] std::int64_t checked(std::uint64_t value);

[[nodiscard]] inline Value to_value(Null) {
  return Null{};
}
[[nodiscard]] inline Value to_value(std::string_view text) {
  return text;
}
[[nodiscard]] inline Value to_value(const std::string& text) {
  return std::string_view(text);
}
[[nodiscard]] inline Value to_value(const char* text) {
  return std::string_view(text);
}
[[nodiscard]] inline Value to_value(bool flag) {
  return std::int64_t{flag ? 1 : 0};
}
template <std::signed_integral T>
[[nodiscard]] Value to_value(T number) {
  return std::int64_t{number};
}
template <std::unsigned_integral T>
[[nodiscard]] Value to_value(T number) {
  return checked(number);
}
template <class Tag>
[[nodiscard]] Value to_value(Id<Tag> id) {
  return checked(id.value());
}
[[nodiscard]] inline Value to_value(TimePoint time) {
  return to_unix_ms(time);
}
[[nodiscard]] inline Value to_value(Duration duration) {
  return std::int64_t{duration.count()};
}
template <class T>
[[nodiscard]] Value to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Value{Null{}};
}

/// Rows of a query, one at a time. Reading a column as another type than it has throws Error(other).
class Rows {
 public:
  virtual ~Rows() = default;
  virtual bool next() = 0;
  [[nodiscard]] virtual bool null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  /// Valid until the next call of next().
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
};

enum class Dialect : std::uint8_t { sqlite, postgres };

class Connection {
 public:
  virtual ~Connection() = default;
  [[nodiscard]] virtual Dialect dialect() const = 0;
  /// Several statements without parameters (migrations, BEGIN, PRAGMA).
  virtual void run_script(const std::string& script) = 0;
  virtual std::unique_ptr<Rows> query(std::string_view sql, std::span<const Value> values) = 0;
  /// A statement without rows. On PostgreSQL it is sent in a pipeline and its error may come with a later one or with
  /// finish(); on SQLite it is done at once.
  virtual void execute(std::string_view sql, std::span<const Value> values) = 0;
  /// Waits for all executed statements; throws the first error among them.
  virtual void finish() = 0;

  /// PostgreSQL's COPY ... FROM STDIN with its whole data in the text format, for bulk loading. Elsewhere an Error.
  virtual void copy_in(const std::string& statement, std::string_view data);

  /// The transaction's BEGIN and COMMIT go through the pipeline: commit() returns when it is durable.
  virtual void begin() = 0;
  virtual void commit() = 0;
  /// Never throws: after it the connection is outside of a transaction, or broken.
  virtual void rollback() noexcept = 0;
  /// False after the connection was lost: open another one.
  [[nodiscard]] virtual bool usable() const = 0;

  template <class... Args>
  std::unique_ptr<Rows> ask(std::string_view sql, const Args&... args) {
    const Value values[] = {to_value(args)..., Null{}};
    return query(sql, {values, sizeof...(Args)});
  }
  template <class... Args>
  void tell(std::string_view sql, const Args&... args) {
    const Value values[] = {to_value(args)..., Null{}};
    execute(sql, {values, sizeof...(Args)});
  }
};

/// BEGIN now, ROLLBACK at the end unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection) : connection_(connection) { connection_.begin(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!done_) connection_.rollback();
  }
  void commit() {
    connection_.commit();
    done_ = true;
  }

 private:
  Connection& connection_;
  bool done_ = false;
};

/// How a connection is used.
enum class Access : std::uint8_t {
  write,    ///< creates the SQLite file when it is missing
  read,     ///< refuses to change anything
  inspect,  ///< as read, and the file must exist (doctor)
};

/// `url`: "sqlite:FILE" or "postgresql://..." (libpq's URI). Throws Error.
[[nodiscard]] std::unique_ptr<Connection> open(const std::string& url, Access access);
[[nodiscard]] Dialect dialect_of(const std::string& url);

std::unique_ptr<Connection> open_sqlite(const std::string& file, Access access);
std::unique_ptr<Connection> open_postgres(const std::string& url, Access access);

}  // namespace hotline::store::sql
