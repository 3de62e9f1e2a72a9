// SPDX-License-Identifier: Apache-2.0
// The parts of the SQL facade that both drivers share. Any thread.
#include "adapters/store/sql.hpp"

#include <limits>

namespace hotline::store::sql {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unique:
      return "unique";
    case ErrorKind::constraint:
      return "constraint";
    case ErrorKind::retry:
      return "retry";
    case ErrorKind::disk_full:
      return "disk_full";
    case ErrorKind::lost_connection:
      return "lost_connection";
    case ErrorKind::io:
      return "io";
    case ErrorKind::bad_text:
      return "bad_text";
    case ErrorKind::other:
      break;
  }
  return "other";
}

std::int64_t checked(std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw Error(ErrorKind::constraint, "the number " + std::to_string(value) + " does not fit 63 bits");
  return static_cast<std::int64_t>(value);
}

void Connection::copy_in(const std::string& /*statement*/, std::string_view /*data*/) {
  throw Error(ErrorKind::other, "this database has no COPY");
}

Dialect dialect_of(const std::string& url) {
  if (url.starts_with("sqlite:")) return Dialect::sqlite;
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return Dialect::postgres;
  throw Error(ErrorKind::other, "the store's URL must begin with sqlite: or postgresql://");
}

std::unique_ptr<Connection> open(const std::string& url, Access access) {
  if (dialect_of(url) == Dialect::sqlite) return open_sqlite(url.substr(std::string_view("sqlite:").size()), access);
  return open_postgres(url, access);
}

}  // namespace hotline::store::sql
