// SPDX-License-Identifier: Apache-2.0
#include "voice/node/overload.hpp"

namespace hotline::voice::node {
namespace {

constexpr double busy_from = 0.95, easy_below = 0.80;  // between them nothing changes: no flapping
constexpr double late_share = 0.05;
constexpr std::uint64_t late_least = 50;  // of a handful of packets a few late ones say nothing
constexpr unsigned seconds_in_a_row = 2;

}  // namespace

bool Overload::take(const Sample& sample) {
  const bool late = sample.packets_late >= late_least &&
                    static_cast<double>(sample.packets_late) > late_share * static_cast<double>(sample.packets_sent);
  const bool bad = late || sample.signalling_busy >= busy_from;
  const bool easy = !late && sample.signalling_busy < easy_below;
  row_ = (on_ ? easy : bad) ? row_ + 1 : 0;
  if (row_ >= seconds_in_a_row) {
    on_ = !on_;
    row_ = 0;
  }
  return on_;
}

}  // namespace hotline::voice::node
