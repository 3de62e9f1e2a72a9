// SPDX-License-Identifier: Apache-2.0
#include "sim/plan.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace hotline::sim {
namespace {

/// Between two simulated days: long enough for the last caller to leave.
constexpr std::size_t pause_intervals = 4;
/// Callers who wait at once; more are sent away. Bounds the memory of a plan with far too few agents.
constexpr std::uint32_t waiting_max = 20'000;

double seconds_of(Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

PlanFigures figures_of(const TrafficFigures& f) {
  app::ServiceCounts counts = f.service;
  counts.abandoned += f.refused;  // sent away: not served either
  const auto offered = static_cast<double>(counts.answered + counts.abandoned);
  PlanFigures out;
  out.service_level = service_level(counts, app::ServiceLevelFormula::abandons_are_failures);
  out.occupancy = f.staffed_s > 0 ? std::min(1.0, (f.talk_s + f.wrap_up_s) / f.staffed_s) : 0;
  if (offered > 0) {
    out.abandoned = static_cast<double>(counts.abandoned) / offered;
    out.mean_wait_s = f.wait_s / offered;
  }
  return out;
}

PlanFigures figures_of(const QueueFigures& f) {
  return {f.service_level, f.abandons, f.occupancy, f.mean_wait};
}

QueueLoad load_of(const PlanInput& input, double calls, std::uint32_t agents) {
  return {calls / seconds_of(input.interval), 1 / seconds_of(input.handling + input.wrap_up),
          input.patience > Duration{0} ? 1 / seconds_of(input.patience) : 0, agents};
}

QueueFigures theory(const PlanInput& input, const QueueLoad& load) {
  return load.patience > 0 ? erlang_a(load, seconds_of(input.threshold)) : erlang_c(load, seconds_of(input.threshold));
}

TrafficScript script_of(const PlanInput& input) {
  TrafficScript script;
  script.seed = input.seed;
  script.flows = direct_flow();
  script.flow = "direct";
  acd::QueueConfig queue = plain_queue();
  queue.waiting_max = waiting_max;
  queue.wrap_up = input.wrap_up > Duration{0} ? std::chrono::hours{24} : Duration{0};  // ended by the agents
  script.queues = {queue};
  std::uint32_t agents = 0;
  for (const PlanRow& row : input.rows) agents = std::max(agents, row.agents);
  for (std::uint64_t id = 1; id <= agents; ++id) {
    acd::AgentConfig agent;
    agent.id = AgentId{id};
    agent.queues = {queue.id};
    script.agents.push_back(agent);
  }
  script.interval = input.interval;
  script.batch_intervals = 1;
  for (std::uint32_t day = 0; day < input.days; ++day) {
    for (const PlanRow& row : input.rows) {
      script.calls.push_back(row.calls);
      script.staff.push_back(row.agents);
    }
    script.calls.insert(script.calls.end(), pause_intervals, 0);
    script.staff.insert(script.staff.end(), pause_intervals, agents);
  }
  script.handling = input.handling;
  script.handling_variation = input.handling_variation;
  script.wrap_up = input.wrap_up;
  script.patience = input.patience;
  script.threshold = input.threshold;
  return script;
}

Result<double, Problem> number(const std::string& text, std::size_t line) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !(value >= 0) || value > 1e6)
    return fail(
        Problem{"line " + std::to_string(line) + ": \"" + text.substr(0, 32) + "\" is no number of calls or agents",
                "write time,calls or time,calls,agents, numbers from 0 to 1,000,000"});
  return value;
}

/// "2003-03-03T07:05:00" and "07:05" are 425.
std::optional<int> minute_of_day(const std::string& text) {
  const auto t = text.find_first_of("T ");
  const std::string time = t == std::string::npos ? text : text.substr(t + 1);
  int hour = 0, minute = 0;
  const char* const end = time.data() + time.size();
  const auto first = std::from_chars(time.data(), end, hour);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != ':') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, minute).ec != std::errc{}) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

std::string two(int value) {
  return std::to_string(100 + value).substr(1);
}

}  // namespace

