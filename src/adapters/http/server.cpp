// SPDX-License-Identifier: Apache-2.0
// Ports, threads, start and stop. Accepts on the I/O threads.
#include "adapters/http/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <thread>

#include "adapters/http/connection.hpp"
#include "adapters/http/shared.hpp"

namespace hotline::http {
namespace {

using asio::redirect_error;
using asio::use_awaitable;

constexpr std::chrono::milliseconds deadline_tick{50};  ///< time-outs are that exact
constexpr std::chrono::minutes certificate_check{60};

struct Listener {
  explicit Listener(asio::io_context& io) : acceptor(asio::make_strand(io)) {}
  tcp::acceptor acceptor;
  bool is_tls = false, redirects = false;
};

Problem port_problem(const error_code& error, const std::string& address, std::uint16_t port, bool is_tls) {
  const auto* kind = is_tls ? "HTTPS" : "HTTP";
  if (error == asio::error::address_in_use)
    return {fmt::format("the {} port {} is already in use", kind, port),
            fmt::format("stop the program that uses it (\"ss -ltnp sport = :{}\" shows which), or configure another "
                        "port; 0 takes any free one",
                        port)};
  if (error == asio::error::access_denied)
    return {fmt::format("the {} port {} may not be opened by this user", kind, port),
            "use a port from 1024 on, or give the program the capability CAP_NET_BIND_SERVICE"};
  return {fmt::format("cannot listen on {} port {} of address {}: {}", kind, port, address, error.message()),
          "configure an address this machine has; * stands for all"};
}

error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.close(error);
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()), error);
    if (error) return error;
  }
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

Result<void, Problem> open(Listener& listener, const std::string& address, std::uint16_t port) {
  error_code error;
  if (address == "*") {
    error = listen(listener.acceptor, {tcp::v6(), port});
    // A machine without IPv6.
    if (error && error != asio::error::address_in_use && error != asio::error::access_denied)
      error = listen(listener.acceptor, {tcp::v4(), port});
  } else {
    const auto parsed = asio::ip::make_address(address, error);
    if (!error) error = listen(listener.acceptor, {parsed, port});
  }
  if (error) return fail(port_problem(error, address, port, listener.is_tls));
  return {};
}

Connection::Peer peer_of(const tcp::endpoint& endpoint) {
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return {address.to_string(), endpoint.port()};
}

