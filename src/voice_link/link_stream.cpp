// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/link_stream.hpp"

#include <array>
#include <utility>

namespace hotline::voice_link {

LinkStream::LinkStream(runtime::EventLoop& loop, std::unique_ptr<ByteStream> bytes, Callbacks callbacks)
    : loop_(loop), bytes_(std::move(bytes)), callbacks_(std::move(callbacks)) {}

std::shared_ptr<LinkStream> LinkStream::open(runtime::EventLoop& loop, std::unique_ptr<ByteStream> bytes,
                                             Callbacks callbacks) {
  std::shared_ptr<LinkStream> stream(new LinkStream(loop, std::move(bytes), std::move(callbacks)));
  stream->watch(false);
  return stream;
}

void LinkStream::watch(bool want_write) {
  wants_write_ = want_write;
  loop_.watch(bytes_->fd(), want_write, [weak = weak_from_this()](bool readable, bool writable) {
    if (const auto self = weak.lock()) self->on_ready(readable, writable);
  });
}

void LinkStream::on_ready(bool readable, bool writable) {
  if (writable && is_open()) {
    if (!write_some()) return fail("the stream broke while writing");
    if (unsent() == 0) {
      if (closing_) return close();
      watch(false);
      if (callbacks_.drained) callbacks_.drained();
    }
  }
  if (readable && is_open()) read_some();
}

void LinkStream::read_some() {
  std::array<char, 64 * 1024> buffer;  // not initialised: it is large and only what was read is looked at
  const IoResult got = bytes_->read(buffer);
  if (got.state == IoResult::State::again) return;
  if (got.state == IoResult::State::closed) return fail("the far end closed the stream");
  if (closing_) return;  // read all the same, to learn when the far end goes
  reader_.feed({buffer.data(), got.bytes});
  while (is_open() && !closing_) {
    const auto payload = reader_.next();
    if (!payload) break;
    callbacks_.frame(*payload);
  }
  if (reader_.broken()) fail("the far end sent a frame over the limit");
}

bool LinkStream::send(std::string_view payload) {
  return is_open() && !closing_ && append_frame(out_, payload) && flush();
}

bool LinkStream::send_soon(std::string_view payload) {
  if (!is_open() || closing_ || !append_frame(out_, payload)) return false;
  if (std::exchange(flushing_soon_, true)) return true;
  loop_.soon([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->flush_later();
  });
  return true;
}

bool LinkStream::send_paced(std::string_view payload, Duration pace) {
  if (!is_open() || closing_ || !append_frame(out_, payload)) return false;
  if (flushing_soon_) return true;
  const auto now = std::chrono::steady_clock::now();
  const auto wait = flushed_at_ ? std::chrono::ceil<Duration>(*flushed_at_ + pace - now) : Duration::zero();
  if (wait <= Duration::zero()) {
    flushed_at_ = now;
    return flush();
  }
  flushing_soon_ = true;
  loop_.after(wait, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flushed_at_ = std::chrono::steady_clock::now();
    self->flush_later();
  });
  return true;
}

void LinkStream::flush_later() {
  flushing_soon_ = false;
  if (!is_open() || !flush() || unsent() > 0) return;
  if (closing_) return close();
  if (callbacks_.drained) callbacks_.drained();
}

bool LinkStream::flush() {
  if (wants_write_) return true;  // the kernel is full: the loop goes on with it
  if (!write_some()) {
    // The caller is in the middle of something: it hears of the end later, from the loop.
    loop_.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->fail("the stream broke while writing");
    });
    return false;
  }
  if (unsent() > 0) watch(true);
  return true;
}

bool LinkStream::write_some() {
  while (unsent() > 0) {
    const IoResult put = bytes_->write(std::string_view(out_).substr(out_begin_));
    if (put.state == IoResult::State::closed) return false;
    if (put.state == IoResult::State::again) break;
    out_begin_ += put.bytes;
  }
  constexpr std::size_t worth_moving = 256 * 1024;
  if (unsent() == 0 || out_begin_ > worth_moving) {
    out_.erase(0, out_begin_);
    out_begin_ = 0;
  }
  return true;
}

void LinkStream::fail(const std::string& why) {
  if (!is_open()) return;
  const bool tell = !closing_ && callbacks_.closed;
  close();
  if (tell) callbacks_.closed(why);
}

void LinkStream::close() {
  if (!is_open()) return;
  loop_.unwatch(bytes_->fd());
  bytes_.reset();
}

void LinkStream::close_when_sent(Duration limit) {
  if (!is_open()) return;
  if (unsent() == 0) return close();
  closing_ = true;
  loop_.after(limit, [self = shared_from_this()] { self->close(); });  // keeps the stream alive until it is sent
}

}  // namespace hotline::voice_link
