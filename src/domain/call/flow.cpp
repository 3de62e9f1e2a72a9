// SPDX-License-Identifier: Apache-2.0
// Looking things up in a flow book.
#include "domain/call/flow.hpp"

#include <algorithm>
#include <cstdio>

namespace hotline::call {

NodeTarget find_node(const FlowBook& book, const std::string& from_flow, const NodeName& name) {
  const auto colon = name.find(':');
  const bool here = colon == NodeName::npos;
  const auto flow = here ? book.flows.find(from_flow) : book.flows.find(name.substr(0, colon));
  if (flow == book.flows.end()) return {};
  const auto& nodes = flow->second.nodes;
  const auto node = here                       ? nodes.find(name)
                    : colon + 1 == name.size() ? nodes.find(flow->second.start)
                                               : nodes.find(name.substr(colon + 1));
  if (node == nodes.end()) return {};
  return {&flow->second, &node->second};
}

bool is_open(const Calendar& calendar, std::chrono::minutes utc_offset, TimePoint now) {
  using namespace std::chrono;
  const auto local = now + utc_offset;
  const auto day = floor<days>(local);
  const year_month_day date{day};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  if (std::find(calendar.closed.begin(), calendar.closed.end(), text) != calendar.closed.end()) return false;
  const auto hours = calendar.hours.find(static_cast<int>(weekday{day}.iso_encoding()) - 1);
  if (hours == calendar.hours.end()) return false;
  const auto minute = static_cast<int>(floor<minutes>(local - day).count());
  return std::any_of(hours->second.begin(), hours->second.end(),
                     [&](const auto& range) { return range.first <= minute && minute < range.second; });
}

}  // namespace hotline::call
