// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/live/agent_day.hpp"

#include <algorithm>

namespace hotline::app {

using acd::AgentState;

void AgentDay::count(TimePoint at, std::int64_t day_number, TimePoint midnight) {
  if (day != day_number) {
    const auto kept = std::pair(state, queue);
    const TimePoint from = std::max(since, midnight);
    *this = AgentDay{};
    day = day_number;
    since = from;
    std::tie(state, queue) = kept;
  }
  if (at <= since) return;
  const std::int64_t passed = (at - since).count();
  since = at;
  if (state == to_string(AgentState::signed_out)) return;
  ms[state] += passed;
  if (state == to_string(AgentState::wrap_up)) wrap_up_ms[queue] += passed;
}

void AgentDay::change(const acd::AgentLive& now_in, const std::string& queue_code, TimePoint at,
                      std::int64_t day_number, TimePoint midnight) {
  if (since == TimePoint{}) since = at;  // never counted before
  count(at, day_number, midnight);
  const bool rang = state == to_string(AgentState::offered);
  if (now_in.state == AgentState::offered && !rang) ++offered;
  if (rang && now_in.state == AgentState::busy) ++answered;
  if (rang && now_in.state == AgentState::unavailable) ++missed;
  state = to_string(now_in.state);
  if (now_in.state != AgentState::wrap_up || now_in.queue) queue = queue_code;
}

AgentDay AgentDay::until(TimePoint at, std::int64_t day_number, TimePoint midnight) const {
  AgentDay copy = *this;
  if (copy.since != TimePoint{}) copy.count(at, day_number, midnight);
  return copy;
}

std::int64_t AgentDay::in(AgentState wanted) const {
  const auto found = ms.find(to_string(wanted));
  return found == ms.end() ? 0 : found->second;
}

void StaffFigures::add(const AgentDay& day) {
  offered += day.offered;
  answered += day.answered;
  missed += day.missed;
  const std::int64_t occupied = day.in(AgentState::busy) + day.in(AgentState::wrap_up);
  occupied_ms += occupied;
  available_ms += occupied + day.in(AgentState::ready) + day.in(AgentState::offered);
}

}  // namespace hotline::app
