// SPDX-License-Identifier: Apache-2.0
// Whether the node has more to do than it can do well: then new calls are refused (503, Retry-After) so that those
// taken stay perfect. Looks once a second at what shows it first: the signalling thread without a pause, media packets
// leaving late. Pure.
#pragma once

#include <cstdint>

namespace hotline::voice::node {

class Overload {
 public:
  /// Of the last second.
  struct Sample {
    double signalling_busy = 0;  ///< share of the time its thread computed, 0 to 1
    std::uint64_t packets_sent = 0, packets_late = 0;
  };
  /// True while new calls should be refused. One bad second is a hiccup, two are overload; two easy ones end it.
  bool take(const Sample& sample);
  [[nodiscard]] bool on() const { return on_; }

 private:
  bool on_ = false;
  unsigned row_ = 0;  ///< seconds in a row that speak for the other state
};

}  // namespace hotline::voice::node
