// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "voice_link/frame.hpp"

namespace hotline::voice_link {

bool append_frame(std::string& out, std::string_view payload) {
  if (payload.size() > frame_bytes_max) return false;
  const auto length = static_cast<std::uint32_t>(payload.size());
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((length >> shift) & 0xFFU));
  out.append(payload);
  return true;
}

void FrameReader::feed(std::string_view bytes) {
  if (broken_) return;
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_.append(bytes);
}

std::optional<std::string_view> FrameReader::next() {
  if (broken_ || buffer_.size() - begin_ < frame_header_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < frame_header_bytes; ++i)
    length = (length << 8U) | static_cast<unsigned char>(buffer_[begin_ + i]);
  if (length > frame_bytes_max) {
    broken_ = true;
    buffer_.clear();
    begin_ = 0;
    return std::nullopt;
  }
  if (buffer_.size() - begin_ - frame_header_bytes < length) return std::nullopt;
  const std::string_view payload = std::string_view(buffer_).substr(begin_ + frame_header_bytes, length);
  begin_ += frame_header_bytes + length;
  return payload;
}

}  // namespace hotline::voice_link
