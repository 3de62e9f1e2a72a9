// SPDX-License-Identifier: Apache-2.0
// What leaves the program, as SQL: changes on the writer's connection inside its transaction, reads on a read
// connection.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/outside.hpp"

namespace hotline::store {

[[nodiscard]] bool any_outbox_due(sql::Connection& connection, TimePoint now);
[[nodiscard]] std::vector<app::OutboxEntry> claim_outbox(sql::Connection& connection, TimePoint now, TimePoint until,
                                                         std::uint32_t limit);
void spread(sql::Connection& connection, std::int64_t outbox, const std::vector<app::Delivery>& deliveries,
            TimePoint now);
[[nodiscard]] bool any_delivery_due(sql::Connection& connection, const std::string& channel, TimePoint now);
[[nodiscard]] std::vector<app::Delivery> claim_deliveries(sql::Connection& connection, const std::string& channel,
                                                          TimePoint now, TimePoint until, std::uint32_t limit);
void settle_delivery(sql::Connection& connection, std::int64_t id, const app::DeliveryOutcome& outcome, TimePoint now);
[[nodiscard]] std::vector<app::Delivery> deliveries_of(sql::Connection& connection, WorkOrderId order);
[[nodiscard]] std::vector<app::Delivery> deliveries_to(sql::Connection& connection, const std::string& to,
                                                       const std::string& state, std::uint32_t limit);
[[nodiscard]] std::uint32_t forget_deliveries(sql::Connection& connection, TimePoint before, std::uint32_t limit);
[[nodiscard]] std::vector<app::OutboxEntry> entries_to(sql::Connection& connection, const std::string& to,
                                                       std::int64_t after, std::uint32_t limit);

[[nodiscard]] std::vector<app::OutboxEntry> entries_of_matter(sql::Connection& connection, WorkOrderId order);

[[nodiscard]] std::string mail_of(sql::Connection& connection, AgentId agent);
void set_mail(sql::Connection& connection, AgentId agent, const std::string& mail);
[[nodiscard]] std::vector<app::PushSubscription> subscriptions_of(sql::Connection& connection, AgentId agent);
[[nodiscard]] std::optional<app::PushSubscription> subscription(sql::Connection& connection, std::int64_t id);
void save_subscription(sql::Connection& connection, const app::PushSubscription& subscription);
void drop_subscription(sql::Connection& connection, const std::string& endpoint);

[[nodiscard]] std::vector<app::PartnerAccount> partner_accounts(sql::Connection& connection,
                                                                const std::string& partner);
[[nodiscard]] std::optional<app::PartnerAccount> partner_account(sql::Connection& connection,
                                                                 const std::string& username);
[[nodiscard]] std::optional<app::PartnerAccount> partner_account_of(sql::Connection& connection, std::int64_t id);
[[nodiscard]] bool save_partner_account(sql::Connection& connection, const app::PartnerAccount& account);
[[nodiscard]] std::optional<app::PartnerSession> partner_session(sql::Connection& connection,
                                                                 const std::string& token_hash);
void save_partner_session(sql::Connection& connection, const app::PartnerSession& session, TimePoint now);
void drop_partner_session(sql::Connection& connection, const std::string& token_hash);
[[nodiscard]] std::vector<app::PartnerKey> partner_keys(sql::Connection& connection, const std::string& partner);
[[nodiscard]] std::optional<app::PartnerKey> partner_key(sql::Connection& connection, const std::string& key_hash);
void add_partner_key(sql::Connection& connection, const app::PartnerKey& key);
void drop_partner_key(sql::Connection& connection, const std::string& partner, std::int64_t id);
[[nodiscard]] std::optional<WorkOrderId> matter(sql::Connection& connection, const std::string& partner,
                                                const std::string& reference);

}  // namespace hotline::store
