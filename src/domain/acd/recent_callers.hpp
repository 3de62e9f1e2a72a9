// SPDX-License-Identifier: Apache-2.0
// Who called lately: recognises repeat callers, and knows who talked to them. Pure; bounded. On the core's live strand.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::acd {

class RecentCallers {
 public:
  explicit RecentCallers(std::size_t max = 200'000) : max_(max) {}

  struct Caller {
    TimePoint at{};                  ///< end of the last contact
    std::optional<AgentId> owner{};  ///< who talked to them first since they call: answers for the matter
    std::optional<AgentId> agent{};  ///< who talked to them last
  };
  /// A contact of this number has ended; an older one than is known changes nothing. `owner`: of the contact, when not
  /// who talked last.
  void ended(const std::string& number, TimePoint at, std::optional<AgentId> agent,
             std::optional<AgentId> owner = std::nullopt) {
    if (number.empty()) return;
    const auto [it, added] = callers_.try_emplace(number);
    if (!added) {
      if (at < it->second.at) return;
      by_age_.erase({it->second.at, number});
    }
    it->second.at = at;
    if (agent) it->second.agent = agent;
    if (!it->second.owner) it->second.owner = owner ? owner : agent;
    by_age_.emplace(at, number);
    if (callers_.size() > max_) forget_oldest();
  }
  /// What is known of the number, when its last contact ended within `within`.
  [[nodiscard]] const Caller* find(const std::string& number, TimePoint now, Duration within) {
    while (!by_age_.empty() && by_age_.begin()->first + within < now) forget_oldest();
    const auto it = callers_.find(number);
    return it == callers_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] std::size_t size() const { return callers_.size(); }

 private:
  void forget_oldest() {
    callers_.erase(by_age_.begin()->second);
    by_age_.erase(by_age_.begin());
  }
  std::size_t max_;
  std::map<std::string, Caller> callers_;
  std::set<std::pair<TimePoint, std::string>> by_age_;
};

}  // namespace hotline::acd
