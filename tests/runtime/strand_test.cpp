// SPDX-License-Identifier: Apache-2.0
// Goal: a strand runs tasks in order on one thread, its timers and the deadline hook when they are due, and ends
// cleanly.
#include "runtime/strand.hpp"

#include <gtest/gtest.h>

#include <future>

namespace hotline::runtime {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

TEST(Strand, runs_tasks_in_order_on_its_own_thread) {
  const MonotoneClock clock;
  std::vector<int> order;
  bool own_thread = true;
  {
    Strand strand({.name = "test"}, clock);
    for (int i = 0; i < 100; ++i)
      ASSERT_TRUE(strand.post([&, i] {
        order.push_back(i);
        own_thread = own_thread && strand.on_strand();
      }));
    EXPECT_FALSE(strand.on_strand());
  }
  ASSERT_EQ(order.size(), 100U) << "what was posted before the stop must have run";
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_TRUE(own_thread);
}

TEST(Strand, a_full_mailbox_refuses_instead_of_waiting) {
  const MonotoneClock clock;
  std::promise<void> busy;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  Strand strand({.name = "test", .mailbox_max = 3}, clock);
  ASSERT_TRUE(strand.post([&] {
    busy.set_value();
    released.wait();
  }));
  busy.get_future().wait();
  int accepted = 0;
  while (accepted < 10 && strand.post([] {})) ++accepted;
  EXPECT_EQ(accepted, 3);
  release.set_value();
}

TEST(Strand, timers_fire_in_order_of_their_time) {
  const MonotoneClock clock;
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  Strand strand({.name = "test"}, clock);
  ASSERT_TRUE(strand.post([&] {
    strand.after(20ms, [&] {
      order.push_back(3);
      done.set_value(order);
    });
    strand.after(10ms, [&] { order.push_back(2); });
    strand.after(0ms, [&] { order.push_back(1); });
  }));
  auto result = done.get_future();
  ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(result.get(), (std::vector<int>{1, 2, 3}));
}

TEST(Strand, the_deadline_hook_is_called_when_its_time_has_come_and_not_before) {
  const MonotoneClock clock;
  const TimePoint due = clock.now() + 30ms;
  std::optional<TimePoint> next = due;
  std::promise<TimePoint> fired;
  Strand strand({.name = "test"}, clock,
                {.next_due = [&] { return next; },
                 .run =
                     [&](TimePoint now) {
                       next.reset();
                       fired.set_value(now);
                     }});
  auto result = fired.get_future();
  ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
  EXPECT_GE(result.get(), due);
}

TEST(Strand, stop_drops_timers_that_are_not_due) {
  const MonotoneClock clock;
  bool fired = false;
  {
    Strand strand({.name = "test"}, clock);
    ASSERT_TRUE(strand.post([&] { strand.after(std::chrono::hours{1}, [&] { fired = true; }); }));
    strand.stop();
    EXPECT_FALSE(strand.post([] {}));
  }
  EXPECT_FALSE(fired);
}

}  // namespace
}  // namespace hotline::runtime
