// SPDX-License-Identifier: Apache-2.0
// Framing of the voice link: each message is preceded by its length, 4 bytes big-endian, at most 1 MiB. Pure; any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hotline::voice_link {

inline constexpr std::size_t frame_bytes_max = 1024 * 1024;
inline constexpr std::size_t frame_header_bytes = 4;

/// Appends header and payload to `out`. False, with `out` unchanged, when the payload is over the limit.
[[nodiscard]] bool append_frame(std::string& out, std::string_view payload);

/// Cuts a stream of bytes into payloads. After a length over the limit the stream cannot be trusted any more: broken()
/// stays true and next() gives nothing. Never holds more than one whole frame and what was fed last.
class FrameReader {
 public:
  void feed(std::string_view bytes);
  /// The next whole payload; valid until the next call of feed() or next().
  [[nodiscard]] std::optional<std::string_view> next();
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::string buffer_;
  std::size_t begin_ = 0;  // of what has not been given out
  bool broken_ = false;
};

}  // namespace hotline::voice_link
