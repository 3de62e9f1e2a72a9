// SPDX-License-Identifier: Apache-2.0
// Which handler answers which request. Filled before the server starts, then read only: match() is safe from any
// thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/message.hpp"
#include "adapters/http/static_files.hpp"
#include "adapters/http/websocket.hpp"

namespace hotline::http {

/// Answers one request later, from any thread. Copies share one answer: the first respond() counts, later ones return
/// false. When the last copy goes without an answer the client gets 500; after RouteOptions::timeout it gets 504.
class Responder {
 public:
  /// For tests of handlers too: `deliver` is called once, on the thread of respond() (or of the last copy's end).
  explicit Responder(std::function<void(Response)> deliver);
  bool respond(Response response) const;
  bool operator()(Response response) const { return respond(std::move(response)); }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

using Handler = std::function<Response(const Request&)>;
using AsyncHandler = std::function<void(Request, Responder)>;

struct RouteOptions {
  std::size_t body_max = 1024 * 1024;         ///< bytes; more is answered 413 before the handler
  std::chrono::milliseconds timeout{30'000};  ///< from the whole request to the answer; then 504
};

/// Routes by method and pattern: "/api/v1/contacts/{id}/notes"; a {name} takes one whole, non-empty segment. Among
/// patterns that fit, the one with the earliest literal segment wins ("/agents/me" before "/agents/{id}").
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// Handlers run on the worker pool, many at a time; an exception is answered 500 and logged. A pattern given twice
  /// for one method, or a malformed one, is a bug and throws std::logic_error. GET routes also answer HEAD.
  void add(std::string method, std::string pattern, Handler handler, RouteOptions options = {});
  void get(std::string pattern, Handler handler) { add("GET", std::move(pattern), std::move(handler)); }
  void post(std::string pattern, Handler handler) { add("POST", std::move(pattern), std::move(handler)); }
  void put(std::string pattern, Handler handler) { add("PUT", std::move(pattern), std::move(handler)); }
  void patch(std::string pattern, Handler handler) { add("PATCH", std::move(pattern), std::move(handler)); }
  void del(std::string pattern, Handler handler) { add("DELETE", std::move(pattern), std::move(handler)); }
  /// The handler also runs on the worker pool, and may hand the Responder to any thread.
  void add_async(std::string method, std::string pattern, AsyncHandler handler, RouteOptions options = {});
  void websocket(std::string pattern, WebSocketCallbacks callbacks, WebSocketOptions options = {});
  /// Files for GET and HEAD requests that no route takes. One folder a router.
  void static_files(StaticFolder folder);

  struct Route {
    std::string method;   ///< "GET" for WebSocket routes
    std::string pattern;  ///< for metrics
    Handler handler;
    AsyncHandler async_handler;
    std::shared_ptr<const WebSocketCallbacks> websocket;
    WebSocketOptions websocket_options;
    RouteOptions options;
  };
  struct Match {
    const Route* route = nullptr;
    Pairs params;
    std::vector<std::string> allowed;  ///< no route, but these methods would have one: 405
  };
  /// Segments are percent-decoded.
  [[nodiscard]] Match match(std::string_view method, const std::vector<std::string>& segments) const;
  /// nullptr: none was set.
  [[nodiscard]] const StaticFiles* files() const { return files_.get(); }

 private:
  struct Entry;
  void insert(Route route);
  std::vector<Entry> entries_;
  std::unique_ptr<StaticFiles> files_;
};

}  // namespace hotline::http
