// SPDX-License-Identifier: Apache-2.0
// One stream of the voice link on a loop: whole frames in, whole frames out. Everything on the loop's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/event_loop.hpp"
#include "voice_link/frame.hpp"
#include "voice_link/transport.hpp"

namespace hotline::voice_link {

class LinkStream : public std::enable_shared_from_this<LinkStream> {
 public:
  struct Callbacks {
    std::function<void(std::string_view payload)> frame;
    std::function<void(const std::string& why)> closed;  ///< by the far end or an error; never from inside send()
    std::function<void()> drained;  ///< everything was handed to the kernel after it was not at once
  };

  /// Starts watching. The stream ends with close(), which the owner calls before letting go of it.
  static std::shared_ptr<LinkStream> open(runtime::EventLoop& loop, std::unique_ptr<ByteStream> bytes,
                                          Callbacks callbacks);

  /// Sends one frame in order; keeps what the kernel does not take. False for a payload over the limit or a closed
  /// stream.
  bool send(std::string_view payload);
  /// As send(), but the kernel gets it together with what else is sent in this round of the loop.
  bool send_soon(std::string_view payload);
  /// As send(), but no more often than every `pace`: what comes sooner after the last write goes together with what
  /// else has come by then.
  bool send_paced(std::string_view payload, Duration pace);
  /// Bytes the kernel has not taken yet.
  [[nodiscard]] std::size_t unsent() const { return out_.size() - out_begin_; }
  /// Ends the stream at once; no callback is made any more.
  void close();
  /// Ends the stream once all is sent, or after `limit`; nothing is read any more.
  void close_when_sent(Duration limit);
  [[nodiscard]] bool is_open() const { return bytes_ != nullptr; }

 private:
  LinkStream(runtime::EventLoop& loop, std::unique_ptr<ByteStream> bytes, Callbacks callbacks);
  void watch(bool want_write);
  void on_ready(bool readable, bool writable);
  void read_some();
  bool write_some();  // false when the stream is broken
  bool flush();
  void flush_later();
  void fail(const std::string& why);

  runtime::EventLoop& loop_;
  std::unique_ptr<ByteStream> bytes_;  // nullptr once closed
  Callbacks callbacks_;
  FrameReader reader_;
  std::string out_;
  std::size_t out_begin_ = 0;
  bool wants_write_ = false;
  bool flushing_soon_ = false;
  std::optional<std::chrono::steady_clock::time_point> flushed_at_;  // by send_paced()
  bool closing_ = false;
};

}  // namespace hotline::voice_link
