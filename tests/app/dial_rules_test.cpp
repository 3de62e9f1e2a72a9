// SPDX-License-Identifier: Apache-2.0
// Which numbers may be called, with what explanation when not, and which number is shown.
#include "app/dial_rules.hpp"

#include <gtest/gtest.h>

namespace hotline::app {
namespace {

std::string code(const DialRules& rules, const std::string& number) {
  const auto refused = check_number(rules, number);
  return refused ? refused->code : "may be called";
}

TEST(DialRules, ANumberIsReadAsPeopleWriteIt) {
  EXPECT_EQ(without_separators("(010) 6512-3456"), "01065123456");
  EXPECT_EQ(code({}, without_separators("+86 10 6512 3456")), "may be called");
  EXPECT_EQ(code({}, "01065x23456"), "bad_value");
  EXPECT_EQ(code({}, "*21#"), "bad_value");
  EXPECT_EQ(code({}, "+"), "bad_value");
  EXPECT_EQ(code({}, ""), "bad_value");
  EXPECT_EQ(code({}, "12"), "bad_value");
  EXPECT_EQ(code({}, std::string(19, '5')), "bad_value");
}

TEST(DialRules, RefusedPrefixesWinOverAllowedOnes) {
  DialRules rules;
  rules.allowed = {"0", "1"};
  rules.refused = {"00", "0900"};
  EXPECT_EQ(code(rules, "01065123456"), "may be called");
  EXPECT_EQ(code(rules, "0044123456"), "number_not_allowed");
  EXPECT_EQ(code(rules, "09001234"), "number_not_allowed");
  EXPECT_EQ(code(rules, "65123456"), "number_not_allowed");
}

TEST(DialRules, EmergencyNumbersSayWhatToDoInstead) {
  const auto refused = check_number({}, "110");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, "emergency_number");
  EXPECT_NE(refused->message.find("telephone of your own"), std::string::npos);
  EXPECT_EQ(code({}, "1101"), "may be called") << "only the whole number is one";
}

TEST(DialRules, SwitchedOffNothingMayBeCalled) {
  DialRules rules;
  rules.enabled = false;
  EXPECT_EQ(code(rules, "01065123456"), "number_not_allowed");
}

TEST(DialRules, TheLineDecidesWhichNumberIsShown) {
  DialRules rules;
  rules.shown = "1000";
  rules.by_line = {{"112", "1120"}};
  EXPECT_EQ(shown_number(rules, "112"), "1120");
  EXPECT_EQ(shown_number(rules, "114"), "1000");
}

}  // namespace
}  // namespace hotline::app
