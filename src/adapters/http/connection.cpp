// SPDX-License-Identifier: Apache-2.0
// The only file that instantiates Beast's HTTP parser.
#include "adapters/http/connection.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/append.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "adapters/http/response_head.hpp"
#include "adapters/http/target.hpp"
#include "adapters/http/websocket_session.hpp"

namespace hotline::http {
namespace {

namespace beast_http = boost::beast::http;
using asio::redirect_error;
using asio::use_awaitable;
using Clock = std::chrono::steady_clock;
using Parser = beast_http::request_parser<beast_http::string_body>;

constexpr auto never = std::numeric_limits<Clock::rep>::max();
constexpr std::size_t piece_max = 64 * 1024;  ///< written at a time: the write time-out counts from piece to piece
constexpr std::chrono::seconds linger_timeout{10};
constexpr std::size_t linger_max = 16 * 1024 * 1024;  // more than any body that is taken: who sent too much learns why
constexpr std::size_t read_size = 8 * 1024;

Response header_error(const error_code& error) {
  if (error == beast_http::error::header_limit || error == beast_http::error::buffer_overflow)
    return Response::error(431, "header_too_large", "the request line and header fields are too long");
  if (error == beast_http::error::bad_version) return Response::error(505, "http_version", "HTTP/1.1 is spoken here");
  return Response::error(400, "bad_request", "malformed HTTP request: " + error.message());
}

void run_handler(const Router::Route& route, Request& request, const Responder& responder) {
  try {
    if (route.handler) {
      responder.respond(route.handler(request));
    } else {
      Request copy = request;
      route.async_handler(std::move(copy), responder);
    }
  } catch (const std::exception& error) {
    spdlog::error("{} {}: handler failed: {}", request.method, request.path, error.what());
    responder.respond(Response::error(500, "internal", "internal error; see the server's log"));
  }
}

}  // namespace

/// A handler's answer on its way. On the strand only.
struct Connection::Exchange {
  std::optional<Response> response;
  asio::steady_timer* timer = nullptr;  ///< null: nobody waits any more
};

/// One request while it is served.
struct Connection::Incoming {
  std::optional<Parser> parser;
  std::shared_ptr<Request> request = std::make_shared<Request>();
  std::vector<std::string> segments;
  std::string route;  ///< for the access record
  Clock::time_point begun = Clock::now();
  bool keep_alive = false;
};

Connection::Connection(std::shared_ptr<Shared> shared, tcp::socket socket, asio::ssl::context* tls, Peer peer,
                       bool redirects)
    : shared_(std::move(shared)),
      stream_(std::move(socket), tls),
      peer_(std::move(peer)),
      redirects_(redirects),
      deadline_(never) {}

Connection::~Connection() = default;

void Connection::start() {
  asio::co_spawn(stream_.get_executor(), run(), [self = shared_from_this()](std::exception_ptr problem) {
    try {
      if (problem) std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      spdlog::error("connection of {}: {}", self->peer_.address, error.what());
    }
    self->stream_.close();
    self->shared_->leave(self.get(), self->peer_.address);
  });
}

void Connection::expires_after(std::chrono::milliseconds limit) {
  deadline_ = (Clock::now() + limit).time_since_epoch().count();
}
void Connection::expires_never() {
  deadline_ = never;
}

void Connection::check_deadline(Clock::time_point now) {
  if (now.time_since_epoch().count() < deadline_) return;
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    // It may have been moved on while this was under way.
    if (Clock::now().time_since_epoch().count() >= self->deadline_) self->stream_.close();
  });
}

void Connection::finish() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->websocket_) self->websocket_->close(close_code::going_away, "the server stops");
    if (self->is_idle_) self->stream_.close();
  });
}

void Connection::cut() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    self->stream_.close();
    if (self->exchange_ && self->exchange_->timer != nullptr) self->exchange_->timer->cancel();
  });
}

void Connection::wake_websocket() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->wake_websocket_) self->wake_websocket_();
  });
}

void Connection::set_websocket(std::shared_ptr<SessionHandle> handle, std::function<void()> wake) {
  websocket_ = std::move(handle);
  wake_websocket_ = std::move(wake);
}

asio::awaitable<void> Connection::on_worker(std::function<void()> work) {
  std::exception_ptr problem;
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&](auto handler) {
        shared_->workers.post(
            [executor = stream_.get_executor(), &work, &problem, handler = std::move(handler)]() mutable {
              try {
                work();
              } catch (...) {
                problem = std::current_exception();
              }
              asio::post(executor, std::move(handler));
            });
      },
      use_awaitable);
  if (problem) std::rethrow_exception(problem);
}

