// SPDX-License-Identifier: Apache-2.0
// Goal: what is due is worked off, at once while there is more, and goes on after an error.
#include "runtime/periodic.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace hotline::runtime {
namespace {

TEST(Periodic, GoesOnAtOnceWhileThereIsMore) {
  MonotoneClock clock;
  std::atomic<int> calls{0};
  std::promise<void> worked_off;
  Periodic periodic(
      {"test", Duration{3'600'000}}, clock,
      [&](TimePoint) {
        const int call = ++calls;
        if (call == 5) worked_off.set_value();
        return call < 5;
      },
      [](const std::string&) {});
  ASSERT_EQ(worked_off.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(calls, 5);  // and not again within the hour
}

TEST(Periodic, GoesOnAfterErrorsAndTellsTheFirstOfARow) {
  MonotoneClock clock;
  std::atomic<int> calls{0}, told{0};
  std::promise<void> twice;
  Periodic periodic(
      {"test", Duration{1}}, clock,
      [&](TimePoint) -> bool {
        const int call = ++calls;
        if (call == 8) twice.set_value();
        if (call != 4) throw std::runtime_error("the store is away");
        return false;
      },
      [&](const std::string& what) {
        EXPECT_EQ(what, "the store is away");
        ++told;
      });
  ASSERT_EQ(twice.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace hotline::runtime
