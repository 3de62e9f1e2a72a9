// SPDX-License-Identifier: Apache-2.0
// The only file that instantiates Beast's WebSocket templates.
#include "adapters/http/websocket_session.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace hotline::http {
namespace {

namespace ws = boost::beast::websocket;
using asio::redirect_error;
using asio::use_awaitable;

std::uint64_t next_session_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// What reader and writer of one session share, on the strand.
struct Io {
  // No permessage-deflate: live updates are small, and each session's window would cost memory.
  ws::stream<Stream&, false> stream;
  asio::steady_timer writer_wake, writer_end;
  std::shared_ptr<SessionHandle> handle;
  bool reader_has_ended = false, writer_has_ended = false;

  Io(Stream& s, std::shared_ptr<SessionHandle> h)
      : stream(s),
        writer_wake(s.get_executor(), asio::steady_timer::time_point::max()),
        writer_end(s.get_executor(), asio::steady_timer::time_point::max()),
        handle(std::move(h)) {}
};

asio::awaitable<void> write_queued(Connection& connection, Io& io) {
  error_code error;
  while (!error && !io.reader_has_ended) {
    auto next = io.handle->take();
    if (next.text) {
      io.stream.text(true);
      co_await io.stream.async_write(asio::buffer(*next.text), redirect_error(use_awaitable, error));
      if (error) connection.stream().close();
    } else if (next.close) {
      const ws::close_reason reason(static_cast<ws::close_code>(next.close->code), next.close->reason);
      co_await io.stream.async_close(reason, redirect_error(use_awaitable, error));
      break;
    } else {
      error_code woken;
      co_await io.writer_wake.async_wait(redirect_error(use_awaitable, woken));
    }
  }
  io.writer_has_ended = true;
  io.writer_end.cancel();
}

/// One callback on a worker; what it throws ends the session, not the server.
asio::awaitable<void> call(Connection& connection, SessionHandle& handle, std::function<void()> callback) {
  co_await connection.on_worker([&] {
    try {
      callback();
    } catch (const std::exception& error) {
      spdlog::error("WebSocket {}: callback failed: {}", handle.request().path, error.what());
      handle.close(close_code::internal, "internal error");
    }
  });
}

asio::awaitable<std::uint16_t> read_messages(Connection& connection, Io& io, const WebSocketCallbacks& callbacks) {
  for (;;) {
    boost::beast::flat_buffer buffer;
    error_code error;
    co_await io.stream.async_read(buffer, redirect_error(use_awaitable, error));
    if (error) {
      if (const auto ours = io.handle->close_wanted()) co_return *ours;
      if (error == ws::error::closed) {
        const auto code = io.stream.reason().code;
        co_return code == ws::close_code::none ? std::uint16_t{1005} : static_cast<std::uint16_t>(code);
      }
      if (error == ws::error::message_too_big) co_return close_code::too_big;
      if (error == ws::error::bad_frame_payload) co_return close_code::bad_payload;
      if (error.category() == make_error_code(ws::error::closed).category()) co_return close_code::protocol_error;
      co_return close_code::abnormal;
    }
    if (io.handle->close_wanted()) continue;  // on its way out: only the peer's close frame matters now
    if (!io.stream.got_text()) {
      io.handle->close(close_code::unsupported, "text messages only");
      continue;
    }
    if (!callbacks.on_text) continue;
    const auto data = buffer.cdata();
    const std::string_view text(static_cast<const char*>(data.data()), data.size());
    std::function<void()> deliver = [&] { callbacks.on_text(io.handle, text); };
    co_await call(connection, *io.handle, std::move(deliver));
  }
}

}  // namespace

SessionHandle::SessionHandle(std::weak_ptr<Connection> connection, std::shared_ptr<const Request> request,
                             const WebSocketOptions& options)
    : id_(next_session_id()),
      connection_(std::move(connection)),
      request_(std::move(request)),
      messages_max_(options.queue_messages_max),
      bytes_max_(options.queue_bytes_max) {}

