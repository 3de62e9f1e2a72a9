// SPDX-License-Identifier: Apache-2.0
// Big-endian reads and writes. Pure; the caller checks the bounds.
#pragma once

#include <cstdint>

namespace hotline::voice::media {

[[nodiscard]] constexpr std::uint16_t read_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] << 8 | p[1]);
}
[[nodiscard]] constexpr std::uint32_t read_u32(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(read_u16(p)) << 16 | read_u16(p + 2);
}
constexpr void write_u16(std::uint8_t* p, std::uint16_t v) {
  p[0] = static_cast<std::uint8_t>(v >> 8);
  p[1] = static_cast<std::uint8_t>(v);
}
constexpr void write_u32(std::uint8_t* p, std::uint32_t v) {
  write_u16(p, static_cast<std::uint16_t>(v >> 16));
  write_u16(p + 2, static_cast<std::uint16_t>(v));
}

}  // namespace hotline::voice::media
