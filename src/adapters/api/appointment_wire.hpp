// SPDX-License-Identifier: Apache-2.0
// Bodies of crews and appointments, named as in openapi.yaml.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/api/wire.hpp"
#include "app/appointments/appointment_desk.hpp"

namespace hotline::api {

struct WindowBody {
  std::string window;  ///< "08:30-11:30"
  std::int64_t capacity = 1;
};
BOOST_DESCRIBE_STRUCT(WindowBody, (), (window, capacity))

/// Of a request: without an id.
struct CrewSettingsBody {
  std::string name;
  std::optional<std::string> department;
  std::vector<std::string> areas, skills;
  std::map<std::string, std::vector<WindowBody>> week;                 ///< monday … sunday
  std::optional<std::map<std::string, std::vector<WindowBody>>> days;  ///< "2026-10-01": instead of the week's
  std::optional<std::int64_t> utc_offset_minutes;
};
BOOST_DESCRIBE_STRUCT(CrewSettingsBody, (), (name, department, areas, skills, week, days, utc_offset_minutes))
void validate(const CrewSettingsBody& value, jsonmap::Report& report);
struct CrewBody {
  appointment::CrewId id;
  CrewSettingsBody settings;
};
BOOST_DESCRIBE_STRUCT(CrewBody, (), (id, settings))
[[nodiscard]] CrewBody body_of(const app::CrewRow& row);
/// The error names the field and the rule.
[[nodiscard]] Result<app::CrewRow, jsonmap::FieldError> crew_of(const CrewSettingsBody& body);

struct SlotBody {
  appointment::CrewId crew_id;
  std::string day, from;  ///< "2026-10-01", "08:30"
};
BOOST_DESCRIBE_STRUCT(SlotBody, (), (crew_id, day, from))
[[nodiscard]] SlotBody body_of(const appointment::Slot& slot);
[[nodiscard]] std::optional<appointment::Slot> slot_of(const SlotBody& body);

struct OfferBody {
  SlotBody slot;
  TimePoint begins_ms{}, ends_ms{};
  std::int64_t free = 0;
};
BOOST_DESCRIBE_STRUCT(OfferBody, (), (slot, begins_ms, ends_ms, free))
[[nodiscard]] OfferBody body_of(const appointment::Offer& offer);

struct NewAppointmentBody {
  std::string command_id, area;
  std::vector<std::string> skills;
  SlotBody slot;
  std::optional<WorkOrderId> order_id;
  std::optional<CustomerId> customer_id;
  std::optional<ContactId> contact_id;
  std::optional<std::string> person, phone, place, note, mail;
};
BOOST_DESCRIBE_STRUCT(NewAppointmentBody, (),
                      (command_id, area, skills, slot, order_id, customer_id, contact_id, person, phone, place, note,
                       mail))
void validate(const NewAppointmentBody& value, jsonmap::Report& report);

struct AppointmentActionBody {
  std::string command_id, action;
  std::optional<std::int64_t> version;
  std::optional<SlotBody> slot;
  std::optional<std::string> by, text;
};
BOOST_DESCRIBE_STRUCT(AppointmentActionBody, (), (command_id, action, version, slot, by, text))
void validate(const AppointmentActionBody& value, jsonmap::Report& report);
[[nodiscard]] appointment::Command command_of(const AppointmentActionBody& body);

struct VisitBody {
  SlotBody slot;
  TimePoint begins_ms{}, ends_ms{};
  std::string outcome;
  std::optional<TimePoint> arrived_ms, settled_ms;
};
BOOST_DESCRIBE_STRUCT(VisitBody, (), (slot, begins_ms, ends_ms, outcome, arrived_ms, settled_ms))
struct AppointmentBody {
  appointment::AppointmentId id;
  std::string state, area;
  std::vector<std::string> skills;
  std::optional<WorkOrderId> order_id;
  std::optional<CustomerId> customer_id;
  std::optional<ContactId> contact_id;
  std::optional<std::string> person, phone, place, note, mail;
  std::vector<VisitBody> visits;  ///< the last is the present one
  bool set_out = false;           ///< the crew is on its way
  std::optional<TimePoint> held_until_ms;
  TimePoint created_ms{}, changed_ms{};
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AppointmentBody, (),
                      (id, state, area, skills, order_id, customer_id, contact_id, person, phone, place, note, mail,
                       visits, set_out, held_until_ms, created_ms, changed_ms, version))
[[nodiscard]] AppointmentBody body_of(const app::AppointmentRow& row);

struct AppointmentLineBody {
  TimePoint at_ms{};
  std::string what;
  std::optional<std::string> side, text, by_name;
  std::optional<AgentId> by_id;
};
BOOST_DESCRIBE_STRUCT(AppointmentLineBody, (), (at_ms, what, side, text, by_id, by_name))
struct AppointmentDetailBody {
  AppointmentBody appointment;
  std::vector<AppointmentLineBody> story;
};
BOOST_DESCRIBE_STRUCT(AppointmentDetailBody, (), (appointment, story))

struct SavedCrewBody {
  CrewBody crew;
  std::vector<AppointmentBody> stranded;  ///< promises that no longer stand in its shifts
};
BOOST_DESCRIBE_STRUCT(SavedCrewBody, (), (crew, stranded))

struct ScoreBody {
  std::int64_t visits = 0, kept = 0, kept_late = 0, broken = 0;
};
BOOST_DESCRIBE_STRUCT(ScoreBody, (), (visits, kept, kept_late, broken))
struct CrewScoreBody {
  appointment::CrewId crew_id;
  std::string name;
  ScoreBody company, customer;
};
BOOST_DESCRIBE_STRUCT(CrewScoreBody, (), (crew_id, name, company, customer))
[[nodiscard]] CrewScoreBody body_of(const app::CrewScore& score, const std::string& name);

}  // namespace hotline::api
