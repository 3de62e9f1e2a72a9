// SPDX-License-Identifier: Apache-2.0
// What callers met since midnight, counted: for the wallboard, by queue and service line. Pure.
#pragma once

#include <cstdint>

#include "app/service_level.hpp"
#include "base/time.hpp"

namespace hotline::app {

/// Inbound contacts. offered = answered + abandoned + short_abandoned + called_back + lost + what was sent away again
/// (refused after the queue) + those who still wait. "In time": within the service level's threshold.
struct DayFigures {
  std::int64_t offered = 0;  ///< reached the queue
  std::int64_t answered = 0, answered_in_time = 0;
  std::int64_t abandoned = 0, abandoned_in_time = 0;  ///< short ones left out
  std::int64_t short_abandoned = 0;
  std::int64_t refused = 0;  ///< sent away: no trunk, no place, closed
  std::int64_t called_back = 0, lost = 0, self_service = 0;
  std::int64_t handled = 0;  ///< answered ones that are over: what talk and hold are of
  Duration answer_time{};    ///< waits of the answered
  Duration talk{}, hold{};

  void add(const DayFigures& other) {
    offered += other.offered;
    answered += other.answered;
    answered_in_time += other.answered_in_time;
    abandoned += other.abandoned;
    abandoned_in_time += other.abandoned_in_time;
    short_abandoned += other.short_abandoned;
    refused += other.refused;
    called_back += other.called_back;
    lost += other.lost;
    self_service += other.self_service;
    handled += other.handled;
    answer_time += other.answer_time;
    talk += other.talk;
    hold += other.hold;
  }
  [[nodiscard]] ServiceCounts service() const { return {answered, answered_in_time, abandoned, abandoned_in_time}; }
  friend bool operator==(const DayFigures&, const DayFigures&) = default;
};

/// How a contact that is over is counted: by its outcome, beside `offered` and `answered`, which live calls count
/// themselves. `wait` is the contact's.
template <class Text>
void count_end(DayFigures& day, const Text& outcome, Duration wait, Duration talk, Duration hold,
               Duration service_level_threshold) {
  if (outcome == "answered") {
    ++day.handled;
    day.talk += talk;
    day.hold += hold;
  } else if (outcome == "abandoned") {
    ++day.abandoned;
    if (wait <= service_level_threshold) ++day.abandoned_in_time;
  } else if (outcome == "short_abandoned") {
    ++day.short_abandoned;
  } else if (outcome == "refused") {
    ++day.refused;
  } else if (outcome == "called_back") {
    ++day.called_back;
  } else if (outcome == "lost") {
    ++day.lost;
  } else if (outcome == "self_service") {
    ++day.self_service;
  }
}

}  // namespace hotline::app
