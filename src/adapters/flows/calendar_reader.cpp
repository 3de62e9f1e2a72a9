// SPDX-License-Identifier: Apache-2.0
// calendars.toml: opening hours by weekday, closed dates, and what holds for the whole book.
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "adapters/flows/flow_reader.hpp"

namespace hotline::flows {

using toml_reader::line_of;
using toml_reader::ProblemSink;
using toml_reader::TableReader;
using toml_reader::type_name;

namespace {

constexpr const char* kWeekdays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr int kDayMinutes = 24 * 60;

std::optional<int> two_digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() != 2 || error != std::errc{} || end != text.data() + 2 || value < 0) return std::nullopt;
  return value;
}

/// "08:30" to minutes of the day; "24:00" is the end of the day.
std::optional<int> clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(0, 2)), minutes = two_digits(text.substr(3));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const int total = *hours * 60 + *minutes;
  return total <= kDayMinutes ? std::optional{total} : std::nullopt;
}

bool is_date(const std::string& text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto century = two_digits(text.substr(0, 2)), year = two_digits(text.substr(2, 2)),
             month = two_digits(text.substr(5, 2)), day = two_digits(text.substr(8));
  if (!century || !year || !month || !day) return false;
  return std::chrono::year_month_day{std::chrono::year{*century * 100 + *year},
                                     std::chrono::month{static_cast<unsigned>(*month)},
                                     std::chrono::day{static_cast<unsigned>(*day)}}
      .ok();
}

void read_hours(TableReader& in, int weekday, call::Calendar& calendar) {
  for (const auto* node : in.list(kWeekdays[weekday])) {
    const auto text = node->value<std::string>().value_or("");
    const auto from = text.size() == 11 ? clock(std::string_view(text).substr(0, 5)) : std::nullopt;
    const auto to = text.size() == 11 ? clock(std::string_view(text).substr(6)) : std::nullopt;
    if (!from || !to || text[5] != '-' || *from >= *to) {
      in.problem(*node, fmt::format("{} holds no span of time", kWeekdays[weekday]),
                 "give spans as in \"08:30-17:30\"; one over midnight is two, to \"24:00\" and from \"00:00\"");
      continue;
    }
    calendar.hours[weekday].emplace_back(*from, *to);
  }
}

call::Calendar read_calendar(const std::string& name, TableReader& in) {
  call::Calendar calendar{name, {}, {}};
  for (int weekday = 0; weekday < 7; ++weekday) read_hours(in, weekday, calendar);
  for (const auto* node : in.list("closed")) {
    std::string text;
    if (const auto* value = node->as_string()) text = value->get();
    if (const auto* value = node->as_date()) {
      text = fmt::format("{:04}-{:02}-{:02}", value->get().year, value->get().month, value->get().day);
    }
    if (is_date(text)) {
      calendar.closed.push_back(text);
    } else {
      in.problem(*node, "closed holds no date", "give dates, as in \"2026-10-01\"");
    }
  }
  in.finish();
  return calendar;
}

}  // namespace

void read_calendars(const toml::table& file, call::FlowBook& book, ProblemSink& sink) {
  TableReader in(file, "", sink);
  if (const auto offset = in.string("utc_offset")) {
    const bool signed_clock = offset->size() == 6 && (offset->front() == '+' || offset->front() == '-');
    const auto minutes = signed_clock ? clock(std::string_view(*offset).substr(1)) : std::nullopt;
    if (minutes && *minutes <= 14 * 60) {
      book.utc_offset = std::chrono::minutes{offset->front() == '-' ? -*minutes : *minutes};
    } else {
      in.problem(*file.get("utc_offset"), fmt::format("utc_offset is \"{}\"", *offset), "give it as in \"+08:00\"");
    }
  }
  if (auto language = in.string("default_language")) book.default_language = *std::move(language);
  if (const auto* calendars = in.table("calendars")) {
    for (const auto& [key, value] : *calendars) {
      const std::string name(key.str());
      const auto* table = value.as_table();
      if (table == nullptr) {
        in.problem(value, fmt::format("the calendar \"{}\" is {}", name, type_name(value)),
                   "write [calendars." + name + "]");
        continue;
      }
      TableReader calendar(*table, fmt::format("calendar \"{}\"", name), sink);
      book.calendars[name] = read_calendar(name, calendar);
    }
  }
  in.finish();
}

}  // namespace hotline::flows
