// SPDX-License-Identifier: Apache-2.0
// What carries the voice link: a stream of bytes. On one machine a Unix socket; a TLS stream between machines takes the
// same place. Used on the thread of the loop that watches the descriptor.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "runtime/fd.hpp"

namespace hotline::voice_link {

struct IoResult {
  enum class State { done, again, closed };
  State state = State::closed;
  std::size_t bytes = 0;  ///< done: at least one
};

/// A connected (or still connecting) stream that never blocks.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual IoResult read(std::span<char> into) = 0;
  [[nodiscard]] virtual IoResult write(std::string_view bytes) = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  [[nodiscard]] virtual int fd() const = 0;
  /// The next connection, nullptr when none waits.
  [[nodiscard]] virtual std::unique_ptr<ByteStream> accept() = 0;
};

/// Listens at `address`: the path of a Unix socket (at most 107 bytes), which only this user may connect to. A socket
/// file that a crash left behind is replaced; one that answers, or any other kind of file, is a Problem.
Result<std::unique_ptr<Listener>, Problem> listen(const std::string& address);

struct ConnectProblem : Problem {
  /// The socket file is there and no process has it any more: whoever listened is dead, not slow.
  bool listener_dead = false;
};

/// Connects to `address` without waiting; fails when nobody listens there.
Result<std::unique_ptr<ByteStream>, ConnectProblem> connect(const std::string& address);

}  // namespace hotline::voice_link