std::optional<PlanResult> plan(const PlanInput& asked, const app::PlanStop& stop) {
  PlanResult result;
  PlanInput input = asked;
  const auto stopped = [&] { return stop && stop(); };
  std::uint32_t agents = 0;
  for (PlanRow& row : input.rows) {
    if (input.goal > 0) row.agents = agents_for(input, row.calls, input.goal);
    agents = std::max(agents, row.agents);
    if (stopped()) return std::nullopt;
  }
  if (input.rows.empty()) return result;
  Traffic traffic(script_of(input));
  const std::size_t intervals = (input.rows.size() + pause_intervals) * input.days;
  // Who still waits after the last day does not count; without agents they would wait for ever.
  for (std::size_t i = 0; i < intervals && traffic.run_interval(stop); ++i) {
  }
  if (stopped()) return std::nullopt;
  std::vector<TrafficFigures> sums(input.rows.size());
  const std::size_t day = input.rows.size() + pause_intervals;
  for (std::size_t i = 0; i < std::min(traffic.batches().size(), day * input.days); ++i) {
    if (i % day < input.rows.size()) sums[i % day].add(traffic.batches()[i]);
  }
  TrafficFigures all;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    PlanResult::Row row;
    row.plan = input.rows[i];
    row.simulated = figures_of(sums[i]);
    const QueueLoad load = load_of(input, row.plan.calls, row.plan.agents);
    row.erlang_c = figures_of(erlang_c(load, seconds_of(input.threshold)));
    row.erlang_a = figures_of(theory(input, load));
    if (stopped()) return std::nullopt;
    row.trunks_busy = sums[i].trunk_s / input.days / seconds_of(input.interval);
    row.trunks = trunks_for(row.trunks_busy, input.blocking);
    result.trunks = std::max(result.trunks, row.trunks);
    all.add(sums[i]);
    result.rows.push_back(row);
  }
  result.day = figures_of(all);
  result.trunks_max = all.trunks_max;
  return result;
}

std::uint32_t agents_for(const PlanInput& input, double calls, double service_level) {
  if (calls <= 0) return 0;
  const double load = calls / seconds_of(input.interval) * seconds_of(input.handling + input.wrap_up);
  std::uint32_t few = 0, enough = static_cast<std::uint32_t>(std::ceil(load + 10 * std::sqrt(load) + 10));
  while (few < enough) {  // each agent more serves better
    const std::uint32_t middle = few + (enough - few) / 2;
    if (theory(input, load_of(input, calls, middle)).service_level < service_level)
      few = middle + 1;
    else
      enough = middle;
  }
  return enough;
}

Result<std::vector<PlanRow>, Problem> read_forecast(const std::string& text, Duration& interval) {
  struct Sum {
    double calls = 0, agents = 0;
    std::uint32_t days = 0;
  };
  std::map<int, Sum> by_minute;
  std::size_t line_number = 0, from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string line = text.substr(from, end - from);
    from = end + 1;
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line_number == 1) continue;  // the heading
    const auto comma = line.find(',');
    const auto second = comma == std::string::npos ? comma : line.find(',', comma + 1);
    const auto minute = minute_of_day(line.substr(0, comma));
    if (comma == std::string::npos || !minute)
      return fail(Problem{"line " + std::to_string(line_number) + ": no time of day before a comma",
                          "write 07:30,120 or 2026-01-05T07:30:00,120"});
    const auto calls =
        number(line.substr(comma + 1, second == std::string::npos ? second : second - comma - 1), line_number);
    if (!calls) return fail(calls.error());
    Sum& sum = by_minute[*minute];
    sum.calls += *calls;
    ++sum.days;
    if (second == std::string::npos) continue;
    const auto agents = number(line.substr(second + 1), line_number);
    if (!agents) return fail(agents.error());
    sum.agents += *agents;
  }
  if (by_minute.empty()) return fail(Problem{"the forecast has no rows", "a heading, then one row for each interval"});
  std::vector<PlanRow> rows;
  for (const auto& [minute, sum] : by_minute) {
    const double days = sum.days;
    rows.push_back({two(minute / 60) + ":" + two(minute % 60), sum.calls / days,
                    static_cast<std::uint32_t>(std::lround(sum.agents / days))});
  }
  if (by_minute.size() > 1)
    interval = std::chrono::minutes{std::next(by_minute.begin())->first - by_minute.begin()->first};
  return rows;
}

}  // namespace hotline::sim
