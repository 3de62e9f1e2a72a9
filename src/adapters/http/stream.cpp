// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace hotline::http {
namespace {

class PlainStream final : public Stream::Impl {
 public:
  explicit PlainStream(tcp::socket socket) : socket_(std::move(socket)) {}
  void read(asio::mutable_buffer buffer, asio::any_completion_handler<Stream::Transferred> handler) override {
    socket_.async_read_some(buffer, std::move(handler));
  }
  void write(asio::const_buffer buffer, asio::any_completion_handler<Stream::Transferred> handler) override {
    socket_.async_write_some(buffer, std::move(handler));
  }
  void handshake(asio::any_completion_handler<Stream::Done> handler) override { at_once(std::move(handler)); }
  void shutdown(asio::any_completion_handler<Stream::Done> handler) override { at_once(std::move(handler)); }
  tcp::socket& socket() override { return socket_; }

 private:
  void at_once(asio::any_completion_handler<Stream::Done> handler) {
    asio::post(socket_.get_executor(), asio::append(std::move(handler), error_code{}));
  }
  tcp::socket socket_;
};

class TlsStream final : public Stream::Impl {
 public:
  TlsStream(tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) { is_tls = true; }
  void read(asio::mutable_buffer buffer, asio::any_completion_handler<Stream::Transferred> handler) override {
    stream_.async_read_some(buffer, std::move(handler));
  }
  void write(asio::const_buffer buffer, asio::any_completion_handler<Stream::Transferred> handler) override {
    stream_.async_write_some(buffer, std::move(handler));
  }
  void handshake(asio::any_completion_handler<Stream::Done> handler) override {
    stream_.async_handshake(asio::ssl::stream_base::server, std::move(handler));
  }
  void shutdown(asio::any_completion_handler<Stream::Done> handler) override {
    stream_.async_shutdown(std::move(handler));
  }
  tcp::socket& socket() override { return stream_.next_layer(); }

 private:
  asio::ssl::stream<tcp::socket> stream_;
};

std::unique_ptr<Stream::Impl> make(tcp::socket socket, asio::ssl::context* tls) {
  if (tls == nullptr) return std::make_unique<PlainStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), *tls);
}

}  // namespace

Stream::Stream(tcp::socket socket, asio::ssl::context* tls) : impl_(make(std::move(socket), tls)) {}

void Stream::close() noexcept {
  error_code ignored;
  socket().shutdown(tcp::socket::shutdown_both, ignored);
  socket().close(ignored);
}

void teardown(boost::beast::role_type, Stream& stream, error_code& error) {
  stream.close();
  error = {};
}

void beast_close_socket(Stream& stream) {
  stream.close();
}

}  // namespace hotline::http
