// SPDX-License-Identifier: Apache-2.0
// Numbers for equal demands and equal abilities: 15,000 calls which ask for the same are one group, and whether an
// agent may take them is one look. Private to this folder. On the core's live strand.
#pragma once

#include <map>
#include <vector>

#include "domain/acd/grouped_order.hpp"
#include "domain/acd/types.hpp"

namespace hotline::acd {

using Skills = std::map<SkillId, int>;
using Group = std::uint32_t;

/// What a call asks for, or what an agent has.
struct Profile {
  Skills skills;
  std::uint8_t work = 0;  ///< bits of Work
  friend auto operator<=>(const Profile&, const Profile&) = default;
};
[[nodiscard]] constexpr std::uint8_t bit(Work work) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(work));
}

/// Gives equal profiles one number. Kept for ever: as many as there are distinct combinations in the configuration.
class Profiles {
 public:
  Group of(const Profile& profile) {
    const auto [it, added] = numbers_.try_emplace(profile, static_cast<Group>(flat_.size()));
    if (added) flat_.push_back({{profile.skills.begin(), profile.skills.end()}, profile.work});
    return it->second;
  }
  /// Whether who has `has` may take what asks for `asks`.
  [[nodiscard]] bool fits(Group has, Group asks) const {
    const Flat& owned = flat_[has];
    const Flat& asked = flat_[asks];
    if ((owned.work & asked.work) != asked.work) return false;
    auto at = owned.skills.begin();
    for (const auto& [skill, level] : asked.skills) {
      while (at != owned.skills.end() && at->first < skill) ++at;
      if (at == owned.skills.end() || at->first != skill || at->second < level) return false;
    }
    return true;
  }
  [[nodiscard]] bool is(Group group, Work work) const { return (flat_[group].work & bit(work)) != 0; }

 private:
  struct Flat {
    std::vector<std::pair<SkillId, int>> skills;  // by skill
    std::uint8_t work;
  };
  std::map<Profile, Group> numbers_;
  std::vector<Flat> flat_;
};

}  // namespace hotline::acd
