// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/demo/organisation.hpp"

#include "app/demo/chance.hpp"
#include "app/demo/people.hpp"

namespace hotline::app::demo {
namespace {

using workorder::Calendar;
using workorder::Department;
using workorder::Position;

struct Plan {
  const char* code;
  const char* parent;
  workorder::Names name;
  const char* calendar;
  std::size_t people;
};

const std::vector<Plan>& plans() {
  static const std::vector<Plan> all{
      {"company", "", {"Company", "公司", "公司"}, "business", 0},
      {"network", "company", {"Network operation", "运行维护部", "運行維護部"}, "business", 4},
      {"switch", "network", {"Switch provisioning", "交换中心", "交換中心"}, "shifts", 4},
      {"line", "network", {"Lines and numbers", "线路资源中心", "線路資源中心"}, "business", 4},
      {"outside_plant", "network", {"Outside plant", "外线施工中心", "外線施工中心"}, "shifts", 4},
      {"repair_city", "network", {"Dispatch-test centre, city", "市区派测中心", "市區派測中心"}, "shifts", 4},
      {"repair_north", "network", {"Dispatch-test centre, north", "北区派测中心", "北區派測中心"}, "shifts", 4},
      {"repair_county", "network", {"Dispatch-test centre, counties", "郊县派测中心", "郊縣派測中心"}, "shifts", 4},
      {"market", "company", {"Marketing", "市场经营部", "市場經營部"}, "business", 4},
      {"billing", "company", {"Billing", "计费账务中心", "計費賬務中心"}, "business", 5},
      {"knowledge", "company", {"Business support", "业务支撑组", "業務支撐組"}, "business", 4},
  };
  return all;
}

std::int64_t day(int year, int month, int of_month) {
  return std::chrono::sys_days{std::chrono::year{year} / month / of_month}.time_since_epoch().count();
}

/// Office hours, and the public holidays of 2026 and 2027.
Calendar business() {
  Calendar calendar{"business"};
  for (int weekday = 0; weekday < 5; ++weekday)
    calendar.week[weekday] = {{8 * 60, 12 * 60}, {14 * 60 + 30, 17 * 60 + 30}};
  struct Date {
    int year, month, of_month;
  };
  constexpr Date holidays[] = {{2026, 1, 1},  {2026, 2, 16}, {2026, 2, 17}, {2026, 2, 18}, {2026, 2, 19}, {2026, 4, 5},
                               {2026, 5, 1},  {2026, 5, 2},  {2026, 6, 19}, {2026, 9, 25}, {2026, 10, 1}, {2026, 10, 2},
                               {2026, 10, 3}, {2027, 1, 1},  {2027, 2, 5},  {2027, 2, 6},  {2027, 2, 7},  {2027, 2, 8},
                               {2027, 4, 5},  {2027, 5, 1},  {2027, 5, 2},  {2027, 6, 9},  {2027, 9, 15}, {2027, 10, 1},
                               {2027, 10, 2}, {2027, 10, 3}};
  for (const auto& [year, month, of_month] : holidays) calendar.days[day(year, month, of_month)] = {};
  return calendar;
}

/// Early and late shift, every day.
Calendar shifts() {
  Calendar calendar{"shifts"};
  for (int weekday = 0; weekday < 7; ++weekday) calendar.week[weekday] = {{7 * 60, 14 * 60}, {14 * 60 + 30, 22 * 60}};
  return calendar;
}

}  // namespace

DemoOrganisation make_organisation(std::uint64_t seed, const DemoOptions& options) {
  Chance chance(seed ^ 0x6f7267U);  // its own draws: the city's people stay who they are
  DemoOrganisation demo;
  demo.organisation.calendars = {business(), shifts()};
  std::uint64_t number = 8201;
  const auto hire = [&](const char* department) {
    Agent agent;
    agent.id = AgentId{number};
    agent.number = agent.username = std::to_string(number);
    ++number;
    agent.name = person_name(chance);
    agent.team = department;
    if (options.password_hash) agent.password_hash = options.password_hash(agent);
    demo.staff.push_back(agent);
    return agent.id;
  };
  for (const Plan& plan : plans()) {
    Department department{plan.code, plan.parent, plan.name, plan.calendar, false, {}};
    if (plan.people == 0) department.members.push_back({hire(plan.code), Position::general_manager});
    for (std::size_t i = 0; i < plan.people; ++i) {
      const Position position = i == 0 ? Position::head : i == 1 ? Position::service_supervisor : Position::member;
      department.members.push_back({hire(plan.code), position});
    }
    demo.organisation.departments.push_back(std::move(department));
  }
  return demo;
}

}  // namespace hotline::app::demo
