// SPDX-License-Identifier: Apache-2.0
// The HTTP(S) and WebSocket server. It owns its I/O threads and its worker threads; handlers run on workers only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/router.hpp"
#include "base/result.hpp"

namespace hotline::http {

struct TlsConfig {
  /// PEM files. Both empty: a self-made certificate is kept in `self_made_folder`.
  std::filesystem::path certificate_file, key_file;
  std::filesystem::path self_made_folder;
  /// Names and addresses for the self-made certificate besides localhost, 127.0.0.1, ::1 and the host's name.
  std::vector<std::string> names;
};

struct Limits {
  std::size_t header_max = 16 * 1024;              ///< request line and fields, bytes; more is 431
  std::size_t connections_max = 4096;              ///< more are closed at once
  std::size_t connections_per_address_max = 1024;  ///< offices share one address behind NAT
  std::size_t queue_max = 1024;                    ///< requests waiting for a worker; more are answered 503
  std::chrono::milliseconds header_timeout{
      10'000};  ///< from the first byte of a request (or the handshake) to its last field
  std::chrono::milliseconds body_timeout{30'000};   ///< for the whole body
  std::chrono::milliseconds idle_timeout{60'000};   ///< between requests
  std::chrono::milliseconds write_timeout{30'000};  ///< without any progress of an answer
};

/// One answered request, for logs and metrics.
struct AccessRecord {
  std::string method;
  std::string route;  ///< the pattern ("/api/v1/contacts/{id}"), "static", or "" when none matched
  int status = 0;
  std::chrono::microseconds took{};
  std::string remote_address;
};

struct ServerConfig {
  enum class PlainHttp : std::uint8_t { redirect, serve };
  std::string bind_address = "*";               ///< numeric; "*": every address, IPv6 too where the machine has it
  std::optional<std::uint16_t> https_port = 0;  ///< nullopt: no TLS; 0: any free port
  std::optional<std::uint16_t> http_port;       ///< nullopt: no plain HTTP
  PlainHttp plain_http = PlainHttp::redirect;   ///< what the HTTP port does; redirect needs https_port
  TlsConfig tls;
  Limits limits;
  unsigned io_threads = 1;
  unsigned worker_threads = 4;
  /// Content-Security-Policy of every answer; the default fits the Vite-built desk.
  std::string content_security_policy =
      "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
      "media-src 'self' blob: mediastream:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
      "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
  /// Called on an I/O thread after each answer; must return quickly. May be empty.
  std::function<void(const AccessRecord&)> on_answered;
  /// Gives answers from 400 on another form, also those the server makes itself (404, 405, 413, 504), for an API that
  /// has an error body of its own. On an I/O thread; must return quickly and must not throw. May be empty.
  std::function<void(const Request&, Response&)> shape_refusal;
};

struct ServerStats {
  std::size_t connections = 0, websockets = 0, queued = 0;
  std::uint64_t requests = 0, refused_connections = 0, overload_answers = 0;
};

class Server {
 public:
  /// Binds, loads or makes the certificate and starts the threads. The Problem names the port in use, the file that
  /// cannot be read and so on, with the remedy.
  [[nodiscard]] static Result<std::unique_ptr<Server>, Problem> start(ServerConfig config, Router router);
  ~Server();  ///< stop() with a limit of zero if it was not stopped
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The real ports; 0 when that kind is off.
  [[nodiscard]] std::uint16_t https_port() const;
  [[nodiscard]] std::uint16_t http_port() const;
  [[nodiscard]] ServerStats stats() const;
  /// Any thread. Reads certificate and key again: new connections get them, open ones go on with the old. The old stay
  /// when the files cannot be used. Nothing without HTTPS.
  [[nodiscard]] Result<void, Problem> reload_certificate();

  /// Accepts no more, closes idle connections at once and WebSockets with 1001, lets running requests finish up to
  /// `limit`, then cuts what is left. Blocks until every thread has ended. Call it from none of the server's threads.
  void stop(std::chrono::milliseconds limit);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hotline::http
