// SPDX-License-Identifier: Apache-2.0
// The numbered migrations of db/migrations, built into the program, and their application. Any thread; one connection.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/store/sql.hpp"
#include "base/result.hpp"

namespace hotline::store {

struct Migration {
  std::int64_t version;   ///< 1 is the first; rising without gaps
  std::string_view name;  ///< file name without .sql
  std::string_view text;  ///< with dialect macros, see 0001_ground.sql
};

/// Those of this program, by version.
[[nodiscard]] std::span<const Migration> migrations();

/// SQL of one dialect: the macros replaced.
[[nodiscard]] std::string expand(std::string_view text, sql::Dialect dialect);

/// 16 hexadecimal digits over the text (FNV-1a, 64 bits): tells an edited file, not an attacker.
[[nodiscard]] std::string checksum(std::string_view text);

/// Brings the database up to the last of `list`. Each migration is one transaction together with its row in
/// schema_version, so a program killed anywhere leaves whole versions only; two programs at once take turns. Refuses,
/// changing nothing, a database newer than the list and one whose applied migration differs from the list's text.
/// Throws sql::Error.
[[nodiscard]] Result<void, Problem> migrate(sql::Connection& connection, std::span<const Migration> list);

/// What migrate() would refuse or still has to do; empty when the schema is this program's. Changes nothing. Throws
/// sql::Error.
[[nodiscard]] std::vector<Problem> check_schema(sql::Connection& connection, std::span<const Migration> list);

}  // namespace hotline::store
