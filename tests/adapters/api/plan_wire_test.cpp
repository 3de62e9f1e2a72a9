// SPDX-License-Identifier: Apache-2.0
// A plan that would take minutes, or that nobody can mean, is refused by the member at fault.
#include "adapters/api/plan_wire.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace hotline::api {
namespace {

Result<PlanBody, jsonmap::Errors> read(const std::string& text) {
  jsonmap::Limits limits;
  limits.missing_ok = true;
  return jsonmap::read<PlanBody>(text, limits);
}

TEST(PlanBody, WhatIsLeftOutIsAsUsual) {
  const auto body = read(R"({"rows":[{"time":"09:00","calls":120.5}],"goal":0.8})");
  ASSERT_TRUE(body);
  const app::PlanInput input = input_of(*body);
  EXPECT_EQ(input.rows.front().time, "09:00");
  EXPECT_EQ(input.rows.front().calls, 120.5);
  EXPECT_EQ(input.goal, 0.8);
  EXPECT_EQ(input.days, 20U);
  EXPECT_EQ(input.handling, Duration{180'000});
}

TEST(PlanBody, OneMemberOutOfBoundsIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"rows":[],"goal":0.8})", "rows"},
      {R"({"rows":[{"calls":-1}],"goal":0.8})", "rows"},
      {R"({"rows":[{"calls":100001}],"goal":0.8,"days":1})", "rows"},
      {R"({"rows":[{"calls":10,"agents":5001}]})", "rows"},
      {R"({"rows":[{"calls":10}]})", "rows"},  // neither agents nor a goal
      {R"({"rows":[{"calls":0}],"goal":0.8})", "days"},
      {R"({"rows":[{"calls":90000}],"goal":0.8,"days":12})", "days"},
      {R"({"rows":[{"calls":10}],"goal":0.8,"days":0})", "days"},
      {R"({"rows":[{"calls":10}],"goal":1})", "goal"},
      {R"({"rows":[{"calls":10}],"goal":0.8,"interval_ms":1})", "interval_ms"},
      {R"({"rows":[{"calls":10}],"goal":0.8,"handling_ms":0})", "handling_ms"},
      {R"({"rows":[{"calls":10}],"goal":0.8,"blocking":0})", "blocking"},
      {R"({"rows":[{"calls":10}],"goal":0.8,"seed":0})", "seed"},
  };
  for (const auto& [text, member] : cases) {
    const auto body = read(text);
    ASSERT_FALSE(body) << text;
    EXPECT_NE(jsonmap::to_string(body.error()).find(member), std::string::npos) << jsonmap::to_string(body.error());
  }
  std::string many = R"({"goal":0.8,"rows":[)";
  for (int i = 0; i < 289; ++i) many += R"({"calls":1},)";
  many.back() = ']';
  EXPECT_FALSE(read(many + "}"));
}

TEST(PlanResultBody, AnEndlessWaitIsNoNumber) {
  app::PlanResult result;
  result.rows.resize(1);
  result.rows[0].erlang_c.mean_wait_s = std::numeric_limits<double>::infinity();
  result.rows[0].erlang_a.mean_wait_s = 7.5;
  const PlanResultBody body = body_of(result);
  EXPECT_FALSE(body.rows[0].erlang_c.mean_wait_s);
  EXPECT_EQ(body.rows[0].erlang_a.mean_wait_s, 7.5);
}

}  // namespace
}  // namespace hotline::api
