// SPDX-License-Identifier: Apache-2.0
// The Unix socket behind the transport interfaces.
#include "voice_link/transport.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace hotline::voice_link {
namespace {

using runtime::Fd;

class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(Fd fd) : fd_(std::move(fd)) {}
  int fd() const override { return fd_.get(); }

  IoResult read(std::span<char> into) override {
    return result(::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT), false);
  }
  IoResult write(std::string_view bytes) override {
    return result(::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL), true);
  }

 private:
  static IoResult result(ssize_t count, bool writing) {
    if (count > 0) return {.state = IoResult::State::done, .bytes = static_cast<std::size_t>(count)};
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {.state = IoResult::State::again};
    if (count == 0 && writing) return {.state = IoResult::State::again};
    return {.state = IoResult::State::closed};
  }
  Fd fd_;
};

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Problem path_too_long(const std::string& path) {
  return {"'" + path + "' cannot be the path of a Unix socket",
          "use a path of 1 to 107 bytes, such as a shorter data folder"};
}

Fd unix_socket() {
  return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int connect_to(const Fd& fd, const sockaddr_un& address) {
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

class UnixListener final : public Listener {
 public:
  UnixListener(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {
    struct stat info {};
    if (::lstat(path_.c_str(), &info) == 0) inode_ = info.st_ino;
  }
  ~UnixListener() override {
    // Only our own file: another process may have taken the path over since.
    struct stat info {};
    if (::lstat(path_.c_str(), &info) == 0 && info.st_ino == inode_) ::unlink(path_.c_str());
  }
  int fd() const override { return fd_.get(); }
  std::unique_ptr<ByteStream> accept() override {
    Fd accepted(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return accepted ? std::make_unique<SocketStream>(std::move(accepted)) : nullptr;
  }

 private:
  Fd fd_;
  std::string path_;
  ino_t inode_ = 0;
};

/// Removes a socket file nobody listens on; a Problem when somebody does, or when it is no socket.
std::optional<Problem> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  if (!S_ISSOCK(info.st_mode)) return Problem{path + " exists and is no socket", "remove it or configure another path"};
  const Fd probe = unix_socket();
  if (connect_to(probe, address) != ECONNREFUSED)
    return Problem{path + " is in use by another voice node", "stop that node, or configure another path"};
  ::unlink(path.c_str());
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Listener>, Problem> listen(const std::string& address) {
  const auto where = unix_address(address);
  if (!where) return fail(path_too_long(address));
  if (auto problem = remove_stale(address, *where)) return fail(std::move(*problem));
  Fd fd = unix_socket();
  // Rights are set between bind and listen: nobody can have connected before.
  constexpr mode_t only_this_user = 0600;
  constexpr int backlog = 16;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*where), sizeof *where) != 0 ||
      ::chmod(address.c_str(), only_this_user) != 0 || ::listen(fd.get(), backlog) != 0)
    return fail(Problem{"cannot listen on " + address + ": " + std::strerror(errno),
                        "check that its folder exists and is writable for this user"});
  return std::make_unique<UnixListener>(std::move(fd), address);
}

Result<std::unique_ptr<ByteStream>, ConnectProblem> connect(const std::string& address) {
  const auto where = unix_address(address);
  if (!where) return fail(ConnectProblem{path_too_long(address)});
  Fd fd = unix_socket();
  const int error = fd ? connect_to(fd, *where) : errno;
  if (error != 0)
    return fail(ConnectProblem{{"no voice node answers at " + address + ": " + std::strerror(error),
                                "start `hotline voice` with this link path"},
                               error == ECONNREFUSED});
  return std::make_unique<SocketStream>(std::move(fd));
}

}  // namespace hotline::voice_link
