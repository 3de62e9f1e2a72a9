// SPDX-License-Identifier: Apache-2.0
// Ways out of a queue, opening hours, the expected wait and its announcement.
#include "domain/acd/acd_fixture.hpp"

namespace hotline::acd {
namespace {

class AcdExits : public AcdFixture {
 protected:
  void exits(QueueExits exits, OpenHours hours = {}) {
    QueueConfig config{.id = kSales, .code = "sales"};
    config.exits = std::move(exits);
    config.hours = std::move(hours);
    (void)acd.configure_queue(std::move(config), last_);
  }
  void expect_exit(const Effects& effects, std::uint64_t call, ExitWhy why, const std::string& target) {
    const auto exited = first<Exited>(effects);
    ASSERT_TRUE(exited);
    EXPECT_EQ(exited->call, CallId{call});
    EXPECT_EQ(exited->why, why);
    EXPECT_EQ(exited->target, target);
    EXPECT_EQ(acd.waiting(CallId{call}), nullptr);
  }
};

/// Monday to Friday 08:00 to 12:00 and 13:00 to 18:00; Tuesday a holiday, Saturday worked until noon.
OpenHours office() {
  OpenHours hours;
  for (int day = 0; day < 5; ++day) hours.week[day] = {{480, 720}, {780, 1080}};
  const std::int64_t monday = (to_unix_ms(at(0)) + 8 * 3'600'000) / 86'400'000;
  hours.days[monday + 1] = {};
  hours.days[monday + 5] = {{480, 720}};
  return hours;
}

TEST(OpenHoursTest, week_holiday_and_worked_weekend) {
  const OpenHours hours = office();
  const int h = 3600, day = 24 * h;  // at(0) is Monday 08:00
  EXPECT_TRUE(is_open(hours, at(0)));
  EXPECT_FALSE(is_open(hours, at(-1)));
  EXPECT_FALSE(is_open(hours, at(4 * h)));       // noon
  EXPECT_TRUE(is_open(hours, at(5 * h)));        // 13:00
  EXPECT_FALSE(is_open(hours, at(10 * h)));      // 18:00
  EXPECT_FALSE(is_open(hours, at(day + h)));     // the holiday
  EXPECT_TRUE(is_open(hours, at(5 * day + h)));  // the Saturday
  EXPECT_FALSE(is_open(hours, at(6 * day + h)));
  EXPECT_EQ(next_change(hours, at(0)), at(4 * h));
  EXPECT_EQ(next_change(hours, at(10 * h)), at(2 * day)) << "over the holiday";
  EXPECT_EQ(next_change(OpenHours{}, at(0)), std::nullopt);
  OpenHours never;
  never.week[0] = {};
  EXPECT_FALSE(is_open(never, at(0)));
  EXPECT_EQ(next_change(never, at(0)), std::nullopt);
}

TEST_F(AcdExits, who_comes_outside_the_hours_is_sent_on_at_the_door) {
  exits({.closed = "flow:after_hours"}, office());
  agent(kAnna, {kSales});
  ready(kAnna, at(-10));
  expect_exit(enqueue(call(1, kSales, at(-9)), at(-9)), 1, ExitWhy::closed, "flow:after_hours");
  auto back = call(2, kSales, at(-8));
  back.may_exit = false;
  EXPECT_TRUE(offer_in(enqueue(back, at(-8)))) << "one who comes back from a failed transfer stays";
  EXPECT_FALSE(first<Exited>(enqueue(call(3, kSales, at(1)), at(1))));
}

TEST_F(AcdExits, at_closing_time_those_who_wait_leave_and_the_one_who_rings_does_not) {
  exits({.closed = "flow:after_hours", .empty_at_close = true}, office());
  agent(kAnna, {kSales});
  ready(kAnna, at(4 * 3600 - 10));
  enqueue(call(1, kSales, at(4 * 3600 - 9)), at(4 * 3600 - 9));
  enqueue(call(2, kSales, at(4 * 3600 - 8)), at(4 * 3600 - 8));
  EXPECT_EQ(acd.next_due(), at(4 * 3600));
  const auto effects = tick(at(4 * 3600));
  EXPECT_EQ(effects.size(), 1U);
  expect_exit(effects, 2, ExitWhy::closed, "flow:after_hours");
  EXPECT_EQ(acd.offered_to(CallId{1}), kAnna);
}

TEST_F(AcdExits, a_queue_without_agents_sends_on_at_once) {
  exits({.nobody = "queue:general"});
  agent(kAnna, {kSales});
  expect_exit(enqueue(call(1, kSales, at(1)), at(1)), 1, ExitWhy::nobody, "queue:general");
  ready(kAnna, at(2));
  EXPECT_TRUE(offer_in(enqueue(call(2, kSales, at(3)), at(3))));
}

TEST_F(AcdExits, a_long_queue_sends_the_next_one_on) {
  exits({.length_max = 2, .length = "queue:faults"});
  enqueue(call(1, kSales, at(1)), at(1));
  enqueue(call(2, kSales, at(2)), at(2));
  expect_exit(enqueue(call(3, kSales, at(3)), at(3)), 3, ExitWhy::length, "queue:faults");
}

TEST_F(AcdExits, who_would_wait_too_long_is_sent_on_at_once) {
  QueueConfig config{.id = kSales, .code = "sales"};
  config.handling = seconds{100};
  config.exits.predicted_max = seconds{150};
  config.exits.predicted = "call_back";
  acd.configure_queue(config);
  agent(kAnna, {kSales});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  ok(acd.accept(CallId{1}, kAnna, at(2)));
  EXPECT_FALSE(first<Exited>(enqueue(call(2, kSales, at(3)), at(3)))) << "100 s";
  expect_exit(enqueue(call(3, kSales, at(4)), at(4)), 3, ExitWhy::predicted, "call_back");
  EXPECT_FALSE(first<Exited>(enqueue(call(4, kSales, at(5), 9), at(5)))) << "points put this one first: 100 s";
}

TEST_F(AcdExits, who_has_waited_too_long_is_sent_on_unless_somebody_rings) {
  exits({.wait_max = seconds{60}, .wait = "call_back"});
  agent(kAnna, {kSales});
  enqueue(call(1, kSales, at(-500)), at(0));  // came back with an old clock: the time in this queue counts
  enqueue(call(2, kSales, at(10)), at(10));
  expect_exit(tick(at(60)), 1, ExitWhy::wait, "call_back");
  ready(kAnna, at(69));
  EXPECT_EQ(acd.offered_to(CallId{2}), kAnna);
  EXPECT_FALSE(first<Exited>(tick(at(70))));
  const auto effects = ok(acd.refuse(CallId{2}, kAnna, OfferEnd::rejected, at(80)));
  EXPECT_FALSE(first<Exited>(effects));
  expect_exit(tick(at(81)), 2, ExitWhy::wait, "call_back");
}

TEST_F(AcdExits, a_digit_lets_the_caller_out_even_while_somebody_rings) {
  exits({.digits = {{'1', "call_back"}, {'9', ""}}});
  agent(kAnna, {kSales});
  ready(kAnna, at(0));
  enqueue(call(1, kSales, at(1)), at(1));
  EXPECT_EQ(acd.press(CallId{1}, '5', at(2)).error(), Error::no_such_exit);
  EXPECT_EQ(acd.press(CallId{1}, '9', at(2)).error(), Error::no_such_exit);
  EXPECT_EQ(acd.press(CallId{7}, '1', at(2)).error(), Error::unknown_call);
  const auto effects = ok(acd.press(CallId{1}, '1', at(3)));
  EXPECT_EQ(std::get<OfferEnded>(effects.front()).why, OfferEnd::withdrawn);
  expect_exit(effects, 1, ExitWhy::digit, "call_back");
  EXPECT_EQ(state(kAnna), AgentState::ready);
  last_ = at(3);
}

TEST_F(AcdExits, place_and_expected_wait_are_announced_in_time_and_not_while_somebody_rings) {
  QueueConfig config{.id = kSales, .code = "sales", .offer_timeout = seconds{25}};
  config.handling = seconds{100};
  config.announce = {.first = seconds{10}, .every = seconds{30}};
  acd.configure_queue(config);
  agent(kAnna, {kSales});
  agent(kBo, {kSales});
  enqueue(call(1, kSales, at(0)), at(0));
  enqueue(call(2, kSales, at(5)), at(5));
  auto due = first<AnnounceDue>(tick(at(10)));
  ASSERT_TRUE(due);
  EXPECT_EQ(due->call, CallId{1});
  EXPECT_EQ(due->position, 1U);
  EXPECT_EQ(due->wait, std::nullopt) << "nobody is signed in";
  ready(kAnna, at(11));
  EXPECT_EQ(acd.offered_to(CallId{1}), kAnna);
  due = first<AnnounceDue>(tick(at(15)));
  EXPECT_EQ(due->call, CallId{2});
  EXPECT_EQ(due->position, 2U);
  EXPECT_EQ(due->wait, seconds{200}) << "two calls of 100 s for one agent";
  for (int second = 16; second < 36; ++second) EXPECT_FALSE(first<AnnounceDue>(tick(at(second))));
  tick(at(36));  // nobody answered
  EXPECT_FALSE(first<AnnounceDue>(tick(at(39))));
  EXPECT_EQ(first<AnnounceDue>(tick(at(40)))->call, CallId{1});
  EXPECT_EQ(first<AnnounceDue>(tick(at(45)))->call, CallId{2});
}

TEST_F(AcdExits, the_expected_wait_follows_what_is_seen) {
  QueueConfig config{.id = kSales, .code = "sales"};
  config.handling = seconds{600};
  acd.configure_queue(config);
  agent(kAnna, {kSales});
  EXPECT_EQ(acd.expected_wait(kSales, 1, at(0)), std::nullopt);
  ready(kAnna, at(0));
  for (std::uint64_t c = 1; c <= 40; ++c) enqueue(call(c, kSales, at(0)), at(0));
  EXPECT_EQ(acd.expected_wait(kSales, 2, at(0)), seconds{1200});
  int now = 0;
  for (std::uint64_t c = 1; c <= 30; ++c, now += 60) serve(kAnna, CallId{c}, at(now), seconds{60});
  const auto expected = acd.expected_wait(kSales, 5, at(now));
  ASSERT_TRUE(expected);
  EXPECT_NEAR(static_cast<double>(expected->count()), 300'000.0, 30'000.0);
  EXPECT_EQ(acd.expected_wait(CallId{35}, at(now)), acd.expected_wait(kSales, 5, at(now)));
  EXPECT_GE(*acd.expected_wait(kSales, 1, at(now + 300)), seconds{240}) << "a head that does not move is seen, too";
}

TEST_F(AcdExits, the_expected_wait_goes_on_from_what_was_seen_before_a_start) {
  QueueConfig config{.id = kSales, .code = "sales"};
  config.handling = seconds{600};
  acd.configure_queue(config);
  agent(kAnna, {kSales});
  for (int i = 0; i < 8; ++i) acd.observe(kSales, at(60 * i), i < 7, seconds{50});
  acd.observe(QueueId{99}, at(0), true, seconds{50});  // of a queue that is gone: nothing
  ready(kAnna, at(430));
  const auto expected = acd.expected_wait(kSales, 5, at(430));
  ASSERT_TRUE(expected);
  EXPECT_EQ(*expected, seconds{300});
}

}  // namespace
}  // namespace hotline::acd
