// SPDX-License-Identifier: Apache-2.0
// `bench ivr`: a prompt played to many callers, who send silence meanwhile.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "bench/bench.hpp"
#include "bench/load.hpp"
#include "bench/machine.hpp"
#include "bench/node.hpp"
#include "bench/temporary_directory.hpp"

namespace hotline::bench {
namespace {

using namespace voice::media;

/// A prompt of 10 s of a swelling tone, as 16 bit WAV.
bool write_prompt(const std::filesystem::path& path) {
  constexpr std::uint32_t samples = 80'000;
  std::string data;
  const auto number = [&data](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) data += static_cast<char>(value >> (8 * i));
  };
  data += "RIFF";
  number(36 + 2 * samples, 4);
  data += "WAVEfmt ";
  number(16, 4);
  number(1, 2);
  number(1, 2);
  number(8000, 4);
  number(16000, 4);
  number(2, 2);
  number(16, 2);
  data += "data";
  number(2 * samples, 4);
  for (std::uint32_t i = 0; i < samples; ++i)
    number(static_cast<std::uint32_t>(static_cast<std::int32_t>(8000 * std::sin(i * 0.3) * std::sin(i * 0.0003))), 2);
  std::ofstream file(path, std::ios::binary);
  file << data;
  file.close();
  return file.good();
}

}  // namespace

int ivr(const IvrOptions& options) {
  raise_open_files();
  pin_to_first_core();
  const TemporaryDirectory directory({});
  if (!write_prompt(directory.path() / "swell.wav")) return 1;
  Load load(options.calls, Load::Lateness::of_stream);
  Node node(directory.path(), directory.path());
  if (!load.ok()) return 1;
  for (unsigned i = 0; i < options.calls; ++i) {
    const LegId leg{i + 1};
    const auto port = node.plane.open(leg);
    if (!port) return 1;
    load.connect(i, *port);
    Remote remote;
    const auto address = loopback(load.port(i));
    std::memcpy(&remote.address, &address, sizeof address);
    node.plane.set_remote(leg, remote);
    node.plane.play(leg,
                    {.id = PlayId{i + 1}, .items = {{PlayItem::Prompt{"swell"}}}, .loop = true, .stop_on_digit = true});
  }
  std::fprintf(stderr, "%u callers hear a prompt for %.0f s ...\n", options.calls, options.seconds);
  load.start();
  sleep_until_ns(steady_ns() + 1'500'000'000);
  load.measure(true);
  const auto begin = steady_ns();
  const auto cpu_before = node.cpu_ns();
  sleep_until_ns(begin + static_cast<std::int64_t>(options.seconds * 1e9));
  const auto cpu = static_cast<double>(node.cpu_ns() - cpu_before);
  const auto elapsed = static_cast<double>(steady_ns() - begin);
  load.measure(false);
  const auto totals = load.stop();
  const double per_100 = cpu / elapsed / options.calls * 100 * 100;
  fmt::print("{} callers: {:.2f} % of a core per 100, {} packets heard, {} missing, {} late (slowest {:.1f} ms)\n",
             options.calls, per_100, totals.received, totals.gaps, totals.late,
             static_cast<double>(totals.late_max_ns) / 1e6);
  if (options.json)
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"cpu_per_100", std::round(per_100 * 1000) / 1000},
                                                                  {"late_packets", totals.late},
                                                                  {"lost_packets", totals.gaps},
                                                                  {"packets", totals.received},
                                                                  {"calls", options.calls}}));
  return node.missing == 0 && totals.received > 0 ? 0 : 1;
}

}  // namespace hotline::bench
