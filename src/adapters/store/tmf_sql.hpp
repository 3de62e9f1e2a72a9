// SPDX-License-Identifier: Apache-2.0
// The TM Forum APIs' tables as SQL: notes of changes on the writer's connection inside its transaction, pages on a read
// connection.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/tmf.hpp"

namespace hotline::store {

/// Throws app::BadText when a text cannot be stored. Any thread.
void check_text(const app::TmfHub& hub);
void check_text(const app::TmfResource& resource);
void check_text(const app::TmfInteraction& interaction);
void check_text(const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>>& made);

// -- notes, each in the transaction of the change and before it; nothing while nobody listens
void note_order(sql::Connection& connection, WorkOrderId id, std::int64_t seq, TimePoint at);
void note_appointment(sql::Connection& connection, const app::AppointmentRow& after);
void note_contact(sql::Connection& connection, const app::Contact& after);
void note_wrap_up(sql::Connection& connection, ContactId id);

[[nodiscard]] app::TmfPage<app::OrderRow> order_page(sql::Connection& connection, const app::TmfOrderQuery& query);
[[nodiscard]] app::TmfPage<std::variant<app::Contact, app::TmfInteraction>> interaction_page(
    sql::Connection& connection, const app::TmfContactQuery& query);
[[nodiscard]] app::TmfPage<app::AppointmentRow> appointment_page(sql::Connection& connection,
                                                                 const app::TmfAppointmentQuery& query);

[[nodiscard]] std::int64_t add_hub(sql::Connection& connection, const app::TmfHub& hub);
[[nodiscard]] std::optional<app::TmfHub> hub(sql::Connection& connection, std::int64_t id);
[[nodiscard]] std::vector<app::TmfHub> hubs(sql::Connection& connection, const std::string& topic);
[[nodiscard]] bool drop_hub(sql::Connection& connection, std::int64_t id);

[[nodiscard]] std::vector<app::TmfChange> changes(sql::Connection& connection, std::uint32_t limit);
void publish(sql::Connection& connection,
             const std::vector<std::pair<app::TmfChange, std::vector<app::TmfDraft>>>& made);
[[nodiscard]] std::int64_t publish_now(sql::Connection& connection, const app::TmfDraft& draft);
[[nodiscard]] app::TmfPage<app::TmfEvent> tmf_events(sql::Connection& connection, const std::string& topic,
                                                     app::TmfPaging page);
[[nodiscard]] std::optional<app::TmfEvent> tmf_event(sql::Connection& connection, const std::string& topic,
                                                     std::int64_t id);

[[nodiscard]] bool any_hub_due(sql::Connection& connection, TimePoint now);
[[nodiscard]] std::optional<app::TmfHub> claim_hub(sql::Connection& connection, TimePoint now, TimePoint until);
[[nodiscard]] std::vector<app::TmfEvent> to_deliver(sql::Connection& connection, std::int64_t hub, std::uint32_t limit);
void settle_hub(sql::Connection& connection, std::int64_t hub, const std::vector<std::int64_t>& accepted,
                TimePoint next_try, const std::string& trouble);
[[nodiscard]] std::vector<app::TmfHub> hubs_behind(sql::Connection& connection, TimePoint before);
void forget(sql::Connection& connection, TimePoint before, const std::string& resource_kind,
            TimePoint resources_before);

void put_resource(sql::Connection& connection, const app::TmfResource& resource, TimePoint now);
[[nodiscard]] std::optional<app::TmfResource> resource(sql::Connection& connection, const std::string& kind,
                                                       std::uint64_t id);
[[nodiscard]] app::TmfPage<app::TmfResource> resources(sql::Connection& connection, const std::string& kind,
                                                       app::TmfPaging page);
void put_interaction(sql::Connection& connection, const app::TmfInteraction& interaction, TimePoint now);
[[nodiscard]] std::optional<app::TmfInteraction> interaction(sql::Connection& connection, std::uint64_t id);
[[nodiscard]] bool drop_resource(sql::Connection& connection, const std::string& kind, std::uint64_t id, TimePoint now);

}  // namespace hotline::store