asio::awaitable<void> Connection::run() {
  expires_after(shared_->config.limits.header_timeout);
  error_code error;
  co_await stream_.async_handshake(redirect_error(use_awaitable, error));
  if (error) co_return;
  while (co_await serve_one()) is_first_ = false;
}

/// False: nothing more is to come on this connection.
asio::awaitable<bool> Connection::serve_one() {
  const auto& limits = shared_->config.limits;
  error_code error;
  if (buffer_.size() == 0) {
    is_idle_ = true;
    if (shared_->stopping) co_return false;
    expires_after(is_first_ ? limits.header_timeout : limits.idle_timeout);
    const auto size =
        co_await stream_.async_read_some(buffer_.prepare(read_size), redirect_error(use_awaitable, error));
    is_idle_ = false;
    if (error) co_return false;
    buffer_.commit(size);
  }
  Incoming in;
  auto& parser = in.parser.emplace();
  parser.header_limit(static_cast<std::uint32_t>(limits.header_max));
  parser.body_limit(boost::none);  // set by the route, once it is known
  expires_after(limits.header_timeout);
  co_await beast_http::async_read_header(stream_, buffer_, parser, redirect_error(use_awaitable, error));
  if (error) {
    if (error.category() == make_error_code(beast_http::error::bad_method).category() &&
        error != beast_http::error::end_of_stream && error != beast_http::error::partial_message) {
      auto refusal = header_error(error);
      co_await send(in, std::move(refusal));
      co_await close_gracefully();
    }
    co_return false;
  }
  const bool goes_on = co_await answer_request(in);
  if (!goes_on) co_await close_gracefully();
  co_return goes_on&& in.keep_alive;
}

asio::awaitable<bool> Connection::answer_request(Incoming& in) {
  ++shared_->requests;
  auto& message = in.parser->get();
  auto& request = *in.request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) request.headers.add(std::string(field.name_string()), std::string(field.value()));
  request.remote_address = peer_.address;
  request.remote_port = peer_.port;
  request.is_tls = stream_.is_tls();

  auto target = parse_target(request.target);
  if (!target) co_return co_await send(in, bad_request("the request target is malformed"));
  request.path = std::move(target->path);
  request.query_params = std::move(target->query);
  in.segments = std::move(target->segments);

  if (redirects_) {
    const auto host = request.header("Host");
    if (!is_host(host)) co_return co_await send(in, bad_request("the Host field is missing or malformed"));
    auto location = "https://" + std::string(without_port(host));
    if (shared_->https_port != 443) location += ":" + std::to_string(shared_->https_port);
    co_return co_await send(in, Response::redirect(308, location + request.target));
  }

  auto match = shared_->router.match(request.method, in.segments);
  if (match.route != nullptr) in.route = match.route->pattern;
  request.params = std::move(match.params);
  const bool is_upgrade = boost::beast::websocket::is_upgrade(message);
  if (match.route != nullptr && match.route->websocket) {
    if (is_upgrade) co_return co_await open_websocket(in, *match.route);
    auto refusal = Response::error(426, "upgrade_required", "this is a WebSocket endpoint");
    refusal.headers.set("Upgrade", "websocket");
    co_return co_await send(in, std::move(refusal));
  }

  const auto body_max = match.route != nullptr ? match.route->options.body_max : RouteOptions{}.body_max;
  Response too_large =
      Response::error(413, "body_too_large", "the body may have at most " + std::to_string(body_max) + " bytes");
  if (const auto length = in.parser->content_length(); length && *length > body_max)
    co_return co_await send(in, std::move(too_large));
  in.parser->body_limit(body_max);
  if (const auto expect = request.headers.find("Expect"); expect && !in.parser->is_done()) {
    if (!iequals(*expect, "100-continue"))
      co_return co_await send(in, Response::error(417, "expectation", "unknown expectation"));
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await write(asio::buffer(go_on))) co_return false;
  }
  expires_after(shared_->config.limits.body_timeout);
  error_code error;
  if (!in.parser->is_done())
    co_await beast_http::async_read(stream_, buffer_, *in.parser, redirect_error(use_awaitable, error));
  if (error == beast_http::error::body_limit) co_return co_await send(in, std::move(too_large));
  if (error) {
    if (error.category() != make_error_code(beast_http::error::bad_method).category() ||
        error == beast_http::error::partial_message || error == beast_http::error::end_of_stream)
      co_return false;
    co_return co_await send(in, bad_request("malformed body: " + error.message()));
  }
  request.body = std::move(message.body());
  in.keep_alive = message.keep_alive();
  expires_never();

  if (match.route != nullptr) {
    auto response = co_await ask_handler(*match.route, in.request);
    co_return co_await send(in, std::move(response));
  }
  if (!match.allowed.empty()) {
    std::string allow;
    for (const auto& method : match.allowed) allow += (allow.empty() ? "" : ", ") + method;
    const bool asks = request.method == "OPTIONS";
    auto response =
        asks ? Response::no_content() : Response::error(405, "method_not_allowed", "allowed here: " + allow);
    response.headers.set("Allow", allow);
    co_return co_await send(in, std::move(response));
  }
  if (shared_->router.files() != nullptr && (request.method == "GET" || request.method == "HEAD")) {
    std::optional<FileAnswer> file;
    std::function<void()> look = [&] { file = shared_->router.files()->answer(request); };
    co_await on_worker(std::move(look));
    in.route = "static";
    if (file) {
      const Response plain = Response::text(file->status, {}, {});
      co_return co_await send_file(in, plain, *file);
    }
  }
  co_return co_await send(in, Response::error(404, "not_found", "nothing is served at " + request.path));
}

