// SPDX-License-Identifier: Apache-2.0
// Header of a recording's WAV file. Pure.
#include "voice/recorder/wav_file.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace hotline::voice::recorder {
namespace {

constexpr std::uint32_t channels = 2;
constexpr std::uint32_t rate = 8000;

class Writer {
 public:
  explicit Writer(std::span<std::uint8_t> out) : out_(out) {}
  void tag(std::string_view text) {
    std::memcpy(out_.data() + at_, text.data(), 4);
    at_ += 4;
  }
  void number(std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_[at_++] = static_cast<std::uint8_t>(value >> (8 * i));
  }

 private:
  std::span<std::uint8_t> out_;
  std::size_t at_ = 0;
};

}  // namespace

std::array<std::uint8_t, wav_header_size> wav_header(std::uint64_t frames) {
  const auto count = static_cast<std::uint32_t>(std::min(frames, wav_frames_max));
  std::array<std::uint8_t, wav_header_size> header{};
  Writer writer(header);
  writer.tag("RIFF");
  writer.number(static_cast<std::uint32_t>(wav_header_size - 8) + count * channels, 4);
  writer.tag("WAVE");
  writer.tag("fmt ");
  writer.number(18, 4);
  writer.number(6, 2);  // WAVE_FORMAT_ALAW
  writer.number(channels, 2);
  writer.number(rate, 4);
  writer.number(rate * channels, 4);  // bytes a second
  writer.number(channels, 2);         // bytes a frame
  writer.number(8, 2);                // bits a sample
  writer.number(0, 2);                // no extension
  writer.tag("fact");                 // required for every format but PCM
  writer.number(4, 4);
  writer.number(count, 4);
  writer.tag("data");
  writer.number(count * channels, 4);
  return header;
}

std::optional<std::uint64_t> frames_in_header(std::span<const std::uint8_t> header) {
  if (header.size() < wav_header_size) return std::nullopt;
  std::uint32_t frames = 0;
  for (std::size_t i = 0; i < 4; ++i) frames |= static_cast<std::uint32_t>(header[46 + i]) << (8 * i);
  const auto expected = wav_header(frames);
  if (!std::equal(expected.begin(), expected.end(), header.begin())) return std::nullopt;
  return frames;
}

}  // namespace hotline::voice::recorder
