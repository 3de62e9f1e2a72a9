// SPDX-License-Identifier: Apache-2.0
#include "adapters/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>

namespace hotline::http::test {

struct Client::Tls {
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  ~Tls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

int Frame::close_code() const {
  if (opcode != 8 || payload.size() < 2) return 0;
  return (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
}

Client::Client(std::uint16_t port, Security security, int receive_buffer) : port_(port) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_buffer != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    return;
  }
  if (security == Security::plain) return;
  tls_ = std::make_unique<Tls>();
  tls_->context = SSL_CTX_new(TLS_client_method());
  tls_->ssl = SSL_new(tls_->context);
  SSL_set_fd(tls_->ssl, fd_);
  SSL_set_tlsext_host_name(tls_->ssl, "localhost");
  if (SSL_connect(tls_->ssl) != 1) close();
}

Client::~Client() {
  close();
}

void Client::close() {
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Client::is_connected() const {
  return fd_ >= 0;
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = tls_ ? SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                           : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

bool Client::request(std::string_view method, std::string_view target, std::string_view fields, std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) +
                     " HTTP/1.1\r\nHost: localhost:" + std::to_string(port_) + "\r\n" + std::string(fields);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return send(text + "\r\n" + std::string(body));
}

bool Client::fill() {
  std::array<char, 16384> bytes{};
  const auto size = tls_ ? SSL_read(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                         : static_cast<int>(::recv(fd_, bytes.data(), bytes.size(), 0));
  if (size <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

std::optional<std::string> Client::read_until(std::string_view mark) {
  for (;;) {
    if (const auto end = buffer_.find(mark); end != std::string::npos) {
      auto text = buffer_.substr(0, end + mark.size());
      buffer_.erase(0, end + mark.size());
      return text;
    }
    if (!fill()) return std::nullopt;
  }
}

std::optional<std::string> Client::read_exactly(std::size_t size) {
  while (buffer_.size() < size)
    if (!fill()) return std::nullopt;
  auto text = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return text;
}

std::optional<Reply> Client::reply(bool is_head) {
  const auto head = read_until("\r\n\r\n");
  if (!head || !head->starts_with("HTTP/1.1 ")) return std::nullopt;
  Reply reply;
  reply.status = std::stoi(head->substr(9, 3));
  for (auto begin = head->find("\r\n") + 2; begin + 2 < head->size();) {
    const auto end = head->find("\r\n", begin);
    const auto line = head->substr(begin, end - begin);
    const auto colon = line.find(": ");
    reply.headers.add(line.substr(0, colon), line.substr(colon + 2));
    begin = end + 2;
  }
  const auto length = reply.headers.find("Content-Length");
  if (!length || is_head) return reply;
  auto body = read_exactly(std::stoul(std::string(*length)));
  if (!body) return std::nullopt;
  reply.body = std::move(*body);
  return reply;
}

std::optional<Reply> Client::get(std::string_view target, std::string_view fields) {
  if (!request("GET", target, fields)) return std::nullopt;
  return reply();
}

bool Client::is_at_end() {
  if (!buffer_.empty() || fd_ < 0) return false;
  std::array<char, 1> byte{};
  if (tls_) {
    const int size = SSL_read(tls_->ssl, byte.data(), 1);
    return size <= 0 && SSL_get_error(tls_->ssl, size) != SSL_ERROR_WANT_READ;
  }
  const auto size = ::recv(fd_, byte.data(), 1, 0);
  return size == 0 || (size < 0 && errno != EAGAIN);
}

std::optional<Reply> Client::open_websocket(std::string_view target, std::string_view fields) {
  return get(target,
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 std::string(fields));
}

bool Client::send_frame(int opcode, std::string_view payload, bool is_final) {
  std::string bytes(1, static_cast<char>((is_final ? 0x80 : 0) | opcode));
  const auto put = [&](std::uint64_t value, int size) {
    for (int i = size - 1; i >= 0; --i) bytes += static_cast<char>(value >> (8 * i));
  };
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    bytes += static_cast<char>(0x80 | 126);
    put(payload.size(), 2);
  } else {
    bytes += static_cast<char>(0x80 | 127);
    put(payload.size(), 8);
  }
  constexpr std::array<char, 4> mask = {0x11, 0x22, 0x33, 0x44};
  bytes.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return send(bytes);
}

std::optional<Frame> Client::frame() {
  const auto head = read_exactly(2);
  if (!head) return std::nullopt;
  Frame frame;
  frame.opcode = (*head)[0] & 0x0f;
  std::uint64_t size = static_cast<unsigned char>((*head)[1]) & 0x7f;
  if (size >= 126) {
    const auto extended = read_exactly(size == 126 ? 2 : 8);
    if (!extended) return std::nullopt;
    size = 0;
    for (const char c : *extended) size = (size << 8) | static_cast<unsigned char>(c);
  }
  auto payload = read_exactly(size);
  if (!payload) return std::nullopt;
  frame.payload = std::move(*payload);
  return frame;
}

std::string Client::peer_certificate() const {
  if (!tls_ || tls_->ssl == nullptr) return {};
  X509* certificate = SSL_get1_peer_certificate(tls_->ssl);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  X509_free(certificate);
  return text;
}

std::string Client::tls_version() const {
  return tls_ ? SSL_get_version(tls_->ssl) : std::string{};
}

}  // namespace hotline::http::test
