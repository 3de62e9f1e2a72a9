// SPDX-License-Identifier: Apache-2.0
// How a trunk's numbers are turned into ours and back: E.164, trunk prefixes, what a carrier wants to see. Pure, no
// libre; any thread.
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hotline::voice::signalling {

/// One rule as it is configured. The first rule that fits a number changes it; the others are not looked at.
struct NumberRule {
  std::string direction = "out";  ///< "in": of calls from the trunk, "out": of calls to it
  std::string number = "called";  ///< "called" or "caller"
  std::string prefix{};           ///< fits numbers that begin so ("" with no pattern: every number)
  std::string pattern{};          ///< instead of prefix: POSIX extended regular expression for the whole number
  std::uint32_t strip = 0;        ///< characters taken from the front
  std::string add{};              ///< put in front of what is left; with a pattern: the new number, \1 to \9 its groups
};

/// The rules of one direction and one kind of number.
class NumberRules {
 public:
  /// Fails naming what is wrong with a pattern.
  static Result<NumberRules, Problem> make(const std::vector<NumberRule>& rules, std::string_view direction,
                                           std::string_view number);

  /// The number after the first rule that fits; as it was when none does. Numbers over 64 characters are left alone.
  [[nodiscard]] std::string apply(const std::string& number) const;
  [[nodiscard]] bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    NumberRule config;
    std::shared_ptr<const regex_t> pattern;  ///< null: by prefix
  };
  std::vector<Rule> rules_;
};

}  // namespace hotline::voice::signalling
