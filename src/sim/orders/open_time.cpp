// SPDX-License-Identifier: Apache-2.0
#include "sim/orders/open_time.hpp"

#include <algorithm>
#include <stdexcept>

namespace hotline::sim {
namespace {
using std::chrono::minutes;
}

OpenTime::OpenTime(const workorder::Calendar& calendar, TimePoint begins, std::chrono::days span) : begins_(begins) {
  const auto count = static_cast<std::size_t>(minutes{span}.count());
  minutes_.reserve(count + 1);
  std::int32_t open = 0;
  for (std::size_t i = 0; i <= count; ++i) {
    minutes_.push_back(open);
    open += workorder::is_open(calendar, begins + minutes{i}) ? 1 : 0;
  }
}

Duration OpenTime::until(TimePoint at) const {
  const Duration since = at - begins_;
  const auto minute = std::chrono::floor<minutes>(since);
  const auto index = static_cast<std::size_t>(minute.count());
  if (since < Duration{} || index + 1 >= minutes_.size()) throw std::out_of_range("the simulated calendar has ended");
  const Duration whole = minutes{minutes_[index]};
  return minutes_[index + 1] > minutes_[index] ? whole + (since - minute) : whole;
}

std::optional<TimePoint> OpenTime::after(TimePoint from, Duration open) const {
  if (open <= Duration{}) return from;
  const Duration wanted = until(from) + open;
  // The first minute before which at least that much was open; it was reached within the one before it.
  const auto reached = std::lower_bound(minutes_.begin(), minutes_.end(), wanted,
                                        [](std::int32_t had, Duration want) { return minutes{had} < want; });
  if (reached == minutes_.end()) return std::nullopt;
  const auto index = reached - minutes_.begin() - 1;
  return begins_ + minutes{index} + (wanted - minutes{minutes_[static_cast<std::size_t>(index)]});
}

}  // namespace hotline::sim
