// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of the benchmark's own, with its data in a folder that may be kept, reached by a socket in it
// alone. Durable as in production (fsync). As root it runs as the user postgres, which PostgreSQL demands. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace hotline::bench {

class PostgresServer {
 public:
  /// Makes the data in `folder` when there is none. Throws std::runtime_error with what to do.
  explicit PostgresServer(const std::filesystem::path& folder);
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();  ///< stops it in order: what was loaded is kept
  [[nodiscard]] static bool is_installed();
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::filesystem::path folder_;
  std::string url_;
  pid_t server_ = -1;
};

}  // namespace hotline::bench
