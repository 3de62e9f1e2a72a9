// SPDX-License-Identifier: Apache-2.0
// The store's port for appointments. SQLite and PostgreSQL pass the same contract tests (tests/adapters/store). Any
// thread.
//
// A command's whole effect is one commit, made only if the appointment still has the version it was read with and the
// slot it takes still has room: two customers are never promised the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/ports/orders.hpp"
#include "app/ports/store.hpp"
#include "domain/appointment/appointment.hpp"

namespace hotline::app {

struct CrewRow {
  appointment::Crew crew{};
  std::string department{};  ///< code; empty: of none
};

struct AppointmentRow {
  appointment::Appointment state{};
  std::optional<WorkOrderId> order{};
  std::optional<CustomerId> customer{};
  std::optional<ContactId> contact{};
  std::string person{}, phone{}, place{}, note{};
  std::string mail{};  ///< where the customer is told of it; empty: nowhere by mail
  AgentId made_by{};
  TimePoint created_at{}, changed_at{};
  friend bool operator==(const AppointmentRow&, const AppointmentRow&) = default;
};

struct AppointmentLine {
  std::int64_t seq = 0;
  appointment::Event event{};
  AgentId by{};  ///< none: time, or the customer himself
  friend bool operator==(const AppointmentLine&, const AppointmentLine&) = default;
};

struct AppointmentCommit {
  std::string command_id{};  ///< empty: not a person's command
  std::string fingerprint{};
  TimePoint now{};
  AppointmentRow row{};
  std::uint64_t expected_version = 0;  ///< 0: it must not be there yet
  std::vector<appointment::Event> events{};
  AgentId by{};
  /// The slot it takes room of now and did not before, and how many fit in.
  std::optional<std::pair<appointment::Slot, int>> takes{};
  std::optional<TimePoint> next_due{};  ///< ends any lease
  std::vector<OutboxEntry> outbox{};    ///< who is to be told
};
enum class AppointmentOutcome : std::uint8_t {
  done,
  stale,     ///< another version by now; nothing was changed
  full,      ///< somebody took the last room; nothing was changed
  repeated,  ///< the command id was used before; nothing was changed
};

struct AppointmentQuery {
  std::optional<appointment::CrewId> crew{};
  std::string area{}, state{};
  std::optional<std::int64_t> from_day{}, to_day{};  ///< local days of the present visit, both included
  std::optional<WorkOrderId> order{};
  std::optional<CustomerId> customer{};
  std::uint32_t limit = 200;  ///< at most 500; by begin, then id
};

/// How word was kept between two moments, by crew.
struct CrewScore {
  appointment::CrewId crew{};
  appointment::Score company{}, customer{};
  friend bool operator==(const CrewScore&, const CrewScore&) = default;
};

class AppointmentStore {
 public:
  virtual ~AppointmentStore() = default;

  virtual std::vector<CrewRow> crews() = 0;  ///< by id
  /// The whole crew, new or not.
  virtual void save_crew(const CrewRow& crew) = 0;

  /// Waits for the commit. Not on the live strand.
  virtual AppointmentOutcome commit(const AppointmentCommit& commit) = 0;
  /// Of a command id that was used: what it was about, with its fingerprint.
  virtual std::optional<std::pair<appointment::AppointmentId, std::string>> command(const std::string& id) = 0;
  virtual std::optional<AppointmentRow> appointment(appointment::AppointmentId id) = 0;
  virtual std::vector<AppointmentLine> history(appointment::AppointmentId id) = 0;
  virtual std::vector<AppointmentRow> appointments(const AppointmentQuery& query) = 0;
  /// Visits held and booked, of all crews, on local days from..to.
  virtual appointment::Taken taken(std::int64_t from_day, std::int64_t to_day) = 0;
  /// Takes up to `limit` that are due and nobody else has; this caller's until `until`.
  virtual std::vector<appointment::AppointmentId> claim_due(TimePoint now, TimePoint until, std::uint32_t limit) = 0;
  /// Visits settled in [from, to).
  virtual std::vector<CrewScore> scores(TimePoint from, TimePoint to) = 0;
};

}  // namespace hotline::app
