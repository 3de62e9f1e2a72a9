// SPDX-License-Identifier: Apache-2.0
// The command line of `hotline`.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "main/commands.hpp"
#include "runtime/crash_report.hpp"

namespace {

/// This binary, to start the voice node from.
std::string own_path(const char* argv0) {
  std::error_code ec;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", ec);
  return ec ? std::string(argv0) : path.string();
}

}  // namespace

int main(int argc, char** argv) {
  hotline::runtime::report_crashes();
  CLI::App app{"hotline: one service number for a whole company"};
  app.require_subcommand(1);
  app.set_version_flag("--version", HOTLINE_VERSION);

  hotline::main::ServeOptions options;
  options.program = own_path(argv[0]);
  const auto add_places = [&](CLI::App* command) {
    command->add_option("--config", options.config, "configuration file (TOML)")->required();
    command->add_option("--data", options.data, "folder of the data, made if missing")->required();
  };
  int status = 0;

  CLI::App* serve = app.add_subcommand("serve", "run the hotline: core, web, and a voice node on this machine");
  add_places(serve);
  serve->add_flag("--demo", options.demo, "fill an empty store with a believable city and print its accounts");
  serve->callback([&] { status = hotline::main::serve(options); });

  CLI::App* voice = app.add_subcommand("voice", "run a voice node, or look at the running one");
  add_places(voice);
  bool stats = false, as_json = false;
  CLI::Option* ask = voice->add_flag("--stats", stats, "run none: print how the running node is");
  voice->add_flag("--json", as_json, "with --stats: one JSON object")->needs(ask);
  voice->callback([&] {
    status = stats ? hotline::main::voice_stats(options.config, options.data, as_json)
                   : hotline::main::voice(options.config, options.data);
  });

  CLI::App* doctor = app.add_subcommand("doctor", "say what is wrong with an installation");
  add_places(doctor);
  doctor->callback([&] { status = hotline::main::doctor(options.config, options.data); });

  CLI::App* migrate = app.add_subcommand("migrate", "bring the store to this program's schema");
  add_places(migrate);
  bool reindex = false;
  migrate->add_flag("--reindex", reindex, "have the full text of all work orders indexed anew");
  migrate->callback([&] { status = hotline::main::migrate(options.config, options.data, reindex); });

  hotline::main::add_bench_command(app, status);
  hotline::main::add_simulate_command(app, status);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return status;
}
