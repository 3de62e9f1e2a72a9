// SPDX-License-Identifier: Apache-2.0
// `hotline simulate`: worlds from seeds, and a month of calls through the routing core.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

#include "main/commands.hpp"
#include "main/own_usage.hpp"
#include "sim/month.hpp"
#include "sim/simulate.hpp"

namespace hotline::main {
namespace {

struct SeedOptions {
  std::uint64_t seeds = 0, first = 1;
  std::optional<std::uint64_t> seed;
  std::string faults = "all";
  unsigned jobs = 0;
  bool json = false, trace = false, fresh = false;
};

/// Resident memory now, in MiB: /proc/self/statm counts pages.
double rss_mb() {
  long pages = 0, ignored = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &ignored, &pages) != 2) pages = 0;
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

struct SeedsResult {
  std::mutex mutex;
  std::uint64_t events = 0, calls = 0, inputs = 0, hash = 0, call_backs = 0, exits = 0;
  std::uint64_t repairs = 0;      ///< by the watchdog, after faults
  boost::json::array repaired{};  ///< seeds of the worlds in which there were any
  std::vector<sim::Violation> violations;
};

void print(const sim::Violation& violation, const std::string& faults) {
  fmt::print(stderr,
             "violation: seed {} step {} at {:.3f} s: {}\n  replay: hotline simulate --faults {} --seed {} --trace\n",
             violation.seed, violation.step, static_cast<double>(violation.at.count()) / 1000, violation.what, faults,
             violation.seed);
}

int run_seeds(const SeedOptions& options, const sim::FaultKinds& faults) {
  std::uint64_t first = options.seed.value_or(options.first);
  if (options.fresh) first = std::random_device{}();
  const std::uint64_t count = options.seed ? 1 : options.seeds;
  if (!options.json || options.fresh)
    fmt::print(stderr, "seeds {} to {}, faults {}\n", first, first + count - 1, options.faults);
  SeedsResult all;
  std::atomic<std::uint64_t> next{first};
  const auto work = [&] {
    for (std::uint64_t seed = next++; seed < first + count; seed = next++) {
      sim::Trace::Line line;
      if (options.trace) line = [](const std::string& text) { fmt::print("{}\n", text); };
      const sim::RunResult result = sim::run(sim::small_hotline(seed), faults, std::move(line));
      const std::lock_guard lock(all.mutex);
      all.events += result.events;
      all.calls += result.calls;
      all.inputs += result.inputs;
      all.call_backs += result.call_backs;
      all.exits += result.exits;
      all.repairs += result.repairs;
      if (result.repairs > 0) all.repaired.emplace_back(seed);
      all.hash ^= result.hash;
      if (!result.violation) continue;
      all.violations.push_back(*result.violation);
      print(*result.violation, options.faults);
    }
  };
  const unsigned jobs = options.trace       ? 1
                        : options.jobs != 0 ? options.jobs
                                            : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (options.json) {
    boost::json::array violations;
    for (const sim::Violation& v : all.violations)
      violations.push_back(
          boost::json::object{{"seed", v.seed}, {"step", v.step}, {"at_ms", v.at.count()}, {"what", v.what}});
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"seeds", count},
                                                                  {"first_seed", first},
                                                                  {"faults", options.faults},
                                                                  {"violations", all.violations.size()},
                                                                  {"found", violations},
                                                                  {"repairs", all.repairs},
                                                                  {"repaired_seeds", all.repaired},
                                                                  {"events", all.events},
                                                                  {"calls", all.calls},
                                                                  {"inputs", all.inputs},
                                                                  {"call_backs", all.call_backs},
                                                                  {"queue_exits", all.exits},
                                                                  {"trace_hash", fmt::format("{:016x}", all.hash)},
                                                                  {"cpu_s", cpu_seconds()}}));
  } else {
    fmt::print("{} worlds, {} calls, {} events, {} violations, trace {:016x}, {:.1f} s of CPU\n", count, all.calls,
               all.events, all.violations.size(), all.hash, cpu_seconds());
  }
  return all.violations.empty() ? 0 : 1;
}

