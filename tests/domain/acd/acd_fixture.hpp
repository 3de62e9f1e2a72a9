// SPDX-License-Identifier: Apache-2.0
// Small worlds for tests of the ACD's rules: two queues, three agents.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/acd/acd.hpp"

namespace hotline::acd {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;

inline constexpr QueueId kSales{1}, kFaults{2};
inline constexpr AgentId kAnna{11}, kBo{12}, kChen{13};
inline constexpr SkillId kEnglish{5}, kRouter{6};

/// Seconds after 08:00 of a Monday, local (UTC+8).
inline TimePoint at(int s) {
  return from_unix_ms(1'700'438'400'000) + seconds{s};
}

class AcdFixture : public testing::Test {
 protected:
  void SetUp() override {
    acd.configure_queue({.id = kSales, .code = "sales"});
    acd.configure_queue({.id = kFaults, .code = "faults"});
  }
  void TearDown() override { EXPECT_THAT(acd.violations(last_), IsEmpty()); }

  void agent(AgentId id, std::vector<QueueId> queues, std::map<SkillId, int> skills = {}) {
    (void)acd.configure_agent({.id = id, .queues = std::move(queues), .skills = std::move(skills)}, at(0));
  }
  Effects ok(Result<Effects, Error> result) {
    EXPECT_TRUE(result.has_value()) << (result ? "" : to_string(result.error()));
    return result.value_or(Effects{});
  }
  Effects ready(AgentId id, TimePoint now) {
    last_ = now;
    return ok(acd.set_state(id, AgentState::ready, "", now));
  }
  Effects tick(TimePoint now) {
    last_ = now;
    return acd.tick(now);
  }
  Effects enqueue(WaitingCall call, TimePoint now) {
    last_ = now;
    return ok(acd.enqueue(std::move(call), now));
  }
  /// The agent talks for `talk` and is ready again at once.
  Effects serve(AgentId id, CallId call, TimePoint now, Duration talk) {
    ok(acd.accept(call, id, now));
    last_ = now + talk;
    ok(acd.call_finished(id, call, last_));
    return ok(acd.finish_wrap_up(id, AgentState::ready, "", last_));
  }
  WaitingCall call(std::uint64_t id, QueueId queue, TimePoint since, int priority = 0,
                   std::map<SkillId, int> skills = {}) {
    WaitingCall call;
    call.call = CallId{id};
    call.queue = queue;
    call.priority = priority;
    call.skills = std::move(skills);
    call.enqueued_at = since;
    return call;
  }
  AgentState state(AgentId id) { return acd.agent(id)->state; }
  template <class Kind>
  static std::optional<Kind> first(const Effects& effects) {
    for (const auto& effect : effects) {
      if (const auto* found = std::get_if<Kind>(&effect)) return *found;
    }
    return std::nullopt;
  }
  static std::optional<OfferMade> offer_in(const Effects& effects) { return first<OfferMade>(effects); }

  Acd acd;
  TimePoint last_ = at(0);
};

}  // namespace hotline::acd
