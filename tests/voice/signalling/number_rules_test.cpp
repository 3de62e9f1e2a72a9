// SPDX-License-Identifier: Apache-2.0
// Numbers in and out of a trunk: prefixes, expressions, what is refused.
#include "voice/signalling/number_rules.hpp"

#include <gtest/gtest.h>

#include "voice/signalling/trunks.hpp"

namespace hotline::voice::signalling {
namespace {

NumberRules rules(const std::vector<NumberRule>& list) {
  return NumberRules::make(list, "out", "called").value();
}

TEST(NumberRules, TheFirstRuleThatFitsChangesTheNumber) {
  const auto e164 = rules({{.prefix = "00", .strip = 2, .add = "+"},
                           {.prefix = "0", .strip = 1, .add = "+886"},
                           {.prefix = "+", .strip = 0, .add = ""},
                           {.prefix = "", .strip = 0, .add = "+8862"}});
  EXPECT_EQ(e164.apply("0044201234"), "+44201234");
  EXPECT_EQ(e164.apply("0912345678"), "+886912345678");
  EXPECT_EQ(e164.apply("+491234"), "+491234");
  EXPECT_EQ(e164.apply("27201111"), "+886227201111");
  EXPECT_EQ(e164.apply(""), "") << "a number that is withheld stays so";
}

TEST(NumberRules, ExpressionsTakeTheWholeNumberAndPutItsGroups) {
  const auto national =
      rules({{.pattern = "\\+886([2-8])([0-9]{7,8})", .add = "0\\1\\2"}, {.pattern = "11[0-9]", .strip = 1}});
  EXPECT_EQ(national.apply("+886227201111"), "0227201111");
  EXPECT_EQ(national.apply("x+886227201111"), "x+886227201111");
  EXPECT_EQ(national.apply("119"), "19");
  EXPECT_EQ(national.apply("1190"), "1190");
}

TEST(NumberRules, StrippingMoreThanThereIsLeavesWhatIsAdded) {
  EXPECT_EQ(rules({{.prefix = "1", .strip = 9, .add = "x"}}).apply("12"), "x");
}

TEST(NumberRules, OnlyRulesOfTheDirectionAndTheNumberCount) {
  const std::vector<NumberRule> list{{.direction = "in", .number = "called", .prefix = "", .add = "1"},
                                     {.direction = "out", .number = "caller", .prefix = "", .add = "2"}};
  EXPECT_TRUE(rules(list).empty());
  EXPECT_EQ(NumberRules::make(list, "in", "called")->apply("0"), "10");
}

TEST(NumberRules, PatternsThatCouldTakeForeverOrAreWrongAreRefused) {
  const auto problem = [](const std::string& pattern) {
    return NumberRules::make({{.pattern = pattern}}, "out", "called").error().what;
  };
  EXPECT_NE(problem("(0+)\\1").find("back reference"), std::string::npos);
  EXPECT_NE(problem("(0").find("not usable"), std::string::npos);
  EXPECT_NE(problem(std::string(129, '0')).find("128"), std::string::npos);
  EXPECT_FALSE(NumberRules::make({{.prefix = "0", .pattern = "0"}}, "out", "called"));
  EXPECT_EQ(rules({{.pattern = "(0|00)*1"}}).apply(std::string(64, '0')), std::string(64, '0'));
  EXPECT_EQ(rules({{.prefix = "0", .add = "1"}}).apply(std::string(65, '0')), std::string(65, '0'))
      << "too long to be a number";
}

TEST(CallerNumber, OneThatMayNotBeShownBecomesTheTrunksOwn) {
  const auto trunk =
      Trunk::make({.name = "t",
                   .rules = {{.direction = "out", .number = "caller", .prefix = "0", .strip = 1, .add = "+886"}},
                   .caller_default = "+886227200000",
                   .caller_prefixes = {"+88622720", "+88677"}},
                  {})
          .value();
  EXPECT_EQ(trunk.caller_out("0227201234"), "+886227201234");
  EXPECT_EQ(trunk.caller_out("0912345678"), "+886227200000");
  EXPECT_EQ(trunk.caller_out(""), "+886227200000");
}

}  // namespace
}  // namespace hotline::voice::signalling
