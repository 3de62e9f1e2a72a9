// SPDX-License-Identifier: Apache-2.0
// The use cases of appointments: search for free slots, hold one, book, move, cancel, and what crews report; load →
// decide → commit with the version that was read and the slot's room. Any thread, many at a time; never the live
// strand, since commits are waited for.
#pragma once

#include <memory>
#include <mutex>

#include "app/ports/appointments.hpp"
#include "base/result.hpp"

namespace hotline::app {

/// Why nothing was done. `code`: not_found, stale (somebody was faster: read it again), command_reused, or a word of
/// appointment::Error.
struct AppointmentRefusal {
  std::string code, field, message;
};

/// A person's command as it came in.
struct AppointmentRequest {
  std::string command_id;                  ///< chosen by the sender; the same one twice is done once
  std::string fingerprint;                 ///< of the whole request, and who sent it
  std::optional<std::uint64_t> version{};  ///< the one the sender saw; none: whatever it is now
  AgentId by{};
};

/// What a new appointment is about.
struct AppointmentDetails {
  appointment::Need need{};
  appointment::Slot slot{};
  std::optional<WorkOrderId> order{};
  std::optional<CustomerId> customer{};
  std::optional<ContactId> contact{};
  std::string person{}, phone{}, place{}, note{}, mail{};
};

class AppointmentDesk {
 public:
  struct Config {
    appointment::Rules rules{};
    std::int64_t start_seconds = 0;  ///< of this process, for ids (ADR 7)
    Duration lease{30'000};          ///< how long one that is due is this process's
  };
  /// `store` must outlive the desk.
  AppointmentDesk(AppointmentStore& store, Config config);

  [[nodiscard]] AppointmentStore& store() { return store_; }
  [[nodiscard]] const appointment::Rules& rules() const { return config_.rules; }

  /// What the customer can choose from, the earliest first (see appointment::free_slots()).
  [[nodiscard]] std::vector<appointment::Offer> search(const appointment::Search& search, TimePoint now);
  [[nodiscard]] Result<AppointmentRow, AppointmentRefusal> hold(const AppointmentRequest& request,
                                                                const AppointmentDetails& details, TimePoint now);
  /// Any command but Hold and Tick.
  [[nodiscard]] Result<AppointmentRow, AppointmentRefusal> act(appointment::AppointmentId id,
                                                               const AppointmentRequest& request,
                                                               const appointment::Command& command, TimePoint now);
  [[nodiscard]] std::optional<AppointmentRow> find(appointment::AppointmentId id);
  /// Gives what has come due: at most `limit`. Returns how many it took; as many as `limit`: call again.
  std::size_t tick(TimePoint now, std::uint32_t limit);

  /// Refused with the window that is wrong. `id` none: a new one, whose row is given back.
  [[nodiscard]] Result<CrewRow, AppointmentRefusal> save_crew(CrewRow crew);
  /// Promises of a crew that no longer stand in its shifts: to be moved by the company.
  [[nodiscard]] std::vector<AppointmentRow> stranded(const CrewRow& crew, TimePoint now);

 private:
  using Refusal = AppointmentRefusal;
  [[nodiscard]] std::uint64_t next_id();
  /// Crew and use of a slot; null: there is no such crew.
  [[nodiscard]] std::unique_ptr<appointment::Room> room_of(const appointment::Slot& slot);
  [[nodiscard]] std::optional<Result<AppointmentRow, Refusal>> answered_before(const AppointmentRequest& request);
  [[nodiscard]] AppointmentCommit commit_of(const AppointmentRow& before, const appointment::Decision& decision,
                                            const appointment::Room* room, AgentId by, TimePoint now) const;
  /// Who is told of what happened: the customer where there is an address, and where word was broken the crew's
  /// department and who made the appointment.
  void tell(AppointmentCommit& commit) const;

  AppointmentStore& store_;
  const Config config_;
  std::mutex mutex_;  ///< of what follows
  IdMaker ids_;
};

}  // namespace hotline::app
