// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "app/wallboard_settings.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace hotline::app {
namespace {

constexpr std::size_t limits_max = 500;
constexpr double limit_max = 1e9;

constexpr std::pair<ServiceLevelFormula, const char*> formulas[] = {
    {ServiceLevelFormula::abandons_are_failures, "abandons_are_failures"},
    {ServiceLevelFormula::abandons_in_time_are_served, "abandons_in_time_are_served"},
    {ServiceLevelFormula::abandons_left_out, "abandons_left_out"},
    {ServiceLevelFormula::early_abandons_left_out, "early_abandons_left_out"},
};

}  // namespace

const std::vector<std::string>& board_figures() {
  static const std::vector<std::string> figures{"waiting",       "longest_wait_s", "ready",
                                                "service_level", "answer_time_s",  "abandoned_share",
                                                "occupancy",     "trunk_use",      "refused"};
  return figures;
}

bool is_bad_when_small(const std::string& figure) {
  return figure == "ready" || figure == "service_level";
}

const std::vector<BoardLimit>& usual_limits() {
  static const std::vector<BoardLimit> limits{{"longest_wait_s", "", 20, 60, false},
                                              {"service_level", "", 0.8, 0.7, false},
                                              {"abandoned_share", "", 0.05, 0.1, false},
                                              {"trunk_use", "", 0.8, 0.95, true}};
  return limits;
}

std::optional<ServiceLevelFormula> formula_from(const std::string& name) {
  for (const auto& [formula, text] : formulas) {
    if (name == text) return formula;
  }
  return std::nullopt;
}

const char* to_string(ServiceLevelFormula formula) {
  for (const auto& [known, text] : formulas) {
    if (known == formula) return text;
  }
  return "unknown";
}

namespace {

/// What is wrong with one limit; "" when nothing.
std::string fault_of(const BoardLimit& limit) {
  const auto& figures = board_figures();
  if (std::find(figures.begin(), figures.end(), limit.figure) == figures.end())
    return "figures of the wallboard; none is called " + limit.figure.substr(0, 40);
  if (limit.scope.size() > 64) return "scopes of at most 64 bytes";
  const auto in_range = [](double value) { return std::isfinite(value) && value >= 0 && value <= limit_max; };
  if (!in_range(limit.warn) || !in_range(limit.bad)) return "warn and bad from 0 to 1000000000";
  if (is_bad_when_small(limit.figure) ? limit.warn < limit.bad : limit.warn > limit.bad)
    return limit.figure + " with a bad that is worse than its warn";
  return "";
}

}  // namespace

void validate(const WallboardSettings& value, jsonmap::Report& report) {
  report.require(formula_from(value.formula).has_value(), "formula",
                 "abandons_are_failures, abandons_in_time_are_served, abandons_left_out or early_abandons_left_out");
  report.require(value.limits.size() <= limits_max, "limits", "at most 500 limits");
  std::set<std::pair<std::string, std::string>> seen;
  for (const BoardLimit& limit : value.limits) {
    const std::string fault = fault_of(limit);
    report.require(fault.empty(), "limits", fault);
    report.require(seen.emplace(limit.figure, limit.scope).second, "limits",
                   "one limit of " + limit.figure.substr(0, 40) + " a scope");
  }
}

WallboardSettings settings_from(const std::string& stored) {
  if (stored.empty()) return {};
  auto value = jsonmap::read<WallboardSettings>(stored, {.missing_ok = true});
  return value ? std::move(*value) : WallboardSettings{};
}

const char* judge(const BoardLimit& limit, double value) {
  const bool small = is_bad_when_small(limit.figure);
  const auto worse = [&](double than) { return small ? value < than : value > than; };
  return worse(limit.bad) ? "bad" : worse(limit.warn) ? "warn" : "";
}

const BoardLimit* limit_of(const std::vector<BoardLimit>& limits, const std::string& figure, const std::string& scope) {
  const BoardLimit* all = nullptr;
  for (const BoardLimit& limit : limits) {
    if (limit.figure != figure) continue;
    if (limit.scope == scope) return &limit;
    if (limit.scope.empty()) all = &limit;
  }
  return all;
}

}  // namespace hotline::app
