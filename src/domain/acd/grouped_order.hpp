// SPDX-License-Identifier: Apache-2.0
// An ordered set whose members belong to groups, so that "the first member whose group fits" costs one look per group
// and not one per member: 15,000 calls which all ask for the same skill are one group. Pure; on the core's live strand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace hotline::acd {

template <class Key>
class GroupedOrder {
 public:
  using Group = std::uint32_t;

  void add(Group group, const Key& key) {
    auto& members = groups_[group];
    if (members.empty()) {
      heads_.emplace(key, group);
    } else if (key < *members.begin()) {
      heads_.erase({*members.begin(), group});
      heads_.emplace(key, group);
    }
    members.insert(key);
    ++size_;
  }

  /// The key must be in the group.
  void remove(Group group, const Key& key) {
    const auto found = groups_.find(group);
    auto& members = found->second;
    const auto at = members.find(key);
    if (at == members.begin()) {
      heads_.erase({key, group});
      if (members.size() > 1) heads_.emplace(*std::next(at), group);
    }
    members.erase(at);
    --size_;
    if (members.empty()) groups_.erase(found);
  }

  /// The least key of all groups for which `fits(group)` holds.
  template <class Fits>
  [[nodiscard]] std::optional<Key> first_where(Fits&& fits) const {
    for (const auto& [key, group] : heads_) {
      if (fits(group)) return key;
    }
    return std::nullopt;
  }

  [[nodiscard]] const std::map<Group, std::set<Key>>& groups() const { return groups_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::map<Group, std::set<Key>> groups_;  // no empty ones
  std::set<std::pair<Key, Group>> heads_;  // the least key of each group
  std::size_t size_ = 0;
};

}  // namespace hotline::acd
