// SPDX-License-Identifier: Apache-2.0
// The watchdog's differences, the recording ledger by day and the wallboard's settings, as SQL. Reading on a read
// connection, changes on the writer's; one thread.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

[[nodiscard]] std::vector<app::StoredDifference> differences(sql::Connection& connection, TimePoint from,
                                                             std::uint32_t limit);
[[nodiscard]] std::vector<app::LedgerDay> ledger_days(sql::Connection& connection, std::uint32_t limit);
[[nodiscard]] std::vector<app::LedgerGap> ledger_gaps(sql::Connection& connection, const std::string& day,
                                                      std::uint32_t limit);
[[nodiscard]] std::string wallboard_settings(sql::Connection& connection);

void apply(sql::Connection& connection, const app::StoredDifference& change);
void apply(sql::Connection& connection, const app::DropDifferences& change);
void apply(sql::Connection& connection, const app::PutLedgerDay& change);
void apply(sql::Connection& connection, const app::PutWallboardSettings& change);

}  // namespace hotline::store
