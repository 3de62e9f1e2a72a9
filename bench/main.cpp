// SPDX-License-Identifier: Apache-2.0
// media_bench: `hotline bench media|ivr` as a program of its own.
#include <CLI/CLI.hpp>

#include "bench/bench.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Benchmarks of the media plane"};
  app.require_subcommand(1);
  hotline::bench::MediaOptions media;
  auto* media_command = app.add_subcommand("media", "bridged calls beside a bare UDP relay");
  media_command->add_option("--calls", media.calls, "numbers of simultaneous calls")->delimiter(',');
  media_command->add_option("--seconds", media.seconds, "measured time of each kind and round");
  media_command->add_option("--rounds", media.rounds, "how often the kinds alternate");
  media_command->add_option("--directory", media.directory, "where recordings are written");
  media_command->add_flag("--json", media.json, "one JSON object as the last line");
  hotline::bench::IvrOptions ivr;
  auto* ivr_command = app.add_subcommand("ivr", "a prompt played to many callers");
  ivr_command->add_option("--calls", ivr.calls, "callers");
  ivr_command->add_option("--seconds", ivr.seconds, "measured time");
  ivr_command->add_flag("--json", ivr.json, "one JSON object as the last line");
  CLI11_PARSE(app, argc, argv);
  return media_command->parsed() ? hotline::bench::media(media) : hotline::bench::ivr(ivr);
}
