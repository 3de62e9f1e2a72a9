// SPDX-License-Identifier: Apache-2.0
// Appointments as SQL: commits on the writer's connection inside its transaction, searches on a read connection.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/appointments.hpp"

namespace hotline::store {

/// Throws app::BadText when a text cannot be stored. Any thread.
void check_text(const app::AppointmentCommit& commit);
void check_text(const app::CrewRow& crew);

void save_crew(sql::Connection& connection, const app::CrewRow& crew);
[[nodiscard]] std::vector<app::CrewRow> crews(sql::Connection& connection);

[[nodiscard]] app::AppointmentOutcome commit_appointment(sql::Connection& connection,
                                                         const app::AppointmentCommit& commit);
[[nodiscard]] std::optional<std::pair<appointment::AppointmentId, std::string>> appointment_command(
    sql::Connection& connection, const std::string& id);
[[nodiscard]] std::optional<app::AppointmentRow> appointment(sql::Connection& connection,
                                                             appointment::AppointmentId id);
[[nodiscard]] std::vector<app::AppointmentLine> appointment_history(sql::Connection& connection,
                                                                    appointment::AppointmentId id);
[[nodiscard]] std::vector<app::AppointmentRow> appointments(sql::Connection& connection,
                                                            const app::AppointmentQuery& query);
[[nodiscard]] appointment::Taken taken_slots(sql::Connection& connection, std::int64_t from_day, std::int64_t to_day);
[[nodiscard]] bool any_appointment_due(sql::Connection& connection, TimePoint now);
[[nodiscard]] std::vector<appointment::AppointmentId> claim_due_appointments(sql::Connection& connection, TimePoint now,
                                                                             TimePoint until, std::uint32_t limit);
[[nodiscard]] std::vector<app::CrewScore> crew_scores(sql::Connection& connection, TimePoint from, TimePoint to);

}  // namespace hotline::store
