// SPDX-License-Identifier: Apache-2.0
// Crews that go to customers, and the slots of their days (requirement E6). Pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace hotline::appointment {

using CrewId = Id<struct CrewTag>;  ///< a crew, from the store

/// A window of a crew's day in which it begins visits: what a customer is promised. Minutes of the local day, 0 to
/// 1440.
struct Window {
  int from = 0, to = 0;
  int capacity = 0;  ///< visits the crew makes in it
  friend auto operator<=>(const Window&, const Window&) = default;
};

struct Crew {
  CrewId id{};
  std::string name{};
  std::set<std::string> areas{};                       ///< where it goes: exchange or district codes
  std::set<std::string> skills{};                      ///< "install", "repair", "fibre", …
  std::map<int, std::vector<Window>> week{};           ///< its shifts: 0 Monday … 6 Sunday; a day not listed is free
  std::map<std::int64_t, std::vector<Window>> days{};  ///< by local day since 1970-01-01, instead of the week's
  std::chrono::minutes utc_offset{480};
};

/// What is wrong with a crew's shifts, the first thing found; nullopt: nothing. Windows of a day are in order, do not
/// overlap, last at least 15 minutes and take 1 to 200 visits.
[[nodiscard]] std::optional<std::string> problem_of(const Crew& crew);

/// One window of one crew on one day. What a visit is booked into.
struct Slot {
  CrewId crew{};
  std::int64_t day = 0;  ///< local, since 1970-01-01
  int from = 0;          ///< minutes of the local day
  friend auto operator<=>(const Slot&, const Slot&) = default;
};

/// The days of a crew's calendar.
[[nodiscard]] std::int64_t local_day(const Crew& crew, TimePoint at);
/// Begin and end of a local day's minute, in UTC.
[[nodiscard]] TimePoint moment(const Crew& crew, std::int64_t day, int minute);
[[nodiscard]] const std::vector<Window>& windows_of(const Crew& crew, std::int64_t day);
/// nullopt: the crew has no such window (any more).
[[nodiscard]] std::optional<Window> window_of(const Crew& crew, const Slot& slot);

/// What a visit asks for.
struct Need {
  std::string area{};
  std::set<std::string> skills{};
  friend bool operator==(const Need&, const Need&) = default;
};
[[nodiscard]] bool fits(const Crew& crew, const Need& need);

/// Visits held and booked by slot. A slot that is not listed has none.
using Taken = std::map<Slot, int>;

struct Search {
  Need need{};
  TimePoint from{}, to{};      ///< a window is offered when it begins in [from, to)
  Duration notice{3'600'000};  ///< at least as long before it begins: the crew has to learn of it
  std::size_t most = 50;       ///< offers
};
struct Offer {
  Slot slot{};
  TimePoint begins{}, ends{};
  int free = 0;  ///< visits that still fit in
  friend bool operator==(const Offer&, const Offer&) = default;
};

/// The windows that still have room, the earliest first; of crews with the same window the one with most room, then the
/// lowest id. One offer a window: the customer chooses a time, not a crew. Looks at no more than 62 days.
[[nodiscard]] std::vector<Offer> free_slots(const std::vector<Crew>& crews, const Taken& taken, const Search& search,
                                            TimePoint now);

}  // namespace hotline::appointment
