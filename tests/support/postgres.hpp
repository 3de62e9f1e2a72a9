// SPDX-License-Identifier: Apache-2.0
// A private PostgreSQL server for tests: made in a temporary folder, reached by a Unix socket in it alone, fsync on,
// ended by its own process id. As root it runs as the user postgres, which PostgreSQL demands. Use from one thread.
#pragma once

#include <sys/types.h>

#include <string>

namespace hotline::test {

class PrivatePostgres {
 public:
  /// Makes the cluster and starts the server; throws std::runtime_error with the server's log when it does not come up.
  PrivatePostgres();
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;
  ~PrivatePostgres();

  /// An empty database of its own; its URL.
  std::string make_database();

  void start();
  /// Ends every connection and the server, with a checkpoint.
  void stop();
  /// As a crash does: no checkpoint, connections broken off; the next start recovers from the log.
  void crash();

 private:
  void end(int signal);
  std::string folder_;
  std::string binaries_;
  pid_t server_ = -1;
  int databases_ = 0;
};

/// The one server of this test program, started at the first call and ended with the program.
PrivatePostgres& shared_postgres();

}  // namespace hotline::test
