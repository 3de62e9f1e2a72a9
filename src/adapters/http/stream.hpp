// SPDX-License-Identifier: Apache-2.0
// One byte stream for plain TCP and for TLS, with the type erased so that Beast's templates are compiled once. Models
// Asio's AsyncReadStream and AsyncWriteStream. Lives on its connection's strand.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <utility>

namespace hotline::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class Stream {
 public:
  using executor_type = asio::any_io_executor;
  using Transferred = void(error_code, std::size_t);
  using Done = void(error_code);

  class Impl {
   public:
    virtual ~Impl() = default;
    virtual void read(asio::mutable_buffer buffer, asio::any_completion_handler<Transferred> handler) = 0;
    virtual void write(asio::const_buffer buffer, asio::any_completion_handler<Transferred> handler) = 0;
    virtual void handshake(asio::any_completion_handler<Done> handler) = 0;
    virtual void shutdown(asio::any_completion_handler<Done> handler) = 0;
    virtual tcp::socket& socket() = 0;
    bool is_tls = false;
  };

  /// Plain when tls is null.
  Stream(tcp::socket socket, asio::ssl::context* tls);

  executor_type get_executor() { return impl_->socket().get_executor(); }
  [[nodiscard]] tcp::socket& socket() { return impl_->socket(); }
  [[nodiscard]] bool is_tls() const { return impl_->is_tls; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, Transferred>(
        [impl = impl_.get()](auto handler, asio::mutable_buffer buffer) { impl->read(buffer, std::move(handler)); },
        token, first<asio::mutable_buffer>(buffers));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, Transferred>(
        [impl = impl_.get()](auto handler, asio::const_buffer buffer) { impl->write(buffer, std::move(handler)); },
        token, first<asio::const_buffer>(buffers));
  }
  /// TLS server handshake; at once for plain TCP.
  template <class Token>
  auto async_handshake(Token&& token) {
    return asio::async_initiate<Token, Done>(
        [impl = impl_.get()](auto handler) { impl->handshake(std::move(handler)); }, token);
  }
  /// TLS close_notify both ways; at once for plain TCP.
  template <class Token>
  auto async_shutdown(Token&& token) {
    return asio::async_initiate<Token, Done>([impl = impl_.get()](auto handler) { impl->shutdown(std::move(handler)); },
                                             token);
  }

  /// Closes the socket; operations under way end with an error.
  void close() noexcept;

 private:
  /// One buffer a step is enough: TLS makes one record of each anyway, and answers are joined before they are written.
  template <class Buffer, class Buffers>
  static Buffer first(const Buffers& buffers) {
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it)
      if (Buffer buffer(*it); buffer.size() != 0) return buffer;
    return Buffer{};
  }
  std::unique_ptr<Impl> impl_;
};

// Beast's customization points for a user-defined stream under a WebSocket.
void teardown(boost::beast::role_type role, Stream& stream, error_code& error);
template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
  stream.async_shutdown(std::forward<Handler>(handler));
}
void beast_close_socket(Stream& stream);

}  // namespace hotline::http
