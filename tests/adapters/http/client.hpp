// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP, TLS and WebSocket client for tests, written by hand so that it can also send what no good client
// would. Every wait has a time limit of ten seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"

namespace hotline::http::test {

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;
};

struct Frame {
  int opcode = 0;  ///< 1 text, 2 binary, 8 close, 9 ping, 10 pong
  std::string payload;
  /// Of a close frame; 0 without one.
  [[nodiscard]] int close_code() const;
};

class Client {
 public:
  enum class Security { plain, tls };
  /// receive_buffer: size of the socket's receive buffer in bytes, 0 for the system's.
  explicit Client(std::uint16_t port, Security security = Security::plain, int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool is_connected() const;
  bool send(std::string_view bytes);
  /// A request with Host, Content-Length and the given fields ("Name: value\r\n...").
  bool request(std::string_view method, std::string_view target, std::string_view fields = {},
               std::string_view body = {});
  /// nullopt: the connection ended or the time limit passed before a whole answer.
  std::optional<Reply> reply(bool is_head = false);
  std::optional<Reply> get(std::string_view target, std::string_view fields = {});
  /// True when the peer has closed and nothing more is to read.
  bool is_at_end();
  void close();

  std::optional<Reply> open_websocket(std::string_view target, std::string_view fields = {});
  bool send_frame(int opcode, std::string_view payload, bool is_final = true);
  bool send_text(std::string_view text) { return send_frame(1, text); }
  std::optional<Frame> frame();

  /// TLS: the peer's certificate in PEM, and the protocol ("TLSv1.3").
  [[nodiscard]] std::string peer_certificate() const;
  [[nodiscard]] std::string tls_version() const;

 private:
  struct Tls;
  std::optional<std::string> read_until(std::string_view mark);
  std::optional<std::string> read_exactly(std::size_t size);
  bool fill();
  int fd_ = -1;
  std::uint16_t port_;
  std::unique_ptr<Tls> tls_;
  std::string buffer_;
};

}  // namespace hotline::http::test