int run_month(const sim::MonthOptions& options, bool json) {
  const double begin = cpu_seconds();
  sim::Traffic traffic(sim::month_script(options));
  std::size_t intervals = 0, violations = 0;  // all rules are checked every five minutes
  double rss_early = 0;
  while (traffic.run_interval()) {
    if (++intervals == 288 * 2) rss_early = rss_mb();
    for (const std::string& what : traffic.violations()) {
      if (++violations <= 10) fmt::print(stderr, "violation after {} min: {}\n", intervals * 5, what);
    }
  }
  const double cpu = cpu_seconds() - begin;
  const sim::TrafficFigures month = traffic.total();
  const double level = service_level(month.service, app::ServiceLevelFormula::abandons_are_failures);
  if (json) {
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"calls", month.calls},
                                                          {"cpu_s", cpu},
                                                          {"rss_mb", rss_mb()},
                                                          {"rss_mb_second_day", rss_early},
                                                          {"violations", violations},
                                                          {"events", traffic.events()},
                                                          {"self_service", month.self_service},
                                                          {"queued", month.queued},
                                                          {"answered", month.service.answered},
                                                          {"abandoned", month.service.abandoned},
                                                          {"queue_full", month.refused},
                                                          {"announcements", month.announcements},
                                                          {"sent_on", month.sent_on},
                                                          {"called_back", month.called_back},
                                                          {"call_backs_reached", month.call_backs_reached},
                                                          {"blocked", month.blocked},
                                                          {"trunks_max", month.trunks_max},
                                                          {"service_level", level},
                                                          {"trace_hash", fmt::format("{:016x}", traffic.hash())}}));
  } else {
    fmt::print(
        "{} calls: {} by self-service, {} answered, {} abandoned, {} blocked; {:.1f} % within 20 s\n"
        "{} events in {:.2f} s of CPU, {:.1f} MiB (second day {:.1f}), {} violations\n",
        month.calls, month.self_service, month.service.answered, month.service.abandoned, month.blocked, level * 100,
        traffic.events(), cpu, rss_mb(), rss_early, violations);
  }
  return violations == 0 ? 0 : 1;
}

}  // namespace

void add_simulate_command(CLI::App& app, int& status) {
  CLI::App* simulate = app.add_subcommand("simulate", "run the real routing code in virtual time");
  static SeedOptions seeds;
  static sim::MonthOptions month;
  static bool is_month = false;
  simulate->add_option("--seeds", seeds.seeds, "number of worlds")->check(CLI::PositiveNumber);
  simulate->add_option("--first", seeds.first, "seed of the first world");
  simulate->add_flag("--fresh", seeds.fresh, "begin at a seed nobody has chosen; it is printed");
  simulate->add_option("--seed", seeds.seed, "this one world");
  simulate->add_option("--faults", seeds.faults, "all, none, or some of link,agents,node,core,store,clock");
  simulate->add_flag("--trace", seeds.trace, "print every event");
  simulate->add_option("--jobs", seeds.jobs, "threads; 0: one a core");
  simulate->add_flag("--json", seeds.json, "one JSON object as the last line");
  simulate->add_flag("--month", is_month, "a month of calls through the routing core");
  simulate->add_option("--calls", month.calls, "calls of the month")->check(CLI::PositiveNumber);
  simulate->add_option("--seats", month.seats, "seats of the month")->check(CLI::Range(1, 100'000));
  simulate->add_option("--trunks", month.trunks, "trunks of the month")->check(CLI::Range(1, 100'000));
  CLI::App* plan = add_plan_command(*simulate, status);
  CLI::App* orders = add_order_simulation_command(*simulate, status);
  simulate->callback([&status, simulate, plan, orders] {
    if (simulate->got_subcommand(plan) || simulate->got_subcommand(orders)) return;
    if (is_month) {
      month.seed = seeds.seed.value_or(month.seed);
      status = run_month(month, seeds.json);
      return;
    }
    const auto faults = sim::fault_kinds_from(seeds.faults);
    if (!faults || (!seeds.seed && seeds.seeds == 0)) {
      fmt::print(
          stderr, "{}\n",
          faults ? "simulate what? --seeds N, --seed N, --month, plan, or orders" : "--faults: " + faults.error());
      status = 2;
      return;
    }
    status = run_seeds(seeds, *faults);
  });
}

}  // namespace hotline::main
