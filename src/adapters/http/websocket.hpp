// SPDX-License-Identifier: Apache-2.0
// WebSocket endpoints (RFC 6455) as the application sees them. Callbacks of one session come one after another, on
// worker threads, never at the same time; the next message is read only after on_text has returned (a slow handler
// slows its peer).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/message.hpp"

namespace hotline::http {

/// Close codes (RFC 6455 7.4.1) the server uses.
namespace close_code {
inline constexpr std::uint16_t normal = 1000, going_away = 1001, protocol_error = 1002, unsupported = 1003,
                               abnormal = 1006, bad_payload = 1007, policy = 1008, too_big = 1009, internal = 1011,
                               try_again_later = 1013;
}  // namespace close_code

/// A connected browser. Every function may be called from any thread, also after the connection has gone (then without
/// effect); nothing blocks. Keep it in a shared_ptr as long as wanted.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  /// Queues a text message. When the queue is full (WebSocketOptions) the peer is too slow: the queue is dropped and
  /// the session closes with 1013. Returns false when the message will not be sent.
  virtual bool send_text(std::string text) = 0;
  /// The same text to many sessions without copying it.
  virtual bool send_text(std::shared_ptr<const std::string> text) = 0;
  /// Sends what is queued, then a close frame. The reason is cut to 123 bytes.
  virtual void close(std::uint16_t code = close_code::normal, std::string reason = {}) = 0;
  /// Unique in this process, never 0.
  [[nodiscard]] virtual std::uint64_t id() const = 0;
  /// The request of the handshake: cookies, query, params, remote address.
  [[nodiscard]] virtual const Request& request() const = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
};
using WebSocketPtr = std::shared_ptr<WebSocketSession>;

struct WebSocketCallbacks {
  /// Asked before the handshake, on a worker: a Response refuses it (401, ...), nullopt accepts. May be empty.
  std::function<std::optional<Response>(const Request&)> authorize;
  std::function<void(const WebSocketPtr&)> on_open;                         ///< may send at once
  std::function<void(const WebSocketPtr&, std::string_view text)> on_text;  ///< valid UTF-8; binary is closed with 1003
  std::function<void(const WebSocketPtr&, std::uint16_t code)> on_close;    ///< exactly once after on_open; 1006: lost
};

struct WebSocketOptions {
  std::size_t message_max = 64 * 1024;    ///< longer ones are closed with 1009
  std::size_t queue_messages_max = 1024;  ///< outgoing, per session
  std::size_t queue_bytes_max = 4 * 1024 * 1024;
  std::chrono::milliseconds idle_timeout{
      60'000};  ///< a ping goes out after half of it; silence for all of it ends the session
  std::chrono::milliseconds close_timeout{5'000};  ///< for the closing handshake, then the socket is shut
  /// Origins allowed besides the request's own host, e.g. "https://desk.example.org". Browsers always send Origin; a
  /// request without one is no browser and passes (authorize decides).
  std::vector<std::string> allowed_origins;
};

}  // namespace hotline::http
