// SPDX-License-Identifier: Apache-2.0
// Reading a row's columns into the records' types. One connection, one thread.
#pragma once

#include "adapters/store/sql.hpp"

namespace hotline::store {

[[nodiscard]] inline std::string text_at(const sql::Rows& rows, int column) {
  return std::string(rows.text(column));
}
[[nodiscard]] inline bool flag_at(const sql::Rows& rows, int column) {
  return rows.integer(column) != 0;
}
[[nodiscard]] inline Duration duration_at(const sql::Rows& rows, int column) {
  return Duration{rows.integer(column)};
}
[[nodiscard]] inline TimePoint time_at(const sql::Rows& rows, int column) {
  return from_unix_ms(rows.integer(column));
}
[[nodiscard]] inline std::optional<TimePoint> optional_time_at(const sql::Rows& rows, int column) {
  if (rows.null(column)) return std::nullopt;
  return time_at(rows, column);
}
template <class IdType>
[[nodiscard]] IdType id_at(const sql::Rows& rows, int column) {
  return IdType{static_cast<std::uint64_t>(rows.integer(column))};
}
template <class IdType>
[[nodiscard]] std::optional<IdType> optional_id_at(const sql::Rows& rows, int column) {
  if (rows.null(column)) return std::nullopt;
  return id_at<IdType>(rows, column);
}

}  // namespace hotline::store