/// Waits for the handler's answer, wherever it comes from.
asio::awaitable<Response> Connection::ask_handler(const Router::Route& route, std::shared_ptr<Request> request) {
  auto exchange = std::make_shared<Exchange>();
  asio::steady_timer timer(stream_.get_executor(), route.options.timeout);
  exchange->timer = &timer;
  exchange_ = exchange;
  Responder responder([weak = weak_from_this(), exchange](Response response) {
    if (const auto self = weak.lock()) self->deliver(exchange, std::move(response));
  });
  const bool is_queued = shared_->workers.try_post(
      [&route, request, responder = std::move(responder)] { run_handler(route, *request, responder); });
  if (!is_queued) {
    exchange->timer = nullptr;
    ++shared_->overloads;
    co_return unavailable("the server is overloaded", std::chrono::seconds(1));
  }
  error_code ignored;
  if (!exchange->response) co_await timer.async_wait(redirect_error(use_awaitable, ignored));
  exchange->timer = nullptr;
  exchange_ = nullptr;
  if (exchange->response) co_return std::move(*exchange->response);
  co_return Response::error(504, "timeout", "the answer did not come in time");
}

void Connection::deliver(const std::shared_ptr<Exchange>& exchange, Response response) {
  asio::post(stream_.get_executor(), [exchange, response = std::move(response)]() mutable {
    if (exchange->timer == nullptr) return;  // too late
    exchange->response = std::move(response);
    exchange->timer->cancel();
  });
}

asio::awaitable<bool> Connection::open_websocket(Incoming& in, const Router::Route& route) {
  const auto& request = *in.request;
  if (!is_allowed_origin(request.headers.find("Origin"), request.header("Host"),
                         route.websocket_options.allowed_origins))
    co_return co_await send(in, Response::error(403, "origin", "pages of this origin may not connect"));
  if (!in.parser->is_done() || buffer_.size() != 0)
    co_return co_await send(in, bad_request("data before the handshake"));
  if (route.websocket->authorize) {
    std::optional<Response> refusal;
    expires_never();
    std::function<void()> ask = [&] {
      try {
        refusal = route.websocket->authorize(request);
      } catch (const std::exception& error) {
        spdlog::error("WebSocket {}: authorize failed: {}", request.path, error.what());
        refusal = Response::error(500, "internal", "internal error; see the server's log");
      }
    };
    co_await on_worker(std::move(ask));
    if (refusal) co_return co_await send(in, std::move(*refusal));
  }
  note_answer(in, 101);
  co_await run_websocket(*this, route, in.request, in.parser->release());
  co_return false;
}

void Connection::note_answer(const Incoming& in, int status) {
  if (!shared_->config.on_answered) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - in.begun);
  shared_->config.on_answered({in.request->method, in.route, status, took, peer_.address});
}

