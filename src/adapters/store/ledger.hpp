// SPDX-License-Identifier: Apache-2.0
// Recordings and what becomes of them, as SQL. Reading on a read connection, changes on the writer's; one thread.
#pragma once

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

[[nodiscard]] std::vector<app::Recording> recordings(sql::Connection& connection, ContactId id);
[[nodiscard]] std::optional<app::Recording> recording(sql::Connection& connection, RecordingId id);
[[nodiscard]] std::vector<app::Recording> running_recordings(sql::Connection& connection, const std::string& node);
[[nodiscard]] std::vector<app::Recording> recording_work(sql::Connection& connection, const app::RecordingWork& work);
[[nodiscard]] std::vector<app::RecordingAge> recording_ages(sql::Connection& connection,
                                                            const app::RecordingAgeQuery& query);
[[nodiscard]] std::vector<app::RecordingBacklog> recording_backlog(sql::Connection& connection);
[[nodiscard]] std::vector<app::Recording> troubled_recordings(sql::Connection& connection, RecordingId before,
                                                              std::uint32_t limit);
[[nodiscard]] std::vector<app::Recording> recordings_of_node(sql::Connection& connection, const std::string& node,
                                                             RecordingId after, std::uint32_t limit);

void apply(sql::Connection& connection, const app::Recording& change);
void apply(sql::Connection& connection, const app::PutRecordingEnd& change);
void apply(sql::Connection& connection, const app::PutRecordingArchived& change);
void apply(sql::Connection& connection, const app::PutRecordingFileGone& change);
void apply(sql::Connection& connection, const app::PutRecordingTrouble& change);
void apply(sql::Connection& connection, const app::SetRecordingHold& change);
void apply(sql::Connection& connection, const app::AskRecordingDeletion& change);

}  // namespace hotline::store
