// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "adapters/store/checkpointer.hpp"

#include <pthread.h>

namespace hotline::store::sql {
namespace {

/// Seldom enough that the pages which every call changes are copied back once for many commits; recovery after a crash
/// still reads such a log in well under a second.
constexpr int begin_pages = 4'000;
constexpr int most_pages = 64'000;
/// How long the writer may be kept out for the last pages, while readers are still in the log.
constexpr int busy_ms = 10;

}  // namespace

Checkpointer::~Checkpointer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpointer::committed(sqlite3* writer, int pages) {
  if (pages < begin_pages) return;
  if (pages >= most_pages) sqlite3_wal_checkpoint_v2(writer, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  changed_.notify_one();
}

void Checkpointer::run() {
  pthread_setname_np(pthread_self(), "checkpointer");
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const bool open = sqlite3_open_v2(file_.c_str(), &database, flags, nullptr) == SQLITE_OK;
  if (open) {
    sqlite3_busy_timeout(database, busy_ms);
    sqlite3_exec(database, "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0", nullptr, nullptr, nullptr);
  }
  for (std::unique_lock lock(mutex_);;) {
    changed_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) break;
    wanted_ = false;
    lock.unlock();
    // What fails (no room, a reader in the log for long) is tried again after the next commit. First beside the writer,
    // who goes on; then the few pages that came meanwhile, with the writer kept out, so that its log begins anew.
    if (open && sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr) == SQLITE_OK)
      sqlite3_wal_checkpoint_v2(database, nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    lock.lock();
  }
  sqlite3_close(database);
}

}  // namespace hotline::store::sql