/// False when the connection is to be closed.
asio::awaitable<bool> Connection::send(Incoming& in, Response response) {
  if (response.status >= 400 && shared_->config.shape_refusal) shared_->config.shape_refusal(*in.request, response);
  if (response.source) {
    FileAnswer answer = answer_source(*in.request, response.source, response.content_type);
    co_return co_await send_file(in, response, answer);
  }
  if (response.file) {
    std::optional<FileAnswer> file;
    std::function<void()> look = [&] { file = answer_file(*in.request, *response.file, response.content_type); };
    co_await on_worker(std::move(look));
    if (file) co_return co_await send_file(in, response, *file);
    response = Response::error(404, "not_found", "the file is not there");
  }
  in.keep_alive = in.keep_alive && !shared_->stopping;
  const bool has_body = response.status != 204 && response.status != 304;
  ResponseHead head{response.status, response.content_type, std::nullopt,
                    in.keep_alive,   stream_.is_tls(),      shared_->config.content_security_policy};
  if (has_body)
    head.content_length = response.body.size();
  else
    head.content_type = {};
  auto text = response_head(head, response.headers);
  const bool sends_body = has_body && in.request->method != "HEAD";
  // One write, one TLS record and one packet for the usual small answer.
  const bool is_small = sends_body && response.body.size() < piece_max;
  if (is_small) text += response.body;
  bool written = co_await write(asio::buffer(text));
  if (written && sends_body && !is_small) written = co_await write(asio::buffer(response.body));
  note_answer(in, response.status);
  co_return written&& in.keep_alive;
}

asio::awaitable<bool> Connection::send_file(Incoming& in, const Response& response, FileAnswer& file) {
  in.keep_alive = in.keep_alive && !shared_->stopping;
  if (file.status == 416) {
    auto refusal = Response::error(416, "range", "the range lies beyond the end");
    refusal.headers = std::move(file.headers);
    refusal.headers.set("Content-Type", "application/json");
    co_return co_await send(in, std::move(refusal));
  }
  for (const auto& [name, value] : response.headers) file.headers.add(name, value);
  if (!response.download_name.empty()) {
    std::string name;
    for (const char c : response.download_name) name += c == '"' || c == '\\' ? '_' : c;
    file.headers.set("Content-Disposition", "attachment; filename=\"" + name + "\"");
  }
  ResponseHead head{
      file.status, {}, std::nullopt, in.keep_alive, stream_.is_tls(), shared_->config.content_security_policy};
  if (file.status != 304) head.content_length = file.length;
  const auto text = response_head(head, file.headers);
  bool written = co_await write(asio::buffer(text));
  const bool sends_body = file.status != 304 && in.request->method != "HEAD";
  if (written && sends_body && file.bytes) {
    written = co_await write(asio::buffer(*file.bytes));
  } else if (sends_body) {
    std::vector<char> piece(std::min<std::uint64_t>(file.length, piece_max));
    while (written && file.length > 0) {
      ssize_t size = 0;
      std::function<void()> read = [&] {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.length));
        if (file.source)
          size = file.source->read(file.offset, {piece.data(), wanted}) ? static_cast<ssize_t>(wanted) : -1;
        else
          size = ::pread(file.file.get(), piece.data(), wanted, static_cast<off_t>(file.offset));
      };
      expires_never();
      co_await on_worker(std::move(read));
      // A file cut short meanwhile: only closing tells the client that the rest will not come.
      if (size <= 0) co_return false;
      file.offset += static_cast<std::uint64_t>(size);
      file.length -= static_cast<std::uint64_t>(size);
      written = co_await write(asio::buffer(piece.data(), static_cast<std::size_t>(size)));
    }
  }
  note_answer(in, file.status);
  co_return written&& in.keep_alive;
}

asio::awaitable<bool> Connection::write(asio::const_buffer data) {
  while (data.size() != 0) {
    expires_after(shared_->config.limits.write_timeout);
    error_code error;
    const auto size =
        co_await stream_.async_write_some(asio::buffer(data, piece_max), redirect_error(use_awaitable, error));
    if (error) co_return false;
    data += size;
  }
  co_return true;
}

/// Lets the client read the last answer: closing while it still sends would reset the connection and lose it (RFC
/// 9112 9.6).
asio::awaitable<void> Connection::close_gracefully() {
  if (!stream_.socket().is_open()) co_return;
  expires_after(linger_timeout);
  error_code error;
  co_await stream_.async_shutdown(redirect_error(use_awaitable, error));
  stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  std::vector<char> rest(read_size);
  for (std::size_t drained = 0; !error && drained < linger_max;)
    drained += co_await stream_.socket().async_read_some(asio::buffer(rest), redirect_error(use_awaitable, error));
}

}  // namespace hotline::http
