// SPDX-License-Identifier: Apache-2.0
// Goal: PollLoop reports readiness, runs posted tasks in order and timers when due, and survives what callbacks do to
// it.
#include "runtime/event_loop.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>

namespace hotline::runtime {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

std::pair<Fd, Fd> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

TEST(PollLoop, posts_from_another_thread_run_in_order) {
  LoopThread thread("test");
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  for (int i = 0; i < 1'000; ++i) thread.loop().post([&, i] { order.push_back(i); });
  thread.loop().post([&] { done.set_value(order); });
  auto result = done.get_future();
  ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
  const auto got = result.get();
  ASSERT_EQ(got.size(), 1'000U);
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
}

TEST(PollLoop, a_watched_descriptor_is_reported_readable_and_hang_up_too) {
  auto [ours, theirs] = socket_pair();
  LoopThread thread("test");
  std::promise<std::string> ended;
  std::string heard;
  thread.run_and_wait([&, fd = ours.get()] {
    thread.loop().watch(fd, false, [&, fd](bool readable, bool) {
      if (!readable) return;
      std::array<char, 16> buffer{};
      const ssize_t got = ::read(fd, buffer.data(), buffer.size());
      if (got > 0) heard.append(buffer.data(), static_cast<std::size_t>(got));
      if (got == 0) {
        thread.loop().unwatch(fd);
        ended.set_value(heard);
      }
    });
  });
  ASSERT_EQ(::write(theirs.get(), "hello", 5), 5);
  theirs.reset();
  auto result = ended.get_future();
  ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(result.get(), "hello");
}

TEST(PollLoop, writability_is_reported_only_when_wanted) {
  auto [ours, theirs] = socket_pair();
  LoopThread thread("test");
  std::promise<void> writable;
  bool early = false;
  thread.run_and_wait([&, fd = ours.get()] { thread.loop().watch(fd, false, [&](bool, bool w) { early |= w; }); });
  thread.run_and_wait([&, fd = ours.get()] {
    EXPECT_FALSE(early);
    thread.loop().watch(fd, true, [&, fd](bool, bool w) {
      if (!w) return;
      thread.loop().unwatch(fd);
      writable.set_value();
    });
  });
  EXPECT_EQ(writable.get_future().wait_for(10s), std::future_status::ready);
}

TEST(PollLoop, timers_fire_in_order_of_their_time) {
  LoopThread thread("test");
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  thread.loop().post([&] {
    thread.loop().after(20ms, [&] {
      order.push_back(2);
      done.set_value(order);
    });
    thread.loop().after(5ms, [&] { order.push_back(1); });
  });
  auto result = done.get_future();
  ASSERT_EQ(result.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(result.get(), (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace hotline::runtime
