// SPDX-License-Identifier: Apache-2.0
// The tree of departments: who works where, who heads it, who is its service supervisor (requirement E8). Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace hotline::workorder {

/// A name in the three languages of the desk.
struct Names {
  std::string en, zh_hans, zh_hant;
  friend bool operator==(const Names&, const Names&) = default;
};

enum class Position : std::uint8_t {
  member,
  head,
  service_supervisor,  ///< 服務監督員: receives, chases and answers for the department
  general_manager,     ///< 總經理服務熱線: the top of escalation, whatever the department
};
[[nodiscard]] const char* to_string(Position position);
[[nodiscard]] std::optional<Position> position_from(std::string_view text);

struct Member {
  AgentId agent;
  Position position = Position::member;
  friend bool operator==(const Member&, const Member&) = default;
};

struct Department {
  std::string code;
  std::string parent;  ///< empty: a root
  Names name;
  std::string calendar;  ///< code; empty: that of the parent, at a root round the clock
  bool hotline = false;  ///< its people, and those below, belong to the hotline itself
  std::vector<Member> members;
  friend bool operator==(const Department&, const Department&) = default;
};

/// What a person is, and where.
struct Place {
  std::string department;
  Position position = Position::member;
  friend bool operator==(const Place&, const Place&) = default;
};

/// Immutable once made.
class Departments {
 public:
  Departments() = default;
  explicit Departments(std::vector<Department> list);

  [[nodiscard]] const Department* find(const std::string& code) const;
  [[nodiscard]] const std::map<std::string, Department>& all() const { return by_code_; }
  /// The department and those above it, nearest first. Ends at a parent that is unknown or was there already.
  [[nodiscard]] std::vector<const Department*> line_of(const std::string& code) const;
  /// The calendar's code, inherited from above.
  [[nodiscard]] std::string calendar_of(const std::string& code) const;
  /// Who holds the position nearest above (the department included); empty: nobody does.
  [[nodiscard]] std::vector<AgentId> holders(const std::string& code, Position position) const;
  [[nodiscard]] std::vector<AgentId> general_managers() const;
  [[nodiscard]] std::vector<Place> places_of(AgentId agent) const;
  /// Belongs to the hotline: a member of one of its departments, or of none at all.
  [[nodiscard]] bool is_hotline(AgentId agent) const;

 private:
  std::map<std::string, Department> by_code_;
};

/// What is wrong with the tree, each a sentence: unknown parents, circles, codes that are no codes.
[[nodiscard]] std::vector<std::string> wrong_with(const std::vector<Department>& list);
/// 1 to 32 of a-z, 0-9 and _.
[[nodiscard]] bool is_code(std::string_view text);

}  // namespace hotline::workorder
