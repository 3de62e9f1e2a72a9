// SPDX-License-Identifier: Apache-2.0
// The port's changes as SQL statements. On the writer's connection, inside a transaction.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

/// Throws app::BadText when a text of the batch cannot be stored. Any thread.
void check_text(const app::Batch& batch);

void apply(sql::Connection& connection, const app::Change& change);

void save_world(sql::Connection& connection, const app::World& world);
void save_customers(sql::Connection& connection, const std::vector<app::Customer>& customers);

/// The kind of a change, for logs: "contact", "leg", ...
[[nodiscard]] const char* name_of(const app::Change& change);

}  // namespace hotline::store
