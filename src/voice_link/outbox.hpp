// SPDX-License-Identifier: Apache-2.0
// Events of a voice node that the core has not acknowledged. Pure; on the node's signalling thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "voice_link.pb.h"

namespace hotline::voice_link {

class Outbox {
 public:
  struct Entry {
    std::uint64_t seq = 0;
    std::uint64_t leg = 0;
    link::FromNode::BodyCase kind = link::FromNode::BODY_NOT_SET;
    std::string payload;  ///< serialized, ready to be framed
  };

  explicit Outbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Gives the event the next number and keeps it. Over the bound, events that settle nothing are dropped (digits, play
  /// ends, hold changes of legs whose end is already here); when that does not help the event is kept all the same and
  /// counted in over_bound(): what settles a call is never lost.
  std::uint64_t append(link::FromNode event);
  /// The consequences of everything up to `seq` are committed.
  void acknowledge(std::uint64_t seq) {
    acknowledge(seq, [](const Entry&) {});
  }
  /// The same; `settled` is called for each event that goes.
  void acknowledge(std::uint64_t seq, const std::function<void(const Entry&)>& settled);
  /// The first event after `seq`, nullptr when there is none; valid until the outbox is changed.
  [[nodiscard]] const Entry* first_after(std::uint64_t seq) const;

  [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }  ///< events that settled nothing
  [[nodiscard]] std::uint64_t over_bound() const {
    return over_bound_;
  }  ///< events kept although the bound was reached

 private:
  void drop_what_settles_nothing();

  const std::size_t bytes_max_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  std::size_t tidy_at_ = 0;  // not tried again before the outbox has grown to this: tidying costs a walk over all of it
  std::uint64_t last_seq_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t over_bound_ = 0;
};

/// The leg an event is about, 0 for none.
[[nodiscard]] std::uint64_t leg_of(const link::FromNode& event);

}  // namespace hotline::voice_link
