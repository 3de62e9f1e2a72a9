// SPDX-License-Identifier: Apache-2.0
// G.711 A-law and µ-law (ITU-T G.711): encoding, decoding and the tables between the two laws. Pure, made at compile
// time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hotline::voice::g711 {

inline constexpr std::uint8_t alaw_silence = 0xD5;  ///< the smallest positive level; zero bytes would be a loud click
inline constexpr std::uint8_t ulaw_silence = 0xFF;

/// One 16-bit linear sample to A-law, even bits inverted as on the wire (G.711 table 1a).
[[nodiscard]] constexpr std::uint8_t encode_alaw(std::int16_t linear) {
  int value = linear >> 3;  // 13 significant bits
  unsigned mask = 0xD5;
  if (value < 0) {
    mask = 0x55;
    value = -value - 1;
  }
  unsigned segment = 0;
  for (int limit = value >> 5; limit != 0; limit >>= 1) ++segment;
  const auto shift = segment < 2 ? 1U : segment;
  const unsigned code = (segment << 4) | ((static_cast<unsigned>(value) >> shift) & 0x0FU);
  return static_cast<std::uint8_t>(code ^ mask);
}

/// One A-law octet to 16-bit linear.
[[nodiscard]] constexpr std::int16_t decode_alaw(std::uint8_t octet) {
  const unsigned code = octet ^ 0x55U;
  const unsigned segment = (code & 0x70U) >> 4;
  int value = static_cast<int>((code & 0x0FU) << 4) + 8;
  if (segment > 0) value = (value + 0x100) << (segment - 1);
  return static_cast<std::int16_t>((code & 0x80U) != 0 ? value : -value);
}

/// One 16-bit linear sample to µ-law, complemented as on the wire (G.711 table 2a).
[[nodiscard]] constexpr std::uint8_t encode_ulaw(std::int16_t linear) {
  constexpr int bias = 0x84;
  constexpr int clip = 32635;
  int value = linear;
  unsigned sign = 0;
  if (value < 0) {
    value = -value;
    sign = 0x80;
  }
  if (value > clip) value = clip;
  value += bias;
  unsigned segment = 0;
  for (int limit = value >> 8; limit != 0; limit >>= 1) ++segment;
  const unsigned code = sign | (segment << 4) | ((static_cast<unsigned>(value) >> (segment + 3)) & 0x0FU);
  return static_cast<std::uint8_t>(~code);
}

/// One µ-law octet to 16-bit linear.
[[nodiscard]] constexpr std::int16_t decode_ulaw(std::uint8_t octet) {
  const unsigned code = static_cast<std::uint8_t>(~octet);
  const int value = ((static_cast<int>((code & 0x0FU) << 3) + 0x84) << ((code & 0x70U) >> 4)) - 0x84;
  return static_cast<std::int16_t>((code & 0x80U) != 0 ? -value : value);
}

namespace detail {
template <class F>
[[nodiscard]] constexpr std::array<std::uint8_t, 256> table_of(F convert) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = convert(static_cast<std::uint8_t>(i));
  return table;
}
}  // namespace detail

inline constexpr auto alaw_to_ulaw = detail::table_of([](std::uint8_t a) { return encode_ulaw(decode_alaw(a)); });
inline constexpr auto ulaw_to_alaw = detail::table_of([](std::uint8_t u) { return encode_alaw(decode_ulaw(u)); });

}  // namespace hotline::voice::g711
