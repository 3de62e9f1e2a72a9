// SPDX-License-Identifier: Apache-2.0
// What the wallboard colours and warns of, set while the hotline runs: the shape of the API and of the store (JSON),
// its rules, and the judgement itself. Pure.
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/service_level.hpp"
#include "base/json/mapper.hpp"

namespace hotline::app {

/// One limit. Figures that are bad when great have warn <= bad, those that are bad when small warn >= bad.
struct BoardLimit {
  std::string figure;  ///< see board_figures()
  std::string scope;   ///< code of a queue or service line, name of a trunk; "": every one without a limit of its own
  double warn = 0, bad = 0;
  bool alarm = false;  ///< `bad` rings on the page, too
};
BOOST_DESCRIBE_STRUCT(BoardLimit, (), (figure, scope, warn, bad, alarm))

struct WallboardSettings {
  /// By which the service level is shown: abandons_are_failures, abandons_in_time_are_served, abandons_left_out,
  /// early_abandons_left_out.
  std::string formula = "abandons_are_failures";
  std::vector<BoardLimit> limits;  ///< empty: usual_limits()
};
BOOST_DESCRIBE_STRUCT(WallboardSettings, (), (formula, limits))
void validate(const WallboardSettings& value, jsonmap::Report& report);

/// waiting, longest_wait_s, ready, service_level, answer_time_s, abandoned_share, occupancy, trunk_use, refused.
[[nodiscard]] const std::vector<std::string>& board_figures();
/// Those that are bad when small: ready, service_level.
[[nodiscard]] bool is_bad_when_small(const std::string& figure);
[[nodiscard]] const std::vector<BoardLimit>& usual_limits();
[[nodiscard]] std::optional<ServiceLevelFormula> formula_from(const std::string& name);
[[nodiscard]] const char* to_string(ServiceLevelFormula formula);
/// As stored; the usual ones when the text is empty or cannot be read.
[[nodiscard]] WallboardSettings settings_from(const std::string& stored);

/// "" fine, "warn", "bad".
[[nodiscard]] const char* judge(const BoardLimit& limit, double value);
/// The limit of this figure for this scope: its own, else the one for all; nullptr: none.
[[nodiscard]] const BoardLimit* limit_of(const std::vector<BoardLimit>& limits, const std::string& figure,
                                         const std::string& scope);

}  // namespace hotline::app
