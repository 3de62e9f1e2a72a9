// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "domain/workorder/departments.hpp"

#include <algorithm>
#include <set>

#include "domain/workorder/calendar.hpp"

namespace hotline::workorder {

const char* to_string(Position position) {
  switch (position) {
    case Position::member:
      return "member";
    case Position::head:
      return "head";
    case Position::service_supervisor:
      return "service_supervisor";
    case Position::general_manager:
      return "general_manager";
  }
  return "unknown";
}

std::optional<Position> position_from(std::string_view text) {
  for (const Position position :
       {Position::member, Position::head, Position::service_supervisor, Position::general_manager})
    if (text == to_string(position)) return position;
  return std::nullopt;
}

bool is_code(std::string_view text) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), good);
}

Departments::Departments(std::vector<Department> list) {
  for (Department& department : list) {
    std::string code = department.code;
    by_code_.insert_or_assign(std::move(code), std::move(department));
  }
}

const Department* Departments::find(const std::string& code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &found->second;
}

std::vector<const Department*> Departments::line_of(const std::string& code) const {
  std::vector<const Department*> line;
  for (const Department* at = find(code); at != nullptr; at = find(at->parent)) {
    if (std::find(line.begin(), line.end(), at) != line.end()) break;
    line.push_back(at);
  }
  return line;
}

std::string Departments::calendar_of(const std::string& code) const {
  for (const Department* at : line_of(code))
    if (!at->calendar.empty()) return at->calendar;
  return kRoundTheClock;
}

std::vector<AgentId> Departments::holders(const std::string& code, Position position) const {
  for (const Department* at : line_of(code)) {
    std::vector<AgentId> found;
    for (const Member& member : at->members)
      if (member.position == position) found.push_back(member.agent);
    if (!found.empty()) return found;
  }
  return {};
}

std::vector<AgentId> Departments::general_managers() const {
  std::vector<AgentId> found;
  for (const auto& [code, department] : by_code_)
    for (const Member& member : department.members)
      if (member.position == Position::general_manager) found.push_back(member.agent);
  return found;
}

std::vector<Place> Departments::places_of(AgentId agent) const {
  std::vector<Place> places;
  for (const auto& [code, department] : by_code_)
    for (const Member& member : department.members)
      if (member.agent == agent) places.push_back({code, member.position});
  return places;
}

bool Departments::is_hotline(AgentId agent) const {
  const auto places = places_of(agent);
  if (places.empty()) return true;
  return std::any_of(places.begin(), places.end(), [&](const Place& place) {
    const auto line = line_of(place.department);
    return std::any_of(line.begin(), line.end(), [](const Department* d) { return d->hotline; });
  });
}

std::vector<std::string> wrong_with(const std::vector<Department>& list) {
  std::vector<std::string> wrong;
  std::map<std::string, std::string> parents;
  for (const Department& one : list) {
    if (!is_code(one.code)) wrong.push_back("\"" + one.code + "\" is no code: use a-z, 0-9 and _, at most 32");
    if (!parents.emplace(one.code, one.parent).second) wrong.push_back("\"" + one.code + "\" is there twice");
  }
  for (const auto& [code, parent] : parents) {
    if (!parent.empty() && !parents.contains(parent)) {
      wrong.push_back("\"" + code + "\" is under \"" + parent + "\", which is not there");
      continue;
    }
    std::set<std::string> seen{code};
    for (std::string at = parent; !at.empty() && parents.contains(at); at = parents.at(at))
      if (!seen.insert(at).second) {
        wrong.push_back("\"" + code + "\" is under itself");
        break;
      }
  }
  return wrong;
}

}  // namespace hotline::workorder
