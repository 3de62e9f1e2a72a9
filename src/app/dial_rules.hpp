// SPDX-License-Identifier: Apache-2.0
// Which numbers agents may call, and which number is shown to whom they call. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hotline::app {

/// From the configuration ([outbound]). Numbers and prefixes are digits, + allowed in front.
struct DialRules {
  bool enabled = true;
  std::vector<std::string> allowed;  ///< prefixes; empty: all
  std::vector<std::string> refused;  ///< prefixes; win over `allowed`
  /// Whole numbers, never called from here: help would be sent to where the trunk is. As in mainland China by default.
  std::vector<std::string> emergency{"110", "119", "120", "122"};
  std::size_t digits_min = 3, digits_max = 18;
  std::string shown;                           ///< the number shown; empty: the hotline's entry number
  std::map<std::string, std::string> by_line;  ///< service line's code -> the number shown for it
};

struct NumberRefused {
  std::string code;     ///< bad_value, number_not_allowed, emergency_number
  std::string message;  ///< what is wrong and what would be right
};

/// A number as people write it ("010-6512 3456") without its spaces, hyphens and brackets.
[[nodiscard]] std::string without_separators(const std::string& number);
/// None when the number may be called.
[[nodiscard]] std::optional<NumberRefused> check_number(const DialRules& rules, const std::string& number);
/// The number shown for a call of this service line (its code, may be empty).
[[nodiscard]] std::string shown_number(const DialRules& rules, const std::string& service_line);

}  // namespace hotline::app
