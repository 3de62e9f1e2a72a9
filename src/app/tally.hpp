// SPDX-License-Identifier: Apache-2.0
// A contact's times, computed from its history alone: the same fold runs live, event by event, and over a stored
// history (hotline doctor compares the two). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/records.hpp"
#include "base/time.hpp"

namespace hotline::app {

struct Tally {
  std::optional<TimePoint> arrived, answered, waiting_since, talking_since, held_since, consulting_since, ended;
  Duration wait{}, talk{}, hold{}, consult{};  ///< closed stretches
  std::optional<TimePoint> newest;             ///< of all events
  bool was_dialled = false, was_queued = false, was_connected = false, was_refused = false, node_lost = false;
  bool was_called_back = false;  ///< left the queue to be called back
  friend bool operator==(const Tally&, const Tally&) = default;

  /// Takes one event. Events come in the order of the history.
  void add(std::string_view type, TimePoint at);
};

struct Summary {
  std::string outcome;              ///< as in Contact::outcome
  Duration wait{}, talk{}, hold{};  ///< hold is not part of talk
  Duration consult{};               ///< agent and consulted party in private; the customer was on hold meanwhile
  friend bool operator==(const Summary&, const Summary&) = default;
};

/// Waits shorter than `short_abandon` that ended by hanging up count as short_abandoned.
[[nodiscard]] Summary summarize(const Tally& tally, Duration short_abandon);
[[nodiscard]] Tally tally_of(const std::vector<ContactEvent>& history);

}  // namespace hotline::app
