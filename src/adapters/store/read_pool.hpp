// SPDX-License-Identifier: Apache-2.0
// Connections for reading, shared by worker threads: each is used by one thread at a time. Thread-safe.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <vector>

#include "adapters/store/sql.hpp"
#include "app/ports/store.hpp"

namespace hotline::store {

class ReadPool {
 public:
  ReadPool(std::string url, std::size_t size) : url_(std::move(url)), free_(size) {}

  /// Calls `read` with a connection and gives back its result. A connection that turns out to be lost is replaced once.
  /// Throws StoreError when reading fails or no connection came free within five seconds.
  template <class Read>
  auto with(Read&& read) -> std::invoke_result_t<Read, sql::Connection&> {
    for (bool again = true;; again = false) {
      Lease lease(*this);
      try {
        return read(lease.connection());
      } catch (const sql::Error& error) {
        if (error.kind == sql::ErrorKind::bad_text) throw app::BadText(error.what());
        if (!again || !error.transient()) throw app::StoreError(error.what());
        lease.discard();
      }
    }
  }

 private:
  /// Takes a connection (made at its first use) and gives it back.
  class Lease {
   public:
    explicit Lease(ReadPool& pool) : pool_(pool), connection_(pool.take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(connection_)); }
    sql::Connection& connection() {
      if (!connection_ || !connection_->usable()) {
        connection_.reset();
        connection_ = sql::open(pool_.url_, sql::Access::read);
      }
      return *connection_;
    }
    void discard() { connection_.reset(); }

   private:
    ReadPool& pool_;
    std::unique_ptr<sql::Connection> connection_;
  };

  std::unique_ptr<sql::Connection> take() {
    std::unique_lock lock(mutex_);
    if (!given_back_.wait_for(lock, std::chrono::seconds(5), [&] { return !free_.empty(); }))
      throw app::StoreError("no read connection came free within five seconds");
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<sql::Connection> connection) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(connection));
    }
    given_back_.notify_one();
  }

  const std::string url_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<sql::Connection>> free_;  ///< nullptr: not opened yet
};

}  // namespace hotline::store
