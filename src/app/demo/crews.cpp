// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/demo/crews.hpp"

#include "app/demo/people.hpp"

namespace hotline::app::demo {
namespace {

using appointment::Window;

constexpr int hour = 60;

CrewRow make_crew(std::uint64_t id, const District& district, const char* name) {
  CrewRow row;
  row.crew.id = appointment::CrewId{id};
  row.crew.name = std::string(district.name) + name;
  row.crew.areas = {std::string(district.exchange)};
  return row;
}

}  // namespace

std::vector<CrewRow> make_crews() {
  std::vector<CrewRow> crews;
  std::uint64_t id = 0;
  for (const District& district : districts()) {
    CrewRow install = make_crew(++id, district, "装机班");
    install.department = "outside_plant";
    install.crew.skills = {"install", "move"};
    for (int weekday = 0; weekday < 6; ++weekday)
      install.crew.week[weekday] = {Window{8 * hour + 30, 11 * hour + 30, 6}, Window{14 * hour, 17 * hour + 30, 6}};
    crews.push_back(std::move(install));

    CrewRow repair = make_crew(++id, district, "修障班");
    repair.department = "repair_city";
    repair.crew.skills = {"repair"};
    for (int weekday = 0; weekday < 7; ++weekday)
      repair.crew.week[weekday] = {Window{8 * hour, 12 * hour, 5}, Window{12 * hour, 16 * hour, 4},
                                   Window{16 * hour, 20 * hour, 4}};
    crews.push_back(std::move(repair));
  }
  return crews;
}

}  // namespace hotline::app::demo
