// SPDX-License-Identifier: Apache-2.0
// Keeps a voice node running on this machine: adopts the one that is there (its calls go on), starts one when there is
// none, and again when it dies. The node is a process of its own and outlives the core. A thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "main/config.hpp"

namespace hotline::main {

class NodeKeeper {
 public:
  /// `program` is this binary. `died` is called (on the keeper's thread) each time a node is known to be gone.
  NodeKeeper(std::string program, const Config& config, std::function<void()> died);
  /// Leaves the node running.
  ~NodeKeeper();

  /// Starts or adopts; fails when a started node ends before it is ready (a port in use), with its own words.
  Result<void, Problem> start();
  /// Ends the node: SIGTERM, and SIGKILL after `limit`.
  void stop_node(Duration limit);
  /// Passes a signal on to the node that runs.
  void signal_node(int number) const;
  /// "sip_udp=… sip_tcp=… webrtc_udp=…" of a node started here; empty for an adopted one (the link tells).
  [[nodiscard]] std::string ready_line() const;

 private:
  [[nodiscard]] Result<void, Problem> launch();
  void watch();

  std::string program_;
  Config config_;
  std::function<void()> died_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string ready_line_;
  bool stopping_ = false;
  std::thread thread_;
};

/// The file that says which process is the node of a data folder.
[[nodiscard]] std::string node_pid_file(const Config& config);

}  // namespace hotline::main
