// SPDX-License-Identifier: Apache-2.0
// Goal: nothing put into a mailbox is lost or reordered, and a full one says so at once.
#include "runtime/mailbox.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace hotline::runtime {
namespace {

TEST(Mailbox, refuses_when_full_and_takes_in_again_once_emptied) {
  Mailbox<int> mailbox(2);
  EXPECT_TRUE(mailbox.try_push(1));
  EXPECT_TRUE(mailbox.try_push(2));
  EXPECT_FALSE(mailbox.try_push(3));
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take_all(out, std::nullopt));
  EXPECT_EQ(out, (std::vector<int>{1, 2}));
  EXPECT_TRUE(mailbox.try_push(4));
}

TEST(Mailbox, a_deadline_ends_the_wait_with_nothing) {
  Mailbox<int> mailbox(2);
  std::vector<int> out{7};
  EXPECT_TRUE(mailbox.take_all(out, std::chrono::steady_clock::now()));
  EXPECT_TRUE(out.empty());
}

TEST(Mailbox, closing_lets_out_what_waits_and_then_ends) {
  Mailbox<int> mailbox(2);
  EXPECT_TRUE(mailbox.try_push(1));
  mailbox.close();
  EXPECT_FALSE(mailbox.try_push(2));
  std::vector<int> out;
  EXPECT_TRUE(mailbox.take_all(out, std::nullopt));
  EXPECT_EQ(out.size(), 1U);
  EXPECT_FALSE(mailbox.take_all(out, std::nullopt));
}

TEST(Mailbox, several_writers_each_keep_their_order) {
  constexpr int per_writer = 5'000;
  constexpr int writers = 3;
  Mailbox<std::pair<int, int>> mailbox(64);
  std::vector<std::thread> threads;
  for (int writer = 0; writer < writers; ++writer)
    threads.emplace_back([&mailbox, writer] {
      for (int i = 0; i < per_writer; ++i)
        while (!mailbox.try_push({writer, i})) std::this_thread::yield();
    });
  std::vector<int> next(writers, 0);
  std::vector<std::pair<int, int>> out;
  for (int received = 0; received < writers * per_writer;) {
    ASSERT_TRUE(mailbox.take_all(out, std::chrono::steady_clock::now() + std::chrono::seconds(20)));
    ASSERT_FALSE(out.empty());
    received += static_cast<int>(out.size());
    for (const auto& [writer, i] : out) ASSERT_EQ(i, next[static_cast<std::size_t>(writer)]++);
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace hotline::runtime
