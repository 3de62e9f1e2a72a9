// SPDX-License-Identifier: Apache-2.0
#include "domain/service_line/life_cycle.hpp"

#include <array>
#include <cmath>

namespace hotline::service_line {
namespace {

struct Step {
  Stage from, to;
};
constexpr std::array steps{
    Step{Stage::standalone, Stage::trial},      Step{Stage::standalone, Stage::outsourced},
    Step{Stage::standalone, Stage::retired},    Step{Stage::trial, Stage::standalone},
    Step{Stage::trial, Stage::integrated},      Step{Stage::integrated, Stage::trial},
    Step{Stage::integrated, Stage::standalone}, Step{Stage::integrated, Stage::outsourced},
    Step{Stage::integrated, Stage::retired},    Step{Stage::outsourced, Stage::standalone},
    Step{Stage::outsourced, Stage::retired},    Step{Stage::retired, Stage::standalone},
};

std::string percent(double share) {
  const auto tenths = static_cast<std::int64_t>(std::llround(share * 1000));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

}  // namespace

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::standalone:
      return "standalone";
    case Stage::trial:
      return "trial";
    case Stage::integrated:
      return "integrated";
    case Stage::outsourced:
      return "outsourced";
    case Stage::retired:
      return "retired";
  }
  return "unknown";
}

std::optional<Stage> stage_from(std::string_view text) {
  for (const Stage stage : {Stage::standalone, Stage::trial, Stage::integrated, Stage::outsourced, Stage::retired}) {
    if (text == to_string(stage)) return stage;
  }
  return std::nullopt;
}

bool is_joined(Stage stage) {
  return stage == Stage::trial || stage == Stage::integrated;
}

double Measured::service_level() const {
  const std::int64_t all = answered + abandoned;
  return all == 0 ? 0 : static_cast<double>(answered_in_threshold) / static_cast<double>(all);
}

double Measured::abandoned_share() const {
  return offered == 0 ? 0 : static_cast<double>(abandoned) / static_cast<double>(offered);
}

std::vector<std::string> obstacles(Stage from, Stage to, const Conditions& conditions, const Measured& measured) {
  std::vector<std::string> found;
  if (from == to) return found;
  bool possible = false;
  for (const Step& step : steps) possible = possible || (step.from == from && step.to == to);
  if (!possible) {
    found.push_back(std::string("A line that is ") + to_string(from) + " does not become " + to_string(to) +
                    " in one step.");
    return found;
  }
  if (to != Stage::integrated) return found;
  if (measured.offered < conditions.calls_least)
    found.push_back("It had " + std::to_string(measured.offered) + " calls; " + std::to_string(conditions.calls_least) +
                    " are needed to judge it.");
  if (measured.service_level() < conditions.service_level_least)
    found.push_back("Its service level is " + percent(measured.service_level()) + "; at least " +
                    percent(conditions.service_level_least) + " is asked for.");
  if (measured.abandoned_share() > conditions.abandoned_most)
    found.push_back(percent(measured.abandoned_share()) + " of its callers gave up; at most " +
                    percent(conditions.abandoned_most) + " may.");
  return found;
}

}  // namespace hotline::service_line
