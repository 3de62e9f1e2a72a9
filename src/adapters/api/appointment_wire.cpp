// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/api/appointment_wire.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/api/calendar_text.hpp"
#include "adapters/api/command_id.hpp"
#include "app/outside/address.hpp"
#include "base/unless.hpp"

namespace hotline::api {
namespace {

using appointment::Slot;
using appointment::Window;
using jsonmap::FieldError;

constexpr std::size_t kCodesMost = 200, kCodeBytesMost = 64;

bool is_code(const std::string& code) {
  return !code.empty() && code.size() <= kCodeBytesMost &&
         std::none_of(code.begin(), code.end(), [](unsigned char c) { return c <= ' ' || c == ','; });
}
void require_codes(jsonmap::Report& report, const std::vector<std::string>& codes, const char* member) {
  report.require(
      codes.size() <= kCodesMost && std::all_of(codes.begin(), codes.end(), is_code), member,
      fmt::format("at most {} codes of 1 to {} bytes without blanks and commas", kCodesMost, kCodeBytesMost));
}
void require_length(jsonmap::Report& report, const std::optional<std::string>& text, const char* member,
                    std::size_t most) {
  report.require(!text || text->size() <= most, member, fmt::format("at most {} bytes", most));
}

std::vector<WindowBody> bodies_of(const std::vector<Window>& windows) {
  std::vector<WindowBody> bodies;
  for (const Window& one : windows) bodies.push_back({span_text({one.from, one.to}), one.capacity});
  return bodies;
}

std::optional<std::vector<Window>> windows_of(const std::vector<WindowBody>& bodies) {
  std::vector<Window> windows;
  for (const WindowBody& body : bodies) {
    const auto span = span_of(body.window);
    if (!span || body.capacity < 0 || body.capacity > 1'000) return std::nullopt;
    windows.push_back({span->first, span->second, static_cast<int>(body.capacity)});
  }
  return windows;
}

const std::vector<std::string>& actions() {
  static const std::vector<std::string> all{"book", "move", "cancel", "set_out", "arrive", "find_nobody", "finish"};
  return all;
}

appointment::Side side_of(const std::optional<std::string>& by) {
  return by == "company" ? appointment::Side::company : appointment::Side::customer;
}

ScoreBody body_of(const appointment::Score& score) {
  return {score.visits, score.kept, score.kept_late, score.broken};
}

}  // namespace

void validate(const CrewSettingsBody& value, jsonmap::Report& report) {
  report.require(!value.name.empty() && value.name.size() <= 100, "name", "1 to 100 bytes");
  require_length(report, value.department, "department", 64);
  report.require(!value.areas.empty(), "areas", "at least one");
  require_codes(report, value.areas, "areas");
  require_codes(report, value.skills, "skills");
  report.require(!value.days || value.days->size() <= 1'000, "days", "at most 1000 days");
  report.require(!value.utc_offset_minutes || (*value.utc_offset_minutes >= -840 && *value.utc_offset_minutes <= 840),
                 "utc_offset_minutes", "-840 to 840");
}

CrewBody body_of(const app::CrewRow& row) {
  const appointment::Crew& crew = row.crew;
  CrewBody body{crew.id, {}};
  body.settings.name = crew.name;
  body.settings.department = unless_empty(row.department);
  body.settings.areas.assign(crew.areas.begin(), crew.areas.end());
  body.settings.skills.assign(crew.skills.begin(), crew.skills.end());
  for (const auto& [weekday, windows] : crew.week)
    body.settings.week[weekdays.at(static_cast<std::size_t>(weekday))] = bodies_of(windows);
  if (!crew.days.empty()) body.settings.days.emplace();
  for (const auto& [day, windows] : crew.days) (*body.settings.days)[date_text(day)] = bodies_of(windows);
  body.settings.utc_offset_minutes = crew.utc_offset.count();
  return body;
}

Result<app::CrewRow, FieldError> crew_of(const CrewSettingsBody& body) {
  constexpr const char* rule = "windows as in \"08:30-11:30\", each with its capacity";
  app::CrewRow row;
  row.crew.name = body.name;
  row.department = body.department.value_or("");
  row.crew.areas = {body.areas.begin(), body.areas.end()};
  row.crew.skills = {body.skills.begin(), body.skills.end()};
  row.crew.utc_offset = std::chrono::minutes{body.utc_offset_minutes.value_or(480)};
  for (const auto& [name, bodies] : body.week) {
    const auto weekday = weekday_of(name);
    if (!weekday) return fail(FieldError{"week", "days named monday to sunday"});
    const auto windows = windows_of(bodies);
    if (!windows) return fail(FieldError{"week." + name, rule});
    row.crew.week[*weekday] = *windows;
  }
  if (body.days) {
    for (const auto& [date, bodies] : *body.days) {
      const auto day = day_of(date);
      if (!day) return fail(FieldError{"days", "dates as in \"2026-10-01\""});
      const auto windows = windows_of(bodies);
      if (!windows) return fail(FieldError{"days." + date, rule});
      row.crew.days[*day] = *windows;
    }
  }
  return row;
}

SlotBody body_of(const Slot& slot) {
  return {slot.crew, date_text(slot.day), minute_text(slot.from)};
}
std::optional<Slot> slot_of(const SlotBody& body) {
  const auto day = day_of(body.day);
  const auto from = minute_of(body.from);
  if (!day || !from) return std::nullopt;
  return Slot{body.crew_id, *day, *from};
}

OfferBody body_of(const appointment::Offer& offer) {
  return {body_of(offer.slot), offer.begins, offer.ends, offer.free};
}

void validate(const NewAppointmentBody& value, jsonmap::Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(is_code(value.area), "area", "a code without blanks");
  require_codes(report, value.skills, "skills");
  report.require(slot_of(value.slot).has_value(), "slot",
                 R"(a slot as found: {"crew_id", "day": "2026-10-01", "from": "08:30"})");
  require_length(report, value.person, "person", 200);
  require_length(report, value.phone, "phone", 40);
  require_length(report, value.place, "place", 400);
  require_length(report, value.note, "note", 4'000);
  report.require(!value.mail || value.mail->empty() || app::is_mail_address(*value.mail), "mail",
                 "a mail address, local@domain");
}

void validate(const AppointmentActionBody& value, jsonmap::Report& report) {
  report.require(is_command_id(value.command_id), "command_id", command_id_rule);
  report.require(std::find(actions().begin(), actions().end(), value.action) != actions().end(), "action",
                 "book, move, cancel, set_out, arrive, find_nobody or finish");
  report.require((value.action == "move") == value.slot.has_value(), "slot", "of move, and of move alone");
  report.require(!value.slot || slot_of(*value.slot).has_value(), "slot",
                 R"(a slot as found: {"crew_id", "day": "2026-10-01", "from": "08:30"})");
  const bool has_side = value.action == "move" || value.action == "cancel";
  report.require(has_side ? value.by == "company" || value.by == "customer" : !value.by, "by",
                 "company or customer: whose wish it is (of move and cancel alone)");
  require_length(report, value.text, "text", 2'000);
}

appointment::Command command_of(const AppointmentActionBody& body) {
  const std::string text = body.text.value_or("");
  if (body.action == "move") return appointment::Move{slot_of(*body.slot).value(), side_of(body.by), text};
  if (body.action == "cancel") return appointment::Cancel{side_of(body.by), text};
  if (body.action == "set_out") return appointment::SetOut{};
  if (body.action == "arrive") return appointment::Arrive{};
  if (body.action == "find_nobody") return appointment::FindNobody{text};
  if (body.action == "finish") return appointment::Finish{text};
  return appointment::Book{};
}

AppointmentBody body_of(const app::AppointmentRow& row) {
  const appointment::Appointment& state = row.state;
  AppointmentBody body;
  body.id = state.id;
  body.state = to_string(state.state);
  body.area = state.need.area;
  body.skills.assign(state.need.skills.begin(), state.need.skills.end());
  body.order_id = row.order;
  body.customer_id = row.customer;
  body.contact_id = row.contact;
  body.person = unless_empty(row.person);
  body.phone = unless_empty(row.phone);
  body.place = unless_empty(row.place);
  body.note = unless_empty(row.note);
  body.mail = unless_empty(row.mail);
  body.set_out = state.set_out;
  for (const appointment::Visit& visit : state.visits)
    body.visits.push_back(
        {body_of(visit.slot), visit.begins, visit.ends, to_string(visit.outcome), visit.arrived_at, visit.settled_at});
  body.held_until_ms = state.held_until;
  body.created_ms = row.created_at;
  body.changed_ms = row.changed_at;
  body.version = static_cast<std::int64_t>(state.version);
  return body;
}

CrewScoreBody body_of(const app::CrewScore& score, const std::string& name) {
  return {score.crew, name, body_of(score.company), body_of(score.customer)};
}

}  // namespace hotline::api
