// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice/signalling/connections.hpp"

#include <dlfcn.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "voice/signalling/message.hpp"

namespace hotline::voice::signalling {
namespace {

thread_local Connections* current = nullptr;

constexpr int kBelowTls = -10;  // sees the bytes as they come from the socket

}  // namespace

Connections::Connections(Limits limits, std::function<void(const std::string&)> closed)
    : limits_(limits), closed_(std::move(closed)) {
  current = this;
}

Connections::~Connections() {
  if (current == this) current = nullptr;
}

bool Connections::take(tcp_conn* connection) {
  sa peer{};
  const int fd = tcp_conn_fd(connection);
  if (fd < 0 || tcp_conn_peer_get(connection, &peer) != 0) return false;
  const auto address = address_of(peer);
  auto& of_source = by_source_[address];
  if (open_.size() >= limits_.max || of_source >= limits_.per_source_max) {
    if (of_source == 0) by_source_.erase(address);
    if (refused_++ % 1'000 == 0)
      spdlog::warn("sip connection from {} refused: {} are open, {} of them its own", address, open_.size(), of_source);
    return false;
  }
  ++of_source;
  auto& added = open_[fd];
  added = {.table = this, .address = address, .peer = address_port_of(peer)};
  const auto on_bytes = [](int*, mbuf*, bool*, void* arg) {
    static_cast<Open*>(arg)->active = true;
    return false;  // for those above
  };
  tcp_register_helper(nullptr, connection, kBelowTls, nullptr, nullptr, on_bytes, &added);
  return true;
}

void Connections::gone(int fd) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return;
  const auto source = by_source_.find(found->second.address);
  if (source != by_source_.end() && --source->second == 0) by_source_.erase(source);
  closed_(found->second.peer);
  open_.erase(found);
}

void Connections::sweep(Duration now) {
  for (auto& [fd, connection] : open_) {
    if (std::exchange(connection.active, false)) connection.idle_since = now;
    // Its end is then read like one the far end has made, and libre lets everything go.
    if (now - connection.idle_since >= limits_.idle) ::shutdown(fd, SHUT_RDWR);
  }
}

namespace {

template <class Function>
Function* after_ours(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace hotline::voice::signalling

using hotline::voice::signalling::current;

extern "C" int tcp_accept(tcp_conn** connection, tcp_sock* socket, tcp_estab_h* established, tcp_recv_h* received,
                          tcp_close_h* closed, void* arg) {
  static auto* const accept = hotline::voice::signalling::after_ours<decltype(tcp_accept)>("tcp_accept");
  const int error = accept(connection, socket, established, received, closed, arg);
  if (error != 0 || !current || current->take(*connection)) return error;
  *connection = static_cast<tcp_conn*>(mem_deref(*connection));
  return EMFILE;
}

extern "C" void fd_close(int fd) {
  static auto* const close = hotline::voice::signalling::after_ours<decltype(fd_close)>("fd_close");
  if (current) current->gone(fd);
  close(fd);
}
