// SPDX-License-Identifier: Apache-2.0
// `hotline voice`: a voice node as a process of its own.
#include "main/commands.hpp"
#include "main/node_keeper.hpp"
#include "runtime/child_process.hpp"
#include "runtime/signals.hpp"
#include "voice/node/node_main.hpp"

namespace hotline::main {

int voice(const std::filesystem::path& file, const std::filesystem::path& data) {
  auto config = config_or_complain(file, data);
  if (!config) return 1;
  set_up_logging(config->log, "voice");
  runtime::ignore_sigpipe();
  std::error_code ec;
  std::filesystem::create_directories(config->data, ec);
  auto pid_file = runtime::PidFile::acquire(node_pid_file(*config));
  if (!pid_file) {
    complain(pid_file.error());
    return 1;
  }
  config->voice.version = HOTLINE_VERSION;
  return voice::node::run(config->voice);
}

}  // namespace hotline::main
