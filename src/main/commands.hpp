// SPDX-License-Identifier: Apache-2.0
// The subcommands of `hotline`. Each returns the exit status: 0 well, 1 failed with the reason on standard error, 2
// usage.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "main/config.hpp"

namespace CLI {
class App;
}

namespace hotline::main {

struct ServeOptions {
  std::filesystem::path config, data;
  bool demo = false;
  std::string program;  ///< this binary, for starting the voice node
};

int serve(const ServeOptions& options);
int voice(const std::filesystem::path& config, const std::filesystem::path& data);
/// Prints how the running voice node of this data folder is; 1 when none answers.
int voice_stats(const std::filesystem::path& config, const std::filesystem::path& data, bool as_json);
/// Says what is wrong with an installation; 0 when nothing is.
int doctor(const std::filesystem::path& config, const std::filesystem::path& data);
/// Applies the store's migrations.
/// `reindex`: the full text of all work orders is to be indexed anew.
int migrate(const std::filesystem::path& config, const std::filesystem::path& data, bool reindex = false);

void add_bench_command(CLI::App& app, int& status);
void add_simulate_command(CLI::App& app, int& status);
/// `simulate plan`.
CLI::App* add_plan_command(CLI::App& simulate, int& status);
/// `simulate orders`.
CLI::App* add_order_simulation_command(CLI::App& simulate, int& status);

/// Reads the configuration or tells everything that is wrong with it on standard error.
[[nodiscard]] std::optional<Config> config_or_complain(const std::filesystem::path& config,
                                                       const std::filesystem::path& data);
/// spdlog to standard error as configured.
void set_up_logging(const LogConfig& config, const std::string& process);
void complain(const Problem& problem);

}  // namespace hotline::main
