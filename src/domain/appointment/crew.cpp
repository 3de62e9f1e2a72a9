// SPDX-License-Identifier: Apache-2.0
#include "domain/appointment/crew.hpp"

#include <algorithm>

#include "base/local_time.hpp"

namespace hotline::appointment {
namespace {

constexpr std::int64_t kDaysMost = 62;
constexpr int kShortest = 15, kVisitsMost = 200, kDay = 1'440;

std::optional<std::string> problem_of(const std::vector<Window>& windows) {
  int end = 0;
  for (const Window& window : windows) {
    const auto name = [&] { return "the window from minute " + std::to_string(window.from) + " "; };
    if (window.from < 0 || window.to > kDay) return name() + "is not within the day (0 to 1440)";
    if (window.to - window.from < kShortest) return name() + "is shorter than 15 minutes";
    if (window.from < end) return name() + "begins before the one ahead of it ends";
    if (window.capacity < 1 || window.capacity > kVisitsMost) return name() + "takes 1 to 200 visits";
    end = window.to;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> problem_of(const Crew& crew) {
  for (const auto& [weekday, windows] : crew.week) {
    if (weekday < 0 || weekday > 6) return "a weekday is 0 (Monday) to 6 (Sunday)";
    if (auto problem = problem_of(windows)) return problem;
  }
  for (const auto& [day, windows] : crew.days) {
    if (auto problem = problem_of(windows)) return problem;
  }
  return std::nullopt;
}

std::int64_t local_day(const Crew& crew, TimePoint at) {
  return hotline::local_day(at, crew.utc_offset);
}

TimePoint moment(const Crew& crew, std::int64_t day, int minute) {
  return midnight_of(day, crew.utc_offset) + std::chrono::minutes{minute};
}

const std::vector<Window>& windows_of(const Crew& crew, std::int64_t day) {
  return spans_of(crew, day);
}

std::optional<Window> window_of(const Crew& crew, const Slot& slot) {
  for (const Window& window : windows_of(crew, slot.day)) {
    if (window.from == slot.from) return window;
  }
  return std::nullopt;
}

bool fits(const Crew& crew, const Need& need) {
  return crew.areas.contains(need.area) && std::ranges::includes(crew.skills, need.skills);
}

std::vector<Offer> free_slots(const std::vector<Crew>& crews, const Taken& taken, const Search& search, TimePoint now) {
  const TimePoint from = std::max(search.from, now + search.notice);
  std::map<std::pair<TimePoint, TimePoint>, Offer> best;
  for (const Crew& crew : crews) {
    if (!fits(crew, search.need) || from >= search.to) continue;
    const std::int64_t first = local_day(crew, from);
    const std::int64_t last = std::min(local_day(crew, search.to), first + kDaysMost);
    for (std::int64_t day = first; day <= last; ++day) {
      for (const Window& window : windows_of(crew, day)) {
        const Slot slot{crew.id, day, window.from};
        const auto used = taken.find(slot);
        const Offer offer{slot, moment(crew, day, window.from), moment(crew, day, window.to),
                          window.capacity - (used == taken.end() ? 0 : used->second)};
        if (offer.free <= 0 || offer.begins < from || offer.begins >= search.to) continue;
        const auto [at, is_first] = best.try_emplace({offer.begins, offer.ends}, offer);
        Offer& other = at->second;
        if (!is_first && (offer.free > other.free || (offer.free == other.free && slot.crew < other.slot.crew)))
          other = offer;
      }
    }
  }
  std::vector<Offer> offers;
  for (const auto& [window, offer] : best) {
    if (offers.size() == search.most) break;
    offers.push_back(offer);
  }
  return offers;
}

}  // namespace hotline::appointment
