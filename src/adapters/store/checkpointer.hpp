// SPDX-License-Identifier: Apache-2.0
// Copies SQLite's write-ahead log back into the database on a thread and a connection of its own. A commit that happened
// to fill the log would else wait for it: with millions of orders 50 to 90 ms, for pages from all over the file.
#pragma once

#include <sqlite3.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace hotline::store::sql {

class Checkpointer {
 public:
  /// Of the database in `file`. The thread starts with the first log that is long enough.
  explicit Checkpointer(std::string file) : file_(std::move(file)) {}
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  /// Waits for the copying under way.
  ~Checkpointer();

  /// The writing connection's thread, after each commit: so many pages are in its log. From 4,000 (16 MB) on they are
  /// copied back; whoever writes so fast that a log of 64,000 builds up all the same does it itself, as SQLite would.
  void committed(sqlite3* writer, int pages);

 private:
  void run();

  const std::string file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false, stopping_ = false;  // guarded by mutex_
  std::thread thread_;                      // the writing connection's
};

}  // namespace hotline::store::sql
