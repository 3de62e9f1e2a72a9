// SPDX-License-Identifier: Apache-2.0
// What one server's connections share: configuration, routes, the I/O context, the workers, the register of
// connections. Every function may be called from any thread.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/http/server.hpp"

namespace hotline::http {

class Connection;

/// Worker threads with a bounded queue for new requests. Work that belongs to an admitted request or session is always
/// taken: there is at most one such piece a connection.
class Workers {
 public:
  Workers(unsigned threads, std::size_t queue_max) : queue_max_(queue_max), pool_(threads) {}

  template <class Work>
  bool try_post(Work work) {
    if (waiting_.fetch_add(1) >= queue_max_) {
      waiting_.fetch_sub(1);
      return false;
    }
    boost::asio::post(pool_, [this, work = std::move(work)]() mutable {
      waiting_.fetch_sub(1);
      work();
    });
    return true;
  }
  template <class Work>
  void post(Work work) {
    boost::asio::post(pool_, std::move(work));
  }
  void join() { pool_.join(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(); }

 private:
  const std::size_t queue_max_;
  std::atomic<std::size_t> waiting_{0};
  boost::asio::thread_pool pool_;
};

class Shared {
 public:
  Shared(ServerConfig c, Router r);

  const ServerConfig config;
  const Router router;
  boost::asio::io_context io;
  Workers workers;
  std::atomic<bool> stopping{false};
  std::uint16_t https_port = 0;  ///< set before the first connection
  std::atomic<std::uint64_t> requests{0}, refused{0}, overloads{0};
  std::atomic<std::size_t> websockets{0};

  /// Reads certificate and key; the context serves new connections from then on.
  [[nodiscard]] Result<void, Problem> load_certificate();
  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> tls() const;

  /// False when the server or the address has its most connections.
  bool admit(const std::shared_ptr<Connection>& connection, const std::string& address);
  void leave(const Connection* connection, const std::string& address);
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> connections() const;
  [[nodiscard]] std::size_t connection_count() const;
  /// True when no connection is left within the limit.
  bool wait_empty(std::chrono::milliseconds limit);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> connections_;
  std::unordered_map<std::string, std::size_t> per_address_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
};

}  // namespace hotline::http
