// SPDX-License-Identifier: Apache-2.0
// Departments and calendars as bodies, and back.
#include "adapters/api/order_organisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "adapters/api/calendar_text.hpp"
#include "adapters/api/order_wire.hpp"

namespace hotline::api {
namespace {

using jsonmap::FieldError;

std::optional<workorder::DaySpans> spans_of(const std::vector<std::string>& texts) {
  workorder::DaySpans spans;
  for (const std::string& text : texts) {
    const auto span = span_of(text);
    if (!span) return std::nullopt;
    spans.push_back(*span);
  }
  return spans;
}

Result<workorder::Calendar, FieldError> calendar_of(const CalendarBody& body, const std::string& at) {
  workorder::Calendar calendar{body.code, std::chrono::minutes{body.utc_offset_minutes}, {}, {}};
  if (!workorder::is_code(body.code)) return fail(FieldError{at + ".code", "1 to 32 of a-z, 0-9 and _"});
  if (body.utc_offset_minutes < -14 * 60 || body.utc_offset_minutes > 14 * 60)
    return fail(FieldError{at + ".utc_offset_minutes", "-840 to 840"});
  const char* rule = "spans as in \"08:00-12:00\", rising";
  for (const auto& [name, texts] : body.week) {
    const auto weekday = weekday_of(name);
    const auto spans = spans_of(texts);
    if (!weekday) return fail(FieldError{at + ".week", "days named monday to sunday"});
    if (!spans) return fail(FieldError{at + ".week." + name, rule});
    calendar.week[*weekday] = *spans;
  }
  for (const auto& [date, texts] : body.days) {
    const auto day = day_of(date);
    const auto spans = spans_of(texts);
    if (!day) return fail(FieldError{at + ".days", "dates as in \"2026-10-01\""});
    if (!spans) return fail(FieldError{at + ".days." + date, rule});
    calendar.days[*day] = *spans;
  }
  if (!workorder::wrong_with(calendar).empty()) return fail(FieldError{at, rule});
  return calendar;
}

}  // namespace

OrganisationBody body_of(const app::Organisation& organisation) {
  OrganisationBody body;
  for (const workorder::Department& d : organisation.departments) {
    DepartmentBody one{d.code, {}, view_of(d.name), {}, d.hotline, {}};
    if (!d.parent.empty()) one.parent = d.parent;
    if (!d.calendar.empty()) one.calendar = d.calendar;
    for (const workorder::Member& member : d.members)
      one.members.push_back({member.agent, to_string(member.position), {}});
    body.departments.push_back(std::move(one));
  }
  for (const workorder::Calendar& c : organisation.calendars) {
    CalendarBody one{c.code, c.utc_offset.count(), {}, {}};
    for (const auto& [day, spans] : c.week) {
      auto& texts = one.week[weekdays.at(static_cast<std::size_t>(day))];
      for (const auto& span : spans) texts.push_back(span_text(span));
    }
    for (const auto& [day, spans] : c.days) {
      auto& texts = one.days[date_text(day)];
      for (const auto& span : spans) texts.push_back(span_text(span));
    }
    body.calendars.push_back(std::move(one));
  }
  return body;
}

Result<app::Organisation, FieldError> organisation_of(const OrganisationBody& body) {
  app::Organisation out;
  for (std::size_t i = 0; i < body.calendars.size(); ++i) {
    auto calendar = calendar_of(body.calendars[i], fmt::format("calendars[{}]", i));
    if (!calendar) return fail(std::move(calendar.error()));
    for (const workorder::Calendar& other : out.calendars)
      if (other.code == calendar->code)
        return fail(FieldError{fmt::format("calendars[{}].code", i), "a code of its own"});
    out.calendars.push_back(*std::move(calendar));
  }
  const workorder::Calendars calendars(out.calendars);
  for (std::size_t i = 0; i < body.departments.size(); ++i) {
    const DepartmentBody& d = body.departments[i];
    const std::string at = fmt::format("departments[{}]", i);
    const app::NamesView& names = d.name;
    const auto name = [&](const char* tag) {
      const auto found = names.find(tag);
      return found == names.end() ? std::string() : found->second;
    };
    workorder::Department department{d.code,
                                     d.parent.value_or(""),
                                     {name("en"), name("zh-Hans"), name("zh-Hant")},
                                     d.calendar.value_or(""),
                                     d.hotline,
                                     {}};
    if (d.calendar && !calendars.has(*d.calendar)) return fail(FieldError{at + ".calendar", "a calendar's code"});
    for (const MemberBody& member : d.members) {
      const auto position = workorder::position_from(member.position);
      if (!position)
        return fail(FieldError{at + ".members", "positions member, head, service_supervisor or general_manager"});
      const workorder::Member one{member.agent_id, *position};
      if (std::find(department.members.begin(), department.members.end(), one) != department.members.end())
        return fail(FieldError{at + ".members", "each person once in each position"});
      department.members.push_back(one);
    }
    out.departments.push_back(std::move(department));
  }
  const auto wrong = workorder::wrong_with(out.departments);
  if (!wrong.empty()) return fail(FieldError{"departments", wrong.front()});
  return out;
}

}  // namespace hotline::api
