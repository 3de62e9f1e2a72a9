// SPDX-License-Identifier: Apache-2.0
// `hotline simulate orders`: a month of work orders, or small worlds of them, in virtual time.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <CLI/CLI.hpp>
#include <cstdio>

#include "adapters/orders/order_files.hpp"
#include "main/commands.hpp"
#include "main/own_usage.hpp"
#include "sim/orders/order_world.hpp"
#include "vault/sha256.hpp"

namespace hotline::main {
namespace {

struct OrderOptions {
  std::filesystem::path types = std::filesystem::absolute("orders");
  std::uint64_t seed = 1, seeds = 0;
  std::string faults = "all";
  std::size_t product_orders = 18'000, fault_reports = 12'000, complaints = 3'000;
  bool json = false, trace = false, small = false;
};

/// The most memory that was resident, in MiB.
double rss_mb() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / 1024;
}

struct Sums {
  std::uint64_t worlds = 0, product_orders = 0, fault_reports = 0, complaints = 0, others = 0, steps = 0, hash = 0;
  std::uint64_t commits = 0, lines = 0, closed = 0, reopened = 0, merged = 0, extensions = 0, co_handled = 0,
                returned = 0, arbitrated = 0, waits = 0, warnings = 0, escalations = 0, notices = 0, chases = 0;
  std::uint64_t core_deaths = 0, department_crashes = 0, lost_in_hand = 0, repeated_commands = 0, store_failures = 0,
                races = 0, stale = 0, refused = 0;
  std::int64_t days = 0;
  boost::json::array found;

