// SPDX-License-Identifier: Apache-2.0
// The port app::AppointmentStore over the SQL facade: commits join the writer's groups, reads go to the pool.
// Thread-safe.
#pragma once

#include "adapters/store/appointment_sql.hpp"
#include "adapters/store/read_pool.hpp"
#include "adapters/store/writer.hpp"

namespace hotline::store {

class SqlAppointments final : public app::AppointmentStore {
 public:
  SqlAppointments(ReadPool& readers, Writer& writer) : readers_(readers), writer_(writer) {}

  std::vector<app::CrewRow> crews() override { return read(store::crews); }
  void save_crew(const app::CrewRow& crew) override {
    check_text(crew);
    writer_.run([&](sql::Connection& connection) { store::save_crew(connection, crew); });
  }
  app::AppointmentOutcome commit(const app::AppointmentCommit& commit) override {
    check_text(commit);
    app::AppointmentOutcome outcome{};
    writer_.join([&](sql::Connection& connection) { outcome = commit_appointment(connection, commit); });
    return outcome;
  }
  std::optional<std::pair<appointment::AppointmentId, std::string>> command(const std::string& id) override {
    return read(appointment_command, id);
  }
  std::optional<app::AppointmentRow> appointment(appointment::AppointmentId id) override {
    return read(store::appointment, id);
  }
  std::vector<app::AppointmentLine> history(appointment::AppointmentId id) override {
    return read(appointment_history, id);
  }
  std::vector<app::AppointmentRow> appointments(const app::AppointmentQuery& query) override {
    return read(store::appointments, query);
  }
  appointment::Taken taken(std::int64_t from_day, std::int64_t to_day) override {
    return read(taken_slots, from_day, to_day);
  }
  std::vector<appointment::AppointmentId> claim_due(TimePoint now, TimePoint until, std::uint32_t limit) override {
    if (!read(any_appointment_due, now)) return {};
    std::vector<appointment::AppointmentId> claimed;
    writer_.join([&](sql::Connection& connection) { claimed = claim_due_appointments(connection, now, until, limit); });
    return claimed;
  }
  std::vector<app::CrewScore> scores(TimePoint from, TimePoint to) override { return read(crew_scores, from, to); }

 private:
  template <class Function, class... Args>
  auto read(Function function, const Args&... args)
      -> std::invoke_result_t<Function, sql::Connection&, const Args&...> {
    return readers_.with([&](sql::Connection& connection) { return function(connection, args...); });
  }

  ReadPool& readers_;
  Writer& writer_;
};

}  // namespace hotline::store
