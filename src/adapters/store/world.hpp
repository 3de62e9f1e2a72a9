// SPDX-License-Identifier: Apache-2.0
// Reading the world and the customers. On a read connection, one thread.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

[[nodiscard]] app::World load_world(sql::Connection& connection);
[[nodiscard]] std::optional<app::Agent> agent(sql::Connection& connection, AgentId id);
[[nodiscard]] std::optional<app::Agent> agent_by_username(sql::Connection& connection, const std::string& username);

[[nodiscard]] std::optional<app::Customer> customer(sql::Connection& connection, CustomerId id);
[[nodiscard]] std::optional<app::Customer> customer_by_phone(sql::Connection& connection, const std::string& digits);
[[nodiscard]] std::vector<app::Customer> find_customers(sql::Connection& connection, const std::string& text,
                                                        std::uint32_t limit);
[[nodiscard]] std::int64_t count_customers(sql::Connection& connection);

// Configuration changed while the hotline runs.
void apply(sql::Connection& connection, const app::PutQueue& change);
void apply(sql::Connection& connection, const app::PutSkill& change);
void apply(sql::Connection& connection, const app::PutLineOperation& change);
void apply(sql::Connection& connection, const app::PutRoutingRules& change);
void apply(sql::Connection& connection, const app::SetAgentRouting& change);

}  // namespace hotline::store
