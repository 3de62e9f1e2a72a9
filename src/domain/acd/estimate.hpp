// SPDX-License-Identifier: Apache-2.0
// How long a caller will wait: from how fast the queue's head moved lately, and, while that is not known, from the
// usual handling time and the number of agents. Integers only. Private to this folder. On the core's live strand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace hotline::acd {

class WaitEstimate {
 public:
  /// An agent took a call out of the queue; `others_wait`: the head moved on because of it.
  void taken(TimePoint now, bool others_wait) {
    if (head_since_) {
      const std::int64_t gap = (now - *head_since_).count();
      gap_ms_ = gaps_ == 0 ? gap : gap_ms_ + (gap - gap_ms_) / kWeight;
      gaps_ = std::min(gaps_ + 1, kGapsToTrust);
      newest_ = now;
    }
    head_since_ = others_wait ? std::optional(now) : std::nullopt;
  }
  /// An agent was occupied by one call for this long, after-call work included.
  void handled(Duration time) {
    handling_ms_ = handling_ms_ < 0 ? time.count() : handling_ms_ + (time.count() - handling_ms_) / kWeight;
  }
  /// `position`: 1 is next; `staff`: agents who work for the queue now; `usual`: handling time to begin with.
  [[nodiscard]] std::optional<Duration> of(std::uint32_t position, std::uint32_t staff, Duration usual,
                                           TimePoint now) const {
    if (staff == 0) return std::nullopt;
    std::int64_t gap = (handling_ms_ < 0 ? usual.count() : handling_ms_) / staff;
    if (gaps_ == kGapsToTrust && now - newest_ < kGapsKept) {
      gap = gap_ms_;
      // A head that has not moved for longer than usual says that the queue has become slower.
      if (head_since_) gap = std::max(gap, (now - *head_since_).count());
    }
    return Duration{gap * position};
  }

 private:
  static constexpr std::int64_t kWeight = 8;  ///< of what was seen before, against one new sample
  static constexpr int kGapsToTrust = 4;
  static constexpr Duration kGapsKept{15 * 60'000};
  std::int64_t gap_ms_ = 0, handling_ms_ = -1;
  int gaps_ = 0;
  TimePoint newest_{};
  std::optional<TimePoint> head_since_;  ///< the head of the queue has waited as head since; none: nobody waited
};

}  // namespace hotline::acd
