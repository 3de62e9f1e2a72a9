// SPDX-License-Identifier: Apache-2.0
// A small company, its calendars, the people of both, and the shipped types.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>
#include <functional>

#include "adapters/orders/order_files.hpp"
#include "domain/workorder/engine.hpp"

namespace hotline::workorder::test {

using std::chrono::hours;
using std::chrono::minutes;

/// As domain/property.hpp, with fewer runs: there are twelve types, and a run is a life of months.
inline const bool property_seed_is_fixed = ::setenv("RC_PARAMS", "seed=1000 max_success=100", 0) == 0;

inline const TypeBook& shipped() {
  static const TypeBook book = [] {
    auto loaded = orders::load(HOTLINE_SOURCE_DIR "/orders");
    if (!loaded) {
      for (const FileProblem& problem : loaded.error()) ADD_FAILURE() << to_string(problem);
      return TypeBook{};
    }
    return *loaded;
  }();
  return book;
}

/// Monday, 2026-11-23 08:00 in the city (UTC+8).
inline constexpr TimePoint monday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}.time_since_epoch()};

inline std::int64_t day_number(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)}
      .time_since_epoch()
      .count();
}

/// Monday to Friday in two spans; a holiday on Wednesday the 25th, a short working Saturday on the 28th.
inline Calendar business() {
  Calendar calendar{"business"};
  for (int day = 0; day < 5; ++day) calendar.week[day] = {{8 * 60, 12 * 60}, {14 * 60, 17 * 60 + 30}};
  calendar.days[day_number(2026, 11, 25)] = {};
  calendar.days[day_number(2026, 11, 28)] = {{9 * 60, 11 * 60}};
  return calendar;
}
/// Every day and into the night, over midnight.
inline Calendar long_day() {
  Calendar calendar{"long_day"};
  for (int day = 0; day < 7; ++day) calendar.week[day] = {{0, 2 * 60}, {7 * 60, 24 * 60}};
  return calendar;
}

// People. 1, 2: agents; 3: supervisor; 4: quality; 20s network, 30s repair (under network), 40s market; 90: general
// manager.
inline Departments company() {
  const auto m = [](std::uint64_t id, Position position) { return Member{AgentId{id}, position}; };
  using enum Position;
  return Departments(
      {{"company", "", {"Company", "", ""}, "business", false, {m(90, general_manager)}},
       {"network", "company", {}, "long_day", false, {m(20, member), m(21, head), m(22, service_supervisor)}},
       {"repair", "network", {}, "", false, {m(30, member), m(31, head)}},
       {"market", "company", {}, "", false, {m(40, member), m(41, head), m(42, service_supervisor)}}});
}

class World {
 public:
  Departments departments = company();
  Calendars calendars{{business(), long_day()}};

  [[nodiscard]] Context context(const Type& type) const { return {type, departments, calendars}; }
  [[nodiscard]] Actor actor(std::uint64_t id) const {
    Actor actor;
    actor.id = AgentId{id};
    actor.hotline = id < 10;
    actor.supervisor = id == 3;
    actor.quality = id == 4;
    actor.places = departments.places_of(actor.id);
    return actor;
  }
  [[nodiscard]] static const std::vector<std::uint64_t>& people() {
    static const std::vector<std::uint64_t> all{1, 2, 3, 4, 20, 21, 22, 30, 31, 40, 41, 42, 90};
    return all;
  }
};

/// Every field that must be filled in, with something that fits.
inline std::string some_value(const Field& field) {
  switch (field.kind) {
    case FieldKind::choice:
      return field.choices.front().code;
    case FieldKind::integer:
    case FieldKind::money:
      return std::to_string(std::max<std::int64_t>(field.least, 1));
    case FieldKind::flag:
      return "true";
    case FieldKind::date:
      return "2026-12-01";
    case FieldKind::phone:
      return "059088110001";
    default:
      return "something";
  }
}
inline Opening opening(const Type& type) {
  Opening out;
  out.id = WorkOrderId{7};
  out.type = type.code;
  out.title = "No answer for two weeks";
  out.text = "They promised to call back.";
  out.owner = AgentId{1};
  out.customer = CustomerId{12};
  out.phone = "059088110001";
  for (const Field& field : type.fields)
    if (field.required) out.fields[field.code] = some_value(field);
  return out;
}

/// An order and its history, which decide() makes longer.
struct Story {
  const World& world;
  const Type& type;
  Order order{};
  std::vector<Event> history{};

  void take(const std::vector<Event>& events) {
    for (const Event& event : events) {
      apply(order, event);
      history.push_back(event);
    }
  }
  [[nodiscard]] bool create(TimePoint now, std::uint64_t by = 3) {
    auto created = workorder::create(world.context(type), opening(type), world.actor(by), now);
    if (created) take({*created});
    return created.has_value();
  }
  /// The refusal's word; empty: done.
  std::string act(const Command& command, TimePoint now) {
    auto events = decide(world.context(type), order, command, now);
    if (!events) return to_string(events.error().why);
    take(*events);
    return {};
  }
  std::string act(std::uint64_t by, const std::string& action, TimePoint now,
                  const std::function<void(Command&)>& more = {}) {
    Command command;
    command.by = world.actor(by);
    command.action = action;
    command.text = "done";
    command.evidence = {"document:letter 12"};
    command.channel = "phone";
    command.answer = Answer::satisfied;
    command.lead = "repair";
    if (more) more(command);
    return act(command, now);
  }
};

}  // namespace hotline::workorder::test
