// SPDX-License-Identifier: Apache-2.0
// A voice node as a process, for tests that kill it: process <folder>. Ports are free ones; everything lies in the
// folder.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>

#include "voice/node/node_main.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: voice_node_process <folder>\n", stderr);
    return 2;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("voice"));  // standard output has the ready line alone
  const std::filesystem::path folder = argv[1];
  hotline::voice::node::NodeConfig config;
  config.sip.udp_port = config.sip.tcp_port = 0;
  config.sip.trunks = {{.name = "pstn", .peers = {"*"}}};
  config.prompt_directories = {folder / "prompts"};
  config.recordings_directory = folder / "recordings";
  config.link_path = (folder / "link").string();
  return hotline::voice::node::run(config);
}
