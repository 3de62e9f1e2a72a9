// SPDX-License-Identifier: Apache-2.0
// Goal: what is sent at a pace goes at once on a quiet stream, together on a busy one, in order with everything else,
// and whoever waits for room hears of it.
#include "voice_link/link_stream.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hotline::voice_link {
namespace {

/// A loop whose timers run when the test says so.
class ManualLoop final : public runtime::EventLoop {
 public:
  void post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  void watch(int, bool want_write, Ready on_ready) override {
    wants_write = want_write;
    ready = std::move(on_ready);
  }
  void unwatch(int) override { ready = nullptr; }
  void after(Duration delay, std::function<void()> task) override {
    delays.push_back(delay);
    tasks.push_back(std::move(task));
  }
  void run() {
    for (auto& task : std::exchange(tasks, {})) task();
  }

  std::vector<std::function<void()>> tasks;
  std::vector<Duration> delays;
  bool wants_write = false;
  Ready ready;
};

/// Takes up to `room` bytes and keeps what each write brought.
class Sink final : public ByteStream {
 public:
  Sink(std::vector<std::string>& writes, std::size_t& room) : writes_(writes), room_(room) {}
  [[nodiscard]] int fd() const override { return 3; }
  [[nodiscard]] IoResult read(std::span<char>) override { return {IoResult::State::again, 0}; }
  [[nodiscard]] IoResult write(std::string_view bytes) override {
    const std::size_t taken = std::min(room_, bytes.size());
    if (taken == 0) return {IoResult::State::again, 0};
    room_ -= taken;
    writes_.emplace_back(bytes.substr(0, taken));
    return {IoResult::State::done, taken};
  }

 private:
  std::vector<std::string>& writes_;
  std::size_t& room_;
};

std::string frames(const std::vector<std::string>& payloads) {
  std::string out;
  for (const auto& payload : payloads) EXPECT_TRUE(append_frame(out, payload));
  return out;
}

class LinkStreamTest : public ::testing::Test {
 protected:
  static constexpr Duration hour{3'600'000};  // no machine is so slow that it passes during a test
  ManualLoop loop;
  std::vector<std::string> writes;
  std::size_t room = 1'000'000;
  int drained = 0;
  std::shared_ptr<LinkStream> stream = LinkStream::open(loop, std::make_unique<Sink>(writes, room),
                                                        {.frame = {}, .closed = {}, .drained = [this] { ++drained; }});
};

TEST_F(LinkStreamTest, the_first_goes_at_once_and_what_follows_soon_goes_together) {
  EXPECT_TRUE(stream->send_paced("a", hour));
  EXPECT_EQ(writes, (std::vector{frames({"a"})}));
  EXPECT_TRUE(stream->send_paced("b", hour));
  EXPECT_TRUE(stream->send_paced("c", hour));
  EXPECT_EQ(writes.size(), 1U);
  ASSERT_EQ(loop.delays.size(), 1U);
  EXPECT_LE(loop.delays.front(), hour);
  loop.run();
  EXPECT_EQ(writes, (std::vector{frames({"a"}), frames({"b", "c"})}));
  EXPECT_EQ(stream->unsent(), 0U);
}

TEST_F(LinkStreamTest, what_may_not_wait_takes_along_what_waits) {
  EXPECT_TRUE(stream->send_paced("a", hour));
  EXPECT_TRUE(stream->send_paced("b", hour));
  EXPECT_TRUE(stream->send("now"));
  EXPECT_EQ(writes, (std::vector{frames({"a"}), frames({"b", "now"})}));
  loop.run();
  EXPECT_EQ(writes.size(), 2U);
}

TEST_F(LinkStreamTest, who_waits_for_room_is_told_when_the_kernel_has_all) {
  EXPECT_TRUE(stream->send_paced("a", hour));
  EXPECT_TRUE(stream->send_paced("b", hour));
  loop.run();
  EXPECT_EQ(drained, 1);
  EXPECT_TRUE(stream->send_paced("c", hour));
  room = 2;
  loop.run();
  EXPECT_EQ(drained, 1);
  EXPECT_TRUE(loop.wants_write);
  room = 1'000;
  loop.ready(false, true);
  EXPECT_EQ(drained, 2);
  EXPECT_EQ(stream->unsent(), 0U);
}

TEST_F(LinkStreamTest, a_stream_closed_meanwhile_writes_nothing) {
  EXPECT_TRUE(stream->send_paced("a", hour));
  EXPECT_TRUE(stream->send_paced("b", hour));
  stream->close();
  loop.run();
  EXPECT_EQ(writes.size(), 1U);
  EXPECT_FALSE(stream->send_paced("c", hour));
}

}  // namespace
}  // namespace hotline::voice_link
