// SPDX-License-Identifier: Apache-2.0
// Reading contacts, their parts, live state, sessions and the audit. On a read connection, one thread.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

[[nodiscard]] std::optional<app::Contact> contact(sql::Connection& connection, ContactId id);
[[nodiscard]] std::vector<app::Contact> contacts(sql::Connection& connection, const app::ContactQuery& query);
[[nodiscard]] std::vector<app::Contact> open_contacts(sql::Connection& connection);
[[nodiscard]] std::vector<app::SipMessage> sip_messages(sql::Connection& connection, ContactId id);
[[nodiscard]] std::vector<app::ContactEvent> events(sql::Connection& connection, ContactId id);
[[nodiscard]] std::vector<app::Leg> legs(sql::Connection& connection, ContactId id);
[[nodiscard]] std::vector<app::ContactPart> parts(sql::Connection& connection, ContactId id);
[[nodiscard]] app::LineFigures line_figures(sql::Connection& connection, const std::string& service_line,
                                            TimePoint from, Duration service_level_threshold);
[[nodiscard]] std::vector<app::QueueDay> queue_days(sql::Connection& connection, TimePoint from,
                                                    Duration service_level_threshold, Duration short_abandon);
[[nodiscard]] app::LiveState load_live(sql::Connection& connection);
[[nodiscard]] std::optional<app::Session> session(sql::Connection& connection, const std::string& token_hash);
[[nodiscard]] std::vector<app::AuditEntry> audit(sql::Connection& connection, const std::string& action,
                                                 std::uint32_t limit);

}  // namespace hotline::store
