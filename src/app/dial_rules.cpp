// SPDX-License-Identifier: Apache-2.0
#include "app/dial_rules.hpp"

#include <algorithm>

namespace hotline::app {
namespace {

bool begins_with_one(const std::string& number, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& p) { return number.starts_with(p); });
}

}  // namespace

std::string without_separators(const std::string& number) {
  std::string out;
  std::copy_if(number.begin(), number.end(), std::back_inserter(out),
               [](char c) { return std::string_view(" -().").find(c) == std::string_view::npos; });
  return out;
}

std::optional<NumberRefused> check_number(const DialRules& rules, const std::string& number) {
  if (!rules.enabled) return NumberRefused{"number_not_allowed", "Calls to outside numbers are switched off here."};
  const std::string digits = number.starts_with('+') ? number.substr(1) : number;
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
    return NumberRefused{"bad_value", "A number has digits only, with + in front of a country code."};
  // Before the length, and whatever is allowed: these are short.
  if (std::find(rules.emergency.begin(), rules.emergency.end(), digits) != rules.emergency.end())
    return NumberRefused{"emergency_number", digits +
                                                 " is an emergency number: call it from a telephone of your own, "
                                                 "so that help is sent to where you are."};
  if (digits.size() < rules.digits_min || digits.size() > rules.digits_max) {
    return NumberRefused{"bad_value", "A number has " + std::to_string(rules.digits_min) + " to " +
                                          std::to_string(rules.digits_max) + " digits."};
  }
  const bool fits = rules.allowed.empty() || begins_with_one(number, rules.allowed);
  if (!fits || begins_with_one(number, rules.refused))
    return NumberRefused{"number_not_allowed", "Numbers like " + number + " may not be called from here."};
  return std::nullopt;
}

std::string shown_number(const DialRules& rules, const std::string& service_line) {
  const auto own = rules.by_line.find(service_line);
  return own == rules.by_line.end() ? rules.shown : own->second;
}

}  // namespace hotline::app
