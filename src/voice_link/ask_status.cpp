// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/ask_status.hpp"

#include <poll.h>

#include <array>
#include <chrono>

#include "voice_link/frame.hpp"
#include "voice_link/transport.hpp"

namespace hotline::voice_link {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Waits until the descriptor can be used; false once `until` is over.
bool wait_ready(int fd, short events, SteadyClock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now()).count();
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  return left > 0 && ::poll(&waiting, 1, static_cast<int>(left)) > 0;
}

}  // namespace

Result<link::NodeStatus, Problem> ask_status(const std::string& address, Duration limit) {
  auto stream = connect(address);
  if (!stream) return fail(Problem{stream.error().what, stream.error().remedy});
  const Problem silent{"the voice node at " + address + " does not answer",
                       "look at its log; a node of an older program does not know the question"};
  const auto until = SteadyClock::now() + limit;
  link::FromCore question;
  question.mutable_status_request();
  std::string frame;
  (void)append_frame(frame, question.SerializeAsString());
  std::size_t sent = 0;
  while (sent < frame.size()) {
    const IoResult wrote = (*stream)->write(std::string_view(frame).substr(sent));
    if (wrote.state == IoResult::State::closed) return fail(silent);
    sent += wrote.bytes;
    if (wrote.state == IoResult::State::again && !wait_ready((*stream)->fd(), POLLOUT, until)) return fail(silent);
  }
  FrameReader reader;
  std::array<char, 65'536> buffer;
  for (;;) {
    while (const auto payload = reader.next()) {
      link::FromNode message;
      if (!message.ParseFromArray(payload->data(), static_cast<int>(payload->size()))) return fail(silent);
      if (message.has_node_status()) return std::move(*message.mutable_node_status());
    }
    if (reader.broken()) return fail(silent);
    const IoResult got = (*stream)->read(buffer);
    if (got.state == IoResult::State::closed) return fail(silent);
    if (got.state == IoResult::State::done) reader.feed({buffer.data(), got.bytes});
    if (got.state == IoResult::State::again && !wait_ready((*stream)->fd(), POLLIN, until)) return fail(silent);
  }
}

}  // namespace hotline::voice_link