bool SessionHandle::send_text(std::string text) {
  return send_text(std::make_shared<const std::string>(std::move(text)));
}

bool SessionHandle::send_text(std::shared_ptr<const std::string> text) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || close_) return false;
    if (queue_.size() >= messages_max_ || bytes_ + text->size() > bytes_max_) {
      queue_.clear();
      bytes_ = 0;
      close_ = Close{close_code::try_again_later, "too slow"};
    } else {
      bytes_ += text->size();
      queue_.push_back(std::move(text));
    }
    if (!close_ && queue_.size() > 1) return true;  // the writer is awake, or was told when the first one came
  }
  wake();
  return is_open();
}

void SessionHandle::close(std::uint16_t code, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || close_) return;
    constexpr std::size_t reason_max = 123;  // RFC 6455 5.5: 125 bytes with the code
    std::size_t length = std::min(reason.size(), reason_max);
    while (length < reason.size() && length > 0 && (static_cast<unsigned char>(reason[length]) & 0xc0) == 0x80)
      --length;
    reason.resize(length);
    close_ = Close{code, std::move(reason)};
  }
  wake();
}

bool SessionHandle::is_open() const {
  const std::lock_guard lock(mutex_);
  return !gone_ && !close_;
}

SessionHandle::Next SessionHandle::take() {
  const std::lock_guard lock(mutex_);
  Next next;
  if (!queue_.empty()) {
    next.text = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= next.text->size();
  } else if (close_ && !close_taken_) {
    close_taken_ = true;
    next.close = close_;
  }
  return next;
}

std::optional<std::uint16_t> SessionHandle::close_wanted() const {
  const std::lock_guard lock(mutex_);
  return close_ ? std::optional(close_->code) : std::nullopt;
}

void SessionHandle::set_gone() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
  queue_.clear();
  bytes_ = 0;
}

void SessionHandle::wake() {
  if (const auto connection = connection_.lock()) connection->wake_websocket();
}

asio::awaitable<void> run_websocket(Connection& connection, const Router::Route& route,
                                    std::shared_ptr<const Request> request,
                                    boost::beast::http::request<boost::beast::http::string_body> upgrade) {
  const auto callbacks = route.websocket;
  const auto& options = route.websocket_options;
  Io io(connection.stream(), std::make_shared<SessionHandle>(connection.weak_from_this(), request, options));
  const auto close_timeout = options.close_timeout;
  std::function<void()> wake = [&connection, &io, close_timeout] {
    // A peer that does not take its messages will not take the close frame either: the deadline ends it.
    if (io.handle->close_wanted()) connection.expires_after(close_timeout);
    io.writer_wake.cancel();
  };
  connection.set_websocket(io.handle, std::move(wake));

  ws::stream_base::timeout limits{options.close_timeout, options.idle_timeout, true};
  io.stream.set_option(limits);
  io.stream.read_message_max(options.message_max);
  connection.expires_after(options.close_timeout);
  error_code error;
  co_await io.stream.async_accept(upgrade, redirect_error(use_awaitable, error));
  if (!error) {
    connection.expires_never();
    ++connection.shared().websockets;
    if (connection.shared().stopping) io.handle->close(close_code::going_away, "the server stops");
    asio::co_spawn(connection.stream().get_executor(), write_queued(connection, io), asio::detached);
    if (callbacks->on_open) {
      std::function<void()> open = [&] { callbacks->on_open(io.handle); };
      co_await call(connection, *io.handle, std::move(open));
    }
    const auto code = co_await read_messages(connection, io, *callbacks);
    io.reader_has_ended = true;
    io.handle->set_gone();
    connection.stream().close();
    io.writer_wake.cancel();
    while (!io.writer_has_ended) co_await io.writer_end.async_wait(redirect_error(use_awaitable, error));
    --connection.shared().websockets;
    if (callbacks->on_close) {
      std::function<void()> closed = [&] { callbacks->on_close(io.handle, code); };
      co_await call(connection, *io.handle, std::move(closed));
    }
  }
  connection.set_websocket(nullptr, nullptr);
}

}  // namespace hotline::http