asio::awaitable<void> accept_all(std::shared_ptr<Shared> shared, Listener& listener) {
  for (;;) {
    error_code error;
    tcp::socket socket =
        co_await listener.acceptor.async_accept(asio::make_strand(shared->io), redirect_error(use_awaitable, error));
    if (shared->stopping || error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of file descriptors, most likely: connections that end make room.
      spdlog::warn("cannot accept a connection: {}", error.message());
      asio::steady_timer pause(listener.acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(redirect_error(use_awaitable, error));
      continue;
    }
    const auto endpoint = socket.remote_endpoint(error);
    if (error) continue;  // gone already
    socket.set_option(tcp::no_delay(true), error);
    const auto tls = listener.is_tls ? shared->tls() : nullptr;
    auto peer = peer_of(endpoint);
    const auto address = peer.address;
    auto connection =
        std::make_shared<Connection>(shared, std::move(socket), tls.get(), std::move(peer), listener.redirects);
    if (!shared->admit(connection, address)) {
      ++shared->refused;
      continue;
    }
    connection->start();
    if (shared->stopping) connection->cut();  // stop() may have looked through the register just before
  }
}

/// `over` is set on the timer's strand: cancelling alone does not reach a wait that has just ended.
asio::awaitable<void> watch_deadlines(std::shared_ptr<Shared> shared, asio::steady_timer& timer, const bool& over,
                                      bool has_tls) {
  auto next_check = std::chrono::steady_clock::now() + certificate_check;
  for (;;) {
    error_code error;
    timer.expires_after(deadline_tick);
    co_await timer.async_wait(redirect_error(use_awaitable, error));
    if (error || over) co_return;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& connection : shared->connections()) connection->check_deadline(now);
    if (has_tls && now >= next_check) {
      next_check = now + certificate_check;
      // Renewed files, or a self-made one near its end: new connections get the new one.
      shared->workers.post([raw = shared.get()] {
        if (const auto loaded = raw->load_certificate(); !loaded)
          spdlog::error("TLS certificate not renewed: {}; {}", loaded.error().what, loaded.error().remedy);
      });
    }
  }
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerConfig config, Router router)
      : shared(std::make_shared<Shared>(std::move(config), std::move(router))),
        work(asio::make_work_guard(shared->io)),
        timer_strand(asio::make_strand(shared->io)),
        timer(timer_strand) {}

  Result<void, Problem> listen_on(std::uint16_t port, bool is_tls, std::uint16_t& real) {
    auto& listener = listeners.emplace_back(shared->io);
    listener.is_tls = is_tls;
    listener.redirects = !is_tls && shared->config.plain_http == ServerConfig::PlainHttp::redirect;
    if (auto opened = open(listener, shared->config.bind_address, port); !opened) return opened;
    real = listener.acceptor.local_endpoint().port();
    return {};
  }

  Result<void, Problem> start() {
    const auto& config = shared->config;
    if (!config.https_port && !config.http_port)
      return fail(
          Problem{"neither an HTTPS nor an HTTP port is configured", "configure at least one; 0 takes any free one"});
    if (config.http_port && !config.https_port && config.plain_http == ServerConfig::PlainHttp::redirect)
      return fail(Problem{"the HTTP port redirects to HTTPS, but there is no HTTPS port",
                          "configure an HTTPS port, or let the HTTP port serve"});
    if (config.https_port) {
      if (auto loaded = shared->load_certificate(); !loaded) return loaded;
      if (auto opened = listen_on(*config.https_port, true, https_port); !opened) return opened;
      shared->https_port = https_port;
    }
    if (config.http_port)
      if (auto opened = listen_on(*config.http_port, false, http_port); !opened) return opened;
    for (auto& listener : listeners)
      asio::co_spawn(listener.acceptor.get_executor(), accept_all(shared, listener), asio::detached);
    asio::co_spawn(timer_strand, watch_deadlines(shared, timer, watch_over, config.https_port.has_value()),
                   asio::detached);
    for (unsigned i = 0; i < std::max(1U, config.io_threads); ++i) threads.emplace_back([this] { shared->io.run(); });
    return {};
  }

  void stop(std::chrono::milliseconds limit) {
    if (shared->stopping.exchange(true)) return;
    for (auto& listener : listeners)
      asio::post(listener.acceptor.get_executor(), [&listener] {
        error_code ignored;
        listener.acceptor.close(ignored);
      });
    for (const auto& connection : shared->connections()) connection->finish();
    if (!threads.empty() && !shared->wait_empty(limit)) {
      // Again and again: a connection may be between its accept and its first step.
      do {
        for (const auto& connection : shared->connections()) connection->cut();
      } while (!shared->wait_empty(std::chrono::milliseconds(100)));
    }
    asio::post(timer_strand, [this] {
      watch_over = true;
      timer.cancel();
    });
    work.reset();
    for (auto& thread : threads) thread.join();
    shared->workers.join();
  }

  std::shared_ptr<Shared> shared;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::strand<asio::io_context::executor_type> timer_strand;
  asio::steady_timer timer;
  bool watch_over = false;  ///< on timer_strand only
  std::deque<Listener> listeners;
  std::vector<std::thread> threads;
  std::uint16_t https_port = 0, http_port = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  impl_->stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Server>, Problem> Server::start(ServerConfig config, Router router) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(router));
  if (auto started = impl->start(); !started) return fail(std::move(started.error()));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::https_port() const {
  return impl_->https_port;
}
std::uint16_t Server::http_port() const {
  return impl_->http_port;
}

ServerStats Server::stats() const {
  const auto& shared = *impl_->shared;
  return {shared.connection_count(), shared.websockets, shared.workers.waiting(),
          shared.requests,           shared.refused,    shared.overloads};
}

Result<void, Problem> Server::reload_certificate() {
  if (!impl_->shared->config.https_port) return {};
  return impl_->shared->load_certificate();
}

void Server::stop(std::chrono::milliseconds limit) {
  impl_->stop(limit);
}

}  // namespace hotline::http
