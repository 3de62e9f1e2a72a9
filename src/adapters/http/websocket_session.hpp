// SPDX-License-Identifier: Apache-2.0
// The WebSocket part of a connection: the handle the application holds, and the coroutine that reads and writes.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/http/connection.hpp"
#include "adapters/http/websocket.hpp"

namespace hotline::http {

/// Holds no I/O object: it may outlive the connection and the server. Thread-safe.
class SessionHandle final : public WebSocketSession {
 public:
  SessionHandle(std::weak_ptr<Connection> connection, std::shared_ptr<const Request> request,
                const WebSocketOptions& options);

  bool send_text(std::string text) override;
  bool send_text(std::shared_ptr<const std::string> text) override;
  void close(std::uint16_t code, std::string reason) override;
  [[nodiscard]] std::uint64_t id() const override { return id_; }
  [[nodiscard]] const Request& request() const override { return *request_; }
  [[nodiscard]] bool is_open() const override;

  struct Close {
    std::uint16_t code = 0;
    std::string reason;
  };
  struct Next {
    std::shared_ptr<const std::string> text;
    std::optional<Close> close;
  };
  /// The next thing to write; both empty: nothing now. The close comes once, after the texts.
  [[nodiscard]] Next take();
  [[nodiscard]] std::optional<std::uint16_t> close_wanted() const;
  /// Nothing is sent any more.
  void set_gone();

 private:
  void wake();
  const std::uint64_t id_;
  const std::weak_ptr<Connection> connection_;
  const std::shared_ptr<const Request> request_;
  const std::size_t messages_max_, bytes_max_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t bytes_ = 0;
  std::optional<Close> close_;
  bool close_taken_ = false, gone_ = false;
};

/// Handshake, messages, close; returns when the session has ended and on_close has run.
asio::awaitable<void> run_websocket(Connection& connection, const Router::Route& route,
                                    std::shared_ptr<const Request> request,
                                    boost::beast::http::request<boost::beast::http::string_body> upgrade);

}  // namespace hotline::http
