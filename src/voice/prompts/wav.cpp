// SPDX-License-Identifier: Apache-2.0
// Reads a prompt's WAV file. Pure.
#include "voice/prompts/wav.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace hotline::voice::prompts {
namespace {

constexpr const char* remedy =
    "make it a WAV file of 8 kHz, mono, 16 bit PCM, e.g. sox in.wav -r 8000 -c 1 -b 16 out.wav";

std::uint32_t read_u32(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) | static_cast<std::uint32_t>(bytes[at + 1]) << 8 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 16 | static_cast<std::uint32_t>(bytes[at + 3]) << 24;
}

std::uint16_t read_u16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] | bytes[at + 1] << 8);
}

bool tag_is(std::span<const std::uint8_t> bytes, std::size_t at, std::string_view tag) {
  return std::memcmp(bytes.data() + at, tag.data(), 4) == 0;
}

}  // namespace

Result<std::vector<std::int16_t>, Problem> parse_prompt_wav(std::span<const std::uint8_t> file) {
  if (file.size() < 12 || !tag_is(file, 0, "RIFF") || !tag_is(file, 8, "WAVE"))
    return fail(Problem{"it is not a WAV file", remedy});
  bool format_seen = false;
  for (std::size_t at = 12; at + 8 <= file.size();) {
    const std::size_t size = std::min<std::size_t>(read_u32(file, at + 4), file.size() - at - 8);
    const std::size_t body = at + 8;
    if (tag_is(file, at, "fmt ")) {
      if (size < 16) return fail(Problem{"its format chunk is cut short", remedy});
      const auto format = read_u16(file, body);
      const auto channels = read_u16(file, body + 2);
      const auto rate = read_u32(file, body + 4);
      const auto bits = read_u16(file, body + 14);
      if (format != 1 || channels != 1 || rate != 8000 || bits != 16)
        return fail(Problem{fmt::format("it has format {}, {} channel(s), {} Hz, {} bit", format, channels, rate, bits),
                            remedy});
      format_seen = true;
    } else if (tag_is(file, at, "data")) {
      if (!format_seen) return fail(Problem{"its data comes before its format", remedy});
      std::vector<std::int16_t> samples(size / 2);
      for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<std::int16_t>(read_u16(file, body + 2 * i));
      return samples;
    }
    at = body + size + (size & 1U);  // chunks are padded to even length
  }
  return fail(Problem{"it has no data chunk", remedy});
}

}  // namespace hotline::voice::prompts
