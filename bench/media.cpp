// SPDX-License-Identifier: Apache-2.0
// `bench media`: bridged calls beside a bare relay of the same packets, in one run, alternating.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstring>
#include <optional>

#include "bench/bare_relay.hpp"
#include "bench/bench.hpp"
#include "bench/load.hpp"
#include "bench/machine.hpp"
#include "bench/node.hpp"
#include "bench/temporary_directory.hpp"

namespace hotline::bench {
namespace {

using namespace voice::media;

/// Long enough that every recording has made its file (within 0.8 s): the relay opens its files beforehand, and a file
/// is made once a call, which `bench calls` measures.
constexpr std::int64_t warm_up_ns = 1'500'000'000;
constexpr double packets_per_100 = 100 * 2 * 50;  // a second: 100 calls, two ways, 20 ms packets
constexpr double loss_clean = 0.0001;

/// What one kind of relay cost, summed over the rounds.
struct Cost {
  std::uint64_t cpu_ns = 0, packets = 0, sent = 0, lost = 0, late = 0;
  std::int64_t late_max_ns = 0, behind_max_ns = 0;
  double seconds = 0;
  /// Percent of one core per 100 calls. By packets that arrived, so that a starved load generator distorts nothing.
  [[nodiscard]] double per_100() const {
    return packets == 0 ? 0 : static_cast<double>(cpu_ns) / static_cast<double>(packets) * packets_per_100 / 1e9 * 100;
  }
};

struct Run {
  unsigned calls = 0;
  Cost relay, bridged, relay_recorded, recorded;
  [[nodiscard]] bool clean() const {
    for (const auto* cost : {&bridged, &recorded})
      if (static_cast<double>(cost->lost) > loss_clean * static_cast<double>(cost->sent) || cost->sent == 0 ||
          static_cast<double>(cost->packets) < 0.98 * calls / 100.0 * packets_per_100 * cost->seconds)
        return false;
    return true;
  }
};

/// Runs the load for a while over what `cpu` and `packets` measure.
template <class Cpu, class Packets>
void measure(Load& load, double seconds, Cost& cost, Cpu cpu, Packets packets) {
  load.start();
  sleep_until_ns(steady_ns() + warm_up_ns);
  load.measure(true);
  const auto begin = steady_ns();
  const auto cpu_before = cpu();
  const auto packets_before = packets();
  sleep_until_ns(begin + static_cast<std::int64_t>(seconds * 1e9));
  cost.cpu_ns += cpu() - cpu_before;
  cost.packets += packets() - packets_before;
  cost.seconds += static_cast<double>(steady_ns() - begin) / 1e9;
  load.measure(false);
  const auto totals = load.stop();
  cost.sent += totals.sent;
  cost.lost += totals.sent - totals.received;
  cost.late += totals.late;
  cost.late_max_ns = std::max(cost.late_max_ns, totals.late_max_ns);
  cost.behind_max_ns = std::max(cost.behind_max_ns, totals.sender_behind_max_ns);
}

bool run_relay(unsigned calls, double seconds, const std::filesystem::path& directory, Cost& cost) {
  Load load(2 * calls, Load::Lateness::of_packet);
  BareRelay relay(2 * calls, directory);
  if (!load.ok() || !relay.ok()) return false;
  for (unsigned i = 0; i < 2 * calls; ++i) {
    relay.connect(i, load.port(i));
    load.connect(i, relay.port(i));
  }
  relay.start();
  measure(
      load, seconds, cost, [&] { return relay.cpu_ns(); }, [&] { return relay.packets(); });
  return load.ok() && relay.ok();
}

bool run_bridged(unsigned calls, double seconds, const std::filesystem::path& directory, bool record, Cost& cost) {
  Load load(2 * calls, Load::Lateness::of_packet);
  Node node(directory, directory);
  if (!load.ok()) return false;
  for (unsigned i = 0; i < 2 * calls; ++i) {
    const auto port = node.plane.open(LegId{i + 1});
    if (!port) return false;
    load.connect(i, *port);
    Remote remote;
    const auto address = loopback(load.port(i));
    std::memcpy(&remote.address, &address, sizeof address);
    node.plane.set_remote(LegId{i + 1}, remote);
    if (i % 2 == 0) continue;
    node.plane.bridge(LegId{i}, LegId{i + 1});
    if (record) node.plane.start_recording(LegId{i}, RecordingId{i}, fmt::format("2000/01/01/{}.wav", i));
  }
  measure(
      load, seconds, cost, [&] { return node.cpu_ns(); }, [&] { return node.plane.stats().rtp_received; });
  return load.ok();
}

std::optional<Run> run_calls(unsigned calls, const MediaOptions& options) {
  Run run;
  run.calls = calls;
  for (unsigned round = 0; round < options.rounds; ++round) {
    std::fprintf(stderr, "%u calls, round %u of %u ...\n", calls, round + 1, options.rounds);
    const TemporaryDirectory raw(options.directory);
    const TemporaryDirectory recordings(options.directory);
    if (!run_relay(calls, options.seconds, {}, run.relay) ||
        !run_bridged(calls, options.seconds, recordings.path(), false, run.bridged) ||
        !run_relay(calls, options.seconds, raw.path(), run.relay_recorded) ||
        !run_bridged(calls, options.seconds, recordings.path(), true, run.recorded))
      return std::nullopt;
  }
  return run;
}

double ratio(double ours, double reference) {
  return reference > 0 ? ours / reference : 0;
}

double rounded(double value) {
  return static_cast<double>(static_cast<std::int64_t>(value * 1000 + 0.5)) / 1000;
}

boost::json::object to_json(const Run& run) {
  return {{"calls", run.calls},
          {"cpu_per_100_bridged", rounded(run.bridged.per_100())},
          {"cpu_per_100_recorded", rounded(run.recorded.per_100())},
          {"relay_cpu_per_100", rounded(run.relay.per_100())},
          {"relay_recorded_cpu_per_100", rounded(run.relay_recorded.per_100())},
          {"ratio_bridged", rounded(ratio(run.bridged.per_100(), run.relay.per_100()))},
          {"ratio_recorded", rounded(ratio(run.recorded.per_100(), run.relay_recorded.per_100()))},
          {"late_packets", run.bridged.late + run.recorded.late},
          {"lost_packets", run.bridged.lost + run.recorded.lost},
          {"packets", run.bridged.sent + run.recorded.sent},
          {"relay_late_packets", run.relay.late + run.relay_recorded.late},
          {"relay_lost_packets", run.relay.lost + run.relay_recorded.lost},
          {"clean", run.clean()}};
}

void print_row(unsigned calls, const char* kind, const Cost& cost, double times) {
  fmt::print("{:>6}  {:<22} {:>8.2f} % {:>7}  {:>10} {:>6} {:>6} {:>9.1f} ms\n", calls, kind, cost.per_100(),
             times > 0 ? fmt::format("x {:.2f}", times) : "", cost.sent, cost.lost, cost.late,
             static_cast<double>(cost.late_max_ns) / 1e6);
}

}  // namespace

int media(const MediaOptions& options) {
  const auto files = raise_open_files();
  pin_to_first_core();  // the media threads inherit it; the load moves itself to the last core
  std::vector<Run> runs;
  for (const auto calls : options.calls) {
    auto run = run_calls(calls, options);
    if (!run) {
      std::fprintf(stderr, "%u calls cannot be set up: sockets or files are short (%llu may be open)\n", calls,
                   static_cast<unsigned long long>(files));
      return 1;
    }
    runs.push_back(*run);
  }
  fmt::print("{:>6}  {:<22} {:>10} {:>7}  {:>10} {:>6} {:>6} {:>12}\n", "calls", "kind", "CPU/100", "", "packets",
             "lost", "late", "slowest");
  for (const auto& run : runs) {
    print_row(run.calls, "bare relay", run.relay, 0);
    print_row(run.calls, "bridged", run.bridged, ratio(run.bridged.per_100(), run.relay.per_100()));
    print_row(run.calls, "bare relay, written", run.relay_recorded, 0);
    print_row(run.calls, "bridged, recorded", run.recorded,
              ratio(run.recorded.per_100(), run.relay_recorded.per_100()));
  }
  if (!options.json || runs.empty()) return 0;
  const Run* best = nullptr;
  for (const auto& run : runs)
    if (run.clean() && (best == nullptr || run.calls > best->calls)) best = &run;
  auto result = to_json(best != nullptr ? *best : runs.front());
  boost::json::array all;
  for (const auto& run : runs) all.push_back(to_json(run));
  result["runs"] = std::move(all);
  fmt::print("{}\n", boost::json::serialize(result));
  return 0;
}

}  // namespace hotline::bench
