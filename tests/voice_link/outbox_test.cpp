// SPDX-License-Identifier: Apache-2.0
// Goal: an event stays until acknowledged; at the bound only what settles nothing goes, and never the end of a call.
#include "voice_link/outbox.hpp"

#include <gtest/gtest.h>

namespace hotline::voice_link {
namespace {

link::FromNode digit(std::uint64_t leg) {
  link::FromNode event;
  event.mutable_digit()->set_leg(leg);
  event.mutable_digit()->set_digit("5");
  return event;
}
link::FromNode ended(std::uint64_t leg) {
  link::FromNode event;
  event.mutable_ended()->set_leg(leg);
  return event;
}
std::vector<std::uint64_t> kept(const Outbox& outbox) {
  std::vector<std::uint64_t> result;
  std::uint64_t at = 0;
  while (const auto* entry = outbox.first_after(at)) result.push_back(at = entry->seq);
  return result;
}

TEST(Outbox, says_of_each_event_that_goes_that_it_is_settled) {
  Outbox outbox(1'000'000);
  for (std::uint64_t leg = 1; leg <= 4; ++leg) outbox.append(digit(leg));
  std::vector<std::uint64_t> settled;
  const auto note = [&](const Outbox::Entry& entry) { settled.push_back(entry.seq); };
  outbox.acknowledge(2, note);
  outbox.acknowledge(2, note);
  outbox.acknowledge(3, note);
  EXPECT_EQ(settled, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Outbox, keeps_in_order_what_is_not_acknowledged) {
  Outbox outbox(1'000'000);
  for (std::uint64_t leg = 1; leg <= 5; ++leg) EXPECT_EQ(outbox.append(digit(leg)), leg);
  outbox.acknowledge(2);
  EXPECT_EQ(kept(outbox), (std::vector<std::uint64_t>{3, 4, 5}));
  outbox.acknowledge(1);
  EXPECT_EQ(outbox.size(), 3U) << "an older acknowledgement changes nothing";
  outbox.acknowledge(5);
  EXPECT_EQ(outbox.size(), 0U);
  EXPECT_EQ(outbox.bytes(), 0U);
  EXPECT_EQ(outbox.append(digit(1)), 6U) << "numbers go on";
}

TEST(Outbox, the_payload_carries_the_number) {
  Outbox outbox(1'000'000);
  outbox.append(digit(9));
  link::FromNode read;
  ASSERT_TRUE(read.ParseFromString(outbox.first_after(0)->payload));
  EXPECT_EQ(read.seq(), 1U);
  EXPECT_EQ(read.digit().leg(), 9U);
}

TEST(Outbox, at_the_bound_digits_of_ended_legs_go_first_and_ends_never) {
  Outbox outbox(20'000);
  std::uint64_t ends = 0;
  for (std::uint64_t leg = 1; leg <= 100; ++leg) {
    for (int i = 0; i < 20; ++i) outbox.append(digit(leg));
    outbox.append(ended(leg));
    ++ends;
  }
  EXPECT_GT(outbox.dropped(), 1'000U);
  EXPECT_LT(outbox.bytes(), 30'000U);
  std::uint64_t found = 0;
  std::uint64_t at = 0;
  while (const auto* entry = outbox.first_after(at)) {
    at = entry->seq;
    if (entry->kind == link::FromNode::kEnded) ++found;
  }
  EXPECT_EQ(found, ends);
}

TEST(Outbox, digits_of_living_legs_are_kept_over_the_bound_and_counted_as_an_error) {
  Outbox outbox(5'000);
  for (int i = 0; i < 500; ++i) outbox.append(digit(7));
  EXPECT_EQ(outbox.size(), 500U);
  EXPECT_EQ(outbox.dropped(), 0U);
  EXPECT_GT(outbox.over_bound(), 0U);
}

}  // namespace
}  // namespace hotline::voice_link
