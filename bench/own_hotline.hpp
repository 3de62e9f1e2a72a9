// SPDX-License-Identifier: Apache-2.0
// A hotline started for a benchmark: free ports, a temporary folder, the demo world without wrap-up; ended with it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "bench/bench.hpp"
#include "bench/temporary_directory.hpp"
#include "runtime/child_process.hpp"

namespace hotline::bench {

class OwnHotline {
 public:
  /// `agent_port`: where the SIP phones of every agent are, on loopback.
  static Result<std::unique_ptr<OwnHotline>, Problem> start(const CallsOptions& options, std::uint16_t agent_port);
  ~OwnHotline();

  [[nodiscard]] const std::string& sip() const { return sip_; }  ///< "127.0.0.1:port"
  /// Sets agents 8001… ready on their phones, over the API as a supervisor would.
  Result<void, Problem> make_ready(unsigned agents);
  /// CPU time used so far by core and voice node, in milliseconds. Archiving is work of low priority that waits for
  /// idle time, so it is told apart (with it, threads that have ended).
  struct Cpu {
    double calls_ms = 0, archive_ms = 0;
  };
  [[nodiscard]] Cpu cpu() const;

 private:
  explicit OwnHotline(TemporaryDirectory* directory) : directory_(directory) {}

  std::unique_ptr<TemporaryDirectory> directory_;
  std::unique_ptr<runtime::ChildProcess> process_;
  std::string http_, sip_, supervisor_password_;
};

}  // namespace hotline::bench
