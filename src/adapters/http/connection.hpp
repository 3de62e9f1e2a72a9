// SPDX-License-Identifier: Apache-2.0
// One connection: requests one after another, or a WebSocket in the end. A coroutine on the connection's own strand;
// only the functions so marked may be called from elsewhere.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/shared.hpp"
#include "adapters/http/stream.hpp"

namespace hotline::http {

class SessionHandle;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Peer {
    std::string address;
    std::uint16_t port = 0;
  };
  Connection(std::shared_ptr<Shared> shared, tcp::socket socket, asio::ssl::context* tls, Peer peer, bool redirects);
  ~Connection();

  /// Once, after Shared::admit().
  void start();

  // From any thread:
  void check_deadline(std::chrono::steady_clock::time_point now);
  /// Idle: closes; busy: after the answer; WebSocket: closes with 1001.
  void finish();
  /// Closes at once whatever is under way.
  void cut();
  /// Lets the writer of the WebSocket look at its queue.
  void wake_websocket();

  // For the WebSocket part, on the strand:
  Stream& stream() { return stream_; }
  Shared& shared() { return *shared_; }
  void expires_after(std::chrono::milliseconds limit);
  void expires_never();
  /// Runs `work` on a worker thread and comes back to the strand.
  asio::awaitable<void> on_worker(std::function<void()> work);
  void set_websocket(std::shared_ptr<SessionHandle> handle, std::function<void()> wake);

 private:
  struct Exchange;
  struct Incoming;
  asio::awaitable<void> run();
  asio::awaitable<bool> serve_one();
  asio::awaitable<bool> answer_request(Incoming& in);
  asio::awaitable<Response> ask_handler(const Router::Route& route, std::shared_ptr<Request> request);
  asio::awaitable<bool> open_websocket(Incoming& in, const Router::Route& route);
  asio::awaitable<bool> send(Incoming& in, Response response);
  asio::awaitable<bool> send_file(Incoming& in, const Response& response, FileAnswer& file);
  asio::awaitable<bool> write(asio::const_buffer data);
  asio::awaitable<void> close_gracefully();
  void deliver(const std::shared_ptr<Exchange>& exchange, Response response);
  void note_answer(const Incoming& in, int status);

  // First of all members, so that it goes last: it owns the I/O context the others live in.
  const std::shared_ptr<Shared> shared_;
  Stream stream_;
  const Peer peer_;
  const bool redirects_;
  boost::beast::flat_buffer buffer_;
  bool is_idle_ = false, is_first_ = true;
  std::shared_ptr<Exchange> exchange_;  ///< of the handler being waited for
  std::shared_ptr<SessionHandle> websocket_;
  std::function<void()> wake_websocket_;
  std::atomic<std::chrono::steady_clock::rep> deadline_;
};

}  // namespace hotline::http
