// SPDX-License-Identifier: Apache-2.0
// `hotline simulate plan`: the capacity planner on the command line.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "main/commands.hpp"
#include "sim/plan.hpp"

namespace hotline::main {
namespace {

struct PlanOptions {
  sim::PlanInput input;
  std::string forecast;
  double calls = 0, handling_s = 180, wrap_up_s = 30, patience_s = 180, threshold_s = 20, goal = 0;
  std::uint32_t agents = 0;
  bool json = false;
};

Duration seconds(double value) {
  return Duration{static_cast<std::int64_t>(std::llround(value * 1000))};
}

Result<std::vector<sim::PlanRow>, Problem> rows_of(PlanOptions& options) {
  if (options.forecast.empty()) {  // one hour like the next: the figures of a steady state
    options.input.interval = std::chrono::minutes{60};
    return std::vector<sim::PlanRow>(8, {"", options.calls, options.agents});
  }
  std::ifstream file(options.forecast, std::ios::binary);
  if (!file) return fail(Problem{options.forecast + " cannot be read", "give a CSV file with time,calls[,agents]"});
  std::ostringstream text;
  text << file.rdbuf();
  return sim::read_forecast(text.str(), options.input.interval);
}

boost::json::object json_of(const sim::PlanFigures& figures) {
  boost::json::object out{
      {"service_level", figures.service_level}, {"abandoned", figures.abandoned}, {"occupancy", figures.occupancy}};
  if (std::isfinite(figures.mean_wait_s)) out["mean_wait_s"] = figures.mean_wait_s;  // else it grows without end
  return out;
}

void print_json(const sim::PlanResult& result) {
  boost::json::array rows;
  for (const auto& row : result.rows) {
    rows.push_back(boost::json::object{{"time", row.plan.time},
                                       {"calls", row.plan.calls},
                                       {"agents", row.plan.agents},
                                       {"simulated", json_of(row.simulated)},
                                       {"erlang_a", json_of(row.erlang_a)},
                                       {"erlang_c", json_of(row.erlang_c)},
                                       {"trunks_busy", row.trunks_busy},
                                       {"trunks", row.trunks}});
  }
  fmt::print(
      "{}\n",
      boost::json::serialize(boost::json::object{
          {"rows", rows}, {"day", json_of(result.day)}, {"trunks", result.trunks}, {"trunks_max", result.trunks_max}}));
}

void print_table(const sim::PlanResult& result, const PlanOptions& options) {
  fmt::print("service level: answered within {} s, of all offered; S simulated, A and C by Erlang\n\n",
             options.threshold_s);
  fmt::print("{:>6} {:>8} {:>6} | {:>6} {:>6} {:>6} | {:>6} {:>6} | {:>7} {:>7} {:>7} | {:>5} {:>5} | {:>6}\n", "time",
             "calls", "agents", "SL S", "SL A", "SL C", "lost S", "lost A", "wait S", "wait A", "wait C", "occ S",
             "occ A", "trunks");
  const auto wait = [](double s) { return std::isfinite(s) ? fmt::format("{:.1f}", s) : std::string("endless"); };
  for (const auto& row : result.rows) {
    fmt::print(
        "{:>6} {:>8.1f} {:>6} | {:>6.1f} {:>6.1f} {:>6.1f} | {:>6.1f} {:>6.1f} | {:>7} {:>7} {:>7} | {:>5.0f} {:>5.0f} "
        "| {:>6}\n",
        row.plan.time, row.plan.calls, row.plan.agents, row.simulated.service_level * 100,
        row.erlang_a.service_level * 100, row.erlang_c.service_level * 100, row.simulated.abandoned * 100,
        row.erlang_a.abandoned * 100, wait(row.simulated.mean_wait_s), wait(row.erlang_a.mean_wait_s),
        wait(row.erlang_c.mean_wait_s), row.simulated.occupancy * 100, row.erlang_a.occupancy * 100, row.trunks);
  }
  fmt::print(
      "\nthe day, simulated: {:.1f} % within {} s, {:.1f} % lost, mean wait {:.1f} s, occupancy {:.0f} %\n"
      "trunks: {} for {} % blocking in the busiest interval (Erlang B), at most {} in use at once in {} days\n",
      result.day.service_level * 100, options.threshold_s, result.day.abandoned * 100, result.day.mean_wait_s,
      result.day.occupancy * 100, result.trunks, options.input.blocking * 100, result.trunks_max, options.input.days);
}

int run_plan(PlanOptions& options) {
  sim::PlanInput& input = options.input;
  input.handling = seconds(options.handling_s);
  input.wrap_up = seconds(options.wrap_up_s);
  input.patience = seconds(options.patience_s);
  input.threshold = seconds(options.threshold_s);
  auto rows = rows_of(options);
  if (!rows) {
    complain(rows.error());
    return 2;
  }
  input.rows = std::move(*rows);
  double calls = 0;
  input.goal = options.goal / 100;
  for (sim::PlanRow& row : input.rows) {
    calls += row.calls;
    if (row.agents == 0 && options.goal <= 0) row.agents = options.agents;
  }
  if (calls <= 0 || calls * input.days > 20e6) {
    complain({"there are no calls, or more than 20 million to simulate", "--calls N or --forecast FILE; fewer --days"});
    return 2;
  }
  const sim::PlanResult result = *sim::plan(input, {});
  if (options.json) {
    print_json(result);
  } else {
    print_table(result, options);
  }
  return 0;
}

}  // namespace

CLI::App* add_plan_command(CLI::App& simulate, int& status) {
  CLI::App* plan = simulate.add_subcommand("plan", "what a forecast and a staff lead to: waits, losses, trunks");
  static PlanOptions options;
  plan->add_option("--forecast", options.forecast, "CSV: time,calls[,agents]; several days are averaged");
  plan->add_option("--calls", options.calls, "calls an hour, when there is no forecast")->check(CLI::NonNegativeNumber);
  plan->add_option("--agents", options.agents, "agents, where the forecast has none")->check(CLI::Range(0, 30'000));
  plan->add_option("--goal", options.goal, "find the least agents for this service level in percent (Erlang)")
      ->check(CLI::Range(1.0, 99.9));
  plan->add_option("--handling", options.handling_s, "mean talk, seconds")->check(CLI::Range(1.0, 36'000.0));
  plan->add_option("--wrap-up", options.wrap_up_s, "mean work after it, seconds")->check(CLI::Range(0.0, 36'000.0));
  plan->add_option("--variation", options.input.handling_variation, "of the talk: 0 exponential, else log-normal")
      ->check(CLI::Range(0.0, 5.0));
  plan->add_option("--patience", options.patience_s, "mean patience, seconds; 0: endless")
      ->check(CLI::Range(0.0, 36'000.0));
  plan->add_option("--threshold", options.threshold_s, "of the service level, seconds")
      ->check(CLI::Range(0.0, 3'600.0));
  plan->add_option("--blocking", options.input.blocking, "share of calls that may find no trunk")
      ->check(CLI::Range(1e-6, 0.5));
  plan->add_option("--days", options.input.days, "days to simulate")->check(CLI::Range(1, 1'000));
  plan->add_option("--seed", options.input.seed, "seed");
  plan->add_flag("--json", options.json, "one JSON object");
  plan->callback([&status] { status = run_plan(options); });
  return plan;
}

}  // namespace hotline::main