  void add(const sim::OrderRun& run) {
    ++worlds;
    product_orders += run.people.product_orders;
    fault_reports += run.people.fault_reports;
    complaints += run.people.complaints;
    others += run.people.others;
    steps += run.steps;
    hash ^= run.hash;
    commits += run.orders.commits;
    lines += run.orders.lines;
    closed += run.orders.closed;
    reopened += run.orders.reopened;
    merged += run.orders.merged;
    extensions += run.orders.extensions;
    co_handled += run.orders.co_handled;
    returned += run.orders.returned;
    arbitrated += run.orders.arbitrated;
    waits += run.orders.waits;
    warnings += run.orders.warnings;
    escalations += run.orders.escalations;
    notices += run.orders.notices;
    chases += run.people.chases;
    core_deaths += run.core.deaths;
    department_crashes += run.people.department_crashes;
    lost_in_hand += run.people.lost_in_hand;
    repeated_commands += run.people.repeated_commands;
    store_failures += run.core.store_failures;
    races += run.core.races;
    stale += run.core.stale;
    refused += run.core.refused;
    days = std::max<std::int64_t>(days, run.days.count());
  }
};

void print(const Sums& sums, bool json, double cpu) {
  if (!json) {
    fmt::print(
        "{} worlds: {} product orders, {} fault reports, {} complaints, {} others; {} steps, {} closings, {} "
        "escalations\n"
        "{} crashes of departments, {} of the core; {} violations, trace {:016x}, {:.1f} s of CPU, {:.0f} MiB\n",
        sums.worlds, sums.product_orders, sums.fault_reports, sums.complaints, sums.others, sums.steps, sums.closed,
        sums.escalations, sums.department_crashes, sums.core_deaths, sums.found.size(), sums.hash, cpu, rss_mb());
    return;
  }
  fmt::print("{}\n", boost::json::serialize(boost::json::object{{"worlds", sums.worlds},
                                                                {"product_orders", sums.product_orders},
                                                                {"fault_reports", sums.fault_reports},
                                                                {"complaints", sums.complaints},
                                                                {"others", sums.others},
                                                                {"violations", sums.found.size()},
                                                                {"found", sums.found},
                                                                {"steps", sums.steps},
                                                                {"commits", sums.commits},
                                                                {"history_lines", sums.lines},
                                                                {"closed", sums.closed},
                                                                {"reopened", sums.reopened},
                                                                {"merged", sums.merged},
                                                                {"returned", sums.returned},
                                                                {"arbitrated", sums.arbitrated},
                                                                {"extended", sums.extensions},
                                                                {"co_replies", sums.co_handled},
                                                                {"waits", sums.waits},
                                                                {"chases", sums.chases},
                                                                {"warnings", sums.warnings},
                                                                {"escalations", sums.escalations},
                                                                {"notices", sums.notices},
                                                                {"core_deaths", sums.core_deaths},
                                                                {"department_crashes", sums.department_crashes},
                                                                {"lost_in_hand", sums.lost_in_hand},
                                                                {"repeated_commands", sums.repeated_commands},
                                                                {"store_failures", sums.store_failures},
                                                                {"races", sums.races},
                                                                {"stale", sums.stale},
                                                                {"refused", sums.refused},
                                                                {"days", sums.days},
                                                                {"trace_hash", fmt::format("{:016x}", sums.hash)},
                                                                {"cpu_s", cpu},
                                                                {"rss_mb", rss_mb()}}));
}

int run(const OrderOptions& options) {
  auto types = orders::load(options.types);
  if (!types) {
    for (const auto& problem : types.error()) fmt::print(stderr, "{}\n", to_string(problem));
    return 2;
  }
  const sim::OrderFaults faults = options.faults == "all" ? sim::every_order_fault() : sim::OrderFaults{};
  const double begin = cpu_seconds();
  Sums sums;
  const std::uint64_t count = std::max<std::uint64_t>(1, options.seeds);
  for (std::uint64_t seed = options.seed; seed < options.seed + count; ++seed) {
    const bool small = options.small || options.seeds > 0;
    sim::OrderScript script =
        small ? sim::small_order_world(seed, *types, vault::sha256_hex) : sim::order_month(*types, vault::sha256_hex);
    script.seed = seed;
    if (!small) {
      script.product_orders = options.product_orders;
      script.fault_reports = options.fault_reports;
      script.complaints = options.complaints;
    }
    sim::Trace::Line line;
    if (options.trace) line = [](const std::string& text) { fmt::print("{}\n", text); };
    const sim::OrderRun result = sim::run_orders(script, faults, std::move(line));
    sums.add(result);
    if (!result.violation) continue;
    const sim::OrderViolation& v = *result.violation;
    sums.found.push_back(
        boost::json::object{{"seed", v.seed}, {"step", v.step}, {"at_ms", v.at.count()}, {"what", v.what}});
    fmt::print(stderr,
               "violation: seed {} step {} after {:.1f} h: {}\n"
               "  replay: hotline simulate orders{} --faults {} --seed {} --trace\n",
               v.seed, v.step, static_cast<double>(v.at.count()) / 3'600'000, v.what, small ? " --small" : "",
               options.faults, v.seed);
  }
  print(sums, options.json, cpu_seconds() - begin);
  return sums.found.empty() ? 0 : 1;
}

}  // namespace

CLI::App* add_order_simulation_command(CLI::App& simulate, int& status) {
  static OrderOptions options;
  CLI::App* orders = simulate.add_subcommand("orders", "a month of work orders: departments, customers, faults");
  orders->add_option("--seed", options.seed, "of the world, or of the first");
  orders->add_option("--seeds", options.seeds, "that many small worlds instead of the month");
  orders->add_flag("--small", options.small, "one small world: ten days in which everything rare is frequent");
  orders->add_option("--faults", options.faults, "crashes of departments and core, a failing store, races: all or none")
      ->check(CLI::IsMember({"all", "none"}));
  orders->add_option("--orders", options.product_orders, "product orders of the month");
  orders->add_option("--fault-reports", options.fault_reports, "fault reports of the month");
  orders->add_option("--complaints", options.complaints, "complaints of the month");
  orders->add_option("--types", options.types, "folder of the types of work orders");
  orders->add_flag("--trace", options.trace, "print every event");
  orders->add_flag("--json", options.json, "one JSON object as the last line");
  orders->callback([&status] { status = run(options); });
  return orders;
}

}  // namespace hotline::main
